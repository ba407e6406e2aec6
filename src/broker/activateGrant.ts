/**
 * Access is made. The decision is taken again, from the recorded events, under the configuration in force (I1): how
 * this was called, and by whom, proves nothing.
 */
import type { Entitlement } from '../core/configuration.ts';
import { permits } from '../core/decision.ts';
import type { Claim, Ledger } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import { replay } from '../core/evolve.ts';
import { type Activating, type Actor, type Grant, isOver, type Outcome } from '../core/grant.ts';
import { type HubState, unlessFrozen } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { explain, type Refusal } from '../core/refusal.ts';
import { letsInRequester } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { deleteLingers } from '../core/task.ts';
import { between, type Instant, latest, minutes } from '../core/time.ts';
import { CannotActivate, ensurePresent, type Making, RemovedByOthers } from './access.ts';
import { arming, type Entry, entryKeyOf, liveOthers, readEntryBeforeArming } from './arm.ts';
import { conditionsNow } from './conditions.ts';
import { rulesFor } from './delegations.ts';
import { provenForgery } from './forgery.ts';
import { checkGround } from './ground.ts';
import { type Ahead, type Ground, lookAtGround, readWithGround } from './lookAhead.ts';
import { type Deps, DirectoryUnreachable, type Eks, NotReady, type Stored, type StoredWithEvents } from './ports.ts';
import { prepareGrant } from './prepareGrant.ts';
import { draft } from './record.ts';
import { removed } from './revokeGrant.ts';
import { undoLateWrites } from './tendGrant.ts';
import { wakeWorkflow } from './wake.ts';

/** Where the grant is after this. `notYet`: come back at `at`. `over`: there is nothing to activate any more. */
export type Activation =
  | { readonly kind: 'active'; readonly expiresAt: Instant }
  | { readonly kind: 'notYet'; readonly at: Instant }
  | { readonly kind: 'over' };

const ATTEMPTS = 6;

