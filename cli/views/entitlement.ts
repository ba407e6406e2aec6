/** Entitlements for people. */
import type { EntitlementView } from '../../src/http/schemas.ts';
import { table } from '../terminal/table.ts';

export const entitlementTable = (entitlements: readonly EntitlementView[]): string =>
  table(
    ['ENTITLEMENT', 'CLUSTERS', 'ACCESS', 'AT MOST', 'NEEDS', 'APPROVED BY', 'DESCRIPTION'],
    entitlements.map((rule) => [
      rule.id,
      rule.clusters.join(', '),
      accessText(rule),
      rule.maxDuration,
      needsText(rule),
      approvalText(rule),
      rule.description,
    ]),
  );

const accessText = ({ access, namespaces }: EntitlementView): string =>
  namespaces === undefined ? access : `${access} (${namespaces.join(', ')})`;

function needsText({ justification, ticket, conditions = [] }: EntitlementView): string {
  const needs = [justification.required && 'justification', ticket.required && 'ticket', ...conditions].filter(Boolean);
  return needs.join(', ') || '-';
}

function approvalText({ approval: { autoApprove, steps }, breakGlass }: EntitlementView): string {
  if (autoApprove) return 'nobody (by rule)';
  const each = steps.map(({ approvers, approvalsNeeded }) => `${approvalsNeeded} of ${approvers.join(', ')}`);
  return each.join(', then ') + (breakGlass ? ', or break-glass' : '');
}
