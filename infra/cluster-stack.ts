/** What an account with clusters gets: executors, which the hub becomes, and the reaper, which needs no hub. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import {
  emergencyPattern,
  emergencyPermissions,
  emergencyTrust,
  executorPermissions,
  executorTrust,
  reaperPermissions,
} from '../src/aws/cluster-policies.ts';
import {
  emergencyName,
  executorsIn,
  homeRegion,
  REAPER,
  reaperEnvironment,
  reaperName,
} from '../src/aws/deployment.ts';
import { writesLogs } from '../src/aws/platform-policies.ts';
import { parseRoleArn } from '../src/core/arn.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { emergencyRules } from '../src/core/emergency.ts';
import { guardLeaving } from './deployment-guard.ts';
import { logGroupName, type Made, makeFunction } from './lambda.ts';
import { LAMBDA, makeRole } from './role.ts';
import { runEvery } from './schedule.ts';
import { alarmLines, alarmTopic, countOf, failuresOf, largestOf, namespaceOf, raise } from './watch.ts';

export type ClusterStackProps = StackProps & {
  readonly config: Configuration;
  /** Whose clusters. */
  readonly clusterAccount: string;
  readonly worker: string;
  readonly reaperCode: (scope: Construct) => Code;
  readonly organization?: string;
  readonly alarmEmail?: string;
};

/** I9 promises expiry + 15 min. */
const OVERDUE_SECONDS = 900;

export class ClusterStack extends Stack {
  constructor(scope: Construct, id: string, props: ClusterStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const { config, clusterAccount } = props;
    for (const executor of executorsIn(config, clusterAccount)) this.#executor(props, executor);
    this.#emergency(props);
    const reaper = this.#reaper(props);
    runEvery(this, 'Reap', {
      name: reaperName(config),
      description: 'Every five minutes: the reaper.',
      rate: '5 minutes',
      target: reaper.fn,
    });
    this.#watch(props, reaper);
    guardLeaving(this, reaper);
  }

  #executor({ config, worker, organization }: ClusterStackProps, executor: string): void {
    const role = parseRoleArn(executor);
    if (!role) return;
    const made = makeRole(this, `Executor-${role.name}`, {
      name: role.name,
      path: role.path,
      description: `Hallpass ${config.hub} acts on this account's clusters through it.`,
      trust: executorTrust(config, worker, organization),
      permissions: executorPermissions(config, executor),
    });
    new CfnOutput(this, `Executor-${role.name}-Arn`, { value: made.roleArn });
  }

  /** Only where it can give anything. Its use is an alarm; `#watch` makes the rule. */
  #emergency({ config, clusterAccount }: ClusterStackProps): void {
    if (emergencyRules(config, clusterAccount).length === 0) return;
    const role = makeRole(this, 'Emergency', {
      name: emergencyName(config),
      description: `Access with Hallpass ${config.hub} down: hallpass emergency. Its use is an alarm.`,
      trust: emergencyTrust(config),
      permissions: emergencyPermissions(config, clusterAccount),
    });
    new CfnOutput(this, 'EmergencyArn', { value: role.roleArn });
  }

  #reaper({ config, clusterAccount, reaperCode }: ClusterStackProps): Made {
    const name = reaperName(config);
    const region = homeRegion(config, clusterAccount);
    const logs = `arn:${config.partition}:logs:${region}:${clusterAccount}:log-group:${logGroupName(name)}`;
    const role = makeRole(this, 'Reaper', {
      name,
      description: `Ends overdue access of Hallpass ${config.hub}, whatever has become of the hub.`,
      trust: LAMBDA,
      permissions: [...reaperPermissions(config, clusterAccount), writesLogs([logs])],
    });
    return makeFunction(this, 'Reaper', {
      name,
      description: `Hallpass ${config.hub}: every five minutes, ends overdue entries without the hub.`,
      code: reaperCode(this),
      role,
      ...REAPER,
      quiet: true,
      environment: reaperEnvironment(config, clusterAccount),
    });
  }

  #watch({ config, clusterAccount, alarmEmail }: ClusterStackProps, { fn, logs }: Made): void {
    const name = reaperName(config);
    const topic = alarmTopic(this, `${name}-alarms`, alarmEmail);
    if (emergencyRules(config, clusterAccount).length > 0)
      new Rule(this, 'EmergencyUsed', {
        ruleName: emergencyName(config),
        description: 'Somebody became the emergency role, or used it. Runbook: docs/break-glass.md#with-the-hub-down',
        eventPattern: emergencyPattern(config, clusterAccount) as unknown as EventPattern,
        targets: [new SnsTopic(topic)],
      });
    const counted = (metric: string) => ({
      namespace: namespaceOf(config.hub),
      name: metric,
      period: Duration.minutes(5),
    });
    raise(this, topic, name, [
      {
        name: 'ReaperMissing',
        says: 'The reaper has not completed for fifteen minutes: with the hub gone too, nothing would end access here.',
        metric: countOf(this, logs, 'ReaperCompleted', counted('ReaperCompleted')),
        threshold: 1,
        below: true,
        periods: 3,
        missing: 'breaching',
      },
      {
        name: 'ReaperOverdue',
        says: 'The reaper found access that stood past its end for more than fifteen minutes.',
        metric: largestOf(this, logs, 'ReaperCompleted', 'oldestOverdueSeconds', counted('ReaperOldestOverdueSeconds')),
        threshold: OVERDUE_SECONDS,
        missing: 'ignore',
      },
      {
        name: 'ReaperAlarmLogged',
        says: 'The reaper ended something itself, or could not: the hub did not do its work.',
        metric: alarmLines(this, { Reaper: logs }, counted('ReaperAlarmLines')),
        threshold: 1,
        missing: 'notBreaching',
      },
      {
        name: 'ReaperFails',
        says: 'The reaper ends in errors or is throttled.',
        metric: failuresOf({ reaper: fn }, Duration.minutes(5)),
        threshold: 1,
        missing: 'notBreaching',
      },
    ]);
  }
}
