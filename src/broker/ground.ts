/** Is what was asked for still what it was when it was asked for? Asked before anything is made. */
import type { Activating, Active } from '../core/grant.ts';
import { CannotActivate } from './access.ts';
import type { Ground } from './lookAhead.ts';
import { refuseWiderTrust } from './prepareGrant.ts';

/** A cluster or role that was deleted and made again under its name is not what was asked for. */
export function checkGround(
  { cluster, principal, preparation, breakGlass }: Activating | Active,
  { cluster: found, role }: Ground,
): void {
  if (!found) throw new CannotActivate('clusterGone', `The cluster ${cluster.name} no longer exists.`);
  if (found.arn !== cluster.arn || found.createdAt !== preparation?.clusterCreatedAt) {
    throw new CannotActivate(
      'clusterReplaced',
      `The cluster ${cluster.name} was deleted and made again since this was asked for.`,
    );
  }
  // In an emergency IAM is not asked: what was known of the role is on record with the grant.
  if (principal.mode === 'dedicated' || breakGlass) return;
  if (!role) throw new CannotActivate('roleGone', `The role ${principal.arn} no longer exists.`);
  if (role.roleId !== preparation.roleId) {
    throw new CannotActivate(
      'roleReplaced',
      `The role ${principal.arn} was deleted and made again since this was asked for.`,
    );
  }
  refuseWiderTrust(principal.arn, role.trust, principal.assumableBy);
}
