/**
 * One standing role on one cluster has one access. EKS keeps one scope for a principal and a policy: of two grants that
 * differ, the second would change the first, and whoever can assume the role would have what both were given.
 */
import { parseRoleArn } from '../core/arn.ts';
import { selectedClusters } from './clusters.ts';
import type { Context } from './context.ts';
import type { FileEntitlement } from './schema.ts';

export function checkSharedRoles({ draft, report }: Context): void {
  const seen = new Map<string, { readonly id: string; readonly access: string }>();
  for (const [id, { principal, access, clusters }] of Object.entries(draft.entitlements ?? {})) {
    if (principal.mode === 'dedicated') continue;
    const given = accessText(access);
    for (const cluster of new Set(selectedClusters(clusters, draft.clusters ?? {}))) {
      const key = `${roleKey(principal.role)}\n${cluster}`;
      const other = seen.get(key);
      if (other === undefined) seen.set(key, { id, access: given });
      else if (other.access !== given)
        report(
          ['entitlements', id, 'access'],
          `"${other.id}" gives this role on cluster "${cluster}" other access (${other.access}); entitlements that share a role must give the same`,
        );
    }
  }
}

/** A role's name is unique in its account whatever its path and its case. */
function roleKey(arn: string): string {
  const role = parseRoleArn(arn);
  return role ? `${role.account}/${role.name.toLowerCase()}` : arn;
}

const accessText = ({ policy, scope, namespaces = [], groups = [] }: FileEntitlement['access']): string =>
  [policy, scope, ...[...new Set(namespaces)].sort(), ...[...new Set(groups)].sort()]
    .filter((part) => part !== undefined)
    .join(' ');
