/** What AWS's own services need of a role to run something as it: logs, streams, invocations. No code of ours calls these. */
import type { Permission } from './permission.ts';

const LOGS = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html';
const STREAMS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html';
const VENDED_LOGS = 'https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html';

/** `logGroups`: ARNs without the trailing `:*`. No CreateLogGroup: the stack makes the group, with its retention. */
export const writesLogs = (logGroups: readonly string[]): Permission => ({
  sid: 'Logs',
  why: 'Writes the log of the function that runs as it. `*` stands for the streams in it.',
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: logGroups.map((group) => `${group}:*`),
  platform: LOGS,
});

export const readsStream = (stream: string): Permission[] => [
  {
    sid: 'ReadStream',
    why: "Lambda reads the table's stream with the function's role.",
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resources: [stream],
    platform: STREAMS,
  },
  {
    sid: 'FindStream',
    why: "Lambda looks for the table's stream. The action has no resource type, so the resource is `*`; it shows names.",
    actions: ['dynamodb:ListStreams'],
    resources: ['*'],
    platform: STREAMS,
  },
];

export const takesFrom = (queue: string): Permission => ({
  sid: 'TakeMessages',
  why: "Lambda takes messages out of the queue with the function's role.",
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  resources: [queue],
  platform: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
});

export const sendsTo = (queue: string): Permission => ({
  sid: 'DeadLetters',
  why: 'Lambda puts where a failed batch lies in the stream into the dead-letter queue.',
  actions: ['sqs:SendMessage'],
  resources: [queue],
  platform: 'https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html',
});

export const invokes = (functions: readonly string[]): Permission => ({
  sid: 'Invoke',
  why: 'Invokes this function and no other.',
  actions: ['lambda:InvokeFunction'],
  resources: functions,
  platform: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-permissions.html',
});

/** CloudWatch Logs has no resource types for the delivery of vended logs. */
export const deliversLogs = (): Permission => ({
  sid: 'DeliverLogs',
  why: "Step Functions writes the workflow's log through CloudWatch's log deliveries, whose actions have no resource types, so the resource is `*`. The log carries no execution data.",
  actions: [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  resources: ['*'],
  platform: VENDED_LOGS,
});
