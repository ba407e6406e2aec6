/**
 * Catches: YAML that reads one way here and another way elsewhere, text made to exhaust the reader, a position outside the
 * file, and file contents that a terminal would obey.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatProblems } from '../../src/config/problem.ts';
import { changed, problemsOf, read, shown, VALID, valid } from './file.ts';

const EMPTY = '1:1 : the file is empty; it needs hub, account, region, clusters, identities and entitlements';
const nine = (name: string) => Array(9).fill(name).join(', ');
const BOMB = `a: &a [${nine('x')}]\nb: &b [${nine('*a')}]\nc: &c [${nine('*b')}]\nd: [${nine('*c')}]\n`;

it.each([
  ['nothing', '', EMPTY],
  ['only a comment', '# hub: laptop\n', EMPTY],
  ['a list', '- hub\n', '1:1 : the file must be a mapping, with lines like "hub: laptop"'],
  ['a word', '\nhub\n', '2:1 : the file must be a mapping, with lines like "hub: laptop"'],
  ['a tab', 'clusters:\n\tone: {}\n', '2:1 : a tab indents this line; YAML takes only spaces there'],
  [
    'two documents',
    `${VALID}---\nhub: other\n`,
    '40:1 : a second document begins here; one file holds one configuration',
  ],
  ['a key twice', changed('  view:', '  admin:'), '32:3 : this key is here twice in one mapping; keep one of them'],
  ['a directive', `%YAML 1.1\n---\n${VALID}`, '1:1 : a %YAML directive; leave it out'],
  ['a tag', changed('hub: laptop', 'hub: !env laptop'), '1:11 : the tag !env has no meaning here; leave it out'],
  ['a prototype', `${VALID}__proto__: {}\n`, '40:1 : __proto__ cannot be a key'],
  ['a list as a key', '? [a]\n: b\n', '1:3 : a key must be text, not a list or a mapping'],
  [
    'a dangling alias',
    'hub: *laptop\n',
    '1:6 : Unresolved alias (the anchor must be set before the alias): laptop; write the value out instead',
  ],
  [
    'an anchor bomb',
    BOMB,
    '2:8 : Excessive alias count indicates a resource exhaustion attack; write the value out instead',
  ],
  ['an open quote', 'hub: "laptop\n', '2:1 : not readable as YAML: missing closing "quote'],
  ['too much', `# ${'x'.repeat(600_000)}`, '1:1 : the file has 600002 characters; at most 524288 are read'],
])('refuses %s', (_, text, expected) => {
  expect(shown(text)).toEqual([expected]);
});

it('refuses nesting without end in one sentence', () => {
  expect(shown(`hub: ${'['.repeat(50_000)}${']'.repeat(50_000)}`)).toEqual([
    expect.stringMatching(/^1:\d+ : nested too deeply to be read$/),
  ]);
});

it('a byte order mark, Windows line ends and an alias change nothing', () => {
  expect(valid(`\uFEFF${VALID.replaceAll('\n', '\r\n')}`)).toEqual(valid(VALID));
  const aliased = changed('[group:platform] }] }\n  view', '&approvers [group:platform] }] }\n  view');
  expect(valid(changed('approvers: [group:platform]', 'approvers: *approvers', aliased))).toEqual(valid(VALID));
});

it('points at the alias, not at what it stands for', () => {
  const text = changed(
    '  two:\n    arn: arn:aws:eks:eu-west-1:444455556666:cluster/two\n    executor: arn:aws:iam::444455556666:role/executor\n',
    '  two: *one\n',
  );
  expect(shown(changed('  one:\n', '  one: &one\n', text))).toEqual([
    '8:8 clusters.two.arn: this is the cluster "one" again; one cluster has one name',
  ]);
});

it('shows the line and a caret, and keeps control characters from the terminal', () => {
  const text = changed('region: eu-west-1', 'region: "x\u202e\u001b[31m" # \ttail');
  expect(formatProblems(problemsOf(text), text)).toBe(
    [
      'hallpass.yaml:3:9: region: "x\\u{202e}\\u{1b}[31m" is not an AWS region; write it like eu-west-1',
      '    3 | region: "x\\u{202e}\\u{1b}[31m" #  tail',
      '      |         ^',
      '',
    ].join('\n'),
  );
});

it('puts the caret right after characters that had to be written longer, and in long lines', () => {
  const hidden = changed('{ name: Bob, email: bob@example.com }', '{ name: "B\u200fob", email: bob }');
  expect(formatProblems(problemsOf(hidden).slice(0, 1), hidden)).toContain(
    '15 |     bob: { name: "B\\u{200f}ob", email: bob }\n      |                  ^\n',
  );
  const long = changed('responders: []', `responders: [${'alice, '.repeat(40)}dave]`);
  const last = problemsOf(long).at(-1);
  const [head, source = '', caret = ''] = formatProblems(last ? [last] : [], long).split('\n');
  expect(head).toBe('hallpass.yaml:19:294: responders[40]: there is no person "dave" (there are: alice, bob, carol)');
  expect(source.slice(caret.indexOf('^'))).toBe('dave]');
});

it('any position lies inside the file, and reading never throws, whatever is done to the text', () => {
  const piece = fc.constantFrom(
    '\t',
    ':',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '- ',
    '&a ',
    '*a',
    '!x ',
    '\n',
    '  ',
    '~',
    '%YAML',
    '---\n',
    '1',
    '\u202e',
    '|',
    '#',
    'group:',
    '__proto__: ',
  );
  const edit = fc.tuple(fc.nat(VALID.length), fc.nat(40), fc.array(piece, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const text = edits.reduce((t, [at, cut, pieces]) => t.slice(0, at) + pieces.join('') + t.slice(at + cut), VALID);
      const problems = problemsOf(text);
      const lines = text.split('\n');
      for (const { line, column } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        expect(line).toBeLessThanOrEqual(lines.length);
      }
      expect(
        formatProblems(problems, text)
          .split('\n')
          .filter((one) => /^hallpass\.yaml:\d+:\d+: /.test(one)),
      ).toHaveLength(problems.length);
    }),
    { numRuns: 300 },
  );
});

it('reading never throws, whatever value stands in place of another', () => {
  const whole = parse(VALID) as unknown;
  const paths = pathsIn(whole);
  const values = fc.oneof(
    fc.constantFrom(
      '',
      'alice',
      'group:platform',
      'constructor',
      '__proto__',
      '1h',
      '0s',
      'cluster',
      '*',
      '-0',
      'a@b.cd',
      '\ud800',
    ),
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-0, 1e300, null, [[]], [null], { a: [] }, { mode: 'role' }, { groups: ['x'] }),
  );
  const swap = fc.tuple(fc.constantFrom(...paths), values);
  fc.assert(
    fc.property(fc.array(swap, { minLength: 1, maxLength: 3 }), (swaps) => {
      const text = JSON.stringify(
        swaps.reduce((data, [path, value]) => withValue(data, path, value), whole),
        null,
        1,
      );
      const result = read(text);
      if (result.ok) expect(JSON.parse(JSON.stringify(result.value))).toStrictEqual(result.value);
      else expect(result.error.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

type Path = readonly (string | number)[];

function pathsIn(data: unknown, at: Path = []): Path[] {
  if (typeof data !== 'object' || data === null) return [at];
  return [at, ...Object.entries(data).flatMap(([key, value]) => pathsIn(value, [...at, key]))];
}

function withValue(data: unknown, [part, ...rest]: Path, value: unknown): unknown {
  if (part === undefined) return value;
  if (typeof data !== 'object' || data === null) return data;
  const entries = Object.entries(data).map(([key, old]) => [key, key === part ? withValue(old, rest, value) : old]);
  return Array.isArray(data) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
