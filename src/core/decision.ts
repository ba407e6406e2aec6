/**
 * Who may decide, and has it been decided? Asked when somebody clicks, and asked again before anything is opened (I1):
 * of the events, under the configuration in force, by this one function.
 */
import type { ApprovalStep, Channel, Configuration, Entitlement, Person } from './configuration.ts';
import type { Approval, Grant, GrantFacts } from './grant.ts';
import { areConnected, identifiersOf, isAmong, isSamePerson, peopleAmong, slackText } from './identity.ts';
import type { Refusal } from './refusal.ts';
import { admits } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { isOwner } from './role-identity.ts';
import { type Instant, plus } from './time.ts';

export type Verdict =
  | { readonly kind: 'granted' }
  | { readonly kind: 'waiting'; readonly step: number; readonly have: number; readonly needed: number };

type Asked = GrantFacts & Pick<Grant, 'approvals' | 'autoApproved'>;

/** Is what was asked for permitted now? Refuses where the rules no longer admit it, or approvals are missing. */
export function permits(grant: Asked, config: Configuration): Result<Entitlement, Refusal> {
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

function countApprovals(grant: Asked, number: number, step: ApprovalStep, config: Configuration): number {
  const counted: Approval[] = [];
  for (const approval of grant.approvals) {
    if (approval.step !== number || countedEarlier(grant.approvals, approval, config)) continue;
    if (!entitledTo(approval.personId, approval.knownAs ?? [], approval.channel, step, grant, config).ok) continue;
    // Two entries of the directory that share an identifier are one person.
    if (!counted.some((other) => isBySameAs(other, approval, config))) counted.push(approval);
  }
  return counted.length;
}

const approverOf = ({ personId, knownAs = [] }: Approval): string[] => [`person:${personId}`, ...knownAs];
const isBySameAs = (one: Approval, other: Approval, { directory }: Configuration): boolean =>
  areConnected(approverOf(one), approverOf(other), directory);

/** One person counts once in a grant, under whatever entry of the directory: the first approval is the one. */
function countedEarlier(approvals: readonly Approval[], approval: Approval, config: Configuration): boolean {
  return approvals.some((other) => other.step < approval.step && isBySameAs(other, approval, config));
}

/** May this person decide the grant's current step through this channel? Answers the number of the step. */
export function mayDecide(
  person: Person,
  channel: Channel,
  grant: Asked,
  config: Configuration,
): Result<number, Refusal> {
  if (person.owners) return no({ reason: 'roleNeverDecides', role: person.name });
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const verdict = verdictOn(grant, rule.value, config);
  const number = verdict.kind === 'waiting' ? verdict.step : rule.value.approval.steps.length;
  const step = rule.value.approval.steps[number - 1];
  if (!step) return no({ reason: 'notApprover', entitlement: rule.value.id, step: number, approvers: [] });
  const entitled = entitledTo(person.id, linkedTo(person), channel, step, grant, config);
  if (!entitled.ok) {
    return entitled.error.reason === 'notApprover' ? no({ ...entitled.error, step: number }) : entitled;
  }
  return ok(number);
}

/** The approval that this person would give now to the current step. One person counts once in a grant. */
export function approvalBy(
  person: Person,
  channel: Channel,
  grant: Asked,
  config: Configuration,
  at: Instant,
): Result<Approval, Refusal> {
  const step = mayDecide(person, channel, grant, config);
  if (!step.ok) return step;
  const known = identifiersOf(person);
  if (grant.approvals.some((one) => areConnected(known, approverOf(one), config.directory)))
    return no({ reason: 'alreadyApproved', by: person.name });
  const knownAs = linkedTo(person);
  return ok({
    personId: person.id,
    name: person.name,
    ...(knownAs.length > 0 && { knownAs }),
    step: step.value,
    channel,
    at,
  });
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

function entitledTo(
  personId: string,
  knownAs: readonly string[],
  channel: Channel,
  step: ApprovalStep,
  grant: Asked,
  config: Configuration,
): Result<true, Refusal> {
  const { directory } = config;
  if (areConnected(grant.requester.identifiers, [`person:${personId}`, ...knownAs], directory)) {
    return no({ reason: 'selfApproval', requester: grant.requester.name });
  }
  if (isOwner(grant.requester, personId, directory)) return no({ reason: 'ownerApproval', role: grant.requester.name });
  const person = Object.hasOwn(directory.people, personId) ? directory.people[personId] : undefined;
  if (!person || person.disabled || !isAmong(personId, step.approvers, directory)) {
    const approvers = peopleAmong(step.approvers, directory).filter(
      (one) =>
        !isSamePerson(grant.requester.identifiers, one.id, directory) && !isOwner(grant.requester, one.id, directory),
    );
    return no({
      reason: 'notApprover',
      entitlement: grant.entitlement.id,
      step: 1,
      approvers: approvers.map((one) => one.name),
    });
  }
  if (step.channels.length > 0 && !step.channels.includes(channel)) {
    return no({ reason: 'channelNotAllowed', channel, allowed: step.channels });
  }
  return ok(true);
}

/** Everyone who may decide some step of the entitlement: who is asked, and who may read and end its grants. */
export function approversOf(rule: Entitlement, config: Configuration): Person[] {
  return peopleAmong(
    rule.approval.steps.flatMap((step) => step.approvers),
    config.directory,
  );
}
