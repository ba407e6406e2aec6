/** What people and machines are shown of a grant: a copy made for reading, from the core's types. */
import type { Stored } from '../broker/ports.ts';
import type { Preview } from '../broker/requestGrant.ts';
import { type Access, describeAccess } from '../core/access.ts';
import { describeCondition } from '../core/condition.ts';
import type { Configuration, Entitlement, Person } from '../core/configuration.ts';
import { approversOf } from '../core/decision.ts';
import type { AuditEvent, EventBody } from '../core/event.ts';
import {
  type Actor,
  type Approval,
  type Batch,
  type Extension,
  expiryOf,
  type Grant,
  isOver,
  type Outcome,
  type OverGrant,
} from '../core/grant.ts';
import { scopeText } from '../core/hub.ts';
import { subjectText } from '../core/members.ts';
import { decisionProspect, supposedFacts } from '../core/prospect.ts';
import { overdueSince } from '../core/task.ts';
import { formatDuration, type Instant, toIso } from '../core/time.ts';
import { decisionView } from './can.ts';
import type { EntitlementView, GrantAnswer, GrantView, PlanView, TimelineEvent } from './schemas.ts';
import { waitingView } from './waiting-view.ts';

/** Said wherever access is given: what its end does not undo. */
const AFTER_THE_END =
  'A token made before expiry may live up to 15 minutes; open exec, port-forward and watch streams are not cut; what was made in the cluster stays.';

/** What else is known when the view is made. */
export type Context = {
  readonly siblings?: readonly Stored[];
  /** With whoever decides in whose place: then it is said whom an undecided grant waits for. */
  readonly rules?: Configuration;
};

export function grantView(grant: Grant, now: Instant, { siblings = [], rules }: Context = {}): GrantView {
  const waiting = rules && waitingView(grant, rules, now);
  const expiresAt = expiryOf(grant);
  const overdue = overdueSince(grant, now);
  return {
    id: grant.id,
    state: grant.state,
    ...outcomeOf(grant),
    entitlement: grant.entitlement.id,
    requester: { id: grant.requester.id, name: grant.requester.name },
    cluster: clusterView(grant),
    access: accessView(grant.access),
    principal: {
      mode: grant.principal.mode,
      arn: grant.principal.arn,
      opensTo: grant.principal.mode === 'role' ? [...grant.principal.opensTo] : [grant.requester.name],
    },
    duration: formatDuration(grant.duration),
    justification: grant.justification,
    ...(grant.ticket !== undefined && { ticket: grant.ticket }),
    requestedAt: toIso(grant.requestedAt),
    decideBy: toIso(grant.decideBy),
    ...(startOf(grant) !== undefined && { startsAt: toIso(startOf(grant) as Instant) }),
    ...('activatedAt' in grant && grant.activatedAt !== undefined && { activatedAt: toIso(grant.activatedAt) }),
    ...(expiresAt !== undefined && { expiresAt: toIso(expiresAt) }),
    ...(isOver(grant) && { endedAt: toIso(grant.at) }),
    ...(overdue !== undefined && { overdueSince: toIso(overdue) }),
    approvals: approvalsView(grant.approvals),
    ...(grant.state === 'active' && grant.extension && { extension: extensionView(grant.extension) }),
    ...(waiting && { waitingFor: waiting }),
    ...(grant.batch && { batch: batchView(grant, grant.batch, siblings) }),
    ...brokenGlassView(grant, now),
    remarks: remarksOn(grant),
  };
}

function batchView(grant: Grant, batch: Batch, siblings: readonly Stored[]): NonNullable<GrantView['batch']> {
  const states = new Map([grant, ...siblings.map((one) => one.grant)].map(({ id, state }) => [id, state]));
  return {
    id: batch.id,
    grants: batch.grants.map(({ id, cluster }) => {
      const state = siblings.length > 0 ? states.get(id) : undefined;
      return { id, cluster, ...(state && { state }) };
    }),
  };
}

function brokenGlassView({ breakGlass, review }: Grant, now: Instant): Pick<GrantView, 'breakGlass' | 'review'> {
  if (!breakGlass) return {};
  const { incident, trustCheckedAt, emergency } = breakGlass;
  const done = review?.done;
  return {
    breakGlass: {
      incident,
      ...(trustCheckedAt !== undefined && { trustCheckedAt: toIso(trustCheckedAt) }),
      ...(emergency && { emergency: { ...emergency, madeAt: toIso(emergency.madeAt) } }),
    },
    ...(review && {
      review: {
        dueBy: toIso(review.dueBy),
        overdue: !done && review.dueBy <= now,
        ...(done && { done: { by: done.by, at: toIso(done.at), verdict: done.verdict, note: done.note } }),
      },
    }),
  };
}

