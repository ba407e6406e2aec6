/**
 * HTTP to servers that are not AWS's: Slack, webhooks. Over the handler that the AWS SDK has loaded anyway, because
 * `fetch` would cost a cold start 84 ms more; no redirect is followed, and nothing is waited for that outlasts the function.
 */
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Post } from '../broker/ports.ts';
import type { Invocation } from './calls.ts';
import type { Runtime } from './runtime.ts';

const MOST_BYTES = 256 * 1_024;

/** One for each warm function: connections are kept. */
export const httpHandler = ({ callTimeout }: Pick<Runtime, 'callTimeout'>): NodeHttpHandler =>
  new NodeHttpHandler({
    connectionTimeout: Math.min(2_000, callTimeout),
    requestTimeout: callTimeout,
    throwOnRequestTimeout: true,
  });

export const httpClient =
  (handler: NodeHttpHandler, { signal }: Pick<Invocation, 'signal'>): Post =>
  async ({ url, headers, body }) => {
    const { protocol, hostname, port, pathname, searchParams } = new URL(url);
    const bytes = Buffer.from(body);
    const request = new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host: new URL(url).host, 'content-length': String(bytes.byteLength), ...headers },
      body: bytes,
    });
    const { response } = await handler.handle(request, { abortSignal: signal });
    return { status: response.statusCode, headers: response.headers, body: await firstOf(response.body) };
  };

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
