/** From API Gateway's event (payload format 2.0) to an answer in the same form. */
import type * as z from 'zod/mini';
import { BadCursor, DirectoryUnreachable, NotReady, type RecordDeps } from '../broker/ports.ts';
import { between, instant, seconds, toSeconds } from '../core/time.ts';
import { type Caller, callerOf } from './caller.ts';
import { ENDPOINTS, type EndpointName } from './endpoints.ts';
import { HANDLERS } from './handlers.ts';
import {
  directoryUnreachable,
  invalid,
  methodNotAllowed,
  notFound,
  problemOf,
  tryAgain,
  unexpected,
} from './problem.ts';
import type { Answer, Handler, HttpRequest, Refused } from './request.ts';
import type { Problem } from './schemas.ts';

/** The parts of the event that are read. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export type HttpEvent = {
  readonly rawPath: string;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly http: { readonly method: string };
    readonly requestId: string;
    /** When API Gateway took it, by its own clock: milliseconds since 1970. */
    readonly timeEpoch?: number;
    /** The API that was called, as API Gateway has it. */
    readonly apiId?: string;
    readonly authorizer?: unknown;
  };
};

export type HttpAnswer = {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
};

/** What a function answers: the API all but break-glass, which has a function of its own. */
export type Handlers<Deps> = Readonly<Partial<Record<EndpointName, Handler<Deps>>>>;

/** What is answered, and by which door it comes. */
export type Answering<Deps> = {
  readonly handlers: Handlers<Deps>;
  /** The id of the API with the JWT authoriser, if there is one. */
  readonly webApiId?: string | undefined;
};

export async function answer<Deps extends RecordDeps>(
  deps: Deps,
  event: HttpEvent,
  answering: Answering<Deps> = { handlers: HANDLERS },
): Promise<HttpAnswer> {
  const { requestId } = event.requestContext;
  try {
    return render(await route(deps, event, answering));
  } catch (error) {
    if (error instanceof BadCursor)
      return render({ problem: invalid(`${error.message}; leave it out to begin again`) });
    deps.log('error', 'a request failed', { requestId, path: event.rawPath, error: String(error) });
    if (error instanceof DirectoryUnreachable) return render({ problem: directoryUnreachable() });
    return render({ problem: error instanceof NotReady ? tryAgain() : unexpected(requestId) });
  }
}

async function route<Deps extends RecordDeps>(
  deps: Deps,
  event: HttpEvent,
  { handlers, webApiId }: Answering<Deps>,
): Promise<Answer> {
  const found = match(event.requestContext.http.method, event.rawPath);
  const caller = await identify(deps, event, webApiId, 'name' in found ? found.name : undefined);
  if (!caller) return { problem: problemOf({ reason: 'notRecognised' }) };
  if ('problem' in found) return found;
  const handler = handlers[found.name];
  // Known, and not here: what has a function of its own, by the wrong door.
  if (!handler) return { problem: notFound(`address ${event.rawPath}`) };
  const request = parse(found.name, found.id, event);
  if ('problem' in request) return request;
  return GIVING.includes(found.name) && !clocksAgree(deps, request)
    ? { problem: tryAgain() }
    : handler(deps, caller, request);
}

/** What gives access, or decides until when: not by a clock that may be wrong (F40). */
const GIVING: readonly EndpointName[] = ['createGrant', 'approveGrant', 'extendGrant', 'breakGlass'];
const CLOCKS_AGREE_WITHIN = seconds(60);

/** API Gateway's is a second clock; a request waits nowhere for long. */
function clocksAgree({ now, log }: Pick<RecordDeps, 'now' | 'log'>, { receivedAt = now() }: HttpRequest): boolean {
  const off = between(receivedAt, now());
  if (Math.abs(off) <= CLOCKS_AGREE_WITHIN) return true;
  log('alarm', "the function's clock and API Gateway's differ", { offSeconds: toSeconds(off) });
  return false;
}

/**
 * Whoever the file lists can end access, freeze, and ask what is wrong while the directory beyond it cannot be read. While it
 * can, its word counts: somebody whom it knows may have left, or may come by another name than when the file was written.
 */
const WITHOUT_DIRECTORY: readonly EndpointName[] = [
  'endGrant',
  'endMany',
  'freeze',
  'withdrawGrant',
  'unlink',
  'examine',
];

