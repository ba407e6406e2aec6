/** What a function is given of its surroundings. On AWS it is the process; local mode and tests give their own. */
import { createHash, randomBytes } from 'node:crypto';
import type { Log } from '../broker/ports.ts';
import type { Sha256 } from '../core/canonical.ts';
import { type Duration, type Instant, instant, seconds } from '../core/time.ts';

export type Runtime = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  /** One attempt of one AWS call takes at most this long; there are three. */
  readonly callTimeout: Duration;
  /** How long to wait before a call's n-th retry (1, 2). */
  readonly retryDelay: (attempt: number) => Duration;
  /** Waits between calls that are paced; by a timer, unless somebody else keeps the time. */
  readonly pause?: (length: Duration) => Promise<void>;
  readonly write: (line: string) => void;
};

export class Misconfigured extends Error {
  override name = 'Misconfigured';
}

/** Where local mode's Slack is; a deployed function talks to Slack itself. */
export const SLACK_API_URL = 'SLACK_API_URL';

/**
 * The runtime of a deployed function. Throws `Misconfigured` when somebody redirected AWS's endpoints: deployed code
 * talks to AWS and Slack themselves and to nothing else.
 */
export function lambdaRuntime(env: Runtime['env'] = process.env): Runtime {
  const redirected = Object.keys(env).filter((name) => name.startsWith('AWS_ENDPOINT_URL') || name === SLACK_API_URL);
  if (redirected.length > 0) {
    throw new Misconfigured(
      `${redirected.join(', ')} must not be set on a deployed function: only local mode may redirect calls to AWS or Slack`,
    );
  }
  return {
    env,
    now: () => instant(Date.now()),
    random: (bytes) => randomBytes(bytes),
    callTimeout: seconds(5),
    // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    retryDelay: (attempt) => Math.floor(Math.random() * 100 * 2 ** attempt) as Duration,
    // Lambda writes a date and a request id before what `console` prints, and the line would be no JSON any more.
    write: (line) => void process.stdout.write(`${line}\n`),
  };
}

/** A variable that has to be there. Throws `Misconfigured` naming it. */
export function required(runtime: Runtime, name: string): string {
  const value = runtime.env[name];
  if (!value) throw new Misconfigured(`the environment variable ${name} is not set`);
  return value;
}

export const sha256: Sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** One JSON object a line, as CloudWatch Logs Insights reads them. */
export const logTo =
  (runtime: Runtime): Log =>
  (level, message, fields) =>
    runtime.write(JSON.stringify({ level, message, at: new Date(runtime.now()).toISOString(), ...fields }));
