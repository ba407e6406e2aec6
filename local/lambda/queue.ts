/**
 * Lambda's event source mapping for a standard queue: batches of what is visible, hidden while the function works on them;
 * what it did, or did not name among its failures, is deleted; the rest is seen again after the visibility time-out, and
 * put aside once it was received too often.
 *
 * Authority: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import { type Duration, type Instant, plus } from '../../src/core/time.ts';
import { messagesOf, type QueuedMessage } from '../aws/sqs.ts';
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage.ts';
import type { InvokeResult } from './runner.ts';

export type QueueMapping = {
  readonly queue: string;
  readonly arn: string;
  readonly region: string;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly batchSize: number;
  readonly visibility: Duration;
  readonly maxReceives: number;
  readonly deadLetters: string;
  invoke(event: object): Promise<InvokeResult>;
};

export type QueueFollower = {
  /** Something was sent. */
  poke(): void;
  stop(): void;
};

export function followQueue(mapping: QueueMapping): QueueFollower {
  const { storage, clock, queue, batchSize, maxReceives } = mapping;
  const messages = messagesOf(storage, queue);
  let working = false;
  let stopped = false;
  let cancel = (): void => {};

  const visible = (): QueuedMessage[] =>
    messages
      .list()
      .map(({ value }) => value)
      .filter((message) => message.visibleAt <= clock.now())
      .sort((a, b) => a.sentAt - b.sentAt);

  const takeAside = (message: QueuedMessage): boolean => {
    if (message.receives < maxReceives) return false;
    messages.delete(message.id);
    messagesOf(storage, mapping.deadLetters).put(message.id, message);
    return true;
  };

  const receive = (): QueuedMessage[] =>
    storage.transaction(() => {
      const batch = visible()
        .filter((message) => !takeAside(message))
        .slice(0, batchSize);
      const until = plus(clock.now(), mapping.visibility);
      return batch.map((message) => {
        const received = { ...message, visibleAt: until, receives: message.receives + 1 };
        messages.put(message.id, received);
        return received;
      });
    });

  const work = async (): Promise<void> => {
    for (let batch = receive(); batch.length > 0 && !stopped; batch = receive()) {
      const result = await mapping.invoke({ Records: batch.map((message) => recordOf(message, mapping)) });
      const failed = failuresIn(result);
      if (stopped) return;
      for (const { id } of batch) if (failed !== 'all' && !failed.has(id)) messages.delete(id);
    }
  };

  /** The next look is when the next hidden message can be seen again. */
  const sleep = (): void => {
    cancel();
    const times = messages.list().map(({ value }) => value.visibleAt);
    if (times.length > 0 && !stopped) cancel = clock.at(Math.max(clock.now(), Math.min(...times)) as Instant, run);
  };

  const run = (): void => {
    if (working || stopped) return;
    working = true;
    const done = work().finally(() => {
      working = false;
      sleep();
    });
    void clock.track(done).catch(() => {});
  };

  sleep();
  return {
    poke: run,
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function failuresIn(result: InvokeResult): ReadonlySet<string> | 'all' {
  if (!result.ok) return 'all';
  const { batchItemFailures = [] } = (result.payload ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

const recordOf = ({ id, body, sentAt, receives }: QueuedMessage, { arn, region }: QueueMapping) => ({
  messageId: id,
  receiptHandle: `${id}#${receives}`,
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: String(sentAt),
    SenderId: 'local',
    ApproximateFirstReceiveTimestamp: String(sentAt),
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: arn,
  awsRegion: region,
});
