/**
 * The one clock of local mode: the wall clock when people use it, a virtual one in tests, where a day passes as fast
 * as the work that it causes. Nothing in `local/` calls `Date.now` or `setTimeout` for anything that AWS would do by
 * its own clock.
 */
import { type Duration, type Instant, instant, plus } from '../src/core/time.ts';

type Task = () => void | Promise<void>;

export type Clock = {
  now(): Instant;
  /** Runs `task` once at `when` (at once if that is past). The answer cancels it; cancelling twice is harmless. */
  at(when: Instant, task: Task): () => void;
  /** Lets a virtual clock know of work under way, so that it does not run ahead of it. Answers the same promise. */
  track<T>(work: Promise<T>): Promise<T>;
};

export type VirtualClock = Clock & {
  /** Moves on to `when`, running every task on the way in order of time and waiting for the work each one causes. */
  advanceTo(when: Instant): Promise<void>;
  advanceBy(length: Duration): Promise<void>;
  /** Waits until no tracked work is under way. Time stands still meanwhile. */
  settle(): Promise<void>;
  /** When the next task is due, if any. */
  next(): Instant | undefined;
};

/** The longest delay that `setTimeout` takes; a longer one fires at once, so it is waited for in pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  at(when, task) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = when - Date.now();
      timer = setTimeout(
        left > LONGEST_TIMER_MS ? arm : () => void task(),
        Math.min(Math.max(left, 0), LONGEST_TIMER_MS),
      );
    };
    arm();
    return () => clearTimeout(timer);
  },
  track: (work) => work,
};

export function virtualClock(start: Instant): VirtualClock {
  let now = start;
  let sequence = 0;
  const tasks = new Map<number, { when: Instant; task: Task }>();
  const underWay = new Set<Promise<unknown>>();

  const first = (): [number, { when: Instant; task: Task }] | undefined => {
    let found: [number, { when: Instant; task: Task }] | undefined;
    for (const entry of tasks) if (!found || entry[1].when < found[1].when) found = entry;
    return found;
  };
  const track = <T>(work: Promise<T>): Promise<T> => {
    const done = work.then(
      () => {},
      () => {},
    );
    underWay.add(done);
    void done.then(() => underWay.delete(done));
    return work;
  };
  const settle = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };

  return {
    now: () => now,
    at(when, task) {
      const id = sequence++;
      // Whole milliseconds, as every clock here tells them.
      tasks.set(id, { when: instant(Math.ceil(when)), task });
      return () => tasks.delete(id);
    },
    track,
    settle,
    next: () => first()?.[1].when,
    async advanceTo(when) {
      await settle();
      for (let due = first(); due && due[1].when <= when; due = first()) {
        tasks.delete(due[0]);
        now = instant(Math.max(now, due[1].when));
        const work = due[1].task();
        if (work) await track(work);
        await settle();
      }
      now = instant(Math.max(now, when));
    },
    advanceBy(length) {
      return this.advanceTo(plus(now, length));
    },
  };
}
