/** What the API server itself fills in when an object is made: Kubernetes' defaults, as far as people see them. */
import { createHash } from 'node:crypto';
import { isRecord, type JsonRecord, type KubeObject, recordAt } from './object.ts';

type Fill = (object: KubeObject) => KubeObject;

/** `stringData` is write-only: it ends up in `data`, encoded. */
export function foldStringData(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { stringData, ...rest } = object;
  if (!isRecord(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...recordAt(object, 'data'), ...Object.fromEntries(encoded) } } as KubeObject;
}

const withSpec = (object: KubeObject, spec: JsonRecord): KubeObject => ({
  ...object,
  spec: { ...spec, ...recordAt(object, 'spec') },
});

const fillNamespace: Fill = (object) => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
  },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

/** No scheduler runs: a new pod waits for ever. */
const fillPod: Fill = (object) => ({
  ...withSpec(object, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
  }),
  status: { phase: 'Pending', qosClass: 'BestEffort' },
});

/** An address of EKS's default service range, the same for the same service. */
function clusterIpFor(object: KubeObject): string {
  const hash = createHash('sha256').update(`${object.metadata.namespace}/${object.metadata.name}`).digest();
  return `10.100.${hash[0]}.${1 + ((hash[1] ?? 0) % 254)}`;
}

const fillService: Fill = (object) => {
  const filled = withSpec(object, { clusterIP: clusterIpFor(object), sessionAffinity: 'None', type: 'ClusterIP' });
  return { ...filled, status: { loadBalancer: {} } };
};

/** No controller runs: the status stays as it was made. */
const fillWorkload: Fill = (object) => ({
  ...withSpec(object, object.kind === 'Job' ? { completions: 1, parallelism: 1 } : { replicas: 1 }),
  metadata: { ...object.metadata, generation: 1 },
  status: {},
});

const FILLS: Readonly<Record<string, Fill>> = {
  Secret: (object) => ({ type: 'Opaque', ...foldStringData(object) }),
  Namespace: fillNamespace,
  Pod: fillPod,
  Service: fillService,
  Deployment: fillWorkload,
  ReplicaSet: fillWorkload,
  DaemonSet: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
    status: {},
  }),
  Job: fillWorkload,
};

export const fillDefaults = (object: KubeObject): KubeObject => FILLS[object.kind]?.(object) ?? object;
