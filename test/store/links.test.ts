/**
 * What a store of links must do, in memory and on the engine that local mode runs on. Would catch two people who both
 * believe to have linked one account, a link without its event, and an event without its link.
 */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { linksIn } from '../../src/aws/links.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import type { LinkStore } from '../../src/broker/linkPorts.ts';
import { attempted, begun, type Linking, linked, type SlackAccount } from '../../src/core/link.ts';
import { emptyLinks, linksInMemory } from '../broker/fake-links.ts';
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

async function onTable(): Promise<LinkStore> {
  const { name } = await createTable(client, `links-${process.pid}-${++tables}`);
  return linksIn(client, invocation(), name, async () => {}, randomBytes);
}

const WHO = { teamId: 'T1', userId: 'U1' };
const fresh = (): SlackAccount => {
  const account = begun(undefined, { ...WHO, name: 'ada' }, 'hash-1', at(0));
  if (!account.ok) throw new Error('refused');
  return account.value;
};
const linking = (account: SlackAccount, personId: string): Linking => {
  const record = attempted(undefined, personId, at(1));
  if (!record.ok) throw new Error('refused');
  const by = { actor: { kind: 'system', part: 'api' }, at: at(1), sha256 } as const;
  // As if the attempt had not been written by itself.
  return linked(account, { ...record.value, version: 0 }, by);
};

describe.each([
  ['in memory', async () => linksInMemory(emptyLinks())],
  ['on the embedded engine', onTable],
] as const)('links %s', (_name, make) => {
  let links: LinkStore;
  beforeEach(async () => {
    links = await make();
  });

  test('an account and its code are read back as they were', async () => {
    const account = fresh();
    const expiresAt = at(10);
    expect(await links.commit({ account, code: { hash: 'hash-1', account: WHO, expiresAt } })).toBe(true);
    expect(await links.readAccount(WHO)).toEqual(account);
    expect(await links.accountOfCode('hash-1')).toEqual(WHO);
    expect(await links.accountOfCode('hash-2')).toBeUndefined();
    expect(await links.readAccount({ teamId: 'T2', userId: 'U1' })).toBeUndefined();
  });

  test('I6: account, person and event are one write', async () => {
    const account = fresh();
    await links.commit({ account });
    const change = linking(account, 'ada');
    expect(await links.commit(change)).toBe(true);
    expect(await links.readAccount(WHO)).toEqual(change.account);
    expect(await links.readRecord('ada')).toEqual(change.record);
    expect(await links.readEvents('ada')).toEqual([change.event]);
  });

  test('of two people who say the same code one is first, and of the other nothing is written', async () => {
    const account = fresh();
    await links.commit({ account });
    expect(await links.commit(linking(account, 'ada'))).toBe(true);
    expect(await links.commit(linking(account, 'bob'))).toBe(false);
    expect((await links.readAccount(WHO))?.personId).toBe('ada');
    expect(await links.readRecord('bob')).toBeUndefined();
    expect(await links.readEvents('bob')).toEqual([]);
  });

  test('of two attempts of one person at the same moment one is first', async () => {
    const both = ['first', 'second'].map(() => attempted(undefined, 'ada', at(0)));
    const won = await Promise.all(both.map((one) => (one.ok ? links.commit({ record: one.value }) : false)));
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  test('a code that another account was given by chance is not given out again', async () => {
    const code = { hash: 'hash-1', account: WHO, expiresAt: at(10) };
    expect(await links.commit({ account: fresh(), code })).toBe(true);
    const other = begun(undefined, { teamId: 'T1', userId: 'U2' }, 'hash-1', at(0));
    if (!other.ok) throw new Error('refused');
    expect(await links.commit({ account: other.value, code: { ...code, account: other.value } })).toBe(false);
    expect(await links.accountOfCode('hash-1')).toEqual(WHO);
  });
});
