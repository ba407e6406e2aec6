/**
 * The local OpenID provider and `hallpass login` against it: the whole of the code flow, with a browser made of fetch.
 * Would catch a token that the API cannot read, a sign-in without PKCE, and somebody who is in no configuration.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedIn, signIn } from '../../cli/login/sign-in.ts';
import { readLogin, removeLogin, writeLogin } from '../../cli/login/store.ts';
import { jwtAuthorizer } from '../../local/lambda/jwt-authorizer.ts';
import { CLI_CLIENT, type Issuer, startIssuer } from '../../local/oidc/issuer.ts';
import { loginPage } from '../../local/oidc/login-page.ts';
import { instant } from '../../src/core/time.ts';

const ALICE = { subject: 'sub-alice', name: 'Alice <b>Archer</b>', email: 'alice@example.com' };
let url: string;
let issuer: Issuer;
beforeAll(async () => {
  url = `http://127.0.0.1:${await freePort()}`;
  issuer = await startIssuer({ issuer: url, audience: ['hallpass'] }, [ALICE]);
});
afterAll(() => issuer.close());

const freePort = (): Promise<number> =>
  new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });

/** Goes where it is sent, with cookies, and picks a person on the page. Answers the last page's text. */
async function browse(start: URL, subject: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = start;
  let request: RequestInit = {};
  for (let n = 0; n < 12; n++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { ...request, redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    const text = await response.text();
    if (location) [at, request] = [new URL(location, at), {}];
    else if (text.includes('<form')) {
      if (request.method === 'POST') return text;
      request = { method: 'POST', body: new URLSearchParams({ subject }) };
    } else return text;
  }
  throw new Error('sent in circles');
}

const patience = (): AbortSignal => AbortSignal.timeout(10_000);
const signedIn = (subject: string): Promise<SignedIn> =>
  signIn({
    issuer: new URL(url),
    clientId: CLI_CLIENT,
    scope: 'openid',
    signal: patience(),
    open: (to) => void browse(to, subject),
  });

describe('hallpass login', () => {
  test('gives a token that API Gateway takes, of the person picked', async () => {
    const { token, expiresAt } = await signedIn('sub-alice');
    const now = Date.now();
    expect(expiresAt).toBeGreaterThan(now + 3_500_000);
    const authorize = jwtAuthorizer({ issuer: url, audience: ['hallpass'], now: () => instant(Date.now() + 1_000) });
    const headers = [['authorization', `Bearer ${token}`]] as const;
    expect(await authorize({ method: 'GET', url: '/', headers, body: new Uint8Array(), sourceIp: '' })).toMatchObject({
      ok: true,
      context: { jwt: { claims: { iss: url, sub: 'sub-alice', aud: 'hallpass' } } },
    });
  });

  test('a client that the issuer does not know is told so', async () => {
    const controller = new AbortController();
    const asked = signIn({
      issuer: new URL(url),
      clientId: 'somebody-else',
      scope: 'openid',
      signal: controller.signal,
      open: (to) =>
        void browse(to, 'sub-alice').then((text) => {
          expect(text).toContain('invalid_client');
          controller.abort();
        }),
    });
    await expect(asked).rejects.toMatchObject({ exit: 'interrupted' });
  });

  test('whoever else calls at the port that waits is nobody: the sign-in goes on', async () => {
    const signed = signIn({
      issuer: new URL(url),
      clientId: CLI_CLIENT,
      scope: 'openid',
      signal: patience(),
      open: async (to) => {
        const stranger = new URL(to.searchParams.get('redirect_uri') ?? '');
        stranger.search = 'code=stolen&state=guessed';
        expect((await fetch(stranger)).status).toBe(404);
        stranger.search = 'error=access_denied';
        expect((await fetch(stranger)).status).toBe(404);
        await browse(to, 'sub-alice');
      },
    });
    expect((await signed).token).not.toBe('');
  });

  test('nobody signs in: what was waited for is said, and it is not taken for Ctrl-C', async () => {
    const patience = AbortSignal.timeout(300);
    const asked = signIn({
      ...{ issuer: new URL(url), clientId: CLI_CLIENT, scope: 'openid', signal: patience },
      open: () => {},
    });
    await expect(asked).rejects.toMatchObject({
      exit: 'credentials',
      message: expect.stringContaining('Nobody signed in'),
    });
  });

  test('an issuer that is not there is a failure of the credentials, in words', async () => {
    const nowhere = signIn({
      issuer: new URL(`http://127.0.0.1:${await freePort()}`),
      clientId: CLI_CLIENT,
      scope: 'openid',
      signal: patience(),
      open: () => {},
    });
    await expect(nowhere).rejects.toMatchObject({ exit: 'credentials' });
  });
});

test('nobody is signed in without PKCE', async () => {
  const query = new URLSearchParams({ client_id: CLI_CLIENT, response_type: 'code', scope: 'openid' });
  query.set('redirect_uri', 'http://127.0.0.1:1/callback');
  const response = await fetch(`${url}/auth?${query}`, { redirect: 'manual' });
  expect(response.headers.get('location')).toMatch(/error=invalid_request.*PKCE/);
});

test('somebody who is not on the page is not signed in', async () => {
  const query = new URLSearchParams({ client_id: CLI_CLIENT, response_type: 'code', scope: 'openid', state: 'x' });
  query.set('redirect_uri', 'http://127.0.0.1:1/callback');
  query.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  query.set('code_challenge_method', 'S256');
  expect(await browse(new URL(`${url}/auth?${query}`), 'sub-mallory')).toContain('Who are you?');
});

test('F33: names are text on the page', () => {
  const page = loginPage('/login/x', '<script>', [ALICE]);
  expect(page).not.toContain('<b>');
  expect(page).not.toContain('<script>');
  expect(page).toContain('Alice &lt;b&gt;Archer');
});

describe('F43: the token is its owner’s, for one API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-login-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const login = { origin: 'https://a.example.com', token: 'secret', expiresAt: 1 };

  test('kept in a file of mode 0600, read for its own API only, and forgotten', () => {
    writeLogin(folder, login);
    expect(readLogin(folder, login.origin)).toEqual(login);
    expect(readLogin(folder, 'https://b.example.com')).toBeUndefined();
    removeLogin(folder, login.origin);
    expect(readLogin(folder, login.origin)).toBeUndefined();
  });

  test('a file that others may read, or that is not what was written, is not there', () => {
    writeLogin(folder, login);
    const [file = ''] = readdirSync(folder);
    const path = join(folder, file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    expect(readLogin(folder, login.origin)).toBeUndefined();
    chmodSync(path, 0o600);
    writeFileSync(path, JSON.stringify({ ...login, origin: 'https://evil.example.com' }));
    expect(readLogin(folder, login.origin)).toBeUndefined();
    writeFileSync(path, 'nonsense');
    expect(readLogin(folder, login.origin)).toBeUndefined();
  });
});
