/**
 * F8, F17, F26: the second API. Would catch a caller taken from another API's authoriser, from an e-mail address or from
 * any claim but issuer and subject, and a person who counts twice because they came two ways.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WEB_API_ID } from '../../local/world/accounts.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { ADMIN, apiEvent, ask, exampleConfig, handed, replacing, type TestWorld, testWorld } from './harness.ts';
import { userIdOf } from './operator.ts';

let world: TestWorld;
let issuer: string;
let server: Server;
let key: Awaited<ReturnType<typeof generateKeyPair>>;
let config: Configuration;
let aliceId: string;
beforeAll(async () => {
  key = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'RS256' };
  server = createServer((request, response) => {
    const body = request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config = exampleConfig(
    replacing(
      ['identities:\n', `identities:\n  oidc: { issuer: "${issuer}", audience: [hallpass] }\n`],
      [
        'iam: [{ session: alice@example.com }]',
        'iam: [{ session: alice@example.com }]\n      oidc: [{ subject: sub-alice }]',
      ],
      ['email: bob@example.com }', 'email: bob@example.com, oidc: [{ subject: sub-bob }] }'],
      [
        '    # `hallpass extend`: approved like',
        '    breakGlass: { eligible: [alice] }\n    # `hallpass extend`: approved like',
      ],
      ['auditors: []', 'auditors: []\nreviewers: [bob]'],
    ),
  );
  world = await testWorld({ config });
  aliceId = await userIdOf(world, world.profiles['alice']);
});
afterAll(async () => {
  await world.close();
  server.close();
});

const token = (claims: JWTPayload = {}): Promise<string> => {
  const at = Math.floor(world.clock.now() / 1_000);
  return new SignJWT({ iss: issuer, sub: 'sub-alice', aud: 'hallpass', iat: at, exp: at + 600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(key.privateKey);
};
async function web(bearer: string | undefined, method: string, path: string, body?: object, agent = 'Mozilla/5.0') {
  const response = await fetch(new URL(path, world.webUrl), {
    method,
    headers: {
      'user-agent': agent,
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('a token of the issuer is the person of its subject, in the console’s channel or the command line’s', async () => {
  const proof = `oidc:${issuer}#sub-alice`;
  expect(await web(await token(), 'GET', '/v1/whoami')).toMatchObject({
    status: 200,
    body: { id: 'alice', channel: 'console', proof },
  });
  const cli = await web(await token(), 'GET', '/v1/whoami', undefined, 'hallpass-cli/0.1.0');
  expect(cli.body).toMatchObject({ channel: 'cli', proof });
});

it.each([
  ['no token', undefined],
  ['somebody else’s issuer', { iss: 'https://evil.example.com' }],
  ['another audience', { aud: 'payroll' }],
  ['over', { exp: 1 }],
] as const)('%s: API Gateway answers, and the function is not asked', async (_what, claims) => {
  const before = world.logs.length;
  const reply = await web(claims && (await token(claims)), 'GET', '/v1/whoami');
  expect(reply).toEqual({ status: 401, body: { message: 'Unauthorized' } });
  expect(world.logs.length).toBe(before);
});

// nOAuth: an issuer lets people type the e-mail address that stands in their tokens.
describe('F17: a table of tokens, each a person or nobody', () => {
  it.each<[string, JWTPayload, string | undefined]>([
    ['her subject', {}, 'alice'],
    [
      'his subject with her address, verified',
      { sub: 'sub-bob', email: 'alice@example.com', email_verified: true },
      'bob',
    ],
    ['a stranger with her address', { sub: 'sub-mallory', email: 'alice@example.com' }, undefined],
    [
      'a stranger with her address, verified',
      { sub: 'x', email: 'alice@example.com', email_verified: true },
      undefined,
    ],
    ['her address as subject', { sub: 'alice@example.com' }, undefined],
    ['her id as subject', { sub: 'alice' }, undefined],
    ['her user name', { sub: 'x', preferred_username: 'alice@example.com', upn: 'alice@example.com' }, undefined],
    ['capitals', { sub: 'SUB-ALICE' }, undefined],
    ['a blank after it', { sub: 'sub-alice ' }, undefined],
    ['no subject', { sub: undefined as unknown as string }, undefined],
    ['an empty subject', { sub: '' }, undefined],
    ['Carol, who has no account there', { sub: 'sub-carol', email: 'carol@example.com' }, undefined],
  ])('%s', async (_what, claims, who) => {
    const reply = await web(await token(claims), 'GET', '/v1/whoami');
    expect(who === undefined ? reply.body['rule'] : reply.body['id']).toBe(who ?? 'notRecognised');
  });

  it('another issuer’s account with the same subject is not hers, whatever it is called', async () => {
    const elsewhere = { iss: 'https://evil.example.com', sub: 'sub-alice' };
    const event = apiEvent(
      { jwt: { claims: elsewhere } },
      'GET',
      '/v1/whoami',
      web2(WEB_API_ID, { jwt: { claims: elsewhere } }),
    );
    expect((await handed(world, event)).status).toBe(403);
  });
});

const web2 = (apiId: string, authorizer: unknown): object => ({
  requestContext: { http: { method: 'GET' }, requestId: 'by-hand', apiId, authorizer },
});

describe('F8: each API’s authoriser is believed on that API only', () => {
  const jwt = () => ({ jwt: { claims: { iss: issuer, sub: 'sub-alice' }, scopes: null } });
  const iam = () => ({ iam: { userId: aliceId, cognitoIdentity: null } });
  it.each([
    ['the token’s block on its own API (control)', WEB_API_ID, jwt, 200],
    ['the signer’s block on its own API (control)', 'localhall1', iam, 200],
    ['a forged iam block through the API for tokens', WEB_API_ID, iam, 403],
    ['a forged jwt block through the API for signers', 'localhall1', jwt, 403],
    ['both through the API for tokens', WEB_API_ID, () => ({ ...jwt(), ...iam() }), 403],
    ['both through the API for signers', 'localhall1', () => ({ ...jwt(), ...iam() }), 403],
    ['a token’s block with another block of nonsense', WEB_API_ID, () => ({ ...jwt(), lambda: {} }), 403],
    ['a token’s block through an API that nobody knows', 'otherapi00', jwt, 403],
    ['a token’s block through no API', undefined, jwt, 403],
    ['claims that are text', WEB_API_ID, () => ({ jwt: { claims: 'sub-alice' } }), 403],
    ['a subject that is a list', WEB_API_ID, () => ({ jwt: { claims: { iss: issuer, sub: ['sub-alice'] } } }), 403],
  ] as const)('%s', async (_what, apiId, authorizer, status) => {
    const event = apiEvent(undefined, 'GET', '/v1/whoami', web2(apiId as string, authorizer()));
    expect((await handed(world, event)).status).toBe(status);
  });

  it('a signed request to the API for tokens is not read, nor a token by the API for signers', async () => {
    expect((await web('AWS4-HMAC-SHA256 Credential=x', 'GET', '/v1/whoami')).status).toBe(401);
    const reply = await fetch(new URL('/v1/whoami', world.apiUrl), {
      headers: { authorization: `Bearer ${await token()}` },
    });
    expect(reply.status).toBe(403);
  });
});

it('F17: who asked with a token cannot approve with AWS credentials, nor the other way round', async () => {
  const made = await web(await token({ sub: 'sub-bob' }), 'POST', '/v1/grants', ADMIN);
  expect(made.status).toBe(201);
  const self = await world.call('bob', 'POST', `/v1/grants/${made.body['id']}/approve`, {});
  expect(self.body.rule).toBe('selfApproval');
  await world.call('bob', 'POST', `/v1/grants/${made.body['id']}/withdraw`, {});
  const id = await ask(world, 'bob', ADMIN);
  const other = await web(await token({ sub: 'sub-bob' }), 'POST', `/v1/grants/${id}/approve`, {});
  expect(other.body['rule']).toBe('selfApproval');
  const carols = await world.call('carol', 'POST', `/v1/grants/${id}/approve`, {});
  expect(carols.status).toBe(200);
});

it('without an issuer in the configuration a token’s block is nobody’s', async () => {
  world.deploy(exampleConfig());
  const event = apiEvent(
    undefined,
    'GET',
    '/v1/whoami',
    web2(WEB_API_ID, { jwt: { claims: { iss: issuer, sub: 'sub-alice' } } }),
  );
  expect((await handed(world, event)).status).toBe(403);
  world.deploy(config);
});

it('a token is believed while IAM cannot be asked', async () => {
  world.functions.recycle();
  world.faults.add({ on: { service: 'iam' }, fault: { kind: 'failBefore' }, times: 1_000_000 });
  try {
    expect(await web(await token(), 'GET', '/v1/whoami')).toMatchObject({ status: 200, body: { id: 'alice' } });
  } finally {
    world.faults.clear();
  }
});

describe('F21: break-glass with a token', () => {
  const USE = { entitlement: 'mycluster-admin', reason: 'API server down, nobody answers', incident: 'INC-4211' };

  it('IAM down from the first minute on, and nothing known of anybody’s role: access at once, by the token alone', async () => {
    world.faults.add({ on: { service: 'iam' }, fault: { kind: 'failBefore' }, times: 1_000_000 });
    try {
      const used = await web(await token(), 'POST', '/v1/break-glass', USE);
      expect(used).toMatchObject({ status: 201, body: { state: 'active', requester: { id: 'alice' } } });
      const second = await web(await token({ sub: 'sub-bob' }), 'POST', '/v1/break-glass', USE);
      expect(second).toMatchObject({ status: 403, body: { rule: 'breakGlassNotOffered' } });
      await web(await token(), 'POST', `/v1/grants/${used.body['id']}/end`, {});
    } finally {
      world.faults.clear();
    }
  });

  it.each([
    ['without a token', undefined, 401],
    ['with a stranger’s', { sub: 'sub-mallory', email: 'alice@example.com' }, 403],
  ] as const)('%s', async (_what, claims, status) => {
    expect((await web(claims && (await token(claims)), 'POST', '/v1/break-glass', USE)).status).toBe(status);
  });

  it('F8: a forged IAM block that comes by this API proves nothing to the function', async () => {
    const authorizer = { iam: { userId: aliceId } };
    const requestContext = { http: { method: 'POST' }, requestId: 'by-hand', apiId: WEB_API_ID, authorizer };
    const event = apiEvent(authorizer, 'POST', '/v1/break-glass', { requestContext, body: JSON.stringify(USE) });
    const answer = await world.functions.invoke('breakglass', event);
    expect(answer.ok && answer.payload).toMatchObject({ statusCode: 403 });
  });
});

it('the doctor answers a responder who comes with a token', async () => {
  const { status, body } = await web(await token({ sub: 'sub-bob' }), 'POST', '/v1/doctor', {});
  expect([status, Array.isArray(body['findings'])]).toEqual([200, true]);
});
