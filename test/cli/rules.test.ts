/**
 * Catches: a warning that sends the reader to the wrong line, an exit code that lets a pipeline go on, a test of rules
 * that passes without looking, and a check so slow that nobody runs it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configurationSchemaText } from '../../src/config/json-schema.ts';
import { trialSchemaText } from '../../src/config/trial-schema.ts';
import { VALID } from '../config/file.ts';
import { countCases } from '../core/fixtures.ts';
import { run } from './run.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const file = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hallpass-rules-'));
  file('hallpass.yaml', VALID);
});
afterAll(() => rmSync(folder, { recursive: true }));

const changed = (from: string, to: string): string => {
  expect(VALID.split(from), from).toHaveLength(2);
  return VALID.replace(from, () => to);
};

describe('F37: hallpass lint', () => {
  const wide = () =>
    file(
      'wide.yaml',
      changed(
        'AmazonEKSViewPolicy, scope: namespace, namespaces: [dev]',
        'AmazonEKSAdminViewPolicy, scope: cluster',
      ).replace('responders: []', 'responders: [bob]'),
    );

  test('file, line, column, path and rule; exit 7', async () => {
    const { code, stdout, stderr } = await run(['lint', wide()]);
    expect(stdout).toMatch(/wide\.yaml:28:20: entitlements\.admin\.principal\.assumableBy: .* \[open-to-many\]\n/);
    expect(stdout).toMatch(
      /wide\.yaml:35:23: entitlements\.view\.access\.policy: AmazonEKSAdminViewPolicy reads every Secret of the whole cluster.* \[reads-secrets\]\n {3}35 \| {5}access: \{ policy/,
    );
    expect(stderr).toMatch(/^2 warnings\./);
    expect(code).toBe(7);
  });

  test('the same for machines', async () => {
    const { code, stdout } = await run(['lint', wide(), '--output', 'json']);
    const { warnings } = JSON.parse(stdout) as { warnings: { line: number; rule: string }[] };
    expect(warnings.map(({ line, rule }) => [line, rule])).toEqual([
      [28, 'open-to-many'],
      [35, 'reads-secrets'],
    ]);
    expect(code).toBe(7);
  });

  test('accepted on the line, above it, or for a run; and only the rule that is named', async () => {
    const text = readFileSync(wide(), 'utf8')
      .replace(
        'scope: cluster }\n    eligible: [alice, group',
        'scope: cluster } # hallpass-lint: allow reads-secrets\n    eligible: [alice, group',
      )
      .replace('      assumableBy:', '      # hallpass-lint: allow very-long, open-to-many\n      assumableBy:');
    const both = await run(['lint', file('accepted.yaml', text)]);
    expect(both).toMatchObject({ code: 0, stdout: '', stderr: '0 warnings, 2 accepted.\n' });
    expect((await run(['lint', file('other.yaml', text.replace('allow reads-secrets', 'allow very-long'))])).code).toBe(
      7,
    );
    expect((await run(['lint', wide(), '--allow', 'reads-secrets', 'open-to-many'])).code).toBe(0);
    expect((await run(['lint', wide(), '--allow', 'everything'])).code).toBe(2);
  });

  test('a folder: each warning with its file', async () => {
    const rules = at('rules');
    mkdirSync(rules);
    const [head = '', tail = ''] = readFileSync(wide(), 'utf8').split('  view:\n');
    writeFileSync(join(rules, 'a.yaml'), head);
    writeFileSync(join(rules, 'b.yaml'), `entitlements:\n  view:\n${tail}`);
    const { stdout } = await run(['lint', rules]);
    expect(stdout).toMatch(/a\.yaml:28:20: [^\n]*open-to-many/);
    expect(stdout).toMatch(/b\.yaml:5:23: [^\n]*reads-secrets/);
  });

  test('a file with mistakes is not looked at, and one that is not there is said: exit 8', async () => {
    const { code, stdout, stderr } = await run([
      'lint',
      file('wrong.yaml', changed('maxDuration: 30m', 'maxDuration: soon')),
    ]);
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toContain('wrong.yaml:37:18: entitlements.view.maxDuration: "soon" is not a duration');
    expect(await run(['lint', at('nothing.yaml')])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('cannot be read'),
    });
  });

  test('200 entitlements × 2,000 people: in under a second', async () => {
    const people = Array.from({ length: 2_000 }, (_, n) => `    p${n}: { name: P ${n}, email: p${n}@example.com }`);
    const groups = Array.from(
      { length: 100 },
      (_, n) => `    g${n}: [${Array.from({ length: 40 }, (_, m) => `p${(n * 20 + m) % 2_000}`).join(', ')}]`,
    );
    const all = `    all: [${people.map((_, n) => `p${n}`).join(', ')}]`;
    const entitlements = Array.from(
      { length: 200 },
      (_, n) => `  e${n}:
    description: Number ${n}
    clusters: [one, two]
    access: { policy: AmazonEKSEditPolicy, scope: namespace, namespaces: [team-${n}-*] }
    eligible: [group:all]
    maxDuration: 4h
    approval: { steps: [{ approvers: [group:g${n % 100}], approvalsNeeded: 2 }, { approvers: [group:g${(n + 1) % 100}] }] }`,
    );
    const head = VALID.slice(0, VALID.indexOf('  people:'));
    const path = file(
      'large.yaml',
      `${head}  people:\n${people.join('\n')}\n  groups:\n${all}\n${groups.join('\n')}\nresponders: [group:g0]\nentitlements:\n${entitlements.join('\n')}\n`,
    );
    // Processor time, and the best of three: the machine that runs the tests does other things besides.
    const took: number[] = [];
    for (let again = 0; again < 3; again++) {
      const began = process.cpuUsage();
      const { code, stderr } = await run(['lint', path]);
      const { user, system } = process.cpuUsage(began);
      took.push((user + system) / 1_000);
      expect({ code, said: stderr.split('\n')[0] }).toEqual({ code: 7, said: '400 warnings.' });
    }
    console.log(`lint of 200 entitlements and 2,000 people: ${took.map(Math.round).join(', ')} ms`);
    expect(Math.min(...took)).toBeLessThan(700);
  });
});

describe('hallpass diff', () => {
  const NEW = () =>
    file(
      'new.yaml',
      changed('platform: [bob, carol]', 'platform: [bob, alice]').replace('maxDuration: 4h', 'maxDuration: 2h'),
    );
  const OLD = () => at('hallpass.yaml');

  test('who gains and loses what; exit 10 when anybody gains', async () => {
    const { code, stdout, stderr } = await run(['diff', OLD(), NEW()]);
    expect(stdout).toBe(
      `admin on one
  changes for alice:
    maxDuration: 4h → 2h
    defaultDuration: 1h → 1h
`
        .replace('    defaultDuration: 1h → 1h\n', '')
        .replace(
          '    maxDuration: 4h → 2h\n',
          '    maxDuration: 4h → 2h\n    approval: 1 of group:platform, within 1d, which comes to other people  (wider)\n',
        ) +
        `view on one
  lost by carol
  changes for alice, bob:
    approval: 1 of group:platform, within 1d, which comes to other people  (wider)
view on two
  lost by carol
  changes for alice, bob:
    approval: 1 of group:platform, within 1d, which comes to other people  (wider)
`,
    );
    expect(stderr).toMatch(/^Wider: /);
    expect(code).toBe(10);
  });

  test('for machines, by person too', async () => {
    const { stdout } = await run(['diff', OLD(), NEW(), '--output', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      width: 'wider',
      people: {
        carol: {
          gains: [],
          loses: [
            { entitlement: 'view', cluster: 'one' },
            { entitlement: 'view', cluster: 'two' },
          ],
        },
      },
    });
  });

  test('0 when nothing changes, 9 when nobody gains, 8 when a side has mistakes', async () => {
    expect(await run(['diff', OLD(), OLD()])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Nothing changes for anybody.\n',
    });
    expect((await run(['diff', OLD(), file('less.yaml', changed('maxDuration: 4h', 'maxDuration: 2h'))])).code).toBe(9);
    expect((await run(['diff', OLD(), at('nothing.yaml')])).code).toBe(8);
  });
});

describe('hallpass test', () => {
  const HEAD = 'given: { at: "2026-11-24T10:00:00Z" }\ntests:\n';
  const asked = (name: string, rest: string): string =>
    `  - name: ${name}\n    when: { person: alice, entitlement: admin, justification: INC-1 }\n${rest}`;
  const CASES: readonly (readonly [name: string, rest: string, ...misses: string[]])[] = [
    ['allowed', '    expect: allowed\n'],
    ['waiting', '    expect: { verdict: waiting, step: 1, approvers: [bob, carol], duration: 1h }\n'],
    ['granted', '    decisions: [{ approve: bob }]\n    expect: granted\n'],
    ['not by herself', '    decisions: [{ approve: alice, refused: selfApproval }]\n    expect: waiting\n'],
    ['denied', '    decisions: [{ deny: bob, reason: no }]\n    expect: denied\n'],
    ['too late', '    decisions: [{ approve: bob, after: 1d, refused: requestLapsed }]\n    expect: waiting\n'],
    [
      'with bob disabled',
      '    override: { identities: { people: { bob: { disabled: true } } } }\n    expect: { approvers: [carol] }\n',
    ],
    [
      'with a shorter maximum',
      '    override: { entitlements: { admin: { maxDuration: 30m } } }\n    expect: { duration: 30m }\n',
    ],
    [
      'wrong verdict',
      '    expect: granted\n',
      '5:13 expected: granted but it is: waiting for step 1, which has 0 of 1 approvals',
    ],
    [
      'wrong reason',
      '    expect: { refused: notEligible }\n',
      '5:13 expected: refused: notEligible but it is: waiting for step 1, which has 0 of 1 approvals',
    ],
    [
      'wrong approvers',
      '    expect: { approvers: [bob] }\n',
      '5:13 expected: step 1 could be approved by bob but it is: by bob, carol',
    ],
    ['wrong duration', '    expect: { duration: 2h }\n', '5:13 expected: for 2h but it is: for 1h'],
    [
      'refusal that does not come',
      '    decisions: [{ approve: bob, refused: notApprover }]\n    expect: granted\n',
      '5:17 expected: refused: notApprover but it is: it counts',
    ],
    [
      'decision that is refused',
      '    decisions: [{ approve: alice }]\n    expect: waiting\n',
      '5:17 expected: it counts but it is: refused: selfApproval (Alice asked for this and cannot decide it, under any identity. Somebody else has to.)',
    ],
    [
      'a stranger decides',
      '    decisions: [{ approve: zed }]\n    expect: granted\n',
      '5:17 expected: a person who decides but it is: there is nobody called "zed"',
    ],
  ];

  test.each(CASES.map(([name, rest, ...misses]) => ({ name, rest, misses })))(
    '$name',
    async ({ name, rest, misses }) => {
      const { code, stdout } = await run(['test', file('t.test.yaml', HEAD + asked(name, rest)), '--output', 'json']);
      const { tests } = JSON.parse(stdout) as {
        tests: { line: number; misses: { line: number; column: number; expected: string; actual: string }[] }[];
      };
      expect(
        tests.flatMap((one) =>
          one.misses.map(
            ({ line, column, expected, actual }) => `${line}:${column} expected: ${expected} but it is: ${actual}`,
          ),
        ),
      ).toEqual(misses);
      expect(tests[0]?.line).toBe(3);
      expect(code).toBe(misses.length > 0 ? 7 : 0);
    },
  );

  test('for people: each test on its line, and what was expected', async () => {
    const path = file(
      'two.test.yaml',
      HEAD + asked('one', '    expect: waiting\n') + asked('two', '    expect: granted\n'),
    );
    const { stdout, stderr } = await run(['test', path]);
    expect(stdout).toMatch(
      /^ok {3}\S*two\.test\.yaml:3: one\nFAIL \S*two\.test\.yaml:6: two\n {7}\S*two\.test\.yaml:8:13\n {9}expected: granted\n {9}but it is: waiting/,
    );
    expect(stderr).toMatch(/^2 tests, 1 otherwise than expected\.\n/);
  });

  test.each([
    ['tests: []\n', /2:8|1:8|tests: this list has 0 entries/],
    [
      `${HEAD}  - name: a\n    when: { person: alice, entitlement: admin }\n    expect: grantd\n`,
      /:5:13: tests\[0\]\.expect: .*not "grantd"/,
    ],
    [
      `${HEAD}  - name: a\n    when: { person: alice, entitlment: admin }\n    expect: granted\n`,
      /:4:28: tests\[0\]\.when\.entitlment: unknown key "entitlment"; did you mean "entitlement"\?/,
    ],
    [
      `${HEAD}${asked('a', '    decisions: [{ approve: bob, deny: bob }]\n    expect: granted\n')}`,
      /:5:17: tests\[0\]\.decisions\[0\]: a decision is either approve or deny/,
    ],
    [
      `${HEAD}${asked('a', '    decisions: [{ approve: bob, after: soon }]\n    expect: granted\n')}`,
      /:5:40: .*"soon" is not a duration/,
    ],
    [
      HEAD.replace('2026-11-24T10:00:00Z', 'noon') + asked('a', '    expect: granted\n'),
      /:1:14: given\.at: "noon" is not a time with its zone/,
    ],
    [
      `${HEAD}${asked('a', '    override: { entitlements: { admin: { maxDuration: 9d } } }\n    expect: granted\n')}`,
      /t\.test\.yaml:5: the rules, with what is overridden here:\n.*9d is too long/,
    ],
    [
      HEAD.replace('at:', 'config: absent.yaml, at:') + asked('a', '    expect: granted\n'),
      /given\.config: .*absent\.yaml cannot be read/,
    ],
  ])('a file of tests with a mistake: %j', async (text, words) => {
    const { code, stderr } = await run(['test', file('t.test.yaml', text)]);
    expect(stderr).toMatch(words);
    expect(code).toBe(8);
  });

  test('its schema is published, and current', () => {
    const published = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
    expect(published('hallpass-test.schema.json')).toBe(trialSchemaText());
    expect(published('hallpass.schema.json')).toBe(configurationSchemaText());
    countCases('tests of rules', CASES.length);
  });
});

describe('hallpass can --file', () => {
  test.each([
    [
      ['alice', 'admin'],
      0,
      /once the request has what is missing[\s\S]*Missing: "admin" needs a justification[\s\S]*Step 1: 1 of Bob, Carol\n/,
    ],
    [['alice', 'admin', '-j', 'INC-1'], 0, /Verdict: +yes, this may be asked for\n/],
    [
      ['bob', 'view', '-j', 'x', '--ticket', 'INC-1', '--cluster', 'one'],
      0,
      /Step 1: 1 of Carol\n {2}not Bob: Bob asked for this/,
    ],
    [['bob', 'admin'], 1, /Bob would be told: You are not among those who may request "admin" \(eligible: Alice\)/],
    [['alice', 'admin', '-d', '5h', '-j', 'x'], 1, /5h is longer than "admin" allows; ask for at most 4h/],
  ])('%j: exit %i', async (argv, code, words) => {
    const outcome = await run(['can', ...argv, '--file', at('hallpass.yaml')]);
    expect(outcome.stdout).toMatch(words);
    expect(outcome.code).toBe(code);
  });

  test('as if it were another time; and somebody who is not there', async () => {
    const then = await run([
      'can',
      'alice',
      'admin',
      '-f',
      at('hallpass.yaml'),
      '--at',
      '2026-12-01T00:00:00Z',
      '-o',
      'json',
    ]);
    expect(JSON.parse(then.stdout)).toMatchObject({
      at: '2026-12-01T00:00:00.000Z',
      decideBy: '2026-12-02T00:00:00.000Z',
    });
    expect(await run(['can', 'zed', 'admin', '-f', at('hallpass.yaml')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: alice, bob, carol'),
    });
  });
});
