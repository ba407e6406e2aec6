/** Somebody entitled to ends access before its time. Recorded at once; the removal follows from the record. */
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import { isApproverOf } from '../core/decision.ts';
import type { EventBody } from '../core/event.ts';
import { type Grant, siblingsOf } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { isAmong, isSamePerson } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { isOwner } from '../core/role-identity.ts';
import type { Instant } from '../core/time.ts';
import { rulesInForce } from './delegations.ts';
import { NotReady, type RecordDeps, type Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

export type EndGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly id: GrantId;
  readonly note?: string;
};

const ATTEMPTS = 5;

export async function endGrant(deps: RecordDeps, request: EndGrant): Promise<Result<Stored, Refusal>> {
  const { person, channel, proof, id } = request;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    if (!stored) return no({ reason: 'unknownGrant', grantId: id });
    const { grant } = stored;
    // Delegations are asked for last: whoever ends their own access, or anybody's, waits for no look-up.
    if (
      !mayEnd(person, grant, deps.config(), deps.now()) &&
      !mayEnd(person, grant, await rulesInForce(deps), deps.now())
    )
      return no({ reason: 'notAllowedToEnd', requester: grant.requester.name });
    if (grant.state === 'revoking') return ok(stored);
    const body = ending(grant, request);
    if (!body) return no({ reason: 'notPending', state: grant.state, wanted: wantedFor(grant) });
    const change = draft(deps, stored, { kind: 'person', id: person.id, name: person.name, channel, proof }, [body]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return ok(change.stored);
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}

/**
 * Ends the grant, and the others of its batch that are live or still to come: each by itself, for one that cannot be
 * ended just now must not keep the others. Answers the named one as it is then.
 */
export async function endTogether(deps: RecordDeps, request: EndGrant): Promise<Result<Stored, Refusal>> {
  const named = await deps.store.readGrant(request.id);
  if (!named) return no({ reason: 'unknownGrant', grantId: request.id });
  const ids = [request.id, ...siblingsOf(named.grant)];
  const results = await Promise.allSettled(ids.map((id) => endGrant(deps, { ...request, id })));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const [own, ...theirs] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return own && !own.ok && theirs.some((one) => one.ok)
    ? ok(named)
    : (own ?? no({ reason: 'unknownGrant', grantId: request.id }));
}

/** Ending takes access away, so it is open to more people than giving: requester, its owners, approvers, responders. */
export function mayEnd(person: Person, grant: Grant, config: Configuration, now: Instant): boolean {
  if (isSamePerson(grant.requester.identifiers, person.id, config.directory)) return true;
  if (isOwner(grant.requester, person.id, config.directory)) return true;
  if (isAmong(person.id, config.responders, config.directory)) return true;
  const rule = Object.hasOwn(config.entitlements, grant.entitlement.id)
    ? config.entitlements[grant.entitlement.id]
    : undefined;
  return rule !== undefined && isApproverOf(person, rule, config, now);
}

const wantedFor = ({ state }: Grant): string =>
  `only live or coming access can be ended${state === 'pending' ? '; who asked can withdraw it, and an approver deny it' : ''}`;

function ending(grant: Grant, { person, note }: EndGrant): EventBody | undefined {
  switch (grant.state) {
    case 'activating':
    case 'active':
      return {
        type: 'revoking',
        outcome: { state: 'ended', reason: 'endedEarly', by: person.name, ...(note && { note }) },
      };
    case 'scheduled':
      return person.id === grant.requester.id
        ? { type: 'withdrawn' }
        : { type: 'denied', reason: note || 'ended before it began', by: person.name };
    case 'pending':
    case 'revoking':
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return undefined;
  }
}
