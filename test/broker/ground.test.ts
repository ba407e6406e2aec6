/**
 * Catches F13, F14, F29 and I4, I5: access given on ground that is not what was asked for, somebody else's entry touched,
 * what security removed put back, and a late write that nobody looks for.
 */
import { describe, expect, test } from 'vitest';
import { endGrant } from '../../src/broker/endGrant.ts';
import type { Eks } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import type { Entitlement } from '../../src/core/configuration.ts';
import { instant } from '../../src/core/time.ts';
import { at, configWith, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { foreignEntry, trust } from './fake-aws.ts';
import { ENTITLEMENT_OF, MODES, type Mode, newWorld, type World } from './fake-world.ts';

const silent = async (): Promise<never> => {
  throw new Error('EKS does not answer');
};
const unreachable: Eks = {
  ...{ describeCluster: silent, createEntry: silent, describeEntry: silent, listPolicies: silent },
  ...{ associatePolicy: silent, disassociatePolicy: silent, deleteEntry: silent, tagEntry: silent },
};

async function approved(world: World, mode: Mode) {
  const { grant } = await world.request('ada', { entitlement: ENTITLEMENT_OF[mode] });
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return grant.id;
}
const principal = (world: World): string => [...world.prod.entries.keys()][0] ?? '';
const PROD = '222222222222/eu-west-1/prod';

describe('F29: the ground has changed since it was approved', () => {
  const CASES: readonly (readonly [string, Mode, (world: World) => void, string])[] = [
    [
      'cluster-replaced',
      'dedicated',
      (world) => {
        world.prod.createdAt = instant(1_790_000_000_000);
      },
      'clusterReplaced',
    ],
    [
      'cluster-replaced',
      'role',
      (world) => {
        world.prod.createdAt = instant(1_790_000_000_000);
      },
      'clusterReplaced',
    ],
    [
      'the cluster is another account’s',
      'dedicated',
      (world) => {
        world.prod.arn = world.prod.arn.replace('222222222222', '999999999999');
      },
      'clusterReplaced',
    ],
    [
      'the cluster is gone',
      'dedicated',
      (world) => {
        world.aws.clusters.delete(PROD);
      },
      'clusterGone',
    ],
    [
      'the role was made again',
      'role',
      (world) => {
        world.aws.standing.set(KUBERNETES_ADMIN, {
          roleId: 'AROAANOTHER0000000001',
          until: at(0),
          trust: trust('arn:aws:iam::111111111111:role/sso'),
        });
      },
      'roleReplaced',
    ],
    [
      'the role is gone',
      'role',
      (world) => {
        world.aws.standing.clear();
      },
      'roleGone',
    ],
    [
      'the role lets in more',
      'role',
      (world) => {
        world.aws.standing.set(KUBERNETES_ADMIN, {
          roleId: 'AROAKUBERNETESADMIN01',
          until: at(0),
          trust: trust('arn:aws:iam::111111111111:role/sso', '*'),
        });
      },
      'trustTooWide',
    ],
    [
      'the principal has an entry of somebody’s',
      'role',
      (world) => {
        foreignEntry(world.aws, world.prod, KUBERNETES_ADMIN);
      },
      'principalHasStandingEntry',
    ],
    [
      'the principal has a node’s entry, tagged as ours',
      'role',
      (world) => {
        foreignEntry(world.aws, world.prod, KUBERNETES_ADMIN, {
          type: 'EC2_LINUX',
          tags: { 'hallpass:hub': 'main', 'hallpass:grant': [...world.tables.grants.keys()][0] ?? '' },
        });
      },
      'principalHasStandingEntry',
    ],
  ];
  test.each(CASES)('%s (%s)', async (_what, mode, change, reason) => {
    const world = newWorld();
    const id = await approved(world, mode);
    change(world);
    const before = structuredClone([...world.prod.entries]);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
    if (reason !== 'clusterReplaced' || world.prod.arn.includes('222222222222')) {
      await world.sweepFor(15);
      expect(await world.grant(id)).toMatchObject({ state: 'failed', reason });
    }
    expect([...world.prod.entries], 'I4: untouched').toEqual(before);
  });

  test.each([
    ['clusterGone', (world: World) => void world.aws.clusters.delete(PROD)],
    [
      'authenticationMode',
      (world: World) => {
        world.prod.authenticationMode = 'CONFIG_MAP';
      },
    ],
    [
      'clusterGone',
      (world: World) => {
        world.prod.arn += '2';
      },
    ],
  ])('and at the first look, before anybody decides: %s', async (reason, change) => {
    const world = newWorld();
    change(world);
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'denied', reason: expect.stringContaining(reason) });
    await world.sweepFor(1);
    expect(world.aws.dedicated.size).toBe(0);
  });
});

