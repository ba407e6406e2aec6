/**
 * Catches (F33): text that somebody typed (a justification, a name, a reason) that moves the cursor, paints, sets the
 * window's title, reorders letters or hides some of them in another person's terminal.
 */
import { expect, test } from 'vitest';
import { facts, table } from '../../cli/terminal/table.ts';
import { visible, visibleJson } from '../../cli/terminal/visible.ts';
import { grantDetails, grantTable } from '../../cli/views/grant.ts';
import { grant } from './grants.ts';
import { environment, run } from './run.ts';
import { refusal, startApi } from './server.ts';

const HOSTILE: readonly (readonly [what: string, typed: string, shown: string])[] = [
  ['a colour', 'a\u001b[31mred', 'a\\u{1b}[31mred'],
  ['a window title', '\u001b]0;root\u0007', '\\u{1b}]0;root\\u{7}'],
  ['an eight-bit escape', '\u009b2J', '\\u{9b}2J'],
  ['a line of its own', 'ok\napproved by Bob', 'ok\\u{a}approved by Bob'],
  ['a carriage return', 'denied\rok', 'denied\\u{d}ok'],
  ['a backspace', 'no\b\byes', 'no\\u{8}\\u{8}yes'],
  ['a tab', 'a\tb', 'a\\u{9}b'],
  ['right-to-left override', 'dev\u202etoor', 'dev\\u{202e}toor'],
  ['bidi isolates', '\u2066dev\u2069', '\\u{2066}dev\\u{2069}'],
  ['zero width', 'de\u200bv\ufeff', 'de\\u{200b}v\\u{feff}'],
  ['a filler that looks like nothing', 'a\u3164b', 'a\\u{3164}b'],
  ['tags', 'dev\u{e0041}', 'dev\\u{e0041}'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['half a character', 'a\ud800b', 'a\\u{d800}b'],
];
const HARMLESS = ['Alice Archer', 'Zoë Müller', '日本語', 'мир', 'שלום', 'نص', '❤️ 👍🏽', 'INC-4211: 100 % "down"'];

test.each(HOSTILE)('%s is shown and not obeyed', (_what, typed, shown) => {
  expect(visible(typed)).toBe(shown);
  expect(JSON.parse(visibleJson({ typed }))).toEqual({ typed });
  expect(visibleJson({ typed }).replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}]/u);
});

test.each(HARMLESS)('%s stays as it is', (typed) => {
  expect(visible(typed)).toBe(typed);
});

const io = { stdout: { write: () => {} }, env: {} } as unknown as Parameters<typeof grantTable>[0];

test('no field of a grant gets past it', () => {
  const evil = '\u001b[2J';
  const whole = grant({
    reason: evil,
    by: evil,
    note: evil,
    entitlement: evil,
    requester: { id: evil, name: evil },
    cluster: { name: evil, arn: evil, region: evil },
    access: { kubernetesGroups: [evil], description: evil },
    principal: { mode: 'role', arn: evil, opensTo: [evil] },
    duration: evil,
    justification: evil,
    ticket: evil,
    requestedAt: evil,
    decideBy: evil,
    approvals: [{ by: evil, step: 1, channel: 'cli', at: evil }],
    remarks: [evil],
  });
  expect(grantDetails(io, whole) + grantTable(io, [whole])).not.toContain('\u001b');
});

test('neither does a problem’s detail', async () => {
  const api = await startApi();
  api.answer = () =>
    refusal({ type: 'urn:x', title: 'No', status: 403, detail: 'not \u001b[1mBob\u202e', rule: 'notApprover' });
  const { stderr } = await run(['whoami'], { env: environment(api.url) });
  await api.close();
  expect(stderr).toBe('No: not \\u{1b}[1mBob\\u{202e}\nRule: notApprover\n');
});

test('columns stand under each other where characters are two places wide, or none', () => {
  expect(
    table(
      ['WHO', 'WHAT'],
      [
        ['日本', 'x'],
        ['e\u0301', 'y'],
        ['👍🏽', 'z'],
      ],
    ),
  ).toBe('WHO    WHAT\n日本   x\ne\u0301      y\n👍🏽     z\n');
  expect(
    facts([
      ['A', 'x'],
      ['Long', undefined],
      ['Bcd', 'y'],
    ]),
  ).toBe('A:     x\nBcd:   y\n');
});
