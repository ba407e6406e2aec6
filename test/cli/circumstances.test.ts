/**
 * Tests of rules under given circumstances, and what `can` says of them. Catches a test of one's own rules that passes
 * without looking at what is given, and a circumstance that is misspelt and so never there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changed } from '../config/file.ts';
import { run } from './run.ts';

let folder: string;
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const RULES = changed(
  '    eligible: [alice]\n    maxDuration: 4h\n',
  `    eligible: [alice]
    maxDuration: 4h
    conditions: [{ cooldown: 1h }]
    breakGlass: { eligible: [alice, carol], maxDuration: 1h, incidentPattern: "INC-[0-9]+", perWeek: 2, reviewWithin: 2 }
`,
  changed('responders: []\n', 'responders: []\nreviewers: [bob]\n'),
).replace(
  'entitlements:\n',
  `onCall:
  night: { url: "https://oncall.example.com/now", secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf" }
  day:
    shifts: [{ from: "2026-11-24T08:00:00Z", to: "2026-11-24T20:00:00Z", person: bob }]
entitlements:
  awake:
    description: Looking by night
    clusters: [one]
    access: { policy: AmazonEKSViewPolicy, scope: cluster }
    eligible: [alice]
    maxDuration: 1h
    conditions: [{ onCall: night }]
    approval: { autoApprove: true }
`,
);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hallpass-given-'));
  file('hallpass.yaml', RULES);
});
afterAll(() => rmSync(folder, { recursive: true }));

const ASK = 'when: { person: alice, entitlement: admin, justification: INC-1 }';
const GLASS =
  'when: { person: alice, entitlement: admin, justification: nobody answers the page at all, breakGlass: { incident: INC-1 } }';
const HEAD = 'given: { at: "2026-11-24T10:00:00Z" }\ntests:\n';
const one = (...lines: readonly string[]): string => `  - name: one\n${lines.map((line) => `    ${line}\n`).join('')}`;
const tried = async (text: string) => run(['test', file('t.test.yaml', text)]);

describe('given', () => {
  test.each<[string, readonly string[]]>([
    [
      'a denial half an hour ago',
      [
        'given: { denied: [{ person: alice, entitlement: admin, at: "2026-11-24T09:30:00Z" }] }',
        ASK,
        'expect: { refused: coolingDown }',
      ],
    ],
    [
      'an hour ago',
      [
        'given: { denied: [{ person: alice, entitlement: admin, at: "2026-11-24T09:00:00Z" }] }',
        ASK,
        'expect: waiting',
      ],
    ],
    [
      'of somebody else',
      [
        'given: { denied: [{ person: carol, entitlement: admin, at: "2026-11-24T09:30:00Z" }] }',
        ASK,
        'expect: waiting',
      ],
    ],
    [
      'of something else',
      ['given: { denied: [{ person: alice, entitlement: view, at: "2026-11-24T09:30:00Z" }] }', ASK, 'expect: waiting'],
    ],
    [
      'on another cluster',
      [
        'given: { denied: [{ person: alice, entitlement: admin, cluster: two, at: "2026-11-24T09:30:00Z" }] }',
        ASK,
        'expect: waiting',
      ],
    ],
    ['a freeze', ['given: { frozen: [{ cluster: one }] }', ASK, 'expect: { refused: frozen }']],
    ['a freeze of another cluster', ['given: { frozen: [{ cluster: two }] }', ASK, 'expect: waiting']],
    [
      'five open grants',
      ['given: { asked: [{ person: alice, open: 5 }] }', ASK, 'expect: { refused: tooManyOpenGrants }'],
    ],
    ['four', ['given: { asked: [{ person: alice, open: 4 }] }', ASK, 'expect: waiting']],
    [
      'many requests',
      ['given: { asked: [{ person: alice, lastHour: 1000 }] }', ASK, 'expect: { refused: tooManyRequests }'],
    ],
    [
      'on call',
      [
        'given: { onCall: { night: [alice] } }',
        'when: { person: alice, entitlement: awake, justification: INC-1 }',
        'expect: granted',
      ],
    ],
    [
      'somebody else on call',
      [
        'given: { onCall: { night: [bob] } }',
        'when: { person: alice, entitlement: awake, justification: INC-1 }',
        'expect: { refused: notOnCall }',
      ],
    ],
    [
      'nobody says who',
      ['when: { person: alice, entitlement: awake, justification: INC-1 }', 'expect: { refused: conditionFailed }'],
    ],
  ])('%s', async (_what, lines) => {
    expect(await tried(HEAD + one(...lines))).toMatchObject({ code: 0, stderr: '1 test, all as expected.\n' });
  });

  test('for all tests, and otherwise for one of them', async () => {
    const text = `given:\n  at: "2026-11-24T10:00:00Z"\n  frozen: [{ all: true }]\ntests:\n${one(ASK, 'expect: { refused: frozen }')}${one('given: { frozen: [] }', ASK, 'expect: waiting')}`;
    expect(await tried(text)).toMatchObject({ code: 0 });
  });
});

describe('break-glass', () => {
  test.each<[string, readonly string[]]>([
    ['given at once, and no longer than it says', [GLASS, 'expect: { verdict: granted, duration: 1h }']],
    ['without an incident', [GLASS.replace('{ incident: INC-1 }', 'true'), 'expect: { refused: incidentMissing }']],
    [
      'an incident of another form',
      [GLASS.replace('incident: INC-1', 'incident: CHG-1'), 'expect: { refused: incidentMissing }'],
    ],
    [
      'a reason that is too short',
      [GLASS.replace('nobody answers the page at all', 'help'), 'expect: { refused: justificationTooShort }'],
    ],
    ['not bob', [GLASS.replace('person: alice', 'person: bob'), 'expect: { refused: breakGlassNotOffered }']],
    [
      'not of the other entitlement',
      [GLASS.replace('entitlement: admin', 'entitlement: view'), 'expect: { refused: breakGlassNotOffered }'],
    ],
    [
      'a cool-down does not count',
      [
        'given: { denied: [{ person: alice, entitlement: admin, at: "2026-11-24T09:30:00Z" }] }',
        GLASS,
        'expect: granted',
      ],
    ],
    [
      'while the first lives',
      [
        'given: { used: [{ person: alice, entitlement: admin, at: "2026-11-24T09:30:00Z", live: true }] }',
        GLASS,
        'expect: { refused: breakGlassLive }',
      ],
    ],
    [
      'an overdue review',
      [
        'given: { used: [{ person: alice, entitlement: admin, at: "2026-11-19T09:00:00Z" }] }',
        GLASS,
        'expect: { refused: reviewOverdue }',
      ],
    ],
    [
      'reviewed',
      [
        'given: { used: [{ person: alice, entitlement: admin, at: "2026-11-19T09:00:00Z", reviewed: true }] }',
        GLASS,
        'expect: granted',
      ],
    ],
    [
      'the third in a week',
      [
        'given: { used: [{ person: alice, entitlement: admin, at: "2026-11-23T09:00:00Z", reviewed: true }, { person: alice, entitlement: admin, at: "2026-11-22T09:00:00Z", reviewed: true }] }',
        GLASS,
        'expect: { refused: breakGlassTooOften }',
      ],
    ],
    [
      'carol’s uses are hers',
      [
        'given: { used: [{ person: carol, entitlement: admin, at: "2026-11-19T09:00:00Z" }] }',
        GLASS,
        'expect: granted',
      ],
    ],
    ['frozen', ['given: { frozen: [{ all: true }] }', GLASS, 'expect: { refused: frozen }']],
    [
      'frozen, break-glass allowed',
      ['given: { frozen: [{ all: true, allowBreakGlass: true }] }', GLASS, 'expect: granted'],
    ],
  ])('%s', async (_what, lines) => {
    expect(await tried(HEAD + one(...lines))).toMatchObject({ code: 0, stderr: '1 test, all as expected.\n' });
  });

  test('a wrong expectation is told with what it is', async () => {
    expect(await tried(HEAD + one(GLASS, 'expect: waiting'))).toMatchObject({
      code: 7,
      stdout: expect.stringMatching(/expected: waiting\n\s+but it is: granted/),
    });
  });
});

describe('mistakes, all at once and with their places', () => {
  test('of form', async () => {
    const text =
      HEAD +
      one(
        'given: { frozen: [{}], denied: [{ person: alice, entitlement: admin, at: yesterday }] }',
        'when: { person: alice, entitlement: admin, breakGlass: true, ticket: INC-1, startAt: "2026-11-24T11:00:00Z" }',
        'decisions: [{ approve: bob }]',
        'expect: granted',
      );
    const { code, stderr } = await tried(text);
    expect(code).toBe(8);
    for (const part of [
      't.test.yaml:4:23: tests[0].given.frozen[0]: a freeze is of exactly one of all, cluster, entitlement and person',
      '"yesterday" is not a time with its zone',
      'break-glass has no ticket',
      'break-glass has no later start',
      'nobody decides when the glass is broken',
    ])
      expect(stderr).toContain(part);
  });

  test.each([
    ['denied: [{ person: zed, entitlement: admin, at: "2026-11-24T09:30:00Z" }]', 'person called "zed"'],
    ['denied: [{ person: alice, entitlement: admim, at: "2026-11-24T09:30:00Z" }]', 'entitlement called "admim"'],
    ['frozen: [{ cluster: three }]', 'cluster called "three"'],
    ['onCall: { nigth: [alice] }', 'schedule called "nigth"'],
    ['onCall: { day: [alice] }', 'its shifts are in the rules'],
    ['onCall: { night: [zed] }', 'person called "zed"'],
  ])('a name that the rules do not know: %s', async (given, says) => {
    const { code, stdout } = await tried(HEAD + one(`given: { ${given} }`, ASK, 'expect: waiting'));
    expect([code, stdout]).toEqual([7, expect.stringContaining(says)]);
  });
});

test('can: who may break the glass, and under what; of a file', async () => {
  const asked = (person: string, ...more: string[]) =>
    run(['can', person, 'admin', '--file', join(folder, 'hallpass.yaml'), ...more]);
  expect((await asked('alice')).stdout).toMatch(
    /Break-glass: Alice, Carol, for at most 1h, 2 a week, with a reason of 20 characters and an incident like INC-\[0-9\]\+; reviewed by Bob within 2 working days\.\n {2}Alice could, now\./,
  );
  expect((await asked('bob')).stdout).toMatch(/not Bob: You may not break the glass of "admin"/);
  const { breakGlass } = JSON.parse((await asked('alice', '-d', '2h', '-o', 'json')).stdout);
  expect(breakGlass).toMatchObject({ possible: false, refusal: { rule: 'durationTooLong' } });
});
