/**
 * Catches I1, F17 and F22 where approvers are away: a delegation made, used and revoked at run time; reminders without
 * end, or after the decision; an escalation that comes too early, twice, or lets in somebody whom the rules do not name.
 */
import { describe, expect, test } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { delegate, listDelegations, revokeDelegation } from '../../src/broker/delegate.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { listGrants, showGrant } from '../../src/broker/readGrants.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import { faultsOf } from '../../src/core/audit.ts';
import type { ApprovalStep, Channel, Configuration } from '../../src/core/configuration.ts';
import type { DelegationInput } from '../../src/core/delegating.ts';
import type { GrantId } from '../../src/core/id.ts';
import { MOST_REMINDERS } from '../../src/core/task.ts';
import { at, countCases, ENTITLEMENT, entitlement, group, HOUR, MINUTE, one } from '../core/fixtures.ts';
import { newWorld, sha256, WORLD_CONFIG, type World } from './fake-world.ts';

const rules = (...steps: Partial<ApprovalStep>[]): Configuration => ({
  ...WORLD_CONFIG,
  clusters: WORLD_CONFIG.clusters,
  entitlements: {
    ...WORLD_CONFIG.entitlements,
    'prod-view': entitlement({
      clusters: ['prod', 'test'],
      extension: { maxTotal: (8 * HOUR) as typeof HOUR, autoApprove: false },
      approval: {
        ...ENTITLEMENT.approval,
        steps: steps.map((step) => ({ approvers: [group('leads')], approvalsNeeded: 1, channels: [], ...step })),
      },
    }),
  },
});
const worldOf = (...steps: Partial<ApprovalStep>[]): World => {
  const world = newWorld();
  world.config = rules(...(steps.length > 0 ? steps : [{}]));
  return world;
};
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const lend = (world: World, who: string, input: Partial<DelegationInput> = {}) =>
  delegate(world.deps, { ...by(world, who), input: { to: ['dan'], ends: '2026-12-01', ...input } });
const ask = async (world: World, prepared = true): Promise<GrantId> => {
  const { grant } = await world.request('ada', { cluster: 'prod' });
  if (prepared) await world.prepare(grant.id);
  return grant.id;
};
const typesOf = (world: World, id: GrantId, ...types: string[]) =>
  world
    .events(id)
    .map((event) => event.body.type)
    .filter((type) => types.length === 0 || types.includes(type));
const idOf = async (world: World, who = 'bob'): Promise<string> => {
  const made = await lend(world, who);
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value.id;
};

