/**
 * Catches: an example in docs/entitlements.md that does not do what the page says. Every example is taken from the page
 * itself, in the order in which a reader meets them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { run } from './run.ts';

const PAGE = readFileSync(new URL('../../docs/entitlements.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'hallpass-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Fenced YAML whose first line is a comment with its name. */
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n# (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => ({
  name,
  text,
}));
const RULES = EXAMPLES.filter(({ name }) => name.startsWith('rules/') && name !== 'rules/base.yaml');
const TESTS = EXAMPLES.filter(({ name }) => name.startsWith('tests/'));

function save(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('every YAML on the page has a name, and every rule has its tests', () => {
  countCases('examples on the page', EXAMPLES.length);
  expect(PAGE.match(/^```yaml$/gm)).toHaveLength(EXAMPLES.length);
  expect(RULES.length).toBeGreaterThan(3);
  expect(TESTS.map(({ name }) => name)).toEqual(
    RULES.map(({ name }) => name.replace('rules/', 'tests/').replace('.yaml', '.test.yaml')),
  );
});

test('an empty file says what it needs, and the first example alone what is missing', async () => {
  const empty = save('empty/hallpass.yaml', '');
  expect((await run(['lint', empty])).stderr).toContain(
    'the file is empty; it needs hub, account, region, clusters, identities and entitlements',
  );
  const [base] = EXAMPLES;
  save('rules/base.yaml', base?.text ?? '');
  expect(await run(['lint', join(folder, 'rules')])).toMatchObject({
    code: 8,
    stderr: expect.stringContaining('entitlements: missing'),
  });
});

test.each(RULES)('$name is valid with all before it', async ({ name, text }) => {
  save(name, text);
  const { code, stdout, stderr } = await run(['lint', join(folder, 'rules')]);
  // Names that a later example uses are unused until then.
  expect(
    { stdout: stdout.replace(/^.*\[unused-\w+\]\n.*\n.*\n\n?/gm, ''), code: code === 7 ? 0 : code },
    stderr,
  ).toEqual({ stdout: '', code: 0 });
});

test('together there is nothing to warn of', async () =>
  expect(await run(['lint', join(folder, 'rules')])).toMatchObject({ code: 0, stdout: '' }));

test.each(TESTS)('$name: all as expected', async ({ name, text }) => {
  const { code, stdout, stderr } = await run(['test', save(name, text)]);
  expect(
    {
      code,
      failed: stdout
        .split('\n')
        .filter((line) => !line.startsWith('ok'))
        .join('\n'),
    },
    stderr,
  ).toEqual({ code: 0, failed: '' });
  expect(stdout.split('\n').length).toBeGreaterThan(2);
});

test('the tests can fail: without the second step, one yes is enough', async () => {
  const production = RULES.find(({ name }) => name === 'rules/production.yaml')?.text ?? '';
  save('rules/production.yaml', production.replace(/ {8}- approvers: \[group:security\]\n.*\n/, ''));
  const { code, stdout } = await run(['test', join(folder, 'tests/production.test.yaml')]);
  save('rules/production.yaml', production);
  expect(code).toBe(7);
  expect(stdout).toContain('FAIL');
  expect(stdout).toContain('one yes is not enough');
});
