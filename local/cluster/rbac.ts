/** Kubernetes RBAC over the roles and bindings stored in the cluster. Additive; a missing role gives nothing. */
import type { AccessReviewSpec, ReviewAccess } from './review.ts';
import { allows, type PolicyRule } from './rules.ts';

export type Subject = { kind: string; name: string; namespace?: string };
export type Role = { metadata: { name: string; namespace?: string }; rules: readonly PolicyRule[] };
export type Binding = {
  metadata: { name: string; namespace?: string };
  roleRef: { kind: string; name: string };
  subjects: readonly Subject[];
};
/** The stored objects, read afresh at every review. */
export type RbacObjects = {
  clusterRole(name: string): Role | undefined;
  role(namespace: string, name: string): Role | undefined;
  clusterRoleBindings(): readonly Binding[];
  roleBindings(namespace: string): readonly Binding[];
};

type User = Pick<AccessReviewSpec, 'user' | 'groups'>;
type Applied = { rule: PolicyRule; reason: string };

function isSubject(subject: Subject, { user = '', groups = [] }: User): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user;
    case 'Group':
      return groups.includes(subject.name);
    case 'ServiceAccount':
      return user === `system:serviceaccount:${subject.namespace ?? ''}:${subject.name}`;
    default:
      return false;
  }
}

function describe(kind: string, binding: Binding, subject: Subject): string {
  const { name, namespace } = binding.metadata;
  const bound = namespace ? `${name}/${namespace}` : name;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name;
  return `RBAC: allowed by ${kind} "${bound}" of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject.kind} "${who}"`;
}

/** Every rule that applies to a user in a namespace (in none: `''`), with the binding that gives it. */
export function* rulesFor(objects: RbacObjects, user: User, namespace: string): Generator<Applied> {
  const kinds = [
    { kind: 'ClusterRoleBinding', bindings: objects.clusterRoleBindings() },
    { kind: 'RoleBinding', bindings: namespace ? objects.roleBindings(namespace) : [] },
  ];
  for (const { kind, bindings } of kinds) {
    for (const binding of bindings) {
      const subject = binding.subjects.find((candidate) => isSubject(candidate, user));
      if (!subject) continue;
      const { name } = binding.roleRef;
      const role = binding.roleRef.kind === 'Role' ? objects.role(namespace, name) : objects.clusterRole(name);
      for (const rule of role?.rules ?? []) yield { rule, reason: describe(kind, binding, subject) };
    }
  }
}

export function rbacReview(objects: RbacObjects): ReviewAccess {
  return (asked) => {
    for (const { rule, reason } of rulesFor(objects, asked, asked.resourceAttributes?.namespace ?? '')) {
      if (allows(rule, asked)) return { allowed: true, reason };
    }
    return { allowed: false };
  };
}
