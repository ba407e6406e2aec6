/** Queues of SQS: work for later, and what the table's stream says is to be told. */
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { notificationText } from '../broker/outlets.ts';
import { NotReady, type Queue } from '../broker/ports.ts';
import { HUB } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { type Invocation, send } from './calls.ts';
import { eventOf, type Item } from './items.ts';

export const queueAt = (client: SQSClient, invocation: Invocation, QueueUrl: string): Queue => ({
  async send(MessageBody, delaySeconds = 0) {
    const command = new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds: delaySeconds });
    await send(invocation, (options) => client.send(command, options));
  },
});

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MOST_ENTRIES = 10;

/** Every event of a grant that the batch says was written waits to be told. Throws `NotReady` if the queue did not take all. */
export async function queueNotifications(
  client: SQSClient,
  invocation: Invocation,
  QueueUrl: string,
  { Records }: DynamoDBStreamEvent,
): Promise<void> {
  const bodies = Records.flatMap(({ eventName, dynamodb }) => {
    const image = dynamodb?.NewImage as Item | undefined;
    if (eventName !== 'INSERT' || image?.['kind']?.S !== 'event') return [];
    const { grantId, n } = eventOf(image);
    // The hub's own events are of no grant: EventBridge has them.
    if (grantId === HUB) return [];
    return [notificationText({ grantId: grantId as GrantId, n, since: invocation.now(), tries: 0 })];
  });
  for (let from = 0; from < bodies.length; from += MOST_ENTRIES) {
    const Entries: SendMessageBatchRequestEntry[] = bodies
      .slice(from, from + MOST_ENTRIES)
      .map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    const command = new SendMessageBatchCommand({ QueueUrl, Entries });
    const { Failed = [] } = await send(invocation, (options) => client.send(command, options));
    if (Failed.length > 0)
      throw new NotReady(`the queue did not take ${Failed.length} of ${Entries.length} notifications`);
  }
}
