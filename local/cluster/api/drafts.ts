/** From what a client sent to an object that may be stored. */
import { randomInt } from 'node:crypto';
import type { ObjectRequest } from './cluster-state.ts';
import { keepKnownFields } from './fields.ts';
import { groupVersion, type Kind } from './kinds.ts';
import { isRecord, type JsonRecord, type KubeObject, kubeTime, type ObjectMeta, recordAt, textAt } from './object.ts';
import { badRequest } from './refusal.ts';
import { checkTypes } from './validation.ts';

/** No vowels and no digits like them: nobody finds a word in a generated name. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const randomSuffix = (): string => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

function checkKind(kind: Kind, body: JsonRecord): void {
  const version = textAt(body, 'apiVersion') || groupVersion(kind);
  const named = textAt(body, 'kind') || kind.kind;
  if (version !== groupVersion(kind)) {
    throw badRequest(
      `the API version in the data (${version.slice(0, 128)}) does not match the expected API version (${groupVersion(kind)})`,
    );
  }
  if (named !== kind.kind) {
    throw badRequest(
      `${named.slice(0, 128)} in version "${kind.version}" cannot be handled as a ${kind.kind}: the kind in the data does not match the expected kind`,
    );
  }
}

function checkPlace(request: ObjectRequest, body: JsonRecord): void {
  const name = textAt(body, 'metadata', 'name');
  const namespace = textAt(body, 'metadata', 'namespace');
  if (request.kind.namespaced && namespace && namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (request.name && name && name !== request.name) {
    throw badRequest(
      `the name of the object (${name.slice(0, 253)}) does not match the name on the URL (${request.name})`,
    );
  }
}

/** Checks that a body is of the request's kind, in its namespace and, if one is named there, of its name. */
function checkBody(request: ObjectRequest, body: JsonRecord): void {
  checkKind(request.kind, body);
  if (body['metadata'] !== undefined && !isRecord(body['metadata'])) {
    throw badRequest(
      `${request.kind.kind} in version "${request.kind.version}" cannot be handled as a ${request.kind.kind}: metadata is not an object`,
    );
  }
  checkPlace(request, body);
}

/** What a client says of an object's state is not listened to: there is no endpoint for statuses here. */
const withoutStatus = ({ status: _status, ...wanted }: JsonRecord): JsonRecord => wanted;

/** What only the server says of an object is dropped from what a client sent. */
function clientMeta(body: JsonRecord): JsonRecord {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...rest } = recordAt(body, 'metadata');
  const {
    managedFields: _fields,
    selfLink: _link,
    deletionTimestamp: _deletion,
    generation: _generation,
    ...kept
  } = rest;
  return kept;
}

export function draftNew(request: ObjectRequest, body: JsonRecord): KubeObject {
  const { kind, cluster } = request;
  checkBody(request, body);
  const generated = textAt(body, 'metadata', 'generateName');
  const name = textAt(body, 'metadata', 'name') || request.name || (generated ? `${generated}${randomSuffix()}` : '');
  const object: KubeObject = {
    ...withoutStatus(keepKnownFields(request, body)),
    apiVersion: groupVersion(kind),
    kind: kind.kind,
    metadata: {
      ...clientMeta(body),
      name,
      ...(kind.namespaced ? { namespace: request.namespace } : {}),
      uid: cluster.newUid(),
      resourceVersion: '',
      creationTimestamp: kubeTime(cluster.clock.now()),
    },
  };
  checkTypes(kind, object);
  return object;
}

const KEPT_META = ['uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'generation'] as const;

/** What the client wants in place of `before`. */
export function draftChange(request: ObjectRequest, before: KubeObject, body: JsonRecord): KubeObject {
  const { kind } = request;
  checkBody(request, body);
  const kept = Object.fromEntries(
    Object.entries(before.metadata).filter(([key]) => KEPT_META.some((name) => name === key)),
  );
  const metadata = {
    ...clientMeta(body),
    ...kept,
    name: before.metadata.name,
    ...(kind.namespaced ? { namespace: request.namespace } : {}),
  } as ObjectMeta;
  const object: KubeObject = {
    ...withoutStatus(keepKnownFields(request, body)),
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata,
    ...('status' in before ? { status: before['status'] } : {}),
  };
  checkTypes(kind, object);
  return object;
}
