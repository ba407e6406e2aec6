/**
 * Catches what is prepared although nothing may come of it, prepared twice, or recorded otherwise than it was found; and
 * a request on wrong ground that is not refused with the reason (F29, I1).
 */
import { describe, expect, test } from 'vitest';
import { type Deps, NotReady, type Roles } from '../../src/broker/ports.ts';
import { prepareGrant } from '../../src/broker/prepareGrant.ts';
import { TAGS } from '../../src/core/entry.ts';
import { latestEnd } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { trust } from './fake-aws.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

async function asked(mode: 'dedicated' | 'role' = 'dedicated'): Promise<{ world: World; id: GrantId }> {
  const world = newWorld();
  const { grant } = await world.request('ada', { entitlement: mode === 'role' ? 'admin' : 'prod-view' });
  world.calls.length = 0;
  return { world, id: grant.id };
}
const outward = (world: World): string[] => world.calls.filter((name) => /^(eks|roles)\.|commit/.test(name));
const typesOf = (world: World, id: GrantId): string[] => world.events(id).map(({ body }) => body.type);

describe('only what waits for it, and once', () => {
  test('of a grant that is not there nothing is made', async () => {
    const { world } = await asked();
    expect(await world.prepare(grantId(at(0), new Uint8Array(10)))).toBeUndefined();
    expect(outward(world)).toEqual([]);
  });

  test('a standing role that only those on the list can assume is prepared', async () => {
    const { world, id } = await asked('role');
    expect((await world.prepare(id))?.grant).toMatchObject({ state: 'pending', preparation: {} });
    expect(world.aws.dedicated.size).toBe(0);
  });

  test('twice is once', async () => {
    const { world, id } = await asked();
    const first = await world.prepare(id);
    world.calls.length = 0;
    expect((await world.prepare(id))?.grant).toEqual(first?.grant);
    expect(outward(world)).toEqual([]);
    expect(typesOf(world, id).filter((type) => type === 'prepared')).toHaveLength(1);
  });

  test('what was denied before it was prepared gets no role', async () => {
    const { world, id } = await asked();
    await world.decide('bob', id, { kind: 'deny', reason: 'no' });
    world.calls.length = 0;
    expect((await world.prepare(id))?.grant.state).toBe('denied');
    expect([outward(world), world.aws.dedicated.size]).toEqual([[], 0]);
  });

  test('what was approved before it was prepared, for later, is prepared', async () => {
    const { world, id } = await asked();
    const stored = world.tables.grants.get(id);
    const scheduled = { ...stored?.grant, state: 'scheduled', startsAt: at(60), expiresAt: at(120) };
    world.tables.grants.set(id, { ...stored, grant: scheduled } as never);
    expect((await world.prepare(id))?.grant).toMatchObject({ state: 'scheduled', preparation: {} });
  });

  test('overtaken, it looks again at what the other left', async () => {
    const { world, id } = await asked();
    let first = true;
    const commit: Deps['store']['commit'] = async (change) => {
      if (first) {
        first = false;
        await world.decide('bob', id, { kind: 'deny', reason: 'no' });
      }
      return world.deps.store.commit(change);
    };
    const deps: Deps = { ...world.deps, store: { ...world.deps.store, commit } };
    expect((await prepareGrant(deps, id, WORKFLOW))?.grant.state).toBe('denied');
    expect(typesOf(world, id)).not.toContain('prepared');
  });
});

