/** More time for live access: may it be asked for, and has it been decided? Bounded in total, and decided like a grant. */
import type { Configuration, Entitlement } from './configuration.ts';
import { verdictOn } from './decision.ts';
import type { Active, Extension, StepBegun } from './grant.ts';
import type { Refusal } from './refusal.ts';
import { admits, checkedJustification, SHORTEST } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { firstStep } from './step.ts';
import { between, type Instant, parseDuration, plus } from './time.ts';

export type ExtensionInput = { readonly duration?: string; readonly justification?: string };
export type ExtensionPlan = {
  readonly expiresAt: Instant;
  readonly justification: string;
  readonly autoApproved: boolean;
  readonly begins?: StepBegun;
};

/** What the extension would be, under the configuration in force, or why not. */
export function evaluateExtension(
  input: ExtensionInput,
  grant: Active,
  config: Configuration,
): Result<ExtensionPlan, Refusal> {
  // The glass can be broken again, within its limits: an extension has none to go by.
  if (grant.breakGlass) return no({ reason: 'extensionNotOffered', entitlement: grant.entitlement.id });
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  if (grant.extension) return no({ reason: 'extensionOpen', expiresAt: grant.extension.expiresAt });
  const duration = input.duration === undefined ? rule.value.defaultDuration : parseDuration(input.duration);
  if (duration === undefined) return no({ reason: 'durationUnreadable', given: input.duration ?? '' });
  if (duration < SHORTEST) return no({ reason: 'durationTooShort', asked: duration, min: SHORTEST });
  const expiresAt = plus(grant.expiresAt, duration);
  const within = withinTotal(grant, expiresAt, rule.value);
  if (!within.ok) return within;
  const justification = checkedJustification(input.justification, rule.value);
  if (!justification.ok) return justification;
  const autoApproved = isAutomatic(rule.value);
  const begins = autoApproved ? undefined : firstStep(rule.value);
  return ok({ expiresAt, justification: justification.value, autoApproved, ...(begins && { begins }) });
}

/** A grant's extension as something to be decided: the grant's own rules, the extension's approvals. */
export const askedFor = (grant: Active, { approvals, escalated = [] }: Extension) => ({
  ...grant,
  approvals,
  escalated,
  autoApproved: false,
});

/** Asked again before the extension is carried out (I1). */
export function permitsExtension(
  grant: Active,
  extension: Extension,
  config: Configuration,
): Result<Entitlement, Refusal> {
  if (grant.breakGlass) return no({ reason: 'extensionNotOffered', entitlement: grant.entitlement.id });
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const within = withinTotal(grant, extension.expiresAt, rule.value);
  if (!within.ok) return within;
  if (extension.autoApproved && isAutomatic(rule.value)) return rule;
  const verdict = verdictOn(askedFor(grant, extension), rule.value, config);
  if (verdict.kind === 'granted') return rule;
  return no({ reason: 'approvalsMissing', step: verdict.step, have: verdict.have, needed: verdict.needed });
}

const isAutomatic = ({ extension, approval }: Entitlement): boolean =>
  extension?.autoApprove === true || approval.autoApprove;

/** From the moment the access was decided to begin, not from when EKS had made it. */
function withinTotal({ armedAt }: Active, expiresAt: Instant, rule: Entitlement): Result<true, Refusal> {
  if (!rule.extension) return no({ reason: 'extensionNotOffered', entitlement: rule.id });
  const total = between(armedAt, expiresAt);
  const { maxTotal } = rule.extension;
  return total <= maxTotal ? ok(true) : no({ reason: 'extensionTooLong', total, maxTotal, entitlement: rule.id });
}
