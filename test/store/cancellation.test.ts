/**
 * Catches F23: a transaction that met another, or was throttled, reported as "already decided"; and one that really lost
 * a race reported as an outage. The emulators never give most of these reasons, so they are given by hand here.
 */
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ThrottlingException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, test } from 'vitest';
import { marshall } from '../../src/aws/attributes.ts';
import type { Item } from '../../src/aws/items.ts';
import { storeIn } from '../../src/aws/store.ts';
import { NotReady, type Store } from '../../src/broker/ports.ts';
import { instant } from '../../src/core/time.ts';
import { at, countCases } from '../core/fixtures.ts';
import { armed, following, idOf, personRecord, requested, requestRecord } from './changes.ts';
import { invocation } from './on-dynamodb.ts';

const mock = mockClient(DynamoDBClient);
afterEach(() => {
  mock.reset();
  pauses = [];
});
let pauses: number[] = [];
const client = new DynamoDBClient({ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'y' } });
const storeWith = (more = invocation()): Store =>
  storeIn(client, more, 'hallpass', { places: new Map() }, async (attempt) => void pauses.push(attempt));

const cancelled = (...codes: (string | { Code: string; Item: Item })[]): TransactionCanceledException =>
  new TransactionCanceledException({
    message: 'Transaction cancelled',
    $metadata: {},
    CancellationReasons: codes.map((code) => (typeof code === 'string' ? { Code: code } : code)),
  });
const calls = () => mock.commandCalls(TransactWriteItemsCommand);

/** Grant, event, claim, ledger, person, request: in the order in which a change is written. */
const whole = () => {
  const first = requested(1);
  const { change, claim, ledger } = armed(first, at(5));
  const [, ...events] = change.events;
  return {
    ...change,
    events: events.slice(0, 1),
    claim: { put: claim },
    ledger: { was: 0, put: ledger },
    person: { put: personRecord(1) },
    request: requestRecord(idOf(1), at(2_000)),
  };
};
const winner = (hash: string): Item => marshall({ ...requested(1).stored, chain: { n: 9, hash } });

describe('F23: each reason of a cancellation', () => {
  const none = (at: number, code: string): string[] => Array.from({ length: 6 }, (_, i) => (i === at ? code : 'None'));
  const LOST: readonly (readonly [string, string[], string])[] = [
    ['the grant', none(0, 'ConditionalCheckFailed'), 'grant'],
    ['an event', none(1, 'ConditionalCheckFailed'), 'grant'],
    ['the ledger', none(3, 'ConditionalCheckFailed'), 'ledger'],
    ['the person', none(4, 'ConditionalCheckFailed'), 'person'],
    ['the request', none(5, 'ConditionalCheckFailed'), 'request'],
    [
      'the grant and the person',
      ['ConditionalCheckFailed', 'None', 'None', 'None', 'ConditionalCheckFailed', 'None'],
      'grant',
    ],
    [
      'the ledger, while another item met a transaction',
      ['TransactionConflict', 'None', 'None', 'ConditionalCheckFailed', 'None', 'None'],
      'ledger',
    ],
  ];
  const PASSING: readonly (readonly [string, string[]])[] = [
    ['a conflict on the grant', none(0, 'TransactionConflict')],
    ['a conflict on the person', none(4, 'TransactionConflict')],
    ['conflicts everywhere', Array.from({ length: 6 }, () => 'TransactionConflict')],
    ['throttling', none(3, 'ThrottlingError')],
    ['throughput', none(2, 'ProvisionedThroughputExceeded')],
    ['throttling and a conflict', ['TransactionConflict', 'ThrottlingError', 'None', 'None', 'None', 'None']],
  ];
  const OUTAGES: readonly (readonly [string, Error])[] = [
    ['a validation error', cancelled(...none(0, 'ValidationError'))],
    ['a collection too large', cancelled(...none(0, 'ItemCollectionSizeLimitExceeded'))],
    ['a reason of tomorrow', cancelled(...none(0, 'SomethingNew'))],
    ['no reasons', new TransactionCanceledException({ message: 'x', $metadata: {} })],
    ['throttling of the call', new ThrottlingException({ message: 'x', $metadata: {} })],
    ['no network', Object.assign(new Error('connect ECONNREFUSED'), { name: 'Error' })],
  ];
  countCases('cancellation reasons', LOST.length + 2 * PASSING.length + OUTAGES.length);

  test.each(LOST)('lost: %s', async (_what, codes, conflict) => {
    mock.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
    expect(await storeWith().commit(whole())).toEqual({ ok: false, conflict });
    expect(calls()).toHaveLength(1);
  });

  test.each(PASSING)('tried again: %s', async (_what, codes) => {
    mock
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled(...codes))
      .rejectsOnce(cancelled(...codes))
      .resolves({});
    expect(await storeWith().commit(whole())).toEqual({ ok: true });
    expect(pauses).toEqual([1, 2]);
    const tokens = calls().map((call) => call.args[0].input.ClientRequestToken);
    expect(new Set(tokens).size, 'it is the same request each time').toBe(1);
  });

  test.each(PASSING)('and not reported as a lost race when it goes on: %s', async (_what, codes) => {
    mock.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
    await expect(storeWith().commit(whole())).rejects.toThrow(NotReady);
    expect(calls()).toHaveLength(5);
  });

  test.each(OUTAGES)('an outage stays one: %s', async (_what, error) => {
    mock.on(TransactWriteItemsCommand).rejects(error);
    await expect(storeWith().commit(whole())).rejects.toBe(error);
    expect(calls()).toHaveLength(1);
  });
});

