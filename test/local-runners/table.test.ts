/**
 * Catches: a store written against an engine that answers otherwise than DynamoDB where it matters (who won a
 * condition, replays, consistency, sparse indexes), and a start that takes a foreign table for the product's own.
 */
import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTable } from '../../local/dynamodb/table.ts';
import { engineWithClients } from './harness.ts';

let world: Awaited<ReturnType<typeof engineWithClients>>;
const TableName = 'hallpass';
const grant = { pk: { S: 'grant#1' }, sk: { S: 'grant' } };

beforeEach(async () => {
  world = await engineWithClients();
});
afterEach(() => world.close());

test('made twice, and by two at once, it is one table', async () => {
  const [first, second] = await Promise.all([createTable(world.db), createTable(world.db)]);
  const third = await createTable(world.db);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(first.id).toMatch(/^[0-9a-f-]{36}$/);
});

test('keys, indexes and stream are as the design says', async () => {
  await createTable(world.db);
  const { Table } = await world.db.send(new DescribeTableCommand({ TableName }));
  expect(Table?.KeySchema?.map((key) => key.AttributeName)).toEqual(['pk', 'sk']);
  const indexes = Table?.GlobalSecondaryIndexes?.map((index) => [
    index.IndexName,
    ...(index.KeySchema ?? []).map((key) => key.AttributeName),
    index.Projection?.ProjectionType,
    ...(index.Projection?.NonKeyAttributes ?? []).toSorted(),
  ]);
  expect(indexes?.sort()).toEqual([
    ['byPerson', 'personPk', 'personSk', 'KEYS_ONLY'],
    ['byTime', 'timePk', 'timeSk', 'KEYS_ONLY'],
    ['due', 'duePk', 'dueAt', 'INCLUDE', 'overdueFrom', 'place'],
    ['undecided', 'undecidedPk', 'undecidedSk', 'KEYS_ONLY'],
  ]);
  expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
  expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
});

test('a foreign table of that name is refused, not used', async () => {
  await world.db.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await expect(createTable(world.db)).rejects.toThrow("table hallpass is there, but is not Hallpass's");
});

test('the loser of a transaction is shown the winner', async () => {
  await createTable(world.db);
  await world.db.send(new PutItemCommand({ TableName, Item: { ...grant, version: { N: '7' } } }));
  const lost = world.db.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: { pk: { S: 'grant#1' }, sk: { S: 'event#1' } } } },
        {
          Put: {
            TableName,
            Item: grant,
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ],
    }),
  );
  await expect(lost).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Item: { ...grant, version: { N: '7' } } },
    ],
  });
  const other = { pk: { S: 'grant#1' }, sk: { S: 'event#1' } };
  expect((await world.db.send(new GetItemCommand({ TableName, Key: other }))).Item).toBeUndefined();
});

test('a replayed transaction happens once, and its token is bound to its content', async () => {
  await createTable(world.db);
  const write = (sk: string) =>
    world.db.send(
      new TransactWriteItemsCommand({
        ClientRequestToken: 'the-token',
        TransactItems: [
          {
            Put: {
              TableName,
              Item: { pk: { S: 'grant#1' }, sk: { S: sk } },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      }),
    );
  await write('event#1');
  await write('event#1');
  await expect(write('event#2')).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
});

test('of 20 racing transactions one wins', async () => {
  await createTable(world.db);
  const race = Array.from({ length: 20 }, (_, n) =>
    world.db.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName,
              Item: { ...grant, by: { N: String(n) } },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      }),
    ),
  );
  const outcomes = await Promise.allSettled(race);
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
});

test('the due index is sparse, holds keys only, and refuses consistent reads', async () => {
  await createTable(world.db);
  const due = { duePk: { S: 'due' }, dueAt: { S: '2026-11-24T03:00:00.000Z' } };
  await world.db.send(new PutItemCommand({ TableName, Item: { ...grant, ...due, secret: { S: 'x' } } }));
  await world.db.send(new PutItemCommand({ TableName, Item: { pk: { S: 'grant#2' }, sk: { S: 'grant' } } }));
  const query = {
    TableName,
    IndexName: 'due',
    KeyConditionExpression: 'duePk = :due',
    ExpressionAttributeValues: { ':due': { S: 'due' } },
  };
  expect((await world.db.send(new QueryCommand(query))).Items).toEqual([{ ...grant, ...due }]);
  await expect(world.db.send(new QueryCommand({ ...query, ConsistentRead: true }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});
