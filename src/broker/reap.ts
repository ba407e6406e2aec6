/**
 * The dead man's switch (I9): ends this hub's overdue entries with nothing but EKS and a clock. It knows no table, no
 * grant and no configuration, and it works when everything else of Hallpass is gone. One cluster that does not answer
 * holds up no other; what fails is tried again within the run, and by the next run.
 */
import type { ObservedEntry } from '../core/entry.ts';
import { judge, type Mark, mayBeOurs, type Verdict } from '../core/overdue.ts';
import { between, type Duration, earliest, type Instant, seconds, toSeconds } from '../core/time.ts';
import { inLanes } from './lanes.ts';
import type { Log } from './ports.ts';

export type ReaperEks = {
  /** ARNs of all principals that have an entry. Throws when the cluster does not answer, a 404 included. */
  listPrincipals(): Promise<readonly string[]>;
  describeEntry(principalArn: string): Promise<ObservedEntry | undefined>;
  /** Gone already is success. */
  deleteEntry(principalArn: string): Promise<void>;
};

export type ReaperDeps = {
  readonly mark: Mark;
  /** By the name that people know each by. */
  readonly clusters: Readonly<Record<string, ReaperEks>>;
  readonly now: () => Instant;
  /** The time that the schedule meant: a second clock (F40). */
  readonly scheduledAt?: Instant;
  readonly log: Log;
};

/** Counts of entries, unless they say otherwise. */
export type Reaped = {
  readonly clusters: number;
  /** Clusters whose entries could not be listed. */
  readonly clustersFailed: number;
  /** This hub's by principal and tag. */
  readonly ours: number;
  readonly ended: number;
  /** Overdue, or not readable, and still to be dealt with by the next run. */
  readonly left: number;
  readonly untouchable: number;
  /** Of whatever was past its end when the run found it, ended by it or not. */
  readonly oldestOverdueSeconds: number;
};

/** What became of one entry. `gone`: somebody else was first. */
type Outcome =
  | { readonly kind: 'gone' }
  | { readonly kind: 'untouchable' }
  | { readonly kind: 'live' | 'ended' | 'left'; readonly expiresAt: Instant }
  | { readonly kind: 'unread' };

const LANES_PER_CLUSTER = 4;
/** After so many failures in a row a cluster is left to the next run. */
const BREAKER = 3;
/** How often a delete is sent in one run before EKS has to have shown the entry gone. */
const ROUNDS = 3;
const CLOCKS_AGREE_WITHIN = seconds(60);

/** Answers what it found and did. It throws for no cluster's and no entry's sake. */
export async function reap(deps: ReaperDeps): Promise<Reaped> {
  const now = clockOf(deps);
  const names = Object.keys(deps.clusters);
  const results = await Promise.all(
    Object.entries(deps.clusters).map(([name, eks]) => reapCluster({ ...deps, now }, name, eks)),
  );
  const outcomes = results.flatMap((result) => result ?? []);
  const count = (...kinds: readonly Outcome['kind'][]): number =>
    outcomes.filter(({ kind }) => kinds.includes(kind)).length;
  const reaped = {
    clusters: names.length,
    clustersFailed: results.filter((result) => result === undefined).length,
    ours: count('live', 'ended', 'left'),
    ended: count('ended'),
    left: count('left', 'unread'),
    untouchable: count('untouchable'),
    oldestOverdueSeconds: oldest(outcomes, now()),
  };
  deps.log('info', 'ReaperCompleted', reaped);
  return reaped;
}

/**
 * The later of the function's clock and the schedule's: access is taken away by either. They part when one of them is
 * wrong, or when the run itself comes late.
 */
function clockOf({ now, scheduledAt, log }: ReaperDeps): () => Instant {
  if (scheduledAt === undefined) return now;
  const off = between(scheduledAt, now());
  if (Math.abs(off) > CLOCKS_AGREE_WITHIN)
    log('alarm', "the reaper's clock and its schedule's differ", { offSeconds: toSeconds(off) });
  const ahead = Math.max(0, -off) as Duration;
  return () => (now() + ahead) as Instant;
}

