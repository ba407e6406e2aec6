/** The state machine from the very file that local mode interprets. */
import { readFileSync } from 'node:fs';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { deliversLogs, invokes } from '../src/aws/platform-policies.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { acknowledge } from './nag.ts';
import { makeRole, serviceTrust } from './role.ts';

const DEFINITION = new URL('../statemachines/grant.asl.json', import.meta.url);

export function makeWorkflow(
  scope: Construct,
  { hub, account, partition, region }: Configuration,
  name: string,
  workflow: LambdaFunction,
): CfnStateMachine {
  const logs = new LogGroup(scope, 'ExecutionLogs', {
    logGroupName: `/aws/vendedlogs/states/${name}`,
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const functionArn = `arn:${partition}:lambda:${region}:${account}:function:hallpass-${hub}-workflow`;
  const role = makeRole(scope, 'WorkflowExecution', {
    name: `hallpass-${hub}-workflow-execution`,
    description: 'Runs the steps of a grant, and can do nothing else.',
    trust: serviceTrust('states.amazonaws.com', account),
    permissions: [invokes([functionArn]), deliversLogs()],
  });
  const machine = new CfnStateMachine(scope, 'StateMachine', {
    stateMachineName: name,
    stateMachineType: 'STANDARD',
    roleArn: role.roleArn,
    // Service integrations are named in the partition that they run in.
    definitionString: readFileSync(DEFINITION, 'utf8').replaceAll('arn:aws:states:::', `arn:${partition}:states:::`),
    definitionSubstitutions: { WorkflowFunction: workflow.functionArn },
    // No execution data: task tokens are in it, and whoever reads one may signal.
    loggingConfiguration: {
      level: 'ERROR',
      includeExecutionData: false,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.logGroupArn } }],
    },
  });
  // cfn-lint does not know that JSONata may stand for a number: https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
  machine.cfnOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['E3601'] } } };
  acknowledge(
    machine,
    'AwsSolutions-SF1',
    "Every step writes to the function's log and to the record; Step Functions keeps the history for 90 days. What failed is logged.",
  );
  acknowledge(
    machine,
    'AwsSolutions-SF2',
    'A grant is followed by its id through logs and events. Traces would cost cold starts (128 kB) and show no more.',
  );
  return machine;
}
