/** A step begins: what will keep it moving is put on record with it. */
import type { ApprovalStep, Entitlement } from './configuration.ts';
import type { Verdict } from './decision.ts';
import type { Approval, StepBegun } from './grant.ts';

/** The first step, where any step of the entitlement is to be kept moving. */
export const firstStep = (rule: Entitlement): StepBegun | undefined =>
  rule.approval.steps.some(isNudged) ? begun(rule, 1) : undefined;

/** The step that begins because this approval completed its own. */
export const nextStep = (rule: Entitlement, approval: Approval, verdict: Verdict): StepBegun | undefined =>
  verdict.kind === 'waiting' && verdict.step !== approval.step && rule.approval.steps.some(isNudged)
    ? begun(rule, verdict.step)
    : undefined;

const isNudged = ({ remindEvery, escalateAfter }: ApprovalStep): boolean =>
  remindEvery !== undefined || escalateAfter !== undefined;

function begun({ approval }: Entitlement, step: number): StepBegun {
  const { remindEvery, escalateAfter } = approval.steps[step - 1] ?? {};
  return {
    step,
    ...(remindEvery !== undefined && { remindEvery }),
    ...(escalateAfter !== undefined && { escalateAfter }),
  };
}
