/**
 * Errors as state machines see them, and what a Retry or Catch makes of one.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
import { type Duration, seconds } from '../../src/core/time.ts';
import type { Retrier } from './definition.ts';

/** A state failed with `error` (such as `States.Timeout`) and, mostly, a `cause`. */
export class StateFailure extends Error {
  override name = 'StateFailure';
  readonly error: string;
  readonly detail: string | undefined;
  /** Other names by which a Retry or Catch may call it. */
  readonly aliases: readonly string[];
  constructor(error: string, detail?: string, aliases: readonly string[] = []) {
    super(`${error}: ${detail ?? ''}`);
    this.error = error;
    this.detail = detail;
    this.aliases = aliases;
  }
}

/** An expired heartbeat is reported as States.Timeout and may be caught by either name. */
export const heartbeatMissed = (): StateFailure =>
  new StateFailure('States.Timeout', undefined, ['States.HeartbeatTimeout']);
export const timedOut = (): StateFailure => new StateFailure('States.Timeout');

/** Neither retried nor caught by a wildcard. States.Runtime is not even caught by its own name. */
const TERMINAL = new Set(['States.DataLimitExceeded', 'States.Runtime']);

function matches(wanted: string, { error, aliases }: StateFailure): boolean {
  if (error === 'States.Runtime') return false;
  if (wanted === error || aliases.includes(wanted)) return true;
  if (TERMINAL.has(error)) return false;
  if (wanted === 'States.ALL') return true;
  return wanted === 'States.TaskFailed' && error !== 'States.Timeout';
}

/** Where in a list of retriers or catchers the first rule for this failure stands; -1 if none. */
export const ruleFor = (rules: readonly { ErrorEquals: readonly string[] }[], failure: StateFailure): number =>
  rules.findIndex((rule) => rule.ErrorEquals.some((wanted) => matches(wanted, failure)));

/** How long to wait before the next attempt when `earlier` retries of this rule went before. */
export function retryDelay(rule: Retrier, earlier: number, random: () => number): Duration {
  const grown = rule.IntervalSeconds * rule.BackoffRate ** earlier;
  const capped = Math.min(grown, rule.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return Math.round(seconds(rule.JitterStrategy === 'FULL' ? capped * random() : capped)) as Duration;
}

/** What `Error` and `Cause` say in `$states.errorOutput`, in an ended execution and in its history. */
export const errorOutput = (failure: StateFailure): { Error: string; Cause?: string } =>
  failure.detail === undefined ? { Error: failure.error } : { Error: failure.error, Cause: failure.detail };

/** 256 KiB of UTF-8, the most that a state takes or leaves. */
const MOST_BYTES = 262_144;

/** Answers the value again, or throws States.DataLimitExceeded. */
export function withinLimit<T>(value: T, what: string): T {
  if (Buffer.byteLength(JSON.stringify(value)) <= MOST_BYTES) return value;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
