/** A person says yes or no to more time, in the steps in which the grant itself was decided. */
import { approvalBy, mayDecide, verdictOn } from '../core/decision.ts';
import type { EventBody } from '../core/event.ts';
import { askedFor } from '../core/extension.ts';
import type { Active, Actor, Extension } from '../core/grant.ts';
import type { Refusal } from '../core/refusal.ts';
import { admits } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { nextStep } from '../core/step.ts';
import type { DecideGrant } from './decisionRequest.ts';
import type { Change, RecordDeps, Stored } from './ports.ts';
import { draft } from './record.ts';

export function decideExtension(
  deps: RecordDeps,
  stored: Stored,
  grant: Active,
  extension: Extension,
  request: DecideGrant,
  actor: Actor,
): Result<Change, Refusal> {
  const { person, channel, decision } = request;
  if (grant.expiresAt <= deps.now()) return no({ reason: 'windowOver', expiresAt: grant.expiresAt });
  const config = deps.config();
  const asked = askedFor(grant, extension);
  if (decision.kind === 'deny') {
    const may = mayDecide(person, channel, asked, config, deps.now());
    if (!may.ok) return may;
    const reason = decision.reason.trim();
    if (reason === '') return no({ reason: 'denialReasonMissing' });
    return ok(draft(deps, stored, actor, [{ type: 'extensionDenied', reason, by: person.name }]));
  }
  const approval = approvalBy(person, channel, asked, config, deps.now());
  if (!approval.ok) return approval;
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const approvals = [...extension.approvals, approval.value];
  const verdict = verdictOn(askedFor(grant, { ...extension, approvals }), rule.value, config);
  const begins = nextStep(rule.value, approval.value, verdict);
  const approved: EventBody = { type: 'extensionApproved', approval: approval.value, ...(begins && { begins }) };
  if (verdict.kind === 'waiting') return ok(draft(deps, stored, actor, [approved]));
  return ok(draft(deps, stored, actor, [approved, { type: 'extensionGranted', autoApproved: false }]));
}
