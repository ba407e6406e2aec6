/**
 * Catches: an event that AWS would not send (the caller read from the wrong place, a path that routes differently
 * there), a request that reaches a function unsigned or changed after signing, and answers that leak why.
 */
import { request as send } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, expect, test } from 'vitest';
import { authenticate } from '../../local/aws/sigv4.ts';
import type { Caller } from '../../local/aws-service.ts';
import { virtualClock } from '../../local/clock.ts';
import { type ApiGateway, type ApiRoute, startApiGateway } from '../../local/lambda/api-gateway.ts';
import { iamAuthorizer } from '../../local/lambda/authorizers.ts';
import type { HttpApiEvent } from '../../local/lambda/http-request.ts';
import type { InvokeResult } from '../../local/lambda/runner.ts';
import { type Duration, instant, seconds } from '../../src/core/time.ts';

const START = instant(Date.UTC(2026, 10, 24, 3, 0, 0, 7));
const CALLER: Caller = {
  arn: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Hallpass_0123456789abcdef/ada@example.com',
  account: '111122223333',
  userId: 'AROAEXAMPLEEXAMPLE12:ada@example.com',
  accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
};
const SECRET = 'not-a-secret';
const TOKEN = 'a-token';

const iam = iamAuthorizer((request) =>
  authenticate(request, {
    credentialOf: (id) =>
      id === CALLER.accessKeyId ? { caller: CALLER, secretAccessKey: SECRET, sessionToken: TOKEN } : undefined,
    signedNow: instant(Date.now()),
    sessionNow: START,
    service: 'execute-api',
  }),
);

let gateway: ApiGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function world(
  invoke: (event: HttpApiEvent) => Promise<InvokeResult> = async () => ({ ok: true, payload: 'fine' }),
  routes: readonly ApiRoute[] = [{ key: '$default', authorizer: iam }],
) {
  const clock = virtualClock(START);
  const events: HttpApiEvent[] = [];
  const problems: string[] = [];
  gateway = await startApiGateway({
    api: { apiId: 'iamapi1234', account: '111122223333', region: 'eu-central-1' },
    routes,
    clock,
    invoke(event) {
      events.push(JSON.parse(JSON.stringify(event)));
      return invoke(event);
    },
    onProblem: ({ reason }) => problems.push(reason),
  });
  return { clock, events, problems, url: gateway.url };
}

type Sent = { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string | Buffer };
type Got = { status: number; headers: Record<string, string | string[] | undefined>; body: string };

