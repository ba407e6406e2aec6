/** The columns of `kubectl get`, as kube-apiserver's printers have them. Cells never show what a Secret holds. */
import { type KubeObject, listAt, numberAt, recordAt, textAt, valueAt } from './object.ts';

export type Cell = string | number;
type Column = {
  name: string;
  /** 0: always shown; 1: with `-o wide`. */
  priority: 0 | 1;
  cell: (object: KubeObject, nowMs: number) => Cell;
};

const shown = (name: string, cell: Column['cell']): Column => ({ name, priority: 0, cell });
const wide = (name: string, cell: Column['cell']): Column => ({ name, priority: 1, cell });
const orNone = (text: string): string => text || '<none>';

/** As `k8s.io/apimachinery/pkg/util/duration.HumanDuration` writes a length: `45s`, `3m12s`, `5h`, `12d`. */
export function humanDuration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const [minute, hour, day, year] = [60, 3_600, 86_400, 31_536_000];
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((total % big) / small);
    return `${Math.floor(total / big)}${bigUnit}${rest ? `${rest}${smallUnit}` : ''}`;
  };
  if (total < 2 * minute) return `${total}s`;
  if (total < 10 * minute) return pair(minute, 'm', 1, 's');
  if (total < 3 * hour) return `${Math.floor(total / minute)}m`;
  if (total < 8 * hour) return pair(hour, 'h', minute, 'm');
  if (total < 2 * day) return `${Math.floor(total / hour)}h`;
  if (total < 8 * day) return pair(day, 'd', hour, 'h');
  if (total < 2 * year) return `${Math.floor(total / day)}d`;
  return pair(year, 'y', day, 'd');
}

const since = (time: string, nowMs: number): string => (time ? humanDuration(nowMs - Date.parse(time)) : '<unknown>');
const name = shown('Name', ({ metadata }) => metadata.name);
const age = shown('Age', ({ metadata }, nowMs) => since(metadata.creationTimestamp, nowMs));
const dataCount = shown(
  'Data',
  (object) => Object.keys({ ...recordAt(object, 'data'), ...recordAt(object, 'binaryData') }).length,
);
const createdAt = shown('Created At', ({ metadata }) => metadata.creationTimestamp);

const labelsText = (labels: object): string =>
  orNone(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  );
const podSpec = (object: KubeObject): unknown => valueAt(object, 'spec', 'template', 'spec');
const ofContainers = (spec: unknown, field: string): string =>
  listAt(spec, 'containers')
    .map((container) => textAt(container, field))
    .join(',');
const templateColumns: readonly Column[] = [
  wide('Containers', (object) => ofContainers(podSpec(object), 'name')),
  wide('Images', (object) => ofContainers(podSpec(object), 'image')),
  wide('Selector', (object) => labelsText(recordAt(object, 'spec', 'selector', 'matchLabels'))),
];
const count = (title: string, ...path: readonly string[]): Column =>
  shown(title, (object) => numberAt(object, ...path));

function podReady(pod: KubeObject): string {
  const ready = listAt(pod, 'status', 'containerStatuses').filter((status) => valueAt(status, 'ready') === true);
  return `${ready.length}/${listAt(pod, 'spec', 'containers').length}`;
}
const podStatus = (pod: KubeObject): string =>
  pod.metadata.deletionTimestamp
    ? 'Terminating'
    : textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase') || 'Unknown';
const restarts = (pod: KubeObject): number =>
  listAt(pod, 'status', 'containerStatuses').reduce<number>((sum, status) => sum + numberAt(status, 'restartCount'), 0);

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  const status = textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}
const nodeAddress = (node: KubeObject, type: string): string =>
  orNone(
    textAt(
      listAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type),
      'address',
    ),
  );
const nodeInfo = (title: string, field: string): Column =>
  wide(title, (node) => orNone(textAt(node, 'status', 'nodeInfo', field)));

const servicePorts = (service: KubeObject): string =>
  orNone(
    listAt(service, 'spec', 'ports')
      .map((port) => {
        const nodePort = numberAt(port, 'nodePort');
        return `${numberAt(port, 'port')}${nodePort ? `:${nodePort}` : ''}/${textAt(port, 'protocol') || 'TCP'}`;
      })
      .join(','),
  );

function endpointAddresses(endpoints: KubeObject): string {
  const all = listAt(endpoints, 'subsets').flatMap((subset) =>
    listAt(subset, 'addresses').flatMap((address) =>
      listAt(subset, 'ports').map((port) => `${textAt(address, 'ip')}:${numberAt(port, 'port')}`),
    ),
  );
  return orNone(all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(','));
}

const subjects = (title: string, kind: string): Column =>
  wide(title, (binding) =>
    listAt(binding, 'subjects')
      .filter((subject) => textAt(subject, 'kind') === kind)
      .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '') + textAt(subject, 'name'))
      .join(', '),
  );
