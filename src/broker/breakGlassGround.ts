/** What break-glass stands on: the cluster as EKS shows it now, and the role as it was last known to be. */
import { UNKNOWN_ROLE } from '../core/break-glass.ts';
import type { FailReason, Preparation } from '../core/grant.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Plan } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { type Instant, toIso } from '../core/time.ts';
import type { Deps, Known } from './ports.ts';

export type Ground = { readonly preparation: Preparation; readonly trustCheckedAt?: Instant };

export async function groundOf(
  deps: Pick<Deps, 'eks' | 'log'> & { readonly known: Known },
  { entitlement, cluster }: Plan,
): Promise<Result<Ground, Refusal>> {
  const refused = (why: FailReason, detail: string): Result<never, Refusal> =>
    no({ reason: 'cannotActivate', why, detail });
  const [found, { standing }] = await Promise.all([deps.eks(cluster).describeCluster(), deps.known.read()]);
  if (found?.arn !== cluster.arn) return refused('clusterGone', `There is no cluster ${cluster.name} in its account.`);
  if (found.authenticationMode === 'CONFIG_MAP')
    return refused('authenticationMode', `${cluster.name} authenticates by aws-auth only (CONFIG_MAP).`);
  const { createdAt, endpoint, certificateAuthorityData } = found;
  const preparation = {
    clusterCreatedAt: createdAt,
    roleId: UNKNOWN_ROLE,
    ...(endpoint !== undefined && { endpoint }),
    ...(certificateAuthorityData !== undefined && { certificateAuthorityData }),
  };
  const plan = entitlement.principal;
  const role = Object.hasOwn(standing, entitlement.id) ? standing[entitlement.id] : undefined;
  if (plan.mode !== 'role' || role?.arn !== plan.role) {
    deps.log('alarm', 'break-glass is given through a role whose trust is not known', { entitlement: entitlement.id });
    return ok({ preparation });
  }
  if (role.roleId === undefined) return refused('roleGone', `The role ${role.arn} did not exist at ${toIso(role.at)}.`);
  if (role.wider.length > 0)
    return refused(
      'trustTooWide',
      `At ${toIso(role.at)} ${role.arn} could also be assumed by ${role.wider.join(', ')}, which the entitlement does not list in assumableBy. With credentials of your own in the cluster's account there is "hallpass emergency".`,
    );
  return ok({ preparation: { ...preparation, roleId: role.roleId }, trustCheckedAt: role.at });
}
