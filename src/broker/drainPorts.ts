/** What ending many grants at once needs besides what ending one does. */
import type { ObservedEntry } from '../core/entry.ts';
import type { TargetCluster } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { type Duration, type Instant, seconds } from '../core/time.ts';
import type { Deps, Due, Eks } from './ports.ts';

/** EKS counts calls by account and region. */
export type Place = NonNullable<Due['place']>;
export const placeOf = ({ account, region }: Pick<TargetCluster, 'account' | 'region'>): Place =>
  `${account}/${region}`;

export type Throttled = 'throttled';

/** EKS in one cluster, each call sent once: whoever paces the calls has to know of each that is refused. */
export type EksOnce = {
  describeCluster(): Promise<Awaited<ReturnType<Eks['describeCluster']>> | Throttled>;
  describeEntry(principalArn: string): Promise<ObservedEntry | undefined | Throttled>;
  /** A page of the principals that have entries; undefined when the cluster is not found. */
  listEntries(
    cursor?: string,
  ): Promise<{ readonly principals: readonly string[]; readonly cursor?: string } | undefined | Throttled>;
  /** Gone already is success. */
  deleteEntry(principalArn: string): Promise<'sent' | Throttled>;
};

/** An end that lies farther off was reckoned by a clock that was wrong (F40): nobody waits for it. */
export const LONGEST_LEASE = seconds(60);

/** Who drains a place at the moment. Politeness: two at once send calls twice, and harm nothing. */
export type Lease = { readonly holder: string; readonly until: Instant } & Known;

/** What was found of a place, kept for whoever drains there next. */
export type Known = {
  readonly callsPerSecond?: number;
  /** Of the longest list of entries that a cluster there had when it was last read. */
  readonly pages?: number;
};

export type DrainPorts = {
  readonly eksOnce: (target: TargetCluster) => EksOnce;
  /** What became due last comes first, a few at most. A moment old. */
  newestDue(now: Instant): Promise<readonly Due[]>;
  /** All that is due there up to then and whose access should be gone by now, the most overdue first. A moment old. */
  endingIn(place: Place, now: Instant, until: Instant): Promise<readonly GrantId[]>;
  /** Takes or prolongs the lease; answers what was known of the place, or undefined if another holds it. */
  take(place: Place, lease: Lease): Promise<Known | undefined>;
  /** Who took it last. */
  lastHolder(place: Place): Promise<string | undefined>;
  pause(length: Duration): Promise<void>;
  /** Until this invocation is over. */
  timeLeft(): Duration;
};

export type EndingDeps = Deps & { readonly drain: DrainPorts };
