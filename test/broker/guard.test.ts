/** F6, F34: would catch a refusal that says too little, or more than CloudFormation takes. */
import { expect, it } from 'vitest';
import { type GuardDeps, guardDeletion, guardUpdate } from '../../src/broker/guardDeployment.ts';
import type { GrantId } from '../../src/core/id.ts';
import { IN_STATE } from '../core/fixtures.ts';

const ids = (count: number): GrantId[] => Array.from({ length: count }, (_, n) => `g${n}` as GrantId);
const depsWith = (count: number, roles: readonly string[] = []): GuardDeps => ({
  store: {
    readGrant: async (id) => ({
      ...{ grant: { ...IN_STATE.active, id }, chain: { n: 1, hash: '' }, version: 1, retries: {}, events: [] },
    }),
  },
  hub: { openGrants: async () => ids(count) },
  listRoles: async () => roles,
});

it('one is one grant, fourteen are ten and four more', async () => {
  const [one = '', many = ''] = [await guardUpdate(depsWith(1), []), await guardUpdate(depsWith(14), [])];
  expect(one).toContain('of one grant: g0 (active, prod).');
  expect(many).toContain('of 14 grants: g0 (active, prod), g1 (active, prod)');
  expect(many).toContain('g9 (active, prod), and 4 more.');
  expect(many).not.toContain('g10');
});

it('ten are ten', async () => {
  expect(await guardUpdate(depsWith(10), [])).toContain('g8 (active, prod), g9 (active, prod).');
});

it('a hub full of grants and of roles is said in three kilobytes', async () => {
  const role = (n: number): string =>
    `arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-01khw000000000000000000${n}`;
  const said =
    (await guardDeletion(
      depsWith(
        2_000,
        Array.from({ length: 900 }, (_, n) => role(n)),
      ),
    )) ?? '';
  expect(said).toContain('Not over yet: 2000 grants: g0 (active, prod)');
  expect(said).toContain('and 890 more. Delete them in IAM');
  expect(Buffer.byteLength(said)).toBeLessThan(3_000);
});

it('a role that a grant knows of is that grant’s affair', async () => {
  const said = await guardDeletion(depsWith(1, [IN_STATE.active.principal.arn]));
  expect(said).toContain('one grant: g0');
  expect(said).not.toContain('Roles that no grant');
});

it('nothing open and no role: nothing is said', async () => {
  expect([await guardUpdate(depsWith(0), []), await guardDeletion(depsWith(0))]).toEqual([undefined, undefined]);
});
