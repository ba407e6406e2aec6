/** How a function file becomes a Lambda handler: built once in a sandbox, at its first event. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { externalDataInterceptor } from '@smithy/core/config';
import type { Duration } from '../core/time.ts';
import { type Invocation, invoke } from './calls.ts';
import { lambdaRuntime, type Runtime } from './runtime.ts';

export type LambdaContext = { readonly awsRequestId: string; getRemainingTimeInMillis(): number };
export type Handler<Event> = (event: Event, context: LambdaContext) => Promise<unknown>;
export type Build<Event> = (runtime: Runtime) => Handler<Event>;

/** Time kept back for answering. */
const RESERVE_MS = 500;

/** One invocation at a time: its calls end with it. */
export const invocationOf = <T>(
  runtime: Runtime,
  context: LambdaContext,
  work: (invocation: Invocation) => Promise<T>,
): Promise<T> => invoke(runtime, Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS) as Duration, work);

/**
 * A function has no home with settings of AWS's tools in it. The SDK would look for a dozen of them there, and Node would
 * load much to read two files that do not exist.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
function withoutSharedFiles({ env }: Runtime): void {
  const files = { config: env['AWS_CONFIG_FILE'], credentials: env['AWS_SHARED_CREDENTIALS_FILE'] };
  for (const [name, path] of Object.entries(files))
    externalDataInterceptor.interceptFile(path || join(homedir(), '.aws', name), '');
}

function start<Event>(build: Build<Event>): Handler<Event> {
  const runtime = lambdaRuntime();
  withoutSharedFiles(runtime);
  return build(runtime);
}

/** The handler that Lambda calls. Refuses to run where AWS's endpoints were redirected (see `lambdaRuntime`). */
export function lambda<Event>(build: Build<Event>): Handler<Event> {
  let built: Handler<Event> | undefined;
  return async (event, context) => {
    try {
      built ??= start(build);
      return await built(event, context);
    } catch (error) {
      // What reads the maps is loaded once something has gone wrong.
      if (error instanceof Error && error.stack) {
        const { mappedStack } = await import('./mapped-stack.ts');
        error.stack = mappedStack(error.stack);
      }
      throw error;
    }
  };
}