/** Over a bare client: fetch would tidy paths and headers. */
function call(url: string, { method = 'GET', path = '/', headers = {}, body = '' }: Sent = {}): Promise<Got> {
  return new Promise((settle, fail) => {
    const { hostname, port } = new URL(url);
    const all = { ...headers, 'content-length': Buffer.byteLength(body) };
    const outgoing = send({ hostname, port, method, path, headers: all }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () =>
        settle({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

async function signed(url: string, sent: Sent = {}, service = 'execute-api'): Promise<Sent> {
  const { hostname, port, host } = new URL(url);
  const [path = '/', query = ''] = (sent.path ?? '/').split('?');
  const signer = new SignatureV4({
    service,
    region: 'eu-central-1',
    sha256: Sha256,
    credentials: { accessKeyId: CALLER.accessKeyId, secretAccessKey: SECRET, sessionToken: TOKEN },
  });
  const out = await signer.sign({
    protocol: 'http:',
    hostname,
    port: Number(port),
    method: sent.method ?? 'GET',
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: { host, ...(sent.headers as Record<string, string>) },
    body: sent.body,
  });
  return { ...sent, headers: out.headers };
}

test('a signed request becomes exactly the event of payload format 2.0', async () => {
  const { url, events } = await world();
  const sent = await signed(url, {
    method: 'POST',
    path: '/v1/grants?state=live&dryRun=true',
    headers: { 'content-type': 'application/json', 'user-agent': 'hallpass/1', cookie: 'a=1; b=2' },
    body: '{"entitlement":"prod"}',
  });
  expect((await call(url, sent)).status).toBe(200);
  const [event] = events;
  expect(event).toEqual({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/v1/grants',
    rawQueryString: 'state=live&dryRun=true',
    cookies: ['a=1', 'b=2'],
    headers: expect.objectContaining({
      'content-type': 'application/json',
      'user-agent': 'hallpass/1',
      host: new URL(url).host,
      'x-amz-security-token': TOKEN,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    }),
    queryStringParameters: { state: 'live', dryRun: 'true' },
    requestContext: {
      accountId: '111122223333',
      apiId: 'iamapi1234',
      authorizer: {
        iam: {
          accessKey: 'ASIAEXAMPLEEXAMPLE12',
          accountId: '111122223333',
          callerId: 'AROAEXAMPLEEXAMPLE12:ada@example.com',
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Hallpass_0123456789abcdef/ada@example.com',
          userId: 'AROAEXAMPLEEXAMPLE12:ada@example.com',
        },
      },
      domainName: 'iamapi1234.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'iamapi1234',
      http: {
        method: 'POST',
        path: '/v1/grants',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'hallpass/1',
      },
      requestId: expect.stringMatching(/^[\w-]{15}=$/),
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:03:00:00 +0000',
      timeEpoch: 1_795_489_200_007,
    },
    body: '{"entitlement":"prod"}',
    isBase64Encoded: false,
  });
  expect(event?.headers).not.toHaveProperty('cookie');
});

test('a request that is not signed, or not as it came, never reaches the function', async () => {
  const { url, events, problems } = await world();
  const good = await signed(url, { method: 'POST', path: '/v1/grants', body: '{"a":1}' });
  const forged: Sent[] = [
    { path: '/v1/grants' },
    { ...good, body: '{"a":2}' },
    { ...good, path: '/v1/grants/other' },
    { ...good, path: '/v1/grants?approve=true' },
    { ...good, method: 'PUT' },
    { ...good, headers: { ...good.headers, 'x-amz-security-token': 'another' } },
    { ...good, headers: { authorization: 'Bearer x' } },
    await signed(url, { path: '/v1/grants' }, 'sts'),
  ];
  for (const sent of forged) {
    const got = await call(url, sent);
    expect([got.status, got.body]).toEqual([403, '{"message":"Forbidden"}']);
  }
  expect(events).toEqual([]);
  expect(problems[0]).toBe('missingAuthentication');
  expect(problems).toHaveLength(forged.length);
  expect((await call(url, good)).status).toBe(200);
});

const open = (...keys: ApiRoute['key'][]) =>
  world(
    undefined,
    keys.map((key) => ({ key })),
  );

test('caller-supplied context cannot pass for the authoriser', async () => {
  const { url, events } = await open('$default');
  await call(url, { headers: { requestcontext: '{"authorizer":{"iam":{"userId":"AROA:root"}}}' } });
  expect(events[0]?.requestContext).not.toHaveProperty('authorizer');
});

test.each([
  ['/a%2Fb', '/a/b', ''],
  ['/a%20b?q=a%20b', '/a b', 'q=a%20b'],
  ['/grants/g%3Fx=1?q=1', '/grants/g', 'q=1'],
  ['/bad%', '/bad%', ''],
])('%s arrives decoded as on AWS: %s', async (path, rawPath, rawQueryString) => {
  const { url, events } = await open('$default');
  await call(url, { path });
  expect(events).toMatchObject([{ rawPath, rawQueryString }]);
});

test.each([
  ['application/json', false],
  ['application/json; charset=utf-8', false],
  ['text/plain', false],
  ['application/x-www-form-urlencoded', true],
  ['application/problem+json', true],
  ['application/octet-stream', true],
  [undefined, true],
])('a body of type %s is base64: %s', async (type, isBase64Encoded) => {
  const { url, events } = await open('$default');
  await call(url, { method: 'POST', body: 'payload=ü', ...(type && { headers: { 'content-type': type } }) });
  const body = isBase64Encoded ? 'cGF5bG9hZD3DvA==' : 'payload=ü';
  expect(events).toMatchObject([{ body, isBase64Encoded }]);
});

test('what comes twice is joined with commas, what is empty is absent', async () => {
  const { url, events } = await open('$default');
  await call(url, { path: '/?tag=a&tag=b%2Cc', headers: { 'X-Tag': ['1', '2'] } });
  await call(url, {});
  expect(events[0]).toMatchObject({ queryStringParameters: { tag: 'a,b,c' }, headers: { 'x-tag': '1,2' } });
  for (const key of ['body', 'cookies', 'queryStringParameters', 'pathParameters']) {
    expect(events[1]).not.toHaveProperty(key);
  }
});

test('the most specific route is taken; what has none is not found, before anybody is authenticated', async () => {
  const { url, events } = await open('ANY /v1/{proxy+}', 'GET /v1/grants/{id}', 'GET /v1/grants/mine');
  for (const path of ['/v1/grants/mine', '/v1/grants/g-1', '/v1/clusters/a/b']) await call(url, { path });
  expect(events.map((event) => [event.routeKey, event.pathParameters])).toEqual([
    ['GET /v1/grants/mine', undefined],
    ['GET /v1/grants/{id}', { id: 'g-1' }],
    ['ANY /v1/{proxy+}', { proxy: 'clusters/a/b' }],
  ]);
  const missing = await call(url, { path: '/v2' });
  expect([missing.status, missing.body]).toEqual([404, '{"message":"Not Found"}']);
});

test.each<[string, unknown, number, string, string]>([
  ['an object without statusCode', { ok: true }, 200, 'application/json', '{"ok":true}'],
  ['a string', 'plain', 200, 'application/json', 'plain'],
  ['no content type', { statusCode: 202, body: 'later' }, 202, 'text/plain;charset=UTF-8', 'later'],
  ['headers', { statusCode: 201, headers: { 'Content-Type': 'text/html' }, body: '<p>' }, 201, 'text/html', '<p>'],
  ['base64', { statusCode: 200, isBase64Encoded: true, body: 'aGk=' }, 200, 'text/plain;charset=UTF-8', 'hi'],
  ['a status that is none', { statusCode: 'up' }, 500, 'application/json', '{"message":"Internal Server Error"}'],
  [
    'a body that is no text',
    { statusCode: 200, body: {} },
    500,
    'application/json',
    '{"message":"Internal Server Error"}',
  ],
])('a function that answers %s', async (_name, payload, status, type, body) => {
  const { url } = await world(async () => ({ ok: true, payload }), [{ key: '$default' }]);
  const got = await call(url);
  expect([got.status, got.headers['content-type'], got.body]).toEqual([status, type, body]);
  expect(got.headers['apigw-requestid']).toBeDefined();
});

test('each cookie is a header of its own', async () => {
  const payload = { statusCode: 200, cookies: ['a=1; Secure', 'b=2'] };
  const { url } = await world(async () => ({ ok: true, payload }), [{ key: '$default' }]);
  expect((await call(url)).headers['set-cookie']).toEqual(['a=1; Secure', 'b=2']);
});

test('a function that fails or times out says nothing of it to the caller', async () => {
  const failed: InvokeResult = { ok: false, errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' };
  const { url, problems } = await world(async () => failed, [{ key: '$default' }]);
  const got = await call(url);
  expect([got.status, got.body]).toEqual([500, '{"message":"Internal Server Error"}']);
  expect(problems).toEqual(['Sandbox.Timedout: Task timed out']);
});

test('a function that takes longer than 30 s is given up with 503', async () => {
  let arrived: () => void = () => {};
  const began = new Promise<void>((settle) => {
    arrived = settle;
  });
  const { url, clock } = await world(() => {
    arrived();
    return new Promise<InvokeResult>(() => {});
  }, [{ key: '$default' }]);
  const answered = call(url);
  await began;
  await clock.advanceBy(seconds(29));
  expect(await Promise.race([answered, new Promise((settle) => setImmediate(settle, 'still waiting'))])).toBe(
    'still waiting',
  );
  await clock.advanceBy(seconds(1) as Duration);
  const got = await answered;
  expect([got.status, got.body]).toEqual([503, '{"message":"Service Unavailable"}']);
});

test('ten megabytes pass, one byte more does not', async () => {
  const { url, events } = await open('$default');
  const limit = 10 * 1024 * 1024;
  expect((await call(url, { method: 'POST', body: Buffer.alloc(limit) })).status).toBe(200);
  const got = await call(url, { method: 'POST', body: Buffer.alloc(limit + 1) });
  expect([got.status, got.body]).toEqual([413, '{"message":"Request Entity Too Large"}']);
  expect(events).toHaveLength(1);
});
