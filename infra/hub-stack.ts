/** The hub: API, functions, workflow, schedules, and what watches them. Everything here may be replaced at any time. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  chatEnvironment,
  FUNCTIONS,
  type FunctionName,
  type HubNames,
  type HubRole,
  hubEnvironment,
} from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { CONFIG_PATH, configuredCode, plainCode } from './bundle.ts';
import { makeChat } from './chat.ts';
import { guardDeployments } from './deployment-guard.ts';
import { makeApi, makeWebApi } from './http-api.ts';
import { watchHub } from './hub-watch.ts';
import { type Made, makeFunction } from './lambda.ts';
import { acknowledge } from './nag.ts';
import { LAMBDA, makeRole } from './role.ts';
import { hubRoleName, hubRolePermissions } from './role-list.ts';
import { runEvery } from './schedule.ts';
import { makeWorkflow } from './workflow.ts';

export type HubStackProps = StackProps & {
  readonly config: Configuration;
  readonly names: HubNames;
  readonly streamArn: string;
  readonly bundles: string;
  /** Where bundles and configuration are put together. */
  readonly staging: string;
  readonly alarmEmail?: string;
  /** For each of `RESERVING`. */
  readonly reservedConcurrency?: number;
};

/** What ends access, and what is for emergencies: no crowd of other functions keeps them waiting. */
const RESERVING: readonly FunctionName[] = ['sweeper', 'breakglass'];

const DESCRIPTIONS: Readonly<Record<FunctionName, string>> = {
  api: 'Hallpass: the HTTP API. It records; it can open nothing.',
  breakglass: 'Hallpass: access without approval, in an emergency; told to everybody.',
  workflow: 'Hallpass: the steps of a grant.',
  sweeper: 'Hallpass: every minute, whatever is due and was not done.',
  inventory: 'Hallpass: every hour, what EKS and IAM show that the record does not.',
  doctor: 'Hallpass: whether the installation is as it should be. It changes nothing.',
  publisher: 'Hallpass: audit events to EventBridge.',
  guard: 'Hallpass: asked before a deployment, whether it would strand access.',
};

/** Run by the clock, whether there is anything to do or not. */
const CLOCKED: readonly FunctionName[] = ['sweeper', 'inventory'];

/** Those that never read the configuration get none. */
const UNCONFIGURED: readonly FunctionName[] = ['publisher', 'guard'];

export class HubStack extends Stack {
  constructor(scope: Construct, id: string, props: HubStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const { config } = props;
    const { hub } = config;
    const undelivered = new Queue(this, 'Undelivered', {
      queueName: `hallpass-${hub}-undelivered`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(undelivered, 'AwsSolutions-SQS3', 'It is the dead-letter queue of the event source mapping below.');
    const functions = this.#functions(props);
    const { api, breakglass, doctor, workflow, sweeper, inventory, publisher } = functions;

    const reached = { api: api.fn, breakglass: breakglass.fn, doctor: doctor.fn };
    const http = makeApi(this, config, reached);
    const web = makeWebApi(this, config, reached);
    // What comes through it is believed its token, and nothing else (F8).
    if (web) for (const fn of Object.values(reached)) fn.addEnvironment('WEB_API_ID', web.apiId);
    const machine = makeWorkflow(this, config, props.names.stateMachine, workflow.fn);
    runEvery(this, 'Sweep', {
      name: `hallpass-${hub}-sweep`,
      description: 'Every minute: whatever is due.',
      rate: '1 minute',
      target: sweeper.fn,
    });
    runEvery(this, 'Take', {
      name: `hallpass-${hub}-inventory`,
      description: 'Every hour: the inventory.',
      rate: '1 hour',
      target: inventory.fn,
    });
    this.#follow(publisher.fn, props.streamArn, undelivered);
    const chat = makeChat(this, { ...props, undelivered });
    const apis = web ? [http, web] : [http];
    watchHub(this, { config, functions, chat, undelivered, machine, apis, email: props.alarmEmail });

    guardDeployments(this, { config, guard: functions.guard, reach: this.node.findChild('WorkerRole') });

    new CfnOutput(this, 'ApiUrl', { value: http.url, description: 'HALLPASS_URL of the command line.' });
    if (web) new CfnOutput(this, 'WebUrl', { value: web.url, description: 'HALLPASS_URL for hallpass login.' });
    new CfnOutput(this, 'ApiId', { value: http.apiId, description: 'For the permission set.' });
  }

  #functions(props: HubStackProps): Record<FunctionName, Made> {
    const { config, names, streamArn, bundles, staging, reservedConcurrency } = props;
    const entries = Object.entries(FUNCTIONS) as [FunctionName, (typeof FUNCTIONS)[FunctionName]][];
    const role = (wanted: HubRole) => {
      const runs = entries.filter(([, made]) => made.role === wanted).map(([name]) => name);
      return makeRole(this, capital(wanted), {
        name: hubRoleName(config, wanted),
        trust: LAMBDA,
        description: `Hallpass ${config.hub}: ${runs.join(', ')}.`,
        permissions: hubRolePermissions(config, wanted, names, streamArn),
      });
    };
    const roles = {
      api: role('api'),
      breakglass: role('breakglass'),
      worker: role('worker'),
      publisher: role('publisher'),
      guard: role('guard'),
    };
    const make = ([name, settings]: (typeof entries)[number]): Made =>
      makeFunction(this, capital(name), {
        name: `hallpass-${config.hub}-${name}`,
        description: DESCRIPTIONS[name],
        code: UNCONFIGURED.includes(name) ? plainCode(bundles, name) : configuredCode(bundles, name, config, staging),
        role: roles[settings.role],
        timeoutSeconds: settings.timeoutSeconds,
        memoryMb: settings.memoryMb,
        ...(reservedConcurrency !== undefined && RESERVING.includes(name) && { reservedConcurrency }),
        ...(CLOCKED.includes(name) && { quiet: true }),
        environment: environmentOf(name, props),
      });
    return Object.fromEntries(entries.map((entry) => [entry[0], make(entry)])) as Record<FunctionName, Made>;
  }

  /** At least once, in order for each grant; what cannot be told in a day is put aside, and an alarm says so. */
  #follow(publisher: LambdaFunction, streamArn: string, undelivered: Queue): void {
    new EventSourceMapping(this, 'Events', {
      target: publisher,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      bisectBatchOnError: true,
      retryAttempts: 20,
      maxRecordAge: Duration.hours(23),
      onFailure: new SqsDlq(undelivered),
      // Only audit events are told: nothing is invoked, or paid, for any other write.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: FilterRule.or('event', 'personEvent', 'delegationEvent') } } },
        }),
      ],
    });
  }
}

function environmentOf(name: FunctionName, { config, names }: HubStackProps): Readonly<Record<string, string>> {
  if (name === 'publisher') return chatEnvironment(config);
  const { HALLPASS_CONFIG, ...unconfigured } = hubEnvironment(config, names, CONFIG_PATH);
  return UNCONFIGURED.includes(name) ? unconfigured : { ...unconfigured, HALLPASS_CONFIG };
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
