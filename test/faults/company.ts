/** Who is in the fault worlds, and what is there before Hallpass does anything: entries that it must never touch. */
import type { Configuration } from '../../src/core/configuration.ts';
import type { ObservedEntry } from '../../src/core/entry.ts';
import { hours } from '../../src/core/time.ts';
import { type Aws, type Entry, type FakeCluster, foreignEntry, newAws } from '../broker/fake-aws.ts';
import { CONFIG, entitlement, KUBERNETES_ADMIN } from '../core/fixtures.ts';

export const PROD = '222222222222/eu-west-1/prod';
export const NODE = 'arn:aws:iam::222222222222:role/node';
export const CREATOR = 'arn:aws:iam::222222222222:role/creator';
export const TERRAFORM = 'arn:aws:iam::222222222222:role/deployer';

/** `prod-view` uses a role of the grant's own, `admin` the standing role KubernetesAdmin. */
const extension = { maxTotal: hours(4), autoApprove: false };
export const COMPANY: Configuration = {
  ...CONFIG,
  entitlements: {
    ...CONFIG.entitlements,
    'prod-view': entitlement({ extension }),
    admin: entitlement({
      id: 'admin',
      extension,
      principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: ['arn:aws:iam::111111111111:role/sso'] },
    }),
  },
};

export const clusterOf = (aws: Aws, key = PROD): FakeCluster => {
  const found = aws.clusters.get(key);
  if (!found) throw new Error(`no cluster ${key}`);
  return found;
};

/** Whoever is not Hallpass calls the user of an entry so, in these worlds. */
export const isTheirs = ({ entry }: Entry): boolean => entry.username === 'theirs';

/** A cluster with the nodes' entry, its creator's, and one that Terraform made and somebody tagged as if it were ours. */
export function inhabited(aws: Aws = newAws(), key = PROD): Aws {
  const cluster = clusterOf(aws, key);
  const more: readonly (readonly [string, Partial<ObservedEntry>])[] = [
    [NODE, { type: 'EC2_LINUX', kubernetesGroups: ['system:nodes'] }],
    [CREATOR, {}],
    [
      TERRAFORM,
      { tags: { 'hallpass:hub': 'main', 'hallpass:grant': 'x', 'hallpass:expires': '2020-01-01T00:00:00.000Z' } },
    ],
  ];
  for (const [principal, entry] of more) foreignEntry(aws, cluster, principal, entry);
  return aws;
}
