/**
 * `npm start` and its data folder. Would catch a start that fails with a stack instead of words, one that damages what is
 * there while it refuses, and secrets that others may read.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LocalMode, refusedStart, startLocalMode, temporaryFolder } from './local-mode.ts';

const example = readFileSync(new URL('../../hallpass.yaml', import.meta.url), 'utf8');
/** Where the example has it, whatever is written above. */
const lineOf = (text: string): number => example.split('\n').findIndex((line) => line.includes(text)) + 1;

describe('refuses to start, in words, with exit code 1', () => {
  let folder: string;
  const freshFolder = (): string => {
    folder = temporaryFolder(onTestFinished);
    return folder;
  };
  const refused = async (
    args: readonly string[],
    says: readonly RegExp[],
    dataDir = join(freshFolder(), 'data'),
  ): Promise<void> => {
    const { code, stdout, stderr } = await refusedStart(dataDir, args);
    for (const pattern of says) expect(stderr).toMatch(pattern);
    expect(stderr).toMatch(/^hallpass: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([1, '']);
  };

  it.each(['--port', '--aws-port', '--slack-port'])('%s is in use', async (option) => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as { port: number };
    await refused(
      [option, String(port)],
      [new RegExp(`port ${port} is in use`), /choose others with --port, --aws-port and --slack-port/],
    );
  });

  it.each([
    ['--port', 'http'],
    ['--port', '65536'],
    ['--aws-port', '-1'],
  ])('%s %s', (option, value) => refused([`${option}=${value}`], [/takes a port from 0 to 65535/]));

  it('an option that there is not', () => refused(['--prot', '4010'], [/Unknown option '--prot'/, /Usage: npm start/]));

  it.each([
    [
      'a typo',
      (text: string) => text.replace('maxDuration: 4h', 'maxDuraton: 4h'),
      new RegExp(`:${lineOf('maxDuration: 4h')}:5: .*unknown key "maxDuraton"; did you mean "maxDuration"`),
    ],
    ['YAML that is none', (text: string) => text.replace('entitlements:', 'entitlements: ]'), /:\d+:\d+: /],
    [
      'an unreadable length of time',
      (text: string) => text.replace('maxDuration: 4h', 'maxDuration: 4 hours'),
      new RegExp(`:${lineOf('maxDuration: 4h')}:\\d+: .*maxDuration`),
    ],
  ])('a configuration with %s: file, line and column, and nothing is made', async (_what, edit, says) => {
    const path = join(freshFolder(), 'mine.yaml');
    writeFileSync(path, edit(example));
    const dataDir = join(folder, 'data');
    await refused(['--config', path], [/the configuration has mistakes; nothing was started/, says], dataDir);
    expect(readdirSync(folder)).toEqual(['mine.yaml']);
  });

  it('a configuration that is not there', () =>
    refused(['--config', '/nowhere/hallpass.yaml'], [/\/nowhere\/hallpass.yaml cannot be read/]));

  it.each(['aws.db', 'dynamodb.db'])('a data folder with a damaged %s: it stays as it is', async (file) => {
    const path = join(freshFolder(), file);
    writeFileSync(path, 'these are not the bytes of a database');
    await refused([], [new RegExp(`${file} cannot be read`), /move it away to begin afresh/], folder);
    expect(readFileSync(path, 'utf8')).toBe('these are not the bytes of a database');
  });

  it('a data folder that is a file', async () => {
    const path = join(freshFolder(), 'data');
    writeFileSync(path, 'mine');
    await refused([], [/data/], path);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('while it runs', () => {
  const ends: (() => void)[] = [];
  const folder = temporaryFolder((remove) => void ends.push(remove));
  let running: LocalMode;
  beforeAll(async () => {
    running = await startLocalMode(folder);
  });
  afterAll(async () => {
    await running?.kill();
    for (const end of ends) end();
  });

  it('says what it started and what to try', () => {
    for (const text of [
      running.apiUrl,
      'AWS endpoint',
      'alice, bob, carol, operator',
      'env',
      "hallpass request mycluster-admin --duration 30m --justification 'trying it out'",
    ])
      expect(running.stdout).toContain(text);
    expect(running.stdout.split('\n').filter((line) => line.startsWith('ready'))).toHaveLength(1);
    expect(running.stdout.trimEnd().split('\n').length).toBeLessThan(24);
  });

  it('a second one on the same folder is refused, and changes nothing of the first', async () => {
    const other = join(folder, 'other.yaml');
    writeFileSync(
      other,
      example.replaceAll('mycluster-admin', 'another-admin').replaceAll('bob@example.com', 'mallory@example.com'),
    );
    const before = readFileSync(join(folder, 'config.json'), 'utf8');
    const { code, stderr } = await refusedStart(folder, ['--config', other]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/is in use by another local mode: stop that one, or use another/),
    ]);
    expect(readFileSync(join(folder, 'config.json'), 'utf8') === before, 'config.json is as it was').toBe(true);
    const mine = await running.call('alice', 'GET', '/v1/entitlements');
    expect((mine.body['entitlements'] as { id: string }[]).map((one) => one.id)).toEqual([
      'mycluster-admin',
      'mycluster-view-dev',
    ]);
  });

  it('F43: what holds secrets is for its owner only', () => {
    for (const file of ['aws-credentials', 'env', 'aws.db', 'config.json'])
      expect([file, (statSync(join(folder, file)).mode & 0o077).toString(8)]).toEqual([file, '0']);
  });

  it('stops at SIGTERM, with exit code 0 and without a word on stderr', async () => {
    expect(await running.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});
