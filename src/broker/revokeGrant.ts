/**
 * Access is taken away. Nothing on this path asks the configuration, the directory or a rule (I8): the grant and the
 * ledger carry all that it takes.
 */
import { type Claim, claimOf, type Ledger } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Outcome, Revoking } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import type { Instant } from '../core/time.ts';
import { type Absent, ensureAbsent, type Removal } from './access.ts';
import { type Entry, entryKeyOf } from './arm.ts';
import { lapseGrant } from './lapseGrant.ts';
import { type Change, type Deps, NotReady, type Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

/** `notYet`: the access is not to be removed before `at`. `over`: it is gone, or there never was any. */
export type Revocation = { readonly kind: 'over' } | { readonly kind: 'notYet'; readonly at: Instant };

const ATTEMPTS = 6;

/** Safe to call at any time and any number of times. Throws `NotReady` (or an outage) until EKS shows the access gone. */
export async function revokeGrant(deps: Deps, id: GrantId, actor: Actor): Promise<Revocation> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    const answer = stored ? await step(deps, stored, actor) : ({ kind: 'over' } as const);
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its revocation`);
}

async function step(deps: Deps, stored: Stored, actor: Actor): Promise<Revocation | 'again'> {
  const { grant } = stored;
  switch (grant.state) {
    case 'pending':
      if (grant.decideBy > deps.now()) return { kind: 'notYet', at: grant.decideBy };
      await lapseGrant(deps, grant.id, actor);
      return 'again';
    case 'scheduled':
      return { kind: 'notYet', at: grant.startsAt };
    case 'activating':
    case 'active':
      if (grant.expiresAt > deps.now()) return { kind: 'notYet', at: grant.expiresAt };
      return begin(
        deps,
        stored,
        actor,
        grant.state === 'active' ? { state: 'ended', reason: 'expired' } : { state: 'failed', reason: 'neverActive' },
      );
    case 'revoking':
      return remove(deps, stored, grant, actor);
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return { kind: 'over' };
  }
}

/** From here on no extension can be made and no other outcome decided. */
async function begin(deps: Deps, stored: Stored, actor: Actor, outcome: Outcome): Promise<'again'> {
  const change = draft(deps, stored, actor, [{ type: 'revoking', outcome }]);
  const commit = await deps.store.commit(change);
  if (commit.ok) await wakeWorkflow(deps, change.stored);
  return 'again';
}

async function remove(deps: Deps, stored: Stored, grant: Revoking, actor: Actor): Promise<Revocation | 'again'> {
  const read = await deps.store.readEntry(entryKeyOf(grant));
  const claim = read.claims.find((one) => one.grantId === grant.id) ?? claimOf(grant);
  const others = read.claims.filter((one) => one.grantId !== grant.id);
  if (others.length > 0) return close(deps, stored, grant, actor, { found: false, clusterGone: false }, read.ledger);
  const ledger = await markRemoval(deps, read);
  if (ledger === 'again') return 'again';
  const absent = await ensureAbsent(deps.eks(claim.cluster), removalOf(claim, ledger));
  return close(deps, stored, grant, actor, absent, ledger);
}

/** On a standing role, a claim that comes now waits until the removal is over instead of building on what goes away. */
async function markRemoval(deps: Deps, { ledger }: Entry): Promise<Ledger | undefined | 'again'> {
  if (ledger?.mode !== 'role' || ledger.removingSince !== undefined) return ledger;
  const marked = { ...ledger, removingSince: deps.now(), version: ledger.version + 1 };
  const commit = await deps.store.commitLedger(marked, ledger.version);
  return commit.ok ? marked : 'again';
}

export function removalOf(claim: Claim, ledger: Ledger | undefined): Removal {
  return {
    principalArn: claim.principalArn,
    clusterArn: claim.clusterArn,
    clusterCreatedAt: claim.clusterCreatedAt,
    hub: claim.hub,
    mode: claim.mode,
    ...(ledger?.entryArn !== undefined && { entryArn: ledger.entryArn }),
    grantIds: [claim.grantId],
  };
}

async function close(
  deps: Deps,
  stored: Stored,
  grant: Revoking,
  actor: Actor,
  absent: Absent,
  ledger: Ledger | undefined,
): Promise<Revocation | 'again'> {
  const change = closing(deps, stored, grant, actor, absent, ledger);
  let commit = await deps.store.commit(change);
  if (!commit.ok && commit.conflict === 'person') {
    // The person's record only serves limits: its loss never keeps a grant from being over.
    const { closes: _, ...rest } = change;
    commit = await deps.store.commit(rest);
  }
  if (!commit.ok) return 'again';
  await wakeWorkflow(deps, change.stored);
  return { kind: 'over' };
}

function closing(
  deps: Deps,
  stored: Stored,
  grant: Revoking,
  actor: Actor,
  absent: Absent,
  ledger: Ledger | undefined,
): Change {
  if (absent.clusterGone) deps.log('warn', 'the cluster is gone, and the access with it', { grantId: grant.id });
  const { removingSince: _, ...rest } = ledger ?? {};
  return {
    ...draft(deps, stored, actor, [finalEvent(grant.outcome, absent)]),
    claim: { remove: entryKeyOf(grant) },
    ...(ledger && {
      ledger: { was: ledger.version, put: { ...(rest as Ledger), deletedAt: deps.now(), version: ledger.version + 1 } },
    }),
  };
}

function finalEvent(outcome: Outcome, { clusterGone }: Absent): EventBody {
  switch (outcome.state) {
    case 'ended':
      return { type: 'ended', ...(clusterGone && { clusterGone }) };
    case 'failed':
      return { type: 'failed' };
    case 'denied':
      return { type: 'denied', reason: outcome.reason };
  }
}
