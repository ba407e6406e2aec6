/**
 * How every AWS call is made: three attempts of at most five seconds each, cut off for real, none begun that could
 * outlast the function, and none left running when it returns (a late write cannot be fenced off in EKS).
 */
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { NotReady } from '../broker/ports.ts';
import { type Duration, type Instant, plus } from '../core/time.ts';
import { type Runtime, required } from './runtime.ts';

const ATTEMPTS = 3;

/** What every client is made with. Lambda keeps the credentials of the function's role in these variables. */
export function clientConfig(runtime: Runtime) {
  const sessionToken = runtime.env['AWS_SESSION_TOKEN'];
  const endpoint = runtime.env['AWS_ENDPOINT_URL'];
  return {
    region: required(runtime, 'AWS_REGION'),
    credentials: {
      accessKeyId: required(runtime, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: required(runtime, 'AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken && { sessionToken }),
    },
    ...(endpoint && { endpoint }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(2_000, runtime.callTimeout),
      requestTimeout: runtime.callTimeout,
      throwOnRequestTimeout: true,
    }),
    retryStrategy: new ConfiguredRetryStrategy(ATTEMPTS, (attempt: number) => runtime.retryDelay(attempt)),
  };
}

/** The time one invocation has. */
export type Invocation = {
  readonly signal: AbortSignal;
  readonly deadline: Instant;
  readonly now: () => Instant;
  readonly callTimeout: Duration;
};

export type CallOptions = { readonly abortSignal: AbortSignal };

/** Makes the call if there is time for all of its attempts. Throws `NotReady` if not. */
export async function send<Output>(
  invocation: Invocation,
  call: (options: CallOptions) => Promise<Output>,
): Promise<Output> {
  const latestEnd = plus(invocation.now(), (invocation.callTimeout * ATTEMPTS) as Duration);
  if (latestEnd > invocation.deadline)
    throw new NotReady('too little time is left in this invocation for another AWS call');
  return call({ abortSignal: invocation.signal });
}

/** The same for a call that is made once, whatever comes of it. */
export async function sendOnce<Output>(
  invocation: Invocation,
  call: (options: CallOptions) => Promise<Output>,
): Promise<Output> {
  if (plus(invocation.now(), invocation.callTimeout) > invocation.deadline)
    throw new NotReady('too little time is left in this invocation for another AWS call');
  return call({ abortSignal: invocation.signal });
}

/** Runs the work with a signal that is aborted when it is over, so that nothing of it runs on. */
export async function invoke<T>(
  runtime: Runtime,
  remaining: Duration,
  work: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  try {
    return await work({
      signal: controller.signal,
      deadline: plus(runtime.now(), remaining),
      now: runtime.now,
      callTimeout: runtime.callTimeout,
    });
  } finally {
    controller.abort();
  }
}

/** The name that AWS gives the error, if it is one of these. */
export const isAwsError = (error: unknown, ...names: readonly string[]): error is Error =>
  error instanceof Error && names.includes(error.name);
