/**
 * Everything about a grant that is due but nobody waits for: reading live access back once more, narrowing and
 * deleting roles, the warning before the end, and the looks back after it.
 */
import { claimOf, desiredEntry, differences, type Ledger } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import { SETTLE_PASSES } from '../core/evolve.ts';
import { type Active, type Actor, expiryOf, isOver, type OverGrant } from '../core/grant.ts';
import { between, minutes } from '../core/time.ts';
import { ensureAbsent, ensurePresent } from './access.ts';
import { entryKeyOf } from './arm.ts';
import type { Change, Deps, Stored } from './ports.ts';
import { draft } from './record.ts';
import { removalOf } from './revokeGrant.ts';
import { wakeWorkflow } from './wake.ts';

/** How long after one of our own deletes a missing entry may be that delete's late work rather than somebody's will. */
const OWN_DELETE_LINGERS = minutes(15);

/** Reads live access back. What somebody else removed of ours stays removed: that is a revocation. */
export async function verifyGrant(deps: Deps, stored: Stored, grant: Active, actor: Actor): Promise<void> {
  const eks = deps.eks(grant.cluster);
  const { ledger, claims } = await deps.store.readEntry(entryKeyOf(grant));
  const [first, ...others] = claims;
  const [observed, policies] = await Promise.all([
    eks.describeEntry(grant.principal.arn),
    eks.listPolicies(grant.principal.arn),
  ]);
  const desired = first && desiredEntry([first, ...others]);
  const replaced = observed !== undefined && observed.entryArn !== (ledger?.entryArn ?? grant.entryArn);
  const wrong = desired && observed && policies ? differences(desired, observed, policies) : ['the entry is missing'];
  if (!replaced && wrong.length === 0) return write(deps, stored, actor, { type: 'verified' });

  deps.log('alarm', 'live access does not read back as it was made', { grantId: grant.id, wrong, replaced });
  const onlyMore = !replaced && wrong.every((difference) => difference.endsWith('was added'));
  if (first && ledger && (onlyMore || (!observed && deletedLately(deps, ledger)))) {
    await ensurePresent(eks, [first, ...others], ledger);
    return write(deps, stored, actor, { type: 'verified' });
  }
  await write(deps, stored, actor, { type: 'revoking', outcome: { state: 'ended', reason: 'removedExternally' } });
}

const deletedLately = (deps: Deps, { deletedAt }: Ledger): boolean =>
  deletedAt !== undefined && between(deletedAt, deps.now()) < OWN_DELETE_LINGERS;

/** The role can be assumed no longer than the access lasts, even if nothing of Hallpass should run any more (I9). */
export async function narrowRole(deps: Deps, stored: Stored, grant: Active, actor: Actor): Promise<void> {
  if (grant.principal.mode !== 'dedicated') return;
  await deps.roles.setAssumableUntil(grant.principal, grant.expiresAt);
  await write(deps, stored, actor, { type: 'narrowed', until: grant.expiresAt });
}

export const warnRequester = (deps: Deps, stored: Stored, actor: Actor): Promise<void> =>
  write(deps, stored, actor, { type: 'warned' });

/** A write that came late, after the end, is found here and undone. It should never be: finding access is an alarm. */
export async function settleGrant(deps: Deps, stored: Stored, grant: OverGrant, actor: Actor): Promise<void> {
  const { ledger, claims } = await deps.store.readEntry(entryKeyOf(grant));
  const last = grant.aftercare.settlePasses + 1 >= SETTLE_PASSES;
  const drop =
    ledger && last && claims.length === 0 ? { ledger: { was: ledger.version, remove: entryKeyOf(grant) } } : {};
  // Whoever holds the entry now keeps it as it should be, and undoes what came late for us.
  const found = claims.length > 0 ? [] : await removeLateWrites(deps, grant, ledger);
  if (found.length > 0)
    deps.log('alarm', 'access was there after its end and has been removed', { grantId: grant.id, found });
  await write(deps, stored, actor, { type: 'settled', found }, drop);
}

async function removeLateWrites(deps: Deps, grant: OverGrant, ledger: Ledger | undefined): Promise<string[]> {
  const expiresAt = expiryOf(grant);
  if (expiresAt === undefined || !grant.preparation) return [];
  const eks = deps.eks(grant.cluster);
  const removal = removalOf(claimOf({ ...grant, expiresAt }), ledger);
  const before = await eks.describeEntry(grant.principal.arn);
  const { found } = await ensureAbsent(eks, removal);
  return before && found ? [before.entryArn] : [];
}

/** Owed work with a due time of its own: it never blocks or brings back a grant. */
export async function deleteRole(deps: Deps, stored: Stored, grant: OverGrant, actor: Actor): Promise<void> {
  if (grant.principal.mode === 'dedicated') await deps.roles.remove(grant.principal);
  await write(deps, stored, actor, { type: 'roleDeleted' });
}

/** Somebody else having been first is fine: what is still due shows itself again. */
async function write(
  deps: Deps,
  stored: Stored,
  actor: Actor,
  body: EventBody,
  more: Pick<Change, 'ledger'> = {},
): Promise<void> {
  const change = draft(deps, stored, actor, [body]);
  const commit = await deps.store.commit({ ...change, ...more });
  if (commit.ok && !isOver(change.stored.grant)) await wakeWorkflow(deps, change.stored);
}