/** The first grant; with it all of them where several clusters were named. */
export function grantAnswer(all: readonly [Stored, ...Stored[]], named: boolean, now: Instant): GrantAnswer {
  const views = all.map(({ grant }) => grantView(grant, now, { siblings: all.filter((one) => one.grant !== grant) }));
  return { ...grantView(all[0].grant, now, { siblings: all.slice(1) }), ...(named && { grants: views }) };
}

function clusterView({ cluster, preparation }: Grant): GrantView['cluster'] {
  const { endpoint, certificateAuthorityData } = preparation ?? {};
  return {
    name: cluster.name,
    arn: cluster.arn,
    region: cluster.region,
    ...(endpoint !== undefined && { endpoint }),
    ...(certificateAuthorityData !== undefined && { certificateAuthorityData }),
  };
}

const approvalsView = (approvals: readonly Approval[]): GrantView['approvals'] =>
  approvals.map(({ name, onBehalfOf, step, channel, at }) => ({
    by: name,
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.name }),
    step,
    channel,
    at: toIso(at),
  }));

const extensionView = ({
  expiresAt,
  justification,
  granted,
  approvals,
}: Extension): NonNullable<GrantView['extension']> => ({
  expiresAt: toIso(expiresAt),
  justification,
  granted,
  approvals: approvalsView(approvals),
});

const startOf = (grant: Grant): Instant | undefined => (grant.state === 'scheduled' ? grant.startsAt : grant.startAt);

type Why = { readonly reason?: string; readonly by?: string; readonly note?: string };

function outcomeOf(grant: Grant): Why {
  if (grant.state === 'revoking') return whyOf(grant.outcome);
  return isOver(grant) ? whyOf(grant) : {};
}

const whyOf = (over: Outcome | OverGrant): Why => ({
  ...('reason' in over && { reason: over.reason }),
  ...('by' in over && over.by !== undefined && { by: over.by }),
  ...('note' in over && over.note !== undefined && { note: over.note }),
});

function remarksOn(grant: Grant): string[] {
  const remarks: string[] = [];
  const { principal, breakGlass } = grant;
  if (breakGlass)
    remarks.push('BREAK-GLASS: nobody approved this. Approvers and responders were told, and it is reviewed.');
  if (breakGlass && !breakGlass.emergency && breakGlass.trustCheckedAt === undefined)
    remarks.push(`WARNING: who can assume ${principal.arn} was not known when it was given: it may be open to others.`);
  if (principal.mode === 'role' && !isOver(grant)) {
    remarks.push(
      `While it lasts, the access is open to everyone who can assume ${principal.arn}: ${principal.opensTo.join(', ')}.`,
    );
  }
  if (grant.state !== 'denied' && grant.state !== 'withdrawn' && grant.state !== 'lapsed') remarks.push(AFTER_THE_END);
  return remarks;
}

function accessView(access: Access): GrantView['access'] {
  const description = describeAccess(access);
  if (access.kind === 'groups') return { kubernetesGroups: [...access.kubernetesGroups], description };
  const { accessScope } = access;
  // EKS, too, answers an empty list of namespaces for the scope `cluster`.
  const namespaces = accessScope.type === 'namespace' ? [...accessScope.namespaces] : [];
  return { policyArn: access.policyArn, accessScope: { type: accessScope.type, namespaces }, description };
}

export function entitlementView(rule: Entitlement): EntitlementView {
  const { access, principal, approval } = rule;
  return {
    id: rule.id,
    description: rule.description,
    clusters: [...rule.clusters],
    access:
      access.kind === 'groups'
        ? `Kubernetes groups ${access.kubernetesGroups.join(', ')}`
        : `${access.policy}, scope ${access.scope}`,
    ...(access.kind === 'policy' && access.scope === 'namespace' && { namespaces: [...access.namespaces] }),
    principal: { mode: principal.mode, ...(principal.mode === 'role' && { role: principal.role }) },
    maxDuration: formatDuration(rule.maxDuration),
    defaultDuration: formatDuration(rule.defaultDuration),
    ...(rule.extension && {
      extension: { maxTotal: formatDuration(rule.extension.maxTotal), autoApprove: rule.extension.autoApprove },
    }),
    ...(rule.breakGlass && {
      breakGlass: {
        maxDuration: formatDuration(rule.breakGlass.maxDuration),
        minReason: rule.breakGlass.minReason,
        ...(rule.breakGlass.incidentPattern !== undefined && { incidentPattern: rule.breakGlass.incidentPattern }),
      },
    }),
    justification: rule.justification,
    ticket: {
      required: rule.ticket.required,
      ...(rule.ticket.pattern !== undefined && { pattern: rule.ticket.pattern }),
    },
    ...(rule.conditions && { conditions: rule.conditions.map(describeCondition) }),
    approval: {
      autoApprove: approval.autoApprove,
      window: formatDuration(approval.window),
      steps: approval.steps.map((step) => ({
        approvers: step.approvers.map(subjectText),
        approvalsNeeded: step.approvalsNeeded,
        channels: [...step.channels],
      })),
    },
  };
}

