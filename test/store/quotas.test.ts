/**
 * What a store of quotas must do, in memory and on the engine that local mode runs on. Would catch a cap that two writers
 * get past together, and a write that is sent again and takes a second place, or is refused its own.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { quotasIn } from '../../src/aws/quotas.ts';
import type { QuotaStore } from '../../src/broker/quotaPorts.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { quotasInMemory } from '../broker/fake-quotas.ts';
import { at } from '../core/fixtures.ts';
import { clientOf, invocation } from './on-dynamodb.ts';

let engine: Engine;
let client: DynamoDBClient;
let tables = 0;
beforeAll(async () => {
  engine = await startEngine();
  client = clientOf(engine.url);
});
afterAll(async () => {
  client.destroy();
  await engine.close();
});

async function onTable(): Promise<QuotaStore> {
  const { name } = await createTable(client, `quotas-${process.pid}-${++tables}`);
  return quotasIn(client, invocation(), name, async () => {});
}

const ids = (...ns: number[]): GrantId[] => ns.map((n) => grantId(at(n), new Uint8Array(10)));

describe.each([
  ['in memory', async () => quotasInMemory()],
  ['on the embedded engine', onTable],
] as const)('F18: quotas %s', (_name, make) => {
  let quotas: QuotaStore;
  beforeEach(async () => {
    quotas = await make();
  });

  test('as many as there are places, and each quota has its own', async () => {
    expect(await quotas.members('a')).toEqual([]);
    expect(await quotas.take('a', ids(1, 2), 3), 'how many are taken then').toBe(2);
    expect(await quotas.take('a', ids(3, 4), 3), 'all or none').toBeUndefined();
    expect(await quotas.take('a', ids(3), 3)).toBe(3);
    expect(await quotas.take('a', ids(4), 3)).toBeUndefined();
    expect(await quotas.take('b', ids(4), 3)).toBeGreaterThan(0);
    expect([...(await quotas.members('a'))].sort()).toEqual(ids(1, 2, 3));
    expect(await quotas.take('b', ids(5, 6, 7), 2), 'more than there ever are').toBeUndefined();
  });

  test('sent again it is the same place', async () => {
    expect(await quotas.take('a', ids(1), 1)).toBeGreaterThan(0);
    expect(await quotas.take('a', ids(1), 1)).toBeGreaterThan(0);
    expect(await quotas.members('a')).toEqual(ids(1));
  });

  test('dropped places are free, whoever drops them and however often', async () => {
    await quotas.take('a', ids(1, 2), 2);
    await quotas.drop('a', ids(1, 3));
    await quotas.drop('a', ids(1));
    await quotas.drop('none', ids(1));
    expect(await quotas.members('a')).toEqual(ids(2));
    await quotas.drop('a', ids(2));
    expect(await quotas.members('a')).toEqual([]);
    expect(await quotas.take('a', ids(4, 5), 2)).toBeGreaterThan(0);
  });

  test('in a race exactly as many as there are places', async () => {
    const took = await Promise.all(Array.from({ length: 20 }, (_, n) => quotas.take('a', ids(n), 7)));
    expect(took.filter(Boolean)).toHaveLength(7);
    expect(await quotas.members('a')).toHaveLength(7);
  });
});
