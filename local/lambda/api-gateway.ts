/** An API Gateway HTTP API on a loopback port, in front of one function. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duration, plus, seconds } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Authorizer } from './authorizers.ts';
import { type ApiIdentity, type HttpApiEvent, type HttpRequest, httpApiEvent, splitUrl } from './http-request.ts';
import { asHttpResponse, type HttpResponse, refusal } from './http-response.ts';
import { matchRoute, type RouteKey } from './routes.ts';
import type { InvokeResult } from './runner.ts';

export type ApiRoute = {
  key: RouteKey;
  /** Absent: an open route, whose function must check for itself. */
  authorizer?: Authorizer;
  /** The function behind it, where an API has several. */
  target?: string;
};

export type ApiGatewayOptions = {
  /** 0 or absent: any free one. */
  port?: number;
  api: ApiIdentity;
  routes: readonly ApiRoute[];
  invoke(event: HttpApiEvent, target?: string): Promise<InvokeResult>;
  clock: Clock;
  /** Told why a request was refused or a function failed; the caller is told less. */
  onProblem?: (problem: { requestId: string; method: string; path: string; reason: string }) => void;
};

export type ApiGateway = { url: string; close(): Promise<void> };

const BODY_LIMIT_BYTES = 10 * 1024 * 1024;
const INTEGRATION_TIMEOUT: Duration = seconds(30);

export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const server = createServer((incoming, outgoing) => {
    const requestId = `${randomBytes(11).toString('base64url')}=`;
    answer(options, incoming, requestId)
      .catch((error: unknown) => {
        problem(options, incoming, requestId, error instanceof Error ? error.message : String(error));
        return refusal('functionFailed');
      })
      .then((response) => write(outgoing, requestId, response))
      // The caller hung up: nobody is left to be told.
      .catch(() => outgoing.destroy());
  });
  await new Promise<void>((settle, fail) => {
    server.once('error', fail);
    server.listen(options.port ?? 0, '127.0.0.1', settle);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: ApiGatewayOptions, incoming: IncomingMessage, requestId: string): Promise<HttpResponse> {
  const { api, clock } = options;
  const body = await readBody(incoming);
  if (!body) return refusal('tooLarge');
  const request = asRequest(incoming, body);
  const keys = options.routes.map((route) => route.key);
  const matched = matchRoute(keys, request.method, splitUrl(request.url).path);
  if (!matched) return refusal('notFound');
  const route = options.routes.find(({ key }) => key === matched.routeKey);
  const authorized = await route?.authorizer?.(request);
  if (authorized?.ok === false) {
    problem(options, incoming, requestId, authorized.reason);
    return authorized.unauthorized ? refusal('unauthorized') : refusal('forbidden');
  }
  const about = { requestId, at: clock.now(), ...(authorized && { authorizer: authorized.context }) };
  const result = await withinTime(clock, options.invoke(httpApiEvent(request, api, matched, about), route?.target));
  if (result === 'late') {
    problem(options, incoming, requestId, 'the function did not answer within 30 s');
    return refusal('noAnswer');
  }
  if (result.ok) return asHttpResponse(result.payload);
  problem(options, incoming, requestId, `${result.errorType}: ${result.errorMessage}`);
  return refusal('functionFailed');
}

/** The function runs on when API Gateway stops waiting: its answer is lost, its effects are not. */
function withinTime(clock: Clock, work: Promise<InvokeResult>): Promise<InvokeResult | 'late'> {
  return new Promise((settle, fail) => {
    const cancel = clock.at(plus(clock.now(), INTEGRATION_TIMEOUT), () => settle('late'));
    work.then(settle, fail).finally(cancel);
  });
}

/** The whole body, or undefined as soon as it is too long. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.byteLength;
    // The rest is read and dropped: a client that still writes would not see the refusal otherwise.
    if (size <= BODY_LIMIT_BYTES) parts.push(part);
  }
  return size <= BODY_LIMIT_BYTES ? Buffer.concat(parts) : undefined;
}

function asRequest(incoming: IncomingMessage, body: Buffer): HttpRequest {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.push([incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '']);
  }
  const sourceIp = incoming.socket.remoteAddress ?? '127.0.0.1';
  return { method: incoming.method ?? 'GET', url: incoming.url ?? '/', headers, body, sourceIp };
}

function write(outgoing: ServerResponse, requestId: string, { status, headers, body }: HttpResponse): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.byteLength, 'apigw-requestid': requestId });
  outgoing.end(body);
}

function problem(options: ApiGatewayOptions, incoming: IncomingMessage, requestId: string, reason: string): void {
  const { path } = splitUrl(incoming.url ?? '/');
  options.onProblem?.({ requestId, method: incoming.method ?? '', path, reason });
}
