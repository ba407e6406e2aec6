/** The one place where a grant's state changes: an event applied to what was, along `TRANSITIONS`. */
import type { AuditEvent, EventBody } from './event.ts';
import {
  type Active,
  type Aftercare,
  type Extension,
  type Grant,
  type GrantFacts,
  isOver,
  type Outcome,
  type Preparation,
  type Revoking,
  type State,
  type StepBegun,
  TRANSITIONS,
  type Waiting,
} from './grant.ts';
import type { Instant } from './time.ts';

/** How many times a grant that was armed is looked at again after its end: late writes cannot be ruled out. */
export const SETTLE_PASSES = 2;

/** A bug, never an expected refusal: callers look at the state before they make an event. */
export class ImpossibleTransition extends Error {
  override name = 'ImpossibleTransition';
}

/** The grant that these events add up to; undefined when there are none. Throws `ImpossibleTransition`. */
export function replay(events: readonly AuditEvent[]): Grant | undefined {
  return events.reduce<Grant | undefined>((grant, event) => evolve(grant, event.body, event.at), undefined);
}

export function evolve(grant: Grant | undefined, body: EventBody, at: Instant): Grant {
  if (body.type === 'requested') {
    if (grant) throw new ImpossibleTransition(`grant ${grant.id} was requested already`);
    return { ...body.facts, state: 'pending', approvals: [], autoApproved: false, ...waitingIn(body.begins, at) };
  }
  if (!grant) throw new ImpossibleTransition(`'${body.type}' cannot be a grant's first event`);
  const next = apply(grant, body, at);
  if (!next)
    throw new ImpossibleTransition(`'${body.type}' cannot happen to grant ${grant.id}, which is ${grant.state}`);
  const allowed: readonly State[] = TRANSITIONS[grant.state];
  if (next.state !== grant.state && !allowed.includes(next.state)) {
    throw new ImpossibleTransition(`grant ${grant.id} cannot go from ${grant.state} to ${next.state}`);
  }
  return next;
}

/** What the event makes of the grant, or undefined where it makes no sense. */
function apply(grant: Grant, body: Exclude<EventBody, { type: 'requested' }>, at: Instant): Grant | undefined {
  switch (body.type) {
    case 'prepared':
      return grant.state === 'pending' || grant.state === 'scheduled'
        ? { ...grant, preparation: preparationOf(body) }
        : undefined;
    case 'approved':
      return grant.state === 'pending'
        ? { ...grant, approvals: [...grant.approvals, body.approval], ...waitingIn(body.begins, at) }
        : undefined;
    case 'reminded':
    case 'escalated':
      return nudge(grant, body, at);
    case 'autoApproved':
      return grant.state === 'pending' ? { ...grant, autoApproved: true } : undefined;
    case 'brokeGlass':
      return grant.state === 'pending' && grant.breakGlass
        ? { ...grant, review: { owedSince: at, dueBy: grant.breakGlass.reviewBy, reminders: 0 } }
        : undefined;
    case 'reviewed': {
      const { review } = grant;
      const { by, byId, verdict, note } = body;
      return review && !review.done && isOver(grant)
        ? { ...grant, review: { ...review, done: { at, by, byId, verdict, note } } }
        : undefined;
    }
    case 'reviewOverdue':
      return grant.review && !grant.review.done
        ? { ...grant, review: { ...grant.review, reminders: grant.review.reminders + 1 } }
        : undefined;
    case 'scheduled':
      return grant.state === 'pending'
        ? { ...facts(grant), state: 'scheduled', startsAt: body.startsAt, expiresAt: body.expiresAt }
        : undefined;
    case 'armed':
      return grant.state === 'pending' || grant.state === 'scheduled'
        ? { ...facts(grant), state: 'activating', armedAt: at, expiresAt: body.expiresAt }
        : undefined;
    case 'activated':
      return grant.state === 'activating'
        ? { ...grant, state: 'active', activatedAt: at, entryArn: body.entryArn, verified: false, warned: false }
        : undefined;
    case 'verified':
      return grant.state === 'active' ? { ...grant, verified: true } : undefined;
    case 'warned':
      return grant.state === 'active' ? { ...grant, warned: true } : undefined;
    case 'narrowed':
      return grant.state === 'active' ? { ...grant, assumableUntil: body.until } : undefined;
    case 'extensionRequested':
    case 'extensionApproved':
    case 'extensionGranted':
    case 'extensionDenied':
    case 'extended':
      return grant.state === 'active' ? extend(grant, body, at) : undefined;
    case 'revoking':
      return grant.state === 'activating' || grant.state === 'active'
        ? { ...grant, state: 'revoking', since: at, outcome: body.outcome }
        : undefined;
    case 'ended':
      if (grant.state !== 'revoking' || grant.outcome.state !== 'ended') return undefined;
      return close(grant, body.clusterGone ? { state: 'ended', reason: 'clusterGone' } : grant.outcome, at);
    case 'failed':
      return grant.state === 'revoking' && grant.outcome.state === 'failed'
        ? close(grant, grant.outcome, at)
        : undefined;
    case 'denied':
      if (grant.state === 'revoking')
        return grant.outcome.state === 'denied' ? close(grant, grant.outcome, at) : undefined;
      return grant.state === 'pending' || grant.state === 'scheduled'
        ? {
            ...facts(grant),
            state: 'denied',
            at,
            aftercare: neverArmed(grant),
            reason: body.reason,
            ...(body.by && { by: body.by }),
          }
        : undefined;
    case 'withdrawn':
      return grant.state === 'pending' || grant.state === 'scheduled'
        ? { ...facts(grant), state: 'withdrawn', at, aftercare: neverArmed(grant) }
        : undefined;
    case 'lapsed':
      return grant.state === 'pending'
        ? { ...facts(grant), state: 'lapsed', at, aftercare: neverArmed(grant) }
        : undefined;
    case 'settled':
      return isOver(grant) && grant.aftercare.settlePasses < SETTLE_PASSES
        ? { ...grant, aftercare: { ...grant.aftercare, settlePasses: grant.aftercare.settlePasses + 1 } }
        : undefined;
    case 'roleDeleted':
      return isOver(grant) && grant.aftercare.role === 'owed'
        ? { ...grant, aftercare: { ...grant.aftercare, role: 'deleted' } }
        : undefined;
    case 'frozen':
    case 'thawed':
    case 'endOrdered':
    case 'endOrderAdvanced':
    case 'endOrderDone':
    case 'configurationChanged':
      return undefined;
  }
}

