/**
 * Catches: a request taken for somebody's who did not sign it, or not this one, or not now; and a refusal in words that
 * a client of that service would not understand.
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListAccessEntriesCommand } from '@aws-sdk/client-eks';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Credentials, seedRole, seedSession } from '../../local/aws/iam/seed.ts';
import { credentialOf } from '../../local/aws/principal.ts';
import { authenticate, type SignedRequest } from '../../local/aws/sigv4.ts';
import { minutes, plus, seconds } from '../../src/core/time.ts';
import { at, HUB, makeWorld, REGION, trusting, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const clients: [string, (credentials: Credentials) => Promise<unknown>, Record<string, [string, number]>][] = [
  [
    'eks',
    (credentials) => world.eks(credentials).send(new ListAccessEntriesCommand({ clusterName: 'prod' })),
    { unknown: ['UnrecognizedClientException', 403], wrong: ['InvalidSignatureException', 403] },
  ],
  [
    'iam',
    (credentials) => world.iam(credentials).send(new GetRoleCommand({ RoleName: 'x' })),
    { unknown: ['InvalidClientTokenId', 403], wrong: ['SignatureDoesNotMatch', 403] },
  ],
  [
    'sts',
    (credentials) => world.sts(credentials).send(new GetCallerIdentityCommand({})),
    { unknown: ['InvalidClientTokenId', 403], wrong: ['SignatureDoesNotMatch', 403] },
  ],
  [
    'states',
    (credentials) =>
      new SFNClient(world.configuration(credentials)).send(new StartExecutionCommand({ stateMachineArn: 'x' })),
    { unknown: ['UnrecognizedClientException', 400], wrong: ['InvalidSignatureException', 400] },
  ],
  [
    'dynamodb',
    (credentials) =>
      new DynamoDBClient(world.configuration(credentials)).send(new DescribeTableCommand({ TableName: 'x' })),
    { unknown: ['UnrecognizedClientException', 400], wrong: ['InvalidSignatureException', 400] },
  ],
];
test.each(clients)('%s says in its own words what is wrong with a signature', async (_name, call, expected) => {
  const unknown = { accessKeyId: 'AKIAUNKNOWN234567890', secretAccessKey: 'x' };
  const wrong = { ...world.hub, secretAccessKey: 'x' };
  for (const [kind, credentials] of Object.entries({ unknown, wrong })) {
    const [name, httpStatusCode] = expected[kind] ?? [];
    await expect(call(credentials)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  }
});

const raw = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${world.endpoint.url}${path}`, init);
  return { status: response.status, text: await response.text(), type: response.headers.get('x-amzn-errortype') };
};

test('an unsigned request is refused in the form of the service it seems to mean', async () => {
  expect(await raw('/clusters')).toMatchObject({ status: 403, type: 'MissingAuthenticationTokenException' });
  const form = { method: 'POST', body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }) };
  expect(await raw('/', form)).toMatchObject({
    status: 403,
    text: expect.stringContaining('<Code>MissingAuthenticationToken</Code>'),
  });
});

const SIGNED_AT = at('2026-11-24T09:00:00Z');
const signerOf = (credentials: Credentials, service: string) =>
  new SignatureV4({ service, region: REGION, credentials, sha256: Sha256, uriEscapePath: true });
const header = async (credentials: Credentials, change: Partial<SignedRequest> = {}): Promise<SignedRequest> => {
  const signed = await signerOf(credentials, 'eks').sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: 'localhost',
      path: '/tags/arn%3Aaws%2Fx%20y',
      query: { b: '2', a: ['x y', "it's"] },
      headers: { host: 'localhost', 'x-amz-target': 'T', spaced: '  a   b ' },
      body: '{"a":1}',
    },
    { signingDate: new Date(SIGNED_AT) },
  );
  return {
    method: 'POST',
    url: "/tags/arn%3Aaws%2Fx%20y?b=2&a=x%20y&a=it's",
    headers: Object.entries(signed.headers),
    body: Buffer.from('{"a":1}'),
    ...change,
  };
};
const verify = (
  request: SignedRequest,
  signedNow = SIGNED_AT,
  more: Partial<Parameters<typeof authenticate>[1]> = {},
) =>
  authenticate(request, {
    credentialOf: (id) => credentialOf(world.storage, id),
    signedNow,
    sessionNow: world.clock.now(),
    ...more,
  });

test('a signature of the SDK holds, and says who, where and when', async () => {
  expect(await verify(await header(world.hub))).toMatchObject({
    ok: true,
    caller: { arn: `arn:aws:iam::${HUB}:user/operator`, account: HUB },
    service: 'eks',
    region: REGION,
    signedAt: SIGNED_AT,
  });
});

const tampered: [string, (request: SignedRequest) => Partial<SignedRequest>][] = [
  ['method', () => ({ method: 'PUT' })],
  ['path', () => ({ url: "/tags/arn%3Aaws%2Fx%20z?b=2&a=x%20y&a=it's" })],
  ['query', () => ({ url: "/tags/arn%3Aaws%2Fx%20y?b=3&a=x%20y&a=it's" })],
  ['query added', ({ url }) => ({ url: `${url}&c=1` })],
  ['body', () => ({ body: Buffer.from('{"a":2}') })],
  [
    'header',
    ({ headers }) => ({ headers: headers.map(([name, value]) => [name, name === 'x-amz-target' ? 'U' : value]) }),
  ],
  ['header doubled', ({ headers }) => ({ headers: [...headers, ['host', 'evil']] })],
];
test.each(tampered)('a changed %s breaks the signature', async (_what, change) => {
  const request = await header(world.hub);
  expect(await verify({ ...request, ...change(request) })).toMatchObject({
    ok: false,
    refusal: { reason: 'signatureMismatch' },
  });
});

test('an x-amz- header that was not signed is refused, and so is another service', async () => {
  const request = await header(world.hub);
  const added = { ...request, headers: [...request.headers, ['x-amz-user-agent', 'me'] as const] };
  expect(await verify(added)).toMatchObject({ refusal: { reason: 'unsignedHeader', header: 'x-amz-user-agent' } });
  expect(await verify(request, SIGNED_AT, { service: 'execute-api' })).toMatchObject({
    refusal: { reason: 'wrongScope' },
  });
});

test('a signature is good for 15 minutes either way', async () => {
  const request = await header(world.hub);
  for (const [offset, ok] of [
    [900, true],
    [901, false],
    [-900, true],
    [-901, false],
  ] as const) {
    expect((await verify(request, plus(SIGNED_AT, seconds(offset)))).ok).toBe(ok);
  }
});

test('a session token must be the one of the key', async () => {
  seedRole(world.seeding, { account: HUB, name: 'r', trust: trusting(`arn:aws:iam::${HUB}:root`) });
  const session = seedSession(world.seeding, { account: HUB, roleName: 'r', sessionName: 'alice' });
  expect(await verify(await header(session))).toMatchObject({
    ok: true,
    caller: { userId: expect.stringMatching(/^AROA.*:alice$/) },
  });
  expect(await verify(await header({ ...session, sessionToken: 'other' }))).toMatchObject({
    refusal: { reason: 'invalidToken' },
  });
  const { sessionToken: _dropped, ...without } = session;
  expect(await verify(await header(without))).toMatchObject({ refusal: { reason: 'invalidToken' } });
  expect(await verify(await header({ ...world.hub, sessionToken: 'added' }))).toMatchObject({
    refusal: { reason: 'invalidToken' },
  });
});

/** What `aws eks get-token` makes, as the API server would send it on to STS. */
const eksToken = async (credentials: Credentials): Promise<SignedRequest> => {
  const presigned = await signerOf(credentials, 'sts').presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname: 'localhost',
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: 'localhost', 'x-k8s-aws-id': 'prod' },
    },
    { expiresIn: 60, signingDate: new Date(SIGNED_AT), unhoistableHeaders: new Set(['x-k8s-aws-id']) },
  );
  const query = Object.entries(presigned.query ?? {}).map(
    ([key, value]) => `${key}=${encodeURIComponent(String(value))}`,
  );
  const headers: [string, string][] = [
    ['Host', 'localhost'],
    ['x-k8s-aws-id', 'prod'],
  ];
  return { method: 'GET', url: `/?${query.join('&')}`, headers, body: new Uint8Array() };
};

