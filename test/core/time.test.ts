/**
 * Catches: a duration read in the wrong unit, one that says something else when written and read again, and instants
 * whose meaning depends on the zone of the machine that reads them.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  between,
  type Duration,
  days,
  earliest,
  formatDuration,
  hours,
  instant,
  latest,
  minus,
  minutes,
  parseDuration,
  parseInstant,
  plus,
  seconds,
  toIso,
  toSeconds,
} from '../../src/core/time.ts';
import { T0 } from './fixtures.ts';

describe('durations', () => {
  test.each([
    ['1s', 1_000],
    ['45m', 2_700_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['90m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s', 93_784_000],
    ['0h5m', 300_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    '',
    ' ',
    '0m',
    '0s',
    '0d0h',
    '5',
    'm',
    '-5m',
    '+5m',
    '1.5h',
    '1,5h',
    '5 m',
    ' 5m',
    '5m ',
    '5m\n',
    '30m1h',
    '5M',
    '5min',
    '1w',
    'P1D',
    'PT1H',
    '1h1h',
    '1e3m',
    '٥m',
    '1000d',
    'NaNm',
    'Infinityh',
    '0x10m',
  ])('%j is no duration', (text) => expect(parseDuration(text)).toBeUndefined());

  test.each([
    [1_000, '1s'],
    [60_000, '1m'],
    [2_700_000, '45m'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
    [93_784_000, '1d2h3m4s'],
    [3_601_000, '1h1s'],
    [0, '0s'],
    [-5_000, '0s'],
    [1_499, '1s'],
    [1_500, '2s'],
  ])('%d ms is written %s', (ms, text) => expect(formatDuration(ms as Duration)).toBe(text));

  test('what is written is read back as the same length, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_399_999 }), (total) => {
        expect(parseDuration(formatDuration((total * 1_000) as Duration))).toBe(total * 1_000);
      }),
    );
  });

  test('nothing that is read is negative, zero, or not a whole number of seconds', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9dhms]{0,9}$/), (text) => {
        const read = parseDuration(text);
        if (read !== undefined) expect(read > 0 && Number.isInteger(read / 1_000)).toBe(true);
      }),
    );
  });
});

describe('instants', () => {
  test.each([
    ['2026-11-24T03:00:00.000Z', 1_795_489_200_000],
    ['2026-11-24T03:00:00Z', 1_795_489_200_000],
    ['2026-11-24T03:00Z', 1_795_489_200_000],
    ['2026-11-24T04:00:00+01:00', 1_795_489_200_000],
    ['2026-11-23T22:00:00-05:00', 1_795_489_200_000],
    ['2026-11-24T03:00:00.5Z', 1_795_489_200_500],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
  ])('%s is %d', (text, ms) => expect(parseInstant(text)).toBe(ms));

  test.each([
    ['without a zone', '2026-11-24T03:00:00'],
    ['a date alone', '2026-11-24'],
    ['a zone without a colon', '2026-11-24T03:00:00+0100'],
    ['a space for the T', '2026-11-24 03:00:00Z'],
    ['a lower-case zone', '2026-11-24T03:00:00z'],
    ['no such month', '2026-13-01T00:00:00Z'],
    ['no such day, which V8 takes for the 2nd of March', '2026-02-30T00:00:00Z'],
    ['no such day, which V8 takes for the 1st of July', '2026-06-31T00:00:00Z'],
    ['no leap year', '2025-02-29T00:00:00Z'],
    ['no such hour', '2026-11-24T25:00:00Z'],
    ['no such minute', '2026-11-24T03:60:00Z'],
    ['no such zone', '2026-11-24T03:00:00+99:99'],
    ['epoch milliseconds', '1795489200000'],
    ['words', 'tomorrow'],
    ['nothing', ''],
    ['something after it', '2026-11-24T03:00:00Z\n'],
  ])('refused: %s', (_what, text) => expect(parseInstant(text)).toBeUndefined());

  test('text sorts as time does, to the millisecond', () => {
    const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        expect(Math.sign(a - b)).toBe(toIso(instant(a)) < toIso(instant(b)) ? -1 : a === b ? 0 : 1);
        expect(parseInstant(toIso(instant(a)))).toBe(a);
      }),
    );
  });
});

test('units are what their names say', () => {
  expect([seconds(1), minutes(1), hours(1), days(1)]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
  expect(plus(T0, minutes(2))).toBe(1_795_489_320_000);
  expect(minus(T0, minutes(2))).toBe(1_795_489_080_000);
  expect(between(T0, plus(T0, hours(1)))).toBe(3_600_000);
  expect(between(plus(T0, hours(1)), T0)).toBe(-3_600_000);
  expect(toSeconds(minutes(3))).toBe(180);
  expect([earliest(T0, plus(T0, seconds(1))), latest(T0, plus(T0, seconds(1)))]).toEqual([T0, 1_795_489_201_000]);
});
