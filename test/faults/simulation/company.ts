/** Two dozen people, three clusters in three accounts, a standing role and roles of grants' own in each. */
import type { Cluster, Configuration, Entitlement } from '../../../src/core/configuration.ts';
import { type Duration, hours, instant, minutes } from '../../../src/core/time.ts';
import { type Aws, newAws as emptyAws, type FakeCluster, trust } from '../../broker/fake-aws.ts';
import { CONFIG, ENTITLEMENT, group, person, SSO_ROLE } from '../../core/fixtures.ts';
import { inhabited } from '../company.ts';

const ACCOUNTS = { prod: '222222222222', test: '333333333333', edge: '444444444444' } as const;
export const CLUSTERS = Object.keys(ACCOUNTS) as (keyof typeof ACCOUNTS)[];
export const PEOPLE = Array.from({ length: 24 }, (_, n) => `p${n}`);
const LEADS = PEOPLE.slice(0, 8);

const cluster = (name: keyof typeof ACCOUNTS): Cluster => ({
  name,
  arn: `arn:aws:eks:eu-west-1:${ACCOUNTS[name]}:cluster/${name}`,
  account: ACCOUNTS[name],
  region: 'eu-west-1',
  executor: `arn:aws:iam::${ACCOUNTS[name]}:role/hallpass-executor`,
  tags: {},
});
export const keyOf = (name: keyof typeof ACCOUNTS): string => `${ACCOUNTS[name]}/eu-west-1/${name}`;
export const adminRole = (name: keyof typeof ACCOUNTS): string => `arn:aws:iam::${ACCOUNTS[name]}:role/KubernetesAdmin`;

const rule = (more: Partial<Entitlement>): Entitlement => ({
  ...ENTITLEMENT,
  eligible: [group('everyone')],
  maxDuration: hours(2),
  extension: { maxTotal: hours(3), autoApprove: false },
  approval: {
    autoApprove: false,
    steps: [{ approvers: [group('leads')], approvalsNeeded: 1, channels: [] }],
    window: minutes(30),
  },
  ...more,
});

/** Told again after five minutes, and after ten the last of the leads' juniors may decide as well. */
const NUDGED = { remindEvery: minutes(5), escalateAfter: minutes(10), escalateTo: [group('juniors')] };
const entitlements = [
  rule({
    id: 'view-all',
    clusters: CLUSTERS,
    approval: {
      autoApprove: false,
      steps: [{ approvers: [group('leads')], approvalsNeeded: 1, channels: [], ...NUDGED }],
      window: minutes(30),
    },
  }),
  ...CLUSTERS.flatMap((name): Entitlement[] => [
    rule({ id: `view-${name}`, clusters: [name] }),
    rule({
      id: `admin-${name}`,
      clusters: [name],
      access: { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' },
      principal: { mode: 'role', role: adminRole(name), assumableBy: [SSO_ROLE] },
    }),
  ]),
];

const byId = <T extends { readonly id: string }>(all: readonly T[]): Record<string, T> =>
  Object.fromEntries(all.map((one) => [one.id, one]));

const BASE: Configuration = {
  ...CONFIG,
  clusters: Object.fromEntries(CLUSTERS.map((name) => [name, cluster(name)])),
  directory: {
    people: byId(PEOPLE.map((id) => person(id))),
    groups: { everyone: PEOPLE, leads: LEADS, juniors: PEOPLE.slice(8, 12) },
  },
  entitlements: byId(entitlements),
  responders: [group('leads')],
};

const without = (names: readonly string[]): Configuration => ({
  ...BASE,
  clusters: Object.fromEntries(Object.entries(BASE.clusters).filter(([name]) => !names.includes(name))),
  entitlements: byId(entitlements.filter((one) => !one.clusters.some((name) => names.includes(name)))),
});

/** What deployments put in force, one after another; the first is the one to begin with. */
export const DEPLOYMENTS: readonly Configuration[] = [
  BASE,
  without(CLUSTERS),
  without(['test']),
  { ...BASE, entitlements: byId(entitlements.map((one) => ({ ...one, maxDuration: (10 * 60_000) as Duration }))) },
  {
    ...BASE,
    directory: { ...BASE.directory, people: byId(PEOPLE.map((id, n) => person(id, { disabled: n % 2 === 1 }))) },
  },
  BASE,
];

export function newAws(): Aws {
  const clusters = new Map<string, FakeCluster>();
  const aws: Aws = { ...emptyAws(), clusters, standing: new Map() };
  for (const name of CLUSTERS) {
    const { arn } = cluster(name);
    clusters.set(keyOf(name), {
      arn,
      createdAt: instant(1_700_000_000_000),
      authenticationMode: 'API',
      entries: new Map(),
    });
    inhabited(aws, keyOf(name));
    aws.standing.set(adminRole(name), {
      roleId: `AROAADMIN${name.toUpperCase()}`,
      until: instant(0),
      trust: trust(SSO_ROLE),
    });
  }
  return aws;
}
