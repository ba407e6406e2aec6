/**
 * Catches: a notification lost (checkpoint before success, a bad record that blocks or drops those behind it, a
 * restart that begins at the end), records out of order, and events in a form that Lambda never sends.
 */
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { virtualClock } from '../../local/clock.ts';
import { followStream, type StreamOptions } from '../../local/dynamodb/stream.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { openStorage, type Storage } from '../../local/storage.ts';
import { hours, instant, seconds } from '../../src/core/time.ts';
import { engineWithClients } from './harness.ts';

const TableName = 'hallpass';
const START = instant(Date.UTC(2026, 10, 24, 3, 0, 0));
const ARN = 'arn:aws:dynamodb:eu-central-1:111122223333:table/hallpass/stream/2026-11-24T03:00:00.000';

let world: Awaited<ReturnType<typeof engineWithClients>>;
let storage: Storage;
let streamArn: string;
let clock: ReturnType<typeof virtualClock>;

beforeEach(async () => {
  world = await engineWithClients();
  storage = openStorage(':memory:');
  clock = virtualClock(START);
  ({ streamArn } = await createTable(world.db));
});
afterEach(async () => {
  storage.close();
  await world.close();
});

const put = (sk: string, more = {}) =>
  world.db.send(new PutItemCommand({ TableName, Item: { pk: { S: 'grant#1' }, sk: { S: sk }, ...more } }));

const follow = (deliver: StreamOptions['deliver'], more: Partial<StreamOptions> = {}) => {
  const source = { arn: ARN, region: 'eu-central-1' };
  return followStream({ client: world.streams, streamArn, source, deliver, storage, clock, ...more });
};

const sortKeys = (event: DynamoDBStreamEvent) => event.Records.map((record) => record.dynamodb?.Keys?.['sk']?.S);

test('events are exactly what Lambda gets', async () => {
  await put('a', { blob: { B: new Uint8Array([1, 2, 3]) }, list: { L: [{ M: { n: { N: '1' } } }] } });
  await put('a', { n: { N: '2' } });
  await world.db.send(new DeleteItemCommand({ TableName, Key: { pk: { S: 'grant#1' }, sk: { S: 'a' } } }));
  const events: DynamoDBStreamEvent[] = [];
  await follow(async (event) => void events.push(event)).drain();

  const keys = { pk: { S: 'grant#1' }, sk: { S: 'a' } };
  const first = { ...keys, blob: { B: 'AQID' }, list: { L: [{ M: { n: { N: '1' } } }] } };
  const second = { ...keys, n: { N: '2' } };
  const record = (id: string, eventName: string, images: object) => ({
    eventID: id,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'eu-central-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_795_489_200,
      Keys: keys,
      ...images,
      SequenceNumber: id,
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: ARN,
  });
  expect(events).toEqual([
    {
      Records: [
        record('1', 'INSERT', { NewImage: first }),
        record('2', 'MODIFY', { NewImage: second, OldImage: first }),
        record('3', 'REMOVE', { OldImage: second }),
      ],
    },
  ]);
});

test('a write that changed nothing makes no event', async () => {
  await put('a', { n: { N: '1' } });
  await put('a', { n: { N: '1' } });
  const names: unknown[] = [];
  await follow(async ({ Records }) => void names.push(...Records.map((record) => record.eventName))).drain();
  expect(names).toEqual(['INSERT']);
});

test('more than a batch comes in order, in batches of at most ten', async () => {
  for (let i = 10; i < 35; i++) await put(`${i}`);
  const batches: unknown[][] = [];
  await follow(async (event) => void batches.push(sortKeys(event))).drain();
  expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
  expect(batches.flat()).toEqual(Array.from({ length: 25 }, (_, i) => String(i + 10)));
});

test('one bad record is tried again, parked, and holds up nobody', async () => {
  for (const sk of ['a', 'b', 'bad', 'c']) await put(sk);
  const delivered: unknown[] = [];
  let tries = 0;
  const follower = follow(
    async (event) => {
      const keys = sortKeys(event);
      if (keys.length === 1 && keys[0] === 'bad') tries++;
      if (keys.includes('bad')) throw new Error('cannot render');
      delivered.push(...keys);
    },
    { retries: 2 },
  );
  await follower.drain();
  expect(delivered).toEqual(['a', 'b', 'c']);
  expect(tries).toBe(3);
  expect(follower.deadLetters()).toMatchObject([
    { at: START, attempts: 3, error: 'Error: cannot render', record: { eventName: 'INSERT' } },
  ]);
});

test('a restart before success delivers again, after success it does not', async () => {
  await put('a');
  // The process ends in the middle of a delivery: nothing comes of it.
  await new Promise<void>((delivering) => {
    const dies = follow(() => {
      delivering();
      return new Promise<void>(() => {});
    });
    void dies.drain();
  });
  const seen: unknown[] = [];
  const keep = async (event: DynamoDBStreamEvent) => void seen.push(...sortKeys(event));
  await follow(keep).drain();
  await put('b');
  await follow(keep).drain();
  expect(seen).toEqual(['a', 'b']);
});

test('pokes while it reads lose nothing and deliver nothing twice', async () => {
  const seen: unknown[] = [];
  const follower = follow(async (event) => void seen.push(...sortKeys(event)));
  for (let i = 10; i < 30; i++) {
    await put(`${i}`);
    follower.poke();
    follower.poke();
  }
  await clock.settle();
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 10)));
});

test('started, it waits by the clock between tries, then delivers', async () => {
  let failures = 2;
  const seen: unknown[] = [];
  const triesMade: number[] = [];
  const follower = follow(
    async (event) => {
      triesMade.push(clock.now() - START);
      if (failures-- > 0) throw new Error('not now');
      seen.push(...sortKeys(event));
    },
    { pollEvery: hours(1) },
  );
  await put('a');
  follower.start();
  for (const [after, tries] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    await clock.advanceBy(seconds(after));
    await vi.waitFor(() => expect(triesMade).toHaveLength(tries), { interval: 2 });
  }
  await vi.waitFor(() => expect(seen).toEqual(['a']), { interval: 2 });
  expect(triesMade).toEqual([0, 1_000, 3_000]);
  await follower.stop();
  expect(clock.next()).toBeUndefined();
});

test('stopped while a record waits, it is neither lost nor parked', async () => {
  await put('a');
  let asked = 0;
  const stopped = follow(
    async () => {
      asked++;
      throw new Error('not now');
    },
    { pollEvery: hours(1) },
  );
  stopped.start();
  await vi.waitFor(() => expect(asked).toBe(1), { interval: 2 });
  await stopped.stop();
  expect(stopped.deadLetters()).toEqual([]);
  const seen: unknown[] = [];
  await follow(async (event) => void seen.push(...sortKeys(event))).drain();
  expect(seen).toEqual(['a']);
});

test('an unreadable stream is reported and reading goes on later', async () => {
  const problems: unknown[] = [];
  const follower = follow(async () => {}, {
    onProblem: (error) => problems.push(error),
    streamArn: streamArn.replace('hallpass', 'other'),
  });
  follower.poke();
  await clock.settle();
  await clock.advanceBy(seconds(1));
  expect(problems).toHaveLength(1);
});
