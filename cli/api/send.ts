/** One exchange over the network, and what its failing means. */
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RawAnswer } from './answer.ts';
import type { Outgoing } from './sign.ts';

/** API Gateway gives up after 30 seconds, so there is nothing to wait for later. */
const TIMEOUT_MS = 35_000;
/** Nothing was sent: whoever answers has not seen the request. */
const NOT_CONNECTED: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

export class Unreachable extends Failure {
  /** True when the request cannot have arrived. */
  readonly notSent: boolean;
  constructor(message: string, notSent: boolean, cause: unknown) {
    super('unavailable', message, { cause });
    this.notSent = notSent;
  }
}

export const interruptedFailure = (): Failure => new Failure('interrupted', 'Stopped.');

/** Throws `Unreachable`, or an `interrupted` failure. Redirects are not followed: what is signed is for one host. */
export async function send(io: Io, { method, url, headers, body }: Outgoing): Promise<RawAnswer> {
  const signal = AbortSignal.any([io.interrupted, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body }),
    });
    return {
      status: response.status,
      text: await response.text(),
      contentType: response.headers.get('content-type') ?? '',
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (error) {
    if (io.interrupted.aborted) throw interruptedFailure();
    const why = reasonOf(error);
    throw new Unreachable(
      `Hallpass at ${url.origin} could not be reached (${why}).`,
      NOT_CONNECTED.includes(why),
      error,
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return error.message;
}
