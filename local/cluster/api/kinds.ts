/** What the simulated cluster serves, as data: discovery, OpenAPI, routing, tables and validation all read it here. */

/** Which names an object may have: see `validation.ts`. */
export type NameRule = 'subdomain' | 'label' | 'serviceLabel' | 'pathSegment';

export type Kind = {
  group: string;
  version: string;
  kind: string;
  /** The plural, as in the path. */
  resource: string;
  singular: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  nameRule: NameRule;
  /** Fields that a field selector may name, beside those of the metadata. */
  selectableFields: readonly string[];
};

/** A subresource, or a kind that is only ever created (the reviews). `verbs` as in discovery. */
export type Endpoint = {
  group: string;
  version: string;
  /** `pods/log`, or `selfsubjectreviews`. */
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  /** The group of the kind itself, where it is another. */
  kindGroup?: string;
};

export const STORED_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

const RBAC = 'rbac.authorization.k8s.io';
type Extra = Partial<Pick<Kind, 'shortNames' | 'categories' | 'nameRule' | 'selectableFields'>>;

const defineKind = (
  group: string,
  kind: string,
  resource: string,
  scope: 'Namespaced' | 'Cluster',
  extra: Extra = {},
): Kind => ({
  group,
  version: 'v1',
  kind,
  resource,
  singular: kind.toLowerCase(),
  namespaced: scope === 'Namespaced',
  shortNames: [],
  categories: [],
  nameRule: 'subdomain',
  selectableFields: [],
  ...extra,
});

const ALL = { categories: ['all'] } as const;
const EVENT_FIELDS = ['kind', 'name', 'namespace', 'uid'].map((field) => `involvedObject.${field}`);

export const KINDS: readonly Kind[] = [
  defineKind('', 'ConfigMap', 'configmaps', 'Namespaced', { shortNames: ['cm'] }),
  defineKind('', 'Endpoints', 'endpoints', 'Namespaced', { shortNames: ['ep'] }),
  defineKind('', 'Event', 'events', 'Namespaced', {
    shortNames: ['ev'],
    selectableFields: [...EVENT_FIELDS, 'reason', 'type'],
  }),
  defineKind('', 'Namespace', 'namespaces', 'Cluster', {
    shortNames: ['ns'],
    nameRule: 'label',
    selectableFields: ['status.phase'],
  }),
  defineKind('', 'Node', 'nodes', 'Cluster', { shortNames: ['no'], selectableFields: ['spec.unschedulable'] }),
  defineKind('', 'Pod', 'pods', 'Namespaced', {
    ...ALL,
    shortNames: ['po'],
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ],
  }),
  defineKind('', 'Secret', 'secrets', 'Namespaced', { selectableFields: ['type'] }),
  defineKind('', 'ServiceAccount', 'serviceaccounts', 'Namespaced', { shortNames: ['sa'] }),
  defineKind('', 'Service', 'services', 'Namespaced', { ...ALL, shortNames: ['svc'], nameRule: 'serviceLabel' }),
  defineKind('apps', 'DaemonSet', 'daemonsets', 'Namespaced', { ...ALL, shortNames: ['ds'] }),
  defineKind('apps', 'Deployment', 'deployments', 'Namespaced', { ...ALL, shortNames: ['deploy'] }),
  defineKind('apps', 'ReplicaSet', 'replicasets', 'Namespaced', { ...ALL, shortNames: ['rs'] }),
  defineKind('batch', 'Job', 'jobs', 'Namespaced', ALL),
  defineKind(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', 'Cluster', { nameRule: 'pathSegment' }),
  defineKind(RBAC, 'ClusterRole', 'clusterroles', 'Cluster', { nameRule: 'pathSegment' }),
  defineKind(RBAC, 'RoleBinding', 'rolebindings', 'Namespaced', { nameRule: 'pathSegment' }),
  defineKind(RBAC, 'Role', 'roles', 'Namespaced', { nameRule: 'pathSegment' }),
];

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] } as const;
const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1', verbs: ['create'] } as const;
const SCALE = {
  group: 'apps',
  version: 'v1',
  kind: 'Scale',
  kindGroup: 'autoscaling',
  namespaced: true,
  verbs: ['get', 'patch', 'update'],
} as const;
const OF_POD = { group: '', version: 'v1', namespaced: true } as const;

export const ENDPOINTS: readonly Endpoint[] = [
  { ...OF_POD, name: 'pods/attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  { ...OF_POD, name: 'pods/exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  { ...OF_POD, name: 'pods/log', kind: 'Pod', verbs: ['get'] },
  { ...OF_POD, name: 'pods/portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  { ...SCALE, name: 'deployments/scale' },
  { ...SCALE, name: 'replicasets/scale' },
  { ...AUTHENTICATION, name: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { ...AUTHENTICATION, name: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  { ...AUTHORIZATION, name: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { ...AUTHORIZATION, name: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
  { ...AUTHORIZATION, name: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
  { ...AUTHORIZATION, name: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
];

export const groupVersion = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

const BY_RESOURCE = new Map(KINDS.map((kind) => [`${groupVersion(kind)}/${kind.resource}`, kind]));
const BY_KIND = new Map(KINDS.map((kind) => [kind.kind, kind]));

export const findKind = (group: string, version: string, resource: string): Kind | undefined =>
  BY_RESOURCE.get(`${groupVersion({ group, version })}/${resource}`);

/** A kind by its name, which is unique here. Throws for one that is not in the table: a mistake in the code. */
export function kindCalled(name: string): Kind {
  const kind = BY_KIND.get(name);
  if (!kind) throw new Error(`no kind ${name} in the table of kinds`);
  return kind;
}

export const findEndpoint = (group: string, version: string, name: string): Endpoint | undefined =>
  ENDPOINTS.find((endpoint) => endpoint.group === group && endpoint.version === version && endpoint.name === name);

/** Every group and version served, the core group first. */
export const GROUP_VERSIONS: readonly { group: string; version: string }[] = [
  ...new Map([...KINDS, ...ENDPOINTS].map(({ group, version }) => [group, { group, version }])).values(),
];
