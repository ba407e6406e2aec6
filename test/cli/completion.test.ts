/**
 * Catches: completion that offers what does not exist, asks the server when it need not, or prints an error into the
 * line that somebody is typing; scripts that a shell cannot read; a plugin that kubectl does not know how to ask.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { grant, ID, OTHER_ID } from './grants.ts';
import { environment, run } from './run.ts';
import { type ApiServer, ok, startApi } from './server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi();
  api.answer = ({ name }) =>
    name === 'listGrants'
      ? ok({ grants: [grant(), grant({ id: OTHER_ID })] })
      : { status: 503, json: { message: 'no' } };
});
afterEach(() => api.close());

const complete = async (...words: string[]): Promise<string[]> => {
  const { stdout, stderr, code } = await run(['__complete', ...words], { env: environment(api.url) });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.split('\n').filter((line) => line !== '');
};

test('commands, options and choices come from the commands’ own definitions', async () => {
  expect(await complete('gr')).toEqual(['grants', 'grant']);
  expect(await complete('--output', 'json', 'wh')).toEqual(['whoami']);
  expect(await complete('grants', '--st')).toEqual(['--state']);
  expect(await complete('grants', '--all', '--state', 'a')).toEqual(['activating', 'active']);
  expect(await complete('grants', '-o', '')).toEqual(['json', 'table']);
  expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await complete('completion', 'bash', '')).toEqual([]);
  expect(await complete('request', 'x', '--justification', '')).toEqual([]);
  expect(await complete('deny', '--reason', 'approve', '--')).toContain('--reason');
  expect(api.calls).toEqual([]);
});

test('grants come from the server; a server in trouble is silence', async () => {
  expect(await complete('approve', '')).toEqual([ID, OTHER_ID]);
  expect(await complete('approve', OTHER_ID.slice(0, 12))).toEqual([OTHER_ID]);
  expect(await complete('request', '')).toEqual([]);
  await api.close();
  expect(await complete('approve', '')).toEqual([]);
  api = await startApi();
});

test('kubectl asks by another name, and is told that no file names are wanted', async () => {
  const world = { env: environment(api.url), calledAs: '/usr/bin/kubectl_complete-hallpass' };
  expect(await run(['who'], world)).toEqual({ code: 0, stdout: 'whoami\n:4\n', stderr: '' });
  expect((await run(['approve', ''], world)).stdout).toBe(`${ID}\n${OTHER_ID}\n:4\n`);
});

test('as kubectl’s plugin it speaks of kubectl hallpass', async () => {
  const world = { env: environment(api.url), calledAs: '/usr/bin/kubectl-hallpass' };
  expect((await run(['--help'], world)).stdout).toContain('Usage: kubectl hallpass [options] [command]');
  expect((await run(['deny', '--help'], world)).stdout).toContain('kubectl hallpass deny 01k');
  api.answer = () => ok(grant(), 201);
  expect((await run(['request', 'x'], world)).stderr).toContain(`kubectl hallpass approve ${ID}`);
});

const isHere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const script = async (shell: string): Promise<string> => (await run(['completion', shell])).stdout;

test.each(['zsh', 'fish'])('the script for %s is one that it reads', async (shell) => {
  const text = await script(shell);
  expect(text).toContain(' __complete ');
  if (isHere(shell)) execFileSync(shell, ['-n'], { input: text });
});

test.skipIf(!isHere('bash'))('bash completes with it: words with blanks are one candidate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-completion-'));
  writeFileSync(join(folder, 'hallpass'), '#!/bin/sh\nprintf "%s\\n" "got $*" "two words"\n', { mode: 0o755 });
  const line = 'COMP_WORDS=(hallpass grants "") COMP_CWORD=2; _hallpass; IFS="|"; echo "$'.concat('{COMPREPLY[*]}"');
  const out = execFileSync('bash', ['--norc', '-c', `${await script('bash')}\n${line}`], {
    env: { PATH: `${folder}:${process.env['PATH']}` },
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(out).toBe('got __complete grants |two words\n');
});

test('the program itself: a link named as the plugin, data on stdout, exit codes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-bin-'));
  const program = join(folder, 'kubectl-hallpass');
  symlinkSync(fileURLToPath(new URL('../../cli/hallpass.ts', import.meta.url)), program);
  const start = (...argv: string[]) =>
    spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  expect(start('--version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  expect(start('whoami')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^Where Hallpass is/) });
  expect(start('nonsense').stderr).toContain('"kubectl hallpass --help" shows');
  rmSync(folder, { recursive: true });
});
