/** What is watched of a hub. At most eight metrics of our own; everything else AWS counts anyway. */
import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import type { MadeApi } from './http-api.ts';
import type { Made } from './lambda.ts';
import {
  type AlarmRule,
  alarmLines,
  alarmTopic,
  countOf,
  failuresOf,
  largestOf,
  namespaceOf,
  raise,
  sumOf,
} from './watch.ts';

export type Watched = {
  readonly config: Configuration;
  readonly functions: Readonly<Record<FunctionName, Made>>;
  /** Slack's functions and the notifier, as far as there are any. */
  readonly chat: Readonly<Record<string, Made>>;
  readonly undelivered: Queue;
  readonly machine: CfnStateMachine;
  /** `iam`, and `web` where there is one. */
  readonly apis: readonly MadeApi[];
  readonly email: string | undefined;
};

/** I3 promises expiry + 90 s. */
const OVERDUE_SECONDS = 120;

export function watchHub(scope: Construct, watched: Watched): void {
  const { hub } = watched.config;
  const topic = alarmTopic(scope, `hallpass-${hub}-alarms`, watched.email);
  const rules = rulesOf(scope, watched);
  raise(scope, topic, `hallpass-${hub}`, rules);
  const graphs = rules.map(({ name, metric }) => new GraphWidget({ title: name, left: [metric], width: 8, height: 5 }));
  const dashboard = new Dashboard(scope, 'Dashboard', { dashboardName: `hallpass-${hub}` });
  for (let from = 0; from < graphs.length; from += 3) dashboard.addWidgets(...graphs.slice(from, from + 3));
}

function rulesOf(scope: Construct, { config, functions, chat, undelivered, machine, apis }: Watched): AlarmRule[] {
  const minute = Duration.minutes(1);
  const counted = (name: string, period = minute) => ({ namespace: namespaceOf(config.hub), name, period });
  // Whoever asks the doctor, or deploys, sees that it failed; and an alarm takes ten metrics at most.
  const { workflow: _routesByErrors, doctor: _answersPeople, guard: _answersDeployments, ...whole } = functions;
  const executions = (metricName: string): IMetric =>
    new Metric({
      namespace: 'AWS/States',
      metricName,
      dimensionsMap: { StateMachineArn: machine.attrArn },
      period: Duration.minutes(5),
      statistic: 'Sum',
    });
  return [
    {
      name: 'SweepMissing',
      says: 'No sweep has completed for three minutes: nothing ends what the workflow leaves.',
      metric: countOf(scope, functions.sweeper.logs, 'SweepCompleted', counted('SweepCompleted')),
      threshold: 1,
      below: true,
      periods: 3,
      missing: 'breaching',
    },
    {
      name: 'AccessOverdue',
      says: 'Access stands past its end.',
      metric: largestOf(
        scope,
        functions.sweeper.logs,
        'SweepCompleted',
        'oldestOverdueSeconds',
        counted('OldestOverdueSeconds'),
      ),
      threshold: OVERDUE_SECONDS,
      // A sweeper that died while something was overdue has not made it well.
      missing: 'ignore',
    },
    {
      name: 'AlarmLogged',
      says: 'A function wrote a line of level "alarm": something that must not happen did.',
      metric: alarmLines(
        scope,
        mapped({ ...functions, ...chat }, ({ logs }) => logs),
        counted('AlarmLines'),
      ),
      threshold: 1,
      missing: 'notBreaching',
    },
    {
      name: 'InventoryMissing',
      says: 'No inventory has completed for three hours: drift goes unseen.',
      metric: countOf(
        scope,
        functions.inventory.logs,
        'InventoryCompleted',
        counted('InventoryCompleted', Duration.hours(1)),
      ),
      threshold: 1,
      below: true,
      periods: 3,
      missing: 'breaching',
    },
    {
      name: 'FunctionsFail',
      says: "Functions end in errors or are throttled. The workflow's is not counted: it routes by errors; nor the guard's, which stops a deployment by itself.",
      metric: failuresOf(
        mapped(whole, ({ fn }) => fn),
        Duration.minutes(5),
      ),
      threshold: 3,
      missing: 'notBreaching',
    },
    ...chatRules(chat),
    {
      name: 'WorkflowFails',
      says: 'The workflow gave up on a grant; the sweeper goes on with it alone.',
      metric: executions('ExecutionsFailed'),
      threshold: 1,
      missing: 'notBreaching',
    },
    {
      name: 'ApiFails',
      says: 'The API answers 5xx.',
      metric: sumOf(
        apis.map(({ api }) => api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' })),
        Duration.minutes(5),
      ),
      threshold: 3,
      missing: 'notBreaching',
    },
    {
      name: 'EventsUndelivered',
      says: 'Audit events, notifications or clicks were put aside: EventBridge or people have not been told of them.',
      metric: undelivered.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      threshold: 1,
      // SQS stops counting for queues that nobody uses.
      missing: 'notBreaching',
    },
  ];
}

/** Apart from the others: an alarm takes ten metrics at most. */
const chatRules = (chat: Readonly<Record<string, Made>>): AlarmRule[] =>
  Object.keys(chat).length === 0
    ? []
    : [
        {
          name: 'NotificationsFail',
          says: "Slack's functions or the notifier end in errors or are throttled: people are told late, and clicks are lost.",
          metric: failuresOf(
            mapped(chat, ({ fn }) => fn),
            Duration.minutes(5),
          ),
          threshold: 3,
          missing: 'notBreaching',
        },
      ];

const mapped = <T, U>(record: Readonly<Record<string, T>>, make: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));
