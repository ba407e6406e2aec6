/**
 * Catches, one by one, the ways in which access has been known to stay, to go wrong or to be taken from somebody else:
 * a test for each, under the name of the risk.
 */
import { describe, expect, it } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { claimOf } from '../../src/core/entry.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Duration, days, instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { grantView } from '../../src/http/views.ts';
import { foreignEntry } from '../broker/fake-aws.ts';
import { IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { COMPANY, clusterOf, inhabited, isTheirs, PROD } from './company.ts';
import { leftovers, recordFaults, theirsNow, touched } from './invariants.ts';
import { reapAll } from './reaping.ts';
import { personNamed, START } from './scenario.ts';
import { type Call, type Fault, faultWorld, type Options, type World } from './world.ts';

const MODES = [
  ['dedicated', 'prod-view'],
  ['role', 'admin'],
] as const;

const worldOf = (more: Partial<Options> = {}): World =>
  faultWorld({ config: COMPANY, aws: inhabited(), start: START, ...more });
const by = (world: World, who: string) =>
  ({ person: personNamed(world, who), channel: 'cli', proof: 'iam:test' }) as const;
const pass = (world: World, length: Duration): Promise<void> => world.time.runUntil(plus(world.time.now(), length));

async function soon<T>(world: World, work: Promise<T>): Promise<T> {
  await pass(world, seconds(3));
  return work;
}
async function ask(world: World, entitlement: string, duration = '10m', who = 'ada'): Promise<GrantId> {
  const input = { entitlement, duration, justification: 'INC-4211' };
  const asked = await soon(
    world,
    world.run('api', (deps) => requestGrant(deps, { ...by(world, who), input })),
  );
  if (!asked.ok) throw new Error(asked.error.reason);
  return asked.value.stored.grant.id;
}
const approve = (world: World, id: GrantId, who = 'bob') =>
  soon(
    world,
    world.run('api', (deps) => decideGrant(deps, { ...by(world, who), id, decision: { kind: 'approve' } })),
  );
async function active(world: World, entitlement: string, duration = '10m'): Promise<GrantId> {
  const id = await ask(world, entitlement, duration);
  await approve(world, id);
  expect(grantOf(world, id).state).toBe('active');
  return id;
}
function grantOf(world: World, id: string): Grant {
  const found = world.tables.grants.get(id);
  if (!found) throw new Error(`no grant ${id}`);
  return found.grant;
}
const entryOf = (world: World, id: GrantId) => clusterOf(world.aws).entries.get(grantOf(world, id).principal.arn);
const ends = (world: World, id: string): string[] =>
  (world.tables.events.get(id) ?? [])
    .map(({ body }) => body.type)
    .filter((type) => ['ended', 'failed', 'denied', 'lapsed'].includes(type));

/** Everything over, nothing owed, and the record whole. */
async function expectOver(world: World): Promise<void> {
  await pass(world, minutes(40));
  expect(leftovers(world)).toEqual([]);
  expect(recordFaults(world.tables)).toEqual([]);
}

describe.each(MODES)('on a principal of mode %s', (_mode, entitlement) => {
  it('I3-config-emptied-mid-grant: pain 2: no revocation reads a rule', async () => {
    const world = worldOf();
    const id = await active(world, entitlement);
    world.state.config = new Proxy({} as Configuration, {
      get: () => {
        throw new Error('the configuration was read');
      },
    });
    await pass(world, minutes(11));
    expect(entryOf(world, id)).toBeUndefined();
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
    await expectOver(world);
  });

  it('restore-cannot-revive: a grant of a restored table can only be ended', async () => {
    const world = worldOf();
    const ids = { active: await active(world, entitlement), pending: await ask(world, entitlement, '10m', 'cyd') };
    const backup = structuredClone(world.tables);
    await pass(world, minutes(40));
    const made = world.aws.made;
    world.restore(backup, 'table-2');
    const refused = await approve(world, ids.pending);
    expect(refused).toMatchObject({ ok: false, error: { reason: 'restored' } });
    await pass(world, minutes(600));
    expect(world.aws.made).toBe(made);
    expect(leftovers(world)).toEqual([]);
    expect(ends(world, ids.active)).toHaveLength(1);
  });

  it('restore-cannot-revive: nor one that was being made, though it was decided', async () => {
    let out = true;
    const world = worldOf({
      strike: (call) => (out && call.operation === 'createEntry' ? { kind: 'failBefore' } : undefined),
    });
    const id = await ask(world, entitlement, '2h');
    await approve(world, id);
    expect(grantOf(world, id).state).toBe('activating');
    const { made } = world.aws;
    world.restore(structuredClone(world.tables), 'table-2');
    out = false;
    await pass(world, minutes(3));
    expect(world.aws.made).toBe(made);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'restored' });
    await expectOver(world);
  });

  it.each([
    ['before its old end: at that end', minutes(5), minutes(11)],
    ['after its old end: at the next sweep', minutes(15), minutes(17)],
  ] as const)(
    'restore-cannot-revive: what was extended since the backup ends, restored %s',
    async (_when, at, gone) => {
      const world = worldOf();
      const id = await active(world, entitlement, '10m');
      const since = world.time.now();
      const backup = structuredClone(world.tables);
      const input = { duration: '30m', justification: 'INC-4211' };
      await soon(
        world,
        world.run('api', (deps) => extendGrant(deps, { ...by(world, 'ada'), id, input })),
      );
      await approve(world, id);
      await world.time.runUntil(plus(since, at));
      expect(entryOf(world, id)?.policies).toHaveLength(1);
      world.restore(backup, 'table-2');
      await world.time.runUntil(plus(since, gone));
      expect(entryOf(world, id)).toBeUndefined();
      await pass(world, minutes(40));
      expect(ends(world, id)).toEqual(['ended']);
      await expectOver(world);
    },
  );

  it('removed-by-others-stays-removed: while it is active', async () => {
    const world = worldOf();
    const id = await active(world, entitlement, '2h');
    const { made } = world.aws;
    clusterOf(world.aws).entries.delete(grantOf(world, id).principal.arn);
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    expect([world.aws.made, ends(world, id)]).toEqual([made, ['ended']]);
  });

  it('removed-by-others-stays-removed: before it could be read back', async () => {
    let out = true;
    const world = worldOf({
      strike: (call) => (out && call.operation === 'associatePolicy' ? { kind: 'failBefore' } : undefined),
    });
    const id = await ask(world, entitlement, '2h');
    await approve(world, id);
    expect(entryOf(world, id)).toBeDefined();
    const { made } = world.aws;
    clusterOf(world.aws).entries.delete(grantOf(world, id).principal.arn);
    out = false;
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    expect([world.aws.made, ends(world, id)]).toEqual([made, ['ended']]);
  });

  it('removed-by-others-stays-removed: while it is being revoked', async () => {
    let out = false;
    const world = worldOf({
      strike: (call) => (out && call.operation === 'deleteEntry' ? { kind: 'failBefore' } : undefined),
    });
    const id = await active(world, entitlement);
    const { made } = world.aws;
    out = true;
    await pass(world, minutes(11));
    expect(grantOf(world, id).state).toBe('revoking');
    clusterOf(world.aws).entries.delete(grantOf(world, id).principal.arn);
    out = false;
    await expectOver(world);
    expect([world.aws.made, ends(world, id)]).toEqual([made, ['ended']]);
  });

  it('cluster-replaced: yesterday’s approval is not for today’s cluster', async () => {
    const world = worldOf();
    const id = await ask(world, entitlement);
    await pass(world, minutes(1));
    const { made } = world.aws;
    clusterOf(world.aws).createdAt = instant(1_800_000_000_000);
    await approve(world, id);
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'clusterReplaced' });
    expect(world.aws.made).toBe(made);
  });

  it('cluster-replaced: access of a cluster that is gone is gone, and the new one’s entries are left alone', async () => {
    const world = worldOf();
    const id = await active(world, entitlement);
    const cluster = clusterOf(world.aws);
    cluster.createdAt = instant(1_800_000_000_000);
    cluster.entries.delete(grantOf(world, id).principal.arn);
    if (entitlement === 'admin') foreignEntry(world.aws, cluster, KUBERNETES_ADMIN);
    world.changed();
    const theirs = theirsNow(world);
    const since = world.time.now();
    await expectOver(world);
    expect(touched(world, theirs, since)).toEqual([]);
    expect(grantOf(world, id).state).toBe('ended');
  });

  it('wrong-account-404-is-not-gone: only the cluster’s own account can say so', async () => {
    const world = worldOf();
    const id = await active(world, entitlement);
    await pass(world, minutes(3));
    const right = structuredClone(world.tables.grants.get(id));
    const wrong = structuredClone(right);
    if (!right || !wrong) throw new Error('no such grant');
    Object.assign(wrong.grant.cluster, { executor: 'arn:aws:iam::999999999999:role/hallpass-executor' });
    world.tables.grants.set(id, wrong);
    await pass(world, minutes(30));
    expect(grantOf(world, id).state).toBe('revoking');
    expect(world.sweeps.at(-1)?.oldestOverdueSeconds).toBeGreaterThan(19 * 60);
    expect(entryOf(world, id)).toBeDefined();
    Object.assign(grantOf(world, id).cluster, right.grant.cluster);
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
  });

  it('wrong-account-404-is-not-gone: another cluster that answers to the name is no proof', async () => {
    const world = worldOf();
    const id = await active(world, entitlement);
    await pass(world, minutes(3));
    const cluster = clusterOf(world.aws);
    const own = cluster.arn;
    cluster.arn = 'arn:aws:eks:eu-west-1:999999999999:cluster/prod';
    await pass(world, minutes(30));
    expect(grantOf(world, id).state).toBe('revoking');
    cluster.arn = own;
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
  });

  it('F12: thirty days out of reach, overdue all the while, and ended at the first tick', async () => {
    let out = false;
    const world = worldOf({ strike: (call) => (out && call.service === 'eks' ? { kind: 'failBefore' } : undefined) });
    const id = await active(world, entitlement);
    out = true;
    world.state.sweeper = false;
    for (let day = 1; day <= 30; day++) {
      await pass(world, days(1));
      await soon(world, world.sweepOnce());
      expect(world.sweeps.at(-1)?.oldestOverdueSeconds).toBeGreaterThan(day * 86_400 - 700);
    }
    expect(entryOf(world, id)).toBeDefined();
    out = false;
    await pass(world, minutes(15));
    await soon(world, world.sweepOnce());
    expect(entryOf(world, id)).toBeUndefined();
    expect(ends(world, id)).toEqual(['ended']);
  });

  it.each([
    ['ahead', minutes(120)],
    ['behind', minutes(-120)],
  ] as const)(
    'F40: a clock that is two hours %s gives nothing, and takes away by whichever is later',
    async (_how, off) => {
      const world = worldOf({ workflow: false });
      const first = await ask(world, entitlement, '10m');
      await approve(world, first);
      await pass(world, minutes(3));
      expect(grantOf(world, first).state).toBe('active');
      const other = await ask(world, 'prod-view', '1h', 'cyd');
      world.offClock.sweeper = off;
      await approve(world, other);
      const { made } = world.aws;
      await pass(world, minutes(12));
      expect(grantOf(world, first).state).toBe('ended');
      expect(world.aws.made).toBe(made);
      expect(world.alarms.join()).toContain('clock');
      world.offClock.sweeper = seconds(0);
      await pass(world, minutes(3));
      expect(grantOf(world, other).state).toBe('active');
    },
  );

  it('pain 4: what EKS accepted and does not show is not active', async () => {
    const world = worldOf({
      strike: (call) => (call.operation === 'listPolicies' ? { kind: 'stale', by: days(1) } : undefined),
    });
    const id = await ask(world, entitlement, '5m');
    await approve(world, id);
    await pass(world, minutes(2));
    expect(grantOf(world, id).state).toBe('activating');
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'neverActive' });
  });

  it('pain 10: what the record calls ended cannot be read in EKS any more', async () => {
    const world = worldOf({
      strike: (call) =>
        call.operation === 'deleteEntry' && call.by === 'workflow' ? { kind: 'failBefore' } : undefined,
    });
    const id = await active(world, entitlement, '3m');
    for (let second = 0; second < 400; second += 5) {
      await pass(world, seconds(5));
      if (grantOf(world, id).state === 'ended') expect(entryOf(world, id)).toBeUndefined();
    }
    expect(grantOf(world, id).state).toBe('ended');
  });

  it('I1: a rule that is withdrawn between approval and activation opens nothing', async () => {
    const world = worldOf({ workflow: false });
    const id = await ask(world, entitlement);
    await pass(world, minutes(1));
    await approve(world, id);
    world.state.config = { ...COMPANY, entitlements: {} };
    const { made } = world.aws;
    await expectOver(world);
    expect([grantOf(world, id).state, world.aws.made]).toEqual(['denied', made]);
  });

  it('F4: a create that arrives when all is over is found by the looks back', async () => {
    const world = worldOf({
      strike: (call) => (call.operation === 'createEntry' ? { kind: 'echo', by: seconds(299) } : undefined),
    });
    const id = await active(world, entitlement, '3m');
    const { arn } = grantOf(world, id).principal;
    await pass(world, seconds(299));
    expect(entryOf(world, id)).toBeDefined();
    await pass(world, minutes(12));
    expect(clusterOf(world.aws).entries.has(arn)).toBe(false);
    expect(world.alarms.join()).toContain('after its end');
    await expectOver(world);
  });

  it('F24: a waiting step that is throttled five times in a row ends no live grant, and the end is on time', async () => {
    let left = 0;
    const world = worldOf({
      strike: (call) =>
        call.operation === 'putToken' && call.by === 'workflow' && left-- > 0 ? { kind: 'failBefore' } : undefined,
    });
    const id = await ask(world, entitlement);
    left = 5;
    await pass(world, minutes(2));
    left = 5;
    await approve(world, id);
    await pass(world, minutes(7));
    expect([grantOf(world, id).state, left]).toEqual(['active', -1]);
    await pass(world, minutes(3));
    await pass(world, seconds(90));
    expect(entryOf(world, id)).toBeUndefined();
    expect(grantOf(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
    await expectOver(world);
  });

  it('F13: ours, its tags taken off, is still removed on time', async () => {
    const world = worldOf();
    const id = await active(world, entitlement, '5m');
    const entry = entryOf(world, id);
    if (entry) entry.entry = { ...entry.entry, tags: {} };
    await pass(world, minutes(6));
    expect(entryOf(world, id)).toBeUndefined();
  });

  it('pain 5: wherever access is shown, what outlives it is said', async () => {
    const world = worldOf();
    const shown = JSON.stringify(grantView(grantOf(world, await active(world, entitlement)), world.time.now()));
    for (const said of ['up to 15 minutes', 'exec, port-forward and watch', 'stays']) expect(shown).toContain(said);
  });

  it('pain 13: two approvals at once make one activation and one revocation', async () => {
    const world = worldOf();
    const id = await ask(world, entitlement, '3m');
    await pass(world, minutes(1));
    await Promise.all([approve(world, id, 'bob'), approve(world, id, 'cyd')]);
    await expectOver(world);
    const types = world.tables.events.get(id)?.map(({ body }) => body.type) ?? [];
    for (const once of ['approved', 'armed', 'activated', 'revoking', 'ended'])
      expect(types.filter((type) => type === once)).toEqual([once]);
  });
});

