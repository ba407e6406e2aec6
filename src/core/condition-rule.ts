/** Conditions and on-call schedules as the configuration has them; `condition.ts` evaluates them. */
import type { Duration, Instant } from './time.ts';
import type { OpeningHours } from './week.ts';

export type Condition =
  | {
      readonly kind: 'window';
      /** A name of the IANA time zone database. */
      readonly timeZone: string;
      /** As written, for people. */
      readonly open: readonly string[];
      readonly hours: readonly OpeningHours[];
      /** Access has to begin in the window, or to lie in it as a whole. */
      readonly covers: 'start' | 'whole';
    }
  /** Whoever asks is on call when the access begins. */
  | { readonly kind: 'onCall'; readonly schedule: string }
  /** So long after a denial the same may not be asked for again. */
  | { readonly kind: 'cooldown'; readonly length: Duration };

/** Who is on call: known beforehand, or asked of somebody else's server. */
export type OnCallSchedule =
  | { readonly kind: 'shifts'; readonly shifts: readonly Shift[] }
  | { readonly kind: 'provider'; readonly url: string; readonly secret: string };
export type Shift = { readonly from: Instant; readonly to: Instant; readonly person: string };
