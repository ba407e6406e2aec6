/** Runs the command as a function in a world of the test's making: its streams, environment, clock and Ctrl-C. */
import { main } from '../../cli/main.ts';
import { KEYS, REGION } from './server.ts';

/** When every test happens. */
export const NOW = Date.parse('2026-11-24T10:00:00Z');

export type World = {
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly calledAs?: string;
  readonly now?: () => number;
  /** Called instead of every sleep. */
  readonly onSleep?: (ms: number) => void;
  readonly interrupted?: AbortSignal;
};

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Credentials and region in the environment, and nothing of whoever runs the tests. */
export const environment = (url: string | undefined): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  AWS_REGION: REGION,
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
  ...(url !== undefined && { HALLPASS_URL: url }),
});

export async function run(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const { tty = false, interrupted = new AbortController().signal } = world;
  // The AWS SDK reads the process's own environment.
  const before = process.env;
  process.env = { PATH: before['PATH'], ...world.env };
  try {
    const code = await main(argv, {
      stdout: { write: (text) => out.push(text), isTTY: tty },
      stderr: { write: (text) => err.push(text), isTTY: tty },
      env: process.env,
      calledAs: world.calledAs ?? '/usr/local/bin/hallpass',
      now: world.now ?? (() => NOW),
      sleep: async (ms, signal) => {
        world.onSleep?.(ms);
        signal.throwIfAborted();
      },
      every: (_ms, task) => {
        task();
        return () => {};
      },
      interrupted,
    });
    return { code, stdout: out.join(''), stderr: err.join('') };
  } finally {
    process.env = before;
  }
}