/** Asks for more time and has it approved. */
async function extend(world: World, id: GrantId, who: string, approver: string, duration: string): Promise<void> {
  const asked = await soon(
    world,
    world.run('api', (deps) =>
      extendGrant(deps, { ...by(world, who), id, input: { duration, justification: 'INC-4211' } }),
    ),
  );
  expect(asked).toMatchObject({ ok: true });
  expect(await approve(world, id, approver)).toMatchObject({ ok: true });
  await pass(world, seconds(30));
}

/** Deleted and made again under its name: entries of ours are gone with the old one. */
function replaceCluster(world: World): void {
  const cluster = clusterOf(world.aws);
  cluster.createdAt = instant(cluster.createdAt + 1);
  for (const [arn, entry] of cluster.entries) if (!isTheirs(entry)) cluster.entries.delete(arn);
  world.changed();
}

/** Fails if the reaper ends anything meanwhile. */
async function passWithReaper(world: World, length: Duration): Promise<void> {
  const { account, clusters } = COMPANY;
  const reaping = { hubAccount: account, standingRoles: new Set([KUBERNETES_ADMIN]), targets: Object.values(clusters) };
  for (let passed = 0; passed < length; passed += minutes(5)) {
    await pass(world, minutes(5));
    expect(await reapAll(world, reaping)).toEqual([]);
  }
}

