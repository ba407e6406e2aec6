/**
 * Simulated SQS: standard queues that take messages. Receiving is the event source mapping's (`local/lambda/queue.ts`),
 * which reads them here.
 *
 * Authority: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
import { createHash } from 'node:crypto';
import { type Instant, plus, seconds } from '../../src/core/time.ts';
import { type AccessRequest, AwsError, type Context, type Input, type Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import { partitionOf } from './arn.ts';
import { inputReader } from './input.ts';
import { type Randomness, systemRandomness, uuid } from './randomness.ts';

export type QueuedMessage = {
  id: string;
  body: string;
  sentAt: Instant;
  visibleAt: Instant;
  /** How often it was received. */
  receives: number;
};

export type Queues = {
  operations: Operations;
  /** Called after something was sent to the queue of this name. */
  onSend(name: string, listener: () => void): void;
};

const MOST_BYTES = 1_048_576;
const MOST_ENTRIES = 10;
const LONGEST_DELAY_SECONDS = 900;

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValue', 400, message);
const read = inputReader((name, problem) => invalid(`${name} ${problem}`));

export const messagesOf = (storage: Storage, queue: string) =>
  storage.collection<QueuedMessage>(`sqs/message/${queue}`);

/** As the SDK is given it. The endpoint before it is local mode's. */
export const queueUrl = (region: string, account: string, name: string): string =>
  `https://sqs.${region}.amazonaws.com/${account}/${name}`;

export function simulatedQueues(options: { names: readonly string[]; random?: Randomness }): Queues {
  const { names, random = systemRandomness } = options;
  const listeners = new Map<string, (() => void)[]>();

  const queueIn = (input: Input, { region, caller }: Context): string => {
    const url = read.text(input, 'QueueUrl');
    const name = names.find((one) => url === queueUrl(region, caller.account, one));
    if (!name) throw new AwsError('QueueDoesNotExist', 400, 'The specified queue does not exist.');
    return name;
  };
  const access = (input: Input, { region, caller }: Context): AccessRequest => ({
    action: 'sqs:SendMessage',
    resource: `arn:${partitionOf(region)}:sqs:${region}:${caller.account}:${read.text(input, 'QueueUrl').split('/').at(-1)}`,
  });
  const put = (
    queue: string,
    entry: Input,
    { storage, clock }: Context,
  ): { MessageId: string; MD5OfMessageBody: string } => {
    const body = read.text(entry, 'MessageBody');
    if (Buffer.byteLength(body) > MOST_BYTES)
      throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${MOST_BYTES} bytes.`);
    const delay = read.optionalNumber(entry, 'DelaySeconds') ?? 0;
    if (delay < 0 || delay > LONGEST_DELAY_SECONDS)
      throw invalid(
        `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${LONGEST_DELAY_SECONDS}.`,
      );
    const id = uuid(random);
    const now = clock.now();
    messagesOf(storage, queue).put(id, { id, body, sentAt: now, visibleAt: plus(now, seconds(delay)), receives: 0 });
    return { MessageId: id, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  };
  const told = (queue: string): void => {
    for (const listener of listeners.get(queue) ?? []) listener();
  };

  return {
    onSend: (name, listener) => void listeners.set(name, [...(listeners.get(name) ?? []), listener]),
    operations: {
      SendMessage: {
        write: true,
        authorize: access,
        run: (input, context) => {
          const queue = queueIn(input, context);
          const answer = context.storage.transaction(() => put(queue, input, context));
          told(queue);
          return answer;
        },
      },
      SendMessageBatch: {
        write: true,
        authorize: access,
        run: (input, context) => {
          const queue = queueIn(input, context);
          const { Entries: entries } = input;
          if (!Array.isArray(entries) || entries.length < 1 || entries.length > MOST_ENTRIES)
            throw new AwsError(
              'TooManyEntriesInBatchRequest',
              400,
              `Maximum number of entries per request are ${MOST_ENTRIES}.`,
            );
          const Successful = context.storage.transaction(() =>
            entries.map((entry: Input) => ({ Id: read.text(entry, 'Id'), ...put(queue, entry, context) })),
          );
          told(queue);
          return { Successful };
        },
      },
    },
  };
}
