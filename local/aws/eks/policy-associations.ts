/** EKS's operations on access policies. One entry has a policy once: associating it again replaces its scope. */

import type { Instant } from '../../../src/core/time.ts';
import type { Context, Input, Operations } from '../../aws-service.ts';
import { associationKeys, onEntry } from './access.ts';
import { findEntry } from './access-entries.ts';
import { findApiCluster, invalidRequest, notFound, read, readPolicyArn, readScope } from './checks.ts';
import { pageOf } from './paging.ts';
import { accessPoliciesOf } from './policies.ts';
import { type AccessEntry, type AssociatedPolicy, type Cluster, entriesOf, entryKey } from './store.ts';

/** Types of entries that may have access policies. */
const WITH_POLICIES: readonly string[] = ['STANDARD', 'EC2'];

export const policyOperations: Operations = {
  AssociateAccessPolicy: {
    write: true,
    authorize: onEntry('AssociateAccessPolicy', associationKeys),
    run: (input, context) =>
      context.storage.transaction(() => {
        const { cluster, entry } = entryWithPolicies(input, context);
        const policyArn = readPolicyArn(input, context.region);
        const accessScope = readScope(input);
        const now = context.clock.now();
        const old = entry.policies.find((policy) => policy.policyArn === policyArn);
        const policy: AssociatedPolicy = {
          policyArn,
          accessScope,
          associatedAt: old?.associatedAt ?? now,
          modifiedAt: now,
        };
        keep(cluster, entry, [...entry.policies.filter((each) => each !== old), policy], context);
        return {
          clusterName: cluster.name,
          principalArn: entry.principalArn,
          associatedAccessPolicy: shown(policy),
        };
      }),
  },
  DisassociateAccessPolicy: {
    write: true,
    authorize: onEntry('DisassociateAccessPolicy', associationKeys),
    run: (input, context) =>
      context.storage.transaction(() => {
        const { cluster, entry } = entryWithPolicies(input, context);
        const policyArn = read.text(input, 'policyArn');
        const left = entry.policies.filter((policy) => policy.policyArn !== policyArn);
        if (left.length === entry.policies.length) throw notFound('The specified policyArn could not be found.');
        keep(cluster, entry, left, context);
        return {};
      }),
  },
  ListAssociatedAccessPolicies: {
    write: false,
    authorize: onEntry('ListAssociatedAccessPolicies'),
    run: (input, context) => {
      const cluster = findApiCluster(input, context);
      const entry = findEntry(input, cluster, context);
      const listed = pageOf(input, 'associatedAccessPolicies', entry.policies.map(shown), (policy) => policy.policyArn);
      return { ...listed, clusterName: cluster.name, principalArn: entry.principalArn };
    },
  },
  ListAccessPolicies: {
    write: false,
    authorize: () => ({ action: 'eks:ListAccessPolicies', resource: '*' }),
    run: (input, { region }) => pageOf(input, 'accessPolicies', accessPoliciesOf(region), (policy) => policy.name),
  },
};

function entryWithPolicies(input: Input, context: Context): { cluster: Cluster; entry: AccessEntry } {
  const cluster = findApiCluster(input, context);
  const entry = findEntry(input, cluster, context);
  if (!WITH_POLICIES.includes(entry.type)) {
    throw invalidRequest('This operation can only be performed on Access Entries with a type of "STANDARD"');
  }
  return { cluster, entry };
}

function keep(cluster: Cluster, entry: AccessEntry, policies: AssociatedPolicy[], { storage, clock }: Context): void {
  const changed = { ...entry, policies, modifiedAt: clock.now() };
  entriesOf(storage).put(entryKey(cluster, entry.principalArn), changed);
}

const epochSeconds = (at: Instant): number => at / 1_000;

function shown(policy: AssociatedPolicy) {
  return {
    policyArn: policy.policyArn,
    accessScope: policy.accessScope,
    associatedAt: epochSeconds(policy.associatedAt),
    modifiedAt: epochSeconds(policy.modifiedAt),
  };
}
