/**
 * The messages that kubectl sends as protobuf, from version 1.32 on: field numbers of Kubernetes' `generated.proto`
 * files, as protobufjs's JSON descriptors. Only what kubectl's `create` commands and its `auth` commands fill in.
 */
type Field = { type: string; id: number; rule?: 'repeated'; keyType?: string };
type Message = { fields: Record<string, Field> };

const one = (id: number, type = 'string'): Field => ({ id, type });
const many = (id: number, type = 'string'): Field => ({ id, type, rule: 'repeated' });
const map = (id: number, type = 'string'): Field => ({ id, type, keyType: 'string' });
const message = (fields: Record<string, Field>): Message => ({ fields });

export const MESSAGES: Record<string, Message> = {
  Unknown: message({
    typeMeta: one(1, 'TypeMeta'),
    raw: one(2, 'bytes'),
    contentEncoding: one(3),
    contentType: one(4),
  }),
  TypeMeta: message({ apiVersion: one(1), kind: one(2) }),
  Time: message({ seconds: one(1, 'int64'), nanos: one(2, 'int32') }),
  ObjectMeta: message({
    name: one(1),
    generateName: one(2),
    namespace: one(3),
    uid: one(5),
    resourceVersion: one(6),
    creationTimestamp: one(8, 'Time'),
    labels: map(11),
    annotations: map(12),
    finalizers: many(14),
  }),
  DeleteOptions: message({
    gracePeriodSeconds: one(1, 'int64'),
    preconditions: one(2, 'Preconditions'),
    orphanDependents: one(3, 'bool'),
    propagationPolicy: one(4),
    dryRun: many(5),
  }),
  Preconditions: message({ uid: one(1), resourceVersion: one(2) }),

  ResourceAttributes: message({
    namespace: one(1),
    verb: one(2),
    group: one(3),
    version: one(4),
    resource: one(5),
    subresource: one(6),
    name: one(7),
  }),
  NonResourceAttributes: message({ path: one(1), verb: one(2) }),
  SelfSubjectAccessReview: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'SelfSubjectAccessReviewSpec') }),
  SelfSubjectAccessReviewSpec: message({
    resourceAttributes: one(1, 'ResourceAttributes'),
    nonResourceAttributes: one(2, 'NonResourceAttributes'),
  }),
  SelfSubjectRulesReview: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'SelfSubjectRulesReviewSpec') }),
  SelfSubjectRulesReviewSpec: message({ namespace: one(1) }),
  SelfSubjectReview: message({ metadata: one(1, 'ObjectMeta') }),

  ConfigMap: message({
    metadata: one(1, 'ObjectMeta'),
    data: map(2),
    binaryData: map(3, 'bytes'),
    immutable: one(4, 'bool'),
  }),
  Secret: message({
    metadata: one(1, 'ObjectMeta'),
    data: map(2, 'bytes'),
    type: one(3),
    stringData: map(4),
    immutable: one(5, 'bool'),
  }),
  Namespace: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'NamespaceSpec') }),
  NamespaceSpec: message({ finalizers: many(1) }),
  ServiceAccount: message({
    metadata: one(1, 'ObjectMeta'),
    secrets: many(2, 'ObjectReference'),
    imagePullSecrets: many(3, 'LocalObjectReference'),
    automountServiceAccountToken: one(4, 'bool'),
  }),
  ObjectReference: message({ kind: one(1), namespace: one(2), name: one(3) }),
  LocalObjectReference: message({ name: one(1) }),

  PolicyRule: message({
    verbs: many(1),
    apiGroups: many(2),
    resources: many(3),
    resourceNames: many(4),
    nonResourceURLs: many(5),
  }),
  Role: message({ metadata: one(1, 'ObjectMeta'), rules: many(2, 'PolicyRule') }),
  ClusterRole: message({ metadata: one(1, 'ObjectMeta'), rules: many(2, 'PolicyRule') }),
  Subject: message({ kind: one(1), apiGroup: one(2), name: one(3), namespace: one(4) }),
  RoleRef: message({ apiGroup: one(1), kind: one(2), name: one(3) }),
  RoleBinding: message({ metadata: one(1, 'ObjectMeta'), subjects: many(2, 'Subject'), roleRef: one(3, 'RoleRef') }),
  ClusterRoleBinding: message({
    metadata: one(1, 'ObjectMeta'),
    subjects: many(2, 'Subject'),
    roleRef: one(3, 'RoleRef'),
  }),

  Service: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'ServiceSpec') }),
  ServiceSpec: message({
    ports: many(1, 'ServicePort'),
    selector: map(2),
    clusterIP: one(3),
    type: one(4),
    externalName: one(10),
  }),
  ServicePort: message({
    name: one(1),
    protocol: one(2),
    port: one(3, 'int32'),
    targetPort: one(4, 'IntOrString'),
    nodePort: one(5, 'int32'),
  }),
  IntOrString: message({ type: one(1, 'int64'), intVal: one(2, 'int32'), strVal: one(3) }),

  Deployment: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'DeploymentSpec') }),
  DeploymentSpec: message({
    replicas: one(1, 'int32'),
    selector: one(2, 'LabelSelector'),
    template: one(3, 'PodTemplateSpec'),
  }),
  LabelSelector: message({ matchLabels: map(1) }),
  Job: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'JobSpec') }),
  JobSpec: message({ template: one(6, 'PodTemplateSpec') }),
  PodTemplateSpec: message({ metadata: one(1, 'ObjectMeta'), spec: one(2, 'PodSpec') }),
  PodSpec: message({ containers: many(2, 'Container'), restartPolicy: one(3), serviceAccountName: one(8) }),
  Container: message({
    name: one(1),
    image: one(2),
    command: many(3),
    args: many(4),
    ports: many(6, 'ContainerPort'),
  }),
  ContainerPort: message({ name: one(1), hostPort: one(2, 'int32'), containerPort: one(3, 'int32'), protocol: one(4) }),
};
