/**
 * HTTP to servers that are not AWS's: Slack, webhooks. Over the handler that the AWS SDK has loaded anyway, because
 * `fetch` would cost a cold start 84 ms more; no redirect is followed, and nothing is waited for that outlasts the function.
 */
import { addAbortSignal, type Readable } from 'node:stream';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Post } from '../broker/ports.ts';
import type { Duration } from '../core/time.ts';
import type { Invocation } from './calls.ts';
import type { Runtime } from './runtime.ts';

const MOST_BYTES = 256 * 1_024;

type Handler = { readonly handler: NodeHttpHandler; readonly longest: Duration };

/** One for each warm function: connections are kept. */
export const httpHandler = ({ callTimeout }: Pick<Runtime, 'callTimeout'>): Handler => ({
  handler: new NodeHttpHandler({
    connectionTimeout: Math.min(2_000, callTimeout),
    requestTimeout: callTimeout,
    throwOnRequestTimeout: true,
  }),
  longest: callTimeout,
});

export const httpClient =
  (handler: Handler, invocation: Pick<Invocation, 'signal'>): Post =>
  ({ url, headers, body }) =>
    exchange(handler, invocation, 'POST', url, headers, Buffer.from(body));

export const httpGet =
  (handler: Handler, invocation: Pick<Invocation, 'signal'>) =>
  (url: string): ReturnType<Post> =>
    exchange(handler, invocation, 'GET', url, { accept: 'application/json' });

async function exchange(
  { handler, longest }: Handler,
  { signal }: Pick<Invocation, 'signal'>,
  method: 'GET' | 'POST',
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: Buffer,
): ReturnType<Post> {
  const { protocol, hostname, port, pathname, searchParams, host } = new URL(url);
  const request = new HttpRequest({
    method,
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...(body && { 'content-length': String(body.byteLength) }), ...headers },
    ...(body && { body }),
  });
  const { response } = await handler.handle(request, { abortSignal: signal });
  // The handler's own time-out ends with the head: a body that comes byte by byte would never be late.
  const stream = addAbortSignal(AbortSignal.any([signal, AbortSignal.timeout(longest)]), response.body as Readable);
  return { status: response.statusCode, headers: response.headers, body: await firstOf(stream) };
}

async function firstOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.byteLength;
    if (size >= MOST_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString('utf8');
}