describe('a delegation made at run time', () => {
  test('dan decides for bob, on the record, and activation agrees', async () => {
    const world = worldOf();
    const id = await ask(world);
    expect(await world.approve('dan', id)).toMatchObject({ error: { reason: 'notApprover' } });
    await lend(world, 'bob');
    expect(await world.approve('dan', id)).toMatchObject({ ok: true, value: { grant: { state: 'activating' } } });
    expect((await world.grant(id)).approvals).toMatchObject([
      { personId: 'dan', onBehalfOf: { personId: 'bob', name: 'Bob' } },
    ]);
    expect((await world.activate(id)).kind).toBe('active');
  });

  test('revoked after the approval, it counts: it stood. Revoked before, it does not', async () => {
    const world = worldOf();
    const id = await ask(world);
    const delegation = await idOf(world);
    world.advance(1);
    await world.approve('dan', id);
    world.advance(1);
    expect(await revokeDelegation(world.deps, { ...by(world, 'bob'), id: delegation })).toMatchObject({
      ok: true,
      value: { ends: at(2) },
    });
    expect((await world.activate(id)).kind).toBe('active');
    const next = await world.request('ada', { cluster: 'test' });
    expect(await world.approve('dan', next.grant.id)).toMatchObject({ error: { reason: 'notApprover' } });
  });

  test('its record rewritten so that it never stood: activation refuses', async () => {
    const world = worldOf();
    const id = await ask(world);
    const delegation = await idOf(world);
    await world.approve('dan', id);
    const record = world.delegated.records.get(delegation);
    if (record) world.delegated.records.set(delegation, { ...record, starts: at(10), ends: at(20) });
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(await world.grant(id)).toMatchObject({ state: 'revoking', outcome: { state: 'denied' } });
    expect(world.aws.created).toEqual([]);
  });

  test('dan reads, denies and ends as bob would, and only while it stands', async () => {
    const world = worldOf();
    const id = await ask(world);
    expect((await showGrant(world.deps, world.person('dan'), id)).ok).toBe(false);
    const delegation = await idOf(world);
    expect((await showGrant(world.deps, world.person('dan'), id)).ok).toBe(true);
    await world.approve('bob', id);
    await world.activate(id);
    expect((await endGrant(world.deps, { ...by(world, 'dan'), id })).ok).toBe(true);
    const again = await world.request('ada', { cluster: 'test' });
    expect(await world.decide('dan', again.grant.id, { kind: 'deny', reason: 'no' })).toMatchObject({ ok: true });
    await revokeDelegation(world.deps, { ...by(world, 'dan'), id: delegation });
    expect((await showGrant(world.deps, world.person('dan'), id)).ok).toBe(false);
  });

  test('who may revoke: giver, delegate, responder; nobody else, and nothing of the configuration', async () => {
    const world = worldOf();
    for (const [who, ok] of [
      ['bob', true],
      ['dan', true],
      ['fay', true],
      ['cyd', false],
      ['ada', false],
    ] as const) {
      const id = await idOf(world);
      expect((await revokeDelegation(world.deps, { ...by(world, who), id })).ok, who).toBe(ok);
      await revokeDelegation(world.deps, { ...by(world, 'bob'), id });
      world.advance(1);
    }
    const id = 'configuration:bob@2026-12-01T00:00:00.000Z';
    expect(await revokeDelegation(world.deps, { ...by(world, 'bob'), id })).toMatchObject({
      error: { reason: 'unknownDelegation' },
    });
  });

  test('I6: making and revoking are events in a chain; made twice it is one, revoked twice as well', async () => {
    const world = worldOf();
    const id = await idOf(world);
    world.advance(5);
    expect(await idOf(world), 'the same again').toBe(id);
    await revokeDelegation(world.deps, { ...by(world, 'bob'), id });
    await revokeDelegation(world.deps, { ...by(world, 'bob'), id });
    const { events } = world.delegated;
    expect(events.map((event) => event.body.type)).toEqual(['delegated', 'delegationRevoked']);
    expect(faultsOf(id, events, sha256)).toEqual([]);
  });

  test('two revoke at once: one event', async () => {
    const world = worldOf();
    const id = await idOf(world);
    await Promise.all(['bob', 'dan'].map((who) => revokeDelegation(world.deps, { ...by(world, who), id })));
    expect(world.delegated.events).toHaveLength(2);
  });

  test('each sees their own; responders and auditors see all', async () => {
    const world = worldOf();
    await idOf(world);
    const seen = async (who: string) => (await listDelegations(world.deps, world.person(who))).length;
    expect(await Promise.all(['bob', 'dan', 'fay', 'eve', 'cyd', 'ada'].map(seen))).toEqual([1, 1, 1, 1, 0, 0]);
    world.advance(30 * 24 * 60);
    expect(await seen('bob'), 'over').toBe(0);
  });

  test('activation without a delegated approval looks nothing up; delegations out of reach decide nothing', async () => {
    const world = worldOf();
    const id = await ask(world);
    await world.approve('bob', id);
    const before = world.calls.length;
    await world.activate(id);
    expect(world.calls.slice(before)).not.toContain('delegations.read');
    const other = await world.request('ada', { cluster: 'test' });
    world.strike(1, 'failBefore');
    await expect(world.approve('dan', other.grant.id)).rejects.toThrow();
    expect((await world.grant(other.grant.id)).state).toBe('pending');
  });
});

const EVERY = { remindEvery: (30 * MINUTE) as typeof MINUTE };
const LATER = { escalateAfter: (60 * MINUTE) as typeof MINUTE, escalateTo: [one('dan'), one('ada')] };

