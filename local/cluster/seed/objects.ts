/** A small EKS cluster on its first day: two nodes, what EKS installs, and two teams with an application each. */
import type { Blueprint } from './blueprint.ts';
import { RBAC_OBJECTS } from './rbac.ts';
import { daemonSet, deployment, type SeedNode, type Workload } from './workloads.ts';

type SeedOptions = {
  region: string;
  account: string;
  /** `v1.35.4-eks-…`, which the nodes run, too. */
  version: string;
  /** RFC 3339. */
  startedAt: string;
  caCertificate: string;
};

const nodesOf = (region: string): readonly SeedNode[] => [
  {
    name: `ip-10-0-11-24.${region}.compute.internal`,
    ip: '10.0.11.24',
    zone: `${region}a`,
    instanceId: 'i-0a1b2c3d4e5f60011',
  },
  {
    name: `ip-10-0-12-87.${region}.compute.internal`,
    ip: '10.0.12.87',
    zone: `${region}b`,
    instanceId: 'i-0a1b2c3d4e5f60012',
  },
];

function nodeBlueprint(node: SeedNode, { region, version }: SeedOptions): Blueprint {
  return {
    kind: 'Node',
    name: node.name,
    labels: {
      'eks.amazonaws.com/nodegroup': 'default',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': node.name,
      'kubernetes.io/os': 'linux',
      'node.kubernetes.io/instance-type': 'm6i.large',
      'topology.kubernetes.io/region': region,
      'topology.kubernetes.io/zone': node.zone,
    },
    body: {
      spec: { providerID: `aws:///${node.zone}/${node.instanceId}` },
      status: {
        addresses: [
          { type: 'InternalIP', address: node.ip },
          { type: 'Hostname', address: node.name },
        ],
        capacity: { cpu: '2', memory: '7934Mi', pods: '29' },
        allocatable: { cpu: '1930m', memory: '7244Mi', pods: '29' },
        conditions: [
          { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
        ],
        nodeInfo: {
          architecture: 'amd64',
          containerRuntimeVersion: 'containerd://2.1.5',
          kernelVersion: '6.12.46-66.121.amzn2023.x86_64',
          kubeletVersion: version,
          operatingSystem: 'linux',
          osImage: 'Amazon Linux 2023',
        },
      },
    },
  };
}

const NAMESPACES = ['default', 'dev', 'kube-node-lease', 'kube-public', 'kube-system', 'team-a'] as const;

function namespaceBlueprints(name: string, { caCertificate }: SeedOptions): Blueprint[] {
  return [
    {
      kind: 'Namespace',
      name,
      labels: { 'kubernetes.io/metadata.name': name },
      body: { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    },
    { kind: 'ServiceAccount', name: 'default', namespace: name },
    { kind: 'ConfigMap', name: 'kube-root-ca.crt', namespace: name, body: { data: { 'ca.crt': caCertificate } } },
  ];
}

/** The article's ConfigMap: present, as in every cluster that has node groups, and read by nobody in mode API. */
function awsAuth({ account }: SeedOptions): Blueprint {
  const roles = [
    `- rolearn: arn:aws:iam::${account}:role/eks-node`,
    '  username: system:node:{{EC2PrivateDNSName}}',
    '  groups:',
    '    - system:bootstrappers',
    '    - system:nodes',
  ];
  return {
    kind: 'ConfigMap',
    name: 'aws-auth',
    namespace: 'kube-system',
    body: { data: { mapRoles: `${roles.join('\n')}\n` } },
  };
}

const service = (
  name: string,
  namespace: string,
  clusterIP: string,
  ports: object[],
  extra: Partial<Blueprint> = {},
): Blueprint => ({
  kind: 'Service',
  name,
  namespace,
  body: {
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports,
      sessionAffinity: 'None',
      ...(extra.labels?.['k8s-app'] ? { selector: { 'k8s-app': extra.labels['k8s-app'] } } : {}),
    },
    status: { loadBalancer: {} },
  },
  ...extra,
});

function systemBlueprints(base: Pick<Workload, 'nodes' | 'startedAt'>): Blueprint[] {
  const workload = (name: string, image: string, subnet: string): Workload => ({
    ...base,
    namespace: 'kube-system',
    name,
    image: `602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/${image}`,
    labels: { 'k8s-app': name === 'coredns' ? 'kube-dns' : name },
    subnet,
  });
  const dns = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
  ];
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  return [
    ...deployment(workload('coredns', 'coredns:v1.12.4-eksbuild.1', '0.21')),
    ...daemonSet(workload('aws-node', 'amazon-k8s-cni:v1.20.4', '0.22')),
    ...daemonSet(workload('kube-proxy', 'kube-proxy:v1.35.0-eksbuild.2', '0.23')),
    service('kube-dns', 'kube-system', '10.100.0.10', dns, { labels }),
    service('kubernetes', 'default', '10.100.0.1', [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 443 }], {
      labels: { component: 'apiserver', provider: 'kubernetes' },
    }),
    {
      kind: 'Endpoints',
      name: 'kubernetes',
      namespace: 'default',
      body: { subsets: [{ addresses: [{ ip: '10.0.1.10' }], ports: [{ name: 'https', port: 443, protocol: 'TCP' }] }] },
    },
  ];
}

/** A demo application. Its secret opens nothing: it is there to be refused. */
function teamBlueprints(
  namespace: string,
  name: string,
  subnet: string,
  base: Pick<Workload, 'nodes' | 'startedAt'>,
): Blueprint[] {
  const labels = { app: name };
  const image = 'public.ecr.aws/nginx/nginx:1.29';
  const event = {
    involvedObject: { kind: 'Deployment', namespace, name, apiVersion: 'apps/v1' },
    reason: 'ScalingReplicaSet',
    message: `Scaled up replica set ${name}-5d8f7c9b64 from 0 to ${base.nodes.length}`,
    source: { component: 'deployment-controller' },
    type: 'Normal',
    count: 1,
    firstTimestamp: base.startedAt,
    lastTimestamp: base.startedAt,
  };
  return [
    ...deployment({ ...base, namespace, name, image, labels, subnet }),
    service(
      name,
      namespace,
      `10.100.${subnet.replace(/^0\./, '')}.20`,
      [{ port: 80, protocol: 'TCP', targetPort: 8080 }],
      { labels },
    ),
    {
      kind: 'ConfigMap',
      name: `${name}-settings`,
      namespace,
      body: { data: { LOG_LEVEL: 'info', FEATURE_GREETING: 'on' } },
    },
    {
      kind: 'Secret',
      name: `${name}-credentials`,
      namespace,
      body: {
        type: 'Opaque',
        data: {
          username: Buffer.from(name).toString('base64'),
          password: Buffer.from('only-a-demonstration').toString('base64'),
        },
      },
    },
    { kind: 'Event', name: `${name}.17a1b2c3d4e5f601`, namespace, body: event },
  ];
}

export function seedBlueprints(options: SeedOptions): Blueprint[] {
  const base = { nodes: nodesOf(options.region), startedAt: options.startedAt };
  return [
    ...RBAC_OBJECTS,
    ...NAMESPACES.flatMap((name) => namespaceBlueprints(name, options)),
    ...base.nodes.map((node) => nodeBlueprint(node, options)),
    awsAuth(options),
    ...systemBlueprints(base),
    ...teamBlueprints('dev', 'greeter', '0.31', base),
    ...teamBlueprints('team-a', 'orders', '0.32', base),
  ];
}
