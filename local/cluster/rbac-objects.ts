/** The roles and bindings stored in the cluster, as RBAC reads them. */
import { rulesIn } from './api/escalation.ts';
import { kindCalled } from './api/kinds.ts';
import { type KubeObject, listAt, textAt } from './api/object.ts';
import type { ObjectStore } from './api/store.ts';
import type { Binding, RbacObjects, Role, Subject } from './rbac.ts';

const roleOf = (object: KubeObject | undefined): Role | undefined =>
  object && { metadata: object.metadata, rules: rulesIn(object) };

const subjectOf = (subject: unknown): Subject => ({
  kind: textAt(subject, 'kind'),
  name: textAt(subject, 'name'),
  namespace: textAt(subject, 'namespace'),
});

const bindingOf = (object: KubeObject): Binding => ({
  metadata: object.metadata,
  roleRef: { kind: textAt(object, 'roleRef', 'kind'), name: textAt(object, 'roleRef', 'name') },
  subjects: listAt(object, 'subjects').map(subjectOf),
});

export function rbacObjects(store: ObjectStore): RbacObjects {
  const [clusterRole, role] = [kindCalled('ClusterRole'), kindCalled('Role')];
  const [clusterRoleBinding, roleBinding] = [kindCalled('ClusterRoleBinding'), kindCalled('RoleBinding')];
  return {
    clusterRole: (name) => roleOf(store.get(clusterRole, '', name)),
    role: (namespace, name) => roleOf(store.get(role, namespace, name)),
    clusterRoleBindings: () => store.list(clusterRoleBinding, '').map(bindingOf),
    roleBindings: (namespace) => store.list(roleBinding, namespace).map(bindingOf),
  };
}