describe('reminders', () => {
  test('every half hour, five times, by whom it waits for; none after the decision', async () => {
    const world = worldOf(EVERY);
    const id = await ask(world);
    await world.sweepFor(479);
    const told = world.events(id).filter((event) => event.body.type === 'reminded');
    expect(told.map((event) => event.at)).toEqual([30, 60, 90, 120, 150].map(at));
    expect(told[0]?.body).toEqual({ type: 'reminded', step: 1, approvers: ['bob', 'cyd'] });
    expect(told).toHaveLength(MOST_REMINDERS);
    const next = worldOf(EVERY);
    const decided = await ask(next);
    await next.sweepFor(31);
    await next.approve('bob', decided);
    await next.sweepFor(55);
    expect(typesOf(next, decided, 'reminded')).toHaveLength(1);
    expect(next.chainFaults(decided)).toEqual([]);
  });

  test('a sweeper that was out sends one, not all that are overdue', async () => {
    const world = worldOf(EVERY);
    const id = await ask(world);
    world.advance(200);
    await world.sweep();
    expect(typesOf(world, id, 'reminded')).toHaveLength(1);
  });

  test('who has said yes is not told; the next step has its own count', async () => {
    const world = worldOf({ ...EVERY, approvalsNeeded: 2 }, { ...EVERY, approvers: [one('eve')] });
    const id = await ask(world);
    await world.approve('bob', id);
    await world.sweepFor(31);
    await world.approve('cyd', id);
    await world.sweepFor(31);
    expect(
      world.events(id).flatMap(({ body }) => (body.type === 'reminded' ? [[body.step, body.approvers]] : [])),
    ).toEqual([
      [1, ['cyd']],
      [2, ['eve']],
    ]);
  });

  test('one for a request on several clusters, from the first that still waits', async () => {
    const world = worldOf(EVERY);
    const input = { entitlement: 'prod-view', clusters: ['prod', 'test'], justification: 'INC-4211' };
    const asked = await requestGrant(world.deps, { ...by(world, 'ada'), input });
    const ids = asked.ok ? asked.value.all.map((answer) => answer.stored.grant.id) : [];
    await world.sweepFor(65);
    expect(ids.map((id) => typesOf(world, id, 'reminded').length)).toEqual([2, 0]);
  });

  test('the rules no longer have them: none is sent, the request goes on', async () => {
    const world = worldOf(EVERY);
    const id = await ask(world);
    world.config = rules({});
    await world.sweepFor(479);
    expect(typesOf(world, id, 'reminded')).toEqual([]);
    await world.sweepFor(2);
    expect((await world.grant(id)).state).toBe('lapsed');
  });

  test('an extension that nobody decides is reminded of as well', async () => {
    const world = worldOf({ ...EVERY, ...LATER });
    const id = await ask(world);
    await world.approve('bob', id);
    await world.activate(id);
    const input = { duration: '2h', justification: 'not done yet' };
    expect((await extendGrant(world.deps, { ...by(world, 'ada'), id, input })).ok).toBe(true);
    await world.sweepFor(31);
    expect(typesOf(world, id, 'reminded')).toHaveLength(1);
    expect(await world.approve('dan', id)).toMatchObject({ error: { reason: 'notApprover' } });
    await world.sweepFor(40);
    expect((await world.grant(id)).state, 'the old end stands').not.toBe('active');
  });
});

