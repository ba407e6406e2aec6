/** EKS's operations on access entries. An entry means the principal's unique id, not whoever has its ARN now. */
import { type Duration, type Instant, plus } from '../../../src/core/time.ts';
import { type AccessRequest, AwsError, type Context, type Input, type Operations } from '../../aws-service.ts';
import { parsePrincipalArn } from '../arn.ts';
import { findByArn } from '../iam/store.ts';
import { type Randomness, uuid } from '../randomness.ts';
import { createKeys, onCluster, onEntry } from './access.ts';
import {
  checkServiceLinkedRole,
  checkType,
  entryArnPrefix,
  findApiCluster,
  invalidParameter,
  invalidPrincipal,
  notFound,
  read,
  readGroups,
  readTags,
  readType,
  readUsername,
} from './checks.ts';
import { pageOf } from './paging.ts';
import { rememberReplay, replayOf } from './replay.ts';
import { type AccessEntry, type Cluster, type EntryType, entriesOf, entriesOfCluster, entryKey } from './store.ts';

const MOST_ENTRIES = 3_000;

const noEntry = (): AwsError =>
  notFound(
    "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
  );

/** The entry that `principalArn` has on the cluster. Throws EKS's 404 for none, and for one not yet visible. */
export function findEntry(input: Input, cluster: Cluster, context: Context): AccessEntry {
  const entry = findEvenUnseen(input, cluster, context);
  if (entry.visibleFrom > context.clock.now()) throw noEntry();
  return entry;
}

function findEvenUnseen(input: Input, cluster: Cluster, { storage }: Context): AccessEntry {
  const entry = entriesOf(storage).get(entryKey(cluster, read.text(input, 'principalArn')));
  if (!entry) throw noEntry();
  return entry;
}

export function entryOperations(random: Randomness, visibleAfter: Duration): Operations {
  return {
    CreateAccessEntry: {
      write: true,
      authorize: (input, context): AccessRequest[] => {
        const create = onCluster('CreateAccessEntry', createKeys)(input, context);
        const type = read.optionalText(input, 'type');
        if (type !== 'EC2_LINUX' && type !== 'EC2_WINDOWS') return [create];
        const pass = { action: 'iam:PassRole', resource: read.text(input, 'principalArn') };
        return [create, { ...pass, conditionKeys: { 'iam:PassedToService': 'eks.amazonaws.com' } }];
      },
      run: (input, context) =>
        context.storage.transaction(() => ({ accessEntry: shown(createEntry(input, context, random, visibleAfter)) })),
    },
    DescribeAccessEntry: {
      write: false,
      authorize: onEntry('DescribeAccessEntry'),
      run: (input, context) => ({ accessEntry: shown(findEntry(input, findApiCluster(input, context), context)) }),
    },
    UpdateAccessEntry: {
      write: true,
      authorize: onEntry('UpdateAccessEntry'),
      run: (input, context) => context.storage.transaction(() => ({ accessEntry: shown(updateEntry(input, context)) })),
    },
    DeleteAccessEntry: {
      write: true,
      authorize: onEntry('DeleteAccessEntry'),
      run: (input, context) =>
        context.storage.transaction(() => {
          const cluster = findApiCluster(input, context);
          const entry = findEvenUnseen(input, cluster, context);
          // Its associations are part of it and go with it.
          entriesOf(context.storage).delete(entryKey(cluster, entry.principalArn));
        }),
    },
    ListAccessEntries: {
      write: false,
      authorize: onCluster('ListAccessEntries'),
      run: (input, context) => {
        const cluster = findApiCluster(input, context);
        const policyArn = read.optionalText(input, 'associatedPolicyArn');
        const arns = entriesOfCluster(context.storage, cluster)
          .filter((entry) => entry.visibleFrom <= context.clock.now())
          .filter((entry) => !policyArn || entry.policies.some((policy) => policy.policyArn === policyArn))
          .map((entry) => entry.principalArn);
        return pageOf(input, 'accessEntries', arns, (arn) => arn);
      },
    },
  };
}