const bindingColumns: readonly Column[] = [
  name,
  shown('Role', (binding) => `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`),
  age,
  subjects('Users', 'User'),
  subjects('Groups', 'Group'),
  subjects('ServiceAccounts', 'ServiceAccount'),
];

const jobStatus = (job: KubeObject): string => {
  const done = listAt(job, 'status', 'conditions').find((condition) => textAt(condition, 'status') === 'True');
  return textAt(done, 'type') || 'Running';
};

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    name,
    shown('Ready', podReady),
    shown('Status', podStatus),
    shown('Restarts', restarts),
    age,
    wide('IP', (pod) => orNone(textAt(pod, 'status', 'podIP'))),
    wide('Node', (pod) => orNone(textAt(pod, 'spec', 'nodeName'))),
    wide('Nominated Node', (pod) => orNone(textAt(pod, 'status', 'nominatedNodeName'))),
    wide('Readiness Gates', () => '<none>'),
  ],
  Node: [
    name,
    shown('Status', nodeStatus),
    shown('Roles', () => '<none>'),
    age,
    shown('Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', (node) => nodeAddress(node, 'InternalIP')),
    wide('External-IP', (node) => nodeAddress(node, 'ExternalIP')),
    nodeInfo('OS-Image', 'osImage'),
    nodeInfo('Kernel-Version', 'kernelVersion'),
    nodeInfo('Container-Runtime', 'containerRuntimeVersion'),
  ],
  Namespace: [name, shown('Status', (namespace) => textAt(namespace, 'status', 'phase')), age],
  ConfigMap: [name, dataCount, age],
  Secret: [name, shown('Type', (secret) => textAt(secret, 'type')), dataCount, age],
  Service: [
    name,
    shown('Type', (service) => textAt(service, 'spec', 'type')),
    shown('Cluster-IP', (service) => orNone(textAt(service, 'spec', 'clusterIP'))),
    shown('External-IP', (service) => orNone(textAt(service, 'spec', 'externalName'))),
    shown('Port(s)', servicePorts),
    age,
    wide('Selector', (service) => labelsText(recordAt(service, 'spec', 'selector'))),
  ],
  Endpoints: [name, shown('Endpoints', endpointAddresses), age],
  Event: [
    shown('Last Seen', (event, nowMs) => since(textAt(event, 'lastTimestamp'), nowMs)),
    shown('Type', (event) => textAt(event, 'type')),
    shown('Reason', (event) => textAt(event, 'reason')),
    shown(
      'Object',
      (event) => `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`,
    ),
    wide('Source', (event) => textAt(event, 'source', 'component')),
    shown('Message', (event) => textAt(event, 'message').trim()),
    wide('Count', (event) => numberAt(event, 'count')),
    wide('Name', ({ metadata }) => metadata.name),
  ],
  ServiceAccount: [name, shown('Secrets', (account) => listAt(account, 'secrets').length), age],
  Deployment: [
    name,
    shown(
      'Ready',
      (deployment) => `${numberAt(deployment, 'status', 'readyReplicas')}/${numberAt(deployment, 'spec', 'replicas')}`,
    ),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    age,
    ...templateColumns,
  ],
  ReplicaSet: [
    name,
    count('Desired', 'spec', 'replicas'),
    count('Current', 'status', 'replicas'),
    count('Ready', 'status', 'readyReplicas'),
    age,
    ...templateColumns,
  ],
  DaemonSet: [
    name,
    count('Desired', 'status', 'desiredNumberScheduled'),
    count('Current', 'status', 'currentNumberScheduled'),
    count('Ready', 'status', 'numberReady'),
    count('Up-to-date', 'status', 'updatedNumberScheduled'),
    count('Available', 'status', 'numberAvailable'),
    shown('Node Selector', (set) => labelsText(recordAt(set, 'spec', 'template', 'spec', 'nodeSelector'))),
    age,
    ...templateColumns,
  ],
  Job: [
    name,
    shown('Status', jobStatus),
    shown('Completions', (job) => `${numberAt(job, 'status', 'succeeded')}/${numberAt(job, 'spec', 'completions')}`),
    shown('Duration', (job, nowMs) => {
      const start = textAt(job, 'status', 'startTime');
      const end = textAt(job, 'status', 'completionTime');
      return start ? humanDuration((end ? Date.parse(end) : nowMs) - Date.parse(start)) : '';
    }),
    age,
    ...templateColumns.slice(0, 2),
  ],
  Role: [name, createdAt],
  ClusterRole: [name, createdAt],
  RoleBinding: bindingColumns,
  ClusterRoleBinding: bindingColumns,
};

export const columnsOf = (kind: string): readonly Column[] => COLUMNS[kind] ?? [name, age];
