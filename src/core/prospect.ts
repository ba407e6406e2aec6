/**
 * What would become of a request: may it be made, what does it lack, for how long would it be, and who could approve
 * it. Every answer is the enforcing functions' own (`evaluateRequest`, `mayDecide`), asked of a request that nobody made.
 */
import { conditionsHold, type Known } from './condition.ts';
import type { ApprovalStep, Channel, Configuration, Entitlement, Person } from './configuration.ts';
import { mayDecide } from './decision.ts';
import { delegationsTo } from './delegation.ts';
import { factsOf } from './facts.ts';
import type { GrantFacts } from './grant.ts';
import type { GrantId } from './id.ts';
import { peopleAmong, type RoleIds, rolesOf } from './identity.ts';
import { canBeMet } from './quorum.ts';
import type { Refusal } from './refusal.ts';
import { evaluateRequest, type Plan, type RequestInput } from './request.ts';
import { ok, type Result } from './result.ts';
import { callerRolesOf } from './role-identity.ts';
import { type Instant, plus } from './time.ts';

export type Prospect = {
  /** What the request has to be given yet; whoever asks can give it. */
  readonly missing: readonly Refusal[];
  /** What stands in the way, whatever is added. */
  readonly refusal?: Refusal;
  /** What it would come to, with stand-ins for what is missing. Absent where the rule says no, whenever it is asked. */
  readonly plan?: Plan;
  readonly decision?: DecisionProspect;
};

export type DecisionProspect = {
  /** Granted at once, by rule. */
  readonly autoApprove: boolean;
  readonly steps: readonly StepProspect[];
  /** Whether enough different people could say yes to every step. */
  readonly possible: boolean;
};

export type StepProspect = {
  readonly approvalsNeeded: number;
  /** Where it may be decided; anywhere when empty. */
  readonly channels: readonly Channel[];
  readonly approvers: readonly Person[];
  /** Those whom the rule names and who could not decide this request, and why. */
  readonly without: readonly { readonly person: Person; readonly why: Refusal }[];
};

/** Of a request as far as it is known: what is left out is told as missing, and the rest is evaluated all the same. */
export function prospectOf(
  input: RequestInput,
  person: Person,
  config: Configuration,
  now: Instant,
  known: Known = {},
): Prospect {
  const missing: Refusal[] = [];
  let asked: Supposition = { input, config };
  for (;;) {
    const found = planned(asked, person, now, known);
    if (found.ok) {
      const { facts, plan } = found.value;
      // The rule itself, not what was supposed of it.
      const rule = config.entitlements[plan.entitlement.id] ?? plan.entitlement;
      return { missing, plan: { ...plan, entitlement: rule }, decision: decisionProspect(facts, rule, config) };
    }
    const { error } = found;
    const next = supposing(error, asked);
    // Supposing changed nothing: a stand-in was refused in its turn, and that is the answer.
    if (!next || missing.some((known) => known.reason === error.reason))
      return { missing, refusal: error, ...unconditionally(asked, person, now) };
    missing.push(error);
    asked = next;
  }
}

/** A window that is closed or a shift of others says nothing of what it would come to at another time. */
function unconditionally(asked: Supposition, person: Person, now: Instant): Pick<Prospect, 'plan' | 'decision'> {
  const plan = evaluateRequest(asked.input, person, asked.config, now);
  const facts = plan.ok ? supposedFacts(plan.value, person, 'cli', asked.config, now) : plan;
  if (!plan.ok || !facts.ok) return {};
  return { plan: plan.value, decision: decisionProspect(facts.value, plan.value.entitlement, asked.config) };
}

/** Who could decide a request with these facts, step by step. */
export function decisionProspect(facts: GrantFacts, rule: Entitlement, config: Configuration): DecisionProspect {
  const { autoApprove } = rule.approval;
  const steps = rule.approval.steps.map((step) => stepProspect(facts, rule, step, config));
  const quorums = steps.map(({ approvers, approvalsNeeded }) => ({
    people: new Set(approvers.map((person) => person.id)),
    needed: approvalsNeeded,
  }));
  return { autoApprove, steps, possible: autoApprove || (steps.length > 0 && canBeMet(quorums)) };
}