describe('escalation', () => {
  test('after an hour dan may decide it too; ada, who asked, never', async () => {
    const world = worldOf(LATER);
    const id = await ask(world);
    await world.sweepFor(59);
    expect(await world.approve('dan', id)).toMatchObject({ error: { reason: 'notApprover' } });
    await world.sweepFor(1);
    expect(world.events(id).at(-1)).toMatchObject({ at: at(60), body: { type: 'escalated', step: 1, to: ['dan'] } });
    expect(await world.approve('ada', id)).toMatchObject({ error: { reason: 'selfApproval' } });
    await world.sweepFor(120);
    expect(typesOf(world, id, 'escalated'), 'once').toHaveLength(1);
    expect((await world.approve('dan', id)).ok).toBe(true);
    expect((await world.activate(id)).kind).toBe('active');
  });

  test('a request on several clusters is escalated on each, and dan’s one decision is for all', async () => {
    const world = worldOf(LATER);
    const input = { entitlement: 'prod-view', clusters: ['prod', 'test'], justification: 'INC-4211' };
    const asked = await requestGrant(world.deps, { ...by(world, 'ada'), input });
    const ids = asked.ok ? asked.value.all.map((answer) => answer.stored.grant.id) : [];
    await world.sweepFor(61);
    expect(ids.map((id) => typesOf(world, id, 'escalated').length)).toEqual([1, 1]);
    await world.approve('dan', ids[1] as GrantId);
    for (const id of ids) expect((await world.activate(id)).kind).toBe('active');
  });

  test('whoever it is escalated to decides it through the step’s own channels, and no others; so do stand-ins', async () => {
    const world = worldOf({ ...LATER, channels: ['console', 'api'] });
    const id = await ask(world);
    await lend(world, 'bob', { to: ['eve'] });
    await world.sweepFor(60);
    const through = (who: string, channel: Channel) =>
      decideGrant(world.deps, { ...by(world, who), channel, id, decision: { kind: 'approve' } });
    for (const who of ['dan', 'eve', 'bob'])
      for (const channel of ['slack', 'cli'] as const)
        expect([who, await through(who, channel)]).toMatchObject([who, { error: { reason: 'channelNotAllowed' } }]);
    const no = { kind: 'deny', reason: 'not now' } as const;
    expect(await decideGrant(world.deps, { ...by(world, 'dan'), channel: 'slack', id, decision: no })).toMatchObject({
      error: { reason: 'channelNotAllowed' },
    });
    expect(await through('dan', 'console')).toMatchObject({ ok: true });
    expect((await world.grant(id)).approvals).toMatchObject([{ personId: 'dan', channel: 'console' }]);
    expect((await world.activate(id)).kind).toBe('active');
  });

  test('I1: a step that may no longer be decided through the channel that it was decided through opens nothing', async () => {
    const world = worldOf(LATER);
    const id = await ask(world);
    await world.sweepFor(60);
    await world.approve('dan', id);
    world.config = rules({ ...LATER, channels: ['console'] });
    expect((await world.activate(id)).kind).not.toBe('active');
    expect([...world.prod.entries.keys()]).toEqual([]);
  });

  test('the second step counts from when it began', async () => {
    const world = worldOf({}, LATER);
    const id = await ask(world);
    await world.sweepFor(50);
    await world.approve('bob', id);
    await world.sweepFor(59);
    expect(typesOf(world, id, 'escalated')).toEqual([]);
    await world.sweepFor(1);
    expect(world.events(id).at(-1)).toMatchObject({ at: at(110), body: { step: 2 } });
  });

  test('a step that a stand-in completed is done: the one after it is escalated all the same', async () => {
    const world = worldOf({}, { ...LATER, escalateTo: [one('fay')] });
    const id = await ask(world);
    await lend(world, 'bob');
    await world.approve('dan', id);
    await world.sweepFor(60);
    expect(world.events(id).at(-1)?.body).toEqual({ type: 'escalated', step: 2, to: ['fay'] });
  });

  test('F22: escalated to dan, whom the rules name no more: his approval counts neither now nor at activation', async () => {
    const world = worldOf(LATER);
    const id = await ask(world);
    await world.sweepFor(61);
    await world.approve('dan', id);
    world.config = rules({});
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    const next = worldOf(LATER);
    const pending = await ask(next);
    await next.sweepFor(61);
    next.config = rules({});
    expect(await next.approve('dan', pending)).toMatchObject({ error: { reason: 'notApprover' } });
  });

  test('F40: not by a clock that may be wrong', async () => {
    const world = worldOf(LATER);
    const id = await ask(world);
    world.advance(70);
    const { sweep } = await import('../../src/broker/sweep.ts');
    await sweep(world.deps, () => false, at(0));
    expect(typesOf(world, id, 'escalated')).toEqual([]);
  });

  test('an extension: dan may decide it after an hour, without its first approvers', async () => {
    const world = worldOf({ ...LATER, escalateAfter: (20 * MINUTE) as typeof MINUTE });
    const id = await ask(world);
    await world.approve('bob', id);
    await world.activate(id);
    await extendGrant(world.deps, {
      ...by(world, 'ada'),
      id,
      input: { duration: '30m', justification: 'not done yet' },
    });
    await world.sweepFor(21);
    expect((await world.approve('dan', id)).ok).toBe(true);
    await world.sweepFor(2);
    expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(90) });
  });
});

describe('what waits for me', () => {
  test('undecided, mine to decide, not by me yet; also for somebody who is away', async () => {
    const world = worldOf({ approvalsNeeded: 2 });
    const first = await ask(world);
    const { grant: second } = await world.request('bob', { cluster: 'test' });
    await idOf(world, 'bob');
    const waiting = async (who: string) =>
      (await listGrants(world.deps, world.person(who), { view: 'waiting', limit: 50 })).items
        .map(({ grant }) => grant.id)
        .sort();
    expect(await waiting('cyd')).toEqual([first, second.id].sort());
    expect(await waiting('bob'), 'not his own').toEqual([first]);
    expect(await waiting('dan'), 'not what bob asked for').toEqual([first]);
    expect(await waiting('ada')).toEqual([]);
    await world.approve('dan', first);
    expect([await waiting('bob'), await waiting('dan'), await waiting('cyd')]).toEqual([
      [],
      [],
      [first, second.id].sort(),
    ]);
    await withdrawGrant(world.deps, { ...by(world, 'ada'), id: first });
    expect(await waiting('cyd')).toEqual([second.id]);
    world.advance(480);
    expect(await waiting('cyd'), 'its window is over').toEqual([]);
  });
  countCases('who waits', 5);
});