it('I9: a late write of an earlier date to a grant’s own role does not lock its person out', async () => {
  const late = minutes(4);
  let strikes = 1;
  const world = worldOf({
    strike: (call) =>
      call.operation === 'setAssumableUntil' && strikes-- === 1 ? { kind: 'echo', by: late } : undefined,
  });
  const id = await active(world, 'prod-view', '5m');
  await pass(world, seconds(100));
  await extend(world, id, 'ada', 'bob', '1h');
  const role = [...world.aws.dedicated.values()][0];
  const wanted = grantOf(world, id);
  const end = 'expiresAt' in wanted ? wanted.expiresAt : 0;
  expect(role?.until).toBe(end);
  await pass(world, minutes(3));
  expect(role?.until).toBeLessThan(end);
  await pass(world, minutes(5));
  expect(role?.until).toBe(end);
});

describe('one role for several', () => {
  it('pain 1: the one that ends first leaves the other its access, and the last one takes it away', async () => {
    const world = worldOf();
    const a = await active(world, 'admin', '5m');
    const b = await ask(world, 'admin', '10m', 'bob');
    await approve(world, b, 'cyd');
    await pass(world, minutes(6));
    expect([grantOf(world, a).state, grantOf(world, b).state]).toEqual(['ended', 'active']);
    expect(clusterOf(world.aws).entries.has(KUBERNETES_ADMIN)).toBe(true);
    await pass(world, minutes(5));
    expect(clusterOf(world.aws).entries.has(KUBERNETES_ADMIN)).toBe(false);
    await expectOver(world);
  });

  it('I3-own-effect-is-never-foreign: an entry whose maker ended before it was recorded is the next one’s to end', async () => {
    let kill: Fault | undefined = { kind: 'killAfter' };
    const world = worldOf({
      workflow: false,
      strike: (call: Call) => {
        if (call.operation !== 'createEntry') return undefined;
        const fault = kill;
        kill = undefined;
        return fault;
      },
    });
    const a = await ask(world, 'admin', '2h');
    const b = await ask(world, 'admin', '5m', 'bob');
    await pass(world, minutes(1));
    await approve(world, a);
    await approve(world, b, 'cyd');
    while (kill) await pass(world, seconds(1));
    expect(clusterOf(world.aws).entries.has(KUBERNETES_ADMIN)).toBe(true);
    await soon(
      world,
      world.run('api', (deps) => endGrant(deps, { ...by(world, 'ada'), id: a })),
    );
    await pass(world, minutes(2));
    expect([grantOf(world, a).state, grantOf(world, b).state]).toEqual(['ended', 'active']);
    await pass(world, minutes(10));
    expect(clusterOf(world.aws).entries.has(KUBERNETES_ADMIN)).toBe(false);
    await expectOver(world);
  });

  it('F14: a role that was made again under its name is not what was approved', async () => {
    const world = worldOf();
    const id = await ask(world, 'admin');
    await pass(world, minutes(1));
    const role = world.aws.standing.get(KUBERNETES_ADMIN);
    if (role) role.roleId = 'AROAANOTHER';
    const { made } = world.aws;
    await approve(world, id);
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'roleReplaced' });
    expect(world.aws.made).toBe(made);
  });

  it('pain 3, I4: a role that has an entry already is refused, and the entry is left alone', async () => {
    const world = worldOf();
    foreignEntry(world.aws, clusterOf(world.aws), KUBERNETES_ADMIN, { tags: { 'hallpass:hub': 'main' } });
    world.changed();
    const theirs = theirsNow(world);
    const id = await ask(world, 'admin');
    await approve(world, id);
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'principalHasStandingEntry' });
    expect(touched(world, theirs, world.time.now())).toEqual([]);
  });

  it('F4: a late delete of ours that hits the next grant is undone', async () => {
    let first = true;
    const world = worldOf({
      strike: (call) => {
        if (!first || call.operation !== 'deleteEntry') return undefined;
        first = false;
        return { kind: 'echo', by: seconds(200) };
      },
    });
    await active(world, 'admin', '2m');
    await pass(world, minutes(3));
    const next = await active(world, 'admin', '1h');
    await pass(world, seconds(137));
    expect(entryOf(world, next)).toBeUndefined();
    await pass(world, minutes(3));
    expect([grantOf(world, next).state, entryOf(world, next)?.policies.length]).toEqual(['active', 1]);
    await pass(world, minutes(60));
    await expectOver(world);
  });

  it('cluster-replaced-while-a-delete-lingers: nothing is made again on a cluster that was made again', async () => {
    const world = worldOf();
    await active(world, 'admin', '2m');
    await pass(world, minutes(3));
    const next = await active(world, 'admin', '1h');
    const { made } = world.aws;
    replaceCluster(world);
    await pass(world, minutes(4));
    expect([world.aws.made, entryOf(world, next)]).toEqual([made, undefined]);
    expect(grantOf(world, next)).toMatchObject({ state: 'ended', reason: 'clusterGone' });
    await expectOver(world);
  });

  it('cluster-replaced: a create of ours that arrives on the new one is found and removed', async () => {
    let strikes = 1;
    const world = worldOf({
      strike: (call) => {
        if (call.operation !== 'createEntry' || strikes-- < 1) return undefined;
        replaceCluster(world);
        return { kind: 'delayed', by: seconds(30) };
      },
    });
    const id = await ask(world, 'admin');
    await approve(world, id);
    await pass(world, seconds(40));
    expect(entryOf(world, id)).toBeDefined();
    await expectOver(world);
    expect(grantOf(world, id)).toMatchObject({ state: 'failed', reason: 'clusterReplaced' });
  });

  it('I9: the entry’s tag is raised before anybody relies on a later end', async () => {
    const world = worldOf();
    await active(world, 'admin', '5m');
    const b = await ask(world, 'admin', '2h', 'bob');
    await approve(world, b, 'cyd');
    const found = grantOf(world, b);
    expect(entryOf(world, b)?.entry.tags['hallpass:expires']).toBe(
      'expiresAt' in found ? new Date(found.expiresAt).toISOString() : '',
    );
  });

  it('I9: a late write of a lower end into the shared tag is put right before the reaper goes by it', async () => {
    const late = minutes(4);
    let strikes = 0;
    const world = worldOf({
      strike: (call) => (call.operation === 'tagEntry' && strikes-- === 1 ? { kind: 'delayed', by: late } : undefined),
    });
    const a = await active(world, 'admin', '5m');
    const b = await ask(world, 'admin', '5m', 'bob');
    await approve(world, b, 'cyd');
    strikes = 1;
    await extend(world, a, 'ada', 'bob', '1m');
    await extend(world, b, 'bob', 'cyd', '2h');
    const wanted = grantOf(world, b);
    const end = 'expiresAt' in wanted ? wanted.expiresAt : 0;
    const tag = (): number => Date.parse(entryOf(world, b)?.entry.tags['hallpass:expires'] ?? '');
    expect(tag()).toBe(end);
    await pass(world, late);
    expect(tag()).toBeLessThan(end);
    await pass(world, minutes(4));
    expect(tag()).toBe(end);
    await passWithReaper(world, minutes(60));
    expect(grantOf(world, b).state).toBe('active');
    await pass(world, minutes(70));
    await expectOver(world);
  });

  it('F13: ours deleted and a standing entry made by Terraform before the expiry: theirs stays', async () => {
    const world = worldOf();
    const id = await active(world, 'admin');
    clusterOf(world.aws).entries.delete(KUBERNETES_ADMIN);
    foreignEntry(world.aws, clusterOf(world.aws), KUBERNETES_ADMIN);
    world.changed();
    const theirs = theirsNow(world);
    const since = world.time.now();
    await expectOver(world);
    expect(touched(world, theirs, since)).toEqual([]);
    expect(ends(world, id)).toEqual(['ended']);
  });
});

