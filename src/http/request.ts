/** What stands between the router and the handlers. */
import type { RecordDeps } from '../broker/ports.ts';
import type { Instant } from '../core/time.ts';
import type { Caller } from './caller.ts';
import type { Problem } from './schemas.ts';

/** What a handler is given: everything parsed, nothing believed that the caller says of itself. */
export type HttpRequest = {
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly idempotencyKey?: string;
  /** By API Gateway's clock. */
  readonly receivedAt?: Instant;
};

export type Answer = { readonly status: number; readonly body: unknown } | Refused;
/** `allow`: the methods that the address takes, where it is the method that was wrong. */
export type Refused = { readonly problem: Problem; readonly allow?: readonly string[] };

/** A use case called, its answer made into a view. */
export type Handler<Deps = RecordDeps> = (deps: Deps, caller: Caller, request: HttpRequest) => Promise<Answer>;
