/**
 * Catches I1: access that counts as decided and was not: too few approvals, the wrong people, the wrong order, one person
 * twice, the requester, somebody who may no longer.
 */
import { describe, expect, test } from 'vitest';
import type { ApprovalStep, Channel, Configuration, Entitlement } from '../../src/core/configuration.ts';
import { approversOf, mayDecide, permits, verdictOn } from '../../src/core/decision.ts';
import type { Approval } from '../../src/core/grant.ts';
import type { Duration } from '../../src/core/time.ts';
import {
  at,
  CONFIG,
  configFor,
  configWith,
  countCases,
  ENTITLEMENT,
  FACTS,
  group,
  one,
  person,
  SSO_ROLE,
} from './fixtures.ts';

const step = (
  approvers: ApprovalStep['approvers'],
  approvalsNeeded = 1,
  channels: readonly Channel[] = [],
): ApprovalStep => ({
  approvers,
  approvalsNeeded,
  channels,
});
const withSteps = (...steps: ApprovalStep[]): Configuration =>
  configWith({ approval: { ...ENTITLEMENT.approval, steps } });
const by = (personId: string, number = 1, channel: Channel = 'cli'): Approval => ({
  personId,
  name: personId,
  step: number,
  channel,
  at: at(1),
});
const asked = (approvals: readonly Approval[], autoApproved = false) => ({ ...FACTS, approvals, autoApproved });
const ruleOf = (config: Configuration): Entitlement => config.entitlements['prod-view'] ?? ENTITLEMENT;

const two = withSteps(step([group('leads')], 2));
const sequence = withSteps(step([group('leads')]), step([group('security')]));
const slackOnly = withSteps(step([group('leads')], 1, ['slack', 'console']));

/** bob and cyd lead; dan and cyd are security; ada asks. */
const VERDICTS: readonly (readonly [
  string,
  Configuration,
  readonly Approval[],
  'granted' | readonly [number, number, number],
])[] = [
  ['nobody', CONFIG, [], [1, 0, 1]],
  ['one of the leads', CONFIG, [by('bob')], 'granted'],
  ['somebody else', CONFIG, [by('dan')], [1, 0, 1]],
  ['somebody unknown', CONFIG, [by('mallory')], [1, 0, 1]],
  ['the name of a property of every object', CONFIG, [by('constructor')], [1, 0, 1]],
  ['the requester', withSteps(step([one('ada')])), [by('ada')], [1, 0, 1]],
  ['a quorum of two', two, [by('bob'), by('cyd')], 'granted'],
  ['half of it', two, [by('bob')], [1, 1, 2]],
  ['half of it, twice', two, [by('bob'), by('bob')], [1, 1, 2]],
  ['half of it, through two channels', two, [by('bob', 1, 'slack'), by('bob', 1, 'cli')], [1, 1, 2]],
  ['half of it, and the requester', withSteps(step([one('ada'), one('bob')], 2)), [by('bob'), by('ada')], [1, 1, 2]],
  ['half of it, and somebody else', two, [by('bob'), by('dan')], [1, 1, 2]],
  ['both steps', sequence, [by('bob', 1), by('dan', 2)], 'granted'],
  ['the second step first', sequence, [by('dan', 2)], [1, 0, 1]],
  ['the first step only', sequence, [by('bob', 1)], [2, 0, 1]],
  ['one person for both steps, who may give either', sequence, [by('cyd', 1), by('cyd', 2)], [2, 0, 1]],
  ['one person for both, recorded the other way round', sequence, [by('cyd', 2), by('cyd', 1)], [2, 0, 1]],
  ['one person for both, and another for the second', sequence, [by('cyd', 1), by('cyd', 2), by('dan', 2)], 'granted'],
  ['security for both', sequence, [by('dan', 1), by('cyd', 2)], [1, 0, 1]],
  ['a lead in the security step', sequence, [by('cyd', 1), by('bob', 2)], [2, 0, 1]],
  ['a step that is not there', CONFIG, [by('bob', 2)], [1, 0, 1]],
  ['step nought', CONFIG, [by('bob', 0)], [1, 0, 1]],
  ['an allowed channel', slackOnly, [by('bob', 1, 'console')], 'granted'],
  ['a channel that is not allowed', slackOnly, [by('bob', 1, 'cli')], [1, 0, 1]],
  ['nobody could say yes', withSteps(), [], [1, 0, 1]],
  ['nobody could, and somebody did', withSteps(), [by('bob')], [1, 0, 1]],
  ['an empty group', withSteps(step([group('empty')])), [by('bob')], [1, 0, 1]],
  ['a group that is not there', withSteps(step([group('nosuch')])), [by('bob')], [1, 0, 1]],
  ['no approvers', withSteps(step([])), [by('bob')], [1, 0, 1]],
  ['more than were needed', CONFIG, [by('bob'), by('cyd')], 'granted'],
  ['a step was added since', sequence, [by('bob')], [2, 0, 1]],
  ['a step was taken away since', CONFIG, [by('bob', 1), by('dan', 2)], 'granted'],
  ['more are needed now', two, [by('bob')], [1, 1, 2]],
  [
    'who approved leads no more',
    configFor({ groups: { ...CONFIG.directory.groups, leads: ['cyd'] } }),
    [by('bob')],
    [1, 0, 1],
  ],
  [
    'who approved has left',
    configFor({ people: { ...CONFIG.directory.people, bob: person('bob', { disabled: true }) } }),
    [by('bob')],
    [1, 0, 1],
  ],
  [
    'who approved turns out to be the requester',
    configFor({ people: { ...CONFIG.directory.people, bob: person('bob', { email: 'ADA@example.com' }) } }),
    [by('bob')],
    [1, 0, 1],
  ],
  [
    'who approved was given the requester’s session',
    configFor({
      people: { ...CONFIG.directory.people, bob: person('bob', { iam: [{ role: SSO_ROLE, session: 'ada' }] }) },
    }),
    [by('bob')],
    [1, 0, 1],
  ],
  [
    'one person for both steps, under two entries',
    configFor({ people: { ...CONFIG.directory.people, dan: person('dan', { email: 'bob@example.com' }) } }, sequence),
    [by('bob', 1), by('dan', 2)],
    [2, 0, 1],
  ],
  [
    'one person under two entries',
    configFor({ people: { ...CONFIG.directory.people, cyd: person('cyd', { email: 'bob@example.com' }) } }, two),
    [by('bob'), by('cyd')],
    [1, 1, 2],
  ],
];

