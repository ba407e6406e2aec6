/** Who says yes, and whether somebody could. Nobody could for anyone is an error already; here it is for some. */
import type { Entitlement } from './configuration.ts';
import { roleCallerId } from './identity.ts';
import { type LintContext, someOf } from './lint-rule.ts';
import { isPowerful } from './policy-powers.ts';
import { canBeMet, indispensable, type Quorum } from './quorum.ts';

export function lintApproval(rule: Entitlement, context: LintContext): void {
  lintSteps(rule, context);
  lintRequesters(rule, context);
  lintWithout(rule, context);
}

function lintSteps({ id, approval }: Entitlement, { membersOf, areKnown, warn }: LintContext): void {
  for (const [index, step] of approval.steps.entries()) {
    const [only, another] = membersOf(step.approvers);
    if (only === undefined || another !== undefined || !areKnown(step.approvers)) continue;
    warn(
      'one-approver',
      ['entitlements', id, 'approval', 'steps', index, 'approvers'],
      `only ${only} can approve this: with them away nobody can, and not what they ask for themselves; name another`,
    );
  }
}

function lintRequesters({ id, eligible, approval }: Entitlement, context: LintContext): void {
  const { membersOf, areKnown, warn } = context;
  const requesters = membersOf(eligible);
  if (requesters.size === 0 && areKnown(eligible)) {
    warn('nobody-eligible', ['entitlements', id, 'eligible'], 'nobody could ask for this: all of them are disabled');
    return;
  }
  if (!approval.steps.every(({ approvers }) => areKnown(approvers))) return;
  const quorums = approval.steps.map((step) => ({ people: membersOf(step.approvers), needed: step.approvalsNeeded }));
  const stuck = [
    ...[...indispensable(quorums)].filter((person) => requesters.has(person)),
    ...stuckRoles(requesters, quorums, context),
  ];
  if (stuck.length === 0) return;
  warn(
    'nobody-could-approve',
    ['entitlements', id, 'approval', 'steps'],
    `nobody could approve what ${someOf(stuck)} ask${stuck.length === 1 ? 's' : ''} for: a requester never counts, nor do the owners of a role, and without them there are too few; name more approvers`,
  );
}

/** Those who own a role may not decide for it. */
function stuckRoles(
  requesters: ReadonlySet<string>,
  quorums: readonly Quorum[],
  { config, membersOf, areKnown }: LintContext,
): string[] {
  return Object.values(config.directory.roles ?? {})
    .filter(
      ({ id, owners }) =>
        requesters.has(roleCallerId(id)) &&
        areKnown(owners) &&
        canBeMet(quorums) &&
        !canBeMet(quorums, membersOf(owners)),
    )
    .map(({ id }) => roleCallerId(id));
}

function lintWithout(rule: Entitlement, { warn }: LintContext): void {
  const path = ['entitlements', rule.id];
  if (!isPowerful(rule.access)) return;
  if (rule.approval.autoApprove)
    warn(
      'admin-auto-approved',
      [...path, 'approval', 'autoApprove'],
      'nobody decides on access that changes what runs',
    );
  else if (rule.extension?.autoApprove)
    warn(
      'admin-auto-approved',
      [...path, 'extension', 'autoApprove'],
      'nobody decides on more time for access that changes what runs',
    );
  if (!rule.justification.required && !rule.ticket.required)
    warn(
      'no-reason-needed',
      [...path, 'justification', 'required'],
      'neither a justification nor a ticket is needed: nobody will know later what it was for',
    );
}
