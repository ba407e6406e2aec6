/**
 * Time that passes only when told to: things happen in the order of their time, each with all that follows from it at
 * that very moment. Unlike a virtual clock that waits for work, work here may wait for time: calls take some.
 */
import type { Clock } from '../../local/clock.ts';
import { type Duration, type Instant, instant, plus } from '../../src/core/time.ts';

export type Timeline = Clock & {
  sleep(length: Duration): Promise<void>;
  /** Lets everything happen that is to happen until `when`. */
  runUntil(when: Instant): Promise<void>;
};

type Item = { readonly when: Instant; readonly n: number; task: (() => unknown) | undefined };

export function timeline(start: Instant): Timeline {
  let now = start;
  let count = 0;
  const heap: Item[] = [];
  const before = (a: Item, b: Item): boolean => a.when < b.when || (a.when === b.when && a.n < b.n);

  const push = (item: Item): void => {
    let i = heap.push(item) - 1;
    for (let parent = (i - 1) >> 1; i > 0; i = parent, parent = (i - 1) >> 1) {
      const above = heap[parent];
      if (!above || before(above, item)) break;
      heap[i] = above;
      heap[parent] = item;
    }
  };
  const pop = (): Item | undefined => {
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    let i = 0;
    for (;;) {
      const left = heap[2 * i + 1];
      const right = heap[2 * i + 2];
      const child = left && right && before(right, left) ? 2 * i + 2 : 2 * i + 1;
      const next = heap[child];
      if (!next || before(last, next)) break;
      heap[i] = next;
      i = child;
    }
    heap[i] = last;
    return first;
  };
  const at = (when: Instant, task: () => unknown): (() => void) => {
    const item: Item = { when: instant(Math.max(when, now)), n: count++, task };
    push(item);
    return () => {
      item.task = undefined;
    };
  };

  return {
    now: () => now,
    at,
    track: (work) => work,
    sleep: (length) =>
      new Promise((settle) => {
        at(plus(now, length), settle);
      }),
    async runUntil(when) {
      // What was begun between two runs comes first.
      await new Promise(setImmediate);
      for (let [first] = heap; first && first.when <= when; [first] = heap) {
        pop();
        if (!first.task) continue;
        now = instant(Math.max(now, first.when));
        first.task();
        // Promises settle before the next macrotask; nothing here waits for anything but promises and this timeline.
        await new Promise(setImmediate);
      }
      now = instant(Math.max(now, when));
    },
  };
}
