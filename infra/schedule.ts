/** A function run by the clock, told which time was meant: a second clock beside its own (F40). */
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';

export type Run = {
  readonly name: string;
  /** `1 minute`, `5 minutes`. */
  readonly rate: string;
  readonly target: LambdaFunction;
  readonly role: IRole;
};

export function runEvery(scope: Construct, id: string, { name, rate, target, role }: Run): void {
  new CfnSchedule(scope, `${id}Schedule`, {
    name,
    scheduleExpression: `rate(${rate})`,
    flexibleTimeWindow: { mode: 'OFF' },
    state: 'ENABLED',
    target: {
      arn: target.functionArn,
      roleArn: role.roleArn,
      input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
      // A run that is missed is made up for by the next one, and its absence is what the alarm watches.
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
  });
}