describe('what it records', () => {
  test.each([
    ['what EKS says of the way to the cluster', { endpoint: 'https://prod', certificateAuthorityData: 'Q0E=' }],
    ['nothing that EKS does not say', {}],
  ])('%s', async (_what, way) => {
    const { world, id } = await asked();
    const deps: Deps = {
      ...world.deps,
      eks: (target) => {
        const eks = world.deps.eks(target);
        return {
          ...eks,
          describeCluster: async () => {
            const found = await eks.describeCluster();
            return found && { ...found, ...way };
          },
        };
      },
    };
    const [role] = [await prepareGrant(deps, id, WORKFLOW)].map((stored) => stored?.grant.preparation);
    expect(role).toEqual({ clusterCreatedAt: world.prod.createdAt, roleId: 'AROADEDICATED00000001', ...way });
    expect(Object.keys(role ?? {}).sort()).toEqual(['clusterCreatedAt', 'roleId', ...Object.keys(way)].sort());
  });

  test('the role says whose it is, and until when', async () => {
    const { world, id } = await asked();
    const made: Parameters<Roles['create']>[] = [];
    const create: Roles['create'] = (...args) => {
      made.push(args);
      return world.deps.roles.create(...args);
    };
    const stored = await prepareGrant({ ...world.deps, roles: { ...world.deps.roles, create } }, id, WORKFLOW);
    const grant = stored?.grant as NonNullable<typeof stored>['grant'];
    if (grant.state !== 'pending') throw new Error(grant.state);
    const until = latestEnd(grant);
    expect(made).toEqual([
      [
        grant.principal,
        until,
        {
          [TAGS.hub]: grant.hub,
          [TAGS.grant]: id,
          [TAGS.person]: grant.requester.id,
          [TAGS.expires]: toIso(until),
        },
      ],
    ]);
  });
});

describe('ground that cannot bear it', () => {
  const CASES: readonly (readonly [string, 'dedicated' | 'role', (world: World) => void, RegExp])[] = [
    [
      'no cluster',
      'dedicated',
      (world) => void world.aws.clusters.delete('222222222222/eu-west-1/prod'),
      /^clusterGone: There is no cluster prod in account 222222222222, eu-west-1/,
    ],
    [
      'another one by that name',
      'dedicated',
      (world) => {
        world.prod.arn = world.prod.arn.replace('222222222222', '999999999999');
      },
      /^clusterGone/,
    ],
    [
      'aws-auth only',
      'dedicated',
      (world) => {
        world.prod.authenticationMode = 'CONFIG_MAP';
      },
      /^authenticationMode: prod authenticates by aws-auth only.*API_AND_CONFIG_MAP first/,
    ],
    [
      'no role',
      'role',
      (world) => void world.aws.standing.delete(KUBERNETES_ADMIN),
      /^roleGone: The role \S+ does not exist/,
    ],
    [
      'a role that others can assume',
      'role',
      (world) => {
        const role = world.aws.standing.get(KUBERNETES_ADMIN);
        if (role) role.trust = trust('arn:aws:iam::999999999999:role/a', 'arn:aws:iam::999999999999:role/b');
      },
      /^trustTooWide: \S+ can also be assumed by \S+:role\/a, \S+:role\/b, which the entitlement does not list/,
    ],
  ];

  test.each(CASES)('%s: it is denied, and says why; whoever waits for it is woken', async (_what, mode, spoil, why) => {
    const { world, id } = await asked(mode);
    const stored = world.tables.grants.get(id);
    world.tables.grants.set(id, { ...stored, token: { value: 'waiting' } } as never);
    spoil(world);
    const denied = await world.prepare(id);
    expect(denied?.grant).toMatchObject({ state: 'denied', reason: expect.stringMatching(why) });
    expect(await world.grant(id)).toEqual(denied?.grant);
    expect(world.signals.map(({ token }) => token)).toHaveLength(1);
    expect(world.aws.created).toEqual([]);
  });

  test('a denial that was overtaken is not said, and nobody is woken by it', async () => {
    const { world, id } = await asked();
    world.aws.clusters.delete('222222222222/eu-west-1/prod');
    let first = true;
    const commit: Deps['store']['commit'] = async (change) => {
      if (first) {
        first = false;
        await world.decide('bob', id, { kind: 'deny', reason: 'not today' });
        world.signals.length = 0;
      }
      return world.deps.store.commit(change);
    };
    const deps: Deps = { ...world.deps, store: { ...world.deps.store, commit } };
    expect((await prepareGrant(deps, id, WORKFLOW))?.grant).toMatchObject({ state: 'denied', reason: 'not today' });
    expect(typesOf(world, id).filter((type) => type === 'denied')).toHaveLength(1);
    expect(world.signals).toEqual([]);
  });

  test.each([new Error('500'), new NotReady('later')])('an outage denies nothing: %s', async (error) => {
    const { world, id } = await asked();
    const deps: Deps = {
      ...world.deps,
      eks: (target) => ({ ...world.deps.eks(target), describeCluster: () => Promise.reject(error) }),
    };
    await expect(prepareGrant(deps, id, WORKFLOW)).rejects.toBe(error);
    expect((await world.grant(id)).state).toBe('pending');
  });
});
