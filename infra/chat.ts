/**
 * Slack, webhooks and what they wait in: made only where the configuration has use for them. Slack's route has no
 * authoriser, because AWS cannot check Slack's signature; the function behind it does, and can do nothing else.
 */
import { CfnOutput, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import {
  CHAT_FUNCTIONS,
  CHAT_QUEUES,
  type ChatFunction,
  type ChatQueue,
  chatEnvironment,
  chatFunctionsOf,
  chatName,
  chatQueuesOf,
  type HubNames,
  hubEnvironment,
} from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { CONFIG_PATH, configuredCode } from './bundle.ts';
import { ACCESS_LOG, urlOf } from './http-api.ts';
import { type Made, makeFunction } from './lambda.ts';
import { acknowledge } from './nag.ts';
import { LAMBDA, makeRole } from './role.ts';
import { chatRolePermissions } from './role-list.ts';

export type ChatProps = {
  readonly config: Configuration;
  readonly names: HubNames;
  readonly bundles: string;
  readonly staging: string;
  readonly undelivered: Queue;
};

const DESCRIPTIONS: Readonly<Record<ChatFunction, string>> = {
  slack: 'Hallpass: what Slack calls. It checks a signature and fills a queue.',
  interactions: 'Hallpass: clicks in Slack. It records; it can open nothing.',
  notifier: 'Hallpass: what people and other systems are told.',
};

/** For all of Slack together: far more than people click. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/** Answers the functions that there are, by their names, for whoever watches them. */
export function makeChat(stack: Stack, props: ChatProps): Readonly<Partial<Record<ChatFunction, Made>>> {
  const { config, undelivered } = props;
  const functions = Object.fromEntries(
    chatFunctionsOf(config).map((name) => [name, makeChatFunction(stack, name, props)]),
  ) as Partial<Record<ChatFunction, Made>>;
  for (const name of chatQueuesOf(config)) {
    const target = functions[CHAT_QUEUES[name].for];
    if (target) makeQueue(stack, name, config, target.fn, undelivered);
  }
  if (functions.slack) makeSlackApi(stack, config, functions.slack.fn);
  return functions;
}

function makeChatFunction(stack: Stack, name: ChatFunction, { config, names, bundles, staging }: ChatProps): Made {
  const role = makeRole(stack, capital(name), {
    name: chatName(config, name),
    trust: LAMBDA,
    description: `Hallpass ${config.hub}: ${name}.`,
    permissions: chatRolePermissions(config, name, names),
  });
  return makeFunction(stack, capital(name), {
    name: chatName(config, name),
    description: DESCRIPTIONS[name],
    code: configuredCode(bundles, name, config, staging),
    role,
    ...CHAT_FUNCTIONS[name],
    environment: { ...hubEnvironment(config, names, CONFIG_PATH), ...chatEnvironment(config) },
  });
}

/** At least once; what fails five times is put aside beside the undelivered events, and the same alarm says so. */
function makeQueue(stack: Stack, name: ChatQueue, config: Configuration, target: LambdaFunction, aside: Queue): void {
  const { visibilitySeconds, maxReceives, batchSize } = CHAT_QUEUES[name];
  const queue = new Queue(stack, `${capital(name)}Queue`, {
    queueName: chatName(config, name),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(4),
    visibilityTimeout: Duration.seconds(visibilitySeconds),
    deadLetterQueue: { queue: aside, maxReceiveCount: maxReceives },
  });
  new EventSourceMapping(stack, `${capital(name)}Mapping`, {
    target,
    eventSourceArn: queue.queueArn,
    batchSize,
    reportBatchItemFailures: true,
  });
}

function makeSlackApi(stack: Stack, config: Configuration, fn: LambdaFunction): void {
  const api = new HttpApi(stack, 'SlackHttp', {
    apiName: `hallpass-${config.hub}-slack`,
    description: 'Hallpass: signed by Slack, which the function checks.',
    createDefaultStage: false,
  });
  const route = new HttpRoute(stack, 'SlackRoute', {
    httpApi: api,
    routeKey: HttpRouteKey.with('/slack', HttpMethod.POST),
    integration: new HttpLambdaIntegration('Slack', fn, {
      timeout: Duration.seconds(CHAT_FUNCTIONS.slack.timeoutSeconds),
    }),
    authorizer: new HttpNoneAuthorizer(),
  });
  acknowledge(route, 'AwsSolutions-APIG4', "The function checks Slack's signature, which no authoriser of AWS can.");
  const logs = new LogGroup(stack, 'SlackHttpLogs', {
    logGroupName: `/aws/vendedlogs/hallpass-${config.hub}-slack`,
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  new HttpStage(stack, 'SlackHttpStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: THROTTLE,
    accessLogSettings: {
      destination: new LogGroupLogDestination(logs),
      format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  new CfnOutput(stack, 'SlackRequestUrl', {
    value: `${urlOf(api, config)}/slack`,
    description: "For the Slack app's manifest: commands, interactivity and events.",
  });
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
