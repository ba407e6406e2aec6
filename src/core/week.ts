/**
 * Weekly opening hours in a time zone, by what the clocks there show: when they are put forward an hour that does not
 * exist opens nothing, and when they are put back one that comes twice counts twice.
 *
 * Offsets come from the engine's own copy of the time zone database. Loading it costs a cold start some 26 ms, so it is
 * touched only where a rule has opening hours.
 */
import { type Instant, instant } from './time.ts';

/** On one day of the week, Monday being 1, from and to so many minutes after midnight; `to` is at most 1440 and not in it. */
export type OpeningHours = { readonly day: number; readonly from: number; readonly to: number };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
// Hours that the change of clocks skips in one week come again in the next.
const FARTHEST_DAYS = 15;

/** Throws `RangeError` for a zone that this engine does not know. */
export const isOpen = (hours: readonly OpeningHours[], zone: string, at: Instant): boolean =>
  isOpenAt(hours, wallClock(zone, at));

/** The first moment after `at` at which it is open; undefined if there is none within two weeks. */
export function opensAfter(hours: readonly OpeningHours[], zone: string, at: Instant): Instant | undefined {
  const edges = edgesAfter(hours, zone, at);
  if (!isOpen(hours, zone, at)) return edges.find((edge) => isOpen(hours, zone, edge));
  const closes = edges.find((edge) => !isOpen(hours, zone, edge));
  return closes === undefined ? undefined : edges.find((edge) => edge > closes && isOpen(hours, zone, edge));
}

/** The first moment after `at`, when it is open, at which it is closed; undefined if that is none within two weeks. */
export const closesAfter = (hours: readonly OpeningHours[], zone: string, at: Instant): Instant | undefined =>
  edgesAfter(hours, zone, at).find((edge) => !isOpen(hours, zone, edge));

/** `Monday 2026-11-30 09:00 Europe/Berlin`. */
export function zonedText(zone: string, at: Instant): string {
  const wall = new Date(wallClock(zone, at));
  const iso = wall.toISOString();
  return `${DAYS[dayOf(wall.getTime()) - 1]} ${iso.slice(0, 10)} ${iso.slice(11, 16)} ${zone}`;
}

/** What the clocks show, as the milliseconds that they would be in UTC. */
function wallClock(zone: string, at: Instant): number {
  const parts = new Map(
    formatFor(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const made = formats.get(timeZone) ?? makeFormat(timeZone);
  formats.set(timeZone, made);
  return made;
}

const makeFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

function isOpenAt(hours: readonly OpeningHours[], wall: number): boolean {
  const minute = Math.floor(modulo(wall, DAY_MS) / MINUTE_MS);
  const today = dayOf(wall);
  return hours.some(({ day, from, to }) => day === today && from <= minute && minute < to);
}

/** 1970-01-01 was a Thursday. */
const dayOf = (wall: number): number => modulo(Math.floor(wall / DAY_MS) + 3, 7) + 1;

/** Never negative. */
const modulo = (n: number, by: number): number => ((n % by) + by) % by;

const offsetOf = (zone: string, at: number): number => {
  const whole = Math.floor(at / 1_000) * 1_000;
  return wallClock(zone, instant(whole)) - whole;
};

/** Moments after `at`, in order, between which nothing opens or closes: beginnings and ends, and changes of the clocks. */
function edgesAfter(hours: readonly OpeningHours[], zone: string, at: Instant): Instant[] {
  const edges = new Set<number>();
  const minutes = new Set(hours.flatMap(({ from, to }) => [from, to]));
  const firstDay = Math.floor(wallClock(zone, at) / DAY_MS) * DAY_MS;
  for (let n = -1; n <= FARTHEST_DAYS; n++) {
    const midnight = firstDay + n * DAY_MS;
    // As UTC, a moment safely before and one safely after all of that day, wherever the zone is.
    const [before, after] = [midnight - DAY_MS, midnight + 2 * DAY_MS];
    const [old, changed] = [offsetOf(zone, before), offsetOf(zone, after)];
    for (const minute of minutes)
      for (const offset of new Set([old, changed])) edges.add(midnight + minute * MINUTE_MS - offset);
    if (old !== changed) edges.add(changeBetween(zone, before, after));
  }
  return [...edges]
    .filter((edge) => edge > at)
    .sort((a, b) => a - b)
    .map(instant);
}

/** When the clocks are changed, to the second; one change within these days. */
function changeBetween(zone: string, before: number, after: number): number {
  let [low, high] = [before, after];
  const old = offsetOf(zone, low);
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetOf(zone, middle) === old) low = middle;
    else high = middle;
  }
  return high;
}