/** A sweep, and the minute that it has. */
async function sweepWithin(world: World): Promise<void> {
  const sweeping = world.sweepOnce();
  await pass(world, minutes(1));
  await sweeping;
}

describe('one-dead-account', () => {
  it('500 due in one that refuses, 5 in another: the five end in one sweep, and all are reported overdue', async () => {
    let out = true;
    const world = worldOf({
      strike: (call) => (out && call.account === '222222222222' ? { kind: 'failBefore' } : undefined),
    });
    world.state.sweeper = false;
    for (let n = 0; n < 500; n++) overdueGrant(world, n, 'prod', '222222222222');
    for (let n = 500; n < 505; n++) overdueGrant(world, n, 'test', '333333333333');
    await sweepWithin(world);
    const states = [...world.tables.grants.values()].map(({ grant }) => grant.state);
    expect(states.filter((state) => state === 'ended')).toHaveLength(5);
    expect(world.calls.filter((call) => call.service === 'eks' && call.account === '222222222222').length).toBeLessThan(
      40,
    );
    expect(world.sweeps.at(-1)?.oldestOverdueSeconds).toBeGreaterThan(0);
    out = false;
    for (let minute = 0; minute < 20; minute++) {
      world.forget(world.time.now());
      await sweepWithin(world);
    }
    expect([...world.tables.grants.values()].every(({ grant }) => 'aftercare' in grant)).toBe(true);
    expect(clusterOf(world.aws, PROD).entries.size).toBe(3);
  });
});

