/**
 * An OpenID provider on loopback, for trying the second API without an account anywhere: authorization code with PKCE,
 * and a page on which one picks who one is. There is no password: whoever reaches this machine's loopback is trusted in
 * local mode anyway. Everything but that page is the library's.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type Configuration as ProviderOptions } from 'oidc-provider';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Account, loginPage } from './login-page.ts';

export type Issuer = { readonly url: string; close(): Promise<void> };

/** The public client that `hallpass login` is. */
export const CLI_CLIENT = 'hallpass-cli';
/** https://www.rfc-editor.org/rfc/rfc8707: what the access token is for, whatever `aud` it then carries. */
const RESOURCE = 'urn:hallpass:api';
const TOKEN_LIVES_SECONDS = 3_600;

/** The configuration's people with accounts at its issuer. */
export const accountsOf = ({ directory, oidc }: Configuration): Account[] =>
  Object.values(directory.people).flatMap(({ name, email, disabled, oidc: identities = [] }) =>
    identities.flatMap(({ issuer, subject }) =>
      issuer === oidc?.issuer && !disabled ? [{ subject, name, email }] : [],
    ),
  );

export async function startIssuer(
  { issuer, audience }: NonNullable<Configuration['oidc']>,
  accounts: readonly Account[],
): Promise<Issuer> {
  const provider = new Provider(issuer, await optionsFor(audience, accounts));
  const callback = provider.callback();
  const server = createServer((request, response) => {
    const work = /^\/login\//.test(request.url ?? '')
      ? login(provider, accounts, request, response)
      : Promise.resolve(callback(request, response));
    work.catch(() =>
      response.writeHead(400, { 'content-type': 'text/plain' }).end('That sign-in is over; begin again.'),
    );
  });
  const { hostname, port } = new URL(issuer);
  await new Promise<void>((settle, fail) => {
    server.once('error', fail);
    server.listen(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), settle);
  });
  return {
    url: issuer,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

async function optionsFor(audience: readonly string[], accounts: readonly Account[]): Promise<ProviderOptions> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: randomBytes(8).toString('hex') };
  return {
    clients: [
      {
        client_id: CLI_CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        // Whatever port: https://www.rfc-editor.org/rfc/rfc8252#section-7.3
        redirect_uris: ['http://127.0.0.1/callback'],
      },
    ],
    pkce: { required: () => true },
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_context, subject) => {
      const account = accounts.find((one) => one.subject === subject);
      return (
        account && { accountId: subject, claims: () => ({ sub: subject, name: account.name, email: account.email }) }
      );
    },
    interactions: { url: (_context, { uid }) => `/login/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const { client, session, provider } = oidc;
      if (!client || !session?.accountId) return undefined;
      const known = session.grantIdFor(client.clientId);
      if (known) return provider.Grant.find(known);
      // Nobody is asked what a client of local mode may see: there is one, and it is this project's.
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile email');
      grant.addResourceScope(RESOURCE, 'openid');
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid',
          audience: audience[0] ?? RESOURCE,
          accessTokenTTL: TOKEN_LIVES_SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: TOKEN_LIVES_SECONDS,
      IdToken: TOKEN_LIVES_SECONDS,
      Session: 86_400,
      Interaction: 600,
      Grant: 86_400,
    },
  };
}

async function login(
  provider: Provider,
  accounts: readonly Account[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid, params, prompt } = await provider.interactionDetails(request, response);
  // Of a native client the library asks again whether that is wanted; picking oneself on the page was the yes.
  if (prompt.name === 'consent') {
    await provider.interactionFinished(request, response, { consent: {} }, { mergeWithLastSubmission: true });
    return;
  }
  if (request.method === 'POST') {
    const subject = new URLSearchParams(await read(request)).get('subject') ?? '';
    if (accounts.some((one) => one.subject === subject)) {
      await provider.interactionFinished(request, response, { login: { accountId: subject } });
      return;
    }
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(loginPage(`/login/${uid}`, String(params['client_id'] ?? ''), accounts));
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).subarray(0, 10_000).toString('utf8');
}
