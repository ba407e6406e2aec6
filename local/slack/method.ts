/** A method of the Web API, and what it is given. */
import type { Instant } from '../../src/core/time.ts';
import type { SlackApp } from './app.ts';
import type { Tier } from './rate-limits.ts';
import type { Store } from './store.ts';
import { SlackError } from './web-api-error.ts';
import type { Team } from './workspace.ts';

export type Arguments = Readonly<Record<string, unknown>>;

export type Context = {
  readonly store: Store;
  readonly app: SlackApp;
  readonly team: Team;
  readonly now: Instant;
  /** The workspace's address, with a slash at its end. */
  readonly url: string;
  /** Counts a call against a further limit; throws `ratelimited` if it is one too many. */
  limit(bucket: string, tier: Tier): void;
};

export type Method = {
  readonly tier: Tier;
  /** Any one of these is enough; none is needed if there are none. Methods for several kinds of channel decide themselves. */
  readonly scopes: readonly string[];
  /** Slack takes JSON bodies for methods that write; those that read find no argument in one. */
  readonly json: boolean;
  readonly write: boolean;
  run(args: Arguments, context: Context): Record<string, unknown>;
};

export function text(args: Arguments, name: string): string | undefined {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

export function required(args: Arguments, name: string): string {
  const value = text(args, name);
  if (value === undefined)
    throw new SlackError('invalid_arguments', {
      response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
    });
  return value;
}

export const flag = (args: Arguments, name: string): boolean =>
  args[name] === true || /^(true|1)$/.test(String(args[name]));

/** An argument that is JSON: text in a form, a value or text in a JSON body. `undefined` if absent. */
export function json(args: Arguments, name: string, otherwise: () => SlackError): unknown {
  const value = args[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw otherwise();
  }
}

/** Throws `missing_scope` unless the token has one of them. */
export function needScope({ app }: Context, ...scopes: readonly string[]): void {
  if (scopes.length === 0 || scopes.some((scope) => app.scopes.includes(scope))) return;
  throw new SlackError('missing_scope', { needed: scopes.join(','), provided: app.scopes.join(',') });
}

/** A page of `all`, and the cursor of the next. */
export function page<T>(args: Arguments, all: readonly T[], standard = 100): { items: T[]; next: string } {
  const limit = args['limit'] === undefined ? standard : Number(args['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new SlackError('invalid_limit');
  const cursor = text(args, 'cursor');
  const decoded = cursor === undefined ? 'next:0' : Buffer.from(cursor, 'base64').toString();
  const from = Number(/^next:(\d+)$/.exec(decoded)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new SlackError('invalid_cursor');
  const end = from + limit;
  return {
    items: all.slice(from, end),
    next: end < all.length ? Buffer.from(`next:${end}`).toString('base64') : '',
  };
}
