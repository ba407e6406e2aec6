/** restJson1: the operation is in method and path, its members in path, query and body. */
import { AwsError, type Input } from '../../aws-service.ts';
import { errorMembers, notImplemented, type Protocol, readJsonObject } from './protocol.ts';

export type Route = {
  method: string;
  /** `/clusters/{name}`: one segment each, percent-encoded on the wire. */
  path: string;
  operation: string;
  /** Query parameters that are lists. Others are texts. */
  lists?: readonly string[];
};

export function restJson(service: string, routes: readonly Route[]): Protocol {
  const headers = (requestId: string): Record<string, string> => ({
    'content-type': 'application/json',
    'x-amzn-requestid': requestId,
  });
  return {
    read(request) {
      const url = new URL(request.url, 'http://localhost');
      const path = request.url.split('?', 1)[0] ?? '/';
      for (const route of routes) {
        const labels = route.method === request.method ? match(route.path, path) : undefined;
        if (!labels) continue;
        const body = readJsonObject(request.body);
        if (body instanceof AwsError) return body;
        // What the path says cannot be overruled by the body.
        return { operation: route.operation, input: { ...body, ...queryOf(url, route), ...labels } };
      }
      return notImplemented(service, `${request.method} ${path}`);
    },
    answer: (_operation, output, requestId) => ({
      status: 200,
      headers: headers(requestId),
      body: output === undefined ? '' : JSON.stringify(output),
    }),
    error: (error, requestId) => ({
      status: error.status,
      headers: { ...headers(requestId), 'x-amzn-errortype': error.code },
      body: JSON.stringify(errorMembers(error)),
    }),
  };
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== value) return undefined;
      continue;
    }
    try {
      labels[segment.slice(1, -1)] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
    if (value === '') return undefined;
  }
  return labels;
}

function queryOf(url: URL, route: Route): Input {
  const query: Record<string, unknown> = {};
  for (const name of new Set(url.searchParams.keys())) {
    query[name] = route.lists?.includes(name) ? url.searchParams.getAll(name) : url.searchParams.get(name);
  }
  return query;
}
