/**
 * An incident: everything has to end, and nothing may open (F31). Catches a freeze that one of the ways to access does
 * not know of, an order to end that dies with the function, one that asks a rule or the configuration, and one that
 * goes on ending what was asked for after it.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { carryOutOrders, endMany } from '../../src/broker/endMany.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { freeze, thaw } from '../../src/broker/freeze.ts';
import { NotReady } from '../../src/broker/ports.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import { faultsOf } from '../../src/core/audit.ts';
import { HUB, type Scope } from '../../src/core/hub.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { Duration } from '../../src/core/time.ts';
import { at, configWith, HOUR } from '../core/fixtures.ts';
import { newWorld, type World } from './fake-world.ts';

let world: World;
beforeEach(() => {
  world = newWorld();
});

const by = (id: string) => ({ person: world.person(id), channel: 'cli', proof: `test:${id}` }) as const;
const ALL: Scope = { kind: 'all' };
const PROD: Scope = { kind: 'cluster', name: 'prod' };
const freezing = (scope: Scope = PROD, who = 'fay', breakGlass = false) =>
  freeze(world.deps, { ...by(who), scope, reason: 'INC-1: keys leaked', breakGlass });
const ending = (scope: Scope, who = 'fay') => endMany(world.deps, { ...by(who), scope, note: 'INC-1' });
const asking = (who = 'ada') =>
  requestGrant(world.deps, { ...by(who), input: { entitlement: 'prod-view', justification: 'INC-4211' } });
const stateOf = async (id: GrantId): Promise<string> => (await world.grant(id)).state;
const SWEEPER = { kind: 'system', part: 'sweeper' } as const;

describe('freeze: nothing opens', () => {
  test('a request is refused by name, with who froze, why and since when', async () => {
    await freezing();
    expect(await asking()).toMatchObject({
      ok: false,
      error: { reason: 'frozen', by: 'Fay', why: 'INC-1: keys leaked', what: 'the cluster prod', since: at(0) },
    });
    expect(world.tables.grants.size).toBe(0);
  });

  test('what was pending cannot be approved, and can be denied; after thawing it can be approved', async () => {
    const [kept, denied] = [await world.request('ada'), await world.request('bob')];
    await freezing();
    expect(await world.approve('cyd', kept.grant.id)).toMatchObject({ ok: false, error: { reason: 'frozen' } });
    expect(await world.decide('cyd', denied.grant.id, { kind: 'deny', reason: 'no' })).toMatchObject({ ok: true });
    expect((await thaw(world.deps, { ...by('fay'), scope: PROD })).ok).toBe(true);
    expect((await world.approve('cyd', kept.grant.id)).ok).toBe(true);
  });

  test.each(['scheduled', 'activating'] as const)(
    'what was approved and is %s is denied when it would open',
    async (state) => {
      const { grant } = await world.request('ada', state === 'scheduled' ? { startAt: '2026-11-24T04:00:00Z' } : {});
      await world.prepare(grant.id);
      await world.approve('bob', grant.id);
      expect(await stateOf(grant.id)).toBe(state);
      await freezing();
      if (state === 'scheduled') world.advance(60);
      await world.sweepFor(3);
      expect(await world.grant(grant.id)).toMatchObject({
        state: 'denied',
        reason: expect.stringMatching(/^frozen: Fay/),
      });
      expect(world.aws.created).toEqual([]);
    },
  );

  test('live access cannot be prolonged, and ends at its time', async () => {
    world.config = configWith({ extension: { maxTotal: (8 * HOUR) as Duration, autoApprove: true } }, world.config);
    const id = await world.live('dedicated');
    await freezing();
    expect(await extendGrant(world.deps, { ...by('ada'), id, input: { justification: 'longer' } })).toMatchObject({
      ok: false,
      error: { reason: 'frozen' },
    });
    expect(await stateOf(id)).toBe('active');
    await world.sweepFor(75);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
  });

  test('an extension that was granted before is not carried out', async () => {
    world.config = configWith({ extension: { maxTotal: (8 * HOUR) as Duration, autoApprove: true } }, world.config);
    const id = await world.live('dedicated');
    expect((await extendGrant(world.deps, { ...by('ada'), id, input: { justification: 'longer' } })).ok).toBe(true);
    await freezing();
    await world.sweepFor(2);
    expect(world.events(id).map(({ body }) => body.type)).toContain('extensionDenied');
  });

  test('of another scope, nothing is frozen', async () => {
    await freezing({ kind: 'cluster', name: 'test' });
    expect((await asking()).ok).toBe(true);
    await freezing({ kind: 'person', name: 'bob' });
    expect((await asking('bob')).ok).toBe(false);
  });

  test.each<[string, Scope, string, object]>([
    ['by somebody who is no responder', ALL, 'bob', { reason: 'notResponder', responders: ['Fay'] }],
    [
      'of a cluster that there is not',
      { kind: 'cluster', name: 'prdo' },
      'fay',
      { reason: 'unknownTarget', known: ['prod', 'test'] },
    ],
    ['of an entitlement that there is not', { kind: 'entitlement', name: 'x' }, 'fay', { reason: 'unknownTarget' }],
  ])('%s: refused', async (_what, scope, who, error) => {
    expect(await freezing(scope, who)).toMatchObject({ ok: false, error });
    expect(world.hub.events).toEqual([]);
  });

  test('without a reason: refused', async () => {
    const refused = await freeze(world.deps, { ...by('fay'), scope: ALL, reason: '  ', breakGlass: false });
    expect(refused).toMatchObject({ ok: false, error: { reason: 'freezeReasonMissing' } });
  });

  test('a role that is not a person is frozen by what it goes by', async () => {
    const role = 'arn:aws:iam::111111111111:role/deployer';
    const deployer = { id: 'deployer', role, owners: [], description: 'Deploys' };
    world.config = { ...world.config, directory: { ...world.config.directory, roles: { deployer } } };
    const scope: Scope = { kind: 'person', name: 'role:deployer' };
    expect(await freezing(scope)).toMatchObject({ ok: true, value: { freezes: [{ scope }] } });
    const unknown = await freezing({ kind: 'person', name: 'role:other' });
    expect(unknown).toMatchObject({ ok: false, error: { reason: 'unknownTarget' } });
  });

  test('thawing a cluster does not lift a freeze of everything', async () => {
    await freezing(ALL);
    expect(await thaw(world.deps, { ...by('fay'), scope: PROD })).toMatchObject({
      ok: false,
      error: { reason: 'notFrozen', frozen: ['everything'] },
    });
    expect((await asking()).ok).toBe(false);
    expect((await thaw(world.deps, { ...by('bob'), scope: ALL })).ok).toBe(false);
  });

  test('freezing twice is one freeze, and the chain of what was done holds', async () => {
    await freezing(ALL);
    await freezing(ALL);
    await thaw(world.deps, { ...by('fay'), scope: ALL, reason: 'over' });
    expect(world.hub.events.map(({ body }) => body.type)).toEqual(['frozen', 'thawed']);
    expect(faultsOf(HUB, world.hub.events, world.deps.sha256)).toEqual([]);
    expect(world.hub.events[0]?.actor).toMatchObject({ kind: 'person', id: 'fay' });
  });

  test('two who freeze at once: both stand', async () => {
    await Promise.all([freezing(ALL), freezing(PROD)]);
    expect(world.hub.stored.state.freezes).toHaveLength(2);
    expect(faultsOf(HUB, world.hub.events, world.deps.sha256)).toEqual([]);
  });
});

describe('end --all, --cluster, --entitlement, --person', () => {
  test('of a name that was mistyped: said so, and not that nothing was open there', async () => {
    const id = await world.live('role');
    expect(await ending({ kind: 'person', name: 'adda' })).toMatchObject({
      ok: false,
      error: { reason: 'unknownTarget', what: 'person', name: 'adda' },
    });
    expect(await stateOf(id)).toBe('active');
    // What the configuration has no longer may still have grants.
    world.config = { ...world.config, entitlements: {} };
    expect(await ending({ kind: 'entitlement', name: 'admin' })).toMatchObject({ ok: true });
    expect(await stateOf(id)).toBe('revoking');
  });

  test('pending, scheduled, live and standing: everything ends, by name of who ordered it', async () => {
    const live = await world.live('dedicated');
    const standing = await world.live('role', {}, 'bob');
    const pending = (await world.request('cyd')).grant.id;
    const answer = await ending(ALL);
    expect(answer).toMatchObject({ ok: true, value: { left: [], ended: [{}, {}, {}] } });
    await world.sweepFor(3);
    for (const id of [live, standing])
      expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Fay', note: 'INC-1' });
    expect(await world.grant(pending)).toMatchObject({ state: 'denied', by: 'Fay' });
    expect([...world.prod.entries.keys()]).toEqual([]);
    expect(world.hub.stored.state.orders).toEqual([]);
    expect(world.hub.events.map(({ body }) => body.type)).toEqual(['endOrdered', 'endOrderDone']);
  });

  test.each<[Scope, string[]]>([
    [{ kind: 'person', name: 'ada' }, ['ada']],
    [{ kind: 'entitlement', name: 'admin' }, ['bob']],
    [{ kind: 'cluster', name: 'prod' }, ['ada', 'bob']],
    [{ kind: 'cluster', name: 'test' }, []],
  ])('%j ends just that', async (scope, whose) => {
    const live = { ada: await world.live('dedicated'), bob: await world.live('role', {}, 'bob') };
    await ending(scope);
    await world.sweepFor(3);
    for (const [who, id] of Object.entries(live))
      expect([who, await stateOf(id)]).toEqual([who, whose.includes(who) ? 'ended' : 'active']);
  });

  test('only a responder may', async () => {
    const live = await world.live('dedicated');
    expect(await ending(ALL, 'bob')).toMatchObject({ ok: false, error: { reason: 'notResponder' } });
    expect(await stateOf(live)).toBe('active');
  });

  test('the function dies at any call of it: the sweeper finishes the order', async () => {
    for (let n = 1; ; n++) {
      world = newWorld();
      const ids = [await world.live('dedicated'), await world.live('role', {}, 'bob')];
      world.strike(n, 'crashBefore');
      await ending(ALL).catch(() => {});
      const struck = world.wasStruck();
      world.restart();
      world.calm();
      await world.sweepFor(5);
      expect([n, await Promise.all(ids.map(stateOf))]).toEqual([n, ['ended', 'ended']]);
      if (!struck) break;
      expect(n).toBeLessThan(50);
    }
  });

  test('time runs out on the way: what is left is said, and the sweeper does it', async () => {
    const ids: GrantId[] = [];
    for (const who of ['ada', 'bob', 'cyd']) ids.push((await world.request(who)).grant.id);
    const { commit } = world.deps.store;
    let commits = 0;
    const store = {
      ...world.deps.store,
      commit: (change: Parameters<typeof commit>[0]) => {
        if (++commits > 1) throw new NotReady('too little time is left');
        return commit(change);
      },
    };
    const answer = await endMany({ ...world.deps, store }, { ...by('fay'), scope: ALL });
    expect(answer).toMatchObject({ ok: true, value: { ended: [{}], left: [{}, {}] } });
    await world.sweepFor(1);
    expect(await Promise.all(ids.map(stateOf))).toEqual(['denied', 'denied', 'denied']);
  });

  test('I8: asks no configuration, directory or rule once it is given', async () => {
    const live = await world.live('dedicated');
    world.strike(3, 'crashBefore');
    await ending(ALL).catch(() => {});
    world.restart();
    world.calm();
    const blind = {
      ...world.deps,
      config: (): never => {
        throw new Error('there is no configuration');
      },
    };
    await carryOutOrders(blind, SWEEPER, () => false);
    expect(await stateOf(live)).toBe('revoking');
  });

  test('what was asked for after the order is not its business', async () => {
    await ending(ALL);
    world.advance(1);
    const later = (await world.request('ada')).grant.id;
    await world.sweepFor(5);
    expect(await stateOf(later)).toBe('pending');
    expect(world.hub.stored.state.orders).toEqual([]);
  });

  test('an order is open until the index has had time to show everything', async () => {
    await ending(ALL);
    await world.sweep();
    expect(world.hub.stored.state.orders).toHaveLength(1);
    await world.sweepFor(2);
    expect(world.hub.stored.state.orders).toHaveLength(0);
  });
});
