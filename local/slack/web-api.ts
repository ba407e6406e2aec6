/** One call of the Web API, from its bytes to its answer. HTTP is for `server.ts`. */
import type { Clock } from '../clock.ts';
import type { SlackApp } from './app.ts';
import { isRecord } from './block-kit/problem.ts';
import type { Arguments, Context, Method } from './method.ts';
import { needScope } from './method.ts';
import * as chat from './methods/chat.ts';
import * as conversations from './methods/conversations.ts';
import * as users from './methods/users.ts';
import * as views from './methods/views.ts';
import { type RateLimits, rateLimits } from './rate-limits.ts';
import type { Store } from './store.ts';
import { SlackError } from './web-api-error.ts';
import type { Team } from './workspace.ts';

/** Everything that is simulated; any other method is `unknown_method`, as Slack answers what does not exist. */
export const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': users.authTest,
  'chat.delete': chat.deleteMessage,
  'chat.getPermalink': chat.getPermalink,
  'chat.postEphemeral': chat.postEphemeral,
  'chat.postMessage': chat.postMessage,
  'chat.update': chat.update,
  'conversations.info': conversations.info,
  'conversations.join': conversations.join,
  'conversations.list': conversations.list,
  'conversations.members': conversations.members,
  'conversations.open': conversations.open,
  'team.info': users.teamInfo,
  'users.conversations': conversations.ofUser,
  'users.info': users.info,
  'users.list': users.list,
  'users.lookupByEmail': users.lookupByEmail,
  'views.open': views.open,
  'views.publish': views.publish,
  'views.push': views.push,
  'views.update': views.update,
};

export type ApiCall = {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly body: string;
};

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

export type WebApiOptions = {
  readonly store: Store;
  readonly app: () => SlackApp;
  readonly team: Team;
  readonly clock: Clock;
  readonly url: () => string;
};

export type WebApi = (call: ApiCall) => ApiAnswer;

export function webApi(options: WebApiOptions): WebApi {
  const limits = rateLimits(options.clock);
  return (call) => {
    try {
      return answered(200, { ok: true, ...perform(call, options, limits) }, call, options);
    } catch (error) {
      if (error instanceof TooMany) return tooMany(error.seconds);
      if (error instanceof SlackError)
        return answered(200, { ok: false, error: error.code, ...error.more }, call, options);
      throw error;
    }
  };
}

class TooMany extends Error {
  readonly seconds: number;
  constructor(wait: number) {
    super('ratelimited');
    this.seconds = wait;
  }
}

/** HTTP 429 with the seconds to wait, as after one call too many. */
export const tooMany = (wait: number): ApiAnswer => ({
  status: 429,
  headers: { 'retry-after': String(wait) },
  body: { ok: false, error: 'ratelimited' },
});

function perform(call: ApiCall, options: WebApiOptions, limits: RateLimits): Record<string, unknown> {
  const method = Object.hasOwn(METHODS, call.method) ? METHODS[call.method] : undefined;
  if (!method) throw new SlackError('unknown_method', { req_method: call.method });
  const args = argumentsOf(call, method);
  authenticate(call, args, options.app());
  const limit: Context['limit'] = (bucket, tier) => {
    const wait = limits.take(bucket, tier);
    if (wait !== undefined) throw new TooMany(wait);
  };
  limit(call.method, method.tier);
  const context: Context = {
    store: options.store,
    app: options.app(),
    team: options.team,
    now: options.clock.now(),
    url: options.url(),
    limit,
  };
  needScope(context, ...method.scopes);
  return method.run(args, context);
}

function argumentsOf({ contentType, body, query }: ApiCall, method: Method): Arguments {
  const inQuery = Object.fromEntries(query);
  if (body === '') return inQuery;
  const [type = ''] = contentType.split(';');
  if (type.trim() === 'application/x-www-form-urlencoded')
    return { ...inQuery, ...Object.fromEntries(new URLSearchParams(body)) };
  if (type.trim() !== 'application/json') throw new SlackError('invalid_post_type');
  const parsed = parseJson(body);
  // Methods that only read look for their arguments in forms and query strings.
  return method.json ? { ...inQuery, ...parsed } : inQuery;
}

function parseJson(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed)) return parsed;
  } catch {}
  throw new SlackError('invalid_json');
}

/** The token: in the header, or in a form; never taken from a JSON body. */
function authenticate(call: ApiCall, args: Arguments, app: SlackApp): void {
  const bearer = /^Bearer (.+)$/i.exec(call.authorization ?? '')?.[1];
  const inForm = call.contentType.startsWith('application/json') ? undefined : args['token'];
  const token = bearer ?? (typeof inForm === 'string' ? inForm : undefined);
  if (!token) throw new SlackError('not_authed');
  if (token !== app.botToken) throw new SlackError('invalid_auth');
}

function answered(status: number, body: Record<string, unknown>, call: ApiCall, { app }: WebApiOptions): ApiAnswer {
  const known = body['error'] !== 'not_authed' && body['error'] !== 'invalid_auth';
  return {
    status,
    headers: {
      ...(known && { 'x-oauth-scopes': app().scopes.join(',') }),
      ...(known && { 'x-accepted-oauth-scopes': (METHODS[call.method]?.scopes ?? []).join(',') }),
    },
    body,
  };
}
