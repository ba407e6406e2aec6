/** Which route of an HTTP API a request takes: the most specific one that fits, `$default` last. */
import type { MatchedRoute } from './http-request.ts';

/** `$default`, or `METHOD /path/{name}/{rest+}` with `ANY` for every method. */
export type RouteKey = '$default' | `${string} /${string}`;

export function matchRoute(keys: readonly RouteKey[], method: string, path: string): MatchedRoute | undefined {
  const fitting = keys.flatMap((routeKey) => {
    const pathParameters = matchKey(routeKey, method, path);
    return pathParameters ? [{ routeKey, pathParameters }] : [];
  });
  return fitting.sort((a, b) => rank(a.routeKey) - rank(b.routeKey))[0];
}

/**
 * A full match first (the fewer variables the better), then greedy ones (the longer the better), then `$default`; a
 * named method before ANY. Authority: API Gateway Developer Guide, "Routing API requests".
 */
function rank(routeKey: string): number {
  if (routeKey === '$default') return Number.POSITIVE_INFINITY;
  const segments = routeKey.split('/').length;
  const variables = routeKey.split('{').length - 1;
  const specific = routeKey.includes('+}') ? 10_000 - 10 * segments : 10 * variables;
  return specific + (routeKey.startsWith('ANY ') ? 1 : 0);
}

function matchKey(routeKey: string, method: string, path: string): Record<string, string> | undefined {
  if (routeKey === '$default') return {};
  const [wanted, pattern = ''] = routeKey.split(' ');
  if (wanted !== 'ANY' && wanted !== method) return undefined;
  const parameters: Record<string, string> = {};
  const parts = path.split('/');
  const segments = pattern.split('/');
  for (const [i, segment] of segments.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(segment)?.[1];
    if (greedy) {
      const rest = parts.slice(i).join('/');
      return rest ? { ...parameters, [greedy]: rest } : undefined;
    }
    const part = parts[i];
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (!part && segment) return undefined;
    if (name) parameters[name] = part ?? '';
    else if (part !== segment) return undefined;
  }
  return parts.length === segments.length ? parameters : undefined;
}
