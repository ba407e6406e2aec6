/** Catches: a delegation or an escalation in the file that would never take effect, or not as it reads. */
import { expect, it } from 'vitest';
import { at } from '../core/fixtures.ts';
import { changed, shown, VALID, valid } from './file.ts';

const withDelegations = (...lines: string[]): string =>
  changed('responders: []\n', `responders: []\ndelegations:\n${lines.map((line) => `  - ${line}\n`).join('')}`);
const AWAY = '{ from: bob, to: [carol], starts: 2026-12-01, ends: 2026-12-14 }';
const step = (text: string): string =>
  changed('approval: { steps: [{ approvers: [group:platform] }] }\n  view', `approval: { ${text} }\n  view`);

it('is read: dates are whole days in UTC, moments are themselves', () => {
  const text = withDelegations(
    AWAY,
    "{ from: carol, to: [alice, bob], starts: '2026-11-24T04:00:00+01:00', ends: 2026-11-24T05:00:00Z, entitlements: [view] }",
  );
  expect(valid(text).delegations).toEqual([
    {
      id: 'configuration:bob@2026-12-01T00:00:00.000Z',
      from: 'bob',
      to: ['carol'],
      starts: at(9_900),
      ends: at(9_900 + 14 * 1_440),
    },
    {
      id: 'configuration:carol@2026-11-24T03:00:00.000Z',
      from: 'carol',
      to: ['alice', 'bob'],
      starts: at(0),
      ends: at(120),
      entitlements: ['view'],
    },
  ]);
  expect(valid(VALID)).not.toHaveProperty('delegations');
});

it.each([
  [
    'nobody of that name',
    AWAY.replace('bob', 'bop'),
    '21:13 delegations[0].from: there is no person "bop"; did you mean "bob"?',
  ],
  [
    'to nobody of that name',
    AWAY.replace('carol', 'carl'),
    '21:23 delegations[0].to[0]: there is no person "carl"; did you mean "carol"?',
  ],
  [
    'to oneself',
    AWAY.replace('carol', 'bob'),
    '21:23 delegations[0].to[0]: bob delegates to themself; name somebody else',
  ],
  ['twice', AWAY.replace('[carol]', '[carol, carol]'), '21:30 delegations[0].to[1]: "carol" is in this list twice'],
  ['to none', AWAY.replace('[carol]', '[]'), '21:22 delegations[0].to: this list has 0 entries; the least is 1'],
  [
    'it ends first',
    AWAY.replace('2026-12-14', '2026-11-30'),
    '21:57 delegations[0].ends: 2026-11-30 is before it starts, 2026-12-01',
  ],
  [
    'too long',
    AWAY.replace('2026-12-14', '2027-12-14'),
    '21:57 delegations[0].ends: longer than 366d; whoever is away for longer is no approver any more',
  ],
  [
    'no such day',
    AWAY.replace('2026-12-01', '2026-02-30'),
    '21:39 delegations[0].starts: "2026-02-30" is no date; write 2026-12-01, or a moment with its zone: 2026-12-01T18:00:00+01:00',
  ],
  [
    'no zone',
    AWAY.replace('2026-12-14', "'2026-12-14T18:00'"),
    '21:57 delegations[0].ends: "2026-12-14T18:00" is no date; write 2026-12-01, or a moment with its zone: 2026-12-01T18:00:00+01:00',
  ],
  [
    'a missing end',
    '{ from: bob, to: [carol], starts: 2026-12-01 }',
    '21:5 delegations[0].ends: missing: text is needed here',
  ],
  [
    'nothing to delegate',
    AWAY.replace('bob', 'alice'),
    '21:13 delegations[0].from: "alice" is no approver of any entitlement, so there is nothing to delegate',
  ],
  [
    'no such entitlement',
    AWAY.replace(' }', ', entitlements: [vew] }'),
    '21:84 delegations[0].entitlements[0]: there is no entitlement "vew"; did you mean "view"?',
  ],
])('%s', (_what, line, problem) => expect(shown(withDelegations(line))).toEqual([problem]));

it('a circle is named, unless it is never closed at one moment', () => {
  const back = '{ from: carol, to: [bob], starts: 2026-12-10, ends: 2026-12-20 }';
  expect(shown(withDelegations(AWAY, back))).toEqual([
    '22:24 delegations[1].to: a circle: at some moment each of carol → bob → carol would be away; name others, or other dates',
  ]);
  expect(shown(withDelegations(AWAY, back.replace('2026-12-10', '2026-12-15')))).toEqual([]);
});

it('somebody who has left', () => {
  const text = changed('name: Carol', 'name: Carol, disabled: true', withDelegations(AWAY));
  expect(shown(text)).toContain('21:23 delegations[0].to[0]: "carol" has left (disabled); name somebody else');
});

it('reminders and escalation are read; a step’s own word goes before the approval’s', () => {
  const text = step(
    'remindEvery: 2h, steps: [{ approvers: [bob], escalateAfter: 4h, escalateTo: [carol] }, { approvers: [carol], remindEvery: 1h }]',
  );
  expect(valid(text).entitlements['admin']?.approval.steps).toMatchObject([
    { remindEvery: 7_200_000, escalateAfter: 14_400_000, escalateTo: [{ kind: 'person', id: 'carol' }] },
    { remindEvery: 3_600_000 },
  ]);
});

it.each([
  [
    'nobody to escalate to',
    'steps: [{ approvers: [bob], escalateAfter: 4h }]',
    ['nobody to escalate to; name them in escalateTo'],
  ],
  [
    'never',
    'steps: [{ approvers: [bob], escalateTo: [carol] }]',
    ['it never comes to these; say after how long, in escalateAfter'],
  ],
  [
    'nobody new',
    'steps: [{ approvers: [group:platform], escalateAfter: 4h, escalateTo: [carol] }]',
    ['all of these, disabled people left out, may approve from the beginning; name others'],
  ],
  [
    'unknown',
    'steps: [{ approvers: [bob], escalateAfter: 4h, escalateTo: [carl] }]',
    ['there is no person "carl"; did you mean "carol"?'],
  ],
  [
    'after the window',
    'window: 2h, steps: [{ approvers: [bob], escalateAfter: 2h, escalateTo: [carol] }]',
    ["2h never comes: the request lapses after 2h, the approval's window"],
  ],
  ['too often', 'remindEvery: 1m, steps: [{ approvers: [bob] }]', ['1m is too short; the least is 5m']],
  [
    'unreadable',
    'steps: [{ approvers: [bob], remindEvery: often }]',
    ['"often" is not a duration; write it like 45m, 4h or 1h30m'],
  ],
])('%s', (_what, approval, problems) => {
  expect(shown(step(approval)).map((line) => line.slice(line.indexOf(': ') + 2))).toEqual(problems);
});
