/** Catches a server that is not AWS's and that holds up everybody else: by an answer without an end, or by more than anybody reads. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpClient, httpHandler } from '../../src/aws/http-client.ts';
import { seconds } from '../../src/core/time.ts';

let server: Server;
let answer: (response: ServerResponse) => void;
let url: string;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(200);
    answer(response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const post = () =>
  httpClient(httpHandler({ callTimeout: seconds(0.3) }), { signal: new AbortController().signal })({
    url,
    headers: {},
    body: '{}',
  });

test('an answer that comes byte by byte is waited for no longer than any other', async () => {
  let timer: NodeJS.Timeout | undefined;
  answer = (response) => {
    timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  };
  await expect(post()).rejects.toThrow();
}, 5_000);

test('of an answer that is too long the first part is read, and the rest let go', async () => {
  answer = (response) => void response.end(Buffer.alloc(5_000_000, 'x'));
  expect((await post()).body.length).toBe(256 * 1_024);
});
