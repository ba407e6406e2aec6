/**
 * Metrics and alarms. Functions write JSON lines; metric filters count them, so that no function spends time or a
 * permission on metrics. Each alarm says what missing data means for it, and its description names its runbook.
 */
import { Annotations, type Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

export type AlarmRule = {
  readonly name: string;
  /** What somebody who is woken by it reads first. */
  readonly says: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly below?: true;
  readonly periods?: number;
  /** breaching: silence is the fault. notBreaching: silence is well. ignore: silence changes nothing. */
  readonly missing: 'breaching' | 'notBreaching' | 'ignore';
};

const MISSING = {
  breaching: TreatMissingData.BREACHING,
  notBreaching: TreatMissingData.NOT_BREACHING,
  ignore: TreatMissingData.IGNORE,
} as const;

export const namespaceOf = (hub: string): string => `Hallpass/${hub}`;

/** Where alarms go. Somebody has to subscribe: with an address it is done here, without one the synthesis says so. */
export function alarmTopic(scope: Construct, name: string, email: string | undefined): Topic {
  const { account } = Stack.of(scope);
  const topic = new Topic(scope, 'Alarms', { topicName: name, enforceSSL: true });
  topic.grantPublish(
    new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  );
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  else
    Annotations.of(scope).addWarningV2(
      'hallpass:nobodyIsCalled',
      `Nobody hears of alarms: add -c alarmEmail=<address>, or subscribe to the topic ${name} yourself.`,
    );
  return topic;
}

export function raise(scope: Construct, topic: Topic, prefix: string, rules: readonly AlarmRule[]): void {
  for (const { name, says, metric, threshold, below, periods = 1, missing } of rules) {
    const alarm = new Alarm(scope, `${name}Alarm`, {
      alarmName: `${prefix}-${name}`,
      alarmDescription: `${says} Runbook: docs/operations.md#${name.toLowerCase()}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: MISSING[missing],
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
}

type Counted = { readonly namespace: string; readonly name: string; readonly period: Duration };

/** How often the message was written. */
export function countOf(
  scope: Construct,
  logs: LogGroup,
  message: string,
  { namespace, name, period }: Counted,
): Metric {
  new MetricFilter(scope, `${name}Filter`, {
    logGroup: logs,
    metricNamespace: namespace,
    metricName: name,
    filterPattern: FilterPattern.stringValue('$.message', '=', message),
    metricValue: '1',
  });
  return new Metric({ namespace, metricName: name, period, statistic: 'Sum' });
}

/** The largest of a field that every such message carries. */
export function largestOf(
  scope: Construct,
  logs: LogGroup,
  message: string,
  field: string,
  { namespace, name, period }: Counted,
): Metric {
  new MetricFilter(scope, `${name}Filter`, {
    logGroup: logs,
    metricNamespace: namespace,
    metricName: name,
    filterPattern: FilterPattern.stringValue('$.message', '=', message),
    metricValue: `$.${field}`,
  });
  return new Metric({ namespace, metricName: name, period, statistic: 'Maximum' });
}

/** Lines of level `alarm`, whichever function wrote them: one metric. */
export function alarmLines(
  scope: Construct,
  logs: Readonly<Record<string, LogGroup>>,
  { namespace, name, period }: Counted,
): Metric {
  for (const [of, logGroup] of Object.entries(logs))
    new MetricFilter(scope, `${name}${of}Filter`, {
      logGroup,
      metricNamespace: namespace,
      metricName: name,
      filterPattern: FilterPattern.stringValue('$.level', '=', 'alarm'),
      metricValue: '1',
    });
  return new Metric({ namespace, metricName: name, period, statistic: 'Sum' });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html */
const MOST_METRICS = 10;

/** Functions that ended in an error or were not allowed to begin, together. */
export function failuresOf(functions: Readonly<Record<string, LambdaFunction>>, period: Duration): MathExpression {
  const metrics = Object.entries(functions).flatMap(([name, fn]) => [
    [`${name}Errors`, fn.metricErrors({ period, statistic: 'Sum' })] as const,
    [`${name}Throttles`, fn.metricThrottles({ period, statistic: 'Sum' })] as const,
  ]);
  return together(metrics, 'errors and throttles', period);
}

/** One of them as it is; of several, what they come to. */
export function sumOf(metrics: readonly IMetric[], period: Duration): IMetric {
  const [only, ...others] = metrics;
  if (only && others.length === 0) return only;
  return together(
    metrics.map((metric, n) => [`m${n}`, metric]),
    'together',
    period,
  );
}

function together(
  metrics: readonly (readonly [id: string, metric: IMetric])[],
  label: string,
  period: Duration,
): MathExpression {
  if (metrics.length > MOST_METRICS)
    throw new Error(`an alarm over ${metrics.length} metrics, and CloudWatch takes ${MOST_METRICS}`);
  return new MathExpression({
    expression: metrics.map(([id]) => `FILL(${id}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics),
    label,
    period,
  });
}