function createEntry(input: Input, context: Context, random: Randomness, visibleAfter: Duration): AccessEntry {
  const { storage, clock, region, caller } = context;
  const principalArn = read.text(input, 'principalArn');
  const groups = readGroups(input) ?? [];
  const username = readUsername(input);
  const type = readType(input);
  checkServiceLinkedRole(principalArn);
  checkType(type, input, caller.account);
  const tags = readTags(input);
  const cluster = findApiCluster(input, context);

  const replayed = replayOf(cluster, input, context);
  if (replayed) return replayed;
  const principal = findByArn(storage, principalArn, clock.now());
  if (!principal) throw invalidPrincipal();
  const key = entryKey(cluster, principalArn);
  if (entriesOf(storage).get(key)) {
    throw new AwsError(
      'ResourceInUseException',
      409,
      'The specified access entry resource is already in use on this cluster.',
    );
  }
  if (entriesOfCluster(storage, cluster).length >= MOST_ENTRIES) {
    const text = `You have reached the limit of ${MOST_ENTRIES} access entries on this cluster.`;
    throw new AwsError('ResourceLimitExceededException', 400, text, { clusterName: cluster.name });
  }
  const entry = newEntry(
    { cluster, principalArn, principalId: principal.id, type, username, groups, tags, now: clock.now() },
    `${entryArnPrefix(region, caller.account, cluster.name, principalArn)}${uuid(random)}`,
  );
  const kept = { ...entry, visibleFrom: plus(clock.now(), visibleAfter) };
  entriesOf(storage).put(key, kept);
  rememberReplay(cluster, input, kept, context);
  return kept;
}

/** Makes an entry's record, with EKS's defaults. */
export function newEntry(
  given: {
    cluster: Cluster;
    principalArn: string;
    principalId: string;
    type: EntryType;
    username: string | undefined;
    groups: string[];
    tags: Record<string, string>;
    now: Instant;
  },
  accessEntryArn: string,
): AccessEntry {
  const node = NODE_DEFAULTS[given.type];
  return {
    clusterName: given.cluster.name,
    principalArn: given.principalArn,
    principalId: given.principalId,
    accessEntryArn,
    type: given.type,
    username: given.username ?? node?.username ?? defaultUsername(given.principalArn),
    kubernetesGroups: node?.groups ?? given.groups,
    tags: given.tags,
    policies: [],
    createdAt: given.now,
    modifiedAt: given.now,
    visibleFrom: given.now,
  };
}

/** What EKS itself gives nodes. */
const NODE_DEFAULTS: Partial<Record<EntryType, { username: string; groups: string[] }>> = {
  EC2_LINUX: { username: 'system:node:{{EC2PrivateDNSName}}', groups: ['system:nodes'] },
  EC2_WINDOWS: { username: 'system:node:{{EC2PrivateDNSName}}', groups: ['eks:kube-proxy-windows', 'system:nodes'] },
  FARGATE_LINUX: { username: 'system:node:{{SessionName}}', groups: ['system:node-proxier', 'system:nodes'] },
  EC2: { username: 'system:node:{{EC2PrivateDNSName}}', groups: ['system:nodes'] },
  HYBRID_LINUX: { username: 'system:node:{{SessionName}}', groups: ['system:nodes'] },
  HYPERPOD_LINUX: { username: 'system:node:{{SessionName}}', groups: ['system:nodes'] },
};

function defaultUsername(principalArn: string): string {
  const principal = parsePrincipalArn(principalArn);
  if (principal?.kind !== 'role') return principalArn;
  return `arn:${principal.partition}:sts::${principal.account}:assumed-role/${principal.name}/{{SessionName}}`;
}

function updateEntry(input: Input, context: Context): AccessEntry {
  const groups = readGroups(input);
  const username = readUsername(input);
  const cluster = findApiCluster(input, context);
  const entry = findEntry(input, cluster, context);
  if (entry.type !== 'STANDARD' && (groups !== undefined || username !== undefined)) {
    const member = groups === undefined ? 'username' : 'kubernetesGroups';
    throw invalidParameter(
      `The specified ${member} is invalid: setting ${member} is not allowed when the type is "${entry.type}"`,
    );
  }
  const changed: AccessEntry = {
    ...entry,
    kubernetesGroups: groups ?? entry.kubernetesGroups,
    username: username ?? entry.username,
    modifiedAt: context.clock.now(),
  };
  entriesOf(context.storage).put(entryKey(cluster, entry.principalArn), changed);
  return changed;
}

const epochSeconds = (at: Instant): number => at / 1_000;

function shown(entry: AccessEntry): Record<string, unknown> {
  return {
    clusterName: entry.clusterName,
    principalArn: entry.principalArn,
    kubernetesGroups: entry.kubernetesGroups,
    accessEntryArn: entry.accessEntryArn,
    createdAt: epochSeconds(entry.createdAt),
    modifiedAt: epochSeconds(entry.modifiedAt),
    tags: entry.tags,
    username: entry.username,
    type: entry.type,
  };
}
