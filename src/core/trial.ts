/**
 * A request and its decisions played through without a table: what a team's tests of its rules are run with. Every step
 * is the enforcing functions' own; what time brings to a grant that is already live is not part of it.
 */
import { evaluateBreakGlass, type Use } from './break-glass.ts';
import { conditionsHold, type OnCallAnswer } from './condition.ts';
import type { Channel, Configuration, Person } from './configuration.ts';
import { approvalBy, inTime, mayDecide, verdictOn } from './decision.ts';
import type { Approval, GrantFacts } from './grant.ts';
import { type Freeze, unlessFrozen } from './hub.ts';
import { type Asked as AskedFor, withinLimits } from './limits.ts';
import { type DecisionProspect, decisionProspect, heldAtRequest, supposedFacts } from './prospect.ts';
import type { Refusal } from './refusal.ts';
import { admits, evaluateRequest, type Plan, type RequestInput } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { type Instant, plus } from './time.ts';

export type Trial = {
  readonly person: Person;
  readonly channel: Channel;
  readonly input: RequestInput;
  readonly at: Instant;
  readonly decisions: readonly TrialDecision[];
  /** The glass is broken: nobody decides, and `input.justification` is the reason. */
  readonly breakGlass?: { readonly incident?: string };
  readonly circumstances?: TrialCircumstances;
};

/** How things stand when it is asked for; what is left out is as with a requester who never asked before. */
export type TrialCircumstances = {
  /** By schedule. */
  readonly onCall?: ReadonlyMap<string, OnCallAnswer>;
  /** When somebody last denied the requester an entitlement; on any cluster, where none is named. */
  readonly denied?: readonly { readonly entitlement: string; readonly cluster?: string; readonly at: Instant }[];
  readonly freezes?: readonly Freeze[];
  readonly asked?: AskedFor;
  /** What the requester has used of break-glass. */
  readonly uses?: readonly Use[];
};

export type TrialDecision = {
  readonly person: Person;
  readonly channel: Channel;
  readonly at: Instant;
} & ({ readonly kind: 'approve' } | { readonly kind: 'deny'; readonly reason: string });

export type Course = {
  readonly outcome:
    | { readonly kind: 'refused'; readonly why: Refusal }
    | { readonly kind: 'waiting'; readonly step: number; readonly have: number; readonly needed: number }
    | { readonly kind: 'granted' }
    | { readonly kind: 'denied'; readonly reason: string };
  readonly plan?: Plan;
  /** Who could have decided, before anybody did. */
  readonly decision?: DecisionProspect;
  /** What became of each decision, in their order: the number of the step it was for, or why it was refused. */
  readonly decisions: readonly Result<number, Refusal>[];
};

export function courseOf(trial: Trial, config: Configuration): Course {
  const { person, channel, input, at, circumstances = {} } = trial;
  if (trial.breakGlass) return brokenGlass(trial, trial.breakGlass, config);
  const plan = evaluateRequest(input, person, config, at);
  if (!plan.ok) return refused(plan.error);
  const stands = circumstancesHold(plan.value, trial, config);
  if (!stands.ok) return refused(stands.error);
  const facts = supposedFacts(plan.value, person, channel, config, at);
  if (!facts.ok) return refused(facts.error);
  const rule = plan.value.entitlement;
  const decision = decisionProspect(facts.value, rule, config);
  return {
    plan: plan.value,
    decision,
    ...decided(facts.value, rule.approval.autoApprove, trial.decisions, config, circumstances),
  };
}

const refused = (why: Refusal): Course => ({ outcome: { kind: 'refused', why }, decisions: [] });

/** In the order in which asking looks at it. */
function circumstancesHold(
  plan: Plan,
  { person, at, circumstances: { freezes = [], asked, denied = [], onCall } = {} }: Trial,
  config: Configuration,
): Result<true, Refusal> {
  const thawed = unlessFrozen({ ...plan, requester: person }, { freezes, orders: [] });
  if (!thawed.ok) return thawed;
  const within = withinLimits(asked ?? { open: 0, requestedAt: [] }, 1, config, at);
  if (!within.ok) return within;
  const times = denied
    .filter(({ entitlement }) => entitlement === plan.entitlement.id)
    .filter(({ cluster }) => cluster === undefined || cluster === plan.cluster.name)
    .map((one) => one.at)
    .filter((when) => when <= at);
  const deniedAt = times.length > 0 ? (Math.max(...times) as Instant) : undefined;
  return heldAtRequest(plan, person, config, at, {
    ...(onCall && { onCall }),
    ...(deniedAt !== undefined && { deniedAt }),
  });
}

