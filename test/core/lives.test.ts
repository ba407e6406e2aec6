/**
 * Catches what a grant's events could lose or make up on the way: what was asked for together, the ticket and the
 * emergency that are kept through every state, a review that is owed, done or reminded of when it cannot be, and the
 * steps in which more time is decided.
 */
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/core/event.ts';
import { evolve, ImpossibleTransition } from '../../src/core/evolve.ts';
import { evaluateExtension, permitsExtension } from '../../src/core/extension.ts';
import type { Active, Approval, Grant } from '../../src/core/grant.ts';
import { type TaskKind, tasksOf } from '../../src/core/task.ts';
import { at, configWith, FACTS, HOUR, ID, IN_STATE, MINUTE } from './fixtures.ts';

const DAY = 24 * 60;
const GLASS = { incident: 'INC-1', reviewBy: at(3 * DAY) };
const past = (grant: Grant, ...events: (readonly [EventBody, number])[]): Grant =>
  events.reduce((now, [body, minute]) => evolve(now, body, at(minute)), grant);
const timesOf = (grant: Grant, kind: TaskKind): number[] =>
  tasksOf(grant).flatMap((task) => (task.kind === kind ? [task.at] : []));
const impossible = (grant: Grant, body: EventBody): void => {
  expect(() => evolve(grant, body, at(99))).toThrow(ImpossibleTransition);
};

const LIFE: readonly (readonly [EventBody, number])[] = [
  [{ type: 'prepared', clusterCreatedAt: at(-9), roleId: 'AROA' }, 1],
  [{ type: 'scheduled', startsAt: at(10), expiresAt: at(70) }, 2],
  [{ type: 'armed', expiresAt: at(70) }, 10],
  [{ type: 'activated', entryArn: 'arn:entry' }, 11],
  [{ type: 'revoking', outcome: { state: 'ended', reason: 'expired' } }, 70],
  [{ type: 'ended' }, 71],
];

test('what was asked for is kept through every state of its life', () => {
  const asked = {
    startAt: at(10),
    ticket: 'INC-1',
    ticketSystem: 'jira',
    batch: { id: ID, grants: [{ id: ID, cluster: 'prod' }] },
    breakGlass: GLASS,
  };
  let grant = evolve(undefined, { type: 'requested', facts: { ...FACTS, ...asked } }, at(0));
  grant = evolve(grant, { type: 'brokeGlass', incident: 'INC-1' }, at(0));
  const review = { owedSince: at(0), dueBy: at(3 * DAY), reminders: 0 };
  const states: string[] = [];
  for (const [body, minute] of LIFE) {
    grant = evolve(grant, body, at(minute));
    states.push(grant.state);
    expect(grant).toMatchObject({ ...FACTS, ...asked, review });
  }
  expect(states).toEqual(['pending', 'scheduled', 'activating', 'active', 'revoking', 'ended']);
});

test('what was not asked for is made up in none of them', () => {
  let grant: Grant = evolve(undefined, { type: 'requested', facts: FACTS }, at(0));
  for (const [body, minute] of LIFE) {
    grant = evolve(grant, body, at(minute));
    for (const name of ['startAt', 'ticket', 'ticketSystem', 'batch', 'escalated', 'breakGlass', 'review'])
      expect(grant).not.toHaveProperty(name);
  }
});

describe('an emergency', () => {
  const broken: Grant = { ...IN_STATE.pending, breakGlass: GLASS };
  const owed: Grant = {
    ...IN_STATE.ended,
    breakGlass: GLASS,
    review: { owedSince: at(0), dueBy: at(3 * DAY), reminders: 0 },
  };
  const REVIEWED: EventBody = { type: 'reviewed', by: 'Eve', byId: 'eve', verdict: 'ok', note: 'fine' };

  test('owes its review from the moment it is broken, and only what was asked for as one', () => {
    expect(evolve(broken, { type: 'brokeGlass', incident: 'INC-1' }, at(1))).toEqual({
      ...broken,
      review: { owedSince: at(1), dueBy: at(3 * DAY), reminders: 0 },
    });
    impossible(IN_STATE.pending, { type: 'brokeGlass', incident: 'INC-1' });
    impossible({ ...IN_STATE.active, breakGlass: GLASS }, { type: 'brokeGlass', incident: 'INC-1' });
  });

  test('is reviewed once, when it is over, by somebody with a name', () => {
    const done = evolve(owed, REVIEWED, at(99));
    expect(done).toEqual({
      ...owed,
      review: {
        ...{ owedSince: at(0), dueBy: at(3 * DAY), reminders: 0 },
        done: { at: at(99), by: 'Eve', byId: 'eve', verdict: 'ok', note: 'fine' },
      },
    });
    impossible(done, REVIEWED);
    impossible(IN_STATE.ended, REVIEWED);
    impossible(
      { ...IN_STATE.active, breakGlass: GLASS, ...('review' in owed && { review: owed.review }) } as Grant,
      REVIEWED,
    );
  });

  test('is reminded of while it is owed', () => {
    const again = past(owed, [{ type: 'reviewOverdue' }, 1], [{ type: 'reviewOverdue' }, 2]);
    expect(again.review).toMatchObject({ reminders: 2 });
    impossible(evolve(owed, REVIEWED, at(99)), { type: 'reviewOverdue' });
    impossible(IN_STATE.ended, { type: 'reviewOverdue' });
  });

  test('when: at once, then daily, after ten days weekly; and not any more when it is done', () => {
    const after = (reminders: number): number[] =>
      timesOf({ ...owed, review: { owedSince: at(0), dueBy: at(3 * DAY), reminders } } as Grant, 'remindReview');
    const daysAfter = (reminders: number): number[] =>
      after(reminders).map((time) => (time - at(3 * DAY)) / (DAY * MINUTE));
    expect([0, 1, 9, 10, 11].flatMap(daysAfter)).toEqual([0, 1, 9, 14, 21]);
    expect(timesOf(evolve(owed, REVIEWED, at(99)), 'remindReview')).toEqual([]);
    expect(timesOf(IN_STATE.ended, 'remindReview')).toEqual([]);
  });
});

