/**
 * What a request is about, read from its method and path alone, as `k8s.io/apiserver/pkg/endpoints/request` reads it:
 * this is what gets authorized and audited, before anybody looks whether such a thing exists.
 */
import type { AccessReviewSpec } from '../review.ts';
import { badRequest } from './refusal.ts';

export type ResourceRequest = {
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  /** Empty for a collection. */
  name: string;
};
export type RequestInfo = { verb: string; path: string; query: URLSearchParams; on?: ResourceRequest };

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Subresources of a namespace itself; any other word there is a resource inside the namespace. */
const OF_NAMESPACE: ReadonlySet<string> = new Set(['status', 'finalize']);

function splitPath(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw badRequest('the path is not properly percent-encoded');
  }
}

function readResource(parts: readonly string[], group: string, version: string): ResourceRequest | undefined {
  const [first, second = '', third = '', ...rest] = parts;
  if (!first) return undefined;
  if (first !== 'namespaces') {
    return { group, version, namespace: '', resource: first, name: second, subresource: third };
  }
  // A namespace is authorized *in* itself: whoever may view `dev` may get namespace `dev`, though not list them all.
  if (!third || OF_NAMESPACE.has(third)) {
    return { group, version, namespace: second, resource: 'namespaces', name: second, subresource: third };
  }
  const [name = '', subresource = ''] = rest;
  return { group, version, namespace: second, resource: third, name, subresource };
}

export const isTrue = (value: string | null): boolean => value !== null && value !== 'false' && value !== '0';

/** `list`, `watch` or `deletecollection` where no single object is named. */
function verbFor(method: string, query: URLSearchParams, named: boolean): string {
  const verb = VERBS[method] ?? '';
  if (named) return verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** A list narrowed to one name is authorized as that name, so that a rule with `resourceNames` allows it. */
const selectedName = (query: URLSearchParams): string =>
  /^metadata\.name==?([a-z0-9.-]+)$/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';

/** Throws a 400 for a target that is not a URL's path. */
export function readRequestInfo(method: string, target: string): RequestInfo {
  const url = target.startsWith('/') ? URL.parse(target, 'https://cluster.local') : null;
  if (!url) throw badRequest('the request target is not a path');
  const { pathname: path, searchParams: query } = url;
  const parts = splitPath(path);
  const [root, first = '', second = ''] = parts;
  const on =
    root === 'api' && first
      ? readResource(parts.slice(2), '', first)
      : root === 'apis' && second
        ? readResource(parts.slice(3), first, second)
        : undefined;
  if (!on) return { verb: method.toLowerCase(), path, query };
  const verb = verbFor(method, query, on.name !== '');
  const collection = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  return { verb, path, query, on: collection && !on.name ? { ...on, name: selectedName(query) } : on };
}

/** What is asked of the access review. */
export function accessAsked({ verb, path, on }: RequestInfo): AccessReviewSpec {
  if (!on) return { nonResourceAttributes: { path, verb } };
  const { group, version, namespace, resource, subresource, name } = on;
  return { resourceAttributes: { verb, group, version, namespace, resource, subresource, name } };
}

/** The sentence of a 403. */
export function forbiddenSentence(user: string, { verb, path, on }: RequestInfo): string {
  if (!on) return `User "${user}" cannot ${verb} path "${path}"`;
  const resource = on.subresource ? `${on.resource}/${on.subresource}` : on.resource;
  const where = on.namespace ? `in the namespace "${on.namespace}"` : 'at the cluster scope';
  return `User "${user}" cannot ${verb} resource "${resource}" in API group "${on.group}" ${where}`;
}