export const planAnswer = (
  all: readonly [Preview, ...Preview[]],
  named: boolean,
  person: Person,
  config: Configuration,
  now: Instant,
): PlanView => ({
  ...planView(all[0], person, config, now),
  ...(named && { plans: all.map((one) => planView(one, person, config, now)) }),
});

function planView(
  { plan, openGrant }: Preview,
  person: Person,
  config: Configuration,
  now: Instant,
): Omit<PlanView, 'plans'> {
  const facts = supposedFacts(plan, person, 'cli', config, now);
  return {
    entitlement: plan.entitlement.id,
    cluster: plan.cluster.name,
    access: accessView(plan.access),
    duration: formatDuration(plan.duration),
    ...(plan.startAt !== undefined && { startAt: toIso(plan.startAt) }),
    decideBy: toIso(plan.decideBy),
    approvers: approversOf(plan.entitlement, config).map((one) => one.name),
    ...(facts.ok && { decision: decisionView(decisionProspect(facts.value, plan.entitlement, config)) }),
    ...(openGrant !== undefined && { openGrant }),
  };
}

export function timelineOf(events: readonly AuditEvent[]): TimelineEvent[] {
  return events.map((event) => {
    const detail = detailOf(event.body);
    return {
      n: event.n,
      at: toIso(event.at),
      type: event.body.type,
      actor: actorText(event.actor),
      ...(event.actor.kind === 'person' && { channel: event.actor.channel }),
      ...(detail !== undefined && { detail }),
      hash: event.hash,
    };
  });
}

const actorText = (actor: Actor): string => (actor.kind === 'person' ? actor.name : `hallpass ${actor.part}`);

function detailOf(body: EventBody): string | undefined {
  switch (body.type) {
    case 'requested':
      return `${body.facts.entitlement.id} on ${body.facts.cluster.name} for ${formatDuration(body.facts.duration)}`;
    case 'approved':
    case 'extensionApproved':
      return `step ${body.approval.step}${body.approval.onBehalfOf ? `, for ${body.approval.onBehalfOf.name}` : ''}`;
    case 'reminded':
      return `step ${body.step}: ${body.approvers.join(', ')}`;
    case 'escalated':
      return `step ${body.step}, to ${body.to.join(', ')}`;
    case 'brokeGlass':
      return body.incident;
    case 'reviewed':
      return `${body.verdict}: ${body.note}`;
    case 'scheduled':
      return `from ${toIso(body.startsAt)} to ${toIso(body.expiresAt)}`;
    case 'armed':
      return `ends ${toIso(body.expiresAt)}`;
    case 'activated':
      return body.entryArn;
    case 'narrowed':
      return `the role can be assumed until ${toIso(body.until)}`;
    case 'extensionRequested':
      return `to ${toIso(body.expiresAt)}`;
    case 'extensionDenied':
      return body.reason;
    case 'extended':
      return `ends ${toIso(body.expiresAt)}`;
    case 'revoking':
      return body.outcome.reason;
    case 'denied':
      return body.reason;
    case 'settled':
      return body.found.length > 0 ? `found and removed ${body.found.join(', ')}` : 'nothing left';
    case 'ended':
      return body.clusterGone ? 'the cluster is gone' : undefined;
    case 'frozen':
      return `${scopeText(body.freeze.scope)}: ${body.freeze.reason}`;
    case 'thawed':
      return scopeText(body.scope);
    case 'endOrdered':
      return scopeText(body.order.scope);
    case 'endOrderAdvanced':
    case 'endOrderDone':
      return body.order;
    case 'configurationChanged':
      return `${body.now.release} ${body.now.digest}`;
    case 'reviewOverdue':
    case 'prepared':
    case 'autoApproved':
    case 'extensionGranted':
    case 'verified':
    case 'warned':
    case 'failed':
    case 'withdrawn':
    case 'lapsed':
    case 'roleDeleted':
      return undefined;
  }
}
