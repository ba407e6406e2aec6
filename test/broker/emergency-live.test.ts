/**
 * Access that was made with the hub down and still lives when it is back (F21). Catches a hub that takes it away before
 * its end, in the middle of the emergency, or that says of it what it does not give.
 */
import { describe, expect, test } from 'vitest';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { importEmergencies } from '../../src/broker/importEmergencies.ts';
import { accessPolicyArn } from '../../src/core/access.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { ObservedPolicy } from '../../src/core/entry.ts';
import type { Actor } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { judge } from '../../src/core/overdue.ts';
import { type Duration, minutes, plus, toIso } from '../../src/core/time.ts';
import { at, group, HOUR, KUBERNETES_ADMIN, one } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const admin = WORLD_CONFIG.entitlements['admin'];
if (!admin) throw new Error('the fixtures have no such entitlement');
const breakGlass = {
  eligible: [group('developers')],
  maxDuration: (2 * HOUR) as Duration,
  minReason: 20,
  perWeek: 3,
  reviewWithin: 3,
};
const POLICY = 'AmazonEKSEditPolicy';
const offering = (namespaces: readonly string[]): Configuration => ({
  ...WORLD_CONFIG,
  reviewers: [one('eve')],
  entitlements: {
    ...WORLD_CONFIG.entitlements,
    admin: { ...admin, breakGlass, access: { kind: 'policy', policy: POLICY, scope: 'namespace', namespaces } },
  },
});

/** Half an hour of it, by Ada, in these namespaces; none: it was made, and its policy is not associated yet. */
function madeWithHubDown(world: World, namespaces: readonly string[]): GrantId {
  const id = grantId(world.now(), new Uint8Array(10).fill(1));
  const tags = {
    'hallpass:hub': world.config.hub,
    'hallpass:grant': `emergency-${id}`,
    'hallpass:expires': toIso(plus(world.now(), minutes(30))),
    'hallpass:person': 'ada',
  };
  world.prod.entries.set(KUBERNETES_ADMIN, {
    entry: {
      ...{ entryArn: `${world.prod.arn}/access-entry/e`, principalArn: KUBERNETES_ADMIN, type: 'STANDARD' },
      ...{ username: '', kubernetesGroups: [], tags, createdAt: world.now() },
    },
    policies: namespaces.length > 0 ? [policyIn(namespaces)] : [],
  });
  return id;
}
const policyIn = (namespaces: readonly string[]): ObservedPolicy => ({
  policyArn: accessPolicyArn('aws', POLICY),
  accessScope: { type: 'namespace', namespaces },
});
const policiesNow = (world: World) => world.prod.entries.get(KUBERNETES_ADMIN)?.policies;

test.each([
  ['a namespace that a pattern covers', ['team-*'], ['team-a']],
  ['some of the namespaces', ['dev', 'test'], ['dev']],
])('in %s: it lives as it was made until its end', async (_what, offered, used) => {
  const world = newWorld();
  world.config = offering(offered);
  const id = madeWithHubDown(world, used);
  await importEmergencies(world.deps, ACTOR, () => false);
  expect(await world.grant(id)).toMatchObject({
    state: 'active',
    access: { policyArn: accessPolicyArn('aws', POLICY), accessScope: { type: 'namespace', namespaces: used } },
  });
  await world.sweepFor(20);
  expect([(await world.grant(id)).state, policiesNow(world)]).toEqual(['active', [policyIn(used)]]);
  await world.sweepFor(11);
  expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
  expect(world.prod.entries.size).toBe(0);
});

test('seen between its two calls: what it is given then stays', async () => {
  const world = newWorld();
  world.config = offering(['dev', 'test']);
  const id = madeWithHubDown(world, []);
  await importEmergencies(world.deps, ACTOR, () => false);
  const entry = world.prod.entries.get(KUBERNETES_ADMIN);
  if (entry) entry.policies = [policyIn(['dev'])];
  await world.sweepFor(20);
  expect([(await world.grant(id)).state, policiesNow(world)]).toEqual(['active', [policyIn(['dev'])]]);
});

test('removed by somebody before its end: that is said, and it is not made again', async () => {
  const world = newWorld();
  world.config = offering(['dev']);
  const id = madeWithHubDown(world, ['dev']);
  await importEmergencies(world.deps, ACTOR, () => false);
  world.prod.entries.clear();
  await world.sweepFor(5);
  expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
  expect(world.aws.created).toEqual([]);
});

describe('shared with a grant that people approved', () => {
  const mark = (world: World) => ({
    hub: world.config.hub,
    path: `arn:aws:iam::${world.config.account}:role/hallpass/${world.config.hub}/`,
    standingRoles: new Set([KUBERNETES_ADMIN]),
  });
  const reaperSays = (world: World, hours: number) => {
    const entry = world.prod.entries.get(KUBERNETES_ADMIN)?.entry;
    return entry && judge(entry, mark(world), plus(world.now(), (hours * HOUR) as Duration)).kind;
  };

  test.each([
    ['as long as it says', (id: GrantId) => id],
    [
      'with an end in years in its tag',
      (id: GrantId, world: World) => {
        const kept = world.prod.entries.get(KUBERNETES_ADMIN);
        if (kept)
          kept.entry = { ...kept.entry, tags: { ...kept.entry.tags, 'hallpass:expires': '2040-01-01T00:00:00Z' } };
        return id;
      },
    ],
  ])(
    '%s: the reaper leaves it alone as long as the longer one lives, and ends it after that',
    async (_what, change) => {
      const world = newWorld();
      const config = offering(['dev']);
      const rule = config.entitlements['admin'];
      if (!rule) throw new Error('the fixtures have no such entitlement');
      world.config = {
        ...config,
        entitlements: { ...config.entitlements, admin: { ...rule, maxDuration: (8 * HOUR) as Duration } },
      };
      change(madeWithHubDown(world, ['dev']), world);
      await importEmergencies(world.deps, ACTOR, () => false);
      const other = await world.live('role', { duration: '8h' }, 'cyd');
      await world.sweepFor(60);
      expect((await world.grant(other)).state).toBe('active');
      expect([reaperSays(world, 6), reaperSays(world, 8)]).toEqual(['live', 'overdue']);
    },
  );

  test('and prolonged beyond four hours', async () => {
    const world = newWorld();
    const config = offering(['dev']);
    const rule = config.entitlements['admin'];
    if (!rule) throw new Error('the fixtures have no such entitlement');
    const extension = { maxTotal: (8 * HOUR) as Duration, autoApprove: true };
    world.config = { ...config, entitlements: { ...config.entitlements, admin: { ...rule, extension } } };
    madeWithHubDown(world, ['dev']);
    await importEmergencies(world.deps, ACTOR, () => false);
    const other = await world.live('role', { duration: '2h' }, 'cyd');
    for (let n = 0; n < 2; n++) {
      const by = { person: world.person('cyd'), channel: 'cli', proof: 'test' } as const;
      const input = { duration: '2h', justification: 'INC-4211' };
      expect(await extendGrant(world.deps, { ...by, id: other, input })).toMatchObject({ ok: true });
      await world.sweepFor(2);
    }
    expect(await world.grant(other)).toMatchObject({ state: 'active', expiresAt: plus(at(0), (6 * HOUR) as Duration) });
    expect(reaperSays(world, 5)).toBe('live');
  });
});