function oldest(outcomes: readonly Outcome[], now: Instant): number {
  const ends = outcomes.flatMap((outcome) => ('expiresAt' in outcome ? [outcome.expiresAt] : []));
  return Math.floor(toSeconds(between(earliest(now, ...ends), now)));
}

/** Undefined when the cluster's entries cannot even be listed. */
async function reapCluster(deps: ReaperDeps, cluster: string, eks: ReaperEks): Promise<Outcome[] | undefined> {
  let failedInARow = 0;
  try {
    const principals = (await eks.listPrincipals()).filter((arn) => mayBeOurs(arn, deps.mark));
    const outcomes = await inLanes(
      principals,
      LANES_PER_CLUSTER,
      async (principalArn) => {
        const outcome = await reapEntry(deps, cluster, eks, principalArn);
        failedInARow = outcome.kind === 'left' || outcome.kind === 'unread' ? failedInARow + 1 : 0;
        return outcome;
      },
      () => failedInARow >= BREAKER,
    );
    const skipped = principals.length - outcomes.length;
    if (skipped > 0) deps.log('alarm', 'entries of a cluster are left to the next run', { cluster, skipped });
    return [...outcomes, ...Array.from({ length: skipped }, () => ({ kind: 'unread' }) as const)];
  } catch (error) {
    deps.log('alarm', 'the entries of a cluster cannot be listed', { cluster, error: String(error) });
    return undefined;
  }
}

async function reapEntry(deps: ReaperDeps, cluster: string, eks: ReaperEks, principalArn: string): Promise<Outcome> {
  let expiresAt: Instant | undefined;
  try {
    const observed = await eks.describeEntry(principalArn);
    if (!observed) return { kind: 'gone' };
    const verdict = judge(observed, deps.mark, deps.now());
    if (verdict.kind === 'untouchable') return leaveAlone(deps, cluster, observed, verdict);
    expiresAt = verdict.expiresAt;
    if (verdict.kind === 'live') return { kind: 'live', expiresAt };
    await removeEntry(deps, eks, observed);
    const overdueSeconds = Math.floor(toSeconds(between(expiresAt, deps.now())));
    const { entryArn } = observed;
    deps.log('alarm', 'the reaper ended an overdue entry', { cluster, principalArn, entryArn, overdueSeconds });
    return { kind: 'ended', expiresAt };
  } catch (error) {
    deps.log('alarm', 'an entry is left to the next run', { cluster, principalArn, error: String(error) });
    return expiresAt === undefined ? { kind: 'unread' } : { kind: 'left', expiresAt };
  }
}

function leaveAlone(
  { log }: ReaperDeps,
  cluster: string,
  { principalArn, entryArn, type, tags }: ObservedEntry,
  { why, alarming }: Extract<Verdict, { kind: 'untouchable' }>,
): Outcome {
  log(alarming ? 'alarm' : 'info', 'an entry is not for the reaper to end', {
    cluster,
    principalArn,
    entryArn,
    type,
    tags,
    why,
  });
  return { kind: 'untouchable' };
}

/**
 * Sends the delete until EKS shows this very entry gone or no longer overdue. None is sent without having read that it
 * is still there: the end may have been raised, and somebody may have made an entry of their own in its place.
 */
async function removeEntry(deps: ReaperDeps, eks: ReaperEks, found: ObservedEntry): Promise<void> {
  let failure: unknown = new Error(`the entry of ${found.principalArn} is still there`);
  const note = (error: unknown): 'unknown' => {
    failure = error;
    return 'unknown';
  };
  let seen: ObservedEntry | undefined | 'unknown' = found;
  for (let round = 0; round < ROUNDS; round++) {
    // A delete that failed may have happened all the same: what counts is what can be read after it.
    if (seen !== 'unknown') await eks.deleteEntry(found.principalArn).catch(note);
    seen = await eks.describeEntry(found.principalArn).catch(note);
    if (seen === 'unknown') continue;
    if (seen?.entryArn !== found.entryArn) return;
    if (judge(seen, deps.mark, deps.now()).kind !== 'overdue')
      throw new Error(`the entry of ${found.principalArn} was changed while it was being ended`);
  }
  throw failure;
}
