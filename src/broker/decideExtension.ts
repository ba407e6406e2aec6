/** A person says yes or no to more time, in the steps in which the grant itself was decided. */
import { mayDecide, verdictOn } from '../core/decision.ts';
import type { EventBody } from '../core/event.ts';
import { askedFor } from '../core/extension.ts';
import type { Active, Actor, Extension } from '../core/grant.ts';
import { identifiersOf, isSamePerson } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { admits } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
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
  const step = mayDecide(person, channel, askedFor(grant, extension), config);
  if (!step.ok) return step;
  if (decision.kind === 'deny') {
    const reason = decision.reason.trim();
    if (reason === '') return no({ reason: 'denialReasonMissing' });
    return ok(draft(deps, stored, actor, [{ type: 'extensionDenied', reason, by: person.name }]));
  }
  const known = identifiersOf(person);
  if (extension.approvals.some((one) => isSamePerson(known, one.personId, config.directory)))
    return no({ reason: 'alreadyApproved', by: person.name });
  const approval = { personId: person.id, name: person.name, step: step.value, channel, at: deps.now() };
  const rule = admits(grant, config);
  if (!rule.ok) return rule;
  const approvals = [...extension.approvals, approval];
  const granted = verdictOn(askedFor(grant, { ...extension, approvals }), rule.value, config).kind === 'granted';
  const approved: EventBody = { type: 'extensionApproved', approval };
  return ok(
    draft(deps, stored, actor, granted ? [approved, { type: 'extensionGranted', autoApproved: false }] : [approved]),
  );
}
