/**
 * The HTTP API `iam`: AWS verifies who signed before a function sees anything. One route, as local mode has it; the
 * function answers unknown addresses in its own words. The APIs for browsers and Slack do not exist yet.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpRoute, HttpRouteKey, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { FUNCTIONS } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';

/** For all callers together: far more than people do, far less than would hurt. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/** No header, no query, no body: nothing that could hold a secret. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  caller: '$context.identity.caller',
  error: '$context.error.message',
  latencyMs: '$context.responseLatency',
};

export type MadeApi = { readonly url: string; readonly apiId: string; readonly api: HttpApi };

export function makeApi(scope: Construct, { hub, partition, region }: Configuration, fn: LambdaFunction): MadeApi {
  const api = new HttpApi(scope, 'Http', {
    apiName: `hallpass-${hub}-iam`,
    description: 'Hallpass: signed with AWS credentials.',
    createDefaultStage: false,
  });
  new HttpRoute(scope, 'HttpRoute', {
    httpApi: api,
    routeKey: HttpRouteKey.DEFAULT,
    integration: new HttpLambdaIntegration('Api', fn, { timeout: Duration.seconds(FUNCTIONS.api.timeoutSeconds) }),
    authorizer: new HttpIamAuthorizer(),
  });
  const logs = new LogGroup(scope, 'HttpLogs', {
    // Vended logs lie here: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
    logGroupName: `/aws/vendedlogs/hallpass-${hub}-iam`,
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  new HttpStage(scope, 'HttpStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: THROTTLE,
    accessLogSettings: {
      destination: new LogGroupLogDestination(logs),
      format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { api, apiId: api.apiId, url: `https://${api.apiId}.execute-api.${region}.${suffix}` };
}
