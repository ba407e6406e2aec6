/**
 * Catches a synthesis that needs the network, credentials or Docker, one that has become slow, and templates that
 * CloudFormation's own linter refuses. Needs cfn-lint (PyPI); the Terraform part needs terraform.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'hallpass-synth-'));
const out = join(folder, 'out');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIMIT_MS = 90_000;

/** Without credentials, without a way out: every proxy ends on a closed port. */
const OFFLINE = {
  PATH: `${root}node_modules/.bin:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  AWS_EC2_METADATA_DISABLED: 'true',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
};

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = OFFLINE) =>
  spawnSync(command, [...args], { cwd: root, env, encoding: 'utf8', timeout: LIMIT_MS });

const installed = (command: string, arg: string): boolean => spawnSync(command, [arg]).status === 0;

test('offline, without credentials, under 90 s, with nothing found', () => {
  const begun = performance.now();
  const bundled = run(process.execPath, ['scripts/bundle.ts', join(folder, 'dist')]);
  expect(bundled.stderr).toBe('');
  const context = ['-c', `bundles=${join(folder, 'dist/functions')}`, '-c', 'alarmEmail=oncall@example.com'];
  const synthesised = run('cdk', ['synth', '--quiet', '--output', out, ...context]);
  expect(`${synthesised.stdout}${synthesised.stderr}`).not.toMatch(/ERROR|WARNING/);
  expect(synthesised.status).toBe(0);
  expect(performance.now() - begun).toBeLessThan(LIMIT_MS);
}, 120_000);

test('a mistake in the configuration stops it, with its place', () => {
  const stopped = run('cdk', ['synth', '--quiet', '--output', join(folder, 'bad'), '-c', 'config=package.json']);
  expect(stopped.status).not.toBe(0);
  expect(stopped.stderr).toMatch(/package\.json:\d+:\d+: /);
  expect(stopped.stderr).not.toMatch(/\bat .*\.(ts|js):\d+/);
}, 60_000);

test.skipIf(!installed('cfn-lint', '--version'))(
  'cfn-lint finds nothing in any template',
  () => {
    const made = readdirSync(out).filter((file) => file.endsWith('.template.json'));
    expect(made.length).toBeGreaterThanOrEqual(4);
    const committed = readdirSync(join(root, 'infra/templates')).map((file) => join(root, 'infra/templates', file));
    const linted = run('cfn-lint', [...made.map((file) => join(out, file)), ...committed], process.env);
    expect(linted.stdout).toBe('');
    expect(linted.status).toBe(0);
  },
  60_000,
);

test.skipIf(!installed('terraform', '-version'))('the Terraform module parses, and is formatted', () => {
  const formatted = run('terraform', ['fmt', '-check', '-recursive', 'infra/terraform']);
  expect(formatted.stdout).toBe('');
  expect(formatted.status).toBe(0);
});
