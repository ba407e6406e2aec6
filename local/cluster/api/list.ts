/** Lists, in pages if asked. A page goes on where the last one ended, in the objects as they are by then. */
import type { ObjectRequest } from './cluster-state.ts';
import { isRecord, type KubeObject } from './object.ts';
import { badRequest, Refusal } from './refusal.ts';
import { readSelectors } from './selectors.ts';

type ListPage = {
  objects: readonly KubeObject[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
};

const placeOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

function readContinue(token: string): string {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isRecord(read) && typeof read['after'] === 'string') return read['after'];
  } catch {
    // Told below, like any other token that is not one of ours.
  }
  throw badRequest('continue key is not valid: it was not made by this server');
}

/** A whole number of a query; 0 where there is none. Throws a 400 for anything else. */
export function readCount(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (!/^\d{0,15}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text.slice(0, 32))}: invalid syntax (${name})`);
  }
  return Number(text || 0);
}

export function listObjects({ cluster, kind, namespace, query }: ObjectRequest): ListPage {
  const revision = cluster.store.revision();
  const wanted = readCount(query, 'resourceVersion');
  if (wanted > revision)
    throw new Refusal(504, 'Timeout', `Too large resource version: ${wanted}, current: ${revision}`);
  const limit = readCount(query, 'limit');
  const token = query.get('continue');
  const after = token ? readContinue(token) : '';
  const found = cluster.store.list(kind, namespace).filter(readSelectors(query, kind));
  const rest = token ? found.filter((object) => placeOf(object) > after) : found;
  const objects = limit > 0 ? rest.slice(0, limit) : rest;
  const last = objects.at(-1);
  const resourceVersion = String(revision);
  if (!last || objects.length === rest.length) return { objects, metadata: { resourceVersion } };
  const next = Buffer.from(JSON.stringify({ after: placeOf(last) })).toString('base64url');
  return { objects, metadata: { resourceVersion, continue: next, remainingItemCount: rest.length - objects.length } };
}
