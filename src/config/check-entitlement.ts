/** Rules on one entitlement: what it gives, to whom, for how long. */
import { days } from '../core/time.ts';
import { checkAccess } from './check-access.ts';
import { checkApproval } from './check-approval.ts';
import { checkBreakGlass } from './check-break-glass.ts';
import { checkConditions } from './check-conditions.ts';
import { checkDuration } from './check-duration.ts';
import { checkTicket } from './check-tickets.ts';
import { checkClusterSelector } from './clusters.ts';
import { type Context, checkDoubles } from './context.ts';
import type { Path } from './finding.ts';
import { checkAssumer, checkNotOwnPath, checkRoleArn } from './principal-arn.ts';
import type { FileEntitlement } from './schema.ts';
import { checkSubjects } from './subject.ts';

// Access for longer than a week is standing access by another name: no request would be asked for it again.
const LONGEST_ACCESS = days(7);
// A request that nobody decided for a month no longer says what its requester needs.
const LONGEST_WINDOW = days(30);
const LONGEST_WARNING = days(1);

export function checkEntitlement(id: string, rule: FileEntitlement, context: Context): void {
  const path = ['entitlements', id];
  checkClusterSelector([...path, 'clusters'], rule.clusters, context);
  checkAccess([...path, 'access'], rule.access, context);
  checkPrincipal([...path, 'principal'], rule, context);
  checkSubjects([...path, 'eligible'], rule.eligible, context, 'people and roles');
  checkDurations(path, rule, context);
  checkTicket([...path, 'ticket'], rule, context);
  checkApproval([...path, 'approval'], rule, context);
  checkConditions([...path, 'conditions'], rule, context);
  checkBreakGlass([...path, 'breakGlass'], rule, context);
}

function checkPrincipal(path: Path, rule: FileEntitlement, context: Context): void {
  const { principal } = rule;
  if (principal.mode === 'dedicated') return;
  const role = checkRoleArn([...path, 'role'], principal.role, context);
  checkNotOwnPath([...path, 'role'], role, context);
  if (role?.path.startsWith('/aws-service-role/'))
    context.report([...path, 'role'], 'EKS refuses service-linked roles as principals; use a role of your own');
  checkDoubles([...path, 'assumableBy'], principal.assumableBy, context.report);
  for (const [index, arn] of principal.assumableBy.entries())
    checkAssumer([...path, 'assumableBy', index], arn, context);
  if (rule.access.groups)
    context.report(
      [...path, 'mode'],
      'mode role with Kubernetes groups; groups are given through dedicated roles only',
    );
}

function checkDurations(path: Path, rule: FileEntitlement, context: Context): void {
  const longest = checkDuration([...path, 'maxDuration'], rule.maxDuration, LONGEST_ACCESS, context);
  checkDuration([...path, 'approval', 'window'], rule.approval.window, LONGEST_WINDOW, context);
  const total =
    rule.extension &&
    checkDuration([...path, 'extension', 'maxTotal'], rule.extension.maxTotal, LONGEST_ACCESS, context);
  if (rule.extension && total !== undefined && longest !== undefined && total <= longest)
    context.report(
      [...path, 'extension', 'maxTotal'],
      `${rule.extension.maxTotal} leaves nothing to extend by; it has to be more than maxDuration, ${rule.maxDuration}`,
    );
  if (rule.defaultDuration === undefined) return;
  const usual = checkDuration([...path, 'defaultDuration'], rule.defaultDuration, LONGEST_ACCESS, context);
  if (usual !== undefined && longest !== undefined && usual > longest)
    context.report(
      [...path, 'defaultDuration'],
      `${rule.defaultDuration} is longer than maxDuration, ${rule.maxDuration}; it can be that at most`,
    );
}

export const checkWarning = (context: Context): void => {
  const { warnBefore } = context.draft;
  if (warnBefore !== undefined) checkDuration(['warnBefore'], warnBefore, LONGEST_WARNING, context);
};
