/**
 * At most so many requests waiting for one entitlement, and at most so many roles of grants in the account.
 *
 * A quota is the set of the grants that hold a place in it. A place is taken by one conditional write *before* the grant
 * is written, so that the cap holds in any race and through any crash: whatever counts has a place. Nothing gives places
 * back on time; whoever finds the set full looks at who is in it and drops those that no longer count. So the set can
 * only ever be too full, never too empty, and heals the moment that matters. A counter would drift up and refuse for ever.
 */
import type { Configuration } from '../core/configuration.ts';
import { type Grant, type GrantFacts, isOver } from '../core/grant.ts';
import { type GrantId, grantIdTime } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { type Instant, minus, minutes } from '../core/time.ts';
import { inLanes } from './lanes.ts';
import type { RecordDeps } from './ports.ts';

/** A grant that is about to be written: with its facts, and whether somebody has to decide it. */
export type Newcomer = { readonly facts: GrantFacts; readonly undecided: boolean };

type Quota = {
  readonly name: string;
  readonly limit: number;
  readonly ids: readonly GrantId[];
  readonly counts: (grant: Grant) => boolean;
  readonly refusal: (taken: number) => Refusal;
};

/** Between taking a place and writing the grant lies one call; a function that has not made it after this is dead. */
const UNWRITTEN_COUNTS_FOR = minutes(5);
const LANES = 16;

type QuotaDeps = Pick<RecordDeps, 'quotas' | 'store' | 'config' | 'now' | 'log'>;

/** Takes places for all, or refuses by the name of the limit and takes none. */
export async function takePlaces(deps: QuotaDeps, newcomers: readonly Newcomer[]): Promise<Result<true, Refusal>> {
  const taken: Quota[] = [];
  for (const quota of quotasOf(newcomers, deps.config())) {
    const took = await take(deps, quota);
    if (!took.ok) {
      await giveBack(deps, taken);
      return took;
    }
    taken.push(quota);
  }
  return ok(true);
}

/** Would there be places? The same sets, looked at and left as they are. */
export async function placesLeft(deps: QuotaDeps, newcomers: readonly Newcomer[]): Promise<Result<true, Refusal>> {
  for (const quota of quotasOf(newcomers, deps.config())) {
    const members = await deps.quotas.members(quota.name);
    if (members.length + quota.ids.length <= quota.limit) continue;
    const dead = await deadIn(deps, quota, members);
    const alive = members.length - dead.length;
    if (alive + quota.ids.length > quota.limit) return no(quota.refusal(alive));
  }
  return ok(true);
}

/** What was not written after all needs no place. Should this fail, the next to find the set full does it. */
export async function returnPlaces(deps: QuotaDeps, newcomers: readonly Newcomer[]): Promise<void> {
  await giveBack(deps, quotasOf(newcomers, deps.config()));
}

async function giveBack(deps: QuotaDeps, quotas: readonly Quota[]): Promise<void> {
  for (const quota of quotas) await deps.quotas.drop(quota.name, quota.ids);
}

async function take(deps: QuotaDeps, quota: Quota): Promise<Result<true, Refusal>> {
  const taken = await deps.quotas.take(quota.name, quota.ids, quota.limit);
  if (taken !== undefined) {
    if (hasGrownLarge(taken - quota.ids.length, taken)) await tidy(deps, quota);
    return ok(true);
  }
  const members = await deps.quotas.members(quota.name);
  const dead = await deadIn(deps, quota, members);
  if (dead.length > 0) {
    await deps.quotas.drop(quota.name, dead);
    if ((await deps.quotas.take(quota.name, quota.ids, quota.limit)) !== undefined) return ok(true);
  }
  return no(quota.refusal(members.length - dead.length));
}

/**
 * A place costs by the kilobyte of its set, and nobody gives one back on time: at 32, 64, 128 … those that no longer count
 * are dropped, so that the set stays as small as what is alive, and hardly any request pays for looking.
 */
const TIDIED_FROM = 32;
const hasGrownLarge = (before: number, now: number): boolean =>
  now >= TIDIED_FROM && Math.floor(Math.log2(Math.max(1, before))) < Math.floor(Math.log2(now));

/** The place is taken: nothing that fails here is a reason to refuse it. */
async function tidy(deps: QuotaDeps, quota: Quota): Promise<void> {
  try {
    const dead = await deadIn(deps, quota, await deps.quotas.members(quota.name));
    if (dead.length > 0) await deps.quotas.drop(quota.name, dead);
  } catch (error) {
    deps.log('warn', 'a quota was not tidied', { quota: quota.name, error: String(error) });
  }
}

/** None of them can count again: a request is decided once, and a grant's role is made for it alone. */
async function deadIn(deps: QuotaDeps, quota: Quota, members: readonly GrantId[]): Promise<readonly GrantId[]> {
  const found = await inLanes(members, LANES, async (id) => {
    const stored = await deps.store.readGrant(id);
    const counts = stored ? quota.counts(stored.grant) : mayStillBeWritten(id, deps.now());
    return counts ? [] : [id];
  });
  return found.flat();
}

const mayStillBeWritten = (id: GrantId, now: Instant): boolean => grantIdTime(id) > minus(now, UNWRITTEN_COUNTS_FOR);

function quotasOf(newcomers: readonly Newcomer[], { limits }: Configuration): Quota[] {
  const undecided = newcomers.filter((one) => one.undecided);
  const dedicated = newcomers.filter(({ facts }) => facts.principal.mode === 'dedicated');
  const pending = [...Map.groupBy(undecided, ({ facts }) => facts.entitlement.id)].map(
    ([entitlement, those]): Quota => ({
      name: `pending#${entitlement}`,
      limit: limits.pendingPerEntitlement,
      ids: those.map(({ facts }) => facts.id),
      counts: (grant) => grant.state === 'pending',
      refusal: (taken) => ({
        reason: 'tooManyPending',
        entitlement,
        pending: taken,
        limit: limits.pendingPerEntitlement,
      }),
    }),
  );
  if (dedicated.length === 0) return pending;
  const roles: Quota = {
    name: 'roles',
    limit: limits.roles,
    ids: dedicated.map(({ facts }) => facts.id),
    // Its deletion is owed until it is done, however long that takes.
    counts: (grant) => !isOver(grant) || grant.aftercare.role === 'owed',
    refusal: (taken) => ({ reason: 'tooManyRoles', roles: taken, limit: limits.roles }),
  };
  return [...pending, roles];
}