test('an EKS token lives 15 minutes whatever X-Amz-Expires says, and names its cluster', async () => {
  const token = await eksToken(world.hub);
  const judged = { service: 'sts', presignedFor: minutes(15) };
  expect(await verify(token, plus(SIGNED_AT, seconds(900)), judged)).toMatchObject({
    ok: true,
    signedHeaders: ['host', 'x-k8s-aws-id'],
  });
  expect(await verify(token, plus(SIGNED_AT, seconds(901)), judged)).toMatchObject({
    refusal: { reason: 'notCurrent' },
  });
  expect((await verify(token, plus(SIGNED_AT, seconds(61)), { service: 'sts' })).ok).toBe(false);
  const moved = {
    ...token,
    headers: [token.headers[0] ?? ['Host', ''], ['x-k8s-aws-id', 'dev']] as [string, string][],
  };
  expect(await verify(moved, SIGNED_AT, judged)).toMatchObject({ refusal: { reason: 'signatureMismatch' } });
});

test('nothing that is malformed throws', async () => {
  const base = await header(world.hub);
  const authorization = (value: string): SignedRequest => ({
    ...base,
    headers: [
      ['host', 'x'],
      ['authorization', value],
    ],
  });
  const requests = [
    authorization(''),
    authorization('Bearer x'),
    authorization('AWS4-HMAC-SHA256 Credential=a'),
    authorization('AWS4-HMAC-SHA256 ,,,=,='),
    { ...base, url: '/%zz?%zz=%zz' },
    { ...base, url: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=' },
    { ...base, headers: [...base.headers, ['authorization', 'AWS4-HMAC-SHA256 x']] as [string, string][] },
  ];
  for (const request of requests) expect((await verify(request)).ok).toBe(false);
});
