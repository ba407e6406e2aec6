/**
 * What break-glass leaves on record and how often it tries. Catches a key that is good for ever or not at all, a use that is
 * forgotten while its review is owed, an outage that is taken for a refusal, and access that is given up too soon.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { breakGlass } from '../../src/broker/breakGlass.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { type Deps, type KnownRoles, NotReady, type PersonRecord } from '../../src/broker/ports.ts';
import type { BreakGlassInput } from '../../src/core/break-glass.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Duration, days, hours, minus, plus } from '../../src/core/time.ts';
import { at, group, HOUR, KUBERNETES_ADMIN, one } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const admin = WORLD_CONFIG.entitlements['admin'];
if (!admin) throw new Error('the fixtures have no such entitlement');
const CONFIG: Configuration = {
  ...WORLD_CONFIG,
  reviewers: [one('eve')],
  entitlements: {
    ...WORLD_CONFIG.entitlements,
    admin: {
      ...admin,
      breakGlass: {
        ...{ eligible: [group('developers')], maxDuration: (2 * HOUR) as Duration, minReason: 20 },
        ...{ perWeek: 3, reviewWithin: 3 },
      },
    },
  },
};
const KNOWN: KnownRoles = {
  standing: { admin: { arn: KUBERNETES_ADMIN, at: at(-5), roleId: 'AROAKUBERNETESADMIN01', wider: [] } },
};

let world: World;
let known: KnownRoles;
let pauses: number[];
let lines: unknown[][];
beforeEach(() => {
  world = newWorld();
  world.config = CONFIG;
  [known, pauses, lines] = [{ standing: {} }, [], []];
});

type Asking = { readonly who?: string; readonly key?: string; readonly input?: Partial<BreakGlassInput> };
const using = ({ who = 'ada', key, input }: Asking = {}, more: Partial<Deps> = {}) =>
  breakGlass(
    {
      ...world.deps,
      log: (...line) => lines.push(line),
      known: { read: async () => known, write: async () => {} },
      pause: async (attempt) => {
        pauses.push(attempt);
      },
      ...more,
    },
    {
      ...{ person: world.person(who), channel: 'cli', proof: `test:${who}` },
      input: { entitlement: 'admin', reason: 'API server down, nobody answers', incident: 'INC-4211', ...input },
      ...(key !== undefined && { idempotencyKey: key }),
    },
  );
const used = async (asking: Asking = {}, more: Partial<Deps> = {}) => {
  const answer = await using(asking, more);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value.grant;
};
const only = (): GrantId => {
  const [id, ...others] = world.tables.grants.keys();
  return id !== undefined && others.length === 0 ? (id as GrantId) : expect.fail('not one grant');
};
const recordOf = (who = 'ada'): PersonRecord => world.tables.people.get(who) ?? expect.fail('nobody');
const storeWith = (more: Partial<Deps['store']>): Partial<Deps> => ({ store: { ...world.deps.store, ...more } });

describe('on record', () => {
  test('the use, the facts, and when it ends, all of one transaction', async () => {
    const grant = await used({ input: { duration: '45m' } });
    expect(grant).toMatchObject({
      state: 'active',
      justification: 'API server down, nobody answers',
      expiresAt: at(45),
      requester: { id: 'ada', channel: 'cli' },
      breakGlass: { incident: 'INC-4211', reviewBy: plus(at(0), days(3)) },
      review: { dueBy: plus(at(0), days(3)) },
    });
    const [requested, broke, prepared, armed] = world.events(grant.id);
    expect(requested).toMatchObject({ actor: { kind: 'person', id: 'ada', proof: 'test:ada' } });
    expect([broke?.body, armed?.body]).toEqual([
      { type: 'brokeGlass', incident: 'INC-4211' },
      { type: 'armed', expiresAt: at(45) },
    ]);
    expect(world.events(grant.id).at(-1)).toMatchObject({
      actor: { kind: 'system', part: 'api' },
      body: { type: 'activated' },
    });
    expect(prepared?.body).toMatchObject({ type: 'prepared', clusterCreatedAt: 1_700_000_000_000 });
    expect(recordOf()).toEqual({
      ...{ personId: 'ada', version: 1, open: { 'admin#prod#break-glass': grant.id } },
      ...{ requestedAt: [], uses: [{ id: grant.id, at: at(0) }] },
    });
    expect(world.calls.filter((call) => call === 'store.commit').length).toBe(2);
  });

  test.each([
    ['known', KNOWN],
    ['not known', { standing: {} }],
  ])('and loudly: the role’s trust is %s', async (trust, roles) => {
    known = roles;
    const { id, breakGlass: broken } = await used();
    if (roles === KNOWN) expect(broken).toMatchObject({ trustCheckedAt: at(-5) });
    else expect(broken).not.toHaveProperty('trustCheckedAt');
    expect(lines.filter(([level]) => level === 'alarm').at(-1)).toEqual([
      'alarm',
      'break-glass was used',
      { grantId: id, person: 'ada', entitlement: 'admin', cluster: 'prod', incident: 'INC-4211', trust },
    ]);
  });

  test('what somebody has open stays; uses are kept for eight days, and as long as a review is owed', async () => {
    const idOf = (nth: number): GrantId => grantId(at(0), new Uint8Array(10).fill(nth));
    const { id: owed } = await used();
    world.advance(1);
    await world.sweepFor(70);
    expect(await world.grant(owed)).toMatchObject({ state: 'ended', review: {} });
    const long = minus(world.now(), days(30));
    const young = { id: idOf(1), at: plus(minus(world.now(), days(8)), 1 as Duration) };
    const old = { id: idOf(2), at: minus(world.now(), days(8)) };
    const stored = world.tables.grants.get(owed) ?? expect.fail('gone');
    const review = { owedSince: long, dueBy: plus(world.now(), hours(1)), reminders: 0 };
    world.tables.grants.set(owed, { ...stored, grant: { ...stored.grant, review } });
    const before = { ...recordOf(), open: { 'prod-view#test': idOf(3) }, requestedAt: [at(7)] };
    world.tables.people.set('ada', { ...before, uses: [{ id: owed, at: long }, young, old] });
    const { id } = await used();
    expect(recordOf()).toEqual({
      ...before,
      version: before.version + 1,
      open: { 'prod-view#test': idOf(3), 'admin#prod#break-glass': id },
      uses: [{ id: owed, at: long }, young, { id, at: world.now() }],
    });
  });

  test('a use whose review is done is forgotten after eight days', async () => {
    const { id } = await used();
    await world.sweepFor(70);
    const stored = world.tables.grants.get(id) ?? expect.fail('gone');
    const done = { at: at(70), by: 'Eve', byId: 'eve', verdict: 'ok', note: 'x' } as const;
    const review = { owedSince: at(0), dueBy: at(60), reminders: 0, done };
    world.tables.grants.set(id, { ...stored, grant: { ...stored.grant, review } });
    world.advance(9 * 24 * 60);
    const next = await used();
    expect(recordOf().uses).toEqual([{ id: next.id, at: world.now() }]);
  });
});

describe('a key', () => {
  test('is good for a day, for the same person and body, also while nothing is given', async () => {
    const { id } = await used({ key: 'k' });
    expect([...world.tables.requests.values()]).toMatchObject([
      { personId: 'ada', route: 'POST /v1/break-glass', key: 'k', grantId: id, madeAt: at(0), expiresAt: at(24 * 60) },
    ]);
    await world.sweepFor(70);
    world.config = WORLD_CONFIG;
    world.advance(24 * 60 - 71);
    expect(await used({ key: 'k' })).toMatchObject({ id, state: 'ended' });
    expect(await using({ key: 'k', input: { cluster: 'prod' } })).toEqual({
      ok: false,
      error: { reason: 'idempotencyKeyReused', key: 'k' },
    });
    world.advance(1);
    expect(await using({ key: 'k' })).toMatchObject({ error: { reason: 'breakGlassNotOffered' } });
    world.config = CONFIG;
    expect((await used({ key: 'k' })).id).not.toBe(id);
  });

  test('of a grant that nobody can read any more is an outage', async () => {
    const { id } = await used({ key: 'k' });
    world.tables.grants.delete(id);
    await expect(using({ key: 'k' })).rejects.toThrow(`grant ${id} is on record and cannot be read`);
  });

  test('none: nothing is kept for it', async () => {
    await used();
    expect(world.tables.requests.size).toBe(0);
  });
});

describe('somebody else was first', () => {
  const lost = (times: number): Partial<Deps> => {
    let left = times;
    return storeWith({
      commit: async (change) => (left-- > 0 ? { ok: false, conflict: 'person' } : world.deps.store.commit(change)),
    });
  };
  test('four times: decided again each time', async () => {
    expect(await used({}, lost(4))).toMatchObject({ state: 'active' });
    only();
  });
  test('five times: come again', async () => {
    const asking = using({}, lost(5));
    await expect(asking).rejects.toThrow(NotReady);
    await expect(asking).rejects.toThrow('ada');
    expect([world.tables.grants.size, world.aws.created]).toEqual([0, []]);
  });
});

describe('what stands in the way', () => {
  test.each([
    [false, { ok: false, error: { reason: 'frozen' } }],
    [true, { ok: true, value: { grant: { state: 'active' } } }],
  ])('a freeze, with break-glass allowed: %s', async (allowed, wanted) => {
    const by = { person: world.person('fay'), channel: 'cli', proof: 'test' } as const;
    await freeze(world.deps, { ...by, scope: { kind: 'all' }, reason: 'INC-1', breakGlass: allowed });
    expect(await using()).toMatchObject(wanted);
    expect(world.tables.grants.size).toBe(allowed ? 1 : 0);
  });

  test('other access through the same role: refused, and nothing is on record', async () => {
    const live = await world.live('role', {}, 'bob');
    for (const held of world.tables.claims.values())
      for (const [id, claim] of held)
        held.set(id, { ...claim, access: { kind: 'groups', kubernetesGroups: ['others'] } });
    expect(await using()).toMatchObject({
      error: { reason: 'cannotActivate', why: 'principalInUse', detail: expect.stringContaining(live) },
    });
    expect(only()).toBe(live);
    expect(lines).not.toContainEqual(expect.arrayContaining(['break-glass was used']));
  });

  test('a table that does not answer is no refusal', async () => {
    const down = storeWith({ commit: () => Promise.reject(new Error('table is down')) });
    await expect(using({}, down)).rejects.toThrow('table is down');
  });

  test('no cluster: refused before anything is on record', async () => {
    world.aws.clusters.clear();
    expect(await using()).toMatchObject({ error: { reason: 'cannotActivate', why: 'clusterGone' } });
    expect(world.tables.grants.size).toBe(0);
  });
});

describe('from when it is on record', () => {
  const failing = (times: number, error: Error): Partial<Deps> => {
    let left = times;
    return {
      eks: (target) => {
        const eks = world.deps.eks(target);
        return {
          ...eks,
          createEntry: (...wanted) => (left-- > 0 ? Promise.reject(error) : eks.createEntry(...wanted)),
        };
      },
    };
  };
  test('EKS that is not ready is asked four times', async () => {
    expect(await used({}, failing(3, new NotReady('soon')))).toMatchObject({ state: 'active' });
    expect(pauses).toEqual([1, 2, 3]);
  });

  test('and no more: the sweeper has it, and the workflow', async () => {
    const grant = await used({}, failing(4, new NotReady('soon')));
    expect(grant).toMatchObject({ state: 'activating' });
    expect([pauses, world.started]).toEqual([[1, 2, 3], [grant.id]]);
    expect(lines).toContainEqual([
      'warn',
      'break-glass access is not there yet',
      { grantId: grant.id, attempt: 4, error: expect.stringContaining('soon') },
    ]);
    await world.sweepFor(3);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'active' });
  });

  test('what asking again does not help is asked once', async () => {
    expect(await used({}, failing(1, new Error('denied')))).toMatchObject({ state: 'activating' });
    expect([pauses, world.started.length]).toEqual([[], 1]);
  });

  test('the workflow, told until when a decision was due, may be down, and so may the last look at the table', async () => {
    const told: unknown[] = [];
    const workflow: Deps['workflow'] = {
      ...world.deps.workflow,
      start: async (...what) => {
        told.push(what);
        throw new Error('Step Functions is down');
      },
    };
    let armed = false;
    const { commit, readGrant } = world.deps.store;
    const store = storeWith({
      commit: async (change) => {
        const answer = await commit(change);
        armed = true;
        return answer;
      },
      readGrant: (id) => (armed ? Promise.reject(new Error('table is down')) : readGrant(id)),
    });
    const grant = await used({}, { workflow, ...store });
    expect(grant).toMatchObject({ state: 'activating', expiresAt: at(60) });
    expect(told).toEqual([[grant.id, 8 * HOUR]]);
    expect(lines).toContainEqual([
      'warn',
      'the workflow did not start; the sweeper carries the grant',
      { grantId: grant.id, error: 'Error: Step Functions is down' },
    ]);
    await world.sweepFor(3);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'active' });
  });
});
