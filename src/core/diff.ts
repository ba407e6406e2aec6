/**
 * What changes for whom between two configurations: every person, entitlement and cluster. It compares what the rules
 * come to, not how they are written: a new member of a group is somebody who gains, and a renamed group is nothing.
 */
import type { Cluster, Configuration, Entitlement } from './configuration.ts';
import { compareTerms, type TermChange } from './diff-terms.ts';
import { type MembersOf, membersIn } from './members.ts';

export type Difference = {
  readonly entitlements: readonly EntitlementDifference[];
  readonly duties: readonly DutyDifference[];
  /** What is neither access nor a duty, such as limits: its keys. */
  readonly settings: readonly string[];
};

/** One entitlement on one cluster. */
export type EntitlementDifference = {
  readonly entitlement: string;
  readonly cluster: string;
  readonly arn: string;
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** Who could ask before and still can, if anything changes for them. */
  readonly kept: readonly string[];
  readonly changes: readonly TermChange[];
};

/** May end anyone's access, or read everything. */
export type DutyDifference = {
  readonly duty: 'responders' | 'auditors';
  readonly gained: readonly string[];
  readonly lost: readonly string[];
};

/** `wider`: somebody gains access, or gets it on easier terms, or that cannot be ruled out. */
export type Width = 'same' | 'narrower' | 'wider';

type Side = {
  readonly config: Configuration;
  readonly membersOf: MembersOf;
  readonly cells: ReadonlyMap<string, Cell>;
};
type Cell = { readonly rule: Entitlement; readonly cluster: Cluster };

export function difference(before: Configuration, after: Configuration): Difference {
  const was = sideOf(before);
  const now = sideOf(after);
  const keys = [...new Set([...was.cells.keys(), ...now.cells.keys()])];
  return {
    entitlements: keys.flatMap((key) => cellDifference(was, now, key)),
    duties: (['responders', 'auditors'] as const).flatMap((duty) => {
      const change = moved(was.membersOf(before[duty]), now.membersOf(after[duty]));
      return change.gained.length + change.lost.length > 0 ? [{ duty, ...change }] : [];
    }),
    settings: settingsThatDiffer(before, after),
  };
}

/** Settings that open nothing to anybody. Of any other that differs, delegations or schedules, that cannot be ruled out. */
const HARMLESS: ReadonlySet<string> = new Set<keyof Configuration>(['limits', 'warnBefore', 'notifications']);

export function widthOf({ entitlements, duties, settings }: Difference): Width {
  const wider =
    settings.some((key) => !HARMLESS.has(key)) ||
    duties.some(({ gained }) => gained.length > 0) ||
    entitlements.some(
      ({ gained, changes }) =>
        gained.length > 0 || changes.some(({ direction }) => direction === 'wider' || direction === 'unclear'),
    );
  if (wider) return 'wider';
  return entitlements.length + duties.length + settings.length > 0 ? 'narrower' : 'same';
}

/** By the cluster's ARN: under another ARN the same name is another cluster. */
function sideOf(config: Configuration): Side {
  const cells = Object.values(config.entitlements).flatMap((rule) =>
    rule.clusters.flatMap((name): [string, Cell][] => {
      const cluster = config.clusters[name];
      return cluster ? [[`${rule.id}\n${cluster.arn}`, { rule, cluster }]] : [];
    }),
  );
  return { config, membersOf: membersIn(config.directory), cells: new Map(cells) };
}

function cellDifference(was: Side, now: Side, key: string): EntitlementDifference[] {
  const before = was.cells.get(key);
  const after = now.cells.get(key);
  const cell = after ?? before;
  if (!cell) return [];
  const had = before ? was.membersOf(before.rule.eligible) : new Set<string>();
  const has = after ? now.membersOf(after.rule.eligible) : new Set<string>();
  const { gained, lost } = moved(had, has);
  const kept = [...had].filter((id) => has.has(id));
  const changes =
    before && after && kept.length > 0
      ? compareTerms({ rule: before.rule, membersOf: was.membersOf }, { rule: after.rule, membersOf: now.membersOf })
      : [];
  if (gained.length + lost.length + changes.length === 0) return [];
  const { name, arn } = cell.cluster;
  return [
    {
      ...{ entitlement: cell.rule.id, cluster: name, arn, gained, lost, changes },
      kept: changes.length > 0 ? kept : [],
    },
  ];
}

const moved = (had: ReadonlySet<string>, has: ReadonlySet<string>) => ({
  gained: [...has].filter((id) => !had.has(id)),
  lost: [...had].filter((id) => !has.has(id)),
});

/** Told of above, or only of interest for what they come to. */
const COMPARED: ReadonlySet<keyof Configuration> = new Set<keyof Configuration>([
  ...(['clusters', 'directory', 'entitlements', 'responders', 'auditors', 'digest'] as const),
]);

function settingsThatDiffer(before: Configuration, after: Configuration): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Configuration)[];
  return keys.filter((key) => !COMPARED.has(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
