/**
 * A cluster in mode API_AND_CONFIG_MAP reads aws-auth too. Whoever can write that map can give themselves lasting access,
 * so such access is offered only where the cluster accepts it. https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
 */
import type { OfferedAccess } from '../core/configuration.ts';
import { editsAwsAuth } from '../core/policy-powers.ts';
import { selectedClusters } from './clusters.ts';
import type { Context } from './context.ts';
import type { FileEntitlement } from './schema.ts';

/** What the file's access offers, or undefined where it is not as it must be: that is told elsewhere. */
function offered({ policy, scope, namespaces, groups }: FileEntitlement['access']): OfferedAccess | undefined {
  if (groups || !policy) return undefined;
  if (scope === 'cluster') return { kind: 'policy', policy, scope };
  return namespaces && { kind: 'policy', policy, scope: 'namespace', namespaces };
}

export function checkAwsAuth({ draft, report }: Context): void {
  for (const [id, rule] of Object.entries(draft.entitlements ?? {})) {
    const access = offered(rule.access);
    if (!access || !editsAwsAuth(access)) continue;
    const open = selectedClusters(rule.clusters, draft.clusters ?? {}).filter((name) => {
      const cluster = draft.clusters?.[name];
      return cluster?.authenticationMode === 'API_AND_CONFIG_MAP' && cluster.acceptsAwsAuthRisk !== true;
    });
    if (open.length > 0)
      report(
        ['entitlements', id, 'access'],
        `with this access one can write aws-auth on ${open.join(', ')}, in mode API_AND_CONFIG_MAP, and stay for good; move to mode API, or write acceptsAwsAuthRisk: true there`,
      );
  }
}
