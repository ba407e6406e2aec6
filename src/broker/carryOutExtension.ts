/**
 * Makes a granted extension true. The tag that the reaper goes by and the date of the role move first, and only then
 * the expiry: whatever fails in between, the access ends at its old time (I9).
 */
import { claimOf, TAGS } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import { permitsExtension } from '../core/extension.ts';
import type { Active, Actor, Extension, Grant } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { explain } from '../core/refusal.ts';
import { letsInRequester } from '../core/request.ts';
import { type Instant, latest, toIso } from '../core/time.ts';
import { entryKeyOf } from './arm.ts';
import { rulesFor } from './delegations.ts';
import { conditionsOfExtension } from './extendGrant.ts';
import { provenForgery } from './forgery.ts';
import { type Change, type Deps, NotReady, type StoredWithEvents } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

const ATTEMPTS = 5;

export const isExtensionOwed = ({ now }: Pick<Deps, 'now'>, grant: Grant): boolean =>
  grant.state === 'active' && grant.extension?.granted === true && grant.expiresAt > now();

/** Does nothing unless an extension is granted and the access still lives. May throw `NotReady`, or an outage. */
export async function carryOutExtension(deps: Deps, id: GrantId, actor: Actor): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    if (stored?.grant.state !== 'active' || !isExtensionOwed(deps, stored.grant)) return;
    const { grant } = stored;
    if (!grant.extension) return;
    const change = await carryOut(deps, stored, grant, grant.extension, actor);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its extension`);
}

async function carryOut(
  deps: Deps,
  stored: StoredWithEvents,
  grant: Active,
  extension: Extension,
  actor: Actor,
): Promise<Change> {
  const refused = await whyNot(deps, stored, grant, extension);
  if (refused !== undefined) {
    deps.log('warn', 'not extended', { grantId: grant.id, detail: refused });
    // An earlier try may have moved them already.
    await dateTo(deps, grant, grant.expiresAt);
    return draft(deps, stored, actor, [{ type: 'extensionDenied', reason: refused }]);
  }
  const { expiresAt } = extension;
  await dateTo(deps, grant, expiresAt);
  const extended: EventBody = { type: 'extended', expiresAt, lookAgain: true };
  return { ...draft(deps, stored, actor, [extended]), claim: { put: claimOf({ ...grant, expiresAt }) } };
}

/** What ends the access if nothing of the hub should run any more: the entry's tag, and the date of a dedicated role. */
async function dateTo(deps: Deps, grant: Active, expiresAt: Instant): Promise<void> {
  const { claims, ledger } = await deps.store.readEntry(entryKeyOf(grant));
  const others = claims.filter((claim) => claim.grantId !== grant.id).map((claim) => claim.expiresAt);
  // The recorded one: the entry may have been made again since this grant became active.
  const entryArn = ledger?.entryArn ?? grant.entryArn;
  await deps.eks(grant.cluster).tagEntry(entryArn, {
    [TAGS.expires]: toIso(latest(expiresAt, ...others)),
    // The entry may have been made in an emergency: by that mark it would end four hours after it was made.
    [TAGS.grant]: grant.id,
  });
  if (grant.principal.mode === 'dedicated') await deps.roles.setAssumableUntil(grant.principal, expiresAt);
}

/** Decided again, from the recorded events, under the configuration in force (I1). */
async function whyNot(
  deps: Deps,
  stored: StoredWithEvents,
  grant: Active,
  extension: Extension,
): Promise<string | undefined> {
  if (grant.tableId !== (await deps.store.tableId()))
    return explain({ reason: 'restored', madeIn: grant.tableId }).detail;
  const thawed = unlessFrozen(grant, (await deps.hub.read()).state);
  if (!thawed.ok) return `${thawed.error.reason}: ${explain(thawed.error).detail}`;
  const forged = await provenForgery(deps, stored);
  if (forged !== undefined) {
    deps.log('alarm', 'the record does not add up', { grantId: grant.id, detail: forged });
    return explain({ reason: 'recordForged', detail: forged }).detail;
  }
  await deps.ready();
  const rules = await rulesFor(deps, extension.approvals);
  const permitted = permitsExtension(grant, extension, rules);
  const theirs = permitted.ok ? letsInRequester(grant, rules) : permitted;
  const held = theirs.ok ? await conditionsOfExtension(deps, grant, extension.expiresAt) : theirs;
  if (held.ok) return undefined;
  // Nobody knows: tried again, and until then the old end stands.
  if (held.error.reason === 'conditionFailed') throw new NotReady(explain(held.error).detail);
  return `${held.error.reason}: ${explain(held.error).detail}`;
}
