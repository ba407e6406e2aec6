/**
 * Questions to servers of others, over real connections on loopback, TLS included. Catches a question that anybody could
 * have asked, an answer that somebody else gave, a server that keeps a person waiting or fills the function's memory, and a
 * redirect that takes the signed question elsewhere. All of them are a no (I8).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seedSecret } from '../../local/aws/secrets.ts';
import { openCertificates } from '../../local/cluster/certificates.ts';
import { signedQuestions } from '../../src/aws/signed-questions.ts';
import type { Ask } from '../../src/broker/ports.ts';
import { type Duration, minutes, plus, seconds } from '../../src/core/time.ts';
import { HUB, makeWorld, REGION, type World } from './world.ts';

const SECRET = `arn:aws:secretsmanager:${REGION}:${HUB}:secret:oncall-AbCdEf`;
const KEY = 'whsec_b25jYWxsIHNlcnZlcidzIG93biBrZXk=';

type Heard = { readonly url: string; readonly headers: Record<string, string>; readonly body: string };
type Says = (request: IncomingMessage, response: ServerResponse) => void;

let world: World;
let plain: Server;
let elsewhere: Server;
let trusted: Server;
let strange: Server;
let heard: Heard[];
let says: Says;
const json = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const hear: Says = async (request, response) => {
  let body = '';
  for await (const part of request) body += String(part);
  heard.push({ url: request.url ?? '', headers: request.headers as Record<string, string>, body });
  says(request, response);
};
const listening = async (server: Server): Promise<Server> => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
};
const urlOf = (server: Server, scheme = 'http', host = '127.0.0.1'): string =>
  `${scheme}://${host}:${(server.address() as AddressInfo).port}/now?of=hallpass`;

beforeAll(async () => {
  world = await makeWorld();
  seedSecret({ storage: world.storage, now: world.clock.now() }, SECRET, KEY);
  const ours = await openCertificates(world.storage, 'ours', 'ours');
  const theirs = await openCertificates(world.storage, 'theirs', 'theirs');
  const authorities = [...tls.getCACertificates('default'), ours.caCertificate];
  tls.setDefaultCACertificates(authorities);
  plain = await listening(createServer(hear));
  elsewhere = await listening(
    createServer((request, response) => {
      heard.push({ url: `elsewhere ${request.url}`, headers: {}, body: '' });
      json(response, { onCall: ['mallory'] });
    }),
  );
  trusted = await listening(createTlsServer({ key: ours.privateKey, cert: ours.certificate }, hear));
  strange = await listening(createTlsServer({ key: theirs.privateKey, cert: theirs.certificate }, hear));
});
afterAll(async () => {
  for (const server of [plain, elsewhere, trusted, strange]) {
    server.closeAllConnections();
    server.close();
  }
  await world.close();
});
beforeEach(() => {
  heard = [];
  says = (_request, response) => json(response, { onCall: ['bob'] });
});

/** `callTimeout` of a function is five seconds; three of them are for the answer. */
function asking(callTimeout: Duration = seconds(0.3)): (url: string, keepFor?: Duration) => ReturnType<Ask> {
  const now = world.clock.now;
  const { accessKeyId, secretAccessKey } = world.hub;
  const questions = signedQuestions({
    env: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL: world.endpoint.url,
    },
    now,
    random: () => new Uint8Array(16),
    callTimeout,
    retryDelay: () => 0 as Duration,
    write: () => {},
  });
  const invocation = { signal: new AbortController().signal, deadline: plus(now(), minutes(1)), now, callTimeout };
  return (url, keepFor) =>
    questions(invocation)({
      to: { url, secret: SECRET },
      id: 'onCall-main-platform-1',
      body: { type: 'onCall.question', data: { hub: 'main' } },
      ...(keepFor && { keepFor }),
    });
}

