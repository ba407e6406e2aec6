/** Requests that are about no object: discovery, OpenAPI, version, health. */
import { type Answer, json, text } from './answer.ts';
import { apiGroup, apiGroups, apiResources, apiVersions } from './discovery.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import { methodNotAllowed } from './refusal.ts';
import type { RequestInfo } from './request-info.ts';

/**
 * What anybody may see without a token: EKS has kept `system:anonymous` from all else since Kubernetes 1.32, and
 * so does `AuthenticationConfiguration` with conditions on a kube-apiserver of one's own.
 */
const PUBLIC = /^\/(version\/?|healthz|livez|readyz)$/;
export const isPublic = (path: string): boolean => PUBLIC.test(path);

function versionInfo(version: string): object {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    gitVersion: version,
    gitCommit: '0'.repeat(40),
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.25',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

const NOT_FOUND = text(404, '404 page not found\n');
const orNotFound = (body: object | undefined): Answer => (body ? json(200, body) : NOT_FOUND);

/** `/apis/apps/v1` → its resources; `/apis/apps` → the group. */
function discover(parts: readonly string[], host: string): Answer {
  const [root, first, second, ...rest] = parts;
  if (rest.length > 0) return NOT_FOUND;
  if (root === 'api') {
    if (second !== undefined) return NOT_FOUND;
    return first === undefined ? json(200, apiVersions(host)) : orNotFound(apiResources('', first));
  }
  if (first === undefined) return json(200, apiGroups());
  return orNotFound(second === undefined ? apiGroup(first) : apiResources(first, second));
}

function openApi(parts: readonly string[], version: string): Answer {
  if (parts[1] !== 'v3') return NOT_FOUND;
  if (parts.length === 2) return json(200, openApiIndex(version));
  return orNotFound(openApiDocument(parts.slice(2).join('/'), version));
}

export function servePath(info: RequestInfo, method: string, host: string, version: string): Answer {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
  const parts = info.path.split('/').filter(Boolean);
  switch (parts[0]) {
    case 'api':
    case 'apis':
      return discover(parts, host);
    case 'openapi':
      return openApi(parts, version);
    case 'version':
      return parts.length === 1 ? json(200, versionInfo(version)) : NOT_FOUND;
    case 'healthz':
    case 'livez':
    case 'readyz':
      return parts.length <= 2 ? text(200, 'ok') : NOT_FOUND;
    default:
      return NOT_FOUND;
  }
}
