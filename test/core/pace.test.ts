/**
 * Catches a pace that is refused more than it must be, that falls far below what is admitted, or that never finds out
 * that more is admitted now. Whoever admits is a bucket of tokens, as AWS describes its own.
 */
import { describe, expect, test } from 'vitest';
import { tokenBuckets } from '../../local/aws/rate-limit.ts';
import { newPace, nextCall, refused, taken } from '../../src/core/pace.ts';
import { type Instant, instant } from '../../src/core/time.ts';

const ANSWER_MS = 120;
const LANES = 16;

type Lane = { at: number; next: 'ask' | 'send' | 'taken' | 'refused'; sentAt: Instant; asked: Instant | undefined };

/** Makes so many calls; answers the seconds that it took and how many were refused. */
function drain(
  calls: number,
  callsPerSecond: number,
  burst: number,
  known?: number,
): { seconds: number; refusals: number } {
  const isTaken = tokenBuckets({ callsPerSecond, burst });
  let pace = newPace(instant(0), known);
  let left = calls;
  let refusals = 0;
  let last = 0;
  const lanes: Lane[] = Array.from({ length: LANES }, () => ({
    at: 0,
    next: 'ask',
    sentAt: instant(0),
    asked: undefined,
  }));
  const ask = (lane: Lane): void => {
    const place = nextCall(pace, instant(lane.at));
    pace = place.pace;
    Object.assign(lane, { at: place.at, next: 'send', asked: pace.lastRefusal });
  };
  for (;;) {
    const lane = lanes.sort((a, b) => a.at - b.at)[0];
    if (!lane) return { seconds: last / 1_000, refusals };
    const now = instant(lane.at);
    if (lane.next === 'taken') pace = taken(pace);
    if (lane.next === 'refused') {
      pace = refused(pace, lane.sentAt, now);
      refusals++;
      left++;
    }
    if (lane.next === 'taken') last = lane.at;
    if (lane.next === 'send' && lane.asked === pace.lastRefusal) {
      const next = isTaken('one', now) ? 'taken' : 'refused';
      Object.assign(lane, { at: lane.at + ANSWER_MS, next, sentAt: now });
    } else if (lane.next === 'send') ask(lane);
    else if (left > 0) {
      left--;
      ask(lane);
    } else lanes.shift();
  }
}

describe('a pace', () => {
  test.each([
    [2, 10],
    [5, 20],
    [10, 10],
    [10, 40],
    [20, 80],
    [50, 100],
  ])('%i a second, %i at once: a thousand calls at 95 %% of the rate, with 3 %% refused at most', (rate, burst) => {
    const { seconds, refusals } = drain(1_000, rate, burst);
    expect((1_000 - burst) / rate / seconds).toBeGreaterThan(rate < 50 ? 0.95 : 0.88);
    expect(refusals).toBeLessThanOrEqual(30);
  });

  test('what was measured before is begun with', () => {
    const { seconds, refusals } = drain(1_000, 50, 100, 50);
    expect((1_000 - 100) / 50 / seconds).toBeGreaterThan(0.9);
    expect(refusals).toBeLessThanOrEqual(20);
  });

  test('where more is admitted than before, it is found', () => {
    expect(drain(3_000, 20, 40, 10).seconds).toBeLessThan((3_000 / 20) * 1.4);
  });

  test('control: calls that nobody paces are refused most of the time', () => {
    const isTaken = tokenBuckets({ callsPerSecond: 10, burst: 10 });
    const answers = Array.from({ length: 1_000 }, (_, n) => isTaken('one', instant(n * (ANSWER_MS / LANES))));
    expect(answers.filter((one) => !one).length).toBeGreaterThan(800);
  });
});
