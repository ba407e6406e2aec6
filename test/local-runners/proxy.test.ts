/**
 * Catches: a proxy that changes bytes (a signature or checksum no longer fits), that calls a strongly consistent read
 * stale, or that leaks one request's stale answer to another.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Forwarder, forwardTo, type RawRequest } from '../../local/dynamodb/proxy.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { clients, engineWithClients } from './harness.ts';

let world: Awaited<ReturnType<typeof engineWithClients>>;
let forwarder: Forwarder;
let written: string[];
const TableName = 'hallpass';
const Key = { pk: { S: 'grant#1' }, sk: { S: 'grant' } };

beforeEach(async () => {
  world = await engineWithClients();
  written = [];
  forwarder = forwardTo(world.engine.url, { onWrite: (operation) => written.push(operation) });
  await createTable(world.db);
});
afterEach(async () => {
  forwarder.close();
  await world.close();
});

const call = (operation: string, input: object, staleSince?: number) => {
  const headers = [
    ['X-Amz-Target', `DynamoDB_20120810.${operation}`],
    ['Content-Type', 'application/x-amz-json-1.0'],
    // The engine wants the form of a signature, and verifies nothing.
    ['X-Amz-Date', '20261124T030000Z'],
    [
      'Authorization',
      'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261124/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    ],
  ] as const;
  const body = Buffer.from(JSON.stringify({ TableName, ...input }));
  const request: RawRequest = { method: 'POST', headers, body, ...(staleSince !== undefined && { staleSince }) };
  return forwarder.forward(request);
};
const json = (body: Uint8Array): unknown => JSON.parse(Buffer.from(body).toString());
const put = (n: string) => call('PutItem', { Item: { ...Key, n: { N: n } } });

test('an SDK behind it sees what it would see at the engine, errors included', async () => {
  const front = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
    const {
      status,
      headers: out,
      body,
    } = await forwarder.forward({ method: 'POST', headers, body: Buffer.concat(parts) });
    outgoing.writeHead(status, out).end(body);
  });
  await new Promise<void>((settle) => front.listen(0, '127.0.0.1', settle));
  const { db, close } = clients(`http://127.0.0.1:${(front.address() as AddressInfo).port}`);
  await db.send(new PutItemCommand({ TableName, Item: Key }));
  expect((await db.send(new GetItemCommand({ TableName, Key }))).Item).toEqual(Key);
  const again = new PutItemCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(pk)' });
  await expect(db.send(again)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  await expect(db.send(new QueryCommand({ TableName: 'other' }))).rejects.toMatchObject({ $fault: 'client' });
  close();
  front.close();
});

test('checksum and body belong together', async () => {
  await put('1');
  for (const response of [await call('GetItem', { Key }), await call('Scan', {}, 1)]) {
    expect(response.headers['x-amz-crc32']).toBe(String(crc32(response.body)));
  }
});

test('only successful writes are told', async () => {
  await put('1');
  await call('GetItem', { Key });
  await call('PutItem', { Item: Key, ConditionExpression: 'attribute_not_exists(pk)' });
  await call('DeleteItem', { Key });
  expect(written).toEqual(['PutItem', 'DeleteItem']);
});

test('a stale read answers as before, or that nothing is there', async () => {
  await put('1');
  expect(json((await call('GetItem', { Key }, 0)).body)).toEqual({});
  await call('GetItem', { Key });
  await put('2');
  expect(json((await call('GetItem', { Key }, 0)).body)).toEqual({ Item: { ...Key, n: { N: '1' } } });
  const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'grant#1' } } };
  expect(json((await call('Query', query, 0)).body)).toEqual({ Items: [], Count: 0, ScannedCount: 0 });
});

test('consistent reads, transactions and writes are never stale', async () => {
  await put('1');
  const fresh = { Item: { ...Key, n: { N: '1' } } };
  expect(json((await call('GetItem', { Key, ConsistentRead: true }, 0)).body)).toEqual(fresh);
  const transaction = { TransactItems: [{ Get: { TableName, Key } }], TableName: undefined };
  expect(json((await call('TransactGetItems', transaction, 0)).body)).toEqual({ Responses: [fresh] });
  await call('DeleteItem', { Key }, 0);
  expect(json((await call('GetItem', { Key, ConsistentRead: true })).body)).toEqual({});
});

test('an engine that is gone is an error, not an answer', async () => {
  await world.engine.close();
  await expect(call('GetItem', { Key, ConsistentRead: true })).rejects.toThrow(/ECONN|socket hang up/);
});
