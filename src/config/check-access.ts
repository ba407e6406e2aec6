/** Rules on what an entitlement gives: an access policy with a scope, or Kubernetes groups. */
import { isBarredName, isNamespacePattern } from '../core/access.ts';
import { type Context, checkDoubles } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import type { FileEntitlement } from './schema.ts';

type FileAccess = FileEntitlement['access'];
const KUBERNETES_GROUP = /^[^\s\p{C}]{1,253}$/u;

export function checkAccess(path: Path, access: FileAccess, context: Context): void {
  const [key, message] = combinationProblem(access) ?? [];
  if (message !== undefined) context.report(key === undefined ? path : [...path, key], message);
  checkEach([...path, 'namespaces'], access.namespaces, namespaceProblem, context);
  checkEach([...path, 'groups'], access.groups, groupProblem, context);
}

type Misplaced = readonly [key: keyof FileAccess | undefined, message: string];

function combinationProblem({ policy, scope, namespaces, groups }: FileAccess): Misplaced | undefined {
  if (groups && (policy ?? scope ?? namespaces))
    return [undefined, 'both an access policy and Kubernetes groups; give one of them, or make two entitlements'];
  if (groups) return undefined;
  if (!policy) return [undefined, 'no access policy and no Kubernetes groups; write policy and scope, or groups'];
  if (!scope) return ['scope', 'missing: scope is cluster or namespace'];
  if (scope === 'cluster' && namespaces)
    return [
      'namespaces',
      'namespaces with scope cluster, which is all of them; leave them out, or use scope namespace',
    ];
  if (scope === 'namespace' && !namespaces)
    return ['scope', 'scope namespace without namespaces; list them, or patterns like team-*'];
  // EKS takes this pair without a word, and documents it for whole clusters only.
  // https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
  if (scope === 'namespace' && policy === 'AmazonEKSClusterAdminPolicy')
    return ['policy', 'AmazonEKSClusterAdminPolicy is for whole clusters; within namespaces use AmazonEKSAdminPolicy'];
  return undefined;
}

function namespaceProblem(text: string): string | undefined {
  if (isNamespacePattern(text)) return undefined;
  return `${quote(text)} is neither a namespace nor a pattern: at most 63 lower-case letters, digits and hyphens, and * for any run of them`;
}

function groupProblem(text: string): string | undefined {
  if (!KUBERNETES_GROUP.test(text))
    return `${quote(text)} cannot be a Kubernetes group, which has 1 to 253 characters without spaces`;
  if (!isBarredName(text.toLowerCase())) return undefined;
  return `EKS refuses groups that begin with system:, eks:, aws:, amazon: or iam:, such as ${quote(text)}; bind a group of your own`;
}

function checkEach(
  path: Path,
  entries: readonly string[] | undefined,
  problemOf: (text: string) => string | undefined,
  { report }: Context,
): void {
  checkDoubles(path, entries ?? [], report);
  for (const [index, text] of (entries ?? []).entries()) {
    const problem = problemOf(text);
    if (problem !== undefined) report([...path, index], problem);
  }
}
