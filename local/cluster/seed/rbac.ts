/** The roles and bindings that every cluster has, as far as somebody here depends on them. */
import { rulesOfPolicy } from '../access-policies.ts';
import type { PolicyRule } from '../rules.ts';
import type { Blueprint } from './blueprint.ts';

const API_GROUP = 'rbac.authorization.k8s.io';
const DEFAULTS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' } as const;
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

const clusterRole = (name: string, rules: readonly PolicyRule[]): Blueprint => ({
  kind: 'ClusterRole',
  name,
  labels: DEFAULTS,
  body: { rules },
});

const bindGroups = (name: string, role: string, ...groups: readonly string[]): Blueprint => ({
  kind: 'ClusterRoleBinding',
  name,
  labels: DEFAULTS,
  body: {
    roleRef: { apiGroup: API_GROUP, kind: 'ClusterRole', name: role },
    subjects: groups.map((group) => ({ apiGroup: API_GROUP, kind: 'Group', name: group })),
  },
});

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/'] as const;
const DISCOVERY = ['/api', '/api/*', '/apis', '/apis/*', ...HEALTH, '/openapi', '/openapi/*'] as const;

const BASIC_USER: readonly PolicyRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

/** What a node needs to run pods; a real cluster narrows it to the node's own by its Node authorizer. */
const NODE: readonly PolicyRule[] = [
  {
    verbs: ['create', 'get', 'list', 'patch', 'update', 'watch'],
    apiGroups: [''],
    resources: ['nodes', 'nodes/status'],
  },
  {
    verbs: ['get', 'list', 'watch'],
    apiGroups: [''],
    resources: ['pods', 'services', 'endpoints', 'configmaps', 'secrets'],
  },
  { verbs: ['create', 'delete', 'patch', 'update'], apiGroups: [''], resources: ['pods', 'pods/status'] },
  { verbs: ['create', 'patch', 'update'], apiGroups: [''], resources: ['events'] },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['localsubjectaccessreviews', 'subjectaccessreviews'],
  },
];

export const RBAC_OBJECTS: readonly Blueprint[] = [
  clusterRole('cluster-admin', rulesOfPolicy('AmazonEKSClusterAdminPolicy')),
  // AWS models its policies on these three: the rules are the same.
  clusterRole('admin', rulesOfPolicy('AmazonEKSAdminPolicy')),
  clusterRole('edit', rulesOfPolicy('AmazonEKSEditPolicy')),
  clusterRole('view', rulesOfPolicy('AmazonEKSViewPolicy')),
  clusterRole('system:basic-user', BASIC_USER),
  clusterRole('system:discovery', [{ verbs: ['get'], nonResourceURLs: DISCOVERY }]),
  clusterRole('system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: HEALTH }]),
  clusterRole('system:node', NODE),
  bindGroups('cluster-admin', 'cluster-admin', 'system:masters'),
  bindGroups('system:basic-user', 'system:basic-user', AUTHENTICATED),
  bindGroups('system:discovery', 'system:discovery', AUTHENTICATED),
  bindGroups('system:public-info-viewer', 'system:public-info-viewer', AUTHENTICATED, UNAUTHENTICATED),
  bindGroups('system:node', 'system:node', 'system:nodes'),
];