type Verify = (secret: string, headers: Record<string, string>, body: string, now?: number) => boolean;
/** The receiver's few lines, as docs/notifications.md has them. */
async function documented(): Promise<Verify> {
  const page = readFileSync(new URL('../../docs/notifications.md', import.meta.url), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-verify-'));
  try {
    writeFileSync(join(folder, 'verify.mjs'), /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    return ((await import(join(folder, 'verify.mjs'))) as { verify: Verify }).verify;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(['http', 'https'] as const)('over %s', (scheme) => {
  const url = (): string => (scheme === 'http' ? urlOf(plain) : urlOf(trusted, 'https'));

  test('asked, and signed so that the receiver can tell', async () => {
    expect(await asking(seconds(5))(url())).toEqual({ ok: true, answer: { onCall: ['bob'] } });
    const [question] = heard;
    if (!question) throw new Error('nothing came');
    const verify = await documented();
    const { headers, body } = question;
    const now = world.clock.now();
    expect(question.url).toBe('/now?of=hallpass');
    expect(verify(KEY, headers, body, now)).toBe(true);
    expect(verify(KEY, headers, body.replace('main', 'evil'), now)).toBe(false);
    expect(verify('whsec_b3RoZXI=', headers, body, now)).toBe(false);
    expect(verify(KEY, headers, body, now + minutes(6))).toBe(false);
  });

  test.each<[string, Says, RegExp]>([
    [
      'a redirect is not followed',
      (_request, response) => void response.writeHead(302, { location: urlOf(elsewhere) }).end(),
      /^it answered 302/,
    ],
    [
      'nor one that keeps method and body',
      (_request, response) => void response.writeHead(307, { location: urlOf(elsewhere) }).end(),
      /^it answered 307/,
    ],
    ['an error', (_request, response) => json(response, { onCall: ['bob'] }, 500), /^it answered 500/],
    ['no content', (_request, response) => void response.writeHead(204).end(), /^it answered 204/],
    ['no JSON', (_request, response) => void response.writeHead(200).end('bob'), /^its answer is not JSON/],
    [
      'more than 64 KiB',
      (_request, response) => json(response, { onCall: ['bob'], more: 'x'.repeat(65 * 1_024) }),
      /^its answer is too long/,
    ],
    ['without end', (_request, response) => endless(response), /^its answer is too long/],
    ['the connection is cut', (request) => void request.socket.destroy(), /^it did not answer in time/],
    [
      'cut in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => request.socket.destroy());
      },
      /^it did not answer in time/,
    ],
  ])('%s: no answer', async (_what, says_, why) => {
    says = says_;
    expect(await asking()(url())).toMatchObject({ ok: false, why: expect.stringMatching(why) });
    expect(heard.filter((one) => one.url.startsWith('elsewhere'))).toEqual([]);
  });
});

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    if (!response.destroyed) response.write('x'.repeat(64 * 1_024), () => setImmediate(more));
  };
  more();
}

describe('in three seconds at most, whatever it does', () => {
  const SILENT: readonly (readonly [string, Says])[] = [
    ['says nothing', () => {}],
    ['begins and says no more', (_request, response) => void response.writeHead(200).write('{"onCall":')],
    [
      'says a letter now and then',
      (_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(' ')), 100);
      },
    ],
  ];

  test.each(SILENT)('%s', async (_what, silent) => {
    says = silent;
    const began = performance.now();
    expect(await asking()(urlOf(plain))).toEqual({ ok: false, why: 'it did not answer in time' });
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  test('three seconds, and not the five that a call to AWS may take', async () => {
    says = SILENT[1]?.[1] ?? says;
    const began = performance.now();
    await asking(seconds(5))(urlOf(plain));
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(2_900);
    expect(took).toBeLessThan(4_500);
  });
});

describe('TLS', () => {
  test('a certificate that nobody vouches for, and one of another name: nothing is sent, and there is no answer', async () => {
    const ask = asking(seconds(2));
    expect(await ask(urlOf(strange, 'https'))).toMatchObject({ ok: false });
    expect(await ask(urlOf(trusted, 'https', '127.0.0.2'))).toMatchObject({ ok: false });
    expect(heard).toEqual([]);
    expect(await ask(urlOf(trusted, 'https'))).toMatchObject({ ok: true });
  });
});

test('an answer serves for its time, and what is none for no time at all', async () => {
  const ask = asking();
  says = (_request, response) => json(response, {}, 503);
  expect(await ask(urlOf(plain), minutes(1))).toMatchObject({ ok: false });
  says = (_request, response) => json(response, { onCall: ['bob'] });
  await ask(urlOf(plain), minutes(1));
  says = (_request, response) => json(response, { onCall: ['carol'] });
  expect(await ask(urlOf(plain), minutes(1))).toEqual({ ok: true, answer: { onCall: ['bob'] } });
  await world.clock.advanceBy(minutes(1));
  expect(await ask(urlOf(plain), minutes(1))).toEqual({ ok: true, answer: { onCall: ['carol'] } });
});
