/** Opening hours as people write them: `mon-fri 09:00-17:30`, `sat,sun 10:00-14:00`, `daily 22:00-06:00`. */
import { no, ok, type Result } from '../core/result.ts';
import type { OpeningHours } from '../core/week.ts';
import { quote } from './printable.ts';
import { didYouMean } from './suggest.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const DAY = `(?:${DAYS.join('|')})`;
const TEXT = new RegExp(`^(daily|${DAY}(?:-${DAY})?(?:,${DAY}(?:-${DAY})?)*) (\\d{2}):(\\d{2})-(\\d{2}):(\\d{2})$`);
export const OPENING_HOURS_PATTERN = '^(daily|[a-z]{3}([,-][a-z]{3})*) \\d{2}:\\d{2}-\\d{2}:\\d{2}$';
const MIDNIGHT = 1_440;

/** Hours that go past midnight go on in the next day. */
export function parseOpeningHours(text: string): Result<readonly OpeningHours[], string> {
  const found = TEXT.exec(text);
  if (!found)
    return no(`${quote(text)} are no opening hours; write them like mon-fri 09:00-17:30 or daily 22:00-06:00`);
  const [, days = '', ...times] = found;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = times.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (from >= MIDNIGHT || to > MIDNIGHT || fromMinute > 59 || toMinute > 59)
    return no(`${quote(text)} names a time that no clock shows; from 00:00 to 24:00`);
  if (from === to) return no(`${quote(text)} begins when it ends; for all day write 00:00-24:00`);
  return ok(daysIn(days).flatMap((day) => hoursOn(day, from, to)));
}

function hoursOn(day: number, from: number, to: number): OpeningHours[] {
  if (from < to) return [{ day, from, to }];
  const next = { day: (day % 7) + 1, from: 0, to };
  return [{ day, from, to: MIDNIGHT }, ...(to > 0 ? [next] : [])];
}

function daysIn(text: string): number[] {
  if (text === 'daily') return [1, 2, 3, 4, 5, 6, 7];
  return [...new Set(text.split(',').flatMap(range))].sort((a, b) => a - b);
}

/** `fri-mon` goes over the weekend. */
function range(text: string): number[] {
  const [first = '', last = first] = text.split('-');
  const from = DAYS.indexOf(first as (typeof DAYS)[number]);
  const to = DAYS.indexOf(last as (typeof DAYS)[number]);
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, n) => ((from + n) % 7) + 1);
}

/** The longest that it is open without a break, in minutes, were no clock ever changed. */
export function longestOpening(hours: readonly OpeningHours[]): number {
  const open = new Array<boolean>(7 * MIDNIGHT).fill(false);
  for (const { day, from, to } of hours) open.fill(true, (day - 1) * MIDNIGHT + from, (day - 1) * MIDNIGHT + to);
  const closed = open.indexOf(false);
  if (closed < 0) return Number.POSITIVE_INFINITY;
  let longest = 0;
  let run = 0;
  // From a moment when it is closed, so that no opening is cut in two where the week ends.
  for (let n = 0; n < open.length; n++) {
    run = open[(closed + n) % open.length] ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** What is wrong with the name of a time zone; undefined when nothing is. */
export function timeZoneProblem(name: string): string | undefined {
  const known = Intl.supportedValuesOf('timeZone');
  const right = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (right === name || name === 'UTC') return undefined;
  if (right !== undefined) return `write ${quote(name)} as ${right}`;
  // Fixed offsets (EST, +01:00) are taken by engines, and stand still when the clocks of a place are changed.
  if (!/^[A-Z][A-Za-z]+\/[A-Za-z0-9_+/-]+$/.test(name) || /^Etc\//.test(name))
    return `${quote(name)} is not a place of the IANA time zone database; write one like Europe/Berlin, or UTC${didYouMean(name, known)}`;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return undefined;
  } catch {
    return `there is no time zone ${quote(name)}${didYouMean(name, known) || '; write one like Europe/Berlin'}`;
  }
}