async function identify(
  deps: RecordDeps,
  { requestContext: { apiId, authorizer }, headers }: HttpEvent,
  webApiId: string | undefined,
  name: EndpointName | undefined,
): Promise<Caller | undefined> {
  const endsAccess = name !== undefined && WITHOUT_DIRECTORY.includes(name);
  const api = apiId !== undefined && apiId === webApiId ? 'web' : 'iam';
  const userAgent = headers['user-agent'] ?? '';
  const known = async (): Promise<Caller | undefined> =>
    callerOf(
      api,
      authorizer,
      userAgent,
      deps.config(),
      // A token is believed whatever IAM knows, so that it serves while IAM is down.
      api === 'iam' ? await deps.identities.roleIds() : new Map(),
    );
  const found = endsAccess || name === 'breakGlass' ? await known() : undefined;
  const isOfTheFile = found !== undefined && found.person.userId === undefined;
  if (endsAccess && isOfTheFile) return found;
  try {
    await deps.ready();
  } catch (error) {
    // What opens access is for those alone whom the directory says nothing about: others may have left.
    if (found && (endsAccess || isOfTheFile) && error instanceof DirectoryUnreachable) return found;
    throw error;
  }
  return known();
}

type Match = { readonly name: EndpointName; readonly id: string };

const PATHS = (Object.keys(ENDPOINTS) as EndpointName[]).map((name) => ({
  name,
  method: ENDPOINTS[name].method,
  segments: ENDPOINTS[name].path.split('/'),
}));

/** The `:id` of a path that has one, or ''; `undefined` where it is another path. */
function idIn(segments: readonly string[], asked: readonly string[]): string | undefined {
  const fits = (segment: string, at: number): boolean => (segment === ':id' ? asked[at] !== '' : segment === asked[at]);
  if (asked.length !== segments.length || !segments.every(fits)) return undefined;
  return asked[segments.indexOf(':id')] ?? '';
}

// By hand: a URLPattern for each endpoint takes longer to make than all else that this module does at its start.
function match(method: string, pathname: string): Match | Refused {
  const asked = pathname.split('/');
  const here = PATHS.flatMap(({ segments, ...endpoint }) => {
    const id = idIn(segments, asked);
    return id === undefined ? [] : [{ ...endpoint, id }];
  });
  const found = here.find((endpoint) => endpoint.method === method);
  if (found) return found;
  const allow = here.map((endpoint) => endpoint.method);
  return allow.length > 0 ? { problem: methodNotAllowed(allow), allow } : { problem: notFound(`address ${pathname}`) };
}

function parse(name: EndpointName, id: string, event: HttpEvent): HttpRequest | { readonly problem: Problem } {
  const endpoint = ENDPOINTS[name];
  const query =
    'query' in endpoint ? checked(endpoint.query, event.queryStringParameters ?? {}, 'The query') : checkedEmpty(event);
  if ('problem' in query) return query;
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  const body = 'body' in endpoint ? parseBody(endpoint.body, text) : { value: {} };
  if ('problem' in body) return body;
  const key = event.headers['idempotency-key'];
  if (key !== undefined && !/^[\x21-\x7e]{1,128}$/.test(key)) {
    return { problem: invalid('The Idempotency-Key must have 1 to 128 printable characters without spaces.') };
  }
  return {
    id,
    query: query.value as Record<string, string>,
    body: body.value,
    ...(key !== undefined && { idempotencyKey: key }),
    ...(event.requestContext.timeEpoch !== undefined && { receivedAt: instant(event.requestContext.timeEpoch) }),
  };
}

function checkedEmpty(event: HttpEvent): { readonly value: unknown } | { readonly problem: Problem } {
  const [unknown] = Object.keys(event.queryStringParameters ?? {});
  return unknown === undefined
    ? { value: {} }
    : { problem: invalid(`The query has an unknown parameter "${unknown}"; this address takes none.`) };
}

function parseBody(schema: z.ZodMiniType, text: string): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return checked(schema, text.trim() === '' ? {} : JSON.parse(text), 'The body');
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : String(error);
    return { problem: invalid(`The body is not JSON (${why}).`) };
  }
}

function checked(
  schema: z.ZodMiniType,
  value: unknown,
  what: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const errors = parsed.error.issues.map(({ path, message, ...issue }) => ({
    path: path.map(String).join('.') || '(root)',
    message:
      issue.code === 'unrecognized_keys'
        ? `unknown field${issue.keys.length > 1 ? 's' : ''}: ${issue.keys.join(', ')}`
        : message,
  }));
  return {
    problem: invalid(
      `${what} is not as it should be: ${errors.map((error) => `${error.path}: ${error.message}`).join('; ')}.`,
      errors,
    ),
  };
}

function render(reply: Answer): HttpAnswer {
  const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  if ('problem' in reply) {
    const { status } = reply.problem;
    // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6: a 405 says which methods there are.
    const headers = {
      ...common,
      'content-type': 'application/problem+json',
      ...(status === 503 && { 'retry-after': '2' }),
      ...(reply.allow && { allow: reply.allow.join(', ') }),
    };
    return { statusCode: status, headers, body: JSON.stringify(reply.problem) };
  }
  return {
    statusCode: reply.status,
    headers: { ...common, 'content-type': 'application/json' },
    body: JSON.stringify(reply.body),
  };
}
