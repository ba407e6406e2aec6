/**
 * Catches opening hours that are an hour off, twice a year or always. Every instant is written by hand, from the offsets
 * that the place has: Berlin is UTC+1, and UTC+2 from 2026-03-29 01:00Z to 2026-10-25 01:00Z; New York is UTC-5, and UTC-4
 * from 2026-03-08 07:00Z to 2026-11-01 06:00Z; Lord Howe puts its clocks forward by half an hour only.
 */
import { describe, expect, it } from 'vitest';
import { type Instant, instant, toIso } from '../../src/core/time.ts';
import { closesAfter, isOpen, type OpeningHours, opensAfter, zonedText } from '../../src/core/week.ts';
import { countCases } from './fixtures.ts';

const at = (iso: string): Instant => instant(Date.parse(iso));
const shown = (found: Instant | undefined): string | undefined => (found === undefined ? undefined : toIso(found));
const hours = (day: number, from: string, to: string): OpeningHours => {
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { day, from: minutes(from), to: minutes(to) };
};
const WORK = [1, 2, 3, 4, 5].map((day) => hours(day, '09:00', '17:30'));
const BERLIN = 'Europe/Berlin';

const OPEN: readonly (readonly [string, readonly OpeningHours[], string, string, boolean])[] = [
  ['Monday 09:00 in winter', WORK, BERLIN, '2026-11-30T08:00:00Z', true],
  ['a millisecond before', WORK, BERLIN, '2026-11-30T07:59:59.999Z', false],
  ['Monday 17:29:59 in winter', WORK, BERLIN, '2026-11-30T16:29:59.999Z', true],
  ['Monday 17:30 in winter', WORK, BERLIN, '2026-11-30T16:30:00Z', false],
  ['Monday 09:00 in summer', WORK, BERLIN, '2026-06-01T07:00:00Z', true],
  ['Monday 08:59 in summer', WORK, BERLIN, '2026-06-01T06:59:00Z', false],
  ['Sunday', WORK, BERLIN, '2026-11-29T10:00:00Z', false],
  ['Monday in Auckland, Sunday in UTC', [hours(1, '09:00', '10:00')], 'Pacific/Auckland', '2026-11-29T20:30:00Z', true],
  ['in UTC', [hours(7, '00:00', '24:00')], 'UTC', '2026-11-29T23:59:59Z', true],
  ['before 1970, on a Wednesday', [hours(3, '23:00', '24:00')], 'UTC', '1969-12-31T23:30:00Z', true],
  // The night when the clocks go from 02:00 to 03:00.
  ['the last second before the change', [hours(7, '01:00', '02:00')], BERLIN, '2026-03-29T00:59:59Z', true],
  ['03:00, right after it', [hours(7, '02:00', '03:00')], BERLIN, '2026-03-29T01:00:00Z', false],
  ['03:00 is 03:00', [hours(7, '03:00', '04:00')], BERLIN, '2026-03-29T01:00:00Z', true],
  // The night when they go from 03:00 back to 02:00.
  ['02:30, the first time', [hours(7, '02:00', '03:00')], BERLIN, '2026-10-25T00:30:00Z', true],
  ['02:30, the second time', [hours(7, '02:00', '03:00')], BERLIN, '2026-10-25T01:30:00Z', true],
  ['03:00, after both', [hours(7, '02:00', '03:00')], BERLIN, '2026-10-25T02:00:00Z', false],
];

describe('opening hours', () => {
  it.each(OPEN)('%s', (_what, open, zone, when, expected) => {
    expect(isOpen(open, zone, at(when))).toBe(expected);
  });
  countCases('moments and opening hours', OPEN.length);

  it('an unknown zone is an error, never open', () => {
    expect(() => isOpen(WORK, 'Europe/Bern', at('2026-11-30T08:00:00Z'))).toThrow(RangeError);
  });
});

