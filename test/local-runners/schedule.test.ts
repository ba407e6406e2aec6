/** Catches: a sweep that drifts off the minute, is skipped because the last one failed or hangs, or floods after sleep. */
import { expect, test } from 'vitest';
import type { Clock } from '../../local/clock.ts';
import { virtualClock } from '../../local/clock.ts';
import { schedule, scheduledEvent } from '../../local/lambda/schedule.ts';
import { type Instant, instant, minutes, seconds, toIso } from '../../src/core/time.ts';

const START = instant(Date.UTC(2026, 10, 24, 2, 59, 30, 250));

test('runs on the minute, says which, and stops when told', async () => {
  const clock = virtualClock(START);
  const times: string[] = [];
  const stop = schedule({ clock, every: minutes(1), run: async (at) => void times.push(toIso(at)) });
  await clock.advanceBy(minutes(3));
  stop();
  await clock.advanceBy(minutes(3));
  expect(times).toEqual(['2026-11-24T03:00:00.000Z', '2026-11-24T03:01:00.000Z', '2026-11-24T03:02:00.000Z']);
  expect(clock.next()).toBeUndefined();
});

test('the event carries the scheduled time as the Scheduler writes it', () => {
  expect(scheduledEvent(instant(Date.UTC(2026, 10, 24, 3)))).toEqual({ scheduledTime: '2026-11-24T03:00:00Z' });
});

test('a run that fails is reported and does not end the schedule', async () => {
  const clock = virtualClock(START);
  const failed: number[] = [];
  let runs = 0;
  schedule({
    clock,
    every: minutes(5),
    run: async () => {
      runs++;
      throw new Error('no');
    },
    onError: (_error, at) => failed.push(at),
  });
  await clock.advanceBy(minutes(11));
  expect(runs).toBe(3);
  expect(failed).toHaveLength(3);
});

test('time waits for a run that works', async () => {
  const clock = virtualClock(START);
  const seen: number[] = [];
  schedule({
    clock,
    every: minutes(1),
    run: async (at) => {
      for (let i = 0; i < 5; i++) await new Promise((next) => setImmediate(next));
      seen.push(clock.now() - at);
    },
  });
  await clock.advanceBy(minutes(4));
  expect(seen).toEqual([0, 0, 0, 0]);
});

test('after the machine slept there is one run, for the latest time missed', async () => {
  let now = START;
  let due: { when: Instant; task: () => void | Promise<void> } | undefined;
  const clock: Clock = {
    now: () => now,
    at(when, task) {
      due = { when, task };
      return () => {};
    },
    track: (work) => work,
  };
  const times: string[] = [];
  schedule({ clock, every: minutes(1), run: async (at) => void times.push(toIso(at)) });
  now = instant(Date.UTC(2026, 10, 24, 6, 30, 10));
  await due?.task();
  expect(times).toEqual(['2026-11-24T06:30:00.000Z']);
  expect(due?.when).toBe(Date.UTC(2026, 10, 24, 6, 31));
});

test('a rate that the Scheduler refuses is refused', () => {
  const clock = virtualClock(START);
  const run = async () => {};
  expect(() => schedule({ clock, every: seconds(90), run })).toThrow(RangeError);
  expect(() => schedule({ clock, every: minutes(0), run })).toThrow(RangeError);
});
