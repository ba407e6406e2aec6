/** All that the command knows of the world, so that tests can be the world. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';

export type Sink = { write(text: string): unknown; readonly isTTY?: boolean | undefined };

export type Io = {
  /** Data. */
  readonly stdout: Sink;
  /** Words. */
  readonly stderr: Sink;
  /** The AWS SDK reads `process.env` by itself; in the real command this is the same. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path by which the program was called: `kubectl-hallpass` speaks as `kubectl hallpass`. */
  readonly calledAs: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `task` every `ms` until the answer is called. */
  every(ms: number, task: () => void): () => void;
  /** Asks whoever sits at the terminal and answers what they typed. Undefined where nobody does. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
};

export function systemIo(interrupted: AbortSignal): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    // The script in bin/ says by which of its names it was called.
    calledAs: process.env['HALLPASS_CALLED_AS'] ?? process.argv[1] ?? 'hallpass',
    now: () => Date.now(),
    sleep: async (ms, signal) => delay(ms, undefined, { signal }),
    every(ms, task) {
      const timer = setInterval(task, ms);
      return () => clearInterval(timer);
    },
    ...(process.stdin.isTTY &&
      process.stderr.isTTY && { ask: (question: string) => askOnTerminal(question, interrupted) }),
    interrupted,
  };
}

/** On stderr, because stdout is for data. Ctrl-C and the end of input are no answer. */
async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question, { signal });
  } catch {
    return '';
  } finally {
    terminal.close();
  }
}
