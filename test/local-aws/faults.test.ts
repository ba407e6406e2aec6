/**
 * Catches: a fault that does not do what its name says, so that a suite built on it would prove nothing: an effect that
 * does not happen after all, or happens although it should not, or an answer that should have been lost.
 */
import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { CreateAccessEntryCommand, DeleteAccessEntryCommand, ListAccessEntriesCommand } from '@aws-sdk/client-eks';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accessEntriesOf } from '../../local/aws/eks/seed.ts';
import type { ForwardedRequest } from '../../local/aws/endpoint.ts';
import { type Credentials, seedAccessKey, seedRole, seedUser } from '../../local/aws/iam/seed.ts';
import { type Fault, faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { CLUSTER, HUB, makeWorld, REGION, START, trusting, trustText, type World } from './world.ts';

const ROLE = `arn:aws:iam::${HUB}:role/r`;
const entry = { clusterName: 'prod', principalArn: ROLE };
let world: World;
let passedOn: ForwardedRequest[];

beforeEach(async () => {
  passedOn = [];
  const dynamodb = async (request: ForwardedRequest) => {
    passedOn.push(request);
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: '{}' };
  };
  world = await makeWorld({ forward: { dynamodb } });
  seedRole(world.seeding, { account: HUB, name: 'r', trust: trusting(`arn:aws:iam::${HUB}:root`) });
});
afterEach(() => world.close());

const on = (operation: string, fault: Fault) => world.faults.add({ fault, on: { operation } });
const create = (abort?: AbortSignal) =>
  world.eks().send(new CreateAccessEntryCommand(entry), abort && { abortSignal: abort });
const list = async () => (await world.eks().send(new ListAccessEntriesCommand({ clusterName: 'prod' }))).accessEntries;
const exists = () => accessEntriesOf(world.storage, CLUSTER).length === 1;
const cutOff = { code: 'ECONNRESET' };

test('throttle: refused in the words of each service, and nothing happened', async () => {
  world.faults.add({ fault: { kind: 'throttle' }, on: {}, times: 3 });
  await expect(create()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } });
  await expect(world.iam().send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
    name: 'Throttling',
    $metadata: { httpStatusCode: 400 },
  });
  await expect(dynamodb().send(transaction())).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(exists()).toBe(false);
  expect(passedOn).toEqual([]);
});

test('failBefore: a failure of the service, and nothing happened', async () => {
  on('CreateAccessEntry', { kind: 'failBefore' });
  await expect(create()).rejects.toMatchObject({ name: 'ServerException', $metadata: { httpStatusCode: 500 } });
  expect(exists()).toBe(false);
});

test('failAfter: the connection is cut and it happened', async () => {
  on('CreateAccessEntry', { kind: 'failAfter' });
  await expect(create()).rejects.toMatchObject(cutOff);
  expect(exists()).toBe(true);
});

test('delayed: the connection is cut, and it happens later by the clock', async () => {
  on('CreateAccessEntry', { kind: 'delayed', by: seconds(61) });
  await expect(create()).rejects.toMatchObject(cutOff);
  await world.clock.advanceBy(seconds(60));
  expect(exists()).toBe(false);
  await world.clock.advanceBy(seconds(1));
  expect(exists()).toBe(true);
});

