/** `npm start` as a process of its own, on free ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../../local/aws/iam/seed.ts';
import { callAs, type Reply } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How it ended, and all that it said; `code` is null after a signal. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type LocalMode = {
  readonly apiUrl: string;
  readonly stdout: string;
  call(profile: string, method: string, path: string, body?: unknown): Promise<Reply>;
  /** SIGKILL: nothing of it gets to run any more. */
  kill(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
};

/** A folder that is gone after the test. */
export function temporaryFolder(onEnd: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-life-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function launch(args: readonly string[]): {
  child: ChildProcess;
  said: { stdout: string; stderr: string };
  ended: Promise<Ended>;
} {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  // What `npm start` runs once the dependencies are there.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'local/main.ts', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (text) => {
      said[stream] += text;
    });
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...said }));
  return { child, said, ended };
}

const onFreePorts = (dataDir: string) => ['--data', dataDir, '--port', '0', '--aws-port', '0', '--slack-port', '0'];

/** Starts it and waits for the line that says that it answers. Throws with its words when it ends instead. */
export async function startLocalMode(dataDir: string, more: readonly string[] = []): Promise<LocalMode> {
  const { child, said, ended } = launch([...onFreePorts(dataDir), ...more]);
  const apiUrl = await new Promise<string>((ready, fail) => {
    child.stdout?.on('data', () => {
      const found = /^ready (\S+)$/m.exec(said.stdout);
      if (found) ready(found[1] ?? '');
    });
    void ended.then(({ code, stderr }) => fail(new Error(`npm start ended with ${code}: ${stderr}`)));
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> => {
    child.kill(signal);
    return ended;
  };
  return {
    apiUrl,
    get stdout() {
      return said.stdout;
    },
    call: (profile, method, path, body) => callAs({ apiUrl }, credentialsIn(dataDir, profile), method, path, body),
    kill: async () => void (await stop('SIGKILL')),
    stop,
  };
}

/** Runs it where it is expected to refuse; one that starts after all is stopped, and its code is then not 1. */
export async function refusedStart(dataDir: string, more: readonly string[] = []): Promise<Ended> {
  const { child, said, ended } = launch([...onFreePorts(dataDir), ...more]);
  child.stdout?.on('data', () => {
    if (/^ready /m.test(said.stdout)) child.kill('SIGKILL');
  });
  return ended;
}

/** A profile out of the file that people source. */
export function credentialsIn(dataDir: string, profile: string): Credentials {
  const text = readFileSync(join(dataDir, 'aws-credentials'), 'utf8');
  const section = text.split(/^\[/m).find((part) => part.startsWith(`${profile}]`)) ?? '';
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, 'm').exec(section)?.[1] ?? '';
  const sessionToken = value('aws_session_token');
  return {
    accessKeyId: value('aws_access_key_id'),
    secretAccessKey: value('aws_secret_access_key'),
    ...(sessionToken && { sessionToken }),
  };
}
