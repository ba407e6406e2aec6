/**
 * Catches a grant read half-way through somebody's transaction and taken for a forgery, one whose fixed facts are taken
 * from an item that anybody with a write to the table can change, and a claim that comes back as another's.
 */
import type { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, test } from 'vitest';
import { marshall } from '../../src/aws/attributes.ts';
import { claimFrom, claimItem, eventItem, grantAttributes, grantKey, type Item, key } from '../../src/aws/items.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { storeIn } from '../../src/aws/store.ts';
import { provenForgery } from '../../src/broker/forgery.ts';
import type { Change, Store } from '../../src/broker/ports.ts';
import { minutes } from '../../src/core/time.ts';
import { at } from '../core/fixtures.ts';
import { approvedBy, armed, begin, following, idOf, PREPARED, requested } from './changes.ts';
import { invocation } from './on-dynamodb.ts';

beforeEach(() => void begin());

const grantItem = ({ stored }: Change): Item => ({
  ...key(grantKey(stored.grant.id)),
  ...grantAttributes(stored),
});
const eventItems = (...changes: Change[]): Item[] => changes.flatMap(({ events }) => events.map(eventItem));

/** A table that answers one query after the other with these partitions, and the last one for ever. */
function storeOver(...partitions: (readonly Item[])[]): { store: Store; asked: () => number; pauses: number[] } {
  let n = 0;
  const pauses: number[] = [];
  const pause = async (attempt: number): Promise<void> => void pauses.push(attempt);
  const client = {
    send: async (_: QueryCommand) => ({ Items: partitions[Math.min(n++, partitions.length - 1)] }),
  } as unknown as DynamoDBClient;
  return { store: storeIn(client, invocation(), 'table', { places: new Map() }, pause), asked: () => n, pauses };
}

const asked = (): Change => requested(1);
/** Two events of one transaction. */
const two = (): Change => following(asked().stored, at(2), PREPARED, approvedBy('bob', at(2)));
const prepared = (): Change => following(asked().stored, at(2), PREPARED);

test('its state holds nothing that was fixed when it was asked for or prepared', () => {
  const { grant } = prepared().stored;
  const item = JSON.stringify(grantItem(prepared()));
  expect(item).not.toContain(grant.justification);
  expect(item).not.toContain(grant.principal.arn);
  expect(item).not.toContain('AROADEDICATED0000001');
  expect(Buffer.byteLength(item)).toBeLessThan(1_024);
});

test('and all of it is read back from the events', async () => {
  const { store } = storeOver([...eventItems(asked(), prepared()), grantItem(prepared())]);
  expect(await store.readGrant(idOf(1))).toEqual({
    ...prepared().stored,
    events: [...asked().events, ...prepared().events],
  });
});

test.each([
  ['its state before its event', [...eventItems(asked()), grantItem(prepared())]],
  ['its event before its state', [...eventItems(asked(), prepared()), grantItem(asked())]],
  ['its state before any event', [grantItem(asked())]],
  [
    'the second of two events before the first',
    [...eventItems(asked()), ...eventItems(two()).slice(1), grantItem(two())],
  ],
])('%s: read again until it is whole', async (_what, half) => {
  const whole = [...eventItems(asked(), prepared()), grantItem(prepared())];
  const { store, asked: times, pauses } = storeOver(half, half, whole);
  const read = await store.readGrant(idOf(1));
  expect(times()).toBe(3);
  expect(pauses).toEqual([1, 2]);
  expect(read?.grant).toEqual(prepared().stored.grant);
  expect(read && (await provenForgery({ sha256, store }, read))).toBeUndefined();
});

test('what stays torn is no passing moment: it is answered as it is, and is a forgery', async () => {
  const { store, asked: times } = storeOver([...eventItems(asked()), grantItem(prepared())]);
  const read = await store.readGrant(idOf(1));
  expect(times()).toBe(5);
  expect(read && (await provenForgery({ sha256, store }, read))).toBe('the last event is not the one on record');
});

test('without the event that says what it is, it is nothing', async () => {
  const [, ...others] = eventItems(asked(), prepared());
  const { store } = storeOver([...others, grantItem(prepared())]);
  await expect(store.readGrant(idOf(1))).rejects.toThrow('has lost the event that says what it is');
});

test.each([
  ['duration', minutes(600)],
  ['principal', { mode: 'role', arn: 'arn:aws:iam::1:role/admin', assumableBy: [], opensTo: [] }],
  ['preparation', { clusterCreatedAt: 1, roleId: 'AROAOTHER' }],
])('I1: %s written into the item counts for nothing, and is seen', async (name, value) => {
  const item = grantItem(prepared());
  const forged = { ...item, grant: { M: { ...item['grant']?.M, ...marshall({ [name]: value }) } } } as Item;
  const { store } = storeOver([...eventItems(asked(), prepared()), forged]);
  const read = await store.readGrant(idOf(1));
  expect(read?.grant).toEqual(prepared().stored.grant);
  expect(read && (await provenForgery({ sha256, store }, read))).toBe(`${name} was changed in the table`);
});

test('an item of an earlier release, which repeats its facts, is read as it was', async () => {
  const { stored } = prepared();
  const old = { ...grantItem(prepared()), ...marshall({ grant: stored.grant }) };
  const { store } = storeOver([...eventItems(asked(), prepared()), old]);
  const read = await store.readGrant(idOf(1));
  expect(read?.grant).toEqual(stored.grant);
  expect(read && (await provenForgery({ sha256, store }, read))).toBeUndefined();
});

test('a grant whose first event was taken from the table keeps nobody from listing the others (I3)', async () => {
  const other = requested(2);
  const partitions: Readonly<Record<string, readonly Item[]>> = {
    [grantKey(idOf(1)).pk]: [grantItem(asked())],
    [grantKey(idOf(2)).pk]: [...eventItems(other), grantItem(other)],
  };
  const client = {
    send: async ({ input }: QueryCommand) => ({
      Items: input.IndexName
        ? [key(grantKey(idOf(1))), key(grantKey(idOf(2)))]
        : partitions[String(input.ExpressionAttributeValues?.[':pk']?.S)],
    }),
  } as unknown as DynamoDBClient;
  const store = storeIn(client, invocation(), 'table', { places: new Map() }, async () => {});
  const { items } = await store.undecidedGrants(10);
  expect(items.map(({ grant }) => grant.id)).toEqual([idOf(2)]);
  await expect(store.readGrant(idOf(1))).rejects.toThrow('has lost the event that says what it is');
});

test('a claim comes back whole from its keys and its item, whatever is in its role’s path', () => {
  const { claim } = armed(following(asked().stored, at(3), approvedBy('bob', at(3))), at(5));
  for (const principalArn of [claim.principalArn, 'arn:aws:iam::111111111111:role/a#b/c#d']) {
    const one = { ...claim, principalArn };
    expect(claimFrom(claimItem(one))).toEqual(one);
  }
});
