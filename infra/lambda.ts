/** How every function is made: Node 24 on arm64, its ES module, its own log group, its own environment and nothing else. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
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
  /**
   * Run by the clock: of Lambda's own lines only those that tell of something wrong. Its JSON format, which that takes, leaves
   * lines that are JSON already as they are; were it otherwise, the alarm that misses the line of a completed run says so.
   */
  readonly quiet?: true;
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
    ...(props.quiet
      ? {
          loggingFormat: LoggingFormat.JSON,
          applicationLogLevelV2: ApplicationLogLevel.TRACE,
          systemLogLevelV2: SystemLogLevel.WARN,
        }
      : { loggingFormat: LoggingFormat.TEXT }),
    logGroup: logs,
    environment: props.environment,
  });
  return { fn, logs };
}
