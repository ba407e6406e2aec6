/** What simulated EKS remembers: clusters and access entries, per account and region. */
import type { Instant } from '../../../src/core/time.ts';
import type { Collection, Storage } from '../../storage.ts';
import { parseArn } from '../arn.ts';

export type AuthenticationMode = 'CONFIG_MAP' | 'API_AND_CONFIG_MAP' | 'API';

export type Cluster = {
  arn: string;
  name: string;
  account: string;
  region: string;
  authenticationMode: AuthenticationMode;
  endpoint: string;
  /** Base64 of the PEM certificate. */
  certificateAuthorityData: string;
  version: string;
  tags: Record<string, string>;
  createdAt: Instant;
  /** Types of control-plane logs that are on. */
  logs?: string[];
};

export type AccessScope = { type: 'cluster' | 'namespace'; namespaces: string[] };

export type AssociatedPolicy = {
  policyArn: string;
  accessScope: AccessScope;
  associatedAt: Instant;
  modifiedAt: Instant;
};

export const ENTRY_TYPES = [
  'STANDARD',
  'EC2_LINUX',
  'EC2_WINDOWS',
  'FARGATE_LINUX',
  'EC2',
  'HYBRID_LINUX',
  'HYPERPOD_LINUX',
] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];

export type AccessEntry = {
  clusterName: string;
  principalArn: string;
  /** The principal's unique id when the entry was made: what a token is matched with. */
  principalId: string;
  accessEntryArn: string;
  type: EntryType;
  /** May hold `{{SessionName}}` and the like. */
  username: string;
  kubernetesGroups: string[];
  tags: Record<string, string>;
  policies: AssociatedPolicy[];
  createdAt: Instant;
  modifiedAt: Instant;
  /** Before this, no other operation finds it. */
  visibleFrom: Instant;
};

export const clustersOf = (storage: Storage): Collection<Cluster> => storage.collection<Cluster>('eks/cluster');
export const entriesOf = (storage: Storage): Collection<AccessEntry> => storage.collection<AccessEntry>('eks/entry');

/** Where a cluster lives; `arn:P:eks:REGION:ACCOUNT:cluster/NAME`. Throws if the ARN is not a cluster's. */
export function clusterPlace(arn: string): { partition: string; account: string; region: string; name: string } {
  const parsed = parseArn(arn);
  const name = /^cluster\/([0-9A-Za-z][\w-]{0,99})$/.exec(parsed?.resource ?? '')?.[1];
  if (parsed?.service !== 'eks' || !name) {
    throw new Error(`${arn} is not the ARN of an EKS cluster (arn:aws:eks:REGION:ACCOUNT:cluster/NAME)`);
  }
  return { partition: parsed.partition, account: parsed.account, region: parsed.region, name };
}

export const clusterKey = (account: string, region: string, name: string): string => `${account}/${region}/${name}`;

export const entryKey = (cluster: Cluster, principalArn: string): string =>
  `${clusterKey(cluster.account, cluster.region, cluster.name)}/${principalArn}`;

export const entriesOfCluster = (storage: Storage, cluster: Cluster): AccessEntry[] =>
  entriesOf(storage)
    .list(entryKey(cluster, ''))
    .map(({ value }) => value);