describe('I1: has it been decided?', () => {
  countCases('I1 verdicts', VERDICTS.length);
  test.each(VERDICTS)('%s', (_what, config, approvals, wanted) => {
    const verdict =
      wanted === 'granted'
        ? { kind: 'granted' }
        : { kind: 'waiting', step: wanted[0], have: wanted[1], needed: wanted[2] };
    expect(verdictOn(asked(approvals), ruleOf(config), config)).toEqual(verdict);
    const permitted = permits(asked(approvals), config);
    if (wanted === 'granted') expect(permitted).toEqual({ ok: true, value: ruleOf(config) });
    else
      expect(permitted).toEqual({
        ok: false,
        error: { reason: 'approvalsMissing', step: wanted[0], have: wanted[1], needed: wanted[2] },
      });
  });
});

describe('I1: auto-approval', () => {
  const auto = configWith({ approval: { ...ENTITLEMENT.approval, autoApprove: true, steps: [] } });
  test.each<[string, Configuration, boolean, boolean]>([
    ['recorded, and the rule still has it', auto, true, true],
    ['recorded, but the rule has it no more', CONFIG, true, false],
    ['recorded, but the rule has neither it nor steps', withSteps(), true, false],
    ['the rule has it, but none was recorded', auto, false, false],
  ])('%s', (_what, config, recorded, permitted) => expect(permits(asked([], recorded), config).ok).toBe(permitted));
});

test('I1: enough approvals are not enough where the rule no longer admits what was asked', () => {
  expect(permits(asked([by('bob')]), configWith({ maxDuration: 60_000 as Duration }))).toMatchObject({
    ok: false,
    error: { reason: 'entitlementChanged' },
  });
});

describe('may this person decide?', () => {
  const shared = { ...CONFIG.directory.people, bob: person('bob', { email: 'ada@example.com' }) };
  const WHO: readonly (readonly [string, string, Channel, Configuration, readonly Approval[], number | object])[] = [
    ['a lead', 'bob', 'cli', CONFIG, [], 1],
    [
      'the requester',
      'ada',
      'cli',
      withSteps(step([one('ada'), one('bob')])),
      [],
      { reason: 'selfApproval', requester: 'Ada' },
    ],
    [
      'the requester, who is no approver either',
      'ada',
      'cli',
      CONFIG,
      [],
      { reason: 'selfApproval', requester: 'Ada' },
    ],
    [
      'the requester under another entry',
      'bob',
      'cli',
      configFor({ people: shared }),
      [],
      { reason: 'selfApproval', requester: 'Ada' },
    ],
    [
      'somebody else',
      'eve',
      'cli',
      CONFIG,
      [],
      { reason: 'notApprover', entitlement: 'prod-view', step: 1, approvers: ['Bob', 'Cyd'] },
    ],
    [
      'somebody who left',
      'bob',
      'cli',
      configFor({ people: { ...CONFIG.directory.people, bob: person('bob', { disabled: true }) } }),
      [],
      { reason: 'notApprover', entitlement: 'prod-view', step: 1, approvers: ['Cyd'] },
    ],
    [
      'the wrong channel',
      'bob',
      'cli',
      slackOnly,
      [],
      { reason: 'channelNotAllowed', channel: 'cli', allowed: ['slack', 'console'] },
    ],
    [
      'the second step’s approver too early',
      'dan',
      'cli',
      sequence,
      [],
      { reason: 'notApprover', entitlement: 'prod-view', step: 1, approvers: ['Bob', 'Cyd'] },
    ],
    ['the second step’s approver in time', 'dan', 'cli', sequence, [by('bob')], 2],
    [
      'the first step’s approver too late',
      'bob',
      'cli',
      sequence,
      [by('bob')],
      { reason: 'notApprover', entitlement: 'prod-view', step: 2, approvers: ['Cyd', 'Dan'] },
    ],
    [
      'anybody, where nobody can',
      'bob',
      'cli',
      withSteps(),
      [],
      { reason: 'notApprover', entitlement: 'prod-view', step: 1, approvers: [] },
    ],
    [
      'a lead, of what the rules no longer have',
      'bob',
      'cli',
      { ...CONFIG, entitlements: {} },
      [],
      { reason: 'entitlementChanged', what: 'the entitlement prod-view is no longer there' },
    ],
  ];
  countCases('who may decide', WHO.length);
  test.each(WHO)('%s', (_what, who, channel, config, approvals, wanted) => {
    const answer = mayDecide(config.directory.people[who] ?? person(who), channel, asked(approvals), config, at(2));
    expect(answer.ok ? answer.value : answer.error).toEqual(wanted);
  });
});

test('everyone who may decide some step, once', () => {
  expect(approversOf(ruleOf(sequence), sequence).map((approver) => approver.id)).toEqual(['bob', 'cyd', 'dan']);
});
