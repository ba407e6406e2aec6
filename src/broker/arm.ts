/**
 * Intent on record (I2): the claim, and in the ledger what will be ours, in the same transaction that says the access
 * may be made. From here on every crash ends in revocation.
 */
import { sameAccess } from '../core/access.ts';
import { UNKNOWN_ROLE } from '../core/break-glass.ts';
import { type Claim, claimOf, type EntryKey, type Ledger } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant } from '../core/grant.ts';
import type { Instant } from '../core/time.ts';
import { CannotActivate } from './access.ts';
import { type Change, NotReady, type RecordDeps, type Stored } from './ports.ts';
import { draft } from './record.ts';

export type Entry = { readonly ledger?: Ledger; readonly claims: readonly Claim[] };

export const entryKeyOf = (grant: Pick<Grant, 'cluster' | 'principal'>): EntryKey => ({
  clusterArn: grant.cluster.arn,
  principalArn: grant.principal.arn,
});

/** Claims of other grants that hold the entry. One that came back with a restored table holds nothing. */
export const liveOthers = (
  claims: readonly Claim[],
  own: { readonly grantId: string; readonly tableId: string },
): readonly Claim[] => claims.filter((one) => one.grantId !== own.grantId && one.tableId === own.tableId);

/** A dedicated principal has no entry but the grant's own: nothing to read before the first claim. */
export async function readEntryBeforeArming(deps: RecordDeps, grant: Grant): Promise<Entry> {
  return grant.principal.mode === 'dedicated' ? { claims: [] } : deps.store.readEntry(entryKeyOf(grant));
}

/** The change that arms the grant, with `before` as earlier events of the same transaction. */
export function arming(
  deps: RecordDeps,
  stored: Stored | undefined,
  entry: Entry,
  actor: Actor,
  before: readonly EventBody[],
  expiresAt: Instant,
): Change {
  const [first, ...rest] = [...before, { type: 'armed', expiresAt } as const];
  const change = draft(deps, stored, actor, [first ?? { type: 'armed', expiresAt }, ...rest]);
  const { grant } = change.stored;
  if (grant.state !== 'activating') throw new Error(`arming made grant ${grant.id} ${grant.state}`);
  const claim = claimOf(grant);
  refuseMixedAccess(claim, entry);
  return {
    ...change,
    claim: { put: claim },
    ledger: { was: entry.ledger?.version ?? 0, put: ledgerFor(claim, entry) },
  };
}

function refuseMixedAccess(claim: Claim, { claims, ledger }: Entry): void {
  if (ledger?.removingSince !== undefined)
    throw new NotReady(`the entry of ${claim.principalArn} is being removed for an earlier grant`);
  const others = liveOthers(claims, claim);
  const other = others.find((one) => !sameAccess(one.access, claim.access));
  if (other) {
    throw new CannotActivate(
      'principalInUse',
      `${claim.principalArn} is in use by grant ${other.grantId}, which gives other access.`,
    );
  }
  const known = others.filter((one) => one.principalId !== UNKNOWN_ROLE && claim.principalId !== UNKNOWN_ROLE);
  const replaced = known.find((one) => one.principalId !== claim.principalId);
  if (replaced) {
    throw new CannotActivate(
      'roleReplaced',
      `${claim.principalArn} was deleted and made again while grant ${replaced.grantId} uses it.`,
    );
  }
}

/** An entry that other claims hold stays the recorded one; otherwise whatever is made next will be. */
export function ledgerFor(claim: Claim, { claims, ledger }: Entry): Ledger {
  const held = liveOthers(claims, claim).length > 0;
  return {
    clusterArn: claim.clusterArn,
    principalArn: claim.principalArn,
    mode: claim.mode,
    ...(held && ledger?.entryArn !== undefined && { entryArn: ledger.entryArn }),
    ...(ledger?.deletedAt !== undefined && { deletedAt: ledger.deletedAt }),
    makers: [...new Set([...(ledger?.makers ?? []), claim.grantId])],
    version: (ledger?.version ?? 0) + 1,
  };
}