/** What would be on record of this plan, were it asked for. */
export function supposedFacts(
  plan: Plan,
  person: Person,
  channel: Channel,
  config: Configuration,
  now: Instant,
): Result<GrantFacts, Refusal> {
  // Which ids IAM gave the roles is known to IAM only; that they have some is all that counts here.
  const roleIds: RoleIds = new Map(
    [...rolesOf(config.directory), ...callerRolesOf(config.directory)].map((role) => [role, `AROASUPPOSED:${role}`]),
  );
  return factsOf({ id: SUPPOSED, tableId: 'supposed', person, channel, roleIds, now }, plan, config);
}

const SUPPOSED = '0'.repeat(26) as GrantId;

/** The request as if it had been given what it lacks. */
type Supposition = { readonly input: RequestInput; readonly config: Configuration };
type Planned = { readonly plan: Plan; readonly facts: GrantFacts };

function planned({ input, config }: Supposition, person: Person, now: Instant, known: Known): Result<Planned, Refusal> {
  const plan = evaluateRequest(input, person, config, now);
  if (!plan.ok) return plan;
  const held = heldAtRequest(plan.value, person, config, now, known);
  if (!held.ok) return held;
  const facts = supposedFacts(plan.value, person, 'cli', config, now);
  return facts.ok ? ok({ plan: plan.value, facts: facts.value }) : facts;
}

/** Do the conditions hold that count when it is asked for? */
export function heldAtRequest(
  { entitlement, startAt, duration }: Plan,
  requester: Person,
  config: Configuration,
  now: Instant,
  known: Known,
): Result<true, Refusal> {
  const starts = startAt ?? now;
  const situation = { moment: 'request', now, requester, starts, ends: plus(starts, duration) } as const;
  return conditionsHold(entitlement, situation, known, config);
}

/** What to suppose when this is missing; undefined when nothing that the requester could add would help. */
function supposing(refusal: Refusal, { input, config }: Supposition): Supposition | undefined {
  switch (refusal.reason) {
    case 'justificationMissing':
      return { input, config: relaxed(config, input, { justification: { required: false, minLength: 1 } }) };
    case 'ticketMissing':
      return { input, config: relaxed(config, input, { ticket: { required: false } }) };
    case 'clusterNeeded':
      return refusal.clusters[0] === undefined
        ? undefined
        : { config, input: { ...input, cluster: refusal.clusters[0] } };
    case 'namespacesNeeded':
      return {
        config,
        input: { ...input, namespaces: refusal.offered.map((pattern) => pattern.replaceAll('*', 'x')) },
      };
    default:
      return undefined;
  }
}

function relaxed(config: Configuration, { entitlement: id }: RequestInput, by: Partial<Entitlement>): Configuration {
  const rule = config.entitlements[id];
  return rule ? { ...config, entitlements: { ...config.entitlements, [id]: { ...rule, ...by } } } : config;
}

/** The step as if it were the only one: what earlier steps would have to say first does not matter. */
function stepProspect(facts: GrantFacts, rule: Entitlement, step: ApprovalStep, config: Configuration): StepProspect {
  const alone = { ...config, entitlements: { ...config.entitlements, [rule.id]: onlyWith(rule, step) } };
  const asked = { ...facts, approvals: [], autoApproved: false };
  const answers = candidatesFor(step, rule, config, facts.requestedAt).map((person) => ({
    person,
    may: mayDecide(person, step.channels[0] ?? 'cli', asked, alone, facts.requestedAt),
  }));
  return {
    approvalsNeeded: step.approvalsNeeded,
    channels: step.channels,
    approvers: answers.flatMap(({ person, may }) => (may.ok ? [person] : [])),
    without: answers.flatMap(({ person, may }) => (may.ok ? [] : [{ person, why: may.error }])),
  };
}

/** Those whom the step names, and those who stand in for them. Who it is escalated to may not decide yet. */
function candidatesFor(step: ApprovalStep, rule: Entitlement, config: Configuration, now: Instant): Person[] {
  const named = peopleAmong(step.approvers, config.directory);
  const ids = new Set(named.map((person) => person.id));
  const standIns = Object.values(config.directory.people).filter(
    ({ id, disabled }) =>
      !disabled && !ids.has(id) && delegationsTo(id, rule.id, now, config).some(({ from }) => ids.has(from)),
  );
  return [...named, ...standIns];
}

const onlyWith = (rule: Entitlement, step: ApprovalStep): Entitlement => ({
  ...rule,
  approval: { ...rule.approval, autoApprove: false, steps: [step] },
});
