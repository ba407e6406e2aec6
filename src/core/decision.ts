/**
 * Who may decide, and has it been decided? Asked when somebody clicks, and asked again before anything is opened (I1):
 * of the events, under the configuration in force, by this one function.
 */
import { permitsBreakGlass } from './break-glass.ts';
import type { ApprovalStep, Channel, Configuration, Directory, Entitlement, Person, Subject } from './configuration.ts';
import { covers, delegationsTo, stood } from './delegation.ts';
import type { Approval, Grant, GrantFacts } from './grant.ts';
import { areConnected, isAmong, isSamePerson, peopleAmong, slackText } from './identity.ts';
import type { Refusal } from './refusal.ts';
import { admits } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { isOwner } from './role-identity.ts';
import { type Instant, plus } from './time.ts';

export type Verdict =
  | { readonly kind: 'granted' }
  | { readonly kind: 'waiting'; readonly step: number; readonly have: number; readonly needed: number };

export type Asked = GrantFacts & Pick<Grant, 'approvals' | 'autoApproved' | 'escalated' | 'review'>;

/** Is what was asked for permitted now? Refuses where the rules no longer admit it, or approvals are missing. */
export function permits(grant: Asked, config: Configuration): Result<Entitlement, Refusal> {
  if (grant.breakGlass) return permitsBreakGlass(grant, config);
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const verdict = verdictOn(grant, rule.value, config);
  if (verdict.kind === 'granted') return rule;
  return no({ reason: 'approvalsMissing', step: verdict.step, have: verdict.have, needed: verdict.needed });
}

/** Counts approvals step by step. Only those count that this person could give, in that step, under today's rules. */
export function verdictOn(grant: Asked, rule: Entitlement, config: Configuration): Verdict {
  if (grant.autoApproved && rule.approval.autoApprove) return { kind: 'granted' };
  for (const [index, step] of rule.approval.steps.entries()) {
    const have = countApprovals(grant, index + 1, step, config);
    if (have < step.approvalsNeeded) return { kind: 'waiting', step: index + 1, have, needed: step.approvalsNeeded };
  }
  // No steps and no auto-approval: nobody could have said yes.
  if (rule.approval.steps.length === 0) return { kind: 'waiting', step: 1, have: 0, needed: 1 };
  return { kind: 'granted' };
}

/**
 * An approval uses up whoever gave it and whoever it was given for: neither counts again, so that a delegation never
 * makes two approvals out of one person.
 */
function countApprovals(grant: Asked, number: number, step: ApprovalStep, config: Configuration): number {
  const counted: Approval[] = [];
  for (const approval of grant.approvals) {
    if (approval.step !== number || !entitledTo(approval, number, step, grant, config).ok) continue;
    // One person counts once in a grant, under whatever entry of the directory: the earliest step is the one.
    const before = [...counted, ...grant.approvals.filter((one) => one.step < number)];
    if (!before.some((one) => shareSomebody(one, approval, config.directory))) counted.push(approval);
  }
  return counted.length;
}

/** Everybody who is in it, by all that they are known by. */
const knownIn = ({ personId, knownAs = [], onBehalfOf }: Approval): string[] => [
  `person:${personId}`,
  ...knownAs,
  ...(onBehalfOf ? [`person:${onBehalfOf.personId}`] : []),
];

const shareSomebody = (a: Approval, b: Approval, directory: Directory): boolean =>
  areConnected(knownIn(a), knownIn(b), directory);

const livingOrNot = (id: string, { people }: Directory): Person | undefined =>
  Object.hasOwn(people, id) ? people[id] : undefined;

/** Where a decision stands that may be made now: the step it waits in, or the last one if nothing more is needed. */
function currentStep(
  grant: Asked,
  config: Configuration,
): Result<{ readonly number: number; readonly step: ApprovalStep; readonly rule: Entitlement }, Refusal> {
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const verdict = verdictOn(grant, rule.value, config);
  const number = verdict.kind === 'waiting' ? verdict.step : rule.value.approval.steps.length;
  const step = rule.value.approval.steps[number - 1];
  if (!step) return no({ reason: 'notApprover', entitlement: rule.value.id, step: number, approvers: [] });
  return ok({ number, step, rule: rule.value });
}

/** May this person decide the grant's current step through this channel? Answers the number of the step. */
export function mayDecide(
  person: Person,
  channel: Channel,
  grant: Asked,
  config: Configuration,
  now: Instant,
): Result<number, Refusal> {
  if (person.owners) return no({ reason: 'roleNeverDecides', role: person.name });
  const current = currentStep(grant, config);
  if (!current.ok) return current;
  const { number, step } = current.value;
  const ways = waysOf(person, channel, number, grant, config, now);
  const answers = ways.map((way) => entitledTo(way, number, step, grant, config));
  const refusals = answers.flatMap((answer) => (answer.ok ? [] : [answer.error]));
  const refusal = refusals.find(({ reason }) => reason !== 'notApprover') ?? refusals[0];
  return refusal && refusals.length === answers.length ? no(refusal) : ok(number);
}

/**
 * The approval that this person would give now to the current step: in their own right, else for somebody who is away.
 * One that would not raise the count is refused, so that this and the count at activation never disagree.
 */
