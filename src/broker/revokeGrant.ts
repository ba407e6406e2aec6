/**
 * Access is taken away. Nothing on this path asks the configuration, the directory or a rule (I8): the grant and the
 * ledger carry all that it takes.
 */
import type { Claim, Ledger } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant, Outcome, Revoking } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { explain } from '../core/refusal.ts';
import type { Instant } from '../core/time.ts';
import { type Absent, ensureAbsent, type Removal } from './access.ts';
import { type Entry, entryKeyOf, liveOthers } from './arm.ts';
import { lapseGrant } from './lapseGrant.ts';
import { type Ahead, readWithEntry } from './lookAhead.ts';
import { type Change, type Deps, NotReady, type Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

/**
 * `notYet`: the access is not to be removed before `at`; nor is the request over before it, which nobody has decided yet.
 * `over`: it is gone, or there never was any.
 */
export type Revocation =
  | { readonly kind: 'over' }
  | { readonly kind: 'notYet'; readonly at: Instant; readonly undecided?: true };

const ATTEMPTS = 6;

/** The grant, and its entry if that was read with it. */
export type Read = { readonly stored: Stored | undefined; readonly entry?: Ahead<Entry> };

/**
 * Safe to call at any time and any number of times. Throws `NotReady` (or an outage) until EKS shows the access gone.
 * `read`: what the caller has just read.
 */
export async function revokeGrant(deps: Deps, id: GrantId, actor: Actor, read?: Read): Promise<Revocation> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { stored, entry } = (attempt === 0 && read) || (await readWithEntry(deps, id));
    const answer = stored ? await step(deps, stored, actor, entry) : ({ kind: 'over' } as const);
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its revocation`);
}

async function step(deps: Deps, stored: Stored, actor: Actor, entry: Ahead<Entry>): Promise<Revocation | 'again'> {
  const { grant } = stored;
  switch (grant.state) {
    case 'pending':
      if (grant.decideBy > deps.now()) return { kind: 'notYet', at: grant.decideBy, undecided: true };
      await lapseGrant(deps, grant.id, actor);
      return 'again';
    case 'scheduled':
      if (grant.expiresAt > deps.now()) return { kind: 'notYet', at: grant.expiresAt };
      return deny(deps, stored, actor, explain({ reason: 'windowOver', expiresAt: grant.expiresAt }).detail);
    case 'activating':
    case 'active':
      if (grant.expiresAt > deps.now()) return { kind: 'notYet', at: grant.expiresAt };
      return begin(deps, stored, actor, entry);
    case 'revoking':
      return remove(deps, stored, grant, actor, entry);
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return { kind: 'over' };
  }
}

/** Decided and never begun: its time is over, whatever kept it. */
async function deny(deps: Deps, stored: Stored, actor: Actor, reason: string): Promise<'again'> {
  const change = draft(deps, stored, actor, [{ type: 'denied', reason }]);
  const commit = await deps.store.commit(change);
  if (commit.ok) await wakeWorkflow(deps, change.stored);
  return 'again';
}

async function begin(deps: Deps, stored: Stored, actor: Actor, entry: Ahead<Entry>): Promise<Revocation | 'again'> {
  const turned = await turn(deps, stored, actor);
  if (!turned) return 'again';
  const [answer] = await Promise.all([
    remove(deps, turned.stored, turned.grant, actor, entry),
    wake(deps, turned.stored, actor),
  ]);
  return answer;
}

export type Turned = { readonly stored: Stored; readonly grant: Revoking };

/**
 * Its time is over: from here on no extension can be made and no other outcome decided. Undefined when somebody else has
 * changed the grant meanwhile.
 */
export async function turn(deps: Deps, stored: Stored, actor: Actor): Promise<Turned | undefined> {
  if (stored.grant.state === 'revoking') return { stored, grant: stored.grant };
  const outcome: Outcome =
    stored.grant.state === 'active'
      ? { state: 'ended', reason: 'expired' }
      : { state: 'failed', reason: 'neverActive' };
  const change = draft(deps, stored, actor, [{ type: 'revoking', outcome }]);
  const commit = await deps.store.commit(change);
  if (!commit.ok) return undefined;
  const { grant } = change.stored;
  if (grant.state !== 'revoking') throw new Error(`revoking made grant ${grant.id} ${grant.state}`);
  return { stored: change.stored, grant };
}

/** The workflow that does this itself waits for nothing. */
const wake = async (deps: Deps, stored: Stored, actor: Actor): Promise<void> => {
  if (actor.kind !== 'system' || actor.part !== 'workflow') await wakeWorkflow(deps, stored);
};

/** What was read of the entry before: whoever has changed it since makes the conditional writes below fail. */
async function remove(
  deps: Deps,
  stored: Stored,
  grant: Revoking,
  actor: Actor,
  before: Ahead<Entry>,
): Promise<Revocation | 'again'> {
  const read = before ?? (await deps.store.readEntry(entryKeyOf(grant)));
  if ((await holders(deps, grant, read.claims)).length > 0) return close(deps, stored, grant, actor, read.ledger);
  // Nothing is ever armed that was not prepared: somebody else wrote this grant.
  if (!grant.preparation) return close(deps, stored, grant, actor, read.ledger);
  const ledger = await markRemoval(deps, read);
  if (ledger === 'again') return 'again';
  const absent = await ensureAbsent(deps.eks(grant.cluster), removalOf(grant, ledger));
  return close(deps, stored, grant, actor, ledger, absent);
}

/** Claims of others on the entry, made in this very table: those of a restored one bring nothing back and hold nothing. */
export async function holders(deps: Deps, { id }: Grant, claims: readonly Claim[]): Promise<readonly Claim[]> {
  if (claims.every((claim) => claim.grantId === id)) return [];
  return liveOthers(claims, { grantId: id, tableId: await deps.store.tableId() });
}

/** On a standing role, a claim that comes now waits until the removal is over instead of building on what goes away. */
export async function markRemoval(deps: Deps, { ledger }: Entry): Promise<Ledger | undefined | 'again'> {
  if (ledger?.mode !== 'role' || ledger.removingSince !== undefined) return ledger;
  const marked = { ...ledger, removingSince: deps.now(), version: ledger.version + 1 };
  const commit = await deps.store.commitLedger(marked, ledger.version);
  return commit.ok ? marked : 'again';
}

/** From the grant and the ledger alone. Throws for a grant that was never armed: there is nothing to remove. */
export function removalOf(grant: Grant, ledger: Ledger | undefined): Removal {
  if (!grant.preparation) throw new Error(`grant ${grant.id} was never armed`);
  return {
    principalArn: grant.principal.arn,
    cluster: grant.cluster,
    clusterCreatedAt: grant.preparation.clusterCreatedAt,
    hub: grant.hub,
    mode: grant.principal.mode,
    ...(ledger?.entryArn !== undefined && { entryArn: ledger.entryArn }),
    grantIds: [grant.id, ...(ledger?.makers ?? [])],
  };
}

/** The removal is over; a delete of ours may still arrive, and a later claim has to know. */
export function removed({ removingSince: _, ...ledger }: Ledger, now: Instant): Ledger {
  return { ...ledger, deletedAt: now, version: ledger.version + 1 };
}

/** `absent` is what removing found; without it others hold the entry, and only the claim goes. */
export async function close(
  deps: Deps,
  stored: Stored,
  grant: Revoking,
  actor: Actor,
  ledger: Ledger | undefined,
  absent?: Absent,
): Promise<Revocation | 'again'> {
  const change = closing(deps, stored, grant, actor, ledger, absent);
  const commit = await deps.store.commit(change);
  if (!commit.ok) return 'again';
  await wake(deps, change.stored, actor);
  return { kind: 'over' };
}

function closing(
  deps: Deps,
  stored: Stored,
  grant: Revoking,
  actor: Actor,
  ledger: Ledger | undefined,
  absent: Absent | undefined,
): Change {
  const clusterGone = absent?.clusterGone ?? false;
  if (clusterGone) deps.log('warn', 'the cluster is gone, and the access with it', { grantId: grant.id });
  return {
    ...draft(deps, stored, actor, [finalEvent(grant.outcome, clusterGone)]),
    claim: { remove: entryKeyOf(grant) },
    ...(ledger && {
      ledger: {
        was: ledger.version,
        put: absent ? removed(ledger, deps.now()) : { ...ledger, version: ledger.version + 1 },
      },
    }),
  };
}

function finalEvent(outcome: Outcome, clusterGone: boolean): EventBody {
  switch (outcome.state) {
    case 'ended':
      return { type: 'ended', ...(clusterGone && { clusterGone }) };
    case 'failed':
      return { type: 'failed' };
    case 'denied':
      return { type: 'denied', reason: outcome.reason };
  }
}
