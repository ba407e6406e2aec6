/**
 * The simulated JWT authoriser. Would catch a token that API Gateway refuses and local mode takes: another's key, issuer
 * or audience, over or not begun, no signature at all, the public key as a secret.
 */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { HttpRequest } from '../../local/lambda/http-request.ts';
import { jwtAuthorizer } from '../../local/lambda/jwt-authorizer.ts';
import { hours, type Instant, instant, plus } from '../../src/core/time.ts';

const ISSUER = 'https://login.example.com';
const NOW = instant(Date.UTC(2026, 10, 24, 9));
const SECONDS = NOW / 1_000;

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let rsa: Pair;
let other: Pair;
let ec: Pair;
let jwks: { keys: object[] };
let fetched: string[] = [];
let now: Instant = NOW;
beforeAll(async () => {
  rsa = await generateKeyPair('RS256', { extractable: true });
  other = await generateKeyPair('RS256', { extractable: true });
  ec = await generateKeyPair('ES256', { extractable: true });
  const jwk = async (pair: Pair, kid: string, alg: string) => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg,
    use: 'sig',
  });
  jwks = { keys: [await jwk(rsa, 'one', 'RS256'), await jwk(ec, 'ec', 'ES256')] };
});
beforeEach(() => {
  fetched = [];
  now = NOW;
});

const make = (scopes: readonly string[] = []) =>
  jwtAuthorizer({
    issuer: ISSUER,
    audience: ['hallpass', 'hallpass-2'],
    scopes,
    now: () => now,
    fetchJson: async (url) => {
      fetched.push(url);
      return url.endsWith('/.well-known/openid-configuration') ? { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` } : jwks;
    },
  });
const CLAIMS: JWTPayload = { iss: ISSUER, sub: 'a1', aud: 'hallpass', iat: SECONDS, exp: SECONDS + 600 };
const signed = (claims: object, pair = rsa, header: object = { alg: 'RS256', kid: 'one' }): Promise<string> =>
  new SignJWT(claims as JWTPayload).setProtectedHeader(header as { alg: string }).sign(pair.privateKey);
const withToken = (...values: string[]): HttpRequest => ({
  method: 'GET',
  url: '/',
  headers: values.map((value) => ['Authorization', value] as const),
  body: new Uint8Array(),
  sourceIp: '127.0.0.1',
});
const without = (name: string): object => Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

test.each<readonly [string, () => Promise<string>]>([
  ['with Bearer', async () => `Bearer ${await signed(CLAIMS)}`],
  ['bare', async () => signed(CLAIMS)],
  ['one of several audiences', async () => signed({ ...CLAIMS, aud: ['x', 'hallpass-2'] })],
  ['client_id where there is no aud', async () => signed({ ...without('aud'), client_id: 'hallpass' })],
])('a good token, %s, passes with its claims as text', async (_what, token) => {
  const answer = await make()(withToken(await token()));
  expect(answer).toMatchObject({
    ok: true,
    context: { jwt: { claims: { iss: ISSUER, sub: 'a1', exp: String(SECONDS + 600) } } },
  });
});

test.each<readonly [string, () => Promise<string>]>([
  ['no token', async () => ''],
  ['no JWT', async () => 'Bearer hello'],
  ['another’s signature', async () => signed(CLAIMS, other)],
  ['a key that is not the issuer’s', async () => signed(CLAIMS, other, { alg: 'RS256', kid: 'two' })],
  ['no key named', async () => signed(CLAIMS, rsa, { alg: 'RS256' })],
  [
    'an elliptic signature, which API Gateway does not read',
    async () => signed(CLAIMS, ec, { alg: 'ES256', kid: 'ec' }),
  ],
  ['no signature', async () => new UnsecuredJWT(CLAIMS).encode()],
  ['another issuer', async () => signed({ ...CLAIMS, iss: 'https://evil.example.com' })],
  ['the issuer with a slash', async () => signed({ ...CLAIMS, iss: `${ISSUER}/` })],
  ['another audience', async () => signed({ ...CLAIMS, aud: 'payroll' })],
  [
    'client_id does not help where there is an aud',
    async () => signed({ ...CLAIMS, aud: 'payroll', client_id: 'hallpass' }),
  ],
  ['no audience at all', async () => signed(without('aud'))],
  ['over', async () => signed({ ...CLAIMS, exp: SECONDS - 1 })],
  ['over this very second', async () => signed({ ...CLAIMS, exp: SECONDS })],
  ['without an end', async () => signed(without('exp'))],
  ['not begun', async () => signed({ ...CLAIMS, nbf: SECONDS + 60 })],
  ['of the future', async () => signed({ ...CLAIMS, iat: SECONDS + 60 })],
  [
    'one claim changed after signing',
    async () => {
      const [head, , tail] = (await signed(CLAIMS)).split('.');
      return `${head}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'b2' })).toString('base64url')}.${tail}`;
    },
  ],
])('%s: unauthorized', async (_what, token) => {
  expect(await make()(withToken(`Bearer ${await token()}`))).toMatchObject({ ok: false, unauthorized: true });
});

test('two Authorization headers are none', async () => {
  const token = `Bearer ${await signed(CLAIMS)}`;
  expect(await make()(withToken(token, token))).toMatchObject({ ok: false });
});

test('a scope of the route is needed, and one is enough', async () => {
  const withScope = async (scope: object) => make(['read', 'write'])(withToken(await signed({ ...CLAIMS, ...scope })));
  expect(await withScope({ scope: 'openid write' })).toMatchObject({
    ok: true,
    context: { jwt: { scopes: ['openid', 'write'] } },
  });
  expect(await withScope({ scp: ['read'] })).toMatchObject({ ok: true });
  const lacking = await withScope({ scope: 'openid' });
  expect(lacking).toMatchObject({ ok: false });
  expect(lacking).not.toHaveProperty('unauthorized');
});

test('keys are fetched once in two hours, and again for a key not seen before', async () => {
  const authorize = make();
  const token = withToken(await signed({ ...CLAIMS, exp: SECONDS + 90_000 }));
  for (let n = 0; n < 3; n++) expect((await authorize(token)).ok).toBe(true);
  expect(fetched).toHaveLength(2);
  await authorize(withToken(await signed(CLAIMS, other, { alg: 'RS256', kid: 'new' })));
  expect(fetched).toHaveLength(4);
  now = plus(NOW, hours(3));
  expect((await authorize(token)).ok).toBe(true);
  expect(fetched).toHaveLength(6);
});
