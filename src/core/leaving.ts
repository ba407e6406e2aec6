/**
 * What stands in the way of a deployment: grants whose end still needs what it would take away. Their end asks no
 * configuration, but the hub may become the executors of configured clusters only (F6).
 */
import { SETTLE_PASSES } from './evolve.ts';
import { type Grant, isArmed, isOver } from './grant.ts';

/** A cluster by its ARN, through one executor: claims keep the executor that they were made with. */
export type Reach = { readonly arn: string; readonly executor: string };

/** Does the grant's end, or a look back after it, still need the cluster? */
export const needsCluster = (grant: Grant): boolean =>
  isArmed(grant) || (isOver(grant) && grant.aftercare.settlePasses < SETTLE_PASSES);

/** Is something of the grant left in EKS or IAM, or still to come? */
export const leavesTraces = (grant: Grant): boolean =>
  !isOver(grant) || needsCluster(grant) || grant.aftercare.role === 'owed';

export const isKept = (grant: Pick<Grant, 'cluster'>, kept: readonly Reach[]): boolean =>
  kept.some(({ arn, executor }) => arn === grant.cluster.arn && executor === grant.cluster.executor);
