/** What a schema cannot say: rules on single values beyond their kind, and rules between them. */
import { checkAwsAuth } from './check-aws-auth.ts';
import { checkEmergency, checkReviewerList } from './check-break-glass.ts';
import { checkClusters, checkHub } from './check-cluster.ts';
import { checkOnCall } from './check-conditions.ts';
import { checkDelegations } from './check-delegation.ts';
import { checkEntitlement, checkWarning } from './check-entitlement.ts';
import { checkNotifications } from './check-notifications.ts';
import { checkPeople } from './check-people.ts';
import { checkRoles } from './check-roles.ts';
import { checkSharedRoles } from './check-shared-role.ts';
import { checkTicketSystems } from './check-tickets.ts';
import type { Names } from './context.ts';
import type { Finding } from './finding.ts';
import type { Draft } from './schema.ts';

/** All findings at once. `names` are those of the whole file; `draft` may lack the parts that the schema refused. */
export function check(draft: Draft, names: Names): Finding[] {
  const findings: Finding[] = [];
  const context = {
    draft,
    names,
    report: (path: Finding['path'], message: string) => void findings.push({ path, message }),
  };
  checkHub(context);
  checkClusters(context);
  checkPeople(context);
  checkRoles(context);
  checkOnCall(context);
  checkTicketSystems(context);
  checkWarning(context);
  checkNotifications(context);
  checkReviewerList(context);
  checkEmergency(context);
  for (const [id, rule] of Object.entries(draft.entitlements ?? {})) checkEntitlement(id, rule, context);
  checkDelegations(context);
  checkSharedRoles(context);
  checkAwsAuth(context);
  return findings;
}
