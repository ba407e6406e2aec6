/** Catches: a team's test of its rules that passes where enforcing would have decided otherwise. */
import { expect, test } from 'vitest';
import type { Duration } from '../../src/core/time.ts';
import { courseOf, type Trial, type TrialDecision } from '../../src/core/trial.ts';
import { at, CONFIG, configWith, group, HOUR, person, T0 } from './fixtures.ts';

const TWO = configWith({
  approval: {
    autoApprove: false,
    window: (8 * HOUR) as Duration,
    steps: [
      { approvers: [group('leads')], approvalsNeeded: 1, channels: [] },
      { approvers: [group('security'), group('leads')], approvalsNeeded: 1, channels: ['console'] },
    ],
  },
});
const who = (id: string) => CONFIG.directory.people[id] ?? person(id);
const yes = (id: string, channel: TrialDecision['channel'] = 'console', minutes = 1): TrialDecision => ({
  kind: 'approve',
  person: who(id),
  channel,
  at: at(minutes),
});
const deny = (id: string, reason = 'no'): TrialDecision => ({
  kind: 'deny',
  person: who(id),
  channel: 'cli',
  at: at(1),
  reason,
});
const trial = (decisions: readonly TrialDecision[], more: Partial<Trial> = {}): Trial => ({
  person: who('ada'),
  channel: 'cli',
  input: { entitlement: 'prod-view', justification: 'looking' },
  at: T0,
  decisions,
  ...more,
});
const answers = (decisions: readonly TrialDecision[], more: Partial<Trial> = {}) => {
  const course = courseOf(trial(decisions, more), TWO);
  return [...course.decisions.map((one) => (one.ok ? one.value : one.error.reason)), course.outcome.kind];
};

test.each<[string, readonly TrialDecision[], (number | string)[]]>([
  ['nobody has decided', [], ['waiting']],
  ['one step of two', [yes('bob')], [1, 'waiting']],
  ['both, by different people', [yes('bob'), yes('cyd')], [1, 2, 'granted']],
  ['both by the same one', [yes('bob'), yes('bob')], [1, 'alreadyApproved', 'waiting']],
  ['by who asked', [yes('ada')], ['selfApproval', 'waiting']],
  ['by somebody else', [yes('eve')], ['notApprover', 'waiting']],
  ['through the wrong channel', [yes('bob', 'cli'), yes('dan', 'cli')], [1, 'channelNotAllowed', 'waiting']],
  ['in time', [yes('bob', 'cli', 479)], [1, 'waiting']],
  ['too late', [yes('bob', 'cli', 480)], ['requestLapsed', 'waiting']],
  ['denied', [deny('bob')], [1, 'denied']],
  ['denied without a reason', [deny('bob', ' ')], ['denialReasonMissing', 'waiting']],
  ['denied, then approved', [deny('bob'), yes('cyd')], [1, 'notPending', 'denied']],
  ['approved by more than are needed', [yes('bob'), yes('cyd'), yes('dan')], [1, 2, 'notPending', 'granted']],
])('%s', (_what, decisions, expected) => expect(answers(decisions)).toEqual(expected));

test('refused before anybody could decide; and over before it was approved', () => {
  expect(courseOf(trial([], { person: who('dan') }), TWO).outcome).toMatchObject({
    kind: 'refused',
    why: { reason: 'notEligible' },
  });
  const soon = { entitlement: 'prod-view', justification: 'looking', startAt: '2026-11-24T03:10:00Z', duration: '30m' };
  expect(answers([yes('bob', 'cli', 40)], { input: soon })).toEqual(['windowOver', 'waiting']);
  expect(answers([yes('bob', 'cli', 39)], { input: soon })).toEqual([1, 'waiting']);
});
