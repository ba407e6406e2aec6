/** EKS's reads of clusters. Local mode's clusters are seeded and always ACTIVE. */
import type { Operations } from '../../aws-service.ts';
import { partitionOf } from '../arn.ts';
import { onCluster } from './access.ts';
import { findCluster } from './checks.ts';
import { pageOf } from './paging.ts';
import { type Cluster, clusterKey, clustersOf } from './store.ts';

export const clusterOperations: Operations = {
  DescribeCluster: {
    write: false,
    // The API calls this member `name`; the other operations `clusterName`.
    authorize: (input, context) => onCluster('DescribeCluster')({ clusterName: input.name }, context),
    run: (input, context) => ({ cluster: shown(findCluster({ clusterName: input.name }, context)) }),
  },
  ListClusters: {
    write: false,
    authorize: (_input, { region, caller }) => ({
      action: 'eks:ListClusters',
      resource: `arn:${partitionOf(region)}:eks:${region}:${caller.account}:cluster/*`,
    }),
    run: (input, { storage, caller, region }) => {
      const clusters = clustersOf(storage).list(clusterKey(caller.account, region, ''));
      return pageOf(
        input,
        'clusters',
        clusters.map(({ value }) => value.name),
        (name) => name,
      );
    },
  },
};

function shown(cluster: Cluster): Record<string, unknown> {
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: cluster.createdAt / 1_000,
    version: cluster.version,
    endpoint: cluster.endpoint,
    roleArn: `arn:${partitionOf(cluster.region)}:iam::${cluster.account}:role/eks-cluster-${cluster.name}`,
    certificateAuthority: { data: cluster.certificateAuthorityData },
    status: 'ACTIVE',
    platformVersion: 'eks.1',
    logging: { clusterLogging: loggingOf(cluster.logs ?? []) },
    accessConfig: { authenticationMode: cluster.authenticationMode },
    kubernetesNetworkConfig: { serviceIpv4Cidr: '10.100.0.0/16', ipFamily: 'ipv4' },
    resourcesVpcConfig: {
      subnetIds: [],
      securityGroupIds: [],
      endpointPublicAccess: true,
      endpointPrivateAccess: false,
    },
    tags: cluster.tags,
  };
}

const LOG_TYPES = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

/** What is on and what is off, as EKS shows them: in two groups. */
const loggingOf = (on: readonly string[]): object[] =>
  [true, false].map((enabled) => ({ types: LOG_TYPES.filter((type) => on.includes(type) === enabled), enabled }));
