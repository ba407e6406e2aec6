/**
 * A timer like a scheduled rule of EventBridge: it fires on whole multiples of its rate since the epoch (so every minute
 * means on the minute) and says which multiple that was, whenever it really runs.
 *
 * As on AWS, a run does not wait for the one before: what bounds the overlap is the function's own time-out. Unlike
 * AWS, what was missed while the machine slept is made up for by one run, for the latest time missed.
 */
import { type Duration, type Instant, instant, toIso } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import { trackUntilStalled } from './stalled.ts';

export type ScheduleOptions = {
  clock: Clock;
  /** A whole number of minutes, as a rule's rate. */
  every: Duration;
  /** Failing is its own affair: the next run comes all the same. */
  run(scheduledTime: Instant): Promise<void>;
  onError?: (error: unknown, scheduledTime: Instant) => void;
};

const MINUTE_MS = 60_000;

/** Starts the timer; the answer stops it (a run under way goes on). Throws for a rate that EventBridge refuses. */
export function schedule({ clock, every, run, onError }: ScheduleOptions): () => void {
  if (!(every > 0) || every % MINUTE_MS !== 0) {
    throw new RangeError(`a schedule's rate is a whole number of minutes, not ${every} ms`);
  }
  let cancel = (): void => {};
  const arm = (after: Instant): void => {
    const due = instant((Math.floor(after / every) + 1) * every);
    cancel = clock.at(due, () => {
      const missed = instant(Math.floor(clock.now() / every) * every);
      // Timers may fire a little early; what is due now is then still what was asked for.
      const scheduledTime = instant(Math.max(due, missed));
      arm(scheduledTime);
      // Not returned: a run that hangs would hold a virtual clock for ever.
      void trackUntilStalled(clock, run(scheduledTime)).catch((error: unknown) => onError?.(error, scheduledTime));
    });
  };
  arm(clock.now());
  return () => cancel();
}

/** The event of a function's schedule: the rule's `time`, whole seconds in UTC. */
export const scheduledEvent = (at: Instant): { scheduledTime: string } => ({
  scheduledTime: toIso(at).replace(/\.\d{3}Z$/, 'Z'),
});
