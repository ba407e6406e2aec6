/**
 * What a grant remembers of its requester meets a directory that has changed since: an entry that got another id, a user
 * name that became somebody else's. Catches access that ends for somebody who never left, and a role made for one
 * person's session that has become another's (F3, F17, F31).
 */
import { describe, expect, test } from 'vitest';
import { carryOutExtension } from '../../src/broker/carryOutExtension.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { usesOf } from '../../src/broker/uses.ts';
import type { Configuration, Person } from '../../src/core/configuration.ts';
import type { GrantFacts } from '../../src/core/grant.ts';
import { identifiersOf } from '../../src/core/identity.ts';
import { withSnapshot } from '../../src/core/identity-center.ts';
import { admits, letsInRequester } from '../../src/core/request.ts';
import { requesterIn } from '../../src/core/role-identity.ts';
import type { Duration } from '../../src/core/time.ts';
import { CONFIG, configFor, FACTS, group, HOUR, peopleOf, person, SSO_ROLE, SSO_ROLE_ID } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

const ADA = '906700a1b2-11111111-1111-4111-8111-111111111111';
const OTHER = '906700a1b2-22222222-2222-4222-8222-222222222222';

const joined = (file: readonly Person[], more: Partial<{ userName: string; disabled: boolean }> = {}): Configuration =>
  withSnapshot(
    {
      ...CONFIG,
      directory: configFor({ people: peopleOf(...file), groups: {} }).directory,
      identityCenter: { identityStoreId: 'd-1', region: 'eu-west-1', role: SSO_ROLE, groups: { developers: 'Devs' } },
    },
    {
      users: [
        { userId: ADA, userName: 'ada', name: 'Ada', email: 'ada@example.com', disabled: false, ...more },
        { userId: OTHER, userName: 'other', name: 'Other', email: 'other@example.com', disabled: false },
      ],
      groups: { developers: [ADA, OTHER] },
    },
  );
const byStore = joined([]);
const byFile = joined([person('ada', { userId: ADA })]);
const requesterOf = ({ directory }: Configuration, id: string): GrantFacts['requester'] => {
  const found = directory.people[id];
  if (!found) throw new Error(`nobody is ${id}`);
  return { id, name: found.name, identifiers: identifiersOf(found), channel: 'cli' };
};

describe('F31: one user of Identity Center under another id', () => {
  test('given an id in the file since: the same person, who may have what they asked for', () => {
    const requester = requesterOf(byStore, ADA);
    expect(requesterIn(byFile.directory, requester)?.id).toBe('ada');
    const config = {
      ...byFile,
      entitlements: { ...byFile.entitlements, 'prod-view': { ...rule(byFile), eligible: [group('developers')] } },
    };
    expect(admits({ ...FACTS, requester }, config)).toMatchObject({ ok: true });
  });

  test('taken out of the file since: the same person', () => {
    expect(requesterIn(byStore.directory, requesterOf(byFile, 'ada'))?.id).toBe(ADA);
  });

  test('disabled, or nobody’s any more: has left', () => {
    expect(
      requesterIn(joined([person('ada', { userId: ADA })], { disabled: true }).directory, requesterOf(byStore, ADA)),
    ).toBeUndefined();
    expect(
      requesterIn(joined([person('ada', { userId: ADA, disabled: true })]).directory, requesterOf(byStore, ADA)),
    ).toBeUndefined();
    expect(requesterIn(CONFIG.directory, requesterOf(byStore, ADA))).toBeUndefined();
  });

  test('one who is known and disabled is not looked for under another id', () => {
    const { directory } = joined([person('bob', { userId: OTHER, disabled: true })]);
    expect(requesterIn(directory, { ...requesterOf(byStore, ADA), id: 'bob' })).toBeUndefined();
  });
});

describe('F3: the session that a grant’s own role lets in', () => {
  const withAda = (iam: Person['iam']): Configuration => ({
    ...CONFIG,
    directory: { ...CONFIG.directory, people: { ...CONFIG.directory.people, ada: person('ada', { iam }) } },
  });
  const two = [
    { role: `${SSO_ROLE}2`, session: 'ada' },
    { role: SSO_ROLE, session: 'ada' },
  ];

  test.each([
    ['another session', [{ role: SSO_ROLE, session: 'ada.archer' }], 'entitlementChanged'],
    ['another role', [{ role: `${SSO_ROLE}2`, session: 'ada' }], 'entitlementChanged'],
    ['no session', [], 'entitlementChanged'],
    ['it, and another', two, undefined],
  ])('whose requester has %s', (_what, iam, refused) => {
    expect(FACTS.principal).toMatchObject({ trusts: { userId: `${SSO_ROLE_ID}:ada` } });
    const answer = letsInRequester(FACTS, withAda(iam));
    expect(answer.ok ? undefined : answer.error.reason).toBe(refused);
  });

  test('a user was renamed: the old name may be another’s by now', () => {
    const facts = { ...FACTS, requester: requesterOf(byStore, ADA) };
    expect(letsInRequester(facts, byStore)).toMatchObject({ ok: true });
    expect(letsInRequester(facts, joined([], { userName: 'ada.archer' }))).toMatchObject({ ok: false });
  });

  test('a role that is not a person comes through the session that asked', () => {
    const ci = { id: 'ci', role: 'arn:aws:iam::111111111111:role/ci', owners: [], description: '' };
    const directory = { ...CONFIG.directory, roles: { ci } };
    const requester = { id: 'role:ci', name: 'ci', identifiers: [`iam:${ci.role}`], channel: 'api' as const };
    const principal = { ...FACTS.principal, trusts: { role: ci.role, userId: 'AROACIROLE0000000001:build-7' } };
    const facts = { ...FACTS, requester, principal } as GrantFacts;
    expect(letsInRequester(facts, { ...CONFIG, directory })).toMatchObject({ ok: true });
  });

  test('I1: nothing is opened by it, and nothing prolonged', async () => {
    const rename = (world: World): void => {
      const people = { ...world.config.directory.people, ada: person('ada', { iam: two.slice(0, 1) }) };
      world.config = { ...world.config, directory: { ...world.config.directory, people } };
    };
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    rename(world);
    expect(await world.activate(grant.id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);

    const other = newWorld();
    const extension = { maxTotal: (8 * HOUR) as Duration, autoApprove: true };
    other.config = { ...other.config, entitlements: { 'prod-view': { ...rule(other.config), extension } } };
    const id = await other.live('dedicated');
    const by = { person: other.person('ada'), channel: 'cli', proof: 'test' } as const;
    await extendGrant(other.deps, { ...by, id, input: { duration: '1h', justification: 'INC-4211' } });
    rename(other);
    await carryOutExtension(other.deps, id, WORKFLOW);
    expect(other.events(id).at(-1)?.body).toMatchObject({ type: 'extensionDenied' });
  });
});

test('F21: what was used of break-glass under the former id counts', async () => {
  const world = newWorld();
  const use = { id: FACTS.id, at: world.now() };
  world.tables.people.set(ADA, { personId: ADA, version: 1, open: {}, requestedAt: [], uses: [use] });
  const now = byFile.directory.people['ada'];
  if (!now) throw new Error('nobody is ada');
  expect(await usesOf(world.deps, now, byFile)).toMatchObject([use]);
  expect(await usesOf(world.deps, person('bob'), byFile)).toEqual([]);
});

function rule({ entitlements }: Configuration) {
  const found = entitlements['prod-view'];
  if (!found) throw new Error('the fixtures have no such entitlement');
  return found;
}
