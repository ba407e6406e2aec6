/**
 * A small server that speaks the API out of its own schemas: what is sent has to fit them, and to be signed by a known
 * key for the right service and region. What it answers is up to the test.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { ENDPOINTS, type EndpointName } from '../../src/http/endpoints.ts';
import { invalid } from '../../src/http/problem.ts';
import type { Problem } from '../../src/http/schemas.ts';

export const KEYS = { accessKeyId: 'AKIAALICE0000000000A', secretAccessKey: 'not-a-secret-at-all' };
export const REGION = 'eu-west-1';

export type Call = {
  readonly name: EndpointName;
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
};
export type Reply = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly text?: string;
  /** The connection is cut after the request was taken in. */
  readonly cut?: true;
};

export const ok = (json: unknown, status = 200): Reply => ({ status, json });
export const refusal = (problem: Problem): Reply => ({
  status: problem.status,
  json: problem,
  headers: { 'content-type': 'application/problem+json' },
});

export type ApiServer = {
  readonly url: string;
  readonly calls: Call[];
  /** Each call is answered by this; replace it in a test. */
  answer: (call: Call) => Reply;
  close(): Promise<void>;
};

export async function startApi(): Promise<ApiServer> {
  const calls: Call[] = [];
  const api = { calls, answer: (): Reply => ({ status: 500, json: { message: 'no answer prepared' } }) };
  const server = createServer((request, response) => {
    void read(request).then(async (text) => {
      const reply = await respond(request, text, calls, (call) => started.answer(call));
      if (reply.cut) return request.socket.destroy();
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
      return response.end(reply.text ?? JSON.stringify(reply.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: ApiServer = {
    ...api,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return started;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function respond(
  request: IncomingMessage,
  text: string,
  calls: Call[],
  answer: (call: Call) => Reply,
): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  // API Gateway's own words for a signature that does not hold.
  if (!(await isSigned(request, url, text))) return { status: 403, json: { message: 'Forbidden' } };
  const found = route(request.method ?? '', url.pathname);
  if (!found) return { status: 404, json: { message: 'Not Found' } };
  const endpoint = ENDPOINTS[found.name];
  const query = Object.fromEntries(url.searchParams);
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  for (const [schema, value] of [
    ['query' in endpoint ? endpoint.query : undefined, query],
    ['body' in endpoint ? endpoint.body : undefined, body ?? {}],
  ] as const) {
    const parsed = schema?.safeParse(value);
    if (parsed?.success === false) return refusal(invalid(parsed.error.message));
  }
  const call: Call = { ...found, query, body, headers: request.headers };
  calls.push(call);
  return answer(call);
}

function route(method: string, pathname: string): { name: EndpointName; id: string } | undefined {
  for (const name of Object.keys(ENDPOINTS) as EndpointName[]) {
    const found = new URLPattern({ pathname: ENDPOINTS[name].path }).exec({ pathname });
    if (found && ENDPOINTS[name].method === method) return { name, id: found.pathname.groups['id'] ?? '' };
  }
  return undefined;
}

/** Signs again what came in, and compares. */
async function isSigned(request: IncomingMessage, url: URL, text: string): Promise<boolean> {
  const given = request.headers.authorization ?? '';
  const names = /SignedHeaders=([^,]+)/.exec(given)?.[1]?.split(';') ?? [];
  const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date']));
  if (!stamp || !names.includes('host') || !names.includes('x-amz-date')) return false;
  const [, year, month, day, hour, minute, second] = stamp;
  const signer = new SignatureV4({ credentials: KEYS, region: REGION, service: 'execute-api', sha256: Sha256Node });
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name])])),
      body: text,
    }),
    { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
  );
  return signed.headers['authorization'] === given;
}