export function approvalBy(
  person: Person,
  channel: Channel,
  grant: Asked,
  config: Configuration,
  at: Instant,
): Result<Approval, Refusal> {
  const may = mayDecide(person, channel, grant, config, at);
  if (!may.ok) return may;
  const current = currentStep(grant, config);
  if (!current.ok) return current;
  const { number, step } = current.value;
  const have = countApprovals(grant, number, step, config);
  const raises = (approval: Approval): boolean =>
    countApprovals({ ...grant, approvals: [...grant.approvals, approval] }, number, step, config) > have;
  const approval = waysOf(person, channel, number, grant, config, at).find(raises);
  return approval ? ok(approval) : no({ reason: 'alreadyApproved', by: person.name });
}

/** Is there still time to say yes: is the request's window open, and would anything be left of what was asked for? */
export function inTime(
  { decideBy, startAt, duration }: Pick<GrantFacts, 'decideBy' | 'startAt' | 'duration'>,
  now: Instant,
): Result<true, Refusal> {
  if (decideBy <= now) return no({ reason: 'requestLapsed', decideBy });
  const expiresAt = plus(startAt ?? now, duration);
  return expiresAt <= now ? no({ reason: 'windowOver', expiresAt }) : ok(true);
}

/** The accounts that a person has linked: known by these, too, though no directory lists them. */
const linkedTo = (person: Person): string[] => (person.slack ?? []).map(slackText);

/** Every approval that the person could mean: their own first, then one for each who delegated to them. */
function waysOf(
  person: Person,
  channel: Channel,
  step: number,
  grant: Asked,
  config: Configuration,
  at: Instant,
): Approval[] {
  const { id, name } = person;
  const knownAs = linkedTo(person);
  const own = { personId: id, name, ...(knownAs.length > 0 && { knownAs }), step, channel, at };
  const lent = delegationsTo(id, grant.entitlement.id, at, config).map(({ id: delegation, from }) => ({
    ...own,
    onBehalfOf: { personId: from, name: livingOrNot(from, config.directory)?.name ?? from, delegation },
  }));
  return [own, ...lent];
}

/** Would this approval be one, under the rules in force, by the delegation as it stood when it was given? */
function entitledTo(
  approval: Approval,
  number: number,
  step: ApprovalStep,
  grant: Asked,
  config: Configuration,
): Result<true, Refusal> {
  const { directory } = config;
  const asks = (id: string): boolean => isSamePerson(grant.requester.identifiers, id, directory);
  const owns = (id: string): boolean => isOwner(grant.requester, id, directory);
  const { knownAs = [] } = approval;
  if (areConnected(grant.requester.identifiers, [`person:${approval.personId}`, ...knownAs], directory))
    return no({ reason: 'selfApproval', requester: grant.requester.name });
  if (owns(approval.personId)) return no({ reason: 'ownerApproval', role: grant.requester.name });
  const deciders = decidersOf(step, number, grant);
  const { personId, onBehalfOf } = approval;
  const lends = onBehalfOf?.personId ?? personId;
  const entitled =
    isAlive(personId, directory) &&
    isAlive(lends, directory) &&
    !asks(lends) &&
    !owns(lends) &&
    isAmong(lends, deciders, directory) &&
    (!onBehalfOf || isLent(approval, grant.entitlement.id, config));
  if (!entitled) {
    const approvers = peopleAmong(deciders, directory).filter((one) => !asks(one.id) && !owns(one.id));
    return no({
      reason: 'notApprover',
      entitlement: grant.entitlement.id,
      step: number,
      approvers: approvers.map((one) => one.name),
    });
  }
  if (step.channels.length > 0 && !step.channels.includes(approval.channel)) {
    return no({ reason: 'channelNotAllowed', channel: approval.channel, allowed: step.channels });
  }
  return ok(true);
}

const isAlive = (id: string, directory: Directory): boolean => livingOrNot(id, directory)?.disabled === false;

/** Does the record of delegations still show that it stood when the approval was given? */
const isLent = ({ personId, onBehalfOf, at }: Approval, entitlement: string, { delegations = [] }: Configuration) =>
  delegations.some(
    (one) =>
      one.id === onBehalfOf?.delegation &&
      one.from === onBehalfOf.personId &&
      one.to.includes(personId) &&
      stood(one, at) &&
      covers(one, entitlement),
  );

/** Who decides this step in their own right: its approvers, and once it was escalated those it was escalated to. */
export const decidersOf = (
  step: ApprovalStep,
  number: number,
  { escalated = [] }: Pick<Asked, 'escalated'>,
): Subject[] => (escalated.includes(number) ? [...step.approvers, ...(step.escalateTo ?? [])] : [...step.approvers]);

/** Everyone who may decide some step of the entitlement in their own right, or may come to: who is asked. */
export function approversOf(rule: Entitlement, config: Configuration): Person[] {
  return peopleAmong(
    rule.approval.steps.flatMap((step) => [...step.approvers, ...(step.escalateTo ?? [])]),
    config.directory,
  );
}

/** May this person decide about grants of the entitlement at some step, for themself or for somebody who is away? */
export function isApproverOf(person: Person, rule: Entitlement, config: Configuration, now: Instant): boolean {
  const approvers = new Set(approversOf(rule, config).map((one) => one.id));
  return (
    approvers.has(person.id) || delegationsTo(person.id, rule.id, now, config).some((one) => approvers.has(one.from))
  );
}
