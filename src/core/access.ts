/**
 * What a grant gives: one EKS access policy with an access scope, or Kubernetes groups.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
 */

export type AccessScope =
  | { readonly type: 'cluster' }
  | { readonly type: 'namespace'; readonly namespaces: readonly string[] };

export type Access =
  | { readonly kind: 'policy'; readonly policyArn: string; readonly accessScope: AccessScope }
  | { readonly kind: 'groups'; readonly kubernetesGroups: readonly string[] };

/** The policies made for people. Others are for AWS's own services: a grant never gives one. */
export const ACCESS_POLICIES = [
  'AmazonEKSClusterAdminPolicy',
  'AmazonEKSAdminPolicy',
  'AmazonEKSEditPolicy',
  'AmazonEKSViewPolicy',
  'AmazonEKSAdminViewPolicy',
  'AmazonEKSSecretReaderPolicy',
  'AmazonEKSSecretAdminPolicy',
] as const;
export type AccessPolicyName = (typeof ACCESS_POLICIES)[number];

export const accessPolicyArn = (partition: string, name: AccessPolicyName): string =>
  `arn:${partition}:eks::aws:cluster-access-policy/${name}`;

export const accessPolicyName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

// RFC 1123, section 2.1, as Kubernetes applies it to the names of namespaces.
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const PATTERN = /^(?=.{1,63}$)[a-z0-9*](?:[-a-z0-9*]*[a-z0-9*])?$/;

/** A namespace's name. In a request nothing else is taken: a `*` there would be all of them. */
export const isDnsLabel = (text: string): boolean => DNS_LABEL.test(text);

/** A namespace, or a pattern in which `*` stands for any run of characters. Only configurations hold patterns. */
export const isNamespacePattern = (text: string): boolean => PATTERN.test(text);

export const hasWildcard = (pattern: string): boolean => pattern.includes('*');

/** What is no pattern matches nothing, whatever it looks like to a regular expression. */
export function matchesPattern(pattern: string, namespace: string): boolean {
  if (!isNamespacePattern(pattern) || !isDnsLabel(namespace)) return false;
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === namespace;
  if (!namespace.startsWith(first) || !namespace.endsWith(last)) return false;
  // Each part at the first place behind the one before it: if that does not fit, nothing does.
  let at = first.length;
  for (const part of others) {
    const found = namespace.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= namespace.length;
}

/** EKS bars these beginnings of user names and groups: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html */
const BARRED = ['system:', 'eks:', 'aws:', 'amazon:', 'iam:'];
export const isBarredName = (name: string): boolean => BARRED.some((prefix) => name.startsWith(prefix));

/** For people: `AmazonEKSViewPolicy in namespace dev`. */
export function describeAccess(access: Access): string {
  if (access.kind === 'groups') return `Kubernetes groups ${access.kubernetesGroups.join(', ')}`;
  const { accessScope } = access;
  const name = accessPolicyName(access.policyArn);
  if (accessScope.type === 'cluster') return `${name} on the whole cluster`;
  return `${name} in namespace${accessScope.namespaces.length > 1 ? 's' : ''} ${accessScope.namespaces.join(', ')}`;
}

export function sameAccess(a: Access, b: Access): boolean {
  if (a.kind === 'groups' || b.kind === 'groups') {
    return a.kind === 'groups' && b.kind === 'groups' && sameSet(a.kubernetesGroups, b.kubernetesGroups);
  }
  return a.policyArn === b.policyArn && sameScope(a.accessScope, b.accessScope);
}

export function sameScope(a: AccessScope, b: AccessScope): boolean {
  if (a.type === 'cluster' || b.type === 'cluster') return a.type === b.type;
  return sameSet(a.namespaces, b.namespaces);
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && [...a].sort().join('\n') === [...b].sort().join('\n');
