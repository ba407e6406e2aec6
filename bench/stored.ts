/**
 * A table with many grants, of which few are due: the real store over the embedded engine, and grants that are copies of
 * one that lived. Those that are not due are either over, or due at some later time.
 */
import { type AttributeValue, DynamoDBClient, QueryCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { Engine } from '../local/dynamodb/engine.ts';
import { createTable } from '../local/dynamodb/table.ts';
import type { Invocation } from '../src/aws/calls.ts';
import { DUE_PARTITION } from '../src/aws/items.ts';
import { storeIn } from '../src/aws/store.ts';
import type { EndingDeps } from '../src/broker/drainPorts.ts';
import type { Store } from '../src/broker/ports.ts';
import { type Swept, sweep } from '../src/broker/sweep.ts';
import { type GrantId, grantId } from '../src/core/id.ts';
import { type Duration, instant, plus, toIso } from '../src/core/time.ts';
import { newWorld } from '../test/broker/fake-world.ts';
import { at } from '../test/core/fixtures.ts';

type Item = Record<string, AttributeValue>;

/** What one sweep did. */
export type Tick = {
  readonly swept: Swept;
  /** To DynamoDB, by operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of DynamoDB's answers. */
  readonly kilobytes: number;
  readonly cpuMs: number;
};

export type StoredTable = {
  /** A sweep that finds so many due. */
  tick(due: number): Promise<Tick>;
};

const BATCH = 25;
const LANES = 4;
/** One in so many that are stored has something to be done later; the others are over. */
const WAITING = 10;

export async function tableWith(engine: Engine, stored: number, say: (text: string) => void): Promise<StoredTable> {
  const client = new DynamoDBClient({
    endpoint: engine.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
  });
  const { name, id: tableId } = await createTable(client, `bench-${stored}`);
  // The embedded engine numbers a stream's records by looking at all of them: nobody reads these.
  await client.send(new UpdateTableCommand({ TableName: name, StreamSpecification: { StreamEnabled: false } }));
  const requests: Record<string, number> = {};
  let bytes = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace('Command', '');
      requests[operation] = (requests[operation] ?? 0) + 1;
      const answer = await next(args);
      bytes += JSON.stringify(answer.output).length;
      return answer;
    },
    { step: 'initialize' },
  );
  const world = newWorld();
  world.tableId = tableId;
  const real = storeIn(
    client,
    invocation(() => world.now()),
    name,
    { places: new Map() },
    async () => {},
  );
  const deps: EndingDeps = { ...world.deps, store: real };
  // The world's own use cases write to the real table, too.
  Object.assign(world.deps, { store: { ...real, tableId: async () => tableId } satisfies Store });
  const model = await live(world);
  const items = (
    await client.send(
      new QueryCommand({
        TableName: name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `grant#${model}` } },
      }),
    )
  ).Items as Item[];
  const copyOf = (id: GrantId): Item[] => JSON.parse(JSON.stringify(items).replaceAll(model, id)) as Item[];
  const grantOnly = (id: GrantId): Item[] => copyOf(id).filter((item) => item['sk']?.S === 'grant');
  let ids = 0;
  const nextId = (): GrantId => {
    const n = ++ids;
    return grantId(at(0), Uint8Array.of(5, n % 256, (n >> 8) % 256, n >> 16, 0, 0, 0, 0, 0, 0));
  };
  const write = (writes: readonly object[]): Promise<void> => batchWrite(engine.url, name, writes);
  const put = (item: Item): object => ({ PutRequest: { Item: item } });

  const rest = Array.from({ length: stored }, (_, n) => {
    const [item = {}] = grantOnly(nextId());
    // What no sweep ever reads is left out: the engine would take minutes to store it.
    const { pk = { S: '' }, sk = { S: '' }, kind = { S: '' }, place = { S: '' } } = item;
    const over = { pk, sk, kind, place };
    const later = `${toIso(plus(world.now(), 300_000_000 as Duration))}#${pk.S}`;
    return put(n % WAITING === 0 ? { ...over, duePk: { S: DUE_PARTITION }, dueAt: { S: later } } : over);
  });
  say(`${stored} stored`);
  await write(rest);
  await write([...grantOnly(model).map((item) => ({ DeleteRequest: { Key: keyOf(item) } }))]);

  return {
    async tick(due) {
      const those = Array.from({ length: due }, nextId);
      await write(those.flatMap(copyOf).map(put));
      for (const operation of Object.keys(requests)) delete requests[operation];
      bytes = 0;
      const before = process.cpuUsage();
      const swept = await sweep(deps, () => false);
      const { user, system } = process.cpuUsage(before);
      const tick = { swept, requests: { ...requests }, kilobytes: bytes / 1_024, cpuMs: (user + system) / 1_000 };
      // Nothing is left for the next one to find.
      await write(those.flatMap(grantOnly).map((item) => ({ DeleteRequest: { Key: keyOf(item) } })));
      return tick;
    },
  };
}

const keyOf = ({ pk, sk }: Item): object => ({ pk, sk });

/** Until its warning is due, with everything before that done. */
async function live(world: ReturnType<typeof newWorld>): Promise<GrantId> {
  const id = await world.live('dedicated', { duration: '4h' });
  world.advance(10);
  await world.sweep();
  world.advance(3 * 60 + 45);
  return id;
}

const invocation = (now: () => ReturnType<typeof instant>): Invocation => ({
  signal: new AbortController().signal,
  deadline: instant(Number.MAX_SAFE_INTEGER),
  now,
  callTimeout: 5_000 as Duration,
});

/** Past the SDK, which would take longer than the engine. */
async function batchWrite(url: string, table: string, writes: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(writes.length / BATCH) }, (_, n) =>
    writes.slice(n * BATCH, (n + 1) * BATCH),
  );
  const lane = async (): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-date': '20260101T000000Z',
          'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
          authorization:
            'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify({ RequestItems: { [table]: batch } }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
