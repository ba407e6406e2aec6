/** How every function is made: Node 24 on arm64, its ES module, its own log group, its own environment and nothing else. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export type LambdaProps = {
  readonly name: string;
  readonly description: string;
  readonly code: Code;
  readonly role: IRole;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly reservedConcurrency?: number;
  readonly environment: Readonly<Record<string, string>>;
};

export type Made = { readonly fn: LambdaFunction; readonly logs: LogGroup };

export const logGroupName = (functionName: string): string => `/aws/lambda/${functionName}`;

export function makeFunction(scope: Construct, id: string, props: LambdaProps): Made {
  const logs = new LogGroup(scope, `${id}Logs`, {
    logGroupName: logGroupName(props.name),
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const fn = new LambdaFunction(scope, `${id}Function`, {
    functionName: props.name,
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: props.code,
    role: props.role,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    // The functions write JSON lines themselves; Lambda's own JSON format would wrap each once more.
    loggingFormat: LoggingFormat.TEXT,
    logGroup: logs,
    environment: props.environment,
  });
  return { fn, logs };
}
