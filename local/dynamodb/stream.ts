/**
 * Reads the table's stream as Lambda's event source mapping does: batches in order, at least once, a checkpoint only
 * after success; a failing batch is halved until the bad record stands alone, which is tried again, then parked so
 * that those behind it go on.
 *
 * It reads when poked (after a write) or when asked to drain; `start` adds polling, for writes that nobody reports.
 */
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorInput,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type Duration, type Instant, plus, seconds } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage.ts';
import { asLambdaRecord, changesNothing, type StreamSource } from './stream-record.ts';

export type StreamOptions = {
  client: DynamoDBStreamsClient;
  /** The engine's own ARN, from `createTable`. */
  streamArn: string;
  /** What the function is told instead: the ARN that the stream would have on AWS. */
  source: StreamSource;
  /** Invokes the function; a rejection is a failed batch. */
  deliver(event: DynamoDBStreamEvent): Promise<void>;
  storage: Storage;
  clock: Clock;
  batchSize?: number;
  /** How often a record that fails by itself is tried again before it is parked. */
  retries?: number;
  pollEvery?: Duration;
  /** Told when the stream cannot be read; reading goes on with the next poke or poll. */
  onProblem?: (error: unknown) => void;
};

/** A record that was given up. On AWS the queue gets its place in the stream only, not the record. */
export type DeadLetter = { at: Instant; attempts: number; error: string; record: DynamoDBRecord };

export type StreamFollower = {
  /** Delivers until the stream is empty. Unless started, retries at once, whatever the clock says. */
  drain(): Promise<void>;
  /** Says that something was written; the clock is told of the work. */
  poke(): void;
  start(): void;
  /** Ends polling and waits for a batch under way. */
  stop(): Promise<void>;
  deadLetters(): readonly DeadLetter[];
};

export function followStream(options: StreamOptions): StreamFollower {
  const { clock, storage, batchSize = 10, pollEvery = 250 as Duration } = options;
  const checkpoints = storage.collection<string>('stream-checkpoint');
  const parked = storage.collection<DeadLetter>('stream-dead-letter');
  let reading: Promise<void> = Promise.resolve();
  let waiting = false;
  let polling = false;
  let cancelPoll: (() => void) | undefined;
  let cancelPause: (() => void) | undefined;

  /** One reader at a time; whoever comes meanwhile gets a reading that begins after theirs. */
  const drain = (): Promise<void> => {
    const next = reading.catch(() => {}).then(readAll);
    reading = next;
    return next;
  };

  async function readAll(): Promise<void> {
    waiting = false;
    const { client, streamArn } = options;
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    // Parents come before their children, so the order within an item is kept.
    for (const { ShardId } of StreamDescription?.Shards ?? []) if (ShardId) await readShard(ShardId);
  }

  async function readShard(shardId: string): Promise<void> {
    const { client, streamArn, source } = options;
    const key = `${streamArn} ${shardId}`;
    let iterator = await openShard(client, streamArn, shardId, checkpoints.get(key));
    while (iterator) {
      const found = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: batchSize }));
      const records = found.Records ?? [];
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (!last) return;
      const now = clock.now();
      const batch = records.filter((record) => !changesNothing(record));
      if (batch.length > 0) await handOver(batch.map((record) => asLambdaRecord(record, source, now)));
      checkpoints.put(key, last);
      iterator = found.NextShardIterator;
    }
  }

  async function handOver(batch: readonly DynamoDBRecord[], attempt = 1): Promise<void> {
    try {
      await options.deliver({ Records: [...batch] });
    } catch (error) {
      const [only] = batch;
      if (batch.length > 1) {
        // Halving is not counted as a try, as with BisectBatchOnFunctionError.
        const middle = Math.ceil(batch.length / 2);
        await handOver(batch.slice(0, middle));
        await handOver(batch.slice(middle));
      } else if (attempt <= (options.retries ?? 3)) {
        if (polling) await pause(seconds(2 ** (attempt - 1)));
        await handOver(batch, attempt + 1);
      } else if (only) {
        park(only, attempt, error);
      }
    }
  }

  /** Rejects when stopped meanwhile: the record is neither delivered nor parked, so the next start sees it again. */
  function pause(length: Duration): Promise<void> {
    return new Promise((settle, fail) => {
      const cancel = clock.at(plus(clock.now(), length), settle);
      cancelPause = () => {
        cancel();
        fail(new Error('stopped while a record waited to be tried again'));
      };
    });
  }

  function park(record: DynamoDBRecord, attempts: number, error: unknown): void {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const key = `${options.streamArn} ${String(record.dynamodb?.SequenceNumber).padStart(40, '0')}`;
    parked.put(key, { at: clock.now(), attempts, error: message, record });
  }

  const poke = (): void => {
    if (waiting) return; // a reading is queued already, and it has not begun
    waiting = true;
    const work = drain();
    // Where it polls it may wait for the clock, which must then not wait for it.
    if (!polling) void clock.track(work).catch(() => {});
    work.catch((error: unknown) => options.onProblem?.(error));
  };
  const poll = (): void => {
    polling = true;
    poke();
    cancelPoll = clock.at(plus(clock.now(), pollEvery), poll);
  };

  return {
    drain,
    poke,
    start() {
      if (!polling) poll();
    },
    async stop() {
      polling = false;
      cancelPoll?.();
      cancelPause?.();
      await reading.catch(() => {});
    },
    deadLetters: () => parked.list().map(({ value }) => value),
  };
}

async function openShard(
  client: DynamoDBStreamsClient,
  StreamArn: string,
  ShardId: string,
  checkpoint: string | undefined,
): Promise<string | undefined> {
  const open = async (from: Pick<GetShardIteratorInput, 'ShardIteratorType' | 'SequenceNumber'>) =>
    (await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...from }))).ShardIterator;
  if (!checkpoint) return open({ ShardIteratorType: 'TRIM_HORIZON' });
  try {
    return await open({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: checkpoint });
  } catch (error) {
    // Away for longer than the stream keeps records: what is left is better than nothing.
    if (error instanceof TrimmedDataAccessException) return open({ ShardIteratorType: 'TRIM_HORIZON' });
    throw error;
  }
}
