/**
 * Signing in with an OpenID provider: authorization code with PKCE, answered on a loopback port.
 * https://www.rfc-editor.org/rfc/rfc8252 (native apps), https://www.rfc-editor.org/rfc/rfc7636 (PKCE)
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import { Failure, textOf } from '../failure.ts';

export type SignIn = {
  readonly issuer: URL;
  readonly clientId: string;
  readonly scope: string;
  readonly signal: AbortSignal;
  /** Shows the person where to go on. */
  readonly open: (url: URL) => void;
};

export type SignedIn = { readonly token: string; readonly expiresAt: number };

/** A token for the API and when it ends, in ms since 1970. Throws `Failure`. */
export async function signIn({ issuer, clientId, scope, signal, open }: SignIn): Promise<SignedIn> {
  const insecure = issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {};
  const client = await oidc
    .discovery(issuer, clientId, undefined, oidc.None(), insecure)
    .catch((error: unknown) => fail(`The issuer ${issuer.href} could not be read: ${textOf(error)}.`, error));
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const answer = await listen(signal, state);
  try {
    open(
      oidc.buildAuthorizationUrl(client, {
        redirect_uri: answer.redirectUri,
        scope,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      }),
    );
    const tokens = await oidc
      .authorizationCodeGrant(client, await answer.url, { pkceCodeVerifier: verifier, expectedState: state })
      .catch((error: unknown) => fail(`The issuer did not sign you in: ${textOf(error)}.`, error));
    return tokenFor(tokens);
  } finally {
    answer.close();
  }
}

/** The access token, if API Gateway can read it; some issuers' are for themselves only, and then it is the id token. */
function tokenFor({ access_token: access, id_token: id }: { access_token: string; id_token?: string }): SignedIn {
  for (const token of [access, id]) {
    const expiresAt = token === undefined ? undefined : endOf(token);
    if (token !== undefined && expiresAt !== undefined) return { token, expiresAt };
  }
  return fail('The issuer gave no token that an API could read (a JWT with an end).');
}

function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

/** One answer from the browser, on a port that nobody knew before. */
async function listen(
  signal: AbortSignal,
  state: string,
): Promise<{ readonly redirectUri: string; readonly url: Promise<URL>; close(): void }> {
  const server = createServer();
  await new Promise<void>((settle, refuse) => {
    server.once('error', refuse);
    server.listen(0, '127.0.0.1', settle);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const url = new Promise<URL>((settle, refuse) => {
    signal.addEventListener('abort', () => refuse(notSignedIn(signal.reason)), { once: true });
    server.on('request', (request, response) => {
      const asked = new URL(request.url ?? '/', redirectUri);
      // Any page or program of this machine can call here; what the issuer sends holds what only it was told.
      const answered = asked.pathname === '/callback' && asked.searchParams.get('state') === state;
      response.writeHead(answered ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
      response.end(answered ? 'You can close this window and go back to the terminal.\n' : 'Not here.\n');
      if (answered) settle(asked);
    });
  });
  // Aborted before anybody waits for it, it is nobody's error.
  url.catch(() => {});
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { redirectUri, url, close };
}

const notSignedIn = (reason: unknown): Failure =>
  reason instanceof Error && reason.name === 'TimeoutError'
    ? new Failure('credentials', 'Nobody signed in in time. Sign in again: hallpass login.')
    : new Failure('interrupted', 'Not signed in.');

/** Best effort: the address is printed in any case. */
export function openBrowser(url: URL): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['explorer'] : ['xdg-open'];
  if (command) execFile(command, [...args, url.href], () => {});
}

function fail(message: string, cause?: unknown): never {
  throw new Failure('credentials', message, { cause });
}
