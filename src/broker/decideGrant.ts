/** A person says yes or no: a conditional write first, a signal to the workflow second. */
import { approvalBy, inTime, mayDecide, verdictOn } from '../core/decision.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant, Pending } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import type { Refusal } from '../core/refusal.ts';
import { admits } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { nextStep } from '../core/step.ts';
import { type Instant, latest, plus } from '../core/time.ts';
import { arming, readEntryBeforeArming } from './arm.ts';
import { actTogether } from './batch.ts';
import { conditionsNow } from './conditions.ts';
import { decideExtension } from './decideExtension.ts';
import type { DecideGrant } from './decisionRequest.ts';
import { underRulesInForce } from './delegations.ts';
import { provenForgery } from './forgery.ts';
import { lapseGrant } from './lapseGrant.ts';
import { withLinks } from './linkedAccounts.ts';
import type { Change, RecordDeps, Stored, StoredWithEvents } from './ports.ts';
import { draft } from './record.ts';

/**
 * Records the decision and answers the grant as it is then. A request on several clusters is decided as one; an extension
 * is the matter of one grant.
 */
export function decideGrant(deps: RecordDeps, request: DecideGrant): Promise<Result<Stored, Refusal>> {
  // Read beside the grant: one trip, not two.
  const known = Promise.all([underRulesInForce(deps), withLinks(deps, request.person), deps.hub.read()]);
  known.catch(() => {});
  return actTogether(deps, request.id, {
    change: async (stored) => {
      const [rules, person, { state }] = await known;
      // Saying no opens nothing.
      const thawed = request.decision.kind === 'approve' ? unlessFrozen(stored.grant, state) : ok(true as const);
      return thawed.ok ? decide(rules, stored, { ...request, person }) : thawed;
    },
    reaches: (sibling, named) => sibling.state === 'pending' && !isExtending(named),
  });
}

const isExtending = (grant: Grant): boolean =>
  grant.state === 'active' && grant.extension !== undefined && !grant.extension.granted;

async function decide(
  deps: RecordDeps,
  stored: StoredWithEvents,
  request: DecideGrant,
): Promise<Result<Change, Refusal>> {
  const { grant } = stored;
  if (grant.tableId !== (await deps.store.tableId())) return no({ reason: 'restored', madeIn: grant.tableId });
  if (grant.state === 'active' && grant.extension && !grant.extension.granted)
    return decideExtension(deps, stored, grant, grant.extension, request, actorOf(request));
  if (grant.state === 'lapsed') return no({ reason: 'requestLapsed', decideBy: grant.decideBy });
  if (grant.state !== 'pending')
    return no({ reason: 'notPending', state: grant.state, wanted: 'only a pending request can be decided' });
  if (grant.decideBy <= deps.now()) {
    await lapseGrant(deps, grant.id, { kind: 'system', part: 'api' });
    return no({ reason: 'requestLapsed', decideBy: grant.decideBy });
  }
  const { decision } = request;
  if (decision.kind === 'deny') {
    const may = mayDecide(request.person, request.channel, grant, deps.config(), deps.now());
    if (!may.ok) return may;
    const reason = decision.reason.trim();
    if (reason === '') return no({ reason: 'denialReasonMissing' });
    return ok(draft(deps, stored, actorOf(request), [{ type: 'denied', reason, by: request.person.name }]));
  }
  const forged = await provenForgery(deps, stored);
  if (forged !== undefined) {
    deps.log('alarm', 'not approved', { grantId: grant.id, reason: 'recordForged', detail: forged });
    return no({ reason: 'recordForged', detail: forged });
  }
  return approve(deps, stored, grant, request);
}

const actorOf = ({ person, channel, proof }: DecideGrant): Actor => ({
  kind: 'person',
  id: person.id,
  name: person.name,
  channel,
  proof,
});

async function approve(
  deps: RecordDeps,
  stored: Stored,
  grant: Pending,
  request: DecideGrant,
): Promise<Result<Change, Refusal>> {
  const now = deps.now();
  const config = deps.config();
  const approval = approvalBy(request.person, request.channel, grant, config, now);
  if (!approval.ok) return approval;
  const timely = inTime(grant, now);
  if (!timely.ok) return timely;
  const startsAt = grant.startAt ?? now;
  const expiresAt = plus(startsAt, grant.duration);

  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const verdict = verdictOn({ ...grant, approvals: [...grant.approvals, approval.value] }, rule.value, config);
  const actor = actorOf(request);
  const begins = nextStep(rule.value, approval.value, verdict);
  const approved: EventBody = { type: 'approved', approval: approval.value, ...(begins && { begins }) };
  if (verdict.kind === 'waiting') return ok(draft(deps, stored, actor, [approved]));
  // The last approval is what access begins by: it waits until the conditions hold. A denial never does.
  const about = { starts: latest(startsAt, now), ends: expiresAt };
  const held = await conditionsNow(deps, rule.value, { moment: 'approval', requester: grant.requester, ...about });
  if (!held.ok) return held;
  return ok(
    (await armAtOnce(deps, stored, grant, actor, approved, startsAt, expiresAt)) ??
      scheduled(deps, stored, actor, approved, startsAt, expiresAt),
  );
}

/** The last approval arms the grant in the same transaction, if all that takes is at hand. */
async function armAtOnce(
  deps: RecordDeps,
  stored: Stored,
  grant: Pending,
  actor: Actor,
  approved: EventBody,
  startsAt: Instant,
  expiresAt: Instant,
): Promise<Change | undefined> {
  if (startsAt > deps.now() || !grant.preparation) return undefined;
  const entry = await readEntryBeforeArming(deps, grant);
  try {
    return arming(deps, stored, entry, actor, [approved], expiresAt);
  } catch (error) {
    // The decision stands whatever is in the way of the entry; Activate says what that is.
    deps.log('info', 'approved; arming is left to Activate', { grantId: grant.id, error: String(error) });
    return undefined;
  }
}

const scheduled = (
  deps: RecordDeps,
  stored: Stored,
  actor: Actor,
  approved: EventBody,
  startsAt: Instant,
  expiresAt: Instant,
): Change => draft(deps, stored, actor, [approved, { type: 'scheduled', startsAt, expiresAt }]);
