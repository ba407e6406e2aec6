/** Deployments and daemon sets with the pods that their controllers would have made, all running. */
import type { JsonRecord } from '../api/object.ts';
import type { Blueprint } from './blueprint.ts';

export type SeedNode = { name: string; ip: string; zone: string; instanceId: string };
export type Workload = {
  namespace: string;
  name: string;
  image: string;
  labels: Readonly<Record<string, string>>;
  nodes: readonly SeedNode[];
  /** Second and third number of the pods' addresses. */
  subnet: string;
  startedAt: string;
};

const RUNNING = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True' }));
/** Fixed, so that a page of documentation can show them. */
const REPLICA_SUFFIXES = ['7xk2p', 'q9v4d'] as const;
const TEMPLATE_HASH = '5d8f7c9b64';
const FIRST_REVISION = { 'deployment.kubernetes.io/revision': '1' } as const;

const containersOf = ({ name, image }: Workload): JsonRecord[] => [
  { name, image, imagePullPolicy: 'IfNotPresent', resources: {} },
];
const templateOf = (workload: Workload): JsonRecord => ({
  metadata: { labels: workload.labels },
  spec: { containers: containersOf(workload), restartPolicy: 'Always' },
});

function podStatus({ name, image, subnet, startedAt }: Workload, node: SeedNode, index: number): JsonRecord {
  const podIP = `10.${subnet}.${10 + index}`;
  const state = { running: { startedAt } };
  return {
    phase: 'Running',
    hostIP: node.ip,
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: startedAt,
    qosClass: 'BestEffort',
    conditions: RUNNING,
    containerStatuses: [{ name, image, ready: true, started: true, restartCount: 0, state }],
  };
}

function podsOf(workload: Workload, prefix: string, owner: readonly [string, string]): Blueprint[] {
  return workload.nodes.map((node, index) => ({
    kind: 'Pod',
    name: `${prefix}-${REPLICA_SUFFIXES[index % REPLICA_SUFFIXES.length]}`,
    namespace: workload.namespace,
    labels: workload.labels,
    owner,
    body: {
      spec: {
        containers: containersOf(workload),
        nodeName: node.name,
        restartPolicy: 'Always',
        serviceAccountName: 'default',
      },
      status: podStatus(workload, node, index),
    },
  }));
}

/** One replica on each of the workload's nodes. */
export function deployment(workload: Workload): Blueprint[] {
  const { namespace, name, labels } = workload;
  const replicas = workload.nodes.length;
  const set = `${name}-${TEMPLATE_HASH}`;
  const spec = { replicas, selector: { matchLabels: labels }, template: templateOf(workload) };
  const annotations = FIRST_REVISION;
  const ready = { replicas, readyReplicas: replicas, availableReplicas: replicas };
  return [
    {
      kind: 'Deployment',
      name,
      namespace,
      labels,
      annotations,
      body: { spec, status: { ...ready, updatedReplicas: replicas } },
    },
    {
      kind: 'ReplicaSet',
      name: set,
      namespace,
      labels,
      annotations,
      owner: ['Deployment', name],
      body: { spec, status: ready },
    },
    ...podsOf(workload, set, ['ReplicaSet', set]),
  ];
}

export function daemonSet(workload: Workload): Blueprint[] {
  const { namespace, name, labels } = workload;
  const count = workload.nodes.length;
  const status = {
    desiredNumberScheduled: count,
    currentNumberScheduled: count,
    numberReady: count,
    updatedNumberScheduled: count,
    numberAvailable: count,
  };
  const spec = { selector: { matchLabels: labels }, template: templateOf(workload) };
  return [
    { kind: 'DaemonSet', name, namespace, labels, body: { spec, status } },
    ...podsOf(workload, name, ['DaemonSet', name]),
  ];
}
