/**
 * The HTTP APIs before the functions: `iam`, where AWS verifies who signed, and `web`, where API Gateway verifies an
 * issuer's token, before a function sees anything. Each has one authoriser; break-glass has a route of its own, to the
 * function that may act on it, by `iam` only. The functions answer unknown addresses in their own words. Slack's
 * API is in `chat.ts`.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { FUNCTIONS } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { ENDPOINTS } from '../src/http/endpoints.ts';
import { TICKET_ROUTE } from '../src/http/ticket-route.ts';
import { acknowledge } from './nag.ts';

/** For all callers together: far more than people do, far less than would hurt. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

const TICKET_THROTTLE = { rateLimit: 5, burstLimit: 20 };
const TICKET_PATH = TICKET_ROUTE.slice(TICKET_ROUTE.indexOf('/'));

/** No header, no query, no body: nothing that could hold a secret. */
export const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  error: '$context.error.message',
  latencyMs: '$context.responseLatency',
};

/** The issuer and the subject: no name, no address. */
const CALLER = {
  iam: { caller: '$context.identity.caller' },
  web: { issuer: '$context.authorizer.claims.iss', subject: '$context.authorizer.claims.sub' },
};

export type MadeApi = { readonly url: string; readonly apiId: string; readonly api: HttpApi };

/** The API, and what has a route and a function of its own. */
export type Routed = Readonly<Record<'api' | 'breakglass' | 'doctor', LambdaFunction>>;

const OWN_ROUTES = [
  { id: 'BreakGlassRoute', name: 'breakglass', path: ENDPOINTS.breakGlass.path },
  { id: 'DoctorRoute', name: 'doctor', path: ENDPOINTS.examine.path },
] as const;

export function makeApi(scope: Construct, config: Configuration, { api, ...others }: Routed): MadeApi {
  const authorizer = new HttpIamAuthorizer();
  const { stage, ...made } = apiBehind(scope, config, api, {
    id: 'Http',
    name: 'iam',
    description: 'Hallpass: signed with AWS credentials.',
    authorizer,
  });
  if (config.ticketSystems) openToTicketSystems(scope, made.api, stage, api);
  routeToOwn(scope, made.api, others, authorizer, '');
  return made;
}

/** Another API, and not another route of the same: the function knows by the API's id whose word to take (F8). */
export function makeWebApi(scope: Construct, config: Configuration, { api, ...others }: Routed): MadeApi | undefined {
  if (!config.oidc) return undefined;
  const { issuer, audience } = config.oidc;
  const authorizer = new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [...audience] });
  const made = apiBehind(scope, config, api, {
    id: 'Web',
    name: 'web',
    description: "Hallpass: with a token of the configuration's issuer.",
    authorizer,
  });
  routeToOwn(scope, made.api, others, authorizer, 'Web');
  return made;
}

/** The functions that people reach beside the API's. */
function routeToOwn(
  scope: Construct,
  httpApi: HttpApi,
  functions: Omit<Routed, 'api'>,
  authorizer: IHttpRouteAuthorizer,
  prefix: '' | 'Web',
): void {
  for (const { id, name, path } of OWN_ROUTES) {
    const timeout = Duration.seconds(FUNCTIONS[name].timeoutSeconds);
    new HttpRoute(scope, `${prefix}${id}`, {
      httpApi,
      routeKey: HttpRouteKey.with(path, HttpMethod.POST),
      integration: new HttpLambdaIntegration(
        `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        functions[name],
        { timeout },
      ),
      authorizer,
    });
  }
}

type Behind = {
  readonly id: string;
  readonly name: keyof typeof CALLER;
  readonly description: string;
  readonly authorizer: IHttpRouteAuthorizer;
};

function apiBehind(
  scope: Construct,
  { hub, partition, region }: Configuration,
  fn: LambdaFunction,
  { id, name, description, authorizer }: Behind,
): MadeApi & { readonly stage: HttpStage } {
  const api = new HttpApi(scope, id, { apiName: `hallpass-${hub}-${name}`, description, createDefaultStage: false });
  new HttpRoute(scope, `${id}Route`, {
    httpApi: api,
    routeKey: HttpRouteKey.DEFAULT,
    integration: new HttpLambdaIntegration('Api', fn, { timeout: Duration.seconds(FUNCTIONS.api.timeoutSeconds) }),
    authorizer,
  });
  const logs = new LogGroup(scope, `${id}Logs`, {
    // Vended logs lie here: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
    logGroupName: `/aws/vendedlogs/hallpass-${hub}-${name}`,
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const stage = new HttpStage(scope, `${id}Stage`, {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: THROTTLE,
    accessLogSettings: {
      destination: new LogGroupLogDestination(logs),
      format: AccessLogFormat.custom(JSON.stringify({ ...ACCESS_LOG, ...CALLER[name] })),
    },
  });
  return { api, stage, apiId: api.apiId, url: urlOf(api, { partition, region }) };
}

export function urlOf(api: HttpApi, { partition, region }: Pick<Configuration, 'partition' | 'region'>): string {
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${api.apiId}.execute-api.${region}.${suffix}`;
}

/** Its callers are no identities of AWS: the function verifies the signature of every message. */
function openToTicketSystems(scope: Construct, api: HttpApi, stage: HttpStage, fn: LambdaFunction): void {
  const route = new HttpRoute(scope, 'TicketRoute', {
    httpApi: api,
    routeKey: HttpRouteKey.with(TICKET_PATH, HttpMethod.POST),
    integration: new HttpLambdaIntegration('Tickets', fn, { timeout: Duration.seconds(FUNCTIONS.api.timeoutSeconds) }),
    authorizer: new HttpNoneAuthorizer(),
  });
  acknowledge(
    route,
    'AwsSolutions-APIG4',
    'The function checks the signature of the ticket system, which no authoriser of AWS can.',
  );
  // Anybody can reach it: whoever floods it takes nothing from the people.
  (stage.node.defaultChild as CfnStage).routeSettings = {
    [TICKET_ROUTE]: {
      ThrottlingRateLimit: TICKET_THROTTLE.rateLimit,
      ThrottlingBurstLimit: TICKET_THROTTLE.burstLimit,
    },
  };
}
