/** Off the table's stream: every audit event goes to EventBridge, and waits in the queue of what people are to be told. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { clientConfig } from '../src/aws/calls.ts';
import { publishEvents } from '../src/aws/events.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { queueNotifications } from '../src/aws/queue.ts';

export const build: Build<DynamoDBStreamEvent> = (runtime) => {
  const client = new EventBridgeClient(clientConfig(runtime));
  const sqs = new SQSClient(clientConfig(runtime));
  // Only where the configuration tells anybody anything.
  const queue = runtime.env['NOTICES_QUEUE_URL'];
  return (event, context) =>
    invocationOf(runtime, context, async (invocation) => {
      if (queue !== undefined) await queueNotifications(sqs, invocation, queue, event);
      await publishEvents(client, invocation, event);
    });
};

export const handler = lambda(build);
