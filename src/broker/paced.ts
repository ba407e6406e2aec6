/** Calls to one account's EKS in a row, as fast as it takes them. */
import { newPace, nextCall, refused, taken } from '../core/pace.ts';
import { between, type Duration, seconds } from '../core/time.ts';
import type { DrainPorts, Throttled } from './drainPorts.ts';
import { type Deps, NotReady } from './ports.ts';

type Clock = Pick<Deps, 'now'> & { readonly drain: Pick<DrainPorts, 'pause' | 'timeLeft'> };

/** A call is sent once and takes at most five seconds. */
const TIME_FOR_A_CALL = seconds(6);

/** Nothing failed: the invocation is nearly over. */
export class TooLate extends NotReady {
  override name = 'TooLate';
}

export type Paced = {
  /** Sends it once, in its turn. Throws `TooLate` if less than `timeNeeded` is left when its turn comes. */
  once<T>(call: () => Promise<T | Throttled>, timeNeeded?: Duration): Promise<T | Throttled>;
  /** Sends it until it is taken. Throws `TooLate`. */
  insist<T>(call: () => Promise<T | Throttled>): Promise<T>;
  /** What was measured, if anything was. */
  callsPerSecond(): number | undefined;
};

/** `keep`: less than this is not used for calls that are insisted on. */
export function paced({ now, drain }: Clock, callsPerSecond?: number, keep: Duration = TIME_FOR_A_CALL): Paced {
  let pace = newPace(now(), callsPerSecond);
  const turn = async (): Promise<void> => {
    for (;;) {
      const before = pace.lastRefusal;
      const next = nextCall(pace, now());
      pace = next.pace;
      const wait = between(now(), next.at);
      if (wait > 0) await drain.pause(Math.ceil(wait) as Duration);
      if (pace.lastRefusal === before) return;
    }
  };
  const once: Paced['once'] = async (call, timeNeeded = keep) => {
    await turn();
    if (drain.timeLeft() < timeNeeded) throw new TooLate('too little time is left for another call');
    const sentAt = now();
    const answer = await call();
    pace = answer === 'throttled' ? refused(pace, sentAt, now()) : taken(pace);
    return answer;
  };
  return {
    once,
    async insist<T>(call: () => Promise<T | Throttled>): Promise<T> {
      for (;;) {
        const answer = await once(call);
        if (answer !== 'throttled') return answer as T;
      }
    },
    callsPerSecond: () => (pace.looking ? undefined : pace.callsPerSecond),
  };
}
