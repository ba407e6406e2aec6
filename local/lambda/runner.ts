/**
 * Runs the product's function files as Lambda runs them: payloads as JSON, errors as values, a time-out by the clock,
 * environments kept warm and thrown away. One environment serves one invocation at a time, as on AWS; module-level
 * state of a function file, however, is shared by all of its environments here.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Duration, type Instant, minutes, plus, seconds, toSeconds } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import { capturePrinting, type LogSink } from './console.ts';
import { type LambdaContext, lambdaContext, type Place } from './context.ts';
import { trackUntilStalled } from './stalled.ts';

/** All that a function learns of the world it runs in. */
export type Runtime = {
  env: Readonly<Record<string, string | undefined>>;
  now(): Instant;
  random(bytes: number): Uint8Array;
};

/** `never`: each function states its own event; what arrives is JSON that it must parse anyway. */
type Handler = (event: never, context: LambdaContext) => Promise<unknown>;
export type FunctionModule = { build(runtime: Runtime): Handler | Promise<Handler> };

export type LocalFunction = {
  load(): Promise<FunctionModule>;
  env: Readonly<Record<string, string | undefined>>;
  timeout: Duration;
  /** How far this function's clock is off; negative is behind. */
  skew?: Duration;
};

export type InvokeFailure = { ok: false; errorType: string; errorMessage: string; trace?: string[] };
export type InvokeResult = { ok: true; payload: unknown } | InvokeFailure;
export type InvokeOptions = { requestId?: string };

export type LambdaRunner = {
  /** Invokes and waits for the answer (RequestResponse). Rejects only when there is no function of that name. */
  invoke(name: string, payload: unknown, options?: InvokeOptions): Promise<InvokeResult>;
  /**
   * Takes the event and answers at once (Event); a failure is tried again after 1 and 2 minutes with the same request
   * id. `settled` gets the last result.
   */
  invokeAsync(name: string, payload: unknown, settled?: (result: InvokeResult) => void): void;
  /** Throws every environment away: the next invocation starts cold. */
  recycle(): void;
};

export type RunnerOptions = Partial<Place> & {
  clock: Clock;
  functions: Readonly<Record<string, LocalFunction>>;
  random?: (bytes: number) => Uint8Array;
  /** Gets what functions print, and Lambda's own report of failures, as lines of JSON; without it they are dropped. */
  logs?: LogSink;
  /** Real time after which a silent invocation no longer holds a virtual clock. */
  patience?: Duration;
};

/** Lambda's quota for a synchronous payload, either way. */
const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;
const RETRY_AFTER = [minutes(1), minutes(2)] as const;
const DEFAULT_PLACE: Place = { account: '000000000000', region: 'eu-central-1' };

export function lambdaRunner(options: RunnerOptions): LambdaRunner {
  const { clock, functions, random = (bytes: number) => randomBytes(bytes) } = options;
  const place: Place = {
    account: options.account ?? DEFAULT_PLACE.account,
    region: options.region ?? DEFAULT_PLACE.region,
  };
  let idle = new Map<string, Handler[]>();

  function functionNamed(name: string): LocalFunction {
    const found = functions[name];
    if (!found) throw new Error(`there is no function ${name}; there are ${Object.keys(functions).join(', ')}`);
    return found;
  }

  async function environment(name: string, { load, env, skew = seconds(0) }: LocalFunction): Promise<Handler> {
    const warm = idle.get(name)?.pop();
    if (warm) return warm;
    const { build } = await load();
    return build({ env, now: () => plus(clock.now(), skew), random });
  }

  async function run(name: string, event: unknown, requestId: string): Promise<InvokeResult> {
    const fn = functionNamed(name);
    const generation = idle;
    let timedOut = false;
    const context = lambdaContext(name, requestId, place, clock, { startedAt: clock.now(), timeout: fn.timeout });
    const printing = { functionName: name, requestId, clock, sink: options.logs };
    const { result, silence } = capturePrinting(printing, async (): Promise<InvokeResult> => {
      try {
        const handler = await environment(name, fn);
        const answer = await attempt(() => handler(event as never, context));
        // Kept warm after an error too, as on AWS; not if a time-out or a recycling came first.
        if (generation === idle && !timedOut) keepWarm(name, handler);
        return answer;
      } catch (error) {
        return failure(error); // the initialisation failed
      }
    });
    const answered = await Promise.race([
      result,
      timeOut(requestId, fn.timeout, result, () => {
        timedOut = true;
        silence();
      }),
    ]);
    if (!answered.ok) report(name, requestId, answered);
    return answered;
  }

  /** Whatever the handler still does is ignored, and its environment is never used again. */
  function timeOut(
    requestId: string,
    timeout: Duration,
    result: Promise<unknown>,
    onTimeOut: () => void,
  ): Promise<InvokeFailure> {
    return new Promise((settle) => {
      const cancel = clock.at(plus(clock.now(), timeout), () => {
        onTimeOut();
        const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${toSeconds(timeout).toFixed(2)} seconds`;
        settle({ ok: false, errorType: 'Sandbox.Timedout', errorMessage });
      });
      void result.finally(cancel);
    });
  }

  function keepWarm(name: string, handler: Handler): void {
    const warm = idle.get(name);
    if (warm) warm.push(handler);
    else idle.set(name, [handler]);
  }

  function report(functionName: string, requestId: string, { errorType, errorMessage }: InvokeFailure): void {
    options.logs?.(JSON.stringify({ level: 'ERROR', functionName, requestId, errorType, errorMessage }));
  }

  const invoke = async (name: string, payload: unknown, given: InvokeOptions = {}): Promise<InvokeResult> => {
    const text = JSON.stringify(payload ?? null);
    if (Buffer.byteLength(text) > PAYLOAD_LIMIT_BYTES) {
      return tooLarge('RequestEntityTooLargeException', 'Invoke request', text);
    }
    const work = run(name, JSON.parse(text), given.requestId ?? randomUUID());
    return trackUntilStalled(clock, work, options.patience);
  };

  return {
    invoke,
    invokeAsync(name, payload, settled) {
      functionNamed(name);
      const requestId = randomUUID();
      const attemptFrom = async (nth: number): Promise<void> => {
        const result = await invoke(name, payload, { requestId });
        const wait = RETRY_AFTER[nth];
        if (result.ok || !wait) settled?.(result);
        else clock.at(plus(clock.now(), wait), () => void attemptFrom(nth + 1));
      };
      void attemptFrom(0);
    },
    recycle() {
      idle = new Map();
    },
  };
}

/** The handler's outcome as Lambda passes it on. */
async function attempt(handle: () => Promise<unknown>): Promise<InvokeResult> {
  try {
    const text = JSON.stringify((await handle()) ?? null);
    if (Buffer.byteLength(text) > PAYLOAD_LIMIT_BYTES)
      return tooLarge('Function.ResponseSizeTooLarge', 'Response', text);
    return { ok: true, payload: JSON.parse(text) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): InvokeFailure {
  if (!(error instanceof Error)) {
    return { ok: false, errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = error.stack?.split('\n') ?? [];
  return { ok: false, errorType: error.name, errorMessage: error.message, trace };
}

function tooLarge(errorType: string, what: string, text: string): InvokeFailure {
  const size = Buffer.byteLength(text);
  const errorMessage = `${what} payload size (${size} bytes) exceeded maximum allowed payload size (${PAYLOAD_LIMIT_BYTES} bytes).`;
  return { ok: false, errorType, errorMessage };
}
