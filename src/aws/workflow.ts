/** The workflow in Step Functions: started with a grant's id and its time-out, woken by task tokens. */
import { SendTaskSuccessCommand, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Workflow } from '../broker/ports.ts';
import { toSeconds } from '../core/time.ts';
import { type Invocation, isAwsError, send } from './calls.ts';

/** The step is not waiting any more, or this token was never its: whoever looks at the grant next goes on. */
const NOT_WAITING = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

export function workflowIn(client: SFNClient, invocation: Invocation, stateMachineArn: string): Workflow {
  return {
    async start(grantId, window) {
      // The same for the same grant: started twice, it is one execution.
      const input = JSON.stringify({ grantId, seconds: Math.ceil(toSeconds(window)) });
      const command = new StartExecutionCommand({ stateMachineArn, name: grantId, input });
      await unless(
        send(invocation, (options) => client.send(command, options)),
        'ExecutionAlreadyExists',
      );
    },
    async signal(token, answer) {
      const command = new SendTaskSuccessCommand({ taskToken: token.value, output: JSON.stringify(answer) });
      await unless(
        send(invocation, (options) => client.send(command, options)),
        ...NOT_WAITING,
      );
    },
  };
}

async function unless(call: Promise<unknown>, ...names: readonly string[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isAwsError(error, ...names)) throw error;
  }
}
