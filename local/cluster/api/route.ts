/** From an authorized request to the handler that answers it. */
import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../review.ts';
import { type Answer, json } from './answer.ts';
import { decodeObject, mediaTypeOf, parseJson, readBody } from './body.ts';
import type { ClusterState, ObjectRequest } from './cluster-state.ts';
import { findEndpoint, findKind, type Kind, kindCalled } from './kinds.ts';
import { listObjects } from './list.ts';
import type { KubeObject } from './object.ts';
import { servePath } from './paths.ts';
import { servePodSubresource } from './pods.ts';
import { deleted, methodNotAllowed, noSuchResource, unsupportedMediaType } from './refusal.ts';
import { deleteCollection, deleteObject } from './remove.ts';
import { negotiate, type Representation, representList, representOne } from './representation.ts';
import type { RequestInfo, ResourceRequest } from './request-info.ts';
import { serveReview } from './reviews.ts';
import { patchScale, replaceScale, scaleOf } from './scale.ts';
import { watchObjects } from './watch.ts';
import {
  aboutOf,
  applyObject,
  createObject,
  mustExist,
  PATCH_TYPES,
  type PatchType,
  patchObject,
  replaceObject,
} from './write.ts';

type Routed = { cluster: ClusterState; user: UserInfo; info: RequestInfo; request: IncomingMessage };
type Handling = { routed: Routed; asked: ObjectRequest; form: Representation };
type Handler = (handling: Handling) => Answer | Promise<Answer>;

const bodyOf = async ({ request }: Routed): Promise<Buffer> => readBody(request);
const contentType = ({ request }: Routed): string | undefined => request.headers['content-type'];

function shown({ asked, form }: Handling, code: number, object: KubeObject): Answer {
  return json(code, representOne(asked.kind, object, form, asked.cluster.clock.now()), object.metadata.name);
}

const create: Handler = async (handling) => {
  const { routed, asked } = handling;
  if (asked.name || (asked.kind.namespaced && !asked.namespace)) throw methodNotAllowed();
  const body = decodeObject(await bodyOf(routed), contentType(routed));
  return shown(handling, 201, createObject(asked, body));
};

const update: Handler = async (handling) => {
  const { routed, asked } = handling;
  if (!asked.name) throw methodNotAllowed();
  const body = decodeObject(await bodyOf(routed), contentType(routed));
  return shown(handling, 200, replaceObject(asked, body));
};

const MERGE_PATCH = 'application/merge-patch+json';
const isPatchType = (type: string): type is PatchType => PATCH_TYPES.some((known) => known === type);

const patch: Handler = async (handling) => {
  const { routed, asked } = handling;
  if (!asked.name) throw methodNotAllowed();
  const type = mediaTypeOf(contentType(routed));
  if (!isPatchType(type)) throw unsupportedMediaType(PATCH_TYPES);
  const bytes = await bodyOf(routed);
  if (type === 'application/apply-patch+yaml') {
    const { object, created } = applyObject(asked, decodeObject(bytes, type));
    return shown(handling, created ? 201 : 200, object);
  }
  return shown(handling, 200, patchObject(asked, type, parseJson(bytes)));
};

/** A DeleteOptions, or nothing at all. */
async function readOptions(routed: Routed): Promise<unknown> {
  const bytes = await bodyOf(routed);
  return bytes.length === 0 ? undefined : decodeObject(bytes, contentType(routed));
}

const remove: Handler = async ({ routed, asked }) => {
  const options = await readOptions(routed);
  const { metadata } = deleteObject(asked, options);
  return json(200, deleted(aboutOf(asked), metadata.uid));
};

const listing = ({ asked, form }: Handling, objects: readonly KubeObject[], metadata: object): Answer =>
  json(200, representList(asked.kind, objects, metadata, form, asked.cluster.clock.now()));

const removeAll: Handler = async (handling) => {
  const { routed, asked } = handling;
  if (asked.kind === kindCalled('Namespace') || (asked.kind.namespaced && !asked.namespace)) throw methodNotAllowed();
  const removed = deleteCollection(asked, await readOptions(routed));
  return listing(handling, removed, { resourceVersion: String(asked.cluster.store.revision()) });
};

const list: Handler = (handling) => {
  const { objects, metadata } = listObjects(handling.asked);
  return listing(handling, objects, metadata);
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  get: (handling) => shown(handling, 200, mustExist(handling.asked)),
  list,
  watch: ({ asked, form }) => watchObjects(asked, form),
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeAll,
};

function objectRequest({ cluster, user, info }: Routed, kind: Kind, on: ResourceRequest): ObjectRequest {
  if (!kind.namespaced && on.namespace && kind.kind !== 'Namespace') throw noSuchResource();
  return { cluster, user, kind, namespace: kind.namespaced ? on.namespace : '', name: on.name, query: info.query };
}

async function serveReviewPosted(routed: Routed, on: ResourceRequest): Promise<Answer> {
  const endpoint = findEndpoint(on.group, on.version, on.resource);
  if (!endpoint || on.subresource || on.name) throw noSuchResource();
  if (routed.info.verb !== 'create') throw methodNotAllowed();
  if (endpoint.namespaced !== (on.namespace !== '')) throw noSuchResource();
  const body = decodeObject(await bodyOf(routed), contentType(routed));
  const { cluster, user } = routed;
  return json(201, await serveReview(on.resource, { cluster, user, namespace: on.namespace, body }));
}

async function serveScale(routed: Routed, asked: ObjectRequest): Promise<Answer> {
  switch (routed.info.verb) {
    case 'get':
      return json(200, scaleOf(mustExist(asked)));
    case 'update':
      return json(200, replaceScale(asked, decodeObject(await bodyOf(routed), contentType(routed))));
    case 'patch':
      if (mediaTypeOf(contentType(routed)) !== MERGE_PATCH) throw unsupportedMediaType([MERGE_PATCH]);
      return json(200, patchScale(asked, parseJson(await bodyOf(routed))));
    default:
      throw methodNotAllowed();
  }
}

function serveSubresource(routed: Routed, asked: ObjectRequest, on: ResourceRequest): Answer | Promise<Answer> {
  if (!findEndpoint(on.group, on.version, `${on.resource}/${on.subresource}`)) throw noSuchResource();
  if (on.subresource === 'scale') return serveScale(routed, asked);
  return servePodSubresource(asked, on.subresource, routed.info);
}

function serveResource(routed: Routed, on: ResourceRequest): Answer | Promise<Answer> {
  const kind = findKind(on.group, on.version, on.resource);
  if (!kind) return serveReviewPosted(routed, on);
  const { info, request } = routed;
  if (on.subresource) return serveSubresource(routed, objectRequest(routed, kind, on), on);
  const handler = HANDLERS[info.verb];
  if (!handler || !Object.hasOwn(HANDLERS, info.verb)) throw methodNotAllowed();
  const form = negotiate(request.headers.accept, info.query);
  return handler({ routed, asked: objectRequest(routed, kind, on), form });
}

/** Throws a `Refusal`. */
export async function route(routed: Routed): Promise<Answer> {
  const { info, request, cluster } = routed;
  if (!info.on) return servePath(info, request.method ?? '', request.headers.host ?? '', cluster.version);
  return serveResource(routed, info.on);
}
