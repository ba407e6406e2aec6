/**
 * SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. What becomes of a token: InvalidToken if it is none at all;
 * TaskDoesNotExist if its execution is not known; TaskTimedOut if the task is over, was replaced by a retry, or its
 * execution has ended.
 */
import * as z from 'zod';
import type { AccessRequest, Context, Operation, Operations } from '../aws-service.ts';
import { executionOfToken, type Signal } from './execution.ts';
import { findExecution } from './records.ts';
import { invalidOutput, invalidToken, taskDoesNotExist } from './refusals.ts';
import type { Runner } from './runner.ts';
import { data, parseJson, read } from './wire.ts';

const taskToken = z.string().min(1).max(2_048);
const successInput = z.strictObject({ taskToken, output: data });
const failureInput = z.strictObject({
  taskToken,
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});
const heartbeatInput = z.strictObject({ taskToken });

/** The API has no resource for a token: whoever may send, may send for any. */
const anyTask = (action: string) => (): AccessRequest => ({ action, resource: '*' });

export function taskOperations(runner: Runner): Operations {
  const send = async ({ storage, clock }: Context, signal: Extract<Signal, { token: string }>): Promise<object> => {
    const arn = executionOfToken(signal.token);
    if (arn === undefined) throw invalidToken();
    if (!findExecution(storage, arn, clock.now())) throw taskDoesNotExist();
    await runner.signal(arn, signal);
    return {};
  };
  const operation = (name: string, run: Operation['run']): Operations => ({
    [name]: { write: true, authorize: anyTask(`states:${name}`), run },
  });
  return {
    ...operation('SendTaskSuccess', (input, context) => {
      const { taskToken: token, output } = read(successInput, input);
      return send(context, { type: 'succeeded', token, output: parseJson(output, (why) => invalidOutput(why)) });
    }),
    ...operation('SendTaskFailure', (input, context) => {
      const { taskToken: token, error, cause } = read(failureInput, input);
      return send(context, {
        type: 'failed',
        token,
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
    }),
    ...operation('SendTaskHeartbeat', (input, context) =>
      send(context, { type: 'heartbeat', token: read(heartbeatInput, input).taskToken }),
    ),
  };
}
