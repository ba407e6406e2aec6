/** EKS and IAM as the use cases see them, with everything kept in plain maps that a test may look at and change. */
import { type Eks, NotReady, type Roles } from '../../src/broker/ports.ts';
import type { DesiredEntry, ObservedEntry, ObservedPolicy } from '../../src/core/entry.ts';
import type { TargetCluster } from '../../src/core/grant.ts';
import { type Instant, instant } from '../../src/core/time.ts';
import { CONFIG, KUBERNETES_ADMIN } from '../core/fixtures.ts';

export type Entry = { entry: ObservedEntry; policies: ObservedPolicy[] };
export type FakeCluster = {
  arn: string;
  createdAt: Instant;
  authenticationMode: string;
  readonly entries: Map<string, Entry>;
};
export type FakeRole = { roleId: string; until: Instant; trust: unknown };

export type Aws = {
  /** By `<account of the executor>/<region>/<name>`: a name means something else in every account. */
  readonly clusters: Map<string, FakeCluster>;
  /** Grants' own roles, by name. */
  readonly dedicated: Map<string, FakeRole>;
  /** Standing roles, by ARN. */
  readonly standing: Map<string, FakeRole>;
  /** Principals for which an entry was ever made, in order. */
  readonly created: string[];
  /** How many entries were made: EKS gives each a UUID. */
  made: number;
  /** Reads are stale: they show no entry, while writes take effect. */
  blind: boolean;
};

const trusting = (...AWS: string[]): object => ({
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } }],
});
const cluster = (arn: string): FakeCluster => ({
  arn,
  createdAt: instant(1_700_000_000_000),
  authenticationMode: 'API',
  entries: new Map(),
});

export const newAws = (): Aws => ({
  clusters: new Map(
    Object.values(CONFIG.clusters).map(({ account, region, name, arn }) => [
      `${account}/${region}/${name}`,
      cluster(arn),
    ]),
  ),
  dedicated: new Map(),
  standing: new Map([
    [
      KUBERNETES_ADMIN,
      { roleId: 'AROAKUBERNETESADMIN01', until: instant(0), trust: trusting('arn:aws:iam::111111111111:role/sso') },
    ],
  ]),
  created: [],
  made: 0,
  blind: false,
});

export const trust = trusting;

/** An entry that somebody else made. */
export function foreignEntry(
  aws: Aws,
  { arn, entries }: FakeCluster,
  principalArn: string,
  more: Partial<ObservedEntry> = {},
): Entry {
  const made: Entry = {
    entry: {
      entryArn: `${arn}/access-entry/${++aws.made}`,
      principalArn,
      type: 'STANDARD',
      username: 'theirs',
      kubernetesGroups: [],
      tags: {},
      ...more,
    },
    policies: [
      {
        policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
        accessScope: { type: 'cluster', namespaces: [] },
      },
    ],
  };
  entries.set(principalArn, made);
  return made;
}

export function fakeEks(aws: Aws, { executor, region, name }: TargetCluster): Eks {
  const found = (): FakeCluster | undefined => aws.clusters.get(`${executor.split(':')[4]}/${region}/${name}`);
  const entryOf = (principalArn: string): Entry | undefined => found()?.entries.get(principalArn);
  return {
    async describeCluster() {
      const here = found();
      return here && { arn: here.arn, createdAt: here.createdAt, authenticationMode: here.authenticationMode };
    },
    async createEntry(desired) {
      const here = found();
      if (!here) throw new Error('ResourceNotFoundException: no such cluster');
      if (here.entries.has(desired.principalArn)) return undefined;
      aws.created.push(desired.principalArn);
      const entry = observedOf(desired, `${here.arn}/access-entry/${++aws.made}`);
      here.entries.set(desired.principalArn, { entry, policies: [] });
      return { entryArn: entry.entryArn };
    },
    describeEntry: async (principalArn) => (aws.blind ? undefined : structuredClone(entryOf(principalArn)?.entry)),
    listPolicies: async (principalArn) => (aws.blind ? undefined : structuredClone(entryOf(principalArn)?.policies)),
    async associatePolicy({ access, principalArn }) {
      if (access.kind !== 'policy') return;
      const entry = entryOf(principalArn);
      if (!entry) throw new NotReady('no such entry');
      const { policyArn, accessScope } = access;
      const namespaces = accessScope.type === 'cluster' ? [] : accessScope.namespaces;
      entry.policies = [
        ...entry.policies.filter((policy) => policy.policyArn !== policyArn),
        { policyArn, accessScope: { type: accessScope.type, namespaces } },
      ];
    },
    async disassociatePolicy(principalArn, policyArn) {
      const entry = entryOf(principalArn);
      if (entry) entry.policies = entry.policies.filter((policy) => policy.policyArn !== policyArn);
    },
    async deleteEntry(principalArn) {
      found()?.entries.delete(principalArn);
    },
    async tagEntry(entryArn, tags) {
      for (const kept of found()?.entries.values() ?? [])
        if (kept.entry.entryArn === entryArn) kept.entry = { ...kept.entry, tags: { ...kept.entry.tags, ...tags } };
    },
  };
}

const observedOf = ({ principalArn, username, access, tags }: DesiredEntry, entryArn: string): ObservedEntry => ({
  entryArn,
  principalArn,
  type: 'STANDARD',
  username: username ?? `${principalArn}/{{SessionName}}`,
  kubernetesGroups: access.kind === 'groups' ? [...access.kubernetesGroups] : [],
  tags: { ...tags },
});

export function fakeRoles(aws: Aws): Roles {
  let ids = 0;
  return {
    async create({ roleName, trusts }, until) {
      const role = aws.dedicated.get(roleName) ?? {
        roleId: `AROADEDICATED${String(++ids).padStart(8, '0')}`,
        until,
        trust: trusts,
      };
      aws.dedicated.set(roleName, role);
      return { roleId: role.roleId };
    },
    async setAssumableUntil({ roleName }, until) {
      const role = aws.dedicated.get(roleName);
      if (!role) throw new Error('NoSuchEntity');
      role.until = until;
    },
    async remove({ roleName }) {
      aws.dedicated.delete(roleName);
    },
    async inspect(arn) {
      const role = aws.standing.get(arn);
      return role && { roleId: role.roleId, trust: structuredClone(role.trust) };
    },
  };
}