/** Nobody is asked, and nothing is waited for: given, or refused. */
function brokenGlass(
  { person, input, at, circumstances: { freezes = [], uses = [] } = {} }: Trial,
  { incident }: NonNullable<Trial['breakGlass']>,
  config: Configuration,
): Course {
  const { entitlement, cluster, namespaces, duration, justification } = input;
  const asked = {
    entitlement,
    ...(cluster !== undefined && { cluster }),
    ...(namespaces && { namespaces }),
    ...(duration !== undefined && { duration }),
    ...(justification !== undefined && { reason: justification }),
    ...(incident !== undefined && { incident }),
  };
  const plan = evaluateBreakGlass(asked, person, config, uses, at);
  if (!plan.ok) return refused(plan.error);
  const thawed = unlessFrozen({ ...plan.value, requester: person, breakGlass: true }, { freezes, orders: [] });
  if (!thawed.ok) return refused(thawed.error);
  return { outcome: { kind: 'granted' }, plan: plan.value, decisions: [] };
}

function decided(
  facts: GrantFacts,
  autoApproved: boolean,
  decisions: readonly TrialDecision[],
  config: Configuration,
  circumstances: TrialCircumstances,
): Pick<Course, 'outcome' | 'decisions'> {
  const approvals: Approval[] = [];
  const answers: Result<number, Refusal>[] = [];
  let denied: string | undefined;
  for (const decision of decisions) {
    const asked = { ...facts, approvals, autoApproved };
    const answer = answerTo(decision, asked, denied, config, circumstances);
    answers.push(answer.ok ? ok(answer.value.step) : answer);
    if (!answer.ok) continue;
    if (decision.kind === 'deny') denied = decision.reason;
    else approvals.push(answer.value);
  }
  if (denied !== undefined) return { outcome: { kind: 'denied', reason: denied }, decisions: answers };
  return { outcome: standing({ ...facts, approvals, autoApproved }, config), decisions: answers };
}

type Asked = GrantFacts & { readonly approvals: readonly Approval[]; readonly autoApproved: boolean };

function standing(asked: Asked, config: Configuration): Course['outcome'] {
  const rule = admits(asked, config);
  return rule.ok ? verdictOn(asked, rule.value, config) : { kind: 'refused', why: rule.error };
}

/** What has to be true when access begins has to be true when it is approved for that time. */
function heldAtApproval(
  asked: Asked,
  at: Instant,
  config: Configuration,
  { onCall }: TrialCircumstances,
): Result<true, Refusal> {
  const rule = config.entitlements[asked.entitlement.id];
  const starts = asked.startAt ?? at;
  const situation = {
    moment: 'approval',
    now: at,
    requester: asked.requester,
    starts,
    ends: plus(starts, asked.duration),
  } as const;
  return rule ? conditionsHold(rule, situation, { ...(onCall && { onCall }) }, config) : ok(true);
}

function answerTo(
  { person, channel, at, ...decision }: TrialDecision,
  asked: Asked,
  denied: string | undefined,
  config: Configuration,
  circumstances: TrialCircumstances,
): Result<Approval, Refusal> {
  const state = denied === undefined ? standing(asked, config).kind : 'denied';
  if (state === 'denied' || state === 'granted')
    return no({
      reason: 'notPending',
      state: state === 'denied' ? 'denied' : 'scheduled',
      wanted: 'only a pending request can be decided',
    });
  const timely = inTime(asked, at);
  if (!timely.ok && timely.error.reason === 'requestLapsed') return timely;
  if (decision.kind === 'approve') {
    const held = heldAtApproval(asked, at, config, circumstances);
    if (!held.ok) return held;
    const approval = approvalBy(person, channel, asked, config, at);
    if (!approval.ok) return approval;
    return timely.ok ? approval : timely;
  }
  const may = mayDecide(person, channel, asked, config, at);
  if (!may.ok) return may;
  if (decision.reason.trim() === '') return no({ reason: 'denialReasonMissing' });
  return ok({ personId: person.id, name: person.name, step: may.value, channel, at });
}