/** A grant that should have ended a minute ago, with its entry, as if it had been made and never looked at again. */
function overdueGrant(world: World, n: number, name: string, account: string): void {
  const id = `01khw${String(n).padStart(21, '0')}` as GrantId;
  const arn = `arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-${id}`;
  const grant = {
    ...IN_STATE.active,
    id,
    principal: { ...IN_STATE.active.principal, arn, roleName: `hallpass-main-${id}` },
    cluster: {
      ...{ name, account, region: 'eu-west-1', arn: `arn:aws:eks:eu-west-1:${account}:cluster/${name}` },
      executor: `arn:aws:iam::${account}:role/hallpass-executor`,
    },
    verified: true,
    warned: true,
    assumableUntil: plus(world.time.now(), minutes(-1)),
    expiresAt: plus(world.time.now(), minutes(-1)),
  } as Extract<Grant, { state: 'active' }>;
  const { tables, aws } = world;
  const key = `${grant.cluster.arn}#${arn}`;
  const entry = foreignEntry(aws, clusterOf(aws, `${account}/eu-west-1/${name}`), arn).entry;
  tables.grants.set(id, {
    grant: { ...grant, entryArn: entry.entryArn },
    chain: { n: 0, hash: id },
    version: 1,
    retries: {},
  });
  tables.events.set(id, []);
  tables.ledgers.set(key, {
    clusterArn: grant.cluster.arn,
    principalArn: arn,
    mode: 'dedicated',
    entryArn: entry.entryArn,
    makers: [id],
    version: 1,
  });
  tables.claims.set(key, new Map([[id, claimOf(grant)]]));
}
