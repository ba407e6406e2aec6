/**
 * Catches: a state that is reached by a way nobody meant (from denied to active), a second terminal event, and facts of
 * the grant that get lost on the way to its end, where the removal still needs them.
 */
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/core/event.ts';
import { evolve, ImpossibleTransition, replay, SETTLE_PASSES } from '../../src/core/evolve.ts';
import { expiryOf, type Grant, latestEnd, type Outcome, type State, TRANSITIONS } from '../../src/core/grant.ts';
import { at, countCases, FACTS, HOUR, IN_STATE } from './fixtures.ts';

const BODIES: { [T in EventBody['type']]: Extract<EventBody, { type: T }> } = {
  requested: { type: 'requested', facts: FACTS },
  prepared: { type: 'prepared', clusterCreatedAt: at(-1_000), roleId: 'AROADEDICATED0000001' },
  approved: { type: 'approved', approval: { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(3) } },
  reminded: { type: 'reminded', step: 1, approvers: ['bob'] },
  escalated: { type: 'escalated', step: 1, to: ['dan'] },
  autoApproved: { type: 'autoApproved' },
  // Of a grant that was asked for by break-glass only: test/core/break-glass.test.ts.
  brokeGlass: { type: 'brokeGlass', incident: 'INC-1' },
  reviewed: { type: 'reviewed', by: 'Eve', byId: 'eve', verdict: 'ok', note: 'fine' },
  reviewOverdue: { type: 'reviewOverdue' },
  scheduled: { type: 'scheduled', startsAt: at(10), expiresAt: at(70) },
  armed: { type: 'armed', expiresAt: at(70) },
  activated: { type: 'activated', entryArn: 'arn:entry/1' },
  verified: { type: 'verified' },
  warned: { type: 'warned' },
  narrowed: { type: 'narrowed', until: at(70) },
  extensionRequested: { type: 'extensionRequested', expiresAt: at(100), justification: 'not done' },
  extensionApproved: {
    type: 'extensionApproved',
    approval: { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(60) },
  },
  extensionGranted: { type: 'extensionGranted', autoApproved: false },
  extensionDenied: { type: 'extensionDenied', reason: 'no' },
  extended: { type: 'extended', expiresAt: at(100) },
  revoking: { type: 'revoking', outcome: { state: 'ended', reason: 'expired' } },
  ended: { type: 'ended' },
  failed: { type: 'failed' },
  denied: { type: 'denied', reason: 'no' },
  withdrawn: { type: 'withdrawn' },
  lapsed: { type: 'lapsed' },
  settled: { type: 'settled', found: [] },
  roleDeleted: { type: 'roleDeleted' },
  // The hub's own: to a grant they cannot happen.
  frozen: {
    type: 'frozen',
    freeze: { scope: { kind: 'all' }, by: 'Fay', byId: 'fay', reason: 'INC-1', since: at(0), breakGlass: false },
  },
  thawed: { type: 'thawed', scope: { kind: 'all' } },
  endOrdered: {
    type: 'endOrdered',
    order: { id: 'o', scope: { kind: 'all' }, by: 'Fay', byId: 'fay', since: at(0) },
  },
  endOrderAdvanced: { type: 'endOrderAdvanced', order: 'o', after: 'a' },
  endOrderDone: { type: 'endOrderDone', order: 'o' },
  configurationChanged: { type: 'configurationChanged', now: { digest: 'd', release: '1.0.0', since: at(0) } },
};

const EVENTS = Object.keys(BODIES) as EventBody['type'][];
const STATES = Object.keys(IN_STATE) as State[];

/** From the brief's chapter on the life of a grant, by hand. What is not here must throw. */
const MAY: Record<State, Partial<Record<EventBody['type'], State>>> = {
  pending: {
    prepared: 'pending',
    approved: 'pending',
    autoApproved: 'pending',
    scheduled: 'scheduled',
    denied: 'denied',
    withdrawn: 'withdrawn',
    lapsed: 'lapsed',
    armed: 'activating',
  },
  scheduled: { prepared: 'scheduled', armed: 'activating', denied: 'denied', withdrawn: 'withdrawn' },
  activating: { activated: 'active', revoking: 'revoking' },
  // The other events of an extension need one that was asked for: test/core/extension.test.ts.
  active: {
    verified: 'active',
    warned: 'active',
    narrowed: 'active',
    extensionRequested: 'active',
    revoking: 'revoking',
  },
  revoking: { ended: 'ended' },
  ended: { settled: 'ended', roleDeleted: 'ended' },
  failed: { settled: 'failed', roleDeleted: 'failed' },
  // Never armed: there is nothing to settle.
  denied: { roleDeleted: 'denied' },
  withdrawn: { roleDeleted: 'withdrawn' },
  lapsed: { roleDeleted: 'lapsed' },
};

describe('every state × every event', () => {
  const cases = STATES.flatMap((state) => EVENTS.map((event) => [state, event, MAY[state][event]] as const));
  countCases('transitions', cases.length);
  test.each(cases)('%s + %s → %s', (state, event, next) => {
    if (next === undefined) expect(() => evolve(IN_STATE[state], BODIES[event], at(90))).toThrow(ImpossibleTransition);
    else expect(evolve(IN_STATE[state], BODIES[event], at(90)).state).toBe(next);
  });
});

