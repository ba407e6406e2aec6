/**
 * Everything about a grant that is due but nobody waits for: reading live access back once more, narrowing and
 * deleting roles, the warning before the end, and the looks back after it.
 */
import { type Claim, desiredEntry, differences, isOurs, type Ledger, type ObservedEntry } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import { SETTLE_PASSES } from '../core/evolve.ts';
import { type Active, type Actor, isOver, type OverGrant } from '../core/grant.ts';
import { datesSettledAt, deleteLingers, OWN_WRITES_LINGER, type Retry } from '../core/task.ts';
import { type Instant, minutes, plus } from '../core/time.ts';
import { CannotActivate, ensureAbsent, ensurePresent } from './access.ts';
import { type Entry, entryKeyOf } from './arm.ts';
import { checkGround } from './ground.ts';
import { lookAtGround } from './lookAhead.ts';
import { type Change, type Deps, type Eks, NotReady, type Stored } from './ports.ts';
import { raiseTags } from './raiseTags.ts';
import { draft } from './record.ts';
import { holders, markRemoval, removalOf, removed } from './revokeGrant.ts';
import { wakeWorkflow } from './wake.ts';

const LOOK_AGAIN = minutes(1);

/**
 * Reads live access back. What somebody else removed of ours stays removed: that is a revocation. What a late delete
 * of our own removed is made again. Answers when to look again, if it is to.
 */
export async function verifyGrant(deps: Deps, stored: Stored, grant: Active, actor: Actor): Promise<Retry | undefined> {
  const { ledger, claims } = await deps.store.readEntry(entryKeyOf(grant));
  // Those of another table hold nothing, and do not say how it should be.
  const [first, ...others] = claims.filter(({ tableId }) => tableId === grant.tableId);
  if (!first || !ledger) return revokeRemoved(deps, stored, actor, { kind: 'missing', wrong: ['its claim'] });
  const held = [first, ...others] as const;
  const found = await lookTwice(deps.eks(grant.cluster), grant, held, ledger);
  const lingering = deleteLingers(ledger.deletedAt, deps.now());
  if (found.kind === 'fine') {
    const settlesAt = await keepDates(deps, grant, held, ledger, found.observed);
    if (lingering) return { attempts: 0, at: plus(deps.now(), LOOK_AGAIN) };
    if (settlesAt !== undefined) return { attempts: 0, at: settlesAt };
    return write(deps, stored, actor, { type: 'verified' });
  }
  const mayMake = found.kind === 'wider' || (found.kind === 'missing' && lingering);
  if (!mayMake || grant.tableId !== (await deps.store.tableId())) return revokeRemoved(deps, stored, actor, found);
  const moved = await groundLost(deps, grant);
  if (moved !== undefined) return revokeRemoved(deps, stored, actor, { kind: found.kind, wrong: [moved] });
  deps.log('alarm', 'live access was changed and is made as it was decided', { grantId: grant.id, found });
  return remake(deps, stored, actor, held, ledger);
}

/**
 * Tag and role end the access if nothing of the hub should run any more: neither may be left at an earlier end than the
 * one on record. Answers when to look once more, if a write that knew only the earlier one may still come.
 */
async function keepDates(
  deps: Deps,
  grant: Active,
  held: readonly [Claim, ...Claim[]],
  { makers = [] }: Ledger,
  observed: ObservedEntry,
): Promise<Instant | undefined> {
  if (await raiseTags(deps.eks(grant.cluster), observed, desiredEntry(held)))
    deps.log('warn', "the end in an entry's tags was not the one on record", { grantId: grant.id });
  const shared = held.length > 1 || makers.some((id) => id !== grant.id);
  const settledAt = datesSettledAt(grant, shared);
  if (settledAt !== undefined && settledAt > deps.now()) return settledAt;
  // While an extension is carried out the date is moving: its own look comes after it.
  if (grant.extendedAt !== undefined && grant.principal.mode === 'dedicated' && !grant.extension?.granted)
    await deps.roles.setAssumableUntil(grant.principal, grant.expiresAt);
  return undefined;
}

function revokeRemoved(deps: Deps, stored: Stored, actor: Actor, { kind, wrong }: Look): Promise<undefined> {
  deps.log('alarm', 'live access does not read back as it was made', {
    grantId: stored.grant.id,
    found: { kind, wrong },
  });
  return write(deps, stored, actor, { type: 'revoking', outcome: { state: 'ended', reason: 'removedExternally' } });
}