describe('aws-auth, which a cluster in API_AND_CONFIG_MAP still reads', () => {
  const admin: Partial<Entitlement> = {
    access: { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' },
  };
  const edit = (namespace: string): Partial<Entitlement> => ({
    access: { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'namespace', namespaces: [namespace] },
  });
  test.each<[string, Partial<Entitlement>, string, boolean, 'denied' | 'pending']>([
    ['cluster admin', admin, 'API_AND_CONFIG_MAP', false, 'denied'],
    ['cluster admin where it is accepted', admin, 'API_AND_CONFIG_MAP', true, 'pending'],
    ['cluster admin on a cluster that reads no aws-auth', admin, 'API', false, 'pending'],
    ['edit in kube-system', edit('kube-system'), 'API_AND_CONFIG_MAP', false, 'denied'],
    ['edit elsewhere', edit('dev'), 'API_AND_CONFIG_MAP', false, 'pending'],
    ['view', {}, 'API_AND_CONFIG_MAP', false, 'pending'],
  ])('%s: %s', async (_what, rule, mode, accepted, state) => {
    const world = newWorld();
    world.config = configWith(rule, world.config);
    if (accepted)
      world.config = {
        ...world.config,
        clusters: {
          ...world.config.clusters,
          prod: { ...world.config.clusters['prod'], acceptsAwsAuthRisk: true } as never,
        },
      };
    world.prod.authenticationMode = mode;
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    const found = await world.grant(grant.id);
    expect(found.state).toBe(state);
    if (found.state === 'denied')
      expect(found.reason).toMatch(/^awsAuthWritable: prod still reads aws-auth .* acceptsAwsAuthRisk: true/);
  });
});

describe.each(MODES)('F29: what is no proof that access is gone (%s)', (mode) => {
  test('wrong-account-404-is-not-gone: another cluster answers to the name', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    await world.sweepFor(5);
    const entries = new Map(world.prod.entries);
    const elsewhere = {
      ...world.prod,
      arn: world.prod.arn.replace('222222222222', '999999999999'),
      entries: new Map(),
    };
    world.aws.clusters.set(PROD, elsewhere);
    await world.sweepFor(70);
    expect((await world.grant(id)).state, 'nobody has seen it gone').toBe('revoking');
    world.aws.clusters.set(PROD, world.prod);
    expect(world.prod.entries).toEqual(entries);
    await world.sweepFor(16);
    expect(world.prod.entries.size).toBe(0);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
  });

  test('the cluster itself is gone: so is the access, and that is said', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.aws.clusters.delete(PROD);
    await world.sweepFor(75);
    expect(await world.grant(id)).toMatchObject({ state: 'ended' });
    expect(await world.deps.store.due(at(100_000), 10)).toEqual([]);
  });

  test('EKS cannot be reached for thirty days: it is ended at the first sweep that can', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    for (let day = 0; day < 30; day++) {
      world.advance(24 * 60);
      const swept = await sweep({ ...world.deps, eks: () => unreachable }, () => false);
      expect(swept).toMatchObject({ failed: 1, oldestOverdueSeconds: (day + 1) * 86_400 });
    }
    expect(world.prod.entries.size).toBe(1);
    world.advance(15);
    await world.sweep();
    expect(world.prod.entries.size).toBe(0);
    expect((await world.grant(id)).state).toBe('ended');
  });
});

