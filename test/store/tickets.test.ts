/**
 * Tickets in the table. Catches a grant that is made for a ticket which was closed while its system was asked, one that
 * cannot be found when it is closed, a ticket whose text ends another's key, and a denial that a cool-down never sees.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { storeIn } from '../../src/aws/store.ts';
import { answerTo, ticketsIn } from '../../src/aws/ticket-items.ts';
import type { Store } from '../../src/broker/ports.ts';
import type { Tickets } from '../../src/broker/tickets.ts';
import { at } from '../core/fixtures.ts';
import { begin, DENIED, following, idOf, personRecord, requested } from './changes.ts';
import { clientOf, invocation } from './on-dynamodb.ts';

let engine: Engine;
let client: DynamoDBClient;
let table: string;
let store: Store;
let tickets: Tickets;
beforeAll(async () => {
  engine = await startEngine();
  client = clientOf(engine.url);
});
afterAll(async () => {
  client.destroy();
  await engine.close();
});
beforeEach(async () => {
  table = `hallpass-tickets-${begin()}`;
  await createTable(client, table);
  store = storeIn(client, invocation(), table, { places: new Map() }, async () => {});
  tickets = ticketsIn(client, invocation(), table);
});

const OF = { system: 'jira', ticket: 'INC-4211' };
const withTicket = (n: number, askedAt: number, of = OF) => ({
  ...requested(n, { ticket: of.ticket, ticketSystem: of.system }),
  ticket: { ...of, askedAt: at(askedAt) },
});

it('a grant is found by its ticket, and by no other', async () => {
  const others = [
    { system: 'jira', ticket: 'INC-421' },
    { system: 'desk', ticket: 'INC-4211' },
    { system: 'jira', ticket: 'INC-4211#closed' },
    { system: 'jira', ticket: 'INC-4211/grant#x' },
  ];
  expect(await store.commit(withTicket(1, 0))).toEqual({ ok: true });
  for (const [n, of] of others.entries()) expect(await store.commit(withTicket(n + 2, 0, of))).toEqual({ ok: true });
  expect(await tickets.grantsOf(OF)).toEqual([idOf(1)]);
  for (const [n, of] of others.entries()) expect(await tickets.grantsOf(of)).toEqual([idOf(n + 2)]);
});

it('whoever was asked before the ticket was closed is asked again; afterwards it is as good as new', async () => {
  await tickets.markClosed(OF, at(10));
  expect(await store.commit(withTicket(1, 9))).toEqual({ ok: false, conflict: 'ticket' });
  expect(await store.commit(withTicket(1, 10))).toEqual({ ok: false, conflict: 'ticket' });
  expect(await store.readGrant(idOf(1))).toBeUndefined();
  expect(await tickets.grantsOf(OF)).toEqual([]);
  expect(await store.commit(withTicket(1, 11))).toEqual({ ok: true });
});

it('grants on several clusters for one ticket are made together or not at all', async () => {
  const batch = [withTicket(1, 9), withTicket(2, 9)] as const;
  await tickets.markClosed(OF, at(10));
  expect(await store.commitAll(batch)).toEqual({ ok: false, conflict: 'ticket' });
  expect(await store.commitAll([withTicket(1, 11), withTicket(2, 11)])).toEqual({ ok: true });
  expect((await tickets.grantsOf(OF)).toSorted()).toEqual([idOf(1), idOf(2)].toSorted());
});

it('messages and answers are kept', async () => {
  expect(await tickets.isDone('digest')).toBe(false);
  await tickets.done('digest', at(0));
  expect(await tickets.isDone('digest')).toBe(true);
  expect(await answerTo(client, invocation(), table, { system: 'desk', question: 'ticket-1' })).toBeUndefined();
  await tickets.putAnswer('desk', 'ticket-1', { open: true }, at(0));
  expect(await answerTo(client, invocation(), table, { system: 'desk', question: 'ticket-1' })).toEqual({
    answer: { open: true },
  });
  expect(await answerTo(client, invocation(), table, { system: 'jira', question: 'ticket-1' })).toBeUndefined();
});

it('a denial is remembered with the person, through the next request', async () => {
  const first = requested(1);
  await store.commit({ ...first, person: { put: personRecord(1, { 'prod-view#prod': idOf(1) }) } });
  const denied = following(first.stored, at(5), DENIED);
  await store.commit({ ...denied, closes: { personId: 'ada', open: 'prod-view#prod', deniedAt: at(5) } });
  const record = await store.readPerson('ada');
  expect(record).toEqual({ ...personRecord(2), denied: { 'prod-view#prod': at(5) } });
  if (!record) throw new Error('no record');
  await store.commit({
    ...requested(2),
    person: { put: { ...record, version: 3, open: { 'prod-view#prod': idOf(2) } } },
  });
  expect((await store.readPerson('ada'))?.denied).toEqual({ 'prod-view#prod': at(5) });
});
