/**
 * The simulated Slack's one port: `/api/<method>`, `/actions/<id>` (response URLs) and, for people, the page. Faults
 * strike calls of the Web API here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plus } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Fault, Faults } from '../faults.ts';
import { respond } from './response-urls.ts';
import type { Store } from './store.ts';
import { type ApiAnswer, type ApiCall, METHODS, tooMany, type WebApi } from './web-api.ts';

/** Answers a request that is for people, or `false` if there is no such page. */
export type Pages = (request: IncomingMessage, response: ServerResponse, url: URL, body: string) => Promise<boolean>;

export type ServerOptions = {
  readonly port: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly team: string;
  readonly api: WebApi;
  readonly pages: Pages;
};

export type Server = { readonly url: string; close(): Promise<void> };

const LARGEST_BODY = 1_024 * 1_024;
/** What the fault `throttle` tells the caller to wait. */
const RETRY_AFTER_SECONDS = 30;

export async function startServer(options: ServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  // Calls hang here on purpose, and pages listen for long.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const body = await readBody(request);
  if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end();
  const [, area, name = ''] = url.pathname.split('/');
  if (area === 'api') return api(request, response, url, name, body, options);
  if (area === 'actions' && request.method === 'POST') {
    const { status, body: text } = respond(options.store, name, body, options.clock.now());
    return void response
      .writeHead(status, { 'content-type': text.startsWith('{') ? 'application/json' : 'text/plain' })
      .end(text);
  }
  if (!(await options.pages(request, response, url, body)))
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
}

async function api(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  method: string,
  body: string,
  options: ServerOptions,
): Promise<void> {
  const call: ApiCall = {
    method,
    query: url.searchParams,
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'] ?? '',
    body,
  };
  const fault = options.faults.strike({
    service: 'slack',
    operation: method,
    region: '',
    account: options.team,
    caller: 'app',
    write: METHODS[method]?.write ?? false,
  });
  if (!fault) return write(response, options.api(call));
  await withFault(fault, call, response, options);
}

async function withFault(
  fault: Fault,
  call: ApiCall,
  response: ServerResponse,
  { api: run, clock }: ServerOptions,
): Promise<void> {
  switch (fault.kind) {
    case 'throttle':
      return write(response, tooMany(RETRY_AFTER_SECONDS));
    case 'failBefore':
      return write(response, { status: 500, headers: {}, body: { ok: false, error: 'internal_error' } });
    case 'failAfter':
      run(call);
      return void response.destroy();
    case 'delayed':
      clock.at(plus(clock.now(), fault.by), () => void run(call));
      return void response.destroy();
    case 'twice':
      run(call);
      return write(response, run(call));
    case 'hang':
      return;
    case 'slow':
      clock.at(plus(clock.now(), fault.by), () => write(response, run(call)));
      return;
    case 'accessDenied':
      return write(response, { status: 200, headers: {}, body: { ok: false, error: 'access_denied' } });
    case 'stale':
    case 'conflict':
    case 'kill':
      throw new Error(`the fault "${fault.kind}" means nothing to Slack`);
  }
}

function write(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength;
    // The rest is read and dropped: a client that still writes would not see the refusal otherwise.
    if (size <= LARGEST_BODY) parts.push(part);
  }
  return size <= LARGEST_BODY ? Buffer.concat(parts).toString('utf8') : undefined;
}
