/** The product's store over a DynamoDB endpoint, with a table of its own for each caller. */
import { setImmediate } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable } from '../../local/dynamodb/table.ts';
import type { Invocation } from '../../src/aws/calls.ts';
import { storeIn, type TableCache } from '../../src/aws/store.ts';
import type { Store } from '../../src/broker/ports.ts';
import { type Duration, instant } from '../../src/core/time.ts';

export const clientOf = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
  });

/** An invocation with plenty of time left. */
export const invocation = (): Invocation => ({
  signal: new AbortController().signal,
  deadline: instant(1_000_000),
  now: () => instant(0),
  callTimeout: 5_000 as Duration,
});

let tables = 0;

export async function storesOn(client: DynamoDBClient): Promise<{ store: Store; another: Store; tableId: string }> {
  const { name, id } = await createTable(client, `hallpass-${process.pid}-${++tables}`);
  const over = (cache: TableCache): Store => storeIn(client, invocation(), name, cache, () => setImmediate());
  return { store: over({ places: new Map() }), another: over({ places: new Map() }), tableId: id };
}