type Look = { readonly wrong: readonly string[] } & (
  | { readonly kind: 'fine'; readonly observed: ObservedEntry }
  | { readonly kind: 'missing' | 'replaced' | 'wider' | 'changed' }
);

/** One read may be stale, and nobody's access is to end by that. */
async function lookTwice(eks: Eks, grant: Active, claims: readonly [Claim, ...Claim[]], ledger: Ledger): Promise<Look> {
  const found = await look(eks, grant, claims, ledger);
  return found.kind === 'fine' ? found : look(eks, grant, claims, ledger);
}

async function look(
  eks: Eks,
  { principal, entryArn, breakGlass }: Active,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<Look> {
  const [observed, policies] = await Promise.all([eks.describeEntry(principal.arn), eks.listPolicies(principal.arn)]);
  if (!observed || !policies) return { kind: 'missing', wrong: [] };
  if (observed.entryArn !== (ledger.entryArn ?? entryArn)) return { kind: 'replaced', wrong: [observed.entryArn] };
  // Nobody decided what an emergency gives: whoever made it did, and may not have been done when it came on record.
  if (breakGlass?.emergency) return { kind: 'fine', wrong: [], observed };
  const desired = desiredEntry(claims);
  const wanted = desired.access.kind === 'policy' ? desired.access.policyArn : undefined;
  const wrong = differences(desired, observed, policies);
  if (wrong.length === 0) return { kind: 'fine', wrong, observed };
  const withoutAdded = policies.filter((policy) => policy.policyArn === wanted);
  return { kind: differences(desired, observed, withoutAdded).length === 0 ? 'wider' : 'changed', wrong };
}

/** A cluster or role that was made again under its name is not what was decided: nothing is made there. */
async function groundLost(deps: Deps, grant: Active): Promise<string | undefined> {
  const ground = await lookAtGround(deps, grant);
  try {
    checkGround(grant, ground);
    return undefined;
  } catch (error) {
    if (error instanceof CannotActivate) return error.message;
    throw error;
  }
}

/** Once: whoever removes the entry again after this is not a late delete of ours. */
async function remake(
  deps: Deps,
  stored: Stored,
  actor: Actor,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<undefined> {
  const { entryArn } = await ensurePresent(deps.eks(claims[0].cluster), claims, ledger, {
    token: `${stored.grant.id}-${deps.now()}`,
    ifMissing: 'make',
    made: () => {},
  });
  const { deletedAt: _, ...rest } = ledger;
  const put = { ...rest, entryArn, version: ledger.version + 1 };
  return write(deps, stored, actor, { type: 'verified' }, { ledger: { was: ledger.version, put } });
}

/** The role can be assumed no longer than the access lasts, even if nothing of Hallpass should run any more (I9). */
export async function narrowRole(deps: Deps, stored: Stored, grant: Active, actor: Actor): Promise<undefined> {
  if (grant.principal.mode !== 'dedicated') return;
  await deps.roles.setAssumableUntil(grant.principal, grant.expiresAt);
  return write(deps, stored, actor, { type: 'narrowed', until: grant.expiresAt });
}

export const warnRequester = (deps: Deps, stored: Stored, actor: Actor): Promise<undefined> =>
  write(deps, stored, actor, { type: 'warned' });

export const remindReview = (deps: Deps, stored: Stored, actor: Actor): Promise<undefined> =>
  write(deps, stored, actor, { type: 'reviewOverdue' });

/** A write that came late, after the end, is found here and undone. It should never be: finding access is an alarm. */
export async function settleGrant(deps: Deps, stored: Stored, grant: OverGrant, actor: Actor): Promise<void> {
  const undone = await undoLateWrites(deps, grant);
  const { found } = undone;
  if (found.length > 0)
    deps.log('alarm', 'access was there after its end and has been removed', { grantId: grant.id, found });
  await recordSettled(deps, stored, grant, actor, undone);
}

export async function recordSettled(
  deps: Deps,
  stored: Stored,
  grant: OverGrant,
  actor: Actor,
  { found, ledger, removing }: Undone,
): Promise<void> {
  const last = grant.aftercare.settlePasses + 1 >= SETTLE_PASSES;
  const owed = grant.aftercare.role === 'owed';
  const roleGone = last ? await removeRole(deps, grant) : owed && (await roleIsRemoved(deps, grant));
  const change = ledger && ledgerAfter(removing ? removed(ledger, deps.now()) : ledger, grant, last, ledger.version);
  const settled = { type: 'settled', found } as const;
  const bodies = owed && roleGone ? ([{ type: 'roleDeleted' }, settled] as const) : settled;
  await write(deps, stored, actor, bodies, change ? { ledger: change } : {});
}

/** After its last pass nothing of the grant can come late any more; the last grant's takes the ledger with it. */
function ledgerAfter(ledger: Ledger, grant: OverGrant, last: boolean, was: number): Change['ledger'] | undefined {
  const version = was + 1;
  if (!last) return ledger.version === was ? undefined : { was, put: { ...ledger, version } };
  const makers = (ledger.makers ?? []).filter((id) => id !== grant.id);
  return makers.length > 0 ? { was, put: { ...ledger, makers, version } } : { was, remove: entryKeyOf(grant) };
}

/** `found`: ARNs of what was there. `removing`: the ledger says that a removal is under way, and has to be told of its end. */
type Undone = { readonly found: readonly string[]; readonly removing: boolean; readonly ledger?: Ledger };

/**
 * Removes whatever of the grant is there though it is over. Whoever holds the entry now keeps it as it should be, and
 * undoes what came late for this one.
 */
export async function undoLateWrites(deps: Deps, grant: OverGrant): Promise<Undone> {
  const entry = await deps.store.readEntry(entryKeyOf(grant));
  const nothing = { found: [], removing: false, ...(entry.ledger && { ledger: entry.ledger }) };
  if (!grant.preparation || (await holders(deps, grant, entry.claims)).length > 0) return nothing;
  const eks = deps.eks(grant.cluster);
  const before = await eks.describeEntry(grant.principal.arn);
  const removal = removalOf(grant, entry.ledger);
  const ours = before !== undefined && isOurs(before, removal, grant.hub, removal.grantIds);
  // The mark of somebody who did not live to take it off: nobody is to wait for a removal that is over.
  if (removal.mode === 'role' && !ours) return { ...nothing, removing: entry.ledger?.removingSince !== undefined };
  const ledger = ours ? await mark(deps, entry) : entry.ledger;
  await ensureAbsent(eks, removal);
  return { found: ours ? [before.entryArn] : [], removing: ours, ...(ledger && { ledger }) };
}

/** So that no grant begins on a standing role while this one's leftovers are removed. */
async function mark(deps: Deps, entry: Entry): Promise<Ledger | undefined> {
  const ledger = await markRemoval(deps, entry);
  if (ledger === 'again') throw new NotReady('another grant is changing the same entry');
  return ledger;
}

/**
 * Owed work with a due time of its own: it never blocks or brings back a grant. A role that was asked for only just
 * now may be made late: the last look back deletes it once more, and where none is to come, this comes again.
 */
export async function deleteRole(
  deps: Deps,
  stored: Stored,
  grant: OverGrant,
  actor: Actor,
): Promise<Retry | undefined> {
  await removeRole(deps, grant);
  const settled = plus(grant.preparation ? grant.requestedAt : grant.at, OWN_WRITES_LINGER);
  const lookedAtAgain = grant.aftercare.settlePasses < SETTLE_PASSES;
  if (!lookedAtAgain && settled > deps.now()) return { attempts: 0, at: settled };
  return write(deps, stored, actor, { type: 'roleDeleted' });
}

async function removeRole(deps: Deps, { principal }: OverGrant): Promise<true> {
  if (principal.mode === 'dedicated') await deps.roles.remove(principal);
  return true;
}

/** IAM may be down: no look back waits for it. The role stays owed, with a due time of its own. */
const roleIsRemoved = (deps: Deps, grant: OverGrant): Promise<boolean> =>
  removeRole(deps, grant).catch((error: unknown) => {
    deps.log('warn', 'the role was not deleted; the sweeper tries again', { grantId: grant.id, error: String(error) });
    return false;
  });

/** Somebody else having been first is fine: what is still due shows itself again. */
async function write(
  deps: Deps,
  stored: Stored,
  actor: Actor,
  happened: EventBody | readonly [EventBody, ...EventBody[]],
  more: Pick<Change, 'ledger'> = {},
): Promise<undefined> {
  const change = draft(deps, stored, actor, 'type' in happened ? [happened] : happened);
  const commit = await deps.store.commit({ ...change, ...more });
  if (commit.ok && !isOver(change.stored.grant)) await wakeWorkflow(deps, change.stored);
}
