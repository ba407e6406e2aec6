/** Deletion: of one object or of a collection, with what depends on it. Finalizers hold an object back. */
import type { ObjectRequest } from './cluster-state.ts';
import { KINDS, type Kind, kindCalled } from './kinds.ts';
import { isRecord, type JsonRecord, type KubeObject, kubeTime, listAt, textAt, valueAt } from './object.ts';
import { conflict, forbidden } from './refusal.ts';
import { readSelectors } from './selectors.ts';
import { aboutOf, isDryRun, mustExist } from './write.ts';

/** Kubernetes does not let these go. */
const LASTING_NAMESPACES: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

function checkPreconditions(request: ObjectRequest, object: KubeObject, options: JsonRecord): void {
  for (const [field, label, actual] of [
    ['uid', 'UID', object.metadata.uid],
    ['resourceVersion', 'ResourceVersion', object.metadata.resourceVersion],
  ] as const) {
    const wanted = textAt(options, 'preconditions', field);
    if (wanted && wanted !== actual) {
      const why = `Precondition failed: ${label} in precondition: ${wanted.slice(0, 64)}, ${label} in object meta: ${actual}`;
      throw conflict(aboutOf(request), why);
    }
  }
}

const isOwnedBy =
  (uid: string) =>
  (object: KubeObject): boolean =>
    listAt(object, 'metadata', 'ownerReferences').some((owner) => textAt(owner, 'uid') === uid);

/** What goes with an object: all in a namespace; otherwise what names it as its owner. */
function* dependentsOf(
  request: ObjectRequest,
  kind: Kind,
  object: KubeObject,
): Generator<{ kind: Kind; object: KubeObject }> {
  const { store } = request.cluster;
  const { name, namespace = '', uid } = object.metadata;
  for (const each of KINDS.filter(({ namespaced }) => namespaced)) {
    const found =
      kind.kind === 'Namespace' ? store.list(each, name) : store.list(each, namespace).filter(isOwnedBy(uid));
    for (const dependent of found) yield { kind: each, object: dependent };
  }
}

function removeWithDependents(request: ObjectRequest, kind: Kind, object: KubeObject, orphan: boolean): KubeObject {
  const { cluster } = request;
  if (!cluster.store.get(kind, object.metadata.namespace ?? '', object.metadata.name)) return object;
  if (listAt(object, 'metadata', 'finalizers').length > 0) {
    if (object.metadata.deletionTimestamp) return object;
    const deletionTimestamp = kubeTime(cluster.clock.now());
    return cluster.store.put(kind, { ...object, metadata: { ...object.metadata, deletionTimestamp } });
  }
  const removed = cluster.store.remove(kind, object);
  if (!orphan || kind.kind === 'Namespace') {
    for (const dependent of [...dependentsOf(request, kind, object)]) {
      removeWithDependents(request, dependent.kind, dependent.object, false);
    }
  }
  return removed;
}

const isDry = (request: ObjectRequest, options: JsonRecord): boolean =>
  isDryRun(request) || listAt(options, 'dryRun').includes('All');

const isOrphaning = (request: ObjectRequest, options: JsonRecord): boolean =>
  (textAt(options, 'propagationPolicy') || request.query.get('propagationPolicy')) === 'Orphan' ||
  valueAt(options, 'orphanDependents') === true;

/** Deletes one object, and answers it as it was. `options` is a DeleteOptions, or nothing. */
export function deleteObject(request: ObjectRequest, options: unknown): KubeObject {
  const { kind, name } = request;
  const wanted = isRecord(options) ? options : {};
  const object = mustExist(request);
  checkPreconditions(request, object, wanted);
  if (kind === kindCalled('Namespace') && LASTING_NAMESPACES.has(name)) {
    throw forbidden(aboutOf(request), 'this namespace may not be deleted');
  }
  return isDry(request, wanted) ? object : removeWithDependents(request, kind, object, isOrphaning(request, wanted));
}

/** Deletes what the selectors name, and answers it. */
export function deleteCollection(request: ObjectRequest, options: unknown): readonly KubeObject[] {
  const { cluster, kind, namespace, query } = request;
  const found = cluster.store.list(kind, namespace).filter(readSelectors(query, kind));
  return found.map((object) =>
    deleteObject({ ...request, namespace: object.metadata.namespace ?? '', name: object.metadata.name }, options),
  );
}