/** Safe to call at any time and any number of times. Throws `NotReady` (or an outage) where calling again may help. */
export async function activateGrant(deps: Deps, id: GrantId, actor: Actor): Promise<Activation> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Read again, nothing is assumed of what was seen before.
    const [{ stored, ...ahead }, { state: hub }] = await Promise.all([
      attempt === 0 ? readWithGround(deps, id) : deps.store.readGrant(id).then((again) => ({ stored: again })),
      deps.hub.read(),
    ]);
    const answer = stored ? await step(deps, stored, hub, actor, ahead) : ({ kind: 'over' } as const);
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its activation`);
}

type Seen = { readonly entry?: Ahead<Entry>; readonly ground?: Ahead<Ground> };

async function step(
  deps: Deps,
  stored: StoredWithEvents,
  hub: HubState,
  actor: Actor,
  ahead: Seen,
): Promise<Activation | 'again'> {
  const { grant } = stored;
  switch (grant.state) {
    case 'pending':
      return { kind: 'notYet', at: grant.decideBy };
    case 'active':
      return { kind: 'active', expiresAt: grant.expiresAt };
    case 'scheduled':
      if (grant.startsAt > deps.now()) return { kind: 'notYet', at: grant.startsAt };
      return refusedOr(deps, stored, hub, actor, () => arm(deps, stored, actor));
    case 'activating':
      return refusedOr(deps, stored, hub, actor, () => open(deps, stored, grant, actor, ahead));
    case 'revoking':
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return { kind: 'over' };
  }
}

/** Goes on only if everything still says yes; otherwise turns the grant towards its end. */
async function refusedOr(
  deps: Deps,
  stored: StoredWithEvents,
  hub: HubState,
  actor: Actor,
  go: () => Promise<Activation | 'again'>,
): Promise<Activation | 'again'> {
  const decided = await decideAgain(deps, stored, hub);
  if (!decided.ok) return turnBack(deps, stored, actor, decided.error);
  try {
    return await go();
  } catch (error) {
    if (error instanceof RemovedByOthers) return giveUp(deps, stored, actor, error.message);
    if (!(error instanceof CannotActivate)) throw error;
    return turnBack(deps, stored, actor, { reason: 'cannotActivate', why: error.why, detail: error.message });
  }
}

async function decideAgain(deps: Deps, stored: StoredWithEvents, hub: HubState): Promise<Result<true, Refusal>> {
  const { grant, events } = stored;
  const tableId = await deps.store.tableId();
  if (grant.tableId !== tableId) return no({ reason: 'restored', madeIn: grant.tableId });
  const forged = await provenForgery(deps, stored);
  if (forged !== undefined) return no({ reason: 'recordForged', detail: forged });
  const recorded = replay(events) ?? grant;
  if ('expiresAt' in recorded && recorded.expiresAt <= deps.now())
    return no({ reason: 'windowOver', expiresAt: recorded.expiresAt });
  const thawed = unlessFrozen(recorded, hub);
  if (!thawed.ok) return thawed;
  await readyFor(deps, recorded);
  const rules = await rulesFor(deps, recorded.approvals);
  const permitted = permits(recorded, rules);
  if (!permitted.ok) return permitted;
  const theirs = letsInRequester(recorded, rules);
  return theirs.ok ? conditionsAtStart(deps, recorded, permitted.value) : theirs;
}

/** In an emergency nobody waits for a directory that says nothing of who is in it. */
async function readyFor(deps: Deps, { breakGlass, requester: { id } }: Grant): Promise<void> {
  try {
    await deps.ready();
  } catch (error) {
    const { people } = deps.config().directory;
    const isOfTheFile = Object.hasOwn(people, id) && people[id]?.userId === undefined;
    if (!breakGlass || !isOfTheFile || !(error instanceof DirectoryUnreachable)) throw error;
  }
}

/**
 * A grant that was armed began when its conditions were looked at; one that has waited for its time begins now. Nobody
 * knowing is no reason to deny it: it is tried again, and nothing is open meanwhile.
 */
async function conditionsAtStart(deps: Deps, grant: Grant, rule: Entitlement): Promise<Result<true, Refusal>> {
  if (grant.state !== 'scheduled') return ok(true);
  const about = { starts: latest(grant.startsAt, deps.now()), ends: grant.expiresAt };
  const held = await conditionsNow(deps, rule, { moment: 'activation', requester: grant.requester, ...about });
  if (!held.ok && held.error.reason === 'conditionFailed') throw new NotReady(explain(held.error).detail);
  return held;
}

async function arm(deps: Deps, stored: Stored, actor: Actor): Promise<Activation | 'again'> {
  const { grant } = stored;
  if (grant.state !== 'scheduled') return 'again';
  if (!grant.preparation) {
    await prepareGrant(deps, grant.id, actor);
    return 'again';
  }
  const entry = await readEntryBeforeArming(deps, grant);
  await deps.store.commit(arming(deps, stored, entry, actor, [], grant.expiresAt));
  return 'again';
}

async function open(
  deps: Deps,
  stored: StoredWithEvents,
  grant: Activating,
  actor: Actor,
  ahead: Seen,
): Promise<Activation | 'again'> {
  const eks = deps.eks(grant.cluster);
  const isHeld = ahead.entry?.claims.some((claim) => claim.grantId === grant.id);
  const [{ ledger, claims }, ground] = await Promise.all([
    // Read ahead, it may be older than the claim.
    ahead.entry && isHeld ? ahead.entry : deps.store.readEntry(entryKeyOf(grant)),
    ahead.ground ?? lookAtGround(deps, grant),
  ]);
  checkGround(grant, ground);
  const own = claims.find((claim) => claim.grantId === grant.id);
  if (!ledger || !own)
    throw new CannotActivate('neverActive', `The claim of grant ${grant.id} is missing from the ledger.`);
  const others = liveOthers(claims, grantAndTable(grant));
  const { entryArn, narrowed } = await openAndNarrow(deps, eks, grant, [own, ...others], ledger);
  const commit = await deps.store.commit({
    ...draft(deps, stored, actor, [{ type: 'activated', entryArn }, ...narrowed]),
    ledger: { was: ledger.version, put: { ...ledger, entryArn, version: ledger.version + 1 } },
  });
  if (commit.ok) return { kind: 'active', expiresAt: grant.expiresAt };
  await undoIfOver(deps, grant.id);
  return 'again';
}

/** Both at once: nobody waits for IAM. A role that cannot be dated now is owed its date (`tendGrant.ts`). */
async function openAndNarrow(
  deps: Deps,
  eks: Eks,
  grant: Activating,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<{ readonly entryArn: string; readonly narrowed: EventBody[] }> {
  const narrowing = narrow(deps, grant);
  try {
    const entryArn = await openEntry(deps, eks, grant, claims, ledger);
    return { entryArn, narrowed: await narrowing };
  } finally {
    await narrowing;
  }
}

async function narrow(deps: Deps, { id, principal, expiresAt }: Activating): Promise<EventBody[]> {
  if (principal.mode !== 'dedicated') return [];
  try {
    await deps.roles.setAssumableUntil(principal, expiresAt);
    return [{ type: 'narrowed', until: expiresAt }];
  } catch (error) {
    deps.log('warn', 'the role was not dated; the sweeper does it', { grantId: id, error: String(error) });
    return [];
  }
}

const grantAndTable = ({ id, tableId }: Grant): { grantId: string; tableId: string } => ({ grantId: id, tableId });

/** How long EKS may take to show an entry that it has made. */
const SHOWN_WITHIN = minutes(1);

/** What EKS has made is recorded even if it cannot be read back yet: the next try has to know it from somebody's removal. */
async function openEntry(
  deps: Deps,
  eks: Eks,
  grant: Activating,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<string> {
  let made: string | undefined;
  try {
    const present = await ensurePresent(eks, claims, ledger, {
      token: `${grant.id}-${deps.now()}`,
      ifMissing: ifMissing(deps, grant, claims, ledger),
      made: (entryArn) => {
        made = entryArn;
      },
    });
    return present.entryArn;
  } catch (error) {
    if (made !== undefined)
      await deps.store.commitLedger({ ...ledger, entryArn: made, version: ledger.version + 1 }, ledger.version);
    throw error;
  }
}

/** Another claim's entry may be made again: this grant was decided since. A grant's own is made once. */
function ifMissing(
  deps: Deps,
  { armedAt }: Activating,
  claims: readonly Claim[],
  { deletedAt }: Ledger,
): Making['ifMissing'] {
  if (claims.length > 1 || deleteLingers(deletedAt, deps.now())) return 'make';
  return between(armedAt, deps.now()) < SHOWN_WITHIN ? 'wait' : 'removed';
}

/** The grant was ended while its entry was being made: what was made after the removal goes at once. */
async function undoIfOver(deps: Deps, id: GrantId): Promise<void> {
  const now = await deps.store.readGrant(id);
  if (!now || !isOver(now.grant)) return;
  const { ledger, removing } = await undoLateWrites(deps, now.grant);
  // Whoever changed it meanwhile knows better; a mark that stays is taken off by the next look back.
  if (ledger && removing) await deps.store.commitLedger(removed(ledger, deps.now()), ledger.version);
}

/** Somebody removed the entry before it was even read back: that is a revocation, and nothing is made again. */
async function giveUp(deps: Deps, stored: Stored, actor: Actor, note: string): Promise<Activation | 'again'> {
  deps.log('alarm', 'not activated', { grantId: stored.grant.id, reason: 'removedExternally', detail: note });
  const outcome: Outcome = { state: 'ended', reason: 'removedExternally', note };
  const change = draft(deps, stored, actor, [{ type: 'revoking', outcome }]);
  const commit = await deps.store.commit(change);
  if (!commit.ok) return 'again';
  await wakeWorkflow(deps, change.stored);
  return { kind: 'over' };
}

/** Before anything is armed the request is denied; after that only revoking leads out, whatever was or was not made. */
async function turnBack(deps: Deps, stored: Stored, actor: Actor, refusal: Refusal): Promise<Activation | 'again'> {
  const { grant } = stored;
  const level = refusal.reason === 'recordForged' ? 'alarm' : 'warn';
  deps.log(level, 'not activated', { grantId: grant.id, reason: refusal.reason, detail: explain(refusal).detail });
  const change = draft(deps, stored, actor, [turningPoint(grant, refusal)]);
  const commit = await deps.store.commit(change);
  if (!commit.ok) return 'again';
  await wakeWorkflow(deps, change.stored);
  return { kind: 'over' };
}

function turningPoint(grant: Grant, refusal: Refusal): EventBody {
  const reason =
    refusal.reason === 'cannotActivate'
      ? `${refusal.why}: ${refusal.detail}`
      : `${refusal.reason}: ${explain(refusal).detail}`;
  return grant.state === 'activating'
    ? { type: 'revoking', outcome: outcomeOf(refusal, reason) }
    : { type: 'denied', reason };
}

function outcomeOf(refusal: Refusal, reason: string): Outcome {
  if (refusal.reason === 'cannotActivate') return { state: 'failed', reason: refusal.why, note: refusal.detail };
  if (refusal.reason === 'windowOver') return { state: 'failed', reason: 'neverActive' };
  if (refusal.reason === 'restored') return { state: 'failed', reason: 'restored' };
  return { state: 'denied', reason };
}
