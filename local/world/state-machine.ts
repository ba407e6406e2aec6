/** The workflow as a deployment would put it there. */
import { readFileSync } from 'node:fs';
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  SFNClient,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { stateMachineArn } from '../../src/aws/deployment.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Credentials } from '../aws/iam/seed.ts';
import { localNames, STATES_ROLE } from './accounts.ts';

const STATE_MACHINE = new URL('../../statemachines/grant.asl.json', import.meta.url);

/** As a deployment does: made once, then updated; executions under way keep the definition they began with. */
export async function deployStateMachine(
  config: Configuration,
  endpoint: string,
  operator: Credentials,
  file: URL = STATE_MACHINE,
): Promise<void> {
  const client = new SFNClient({
    endpoint,
    region: config.region,
    credentials: operator,
  });
  const arn = stateMachineArn(config, localNames(config).stateMachine);
  const definition = readFileSync(file, 'utf8').replace(/\$\{WorkflowFunction\}/g, 'workflow');
  try {
    const present = await client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    if (present.definition !== definition)
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StateMachineDoesNotExist') throw error;
    const roleArn = `arn:${config.partition}:iam::${config.account}:role/${STATES_ROLE}`;
    await client.send(
      new CreateStateMachineCommand({
        name: arn.slice(arn.lastIndexOf(':') + 1),
        definition,
        roleArn,
        type: 'STANDARD',
      }),
    );
  }
}
