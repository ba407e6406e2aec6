/** How the objects of a new cluster are written down: what the server itself would add is added by `plant`. */
import { createHash } from 'node:crypto';
import { groupVersion, kindCalled } from '../api/kinds.ts';
import { type JsonRecord, type KubeObject, kubeTime } from '../api/object.ts';

export type Blueprint = {
  kind: string;
  name: string;
  namespace?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  /** Kind and name of what made it, in the same namespace. */
  owner?: readonly [kind: string, name: string];
  body?: JsonRecord;
};

/** The same for the same object of the same cluster, so that a seeded cluster looks the same on every laptop. */
function uidFor(clusterArn: string, kind: string, namespace: string, name: string): string {
  const hash = createHash('sha256').update(`${clusterArn}/${kind}/${namespace}/${name}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

export function plant(clusterArn: string, createdAtMs: number, blueprint: Blueprint): KubeObject {
  const { kind: kindName, name, namespace, labels, annotations, owner, body } = blueprint;
  const kind = kindCalled(kindName);
  const ownerReferences = owner && [
    {
      apiVersion: groupVersion(kindCalled(owner[0])),
      kind: owner[0],
      name: owner[1],
      uid: uidFor(clusterArn, owner[0], namespace ?? '', owner[1]),
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
  return {
    apiVersion: groupVersion(kind),
    kind: kindName,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      uid: uidFor(clusterArn, kindName, namespace ?? '', name),
      resourceVersion: '',
      creationTimestamp: kubeTime(createdAtMs),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
    },
    ...body,
  };
}