describe.each(MODES)('I5, F14: removed-by-others-stays-removed (%s)', (mode) => {
  test('found at the look after two minutes: one terminal event, no create after', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.prod.entries.clear();
    const created = world.aws.created.length;
    await world.sweepFor(15);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    expect(world.aws.created.length).toBe(created);
    expect(world.prod.entries.size).toBe(0);
    expect(world.events(id).filter((event) => event.body.type === 'ended')).toHaveLength(1);
  });

  test('later: it ends in its time, and nothing is made again', async () => {
    const world = newWorld();
    await world.live(mode);
    await world.sweepFor(10);
    world.prod.entries.clear();
    const created = world.aws.created.length;
    await world.sweepFor(80);
    expect(world.aws.created.length).toBe(created);
  });

  test('theirs, made in the place of ours, stays', async () => {
    if (mode === 'dedicated') return;
    const world = newWorld();
    const id = await world.live(mode);
    await world.sweepFor(10);
    world.prod.entries.clear();
    const theirs = structuredClone(
      foreignEntry(world.aws, world.prod, KUBERNETES_ADMIN, { tags: { owner: 'terraform' } }),
    );
    await world.sweepFor(80);
    expect((await world.grant(id)).state).toBe('ended');
    expect(world.prod.entries.get(KUBERNETES_ADMIN)).toEqual(theirs);
  });

  test('F13: ours is removed even if somebody stripped its tags', async () => {
    const world = newWorld();
    await world.live(mode);
    const kept = world.prod.entries.get(principal(world));
    if (kept) kept.entry = { ...kept.entry, tags: {} };
    await world.sweepFor(75);
    expect(world.prod.entries.size).toBe(0);
  });

  test('a policy that somebody added is taken off again', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.prod.entries.get(principal(world))?.policies.push({
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
      accessScope: { type: 'cluster', namespaces: [] },
    });
    await world.sweepFor(6);
    expect(world.prod.entries.get(principal(world))?.policies.map((policy) => policy.policyArn)).toEqual([
      'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
    ]);
    expect(await world.grant(id)).toMatchObject({ state: 'active', verified: true });
    expect(world.alarms.length).toBeGreaterThan(0);
  });
});

describe.each(MODES)('F4: a write that comes after the end (%s)', (mode) => {
  test('is found by a settle pass, removed, and an alarm', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    const ours = structuredClone(world.prod.entries.get(principal(world)));
    await world.sweepFor(61);
    expect((await world.grant(id)).state).toBe('ended');
    expect(world.prod.entries.size).toBe(0);
    // A create of ours, cut off long ago, arrives now: a new entry, with our tags.
    if (ours)
      foreignEntry(world.aws, world.prod, ours.entry.principalArn, {
        ...ours.entry,
        entryArn: `${ours.entry.entryArn}-late`,
      });
    await world.sweepFor(11);
    expect(world.prod.entries.size).toBe(0);
    expect(world.alarms).toContain('access was there after its end and has been removed');
  });

  test('and of a grant that was armed and then refused', async () => {
    const world = newWorld();
    const id = await approved(world, mode);
    world.config = { ...world.config, entitlements: {} };
    await world.activate(id);
    await world.sweepFor(1);
    expect((await world.grant(id)).state).toBe('denied');
    const { principal: wanted } = await world.grant(id);
    foreignEntry(world.aws, world.prod, wanted.arn, { tags: { 'hallpass:hub': 'main', 'hallpass:grant': id } });
    await world.sweepFor(12);
    expect(world.prod.entries.size).toBe(0);
  });
});

