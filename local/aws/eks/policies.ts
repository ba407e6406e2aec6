/**
 * The EKS access policies that there are, by name. Source: AWS's access policy reference and a real ListAccessPolicies
 * of April 2026. `serviceLinkedOnly`: listed, but not to be associated by customers.
 */
import { partitionOf } from '../arn.ts';

const FOR_PEOPLE = [
  'AmazonEKSClusterAdminPolicy',
  'AmazonEKSAdminPolicy',
  'AmazonEKSEditPolicy',
  'AmazonEKSViewPolicy',
  'AmazonEKSAdminViewPolicy',
  'AmazonEKSSecretReaderPolicy',
  'AmazonEKSSecretAdminPolicy',
];

const FOR_SERVICES = [
  'AIDevOpsAgentAccessPolicy',
  'AmazonAIOpsAssistantPolicy',
  'AmazonARCRegionSwitchScalingPolicy',
  'AmazonEKSACKPolicy',
  'AmazonEKSArgoCDClusterPolicy',
  'AmazonEKSArgoCDPolicy',
  'AmazonEKSAutoNodePolicy',
  'AmazonEKSBlockStorageClusterPolicy',
  'AmazonEKSBlockStoragePolicy',
  'AmazonEKSComputeClusterPolicy',
  'AmazonEKSComputePolicy',
  'AmazonEKSEventPolicy',
  'AmazonEKSHybridPolicy',
  'AmazonEKSKROPolicy',
  'AmazonEKSLoadBalancingClusterPolicy',
  'AmazonEKSLoadBalancingPolicy',
  'AmazonEKSNetworkingClusterPolicy',
  'AmazonEKSNetworkingPolicy',
  'AmazonEKSPodIdentityPolicy',
  'AmazonEMRJobPolicy',
  'AmazonSagemakerHyperpodClusterPolicy',
  'AmazonSagemakerHyperpodControllerPolicy',
  'AmazonSagemakerHyperpodSpacePolicy',
  'AmazonSagemakerHyperpodSpaceTemplatePolicy',
  'AmazonSagemakerHyperpodSystemNamespacePolicy',
  'AmazonSagemakerHyperpodUserClusterPolicy',
];

const SERVICE_LINKED_ONLY: ReadonlySet<string> = new Set([
  'AmazonEKSClusterInsightsPolicy',
  'AmazonEKSHybridPolicy',
  'AmazonEKSComputePolicy',
  'AmazonEKSComputeClusterPolicy',
  'AmazonEKSBlockStoragePolicy',
  'AmazonEKSBlockStorageClusterPolicy',
]);

const NAMES: ReadonlySet<string> = new Set([...FOR_PEOPLE, ...FOR_SERVICES]);

export const accessPolicyArn = (partition: string, name: string): string =>
  `arn:${partition}:eks::aws:cluster-access-policy/${name}`;

/** Everything that ListAccessPolicies shows in this region, ordered by name. */
export function accessPoliciesOf(region: string): { name: string; arn: string }[] {
  return [...NAMES].sort().map((name) => ({ name, arn: accessPolicyArn(partitionOf(region), name) }));
}

export type PolicyProblem = 'malformed' | 'notFound' | 'serviceLinkedOnly';

/** Why this ARN cannot be associated in this region, or undefined if it can. */
export function policyProblem(arn: string, region: string): PolicyProblem | undefined {
  // An ARN of EKS with an account or region in it is well formed for EKS, which then finds no such policy.
  if (!/^arn:[a-z-]+:eks:/.test(arn)) return 'malformed';
  const found = /^arn:([a-z-]+):eks::aws:cluster-access-policy\/(.+)$/.exec(arn);
  const [, partition, name = ''] = found ?? [];
  if (SERVICE_LINKED_ONLY.has(name)) return 'serviceLinkedOnly';
  return partition === partitionOf(region) && NAMES.has(name) ? undefined : 'notFound';
}
