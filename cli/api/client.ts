/** The HTTP API as a function, typed by the same table that the server routes by. */
import type * as z from 'zod/mini';
import { ANSWERS } from '../../src/http/answers.ts';
import { ENDPOINTS, type EndpointName } from '../../src/http/endpoints.ts';
import { type Credentials, findCredentials } from '../aws/credentials.ts';
import { type AwsOptions, findRegion, regionOfHost } from '../aws/region.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { readLogin } from '../login/store.ts';
import { cacheFolder } from '../token/home.ts';
import { VERSION } from '../version.ts';
import { findAddress } from './address.ts';
import { failureOf, parseJson, type RawAnswer } from './answer.ts';
import { ATTEMPTS, delayAfter, worthRepeating } from './retry.ts';
import { interruptedFailure, send, Unreachable } from './send.ts';
import { sign } from './sign.ts';

type Endpoints = typeof ENDPOINTS;
type Answers<N extends EndpointName> = (typeof ANSWERS)[N];
type Value<Schema> = Schema extends z.ZodMiniType ? z.infer<Schema> : never;
type Has<N extends EndpointName, Part extends 'body' | 'query'> =
  Endpoints[N] extends Record<Part, infer Schema> ? { readonly [part in Part]: Value<Schema> } : unknown;

export type Input<N extends EndpointName> = { readonly id?: string; readonly idempotencyKey?: string } & Has<
  N,
  'body'
> &
  Partial<Has<N, 'query'>>;

/** `json` is what the server sent, with fields that this version does not know; `made`: something that was not there before. */
export type Answered<T> = { readonly value: T; readonly json: unknown; readonly made?: boolean };

/** Calls endpoint `name` and reads the answer by its schema for `status`. Throws `Failure`. */
export type Api = <N extends EndpointName, S extends keyof Answers<N>>(
  name: N,
  status: S,
  input: Input<N>,
) => Promise<Answered<Value<Answers<N>[S]>>>;

const RENEW_BEFORE_MS = 60_000;

type AnyInput = { id?: string; idempotencyKey?: string; body?: unknown; query?: Record<string, string | undefined> };

export type ApiOptions = AwsOptions & { readonly url?: string | undefined };

export async function connect(io: Io, options: ApiOptions): Promise<Api> {
  const base = findAddress(io, options.url);
  const authorize = loginFor(io, base, options) ?? (await signerFor(io, base, options));
  return async (name, status, input) => {
    const { query = {}, body, id, idempotencyKey } = input as AnyInput;
    const { method, path } = ENDPOINTS[name];
    const url = addressOf(base, path, id, query);
    const answer = await exchange(io, authorize, {
      method,
      url,
      repeatable: method === 'GET' || query['dryRun'] === 'true' || idempotencyKey !== undefined,
      headers: {
        accept: 'application/json',
        'user-agent': `hallpass-cli/${VERSION}`,
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (answer.status < 200 || answer.status > 299) throw failureOf(answer, url);
    const json = parseJson(answer, url);
    const parsed = (ANSWERS[name] as Record<PropertyKey, z.ZodMiniType>)[status]?.safeParse(json);
    if (!parsed?.success) throw notUnderstood(url, parsed?.error);
    return { value: parsed.data as never, json, made: answer.status === 201 };
  };
}

type Authorize = (request: Parameters<typeof sign>[0]) => Promise<Record<string, string>>;

/** With the token of `hallpass login`, if there is one for this API. `--profile` asks for AWS credentials all the same. */
function loginFor(io: Io, base: URL, options: ApiOptions): Authorize | undefined {
  const login = options.profile === undefined ? readLogin(cacheFolder(io), base.origin) : undefined;
  if (!login) return undefined;
  return async ({ headers }) => {
    if (login.expiresAt <= io.now())
      throw new Failure(
        'credentials',
        `You were signed in until ${new Date(login.expiresAt).toISOString()}. Sign in again (hallpass login), or forget that (hallpass logout).`,
      );
    return { ...headers, authorization: `Bearer ${login.token}` };
  };
}

async function signerFor(io: Io, base: URL, options: ApiOptions): Promise<Authorize> {
  const region = await findRegion(io, { ...options, region: options.region ?? regionOfHost(base.hostname) });
  const credentials = heldCredentials(io, options);
  return async (request) => sign(request, { credentials: await credentials(), region }, new Date(io.now()));
}

/** Waiting makes many calls: credentials are found once, and again when they are about to expire. */
function heldCredentials(io: Io, options: AwsOptions): () => Promise<Credentials> {
  let held: Credentials | undefined;
  return async () => {
    const goodUntil = held?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    if (!held || goodUntil - RENEW_BEFORE_MS <= io.now()) held = await findCredentials(io, options);
    return held;
  };
}

function addressOf(base: URL, path: string, id: string | undefined, query: AnyInput['query'] = {}): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path.replace(':id', encodeURIComponent(id ?? ''))}`;
  // Not URLSearchParams' own text: its "+" for a blank is not what is signed.
  url.search = Object.entries(query)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');
  return url;
}

type Exchange = Parameters<typeof sign>[0] & { readonly repeatable: boolean };

/** Every attempt is signed anew: a signature is good for five minutes only. */
async function exchange(io: Io, authorize: Authorize, request: Exchange): Promise<RawAnswer> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === ATTEMPTS;
    try {
      const headers = await authorize(request);
      const answer = await send(io, { ...request, headers });
      if (last || !worthRepeating(answer, request.repeatable)) return answer;
      await pause(io, delayAfter(attempt, answer.retryAfter));
    } catch (error) {
      if (!(error instanceof Unreachable) || error.notSent) throw error;
      if (!request.repeatable) throw perhapsDone(error);
      if (last) throw error;
      await pause(io, delayAfter(attempt, null));
    }
  }
}

async function pause(io: Io, ms: number): Promise<void> {
  try {
    await io.sleep(ms, io.interrupted);
  } catch (error) {
    throw io.interrupted.aborted ? interruptedFailure() : error;
  }
}

const perhapsDone = (error: Unreachable): Failure =>
  new Failure(
    'unavailable',
    `${error.message} It may have been done all the same: look with "hallpass grant" before you try again.`,
    { cause: error },
  );

const notUnderstood = (url: URL, cause: unknown): Failure =>
  new Failure(
    'unavailable',
    `${url.origin} answered with something that hallpass ${VERSION} does not understand. Is it a Hallpass API, and of about the same version?`,
    { cause },
  );
