/**
 * Much access ends at once in one account: by the calls that EKS counts, one delete each, and one proof for many. For
 * roles of the grants' own only: nothing else stands behind them, so a delete that is sent twice or late meets nothing.
 * As for a single grant, the end is on record before anything is removed, and "gone" only after EKS has shown it so.
 */
import type { Actor } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { between, plus, seconds, toSeconds } from '../core/time.ts';
import { sendDelete } from './drainDelete.ts';
import { type Draining, type Holder, mayDelete } from './draining.ts';
import type { EndingDeps, Known, Place } from './drainPorts.ts';
import { isWorthProving, prove } from './drainProof.ts';
import { paced } from './paced.ts';

/** `left`: still due, for whoever drains next; those that failed come back in their own time. */
export type Drained = { readonly done: number; readonly failed: number; readonly left: number };

/** At a call in 120 ms, a hundred calls a second. */
const LANES = 16;
/** From reading a grant to the answer to its delete: so many are under way at a rate. */
const ONE_TAKES = seconds(0.3);
const LEASE = seconds(12);
const RENEW_AFTER = seconds(3);
const COMES_BACK_WITHIN = seconds(10);

/** `ids` is asked by whoever drains, and by nobody else. Ends them until all are ended, or time is nearly up, or the lease is lost. Undefined when somebody else drains there. */
export async function drain(
  deps: EndingDeps,
  place: Place,
  ids: () => Promise<readonly GrantId[]>,
  actor: Actor,
  holder: Holder,
): Promise<Drained | undefined> {
  const lease = await deps.drain.take(place, { holder: holder.name, until: plus(deps.now(), LEASE) });
  if (!lease) return undefined;
  const draining: Draining = {
    deps,
    place,
    actor,
    holder,
    pace: paced(deps, lease.callsPerSecond),
    waiting: (await ids()).map((id) => ({ id, deletes: 0, tries: 0 })),
    clusters: new Map(),
    ...(lease.pages !== undefined && { pages: lease.pages }),
    done: 0,
    failed: 0,
    failedInARow: 0,
    answers: false,
    lost: false,
    renewedAt: deps.now(),
  };
  while (draining.waiting.length > 0 && mayDelete(draining)) {
    // One at first: a place that does not answer is asked no more often than it must be.
    while (!draining.answers && draining.waiting.length > 0 && mayDelete(draining)) await step(draining);
    await Promise.all(Array.from({ length: LANES }, (_, n) => lane(draining, n)));
    await proveAll(draining);
  }
  return giveBack(draining);
}

/** No more lanes than the rate keeps busy: those that only wait for their turn are late when time is nearly up. */
async function lane(draining: Draining, n: number): Promise<void> {
  const isBusy = (): boolean => n < 2 + (draining.pace.callsPerSecond() ?? LANES * 10) * toSeconds(ONE_TAKES);
  while (draining.waiting.length > 0 && isBusy() && mayDelete(draining)) await step(draining);
}

async function step(draining: Draining): Promise<void> {
  const next = draining.waiting.shift();
  if (!next) return;
  await renew(draining);
  const cluster = await sendDelete(draining, next);
  if (cluster && isWorthProving(draining, cluster)) await prove(draining, cluster);
}

async function proveAll(draining: Draining): Promise<void> {
  for (const cluster of draining.clusters.values()) {
    await prove(draining, cluster);
    // A single fault is not to leave it to the next one who comes.
    await prove(draining, cluster);
  }
}

/** A lease that cannot be prolonged is not needed to do what has to be done. */
async function renew(draining: Draining): Promise<void> {
  const { deps, place, holder } = draining;
  if (between(draining.renewedAt, deps.now()) < RENEW_AFTER) return;
  draining.renewedAt = deps.now();
  const until = plus(deps.now(), LEASE);
  await deps.drain.take(place, { holder: holder.name, until, ...knownOf(draining) }).then(
    (lease) => {
      if (!lease) draining.lost = true;
    },
    (error: unknown) => deps.log('warn', 'a lease could not be prolonged', { place, error: String(error) }),
  );
}

async function giveBack(draining: Draining): Promise<Drained> {
  const { deps, place, holder, waiting, done, failed, clusters } = draining;
  const unproven = [...clusters.values()].reduce((sum, { sent }) => sum + sent.length, 0);
  const drained = { done, failed, left: waiting.length + unproven };
  // The rate is kept for whoever comes next.
  const until = holder.comesBack && drained.left > 0 ? plus(deps.now(), COMES_BACK_WITHIN) : deps.now();
  await deps.drain.take(place, { holder: holder.name, until, ...knownOf(draining) }).catch((error: unknown) => {
    deps.log('warn', 'a lease could not be given back and runs out by itself', { place, error: String(error) });
  });
  deps.log('info', 'Drained', { place, ...drained, ...knownOf(draining) });
  return drained;
}

function knownOf({ pace, clusters, pages }: Draining): Known {
  const callsPerSecond = pace.callsPerSecond();
  const seen = [...clusters.values()].flatMap((one) => one.pages ?? []);
  const longest = seen.length > 0 ? Math.max(...seen) : pages;
  return { ...(callsPerSecond !== undefined && { callsPerSecond }), ...(longest !== undefined && { pages: longest }) };
}
