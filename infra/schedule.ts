/**
 * A function run by the clock, told which time was meant: a second clock beside its own (F40). A scheduled rule says when
 * it fired, by EventBridge's clock, and costs nothing; the Scheduler would cost more than all that an idle hub does.
 */
import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig, type Function as RunFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

export type Run = {
  readonly name: string;
  readonly description: string;
  /** `1 minute`, `5 minutes`. */
  readonly rate: string;
  readonly target: RunFunction;
};

/** A run that is missed is made up for by the next one, and its absence is what the alarm watches: nothing is tried again. */
const ONCE = { retryAttempts: 0, maxEventAge: Duration.minutes(1) } as const;

export function runEvery(scope: Construct, id: string, { name, description, rate, target }: Run): void {
  new Rule(scope, `${id}Schedule`, {
    ruleName: name,
    description,
    schedule: Schedule.expression(`rate(${rate})`),
    targets: [
      new LambdaFunction(target, {
        event: RuleTargetInput.fromObject({ scheduledTime: EventField.time }),
        ...ONCE,
      }),
    ],
  });
  // A late second try would bring an old time with it, and be taken for a clock that is wrong.
  new EventInvokeConfig(scope, `${id}Once`, { function: target, ...ONCE });
}
