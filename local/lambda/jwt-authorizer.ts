/**
 * The JWT authoriser of an HTTP API. Checked in API Gateway's order: signature by a key of the issuer's, RSA only; `iss`;
 * `aud`, or `client_id` where there is no `aud`; `exp`, `nbf`, `iat`; one of the route's scopes. Keys are kept for two
 * hours. Refusals are 401 with the reason in `www-authenticate`, a missing scope 403.
 * Authority: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { hours, type Instant, plus } from '../../src/core/time.ts';
import type { Authorization, Authorizer } from './authorizers.ts';
import type { HttpRequest } from './http-request.ts';

export type JwtAuthorizerOptions = {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** The route's; none needs none. */
  readonly scopes?: readonly string[];
  now(): Instant;
  /** Fetches JSON; tests count and break it. */
  readonly fetchJson?: (url: string) => Promise<unknown>;
};

const ALGORITHMS = ['RS256', 'RS384', 'RS512'];
const KEYS_KEPT = hours(2);

export function jwtAuthorizer({
  issuer,
  audience,
  scopes = [],
  now,
  fetchJson = getJson,
}: JwtAuthorizerOptions): Authorizer {
  let kept: { readonly keys: JSONWebKeySet; readonly until: Instant } | undefined;
  const keysOf = async (kid: string): Promise<JSONWebKeySet> => {
    const has = (keys: JSONWebKeySet): boolean => keys.keys.some((one) => one.kid === kid);
    if (kept && kept.until > now() && has(kept.keys)) return kept.keys;
    const discovered = (await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)) as {
      issuer?: unknown;
      jwks_uri?: unknown;
    };
    if (typeof discovered.jwks_uri !== 'string') throw new Error('the issuer names no jwks_uri');
    kept = { keys: (await fetchJson(discovered.jwks_uri)) as JSONWebKeySet, until: plus(now(), KEYS_KEPT) };
    return kept.keys;
  };
  return async (request) => {
    const token = tokenIn(request);
    if (token === undefined) return unauthorized('there is no token');
    try {
      const { kid } = decodeProtectedHeader(token);
      if (kid === undefined) return unauthorized('the token names no key');
      const { payload } = await jwtVerify(token, createLocalJWKSet(await keysOf(kid)), {
        algorithms: ALGORITHMS,
        issuer,
        currentDate: new Date(now()),
        requiredClaims: ['exp'],
      });
      return judged(payload, audience, scopes, now());
    } catch (error) {
      return unauthorized(error instanceof errors.JOSEError ? `${error.code}: ${error.message}` : String(error));
    }
  };
}

function judged(
  payload: JWTPayload,
  audience: readonly string[],
  scopes: readonly string[],
  now: Instant,
): Authorization {
  const { aud, iat, client_id: client } = payload;
  const meant = aud === undefined ? (typeof client === 'string' ? [client] : []) : [aud].flat();
  if (!meant.some((one) => audience.includes(one))) return unauthorized('the token is for another audience');
  if (typeof iat === 'number' && iat * 1_000 > now) return unauthorized('the token is of the future');
  const granted = scopesOf(payload);
  if (scopes.length > 0 && !scopes.some((scope) => granted.includes(scope)))
    return { ok: false, reason: 'the token lacks the scope' };
  const claims = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, claimText(value)]));
  return { ok: true, context: { jwt: { claims, scopes: scopes.length > 0 ? granted : null } } };
}

function scopesOf({ scope, scp }: JWTPayload): string[] {
  const all = [scope, scp].flat().filter((one) => typeof one === 'string');
  return all.flatMap((one) => one.split(' '));
}

/** To the function every claim is text; a list is `[a b]`. */
const claimText = (value: unknown): string => (Array.isArray(value) ? `[${value.join(' ')}]` : String(value));

function tokenIn({ headers }: HttpRequest): string | undefined {
  const [header, another] = headers
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => value);
  if (header === undefined || another !== undefined) return undefined;
  const token = header.replace(/^Bearer /i, '').trim();
  return token === '' ? undefined : token;
}

const unauthorized = (reason: string): Authorization => ({ ok: false, reason, unauthorized: true });

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
