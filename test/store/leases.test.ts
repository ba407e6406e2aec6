/**
 * Who drains a place, in memory and on the engine that local mode runs on. Catches two that drain at once, a lease that
 * outlives whoever took it, and one that was reckoned by a clock that was wrong and keeps everybody out (F40).
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { drainWiring } from '../../src/aws/drain-deps.ts';
import type { Runtime } from '../../src/aws/runtime.ts';
import type { DrainPorts } from '../../src/broker/drainPorts.ts';
import { type Duration, type Instant, instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { drainInMemory } from '../broker/fake-drain.ts';
import { clientOf, invocation } from './on-dynamodb.ts';

const PLACE = '222222222222/eu-west-1';
let engine: Engine;
let client: DynamoDBClient;
let now: Instant;
let tables = 0;
beforeAll(async () => {
  engine = await startEngine();
  client = clientOf(engine.url);
});
afterAll(async () => {
  client.destroy();
  await engine.close();
});

type Leases = Pick<DrainPorts, 'take' | 'lastHolder'>;

async function onTable(): Promise<Leases> {
  const { name } = await createTable(client, `leases-${process.pid}-${++tables}`);
  const runtime: Runtime = {
    env: {
      ...{ TABLE_NAME: name, AWS_ENDPOINT_URL: engine.url, AWS_REGION: 'eu-west-1' },
      ...{ AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' },
    },
    now: () => now,
    random: (bytes) => new Uint8Array(bytes),
    callTimeout: seconds(5),
    retryDelay: () => 0 as Duration,
    write: () => {},
  };
  const nobody = { credentials: () => () => Promise.reject(new Error('no account is asked here')) };
  return drainWiring(runtime, nobody)({ ...invocation(), now: () => now, deadline: instant(Number.MAX_SAFE_INTEGER) });
}

describe.each([
  ['in memory', async () => drainInMemory({ due: async () => [] }, new Map(), () => now)],
  ['on the embedded engine', onTable],
] as const)('leases %s', (_name, make) => {
  let leases: Leases;
  const take = (holder: string, length: Duration, callsPerSecond?: number) =>
    leases.take(PLACE, { holder, until: plus(now, length), ...(callsPerSecond !== undefined && { callsPerSecond }) });
  beforeEach(async () => {
    now = instant(1_700_000_000_000);
    leases = await make();
  });

  test('one at a time, who may prolong it, until it runs out or is given back', async () => {
    expect(await take('a', seconds(12))).toEqual({});
    expect(await take('b', seconds(12))).toBeUndefined();
    now = plus(now, seconds(11));
    expect(await take('a', seconds(12), 9)).toEqual({ callsPerSecond: expect.any(Number) });
    now = plus(now, seconds(11));
    expect(await take('b', seconds(12))).toBeUndefined();
    now = plus(now, seconds(1));
    expect(await take('b', seconds(12))).toEqual({ callsPerSecond: 9 });
    expect(await leases.lastHolder(PLACE)).toBe('b');
    await take('b', seconds(0));
    expect(await take('c', seconds(12))).toBeDefined();
  });

  test.each([
    ['ahead', minutes(120)],
    ['behind', minutes(-120)],
  ])('F40: of one whose clock was two hours %s nobody waits for the end', async (_how, off) => {
    await take('wrong', plus(instant(seconds(12)), off) as number as Duration);
    expect(await take('right', seconds(12))).toBeDefined();
    expect(await take('another', seconds(12)), 'it is held again').toBeUndefined();
  });
});
