/**
 * Catches: a reminder or an escalation of a step that does not wait, one that is due after the request is over, and what
 * an undecided step leaves behind on a grant that was decided.
 */
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/core/event.ts';
import { evolve, ImpossibleTransition } from '../../src/core/evolve.ts';
import type { Grant, StepBegun } from '../../src/core/grant.ts';
import { MOST_REMINDERS, tasksOf } from '../../src/core/task.ts';
import { at, FACTS, HOUR, IN_STATE, MINUTE } from './fixtures.ts';

const BEGINS: StepBegun = { step: 1, remindEvery: (30 * MINUTE) as typeof MINUTE, escalateAfter: HOUR };
const reminded = (step = 1): EventBody => ({ type: 'reminded', step, approvers: ['bob'] });
const escalated = (step = 1): EventBody => ({ type: 'escalated', step, to: ['dan'] });
const asked = (begins?: StepBegun): Grant =>
  evolve(undefined, { type: 'requested', facts: FACTS, ...(begins && { begins }) }, at(0));
const past = (grant: Grant, ...events: (readonly [EventBody, number])[]): Grant =>
  events.reduce((now, [body, minute]) => evolve(now, body, at(minute)), grant);
const nudgesOf = (grant: Grant) =>
  tasksOf(grant).flatMap(({ kind, at: due }) => (kind === 'remind' || kind === 'escalate' ? [[kind, due]] : []));

describe('what is due', () => {
  test('nothing where the rules say nothing', () => expect(nudgesOf(asked())).toEqual([]));
  test('both, from when the step began', () =>
    expect(nudgesOf(asked(BEGINS))).toEqual([
      ['remind', at(30)],
      ['escalate', at(60)],
    ]));
  test('the next reminder counts from the last one, and an escalation is not due again', () =>
    expect(nudgesOf(past(asked(BEGINS), [reminded(), 47], [escalated(), 61]))).toEqual([['remind', at(77)]]));
  test('five reminders at most', () => {
    const often = Array.from({ length: MOST_REMINDERS }, (_, n) => [reminded(), 30 * (n + 1)] as const);
    expect(nudgesOf(past(asked(BEGINS), ...often))).toEqual([['escalate', at(60)]]);
  });
  test('none at or after the moment at which the request lapses', () => {
    const facts = { ...FACTS, decideBy: at(60) };
    expect(nudgesOf(evolve(undefined, { type: 'requested', facts, begins: BEGINS }, at(0)))).toEqual([
      ['remind', at(30)],
    ]);
  });
  test('the next step has its own', () => {
    const approval = { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(50) } as const;
    const next = past(
      asked(BEGINS),
      [reminded(), 30],
      [{ type: 'approved', approval, begins: { step: 2, escalateAfter: HOUR } }, 50],
    );
    expect(nudgesOf(next)).toEqual([['escalate', at(110)]]);
  });
});

describe('what cannot happen', () => {
  test.each<[string, Grant, EventBody]>([
    ['a reminder of a step that does not wait', asked(BEGINS), reminded(2)],
    ['an escalation of a step that does not wait', asked(BEGINS), escalated(2)],
    ['an escalation of a step twice', past(asked(BEGINS), [escalated(), 60]), escalated()],
    ['a reminder where nothing began', asked(), reminded()],
    ['a reminder of what is decided', IN_STATE.scheduled, reminded()],
    ['a reminder of live access', IN_STATE.active, reminded()],
    ['an escalation of what is over', IN_STATE.denied, escalated()],
  ])('%s', (_what, grant, body) => expect(() => evolve(grant, body, at(70))).toThrow(ImpossibleTransition));
});

test('what waited is forgotten when it is decided; to whom it was escalated is kept', () => {
  for (const body of [
    { type: 'scheduled', startsAt: at(70), expiresAt: at(130) },
    { type: 'lapsed' },
    { type: 'withdrawn' },
  ] as const) {
    const decided = past(asked(BEGINS), [escalated(), 60], [body, 61]);
    expect(decided).toMatchObject({ escalated: [1] });
    expect(Object.keys(decided)).not.toContain('waiting');
  }
});