test('twice: the second answer is the one that is seen', async () => {
  await create();
  on('DeleteAccessEntry', { kind: 'twice' });
  await expect(world.eks().send(new DeleteAccessEntryCommand(entry))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect(exists()).toBe(false);
});

test('hang: no answer, until the caller gives up, and nothing happened', async () => {
  on('CreateAccessEntry', { kind: 'hang' });
  const abort = new AbortController();
  const attempt = create(abort.signal);
  const settled = attempt.then(
    () => 'answered',
    () => 'gave up',
  );
  while (!world.faults.calls.some((call) => call.fault?.kind === 'hang')) await list();
  abort.abort();
  expect(await settled).toBe('gave up');
  expect(exists()).toBe(false);
});

test('slow: answered in full, later by the clock', async () => {
  on('CreateAccessEntry', { kind: 'slow', by: seconds(30) });
  let answered = false;
  const attempt = create().then(() => {
    answered = true;
  });
  // One whole other call: by then the first has reached the endpoint, and would have been answered.
  while (!exists()) await list();
  await list();
  expect(answered).toBe(false);
  await world.clock.advanceBy(seconds(30));
  await attempt;
});

test('stale: a read answers as things were, and only once', async () => {
  await world.clock.advanceBy(minutes(1));
  await create();
  await world.clock.advanceBy(seconds(10));
  on('ListAccessEntries', { kind: 'stale', by: seconds(11) });
  expect(await list()).toEqual([]);
  expect(await list()).toEqual([ROLE]);
  await world.eks().send(new DeleteAccessEntryCommand(entry));
  await world.clock.advanceBy(seconds(1));
  on('ListAccessEntries', { kind: 'stale', by: seconds(2) });
  expect(await list()).toEqual([ROLE]);
});

test('accessDenied: refused as by a policy, for one account alone', async () => {
  world.faults.add({ fault: { kind: 'accessDenied' }, on: { account: HUB }, times: Number.POSITIVE_INFINITY });
  await expect(create()).rejects.toMatchObject({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
  await expect(
    world.iam().send(new CreateRoleCommand({ RoleName: 'x', AssumeRolePolicyDocument: trustText('*') })),
  ).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(world.iam(world.member).send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});

const dynamodb = (credentials: Credentials = world.hub) => new DynamoDBClient(world.configuration(credentials));
const put = (TableName: string) => ({ Put: { TableName, Item: { pk: { S: 'a' } } } });
const transaction = (...tables: string[]) =>
  new TransactWriteItemsCommand({ TransactItems: (tables.length > 0 ? tables : ['t']).map(put) });

test('conflict: every item of the transaction is said to be held by another', async () => {
  on('TransactWriteItems', { kind: 'conflict' });
  await expect(dynamodb().send(transaction('t', 't'))).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: expect.stringContaining('[TransactionConflict, TransactionConflict]'),
    CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'TransactionConflict' }],
  });
  expect(passedOn).toEqual([]);
  await dynamodb().send(transaction('t', 't'));
  expect(passedOn).toHaveLength(1);
});

test('DynamoDB requests go on raw, with who asked, once they may', async () => {
  seedUser(world.seeding, {
    account: HUB,
    name: 'narrow',
    policies: {
      table: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: `arn:aws:dynamodb:${REGION}:${HUB}:table/t` },
        ],
      },
    },
  });
  const narrow = seedAccessKey(world.seeding, { account: HUB, userName: 'narrow' });
  await dynamodb(narrow).send(new PutItemCommand({ TableName: 't', Item: { pk: { S: 'é' } } }));
  await dynamodb(narrow).send(transaction('t'));
  expect(passedOn.map(({ operation, caller }) => [operation, caller.arn])).toEqual([
    ['PutItem', `arn:aws:iam::${HUB}:user/narrow`],
    ['TransactWriteItems', `arn:aws:iam::${HUB}:user/narrow`],
  ]);
  expect(JSON.parse(Buffer.from(passedOn[0]?.body ?? []).toString())).toEqual({
    TableName: 't',
    Item: { pk: { S: 'é' } },
  });
  const refused = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };
  await expect(dynamodb(narrow).send(transaction('t', 'other'))).rejects.toMatchObject(refused);
  await expect(dynamodb(narrow).send(new GetItemCommand({ TableName: 't', Key: {} }))).rejects.toMatchObject(refused);
  expect(passedOn).toHaveLength(2);
});

test('faults strike DynamoDB before and after the engine', async () => {
  on('TransactWriteItems', { kind: 'failAfter' });
  await expect(dynamodb().send(transaction())).rejects.toMatchObject(cutOff);
  expect(passedOn).toHaveLength(1);
  on('TransactWriteItems', { kind: 'delayed', by: seconds(5) });
  await expect(dynamodb().send(transaction())).rejects.toMatchObject(cutOff);
  expect(passedOn).toHaveLength(1);
  await world.clock.advanceBy(seconds(5));
  expect(passedOn).toHaveLength(2);
  on('GetItem', { kind: 'stale', by: seconds(5) });
  await dynamodb().send(new GetItemCommand({ TableName: 't', Key: {} }));
  expect(passedOn[2]?.staleSince).toBe(START);
});

test('calls are recorded only when asked, so that days of local mode fit in memory', () => {
  const plan = faultPlan();
  plan.strike({ service: 'eks', operation: 'x', region: REGION, account: HUB, caller: ROLE, write: false });
  expect(() => plan.calls).toThrow('does not record');
});