test('a grant begins by being requested, once', () => {
  expect(evolve(undefined, BODIES.requested, at(0))).toEqual(IN_STATE.pending);
  for (const event of EVENTS.filter((type) => type !== 'requested'))
    expect(() => evolve(undefined, BODIES[event], at(0))).toThrow(ImpossibleTransition);
});

test('the transition table is the one of the brief', () => {
  expect(TRANSITIONS).toEqual({
    pending: ['scheduled', 'activating', 'denied', 'withdrawn', 'lapsed'],
    scheduled: ['activating', 'denied', 'withdrawn'],
    activating: ['active', 'revoking'],
    active: ['revoking'],
    revoking: ['ended', 'failed', 'denied'],
    ended: [],
    failed: [],
    denied: [],
    withdrawn: [],
    lapsed: [],
  });
});

describe('revoking ends as it was decided to', () => {
  const outcomes: readonly [Outcome, EventBody['type']][] = [
    [{ state: 'ended', reason: 'endedEarly', by: 'Fay' }, 'ended'],
    [{ state: 'failed', reason: 'clusterReplaced' }, 'failed'],
    [{ state: 'denied', reason: 'entitlementChanged' }, 'denied'],
  ];
  test.each(outcomes)('%j', (outcome, right) => {
    const grant: Grant = { ...IN_STATE.revoking, outcome };
    for (const event of ['ended', 'failed', 'denied'] as const) {
      if (event !== right) expect(() => evolve(grant, BODIES[event], at(90))).toThrow(ImpossibleTransition);
      else expect(evolve(grant, BODIES[event], at(90))).toMatchObject({ ...outcome, at: at(90) });
    }
  });

  test('but a cluster that is gone is the reason, whatever was decided', () => {
    expect(evolve(IN_STATE.revoking, { type: 'ended', clusterGone: true }, at(90))).toMatchObject({
      reason: 'clusterGone',
    });
  });

  test.each(outcomes)('F4: %j keeps what the settle passes need', (outcome, event) => {
    const over = evolve({ ...IN_STATE.revoking, outcome }, BODIES[event], at(90));
    expect(over).toMatchObject({
      aftercare: { settlePasses: 0, role: 'owed' },
      preparation: IN_STATE.revoking.preparation,
    });
    expect(expiryOf(over)).toBe(at(70));
  });
});

test('one terminal event: once over, nothing ends it again', () => {
  for (const state of ['ended', 'failed', 'denied', 'withdrawn', 'lapsed'] as const)
    for (const event of ['ended', 'failed', 'denied', 'withdrawn', 'lapsed', 'revoking', 'armed', 'activated'] as const)
      expect(() => evolve(IN_STATE[state], BODIES[event], at(99)), `${state} + ${event}`).toThrow(ImpossibleTransition);
});

test('settle passes are two, and the role is deleted once', () => {
  expect(SETTLE_PASSES).toBe(2);
  const once = evolve(IN_STATE.ended, BODIES.settled, at(73));
  const twice = evolve(once, BODIES.settled, at(81));
  expect(twice).toMatchObject({ aftercare: { settlePasses: 2, role: 'owed' } });
  expect(() => evolve(twice, BODIES.settled, at(82))).toThrow(ImpossibleTransition);
  const deleted = evolve(twice, BODIES.roleDeleted, at(83));
  expect(deleted).toMatchObject({ aftercare: { settlePasses: 2, role: 'deleted' } });
  expect(() => evolve(deleted, BODIES.roleDeleted, at(84))).toThrow(ImpossibleTransition);
});

test('a standing role is never owed its deletion', () => {
  const principal = { mode: 'role', arn: 'arn:aws:iam::1:role/x', assumableBy: [], opensTo: [] } as const;
  expect(evolve({ ...IN_STATE.revoking, principal }, BODIES.ended, at(90))).toMatchObject({
    aftercare: { role: 'none' },
  });
  expect(evolve({ ...IN_STATE.pending, principal }, BODIES.lapsed, at(480))).toMatchObject({
    aftercare: { role: 'none' },
  });
});

test('F9: the latest end is after the window, or after the start if that is later', () => {
  expect(latestEnd(FACTS)).toBe(at(480 + 60));
  expect(latestEnd({ ...FACTS, startAt: at(1_000) })).toBe(at(1_000 + 60));
  expect(latestEnd({ ...FACTS, startAt: at(100), duration: (2 * HOUR) as typeof HOUR })).toBe(at(480 + 120));
});

test('a whole life, replayed', () => {
  const life: readonly (readonly [EventBody['type'], number])[] = [
    ['requested', 0],
    ['prepared', 1],
    ['approved', 10],
    ['armed', 10],
    ['activated', 11],
    ['verified', 13],
    ['narrowed', 13],
    ['warned', 60],
    ['revoking', 70],
    ['ended', 71],
  ];
  const events = life.map(([type, minute], i) => ({
    grantId: FACTS.id,
    n: i + 1,
    at: at(minute),
    actor: { kind: 'system', part: 'api' } as const,
    body: BODIES[type],
    previous: '',
    hash: '',
  }));
  expect(replay(events)).toEqual({
    ...IN_STATE.ended,
    preparation: { clusterCreatedAt: at(-1_000), roleId: 'AROADEDICATED0000001' },
    approvals: [BODIES.approved.approval],
  });
  expect(replay([])).toBeUndefined();
});
