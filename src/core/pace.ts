/**
 * How fast to call somebody who does not say how many calls a second they take, and refuses what is too many. Whoever
 * refuses by a token bucket (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html) has none left when
 * it refuses: what was taken between two refusals, by the time between them, is the very rate. In between the pace
 * rises a little with every call, so that a rate that has become higher is found, too.
 */
import { between, type Duration, type Instant, latest, plus, seconds, toSeconds } from './time.ts';

export type Pace = {
  readonly callsPerSecond: number;
  /** The rate was not measured yet: it is looked for in larger steps. */
  readonly looking: boolean;
  /** When the next call may go out. */
  readonly next: Instant;
  readonly lastRefusal?: Instant;
  /** A moment at which nothing was left to be taken, and what was taken since. */
  readonly empty?: { readonly at: Instant; readonly taken: number };
};

const FIRST_RATE = 20;
const SLOWEST = 0.5;
/** More than one function can send, one after another in each of its lanes. */
const FASTEST = 100;
/** Of the rate, for each call that was taken: doubled after 35 of them while looking; a hundredth more after 25 when found. */
const RISE_LOOKING = 1.02;
const RISE = 1.0004;
const FALL_LOOKING = 0.6;
const FALL = 0.97;
/** Just below what was measured, so that the next refusal is some way off. */
const OF_MEASURED = 0.985;
/** Over less than so much a measure is none. */
const MEASURED_OVER = { time: seconds(1), calls: 12 };

/** `callsPerSecond`: what was measured before. */
export const newPace = (now: Instant, callsPerSecond?: number): Pace => ({
  callsPerSecond: callsPerSecond ?? FIRST_RATE,
  looking: callsPerSecond === undefined,
  next: now,
});

/** Takes the next place in the row; answers when it is. After a refusal the row is begun anew: who waits asks again. */
export function nextCall(pace: Pace, now: Instant): { readonly pace: Pace; readonly at: Instant } {
  const at = latest(pace.next, now);
  return { pace: { ...pace, next: plus(at, (1_000 / pace.callsPerSecond) as Duration) }, at };
}

export const taken = (pace: Pace): Pace => ({
  ...pace,
  ...(pace.empty && { empty: { ...pace.empty, taken: pace.empty.taken + 1 } }),
  callsPerSecond: Math.min(FASTEST, pace.callsPerSecond * (pace.looking ? RISE_LOOKING : RISE)),
});

/** Calls that were under way when one was refused say nothing new: `sentAt` tells. */
export function refused(pace: Pace, sentAt: Instant, now: Instant): Pace {
  if (pace.lastRefusal !== undefined && sentAt <= pace.lastRefusal) return pace;
  const measured = measure(pace, now);
  const lower = pace.callsPerSecond * (pace.looking ? FALL_LOOKING : FALL);
  const callsPerSecond = Math.max(SLOWEST, Math.min(pace.callsPerSecond, measured ? measured * OF_MEASURED : lower));
  return {
    callsPerSecond,
    looking: pace.looking && measured === undefined,
    lastRefusal: now,
    empty: measured === undefined && pace.empty ? pace.empty : { at: now, taken: 0 },
    next: plus(now, (1_000 / callsPerSecond) as Duration),
  };
}

function measure({ empty }: Pace, now: Instant): number | undefined {
  if (!empty || empty.taken < MEASURED_OVER.calls || between(empty.at, now) < MEASURED_OVER.time) return undefined;
  return empty.taken / toSeconds(between(empty.at, now));
}
