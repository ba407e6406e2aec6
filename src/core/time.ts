/**
 * Instants and durations. Two brands keep them apart from each other and from bare numbers: comparing epoch
 * milliseconds with a duration, or seconds with milliseconds, does not compile. No clock is read here.
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly unit: 'ms since epoch' };

/** A length of time in milliseconds. */
export type Duration = number & { readonly unit: 'ms' };

export const instant = (epochMs: number): Instant => epochMs as Instant;
export const seconds = (n: number): Duration => (n * 1_000) as Duration;
export const minutes = (n: number): Duration => (n * 60_000) as Duration;
export const hours = (n: number): Duration => (n * 3_600_000) as Duration;
export const days = (n: number): Duration => (n * 86_400_000) as Duration;

export const plus = (at: Instant, by: Duration): Instant => (at + by) as Instant;
export const minus = (at: Instant, by: Duration): Instant => (at - by) as Instant;
/** How long from `from` until `to`; negative when `to` is earlier. */
export const between = (from: Instant, to: Instant): Duration => (to - from) as Duration;
export const toSeconds = (length: Duration): number => length / 1_000;
export const earliest = (...at: readonly [Instant, ...Instant[]]): Instant => Math.min(...at) as Instant;
export const latest = (...at: readonly [Instant, ...Instant[]]): Instant => Math.max(...at) as Instant;

/** `2026-11-24T03:00:00.000Z`: sorts as text in the order of time. */
export const toIso = (at: Instant): string => new Date(at).toISOString();

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads an ISO 8601 date and time that names its zone, or answers undefined. A time without a zone is ambiguous: no. */
export function parseInstant(text: string): Instant | undefined {
  if (!ISO.test(text)) return undefined;
  const at = Date.parse(text);
  // The engine takes 30 February for 2 March, and 24:00 for the next day: read as UTC, what was written has to come back.
  const written = Date.parse(`${text.slice(0, 16)}Z`);
  if (Number.isNaN(at) || Number.isNaN(written) || !new Date(written).toISOString().startsWith(text.slice(0, 16)))
    return undefined;
  return at as Instant;
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;
const DURATION = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?$/;

/** Reads `45m`, `4h`, `1h30m`, `2d`; longest unit first, whole numbers, nothing else. Undefined if unreadable or zero. */
export function parseDuration(text: string): Duration | undefined {
  const found = DURATION.exec(text);
  if (!found) return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = found;
  const ms = Number(d) * UNITS.d + Number(h) * UNITS.h + Number(m) * UNITS.m + Number(s) * UNITS.s;
  return ms > 0 ? (ms as Duration) : undefined;
}

/** The shortest text that `parseDuration` reads back as the same length, to the second: `1h30m`. */
export function formatDuration(length: Duration): string {
  let rest = Math.max(0, Math.round(length / 1_000));
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n}${unit}`);
  }
  return parts.join('') || '0s';
}
