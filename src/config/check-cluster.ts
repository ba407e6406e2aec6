/** Rules on the hub itself and on its clusters. */
import { parseClusterArn } from '../core/arn.ts';
import type { Context } from './context.ts';
import { partitionOf } from './partition.ts';
import { checkNotOwnPath, checkPartition, checkRoleArn } from './principal-arn.ts';
import { quote } from './printable.ts';

// At most 24: a dedicated role is called hallpass-<hub>-<26 characters>, and IAM takes 64 characters.
const HUB = /^[a-z][a-z0-9-]{0,22}[a-z0-9]$/;
const ACCOUNT = /^\d{12}$/;

export function checkHub({ draft, report }: Context): void {
  if (draft.hub !== undefined && !HUB.test(draft.hub))
    report(
      ['hub'],
      `${quote(draft.hub)} cannot be a hub's id; use 2 to 24 lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen`,
    );
  if (draft.account !== undefined && !ACCOUNT.test(draft.account))
    report(['account'], `${quote(draft.account)} is not an AWS account's id, which has 12 digits`);
  if (draft.region !== undefined && partitionOf(draft.region) === undefined)
    report(['region'], `${quote(draft.region)} is not an AWS region; write it like eu-west-1`);
}

export function checkClusters(context: Context): void {
  const { draft, report } = context;
  const nameOf = new Map<string, string>();
  for (const [name, { arn, executor }] of Object.entries(draft.clusters ?? {})) {
    const path = ['clusters', name];
    const cluster = parseClusterArn(arn);
    const role = checkRoleArn([...path, 'executor'], executor, context);
    checkNotOwnPath([...path, 'executor'], role, context);
    if (!cluster) {
      report(
        [...path, 'arn'],
        `${quote(arn)} is not an EKS cluster's ARN; write it like arn:aws:eks:eu-west-1:111122223333:cluster/NAME`,
      );
      continue;
    }
    checkPartition([...path, 'arn'], cluster.partition, context);
    if (partitionOf(cluster.region) !== cluster.partition)
      report([...path, 'arn'], `the region ${cluster.region} is not in the partition "${cluster.partition}"`);
    if (role && role.account !== cluster.account)
      report(
        [...path, 'executor'],
        `the executor is in account ${role.account}, the cluster in ${cluster.account}; it must be a role in the cluster's account`,
      );
    const other = nameOf.get(arn);
    if (other !== undefined) report([...path, 'arn'], `this is the cluster "${other}" again; one cluster has one name`);
    else nameOf.set(arn, name);
  }
}