describe('more time', () => {
  const BEGINS = { step: 1, remindEvery: (5 * MINUTE) as typeof MINUTE, escalateAfter: (9 * MINUTE) as typeof MINUTE };
  const APPROVAL: Approval = { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(21) };
  const ASKED: EventBody = { type: 'extensionRequested', expiresAt: at(100), justification: 'more', begins: BEGINS };
  const asked = evolve(IN_STATE.active, ASKED, at(20)) as Active;

  test('waits like a request: reminders and escalation of its step', () => {
    expect(asked.extension).toEqual({
      ...{ requestedAt: at(20), expiresAt: at(100), justification: 'more', approvals: [], autoApproved: false },
      ...{ granted: false, waiting: { ...BEGINS, since: at(20), reminders: 0 } },
    });
    expect([timesOf(asked, 'remind'), timesOf(asked, 'escalate')]).toEqual([[at(25)], [at(29)]]);
    const reminded = evolve(asked, { type: 'reminded', step: 1, approvers: ['bob'] }, at(25)) as Active;
    expect(reminded.extension?.waiting).toMatchObject({ reminders: 1, remindedAt: at(25) });
    const escalated = evolve(asked, { type: 'escalated', step: 1, to: ['dan'] }, at(29)) as Active;
    expect(escalated.extension?.escalated).toEqual([1]);
    impossible(escalated, { type: 'escalated', step: 1, to: ['dan'] });
    impossible(asked, { type: 'reminded', step: 2, approvers: [] });
    impossible(IN_STATE.active, { type: 'reminded', step: 1, approvers: [] });
    impossible(IN_STATE.revoking, { type: 'reminded', step: 1, approvers: [] });
  });

  test('an approval is kept, and the next step begins with it', () => {
    const next = { step: 2, escalateAfter: HOUR };
    const approved = evolve(asked, { type: 'extensionApproved', approval: APPROVAL, begins: next }, at(21)) as Active;
    expect(approved.extension).toMatchObject({
      approvals: [APPROVAL],
      waiting: { ...next, since: at(21), reminders: 0 },
    });
    expect(approved.expiresAt).toBe(IN_STATE.active.expiresAt);
  });

  test('granted, nothing waits any more; denied, nothing is left of it', () => {
    const granted = evolve(asked, { type: 'extensionGranted', autoApproved: true }, at(22)) as Active;
    expect(granted.extension).toMatchObject({ granted: true, autoApproved: true });
    expect(granted.extension).not.toHaveProperty('waiting');
    impossible(granted, { type: 'reminded', step: 1, approvers: [] });
    expect(timesOf(granted, 'extend')).toHaveLength(1);
    const denied = evolve(asked, { type: 'extensionDenied', reason: 'no', by: 'Bob' }, at(22));
    expect(denied).toEqual(IN_STATE.active);
    impossible(IN_STATE.active, { type: 'extensionDenied', reason: 'no', by: 'Bob' });
  });

  test('an emergency has none, whatever the rule offers', () => {
    const config = configWith({ extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: true } });
    const grant: Active = { ...IN_STATE.active, breakGlass: GLASS };
    const refused = { ok: false, error: { reason: 'extensionNotOffered', entitlement: 'prod-view' } };
    expect(evaluateExtension({ duration: '30m', justification: 'more time' }, grant, config)).toEqual(refused);
    const extension = { ...(asked.extension as NonNullable<Active['extension']>), autoApproved: true };
    expect(permitsExtension(grant, extension, config)).toEqual(refused);
  });

  test('a length has to be readable, and a reason given', () => {
    const config = configWith({ extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: true } });
    for (const input of [{ duration: 'soon', justification: 'more time' }, { duration: '30m' }])
      expect(evaluateExtension(input, IN_STATE.active, config), JSON.stringify(input)).toMatchObject({ ok: false });
  });
});
