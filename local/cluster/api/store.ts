/**
 * The objects of one cluster, with Kubernetes' resource versions and watches. Kept in local storage; read from
 * memory, which is filled once at the start. What happened is remembered for a while, so that a watch can begin where
 * a list ended; after a restart nothing is, and a client that asks for earlier has to list again, as with etcd.
 */
import type { Storage } from '../../storage.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import { expired } from './refusal.ts';

export type StoreEvent = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  /** As it was before; absent for ADDED. */
  before?: KubeObject;
};
type Listener = (event: StoreEvent) => void;

export type ObjectStore = {
  get(kind: Kind, namespace: string, name: string): KubeObject | undefined;
  /** Ordered by namespace, then name. All namespaces for `''`. */
  list(kind: Kind, namespace: string): readonly KubeObject[];
  /** Stores the object under a new resource version, and answers it with that. */
  put(kind: Kind, object: KubeObject): KubeObject;
  /** Answers the object as its watchers see it go. */
  remove(kind: Kind, object: KubeObject): KubeObject;
  /** The resource version of the latest change. */
  revision(): number;
  /**
   * Tells `listener` of every change of the kind, in the namespace unless that is `''`, after the resource version
   * `since`: those past at once, others as they come. The answer ends it. Throws a 410 if `since` is too long ago.
   */
  watch(kind: Kind, namespace: string, since: number, listener: Listener): () => void;
};

type Change = StoreEvent & { revision: number; prefix: string };
type Watcher = { prefix: string; listener: Listener };

const REMEMBERED_CHANGES = 1_000;

const prefixOf = (kind: Kind, namespace: string): string =>
  `${kind.group}/${kind.resource}/${kind.namespaced && namespace ? `${namespace}/` : ''}`;
const keyOf = (kind: Kind, namespace: string, name: string): string =>
  `${kind.group}/${kind.resource}/${kind.namespaced ? namespace : ''}/${name}`;

export function openObjectStore(storage: Storage, clusterArn: string): ObjectStore {
  const kept = storage.collection<KubeObject>(`cluster/objects/${clusterArn}`);
  const counters = storage.collection<number>('cluster/revisions');
  const objects = new Map(kept.list().map(({ key, value }) => [key, value]));
  let revision = counters.get(clusterArn) ?? 1;
  const changes: Change[] = [];
  const watchers = new Set<Watcher>();

  /** Storage first: what a watcher was told must still be true after a crash. */
  const record = (key: string, type: StoreEvent['type'], draft: KubeObject, before?: KubeObject): KubeObject => {
    const next = revision + 1;
    const object = { ...draft, metadata: { ...draft.metadata, resourceVersion: String(next) } };
    storage.transaction(() => {
      if (type === 'DELETED') kept.delete(key);
      else kept.put(key, object);
      counters.put(clusterArn, next);
    });
    revision = next;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
    const change: Change = { type, object, revision, prefix: key, ...(before ? { before } : {}) };
    changes.push(change);
    if (changes.length > REMEMBERED_CHANGES) changes.shift();
    for (const watcher of [...watchers]) if (key.startsWith(watcher.prefix)) watcher.listener(change);
    return object;
  };

  return {
    get: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    list(kind, namespace) {
      const prefix = prefixOf(kind, namespace);
      return [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object);
    },
    put(kind, object) {
      const key = keyOf(kind, object.metadata.namespace ?? '', object.metadata.name);
      const before = objects.get(key);
      return record(key, before ? 'MODIFIED' : 'ADDED', object, before);
    },
    remove: (kind, object) =>
      record(keyOf(kind, object.metadata.namespace ?? '', object.metadata.name), 'DELETED', object, object),
    revision: () => revision,
    watch(kind, namespace, since, listener) {
      const oldest = (changes[0]?.revision ?? revision + 1) - 1;
      if (since < oldest) throw expired(`too old resource version: ${since} (${oldest})`);
      const watcher = { prefix: prefixOf(kind, namespace), listener };
      for (const change of changes) {
        if (change.revision > since && change.prefix.startsWith(watcher.prefix)) listener(change);
      }
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