describe('F23: a write whose answer was lost', () => {
  test('is success if the record ends in our own event', async () => {
    const change = whole();
    const own = { Code: 'ConditionalCheckFailed', Item: winner(change.stored.chain.hash) };
    mock
      .on(TransactWriteItemsCommand)
      .rejects(
        cancelled(own, 'ConditionalCheckFailed', 'None', 'ConditionalCheckFailed', 'ConditionalCheckFailed', 'None'),
      );
    expect(await storeWith().commit(change)).toEqual({ ok: true });
  });

  test('and somebody else’s if it ends in theirs', async () => {
    const theirs = { Code: 'ConditionalCheckFailed', Item: winner('0'.repeat(64)) };
    mock.on(TransactWriteItemsCommand).rejects(cancelled(theirs, 'None', 'None', 'None', 'None', 'None'));
    expect(await storeWith().commit(whole())).toEqual({ ok: false, conflict: 'grant' });
  });
});

describe('what is sent', () => {
  test('one transaction, whose token follows from its content alone', async () => {
    mock.on(TransactWriteItemsCommand).resolves({});
    const store = storeWith();
    const first = requested(1);
    await store.commit(first);
    await store.commit(structuredClone(first));
    await store.commit(following(first.stored, at(2), { type: 'withdrawn' }));
    const [a, b, c] = calls().map((call) => call.args[0].input.ClientRequestToken);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    expect(a).toMatch(/^[0-9a-f]{36}$/);
  });

  test('every item that could be somebody else’s has a condition', async () => {
    mock.on(TransactWriteItemsCommand).resolves({});
    await storeWith().commit(whole());
    const items = calls()[0]?.args[0].input.TransactItems ?? [];
    const conditions = items.map((item) => (item.Update ?? item.Put ?? item.Delete)?.ConditionExpression);
    expect(conditions).toEqual([
      '#version = :was',
      'attribute_not_exists(pk)',
      // A claim is the grant's own, and the grant's version guards it.
      undefined,
      'attribute_not_exists(pk)',
      'attribute_not_exists(pk)',
      'attribute_not_exists(pk) OR #until <= :now',
    ]);
  });

  test('reads that decide something are strongly consistent', async () => {
    mock.on(GetItemCommand).resolves({});
    await storeWith().readPerson('ada');
    await storeWith().readRequest('ada', 'POST /v1/grants', 'k');
    for (const call of mock.commandCalls(GetItemCommand)) expect(call.args[0].input.ConsistentRead).toBe(true);
  });

  test('no call that could outlast its function', async () => {
    mock.on(TransactWriteItemsCommand).resolves({});
    const late = { ...invocation(), deadline: instant(14_999) };
    await expect(storeWith(late).commit(requested(1))).rejects.toThrow(NotReady);
    expect(calls()).toHaveLength(0);
    expect(await storeWith({ ...late, deadline: instant(15_000) }).commit(requested(1))).toEqual({ ok: true });
  });

  test('the table is asked for its id once', async () => {
    mock.on(DescribeTableCommand).resolves({ Table: { TableId: 'table-1' } });
    const store = storeWith();
    expect([await store.tableId(), await store.tableId()]).toEqual(['table-1', 'table-1']);
    expect(mock.commandCalls(DescribeTableCommand)).toHaveLength(1);
  });

  test('a table without an id is an error, not an id', async () => {
    mock.on(DescribeTableCommand).resolves({ Table: {} });
    await expect(storeWith().tableId()).rejects.toThrow('has no id');
  });
});