function close(grant: Revoking, outcome: Outcome, at: Instant): Grant {
  const over = { ...facts(grant), at, aftercare: { settlePasses: 0, role: owedRole(grant) } };
  switch (outcome.state) {
    case 'ended':
      return {
        ...over,
        ...(grant.activatedAt && { activatedAt: grant.activatedAt }),
        expiresAt: grant.expiresAt,
        ...outcome,
      };
    case 'failed':
      return { ...over, expiresAt: grant.expiresAt, ...outcome };
    case 'denied':
      return { ...over, expiresAt: grant.expiresAt, ...outcome };
  }
}

const owedRole = (grant: GrantFacts): Aftercare['role'] => (grant.principal.mode === 'dedicated' ? 'owed' : 'none');
const neverArmed = (grant: GrantFacts): Aftercare => ({ settlePasses: SETTLE_PASSES, role: owedRole(grant) });

type Facts = Omit<Extract<Grant, { state: 'pending' }>, 'state'>;

function facts(grant: Grant): Facts {
  const { id, hub, tableId, requester, entitlement, configuration, cluster, access, principal } = grant;
  const { duration, requestedAt, decideBy, startAt, justification, ticket, ticketSystem, warnBefore, batch } = grant;
  const { approvals, autoApproved, escalated, preparation, breakGlass, review } = grant;
  return {
    ...{ id, hub, tableId, requester, entitlement, configuration, cluster, access, principal },
    ...{ duration, requestedAt, decideBy, justification, warnBefore, approvals, autoApproved },
    ...(startAt !== undefined && { startAt }),
    ...(ticket !== undefined && { ticket }),
    ...(batch && { batch }),
    ...(escalated && { escalated }),
    ...(ticketSystem !== undefined && { ticketSystem }),
    ...(preparation && { preparation }),
    ...(breakGlass && { breakGlass }),
    ...(review && { review }),
  };
}

const waitingIn = (begins: StepBegun | undefined, since: Instant): { readonly waiting?: Waiting } =>
  begins ? { waiting: { ...begins, since, reminders: 0 } } : {};

type Nudge = Extract<EventBody, { type: 'reminded' | 'escalated' }>;

/** What waits for a decision: the request, or an extension of live access. */
function nudge(grant: Grant, body: Nudge, at: Instant): Grant | undefined {
  if (grant.state === 'pending') return nudged(grant, body, at);
  if (grant.state !== 'active' || !grant.extension || grant.extension.granted) return undefined;
  const extension = nudged(grant.extension, body, at);
  return extension && { ...grant, extension };
}

function nudged<T extends Pick<Extension, 'waiting' | 'escalated'>>(asked: T, body: Nudge, at: Instant): T | undefined {
  const { waiting, escalated = [] } = asked;
  if (waiting?.step !== body.step) return undefined;
  if (body.type === 'reminded')
    return { ...asked, waiting: { ...waiting, reminders: waiting.reminders + 1, remindedAt: at } };
  return escalated.includes(body.step) ? undefined : { ...asked, escalated: [...escalated, body.step] };
}

export const preparationOf = ({ type: _, ...preparation }: Extract<EventBody, { type: 'prepared' }>): Preparation =>
  preparation;

type ExtensionEvent = Extract<EventBody, { type: `extension${string}` | 'extended' }>;

/** What becomes of an extension: asked for, approved, granted, carried out; or denied. Undefined where it makes no sense. */
function extend({ extension, ...grant }: Active, body: ExtensionEvent, at: Instant): Active | undefined {
  if (body.type === 'extensionRequested') {
    if (extension) return undefined;
    const { expiresAt, justification, begins } = body;
    const undecided = { approvals: [], autoApproved: false, granted: false, ...waitingIn(begins, at) };
    return { ...grant, extension: { requestedAt: at, expiresAt, justification, ...undecided } };
  }
  if (!extension) return undefined;
  switch (body.type) {
    case 'extensionApproved': {
      const approvals = [...extension.approvals, body.approval];
      return { ...grant, extension: { ...extension, approvals, ...waitingIn(body.begins, at) } };
    }
    case 'extensionGranted': {
      const { waiting: _, ...decided } = extension;
      return { ...grant, extension: { ...decided, autoApproved: body.autoApproved, granted: true } };
    }
    case 'extensionDenied':
      return grant;
    case 'extended':
      return extension.granted && body.expiresAt === extension.expiresAt ? extendedTo(grant, body, at) : undefined;
  }
}

/** The role was widened to the new end before; it is read back, and the requester is warned, once more. */
const extendedTo = (
  grant: Active,
  { expiresAt, lookAgain }: Extract<EventBody, { type: 'extended' }>,
  at: Instant,
): Active => ({
  ...grant,
  expiresAt,
  warned: false,
  ...(lookAgain && { verified: false, extendedAt: at }),
  ...(grant.principal.mode === 'dedicated' && { assumableUntil: expiresAt }),
});
