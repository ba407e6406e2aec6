/** What a change of the configuration comes to, short enough for one event: the whole of it is `hallpass diff`'s. */
import { type Difference, type DutyDifference, type Width, widthOf } from './diff.ts';

export type ConfigurationChanges = {
  readonly width: Width;
  /** How many callers gain access, lose some, and get what they have on other terms. */
  readonly gain: number;
  readonly lose: number;
  readonly otherTerms: number;
  /** The first of them; ids of people and roles. */
  readonly entitlements: readonly {
    readonly entitlement: string;
    readonly cluster: string;
    readonly gained: readonly string[];
    readonly lost: readonly string[];
    /** `maxDuration: 1h → 4h` */
    readonly terms: readonly string[];
  }[];
  readonly duties: readonly DutyDifference[];
  readonly settings: readonly string[];
  /** Entitlements on clusters, and names in lists, that were left out. */
  readonly leftOut: number;
};

const MOST_ENTITLEMENTS = 40;
const MOST_NAMES = 20;

export function summaryOf(difference: Difference): ConfigurationChanges {
  const { entitlements, duties, settings } = difference;
  let leftOut = Math.max(0, entitlements.length - MOST_ENTITLEMENTS);
  const first = (names: readonly string[]): readonly string[] => {
    leftOut += Math.max(0, names.length - MOST_NAMES);
    return names.slice(0, MOST_NAMES);
  };
  const shown = entitlements.slice(0, MOST_ENTITLEMENTS).map(({ entitlement, cluster, gained, lost, changes }) => ({
    entitlement,
    cluster,
    gained: first(gained),
    lost: first(lost),
    terms: first(changes.map(({ term, was, now }) => `${term}: ${was} → ${now}`)),
  }));
  const people = (names: (one: Difference['entitlements'][number]) => readonly string[]): number =>
    new Set(entitlements.flatMap((one) => [...names(one)])).size;
  return {
    width: widthOf(difference),
    gain: people(({ gained }) => gained),
    lose: people(({ lost }) => lost),
    otherTerms: people(({ kept }) => kept),
    entitlements: shown,
    duties: duties.map((one) => ({ ...one, gained: first(one.gained), lost: first(one.lost) })),
    settings: first(settings),
    leftOut,
  };
}
