/** Create, update and patch. Nothing here awaits: two requests cannot come between each other's read and write. */
import { isDeepStrictEqual } from 'node:util';
import type { ObjectRequest } from './cluster-state.ts';
import { fillDefaults, foldStringData } from './defaults.ts';
import { draftChange, draftNew } from './drafts.ts';
import { checkEscalation } from './escalation.ts';
import { jsonPatch, PatchFailed } from './json-patch.ts';
import { kindCalled } from './kinds.ts';
import { mergePatch, strategicMergePatch } from './merge.ts';
import { isRecord, type JsonRecord, type KubeObject, kubeTime, listAt, textAt } from './object.ts';
import { type About, alreadyExists, badRequest, conflict, invalid, notFound, Refusal } from './refusal.ts';
import { validate, validateChange } from './validation.ts';

export const aboutOf = ({ kind, name }: ObjectRequest): About => ({ group: kind.group, resource: kind.resource, name });

/** Whether the request is only to be tried. Throws a 422 for a directive that does not exist. */
export function isDryRun({ query, kind }: ObjectRequest): boolean {
  const directives = query.getAll('dryRun').filter(Boolean);
  const unknown = directives.find((directive) => directive !== 'All');
  if (unknown === undefined) return directives.length > 0;
  const detail = 'supported values: "All"';
  throw invalid(kind.kind, kind.group, '', [{ type: 'NotSupported', field: 'dryRun', value: [unknown], detail }]);
}

function store(request: ObjectRequest, object: KubeObject): KubeObject {
  return isDryRun(request) ? object : request.cluster.store.put(request.kind, object);
}

function mustHaveNamespace({ cluster, kind, namespace }: ObjectRequest): void {
  if (kind.namespaced && !cluster.store.get(kindCalled('Namespace'), '', namespace)) {
    throw notFound({ group: '', resource: 'namespaces', name: namespace });
  }
}

/** What Kubernetes' controllers put into a new namespace, and clients rely on. */
function furnishNamespace(request: ObjectRequest, namespace: string): void {
  const { cluster } = request;
  const metadata = (name: string) => ({
    name,
    namespace,
    uid: cluster.newUid(),
    resourceVersion: '',
    creationTimestamp: kubeTime(cluster.clock.now()),
  });
  cluster.store.put(kindCalled('ServiceAccount'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata('default'),
  });
}

export function createObject(request: ObjectRequest, body: JsonRecord): KubeObject {
  const { cluster, kind, namespace } = request;
  const object = fillDefaults(draftNew(request, body));
  mustHaveNamespace(request);
  validate(kind, object);
  const { name } = object.metadata;
  if (cluster.store.get(kind, namespace, name)) throw alreadyExists({ ...aboutOf(request), name });
  checkEscalation(request, object);
  const stored = store(request, object);
  if (kind.kind === 'Namespace' && !isDryRun(request)) furnishNamespace(request, name);
  return stored;
}

export function mustExist(request: ObjectRequest): KubeObject {
  const found = request.cluster.store.get(request.kind, request.namespace, request.name);
  if (!found) throw notFound(aboutOf(request));
  return found;
}

/** A resource version or uid that the client names must be the stored one's. */
function checkPreconditions(request: ObjectRequest, before: KubeObject, body: JsonRecord): void {
  const version = textAt(body, 'metadata', 'resourceVersion');
  const uid = textAt(body, 'metadata', 'uid');
  if (uid && uid !== before.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid.slice(0, 64)}, UID in object meta: ${before.metadata.uid}`;
    throw conflict(aboutOf(request), why);
  }
  if (version && version !== '0' && version !== before.metadata.resourceVersion) {
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    throw conflict(aboutOf(request), why);
  }
}

/** A change of what is wanted, not of metadata or status, counts as a new generation. */
function countGeneration(before: KubeObject, after: KubeObject): KubeObject {
  const { generation } = before.metadata;
  if (generation === undefined || isDeepStrictEqual(before['spec'], after['spec'])) return after;
  return { ...after, metadata: { ...after.metadata, generation: generation + 1 } };
}

export function replaceObject(request: ObjectRequest, body: JsonRecord): KubeObject {
  const { kind, cluster } = request;
  const before = mustExist(request);
  checkPreconditions(request, before, body);
  const after = countGeneration(before, foldStringData(draftChange(request, before, body)));
  validate(kind, after);
  validateChange(kind, before, after);
  if (isDeepStrictEqual(before, after)) return before;
  checkEscalation(request, after);
  const leaving = after.metadata.deletionTimestamp && listAt(after, 'metadata', 'finalizers').length === 0;
  if (leaving && !isDryRun(request)) return cluster.store.remove(kind, after);
  return store(request, after);
}

const REJECTED = 'the server rejected our request due to an error in our request';

function applyJsonPatch(before: KubeObject, operations: unknown): unknown {
  if (!Array.isArray(operations))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  try {
    return jsonPatch(before, operations);
  } catch (error) {
    if (error instanceof PatchFailed) throw new Refusal(422, 'Invalid', REJECTED, {});
    throw error;
  }
}

export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;
export type PatchType = (typeof PATCH_TYPES)[number];

function patched(
  type: Exclude<PatchType, 'application/apply-patch+yaml'>,
  before: KubeObject,
  patch: unknown,
): unknown {
  if (type === 'application/json-patch+json') return applyJsonPatch(before, patch);
  if (!isRecord(patch)) throw badRequest('error decoding patch: the patch is not an object');
  return type === 'application/merge-patch+json' ? mergePatch(before, patch) : strategicMergePatch(before, patch);
}

export function patchObject(
  request: ObjectRequest,
  type: Exclude<PatchType, 'application/apply-patch+yaml'>,
  patch: unknown,
): KubeObject {
  const before = mustExist(request);
  const body = patched(type, before, patch);
  if (!isRecord(body)) throw new Refusal(422, 'Invalid', REJECTED, {});
  return replaceObject(request, body);
}

function requireFieldManager({ query }: ObjectRequest): void {
  if (query.get('fieldManager')) return;
  const detail = 'is required for apply patch';
  throw invalid('PatchOptions', 'meta.k8s.io', '', [{ type: 'Required', field: 'fieldManager', detail }]);
}

/** Server-side apply: made if missing, else merged. No field is owned by anybody, so nothing conflicts. */
export function applyObject(request: ObjectRequest, body: JsonRecord): { object: KubeObject; created: boolean } {
  requireFieldManager(request);
  const { cluster, kind, namespace, name } = request;
  const before = cluster.store.get(kind, namespace, name);
  if (!before) return { object: createObject(request, body), created: true };
  checkPreconditions(request, before, body);
  const merged = strategicMergePatch(before, body);
  return { object: replaceObject(request, isRecord(merged) ? merged : body), created: false };
}