const NEXT: readonly (readonly [
  string,
  readonly OpeningHours[],
  string,
  string,
  string | undefined,
  string | undefined,
])[] = [
  // what, hours, zone, at, opens next, closes next
  ['Friday evening', WORK, BERLIN, '2026-11-27T17:00:00Z', '2026-11-30T08:00:00.000Z', '2026-11-27T17:00:00.000Z'],
  ['Friday noon', WORK, BERLIN, '2026-11-27T11:00:00Z', '2026-11-30T08:00:00.000Z', '2026-11-27T16:30:00.000Z'],
  [
    'over the spring change',
    WORK,
    BERLIN,
    '2026-03-27T17:00:00Z',
    '2026-03-30T07:00:00.000Z',
    '2026-03-27T17:00:00.000Z',
  ],
  [
    'over the autumn change',
    WORK,
    BERLIN,
    '2026-10-23T16:00:00Z',
    '2026-10-26T08:00:00.000Z',
    '2026-10-23T16:00:00.000Z',
  ],
  [
    'New York, spring',
    [hours(7, '09:00', '10:00')],
    'America/New_York',
    '2026-03-08T06:00:00Z',
    '2026-03-08T13:00:00.000Z',
    undefined,
  ],
  [
    'New York, autumn',
    [hours(7, '09:00', '10:00')],
    'America/New_York',
    '2026-11-01T05:00:00Z',
    '2026-11-01T14:00:00.000Z',
    undefined,
  ],
  // 02:30 does not exist that night: it opens when the clocks are put forward into the window.
  [
    'an opening that the change skips',
    [hours(7, '02:30', '04:00')],
    BERLIN,
    '2026-03-29T00:00:00Z',
    '2026-03-29T01:00:00.000Z',
    undefined,
  ],
  [
    'all of it skipped: a week later',
    [hours(7, '02:00', '03:00')],
    BERLIN,
    '2026-03-29T00:00:00Z',
    '2026-04-05T00:00:00.000Z',
    undefined,
  ],
  [
    'half an hour, Lord Howe',
    [hours(7, '02:00', '02:45')],
    'Australia/Lord_Howe',
    '2026-10-03T14:00:00Z',
    '2026-10-03T15:30:00.000Z',
    undefined,
  ],
  // 02:30 comes twice: open, closed when the clocks go back, and open once more.
  [
    'the first 02:30',
    [hours(7, '02:30', '04:00')],
    BERLIN,
    '2026-10-25T00:00:00Z',
    '2026-10-25T00:30:00.000Z',
    undefined,
  ],
  [
    'between the two',
    [hours(7, '02:30', '04:00')],
    BERLIN,
    '2026-10-25T00:45:00Z',
    '2026-10-25T01:30:00.000Z',
    '2026-10-25T01:00:00.000Z',
  ],
  [
    'a window over midnight is one',
    [hours(1, '22:00', '24:00'), hours(2, '00:00', '06:00')],
    BERLIN,
    '2026-11-30T22:00:00Z',
    '2026-12-07T21:00:00.000Z',
    '2026-12-01T05:00:00.000Z',
  ],
  [
    'never closed',
    [1, 2, 3, 4, 5, 6, 7].map((day) => hours(day, '00:00', '24:00')),
    BERLIN,
    '2026-11-30T22:00:00Z',
    undefined,
    undefined,
  ],
  ['never open', [], BERLIN, '2026-11-30T22:00:00Z', undefined, undefined],
];

describe('when it opens and closes next', () => {
  it.each(NEXT)('%s', (_what, open, zone, when, opens, closes) => {
    expect(shown(opensAfter(open, zone, at(when)))).toBe(opens);
    if (isOpen(open, zone, at(when))) expect(shown(closesAfter(open, zone, at(when)))).toBe(closes);
  });
  countCases('next openings', NEXT.length);

  it('says so by the clocks there', () => {
    expect(zonedText(BERLIN, at('2026-11-30T08:00:00Z'))).toBe('Monday 2026-11-30 09:00 Europe/Berlin');
    expect(zonedText('Pacific/Auckland', at('2026-11-29T20:30:00Z'))).toBe('Monday 2026-11-30 09:30 Pacific/Auckland');
  });
});
