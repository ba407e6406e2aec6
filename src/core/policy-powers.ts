/**
 * What each access policy lets people do that its name does not say. AWS publishes the rules; a test holds this table
 * against them. https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
import { ACCESS_POLICIES, type Access, type AccessPolicyName, accessPolicyName, matchesPattern } from './access.ts';
import type { OfferedAccess } from './configuration.ts';

export type Power =
  | 'everything'
  | 'readSecrets'
  /** Whoever can make a Secret can have a token of any service account of its namespace made. */
  | 'writeSecrets'
  | 'exec'
  | 'impersonateServiceAccounts'
  | 'writeConfigMaps'
  /** Roles and role bindings. */
  | 'bind';

const ALL = ['readSecrets', 'writeSecrets', 'exec', 'impersonateServiceAccounts', 'writeConfigMaps'] as const;

export const POWERS: Readonly<Record<AccessPolicyName, readonly Power[]>> = {
  AmazonEKSClusterAdminPolicy: ['everything', ...ALL, 'bind'],
  AmazonEKSAdminPolicy: [...ALL, 'bind'],
  AmazonEKSEditPolicy: ALL,
  AmazonEKSViewPolicy: [],
  AmazonEKSAdminViewPolicy: ['readSecrets'],
  AmazonEKSSecretReaderPolicy: ['readSecrets'],
  AmazonEKSSecretAdminPolicy: ['readSecrets', 'writeSecrets'],
};

/** None for Kubernetes groups: what they may do is in the cluster's RBAC, which nobody here has read. */
export const powersOf = (access: OfferedAccess): readonly Power[] =>
  access.kind === 'policy' ? POWERS[access.policy] : [];

/** Access that can change what runs, or take over an identity that can. */
export const isPowerful = (access: OfferedAccess): boolean => powersOf(access).some((power) => power !== 'readSecrets');

/** Where the cluster's own parts run, and where `aws-auth` is. */
export const KUBE_SYSTEM = 'kube-system';
const WAYS_TO_AWS_AUTH = ['everything', 'writeConfigMaps', 'impersonateServiceAccounts', 'writeSecrets'] as const;

/**
 * May whoever has it write the ConfigMap `aws-auth`, and so let anybody into a cluster that still reads that map, for
 * good? Besides writing it directly: whoever can be any service account of kube-system, or hold a token of one, can.
 */
export function editsAwsAuth(access: OfferedAccess): boolean {
  if (access.kind === 'groups') return false;
  const reaches =
    access.scope === 'cluster' || access.namespaces.some((pattern) => matchesPattern(pattern, KUBE_SYSTEM));
  return reaches && WAYS_TO_AWS_AUTH.some((power) => POWERS[access.policy].includes(power));
}

/** The same of access as it is granted. */
export function grantEditsAwsAuth(access: Access): boolean {
  if (access.kind === 'groups') return false;
  const name = accessPolicyName(access.policyArn);
  const policy = ACCESS_POLICIES.find((known) => known === name);
  if (!policy) return false;
  const { accessScope } = access;
  return editsAwsAuth(
    accessScope.type === 'cluster'
      ? { kind: 'policy', policy, scope: 'cluster' }
      : { kind: 'policy', policy, scope: 'namespace', namespaces: accessScope.namespaces },
  );
}