describe('F1: a removal goes by the record, not by a read that may be stale', () => {
  test('dedicated: the delete is sent though no entry is to be seen', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(60);
    world.aws.blind = true;
    await world.revoke(id);
    expect(world.prod.entries.size).toBe(0);
  });

  test('role: what a stale read hid, a settle pass finds and removes', async () => {
    const world = newWorld();
    const id = await world.live('role');
    await world.sweepFor(5);
    world.advance(55);
    world.aws.blind = true;
    await world.revoke(id).catch(() => {});
    world.aws.blind = false;
    await world.sweepFor(4);
    expect(world.prod.entries.size).toBe(0);
    expect((await world.grant(id)).state).toBe('ended');
  });
});

describe('two claims on one standing role', () => {
  async function two(first: string, second: string) {
    const world = newWorld();
    const a = await world.live('role', { duration: first }, 'ada');
    world.advance(1);
    const b = await world.live('role', { duration: second }, 'cyd');
    expect(world.aws.created, 'the entry is made once').toEqual([KUBERNETES_ADMIN]);
    return { world, a, b };
  }
  test.each([
    ['30m', '2h', 'the first ends first'],
    ['2h', '30m', 'the second ends first'],
  ])('%s and %s: %s, and the entry goes with the last', async (first, second) => {
    const { world, a, b } = await two(first, second);
    await world.sweepFor(40);
    const states = [(await world.grant(a)).state, (await world.grant(b)).state];
    expect(states.sort()).toEqual(['active', 'ended']);
    expect(world.prod.entries.size).toBe(1);
    await world.sweepFor(82);
    expect(world.prod.entries.size).toBe(0);
    expect([(await world.grant(a)).state, (await world.grant(b)).state]).toEqual(['ended', 'ended']);
    await world.sweepFor(15);
    expect(world.tables.ledgers.size).toBe(0);
    expect(world.alarms).toEqual([]);
  });

  test('both end in the same minute, at once', async () => {
    const { world, a, b } = await two('31m', '30m');
    world.advance(30);
    await Promise.all([world.revoke(a), world.revoke(b)]);
    await world.sweepFor(2);
    expect(world.prod.entries.size).toBe(0);
    expect([(await world.grant(a)).state, (await world.grant(b)).state]).toEqual(['ended', 'ended']);
  });

  test('the tag that the reaper goes by is raised before anybody relies on the later end', async () => {
    const { world } = await two('30m', '2h');
    expect(world.prod.entries.get(KUBERNETES_ADMIN)?.entry.tags['hallpass:expires']).toBe('2026-11-24T05:01:00.000Z');
  });

  test('F14: one ends, and what somebody then removed is not made again for the other', async () => {
    const { world, a, b } = await two('2h', '2h');
    await endGrant(world.deps, { person: world.person('ada'), channel: 'cli', proof: 'x', id: a });
    await world.revoke(a);
    expect(world.prod.entries.size, 'the other still holds it').toBe(1);
    world.prod.entries.clear();
    await world.sweepFor(10);
    expect(world.aws.created).toEqual([KUBERNETES_ADMIN]);
    expect(await world.grant(b)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
  });

  test('a new claim while the last one is being removed waits, and then has access', async () => {
    const world = newWorld();
    await world.live('role', { duration: '30m' }, 'ada');
    const second = await world.request('cyd', { entitlement: 'admin', startAt: '2026-11-24T03:30:00Z' });
    await world.prepare(second.grant.id);
    await world.approve('bob', second.grant.id);
    await world.sweepFor(33);
    expect((await world.grant(second.grant.id)).state).toBe('active');
    expect(world.prod.entries.size).toBe(1);
    await world.sweepFor(5);
    expect(world.prod.entries.size, 'no late look takes it away').toBe(1);
    await world.sweepFor(70);
    expect(world.prod.entries.size).toBe(0);
  });
});
