/** Clusters that local mode starts with, and what the simulated cluster reads of its access entries. */
import type { Instant } from '../../../src/core/time.ts';
import type { Storage } from '../../storage.ts';
import type { Seeding } from '../iam/seed.ts';
import { findByArn } from '../iam/store.ts';
import { systemRandomness, uuid } from '../randomness.ts';
import { newEntry } from './access-entries.ts';
import { entryArnPrefix } from './checks.ts';
import { accessPolicyArn } from './policies.ts';
import {
  type AccessEntry,
  type AccessScope,
  type AuthenticationMode,
  type Cluster,
  clusterKey,
  clusterPlace,
  clustersOf,
  type EntryType,
  entriesOf,
  entriesOfCluster,
  entryKey,
} from './store.ts';

export type ClusterSeed = {
  arn: string;
  authenticationMode: AuthenticationMode;
  endpoint: string;
  /** Base64 of the PEM certificate. */
  certificateAuthorityData: string;
  version: string;
  tags?: Readonly<Record<string, string>>;
  createdAt: Instant;
  /** Types of control-plane logs that are on: audit and authenticator when left out. */
  logs?: readonly string[];
  /** Gets an entry of type EC2_LINUX, as a managed node group's role does. */
  nodeRoleArn?: string;
  /** Gets AmazonEKSClusterAdminPolicy on the whole cluster, as who creates a cluster does. */
  creatorArn?: string;
};

/**
 * Makes a cluster, or brings endpoint, certificate and version of an existing one up to date: what happened to it since
 * (entries, tags) stays, and so does `createdAt`. Principals must have been seeded before.
 */
export function seedCluster(seeding: Seeding, seed: ClusterSeed): Cluster {
  const { storage } = seeding;
  const { account, region, name } = clusterPlace(seed.arn);
  const key = clusterKey(account, region, name);
  const old = clustersOf(storage).get(key);
  const cluster: Cluster = {
    arn: seed.arn,
    name,
    account,
    region,
    authenticationMode: seed.authenticationMode,
    endpoint: seed.endpoint,
    certificateAuthorityData: seed.certificateAuthorityData,
    version: seed.version,
    tags: old?.tags ?? { ...seed.tags },
    createdAt: old?.createdAt ?? seed.createdAt,
    logs: [...(seed.logs ?? ['audit', 'authenticator'])],
  };
  storage.transaction(() => {
    clustersOf(storage).put(key, cluster);
    if (old) return;
    if (seed.nodeRoleArn !== undefined) seedEntry(seeding, cluster, seed.nodeRoleArn, 'EC2_LINUX');
    if (seed.creatorArn !== undefined) seedEntry(seeding, cluster, seed.creatorArn, 'STANDARD');
  });
  return cluster;
}

function seedEntry(
  { storage, now, random = systemRandomness }: Seeding,
  cluster: Cluster,
  principalArn: string,
  type: EntryType,
): void {
  const principal = findByArn(storage, principalArn, now);
  if (!principal) throw new Error(`${principalArn} is not there: seed it before the cluster ${cluster.arn}`);
  const { partition } = clusterPlace(cluster.arn);
  const arn = `${entryArnPrefix(cluster.region, cluster.account, cluster.name, principalArn)}${uuid(random)}`;
  const entry = newEntry(
    { cluster, principalArn, principalId: principal.id, type, username: undefined, groups: [], tags: {}, now },
    arn,
  );
  const policyArn = accessPolicyArn(partition, 'AmazonEKSClusterAdminPolicy');
  const accessScope: AccessScope = { type: 'cluster', namespaces: [] };
  const policies = type === 'STANDARD' ? [{ policyArn, accessScope, associatedAt: now, modifiedAt: now }] : [];
  entriesOf(storage).put(entryKey(cluster, principalArn), { ...entry, policies });
}

/** The cluster is deleted, and its access entries with it. False if there was none. */
export function removeCluster(storage: Storage, clusterArn: string): boolean {
  const cluster = findClusterByArn(storage, clusterArn);
  if (!cluster) return false;
  storage.transaction(() => {
    for (const entry of entriesOfCluster(storage, cluster))
      entriesOf(storage).delete(entryKey(cluster, entry.principalArn));
    clustersOf(storage).delete(clusterKey(cluster.account, cluster.region, cluster.name));
  });
  return true;
}

function findClusterByArn(storage: Storage, clusterArn: string): Cluster | undefined {
  const { account, region, name } = clusterPlace(clusterArn);
  const cluster = clustersOf(storage).get(clusterKey(account, region, name));
  return cluster?.arn === clusterArn ? cluster : undefined;
}

/** What a cluster authenticates and authorises by. `username` is the template. */
export type ClusterAccessEntry = Pick<
  AccessEntry,
  'principalArn' | 'principalId' | 'type' | 'username' | 'kubernetesGroups' | 'modifiedAt'
> & { policies: readonly { policyArn: string; accessScope: AccessScope }[] };

/**
 * The cluster's access entries, none if there is no such cluster or it keeps none (mode CONFIG_MAP). A cluster learns
 * of a change only after a while: give it `storage.asOf(minus(clock.now(), delay))`.
 */
export function accessEntriesOf(storage: Storage, clusterArn: string): readonly ClusterAccessEntry[] {
  const cluster = findClusterByArn(storage, clusterArn);
  if (!cluster || cluster.authenticationMode === 'CONFIG_MAP') return [];
  return entriesOfCluster(storage, cluster).map((entry) => ({
    principalArn: entry.principalArn,
    principalId: entry.principalId,
    type: entry.type,
    username: entry.username,
    kubernetesGroups: entry.kubernetesGroups,
    policies: entry.policies.map(({ policyArn, accessScope }) => ({ policyArn, accessScope })),
    modifiedAt: entry.modifiedAt,
  }));
}
