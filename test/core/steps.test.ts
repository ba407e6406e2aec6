/**
 * Catches: a step that begins twice, or without what keeps it moving; quorums that are called possible with too few
 * people, or impossible with enough; and a list of members that a name, a leaver or another list slips into.
 */
import { describe, expect, test } from 'vitest';
import type { ApprovalStep, Entitlement, Subject } from '../../src/core/configuration.ts';
import type { Verdict } from '../../src/core/decision.ts';
import type { Approval } from '../../src/core/grant.ts';
import { membersIn, subjectText } from '../../src/core/members.ts';
import { canBeMet, indispensable, type Quorum } from '../../src/core/quorum.ts';
import { firstStep, nextStep } from '../../src/core/step.ts';
import { at, CONFIG, ENTITLEMENT, entitlement, group, HOUR, MINUTE, one, person } from './fixtures.ts';

const REMINDED = { remindEvery: (30 * MINUTE) as typeof MINUTE } as const;
const ESCALATED = { escalateAfter: HOUR } as const;
const ruleOf = (...steps: readonly Partial<ApprovalStep>[]): Entitlement =>
  entitlement({
    approval: {
      ...ENTITLEMENT.approval,
      steps: steps.map((more) => ({ approvers: [group('leads')], approvalsNeeded: 1, channels: [], ...more })),
    },
  });
const APPROVAL: Approval = { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(1) };
const waiting = (step: number): Verdict => ({ kind: 'waiting', step, have: 0, needed: 1 });

describe('a step that begins', () => {
  test.each([
    ['no step', ruleOf(), undefined],
    ['nothing keeps any step moving', ruleOf({}, {}), undefined],
    ['reminders', ruleOf(REMINDED), { step: 1, ...REMINDED }],
    ['escalation', ruleOf(ESCALATED), { step: 1, ...ESCALATED }],
    ['both', ruleOf({ ...REMINDED, ...ESCALATED }), { step: 1, ...REMINDED, ...ESCALATED }],
    ['a later one only', ruleOf({}, REMINDED), { step: 1 }],
  ])('the first, with %s', (_what, rule, wanted) => {
    expect(firstStep(rule)).toEqual(wanted);
  });

  const TWO = ruleOf(REMINDED, ESCALATED);
  test.each([
    ['its own step still waits', TWO, waiting(1), undefined],
    ['the next one waits', TWO, waiting(2), { step: 2, ...ESCALATED }],
    ['nothing waits', TWO, { kind: 'granted' } as Verdict, undefined],
    ['the next one waits, and only the one before is kept moving', ruleOf(REMINDED, {}), waiting(2), { step: 2 }],
    ['the next one waits, and nothing keeps any moving', ruleOf({}, {}), waiting(2), undefined],
  ])('after an approval of the first: %s', (_what, rule, verdict, wanted) => {
    expect(nextStep(rule, APPROVAL, verdict)).toEqual(wanted);
  });
});

describe('can different people be found?', () => {
  const quorum = (people: string, needed = 1): Quorum => ({ people: new Set(people), needed });
  const CASES: readonly (readonly [string, readonly Quorum[], string, boolean, string])[] = [
    ['nobody is needed', [], '', true, ''],
    ['one of one', [quorum('a')], '', true, 'a'],
    ['one of one, who asks', [quorum('a')], 'a', false, 'a'],
    ['one of one, and somebody else asks', [quorum('a')], 'z', true, 'a'],
    ['one of two, one of whom asks', [quorum('ab')], 'a', true, ''],
    ['one of two, both of whom ask', [quorum('ab')], 'ab', false, ''],
    ['two of one', [quorum('a', 2)], '', false, ''],
    ['the same one twice', [quorum('a'), quorum('a')], '', false, ''],
    ['two of the same two', [quorum('ab'), quorum('ab')], '', true, 'ab'],
    ['three steps for two', [quorum('ab'), quorum('ab'), quorum('ab')], '', false, ''],
    ['three steps, tight in two', [quorum('ab'), quorum('ab'), quorum('abcd')], '', true, 'ab'],
    ['three steps, tight in two, one of whom asks', [quorum('ab'), quorum('ab'), quorum('abcd')], 'b', false, 'ab'],
  ];
  test.each(CASES)('%s', (_what, quorums, without, wanted, needed) => {
    expect(canBeMet(quorums, new Set(without))).toBe(wanted);
    expect([...indispensable(quorums)].sort().join('')).toBe(needed);
  });
});

describe('whom subjects name', () => {
  const directory = {
    people: { ...CONFIG.directory.people, gus: person('gus', { disabled: true }) },
    groups: { ...CONFIG.directory.groups, left: ['gus', 'nobody', 'bob'] },
    roles: { ci: { role: 'arn:aws:iam::111111111111:role/ci', owners: [one('ada')] } },
  } as unknown as typeof CONFIG.directory;
  const named = (...subjects: readonly Subject[]): string[] => [...membersIn(directory)(subjects)].sort();

  test.each([
    ['a group', [group('leads')], ['bob', 'cyd']],
    ['a group and one of it', [group('leads'), one('bob')], ['bob', 'cyd']],
    ['a person', [one('ada')], ['ada']],
    ['somebody who left, and nobody', [one('gus'), one('nobody'), one('toString')], []],
    ['a group with both', [group('left')], ['bob']],
    ['a group that is not there', [group('none')], []],
    ['a role', [{ kind: 'role', id: 'ci' }], [subjectText({ kind: 'role', id: 'ci' })]],
    ['a role that is not there', [{ kind: 'role', id: 'cd' }], []],
  ] as const)('%s', (_what, subjects, wanted) => {
    expect(named(...subjects)).toEqual(wanted);
  });

  test('one list is not another’s, whatever was asked before', () => {
    const members = membersIn(directory);
    expect([...members([group('leads')])]).toEqual(['bob', 'cyd']);
    expect([...members([one('leads')])]).toEqual([]);
    expect([...members([one('ada'), one('bob')])]).toEqual(['ada', 'bob']);
    expect(members([group('leads')])).toBe(members([group('leads')]));
  });

  test('as they are written', () => {
    expect([group('leads'), one('ada')].map(subjectText)).toEqual(['group:leads', 'ada']);
    expect(subjectText({ kind: 'role', id: 'ci' })).toBe('role:ci');
  });
});
