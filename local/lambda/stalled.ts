/**
 * A virtual clock waits for the work it is told of. A call that hangs waits for the clock: its time-out. To let the
 * two meet, work that has said nothing for a while of real time no longer holds the clock.
 */
import type { Duration } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';

/** Real time, long against a call on loopback, short against a person's patience with a test. */
const PATIENCE = 2_000 as Duration;

/** Like `clock.track`, for work that may itself be waiting for the clock. Answers the same promise. */
export function trackUntilStalled<T>(clock: Clock, work: Promise<T>, patience: Duration = PATIENCE): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<void>((settle) => {
    timer = setTimeout(settle, patience);
  });
  const done = work.then(
    () => {},
    () => {},
  );
  void clock.track(Promise.race([done, stalled]).finally(() => clearTimeout(timer)));
  return work;
}
