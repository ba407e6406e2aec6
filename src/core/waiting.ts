/** Whom a decision waits for. */
import type { ApprovalStep, Configuration, Person } from './configuration.ts';
import { type Asked, approvalBy, decidersOf, verdictOn } from './decision.ts';
import { stood } from './delegation.ts';
import { askedFor } from './extension.ts';
import type { Approval, Extension, Grant, Waiting } from './grant.ts';
import { peopleAmong } from './identity.ts';
import { admits } from './request.ts';
import type { Instant } from './time.ts';

/** What of the grant waits for people: the request itself, or more time. */
export type Open = { readonly asked: Asked; readonly nudges: Pick<Extension, 'waiting' | 'escalated'> };

export function openIn(grant: Grant): Open | undefined {
  if (grant.state === 'pending') return { asked: grant, nudges: grant };
  if (grant.state !== 'active' || !grant.extension || grant.extension.granted) return undefined;
  return { asked: askedFor(grant, grant.extension), nudges: grant.extension };
}

/** Somebody whose approval would count now, and in whose place they would give it, where it is not their own. */
export type Decider = { readonly person: Person; readonly onBehalfOf?: Approval['onBehalfOf'] };

export type WaitingFor = {
  readonly step: number;
  readonly steps: number;
  readonly have: number;
  readonly needed: number;
  readonly escalated: boolean;
  readonly nudges?: Waiting;
  readonly rule: ApprovalStep;
  readonly asked: Asked;
};

/** The step that the grant waits in under the rules in force; undefined when nobody can decide it (any more). */
export function waitingFor(grant: Grant, config: Configuration): WaitingFor | undefined {
  const open = openIn(grant);
  const rule = open && admits(open.asked, config);
  if (!open || !rule?.ok) return undefined;
  const { steps } = rule.value.approval;
  const verdict = verdictOn(open.asked, rule.value, config);
  const number = verdict.kind === 'waiting' ? verdict.step : steps.length;
  const step = steps[number - 1];
  if (!step) return undefined;
  const { escalated = [], waiting } = open.nudges;
  const { have, needed } =
    verdict.kind === 'waiting' ? verdict : { have: step.approvalsNeeded, needed: step.approvalsNeeded };
  return {
    step: number,
    steps: steps.length,
    have,
    needed,
    escalated: escalated.includes(number),
    ...(waiting?.step === number && { nudges: waiting }),
    rule: step,
    asked: open.asked,
  };
}

/** Does it wait for this person? By the same function as decides; where they may decide it is said apart. */
export function deciderIn(
  { asked, rule }: WaitingFor,
  person: Person,
  config: Configuration,
  now: Instant,
): Decider | undefined {
  const approval = approvalBy(person, rule.channels[0] ?? 'cli', asked, config, now);
  if (!approval.ok) return undefined;
  const { onBehalfOf } = approval.value;
  return { person, ...(onBehalfOf && { onBehalfOf }) };
}

/** Everybody whom it waits for, delegates among them. */
export function decidersIn(waiting: WaitingFor, config: Configuration, now: Instant): Decider[] {
  const { asked, rule, step } = waiting;
  const lent = (config.delegations ?? [])
    .filter((one) => stood(one, now))
    .flatMap((one) => one.to.map((id) => ({ kind: 'person', id }) as const));
  return peopleAmong([...decidersOf(rule, step, asked), ...lent], config.directory).flatMap(
    (person) => deciderIn(waiting, person, config, now) ?? [],
  );
}
