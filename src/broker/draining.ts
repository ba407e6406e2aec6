/** What the lanes of one drain share: what waits, what was sent and is not shown gone yet, and when to stop. */
import type { Actor, TargetCluster } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { retryAt } from '../core/task.ts';
import { type Duration, type Instant, seconds } from '../core/time.ts';
import type { Entry } from './arm.ts';
import type { EksOnce, EndingDeps, Place } from './drainPorts.ts';
import type { Paced } from './paced.ts';
import type { Stored } from './ports.ts';
import { revokeGrant, type Turned } from './revokeGrant.ts';

/**
 * Who drains. `comesBack`: at once, if something is left; the lease waits for it. `retryFrom`: what failed is tried again
 * a while after it, should this clock be fast.
 */
export type Holder = { readonly name: string; readonly comesBack: boolean; readonly retryFrom?: Instant };

export type Waiting = { readonly id: GrantId; readonly deletes: number; readonly tries: number };
/** Turned towards its end and its delete taken by EKS: to be shown gone. */
export type Sent = Turned & { readonly ledger: Entry['ledger']; readonly deletes: number };
export type Cluster = { readonly target: TargetCluster; readonly eks: EksOnce; sent: Sent[]; pages?: number };

export type Draining = {
  readonly deps: EndingDeps;
  readonly place: Place;
  readonly actor: Actor;
  readonly holder: Holder;
  readonly pace: Paced;
  readonly waiting: Waiting[];
  readonly clusters: Map<string, Cluster>;
  /** Of the longest list, when the place was last drained. */
  readonly pages?: number;
  done: number;
  failed: number;
  failedInARow: number;
  /** EKS has taken a call: the place answers. */
  answers: boolean;
  /** Somebody else drains here now. */
  lost: boolean;
  renewedAt: Instant;
};

/** Entries on a page of EKS's list. */
export const PAGE = 100;
const BREAKER = 3;
/** Time to prove and record what was sent, each call of the table's with its three attempts. */
const LAST_DELETE = seconds(19);
/** Calls a second, until a refusal has shown how many there may be. */
const UNKNOWN_RATE = 10;
/** Seconds. */
const PAGE_TAKES = 0.2;
/** Entries of others, until a list has shown how many there are: an unusual lot. */
const UNKNOWN_PAGES = 10;

/** Leaves time to prove and record what was sent. After a few failures in a row the place is left alone. */
export const mayDelete = (draining: Draining): boolean =>
  !draining.lost && draining.failedInARow < BREAKER && draining.deps.drain.timeLeft() > timeToProve(draining);

/** Of everything that was sent, and to record it. */
export function timeToProve(draining: Draining): Duration {
  const lists = [...draining.clusters.values()].map((one) => timeToList(draining, one));
  return lists.reduce((sum, one) => plusDuration(sum, one), LAST_DELETE);
}

/** A page is asked for when the one before it is there. */
export const timeToList = (draining: Draining, cluster: Cluster): Duration =>
  seconds(
    (pagesOf(draining, cluster) + 1) * Math.max(PAGE_TAKES, 1 / (draining.pace.callsPerSecond() ?? UNKNOWN_RATE)),
  );

const plusDuration = (a: Duration, b: Duration): Duration => (a + b) as Duration;

/** As long as a cluster's list may be: what is to go is in it, and what others have there. */
export const pagesOf = ({ waiting, pages }: Draining, cluster: Cluster): number =>
  cluster.pages ?? pages ?? waiting.length / PAGE + UNKNOWN_PAGES;

export function clusterOf({ deps, clusters }: Draining, target: TargetCluster): Cluster {
  const cluster = clusters.get(target.arn) ?? { target, eks: deps.drain.eksOnce(target), sent: [] };
  clusters.set(target.arn, cluster);
  return cluster;
}

export function over(draining: Draining): undefined {
  draining.done++;
}

export function again(draining: Draining, waiting: Waiting): undefined {
  draining.waiting.unshift(waiting);
}

/** Whatever is not as it is in a crowd is ended as if it were alone. */
export async function alone(draining: Draining, id: GrantId): Promise<undefined> {
  await revokeGrant(draining.deps, id, draining.actor);
  return over(draining);
}

/** Its next try has its own time; the others go on. */
export async function failed(
  draining: Draining,
  id: GrantId,
  stored: Stored | undefined,
  error: unknown,
): Promise<undefined> {
  const { deps } = draining;
  draining.failed++;
  const task = stored?.grant.state === 'revoking' ? 'revoke' : 'expire';
  const attempts = (stored?.retries[task]?.attempts ?? 0) + 1;
  const about = { grantId: id, task, attempts, error: String(error) };
  deps.log('error', 'a due task failed and will be tried again', about);
  if (!stored) return;
  const from = draining.holder.retryFrom ?? deps.now();
  await deps.store.defer(stored, task, { attempts, at: retryAt(attempts, from) }).catch((why: unknown) => {
    deps.log('error', 'a task could not be put off', { grantId: id, error: String(why) });
  });
}
