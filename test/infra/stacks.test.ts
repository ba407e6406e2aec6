/**
 * Catches a template that would deploy and be wrong: a route that anybody may call (F8), a trust that dies with a role
 * (F6), an alarm that stays silent when what it watches is dead (F25), a table that goes with its stack (F34).
 */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { exampleConfig, replacing } from '../life/harness.ts';
import { everything, OTHER_ACCOUNT } from './everything.ts';
import { ofType, policiesOf, resourcesOf, synthesise, type Templates } from './synthesis.ts';

let made: Templates;
beforeAll(() => {
  made = synthesise(exampleConfig());
});

describe('the API', () => {
  test('F8 every route has exactly one authoriser, AWS_IAM', () => {
    const routes = ofType(made.hub, 'AWS::ApiGatewayV2::Route');
    expect(routes.map(({ Properties }) => [Properties['RouteKey'], Properties['AuthorizationType']])).toEqual([
      ['$default', 'AWS_IAM'],
      ['POST /v1/break-glass', 'AWS_IAM'],
      ['POST /v1/doctor', 'AWS_IAM'],
    ]);
    expect(ofType(made.hub, 'AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(ofType(made.hub, 'AWS::Lambda::Url')).toHaveLength(0);
  });

  test('F8 with an issuer there is a second API: each route has exactly one authoriser, none is NONE', () => {
    const oidc = { issuer: 'https://login.example.com', audience: ['hallpass'] };
    const { hub } = synthesise({ ...exampleConfig(), oidc });
    const routes = ofType(hub, 'AWS::ApiGatewayV2::Route');
    expect(routes.map(({ Properties }) => [Properties['RouteKey'], Properties['AuthorizationType']])).toEqual([
      ['$default', 'AWS_IAM'],
      ['POST /v1/break-glass', 'AWS_IAM'],
      ['POST /v1/doctor', 'AWS_IAM'],
      ['$default', 'JWT'],
      ['POST /v1/break-glass', 'JWT'],
      ['POST /v1/doctor', 'JWT'],
    ]);
    expect(new Set(routes.map(({ Properties }) => JSON.stringify(Properties['ApiId']))).size).toBe(2);
    expect(ofType(hub, 'AWS::ApiGatewayV2::Authorizer').map(({ Properties }) => Properties)).toMatchObject([
      {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: oidc.issuer, Audience: oidc.audience },
      },
    ]);
    const web = routes.find(({ Properties }) => Properties['AuthorizationType'] === 'JWT')?.Properties['ApiId'];
    // All that people reach have to know by whose word a call comes.
    for (const name of ['api', 'breakglass', 'doctor']) {
      const fn = ofType(hub, 'AWS::Lambda::Function').find(({ Properties }) =>
        String(Properties['FunctionName']).endsWith(`-${name}`),
      );
      expect(fn?.Properties['Environment']).toMatchObject({ Variables: { WEB_API_ID: web } });
    }
  });

  test('an issuer on loopback is for local mode: no deployment takes it', () => {
    const oidc = { issuer: 'http://127.0.0.1:4020', audience: ['hallpass'] };
    expect(() => synthesise({ ...exampleConfig(), oidc })).toThrow(/local mode/);
  });

  test('F8 the one route without an authoriser is that of ticket systems, if there is one, and is throttled by itself', () => {
    const systems =
      '\nticketSystems:\n  jira: { secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:tickets-AbCdEf" }\n';
    const { hub } = synthesise(exampleConfig((text) => text + systems));
    const routes = ofType(hub, 'AWS::ApiGatewayV2::Route');
    expect(routes.map(({ Properties }) => [Properties['RouteKey'], Properties['AuthorizationType']])).toEqual([
      ['$default', 'AWS_IAM'],
      ['POST /hooks/tickets/{system}', 'NONE'],
      ['POST /v1/break-glass', 'AWS_IAM'],
      ['POST /v1/doctor', 'AWS_IAM'],
    ]);
    const [stage] = ofType(hub, 'AWS::ApiGatewayV2::Stage');
    expect(stage?.Properties['RouteSettings']).toEqual({
      'POST /hooks/tickets/{system}': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 20 },
    });
  });

  test('F8 with all there is: one authoriser a route, none only where the function checks a signature, each stage throttled', () => {
    const { hub } = synthesise(everything());
    const routes = ofType(hub, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
    expect(routes.map((route) => [route['RouteKey'], route['AuthorizationType']])).toEqual([
      ['$default', 'AWS_IAM'],
      ['POST /hooks/tickets/{system}', 'NONE'],
      ['POST /v1/break-glass', 'AWS_IAM'],
      ['POST /v1/doctor', 'AWS_IAM'],
      ['$default', 'JWT'],
      ['POST /v1/break-glass', 'JWT'],
      ['POST /v1/doctor', 'JWT'],
      ['POST /slack', 'NONE'],
    ]);
    for (const { AuthorizationType, AuthorizerId, AuthorizationScopes, ApiKeyRequired } of routes) {
      expect(AuthorizerId !== undefined).toBe(AuthorizationType === 'JWT');
      expect([AuthorizationScopes, ApiKeyRequired]).toEqual([undefined, undefined]);
    }
    const apis = new Set(routes.map((route) => JSON.stringify(route['ApiId'])));
    const stages = ofType(hub, 'AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties);
    expect(new Set(stages.map((stage) => JSON.stringify(stage['ApiId'])))).toEqual(apis);
    for (const stage of stages)
      expect(stage['DefaultRouteSettings']).toEqual({ ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50 });
    // Slack's is an API of its own, whose function has no way to the table.
    expect(apis.size).toBe(3);
    expect(JSON.stringify(policiesOf(hub)['hallpass-laptop-slack'])).not.toContain('dynamodb');
  });

  test('one stage, throttled, whose log has no header and no body', () => {
    const [stage, ...others] = ofType(made.hub, 'AWS::ApiGatewayV2::Stage');
    expect(others).toEqual([]);
    expect(stage?.Properties['DefaultRouteSettings']).toEqual({ ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50 });
    const { Format } = (stage?.Properties['AccessLogSettings'] ?? {}) as { Format: string };
    expect(Object.keys(JSON.parse(Format) as object)).toContain('requestId');
    expect(Format).not.toMatch(/header|body|querystring|authorizer/i);
  });
});

describe('what must outlive its stack', () => {
  test('the table: kept, protected, recoverable, with its stream', () => {
    const [table, ...others] = Object.values(resourcesOf(made.data));
    expect(others).toEqual([]);
    expect(table).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'hallpass-laptop',
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    });
    const indexes = table?.Properties['GlobalSecondaryIndexes'] as { IndexName: string; Projection: object }[];
    expect(indexes.map(({ IndexName, Projection }) => [IndexName, Projection])).toEqual([
      ['due', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['place', 'overdueFrom'] }],
      ['byPerson', { ProjectionType: 'KEYS_ONLY' }],
      ['undecided', { ProjectionType: 'KEYS_ONLY' }],
      ['byTime', { ProjectionType: 'KEYS_ONLY' }],
    ]);
  });

  test('a restored table takes its place by name and stream alone', () => {
    const streamArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/restored/stream/2026-11-24T09:00:00.000';
    const { hub, data } = synthesise(exampleConfig(), { table: { name: 'restored', streamArn } });
    expect(resourcesOf(data)).toEqual({});
    hub.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: streamArn });
    hub.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TABLE_NAME: 'restored' }) },
    });
    expect(JSON.stringify(policiesOf(hub))).not.toContain('table/hallpass-laptop"');
  });

  test('every log group is kept, for a year', () => {
    const groups = [made.hub, made.clusters].flatMap((template) => ofType(template, 'AWS::Logs::LogGroup'));
    expect(groups).toHaveLength(8 + 2 + 1);
    for (const group of groups) {
      // Kept when its stack goes; not when its stack never came to be.
      expect(group.DeletionPolicy).toBe('RetainExceptOnCreate');
      expect(group.Properties['RetentionInDays']).toBe(365);
    }
  });

  test('F34 stacks that hold records or end access refuse deletion', () => {
    expect(made.protectedStacks).toEqual([
      'hallpass-laptop',
      'hallpass-laptop-clusters-111122223333',
      'hallpass-laptop-data',
    ]);
  });
});

describe('functions', () => {
  test('Node 24 on arm64, no function outlives a minute', () => {
    const functions = [made.hub, made.clusters].flatMap((template) => ofType(template, 'AWS::Lambda::Function'));
    expect(functions).toHaveLength(9);
    for (const { Properties } of functions)
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        // Lambda's own lines only of what is run by the clock, and there only those that tell of something wrong.
        LoggingConfig: /sweeper|inventory|reaper/.test(String(Properties['FunctionName']))
          ? { LogFormat: 'JSON', ApplicationLogLevel: 'TRACE', SystemLogLevel: 'WARN' }
          : { LogFormat: 'Text' },
      });
    expect(Math.max(...functions.map(({ Properties }) => Number(Properties['Timeout'])))).toBe(60);
  });

  test('concurrency is reserved where it is asked for, and only for what ends access and for emergencies', () => {
    const reserved = ({ hub }: Templates) =>
      Object.fromEntries(
        ofType(hub, 'AWS::Lambda::Function').flatMap(({ Properties }) =>
          Properties['ReservedConcurrentExecutions'] === undefined
            ? []
            : [[Properties['FunctionName'], Properties['ReservedConcurrentExecutions']]],
        ),
      );
    expect(reserved(made)).toEqual({});
    expect(reserved(synthesise(exampleConfig(), { reservedConcurrency: 3 }))).toEqual({
      'hallpass-laptop-breakglass': 3,
      'hallpass-laptop-sweeper': 3,
    });
  });

  test('no variable redirects AWS, none holds a secret', () => {
    const functions = [made.hub, made.clusters].flatMap((template) => ofType(template, 'AWS::Lambda::Function'));
    const names = functions.flatMap(({ Properties }) =>
      Object.keys((Properties['Environment'] as { Variables: object } | undefined)?.Variables ?? {}),
    );
    expect([...new Set(names)].sort()).toEqual([
      'CLUSTERS',
      'HALLPASS_CONFIG',
      'HUB_ACCOUNT',
      'HUB_ID',
      'PRINCIPAL_PREFIX',
      'STANDING_ROLES',
      'STATE_MACHINE_ARN',
      'TABLE_NAME',
    ]);
  });

  test('the stream: only audit events, halved on error, put aside after a day', () => {
    made.hub.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 23 * 3_600,
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      FilterCriteria: {
        Filters: [
          {
            Pattern:
              '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"kind":{"S":["event","personEvent","delegationEvent"]}}}}',
          },
        ],
      },
    });
  });

  test('schedules: each minute and each hour in the hub, every five minutes in the cluster account, with the time meant', () => {
    const schedules = [made.hub, made.clusters]
      .flatMap((template) => ofType(template, 'AWS::Events::Rule'))
      .filter(({ Properties }) => 'ScheduleExpression' in Properties);
    expect(schedules.map(({ Properties }) => [Properties['Name'], Properties['ScheduleExpression']])).toEqual([
      ['hallpass-laptop-sweep', 'rate(1 minute)'],
      ['hallpass-laptop-inventory', 'rate(1 hour)'],
      ['hallpass-laptop-reaper', 'rate(5 minutes)'],
    ]);
    for (const { Properties } of schedules)
      expect(Properties['Targets']).toMatchObject([
        {
          InputTransformer: { InputPathsMap: { time: '$.time' }, InputTemplate: '{"scheduledTime":<time>}' },
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        },
      ]);
    // What is run again brings the time of its first run: taken for a clock that is wrong (F40).
    const invoked = [made.hub, made.clusters].flatMap((template) => ofType(template, 'AWS::Lambda::EventInvokeConfig'));
    expect(invoked.map(({ Properties }) => Properties['MaximumRetryAttempts'])).toEqual([0, 0, 0]);
    for (const template of [made.hub, made.clusters])
      for (const { Properties } of ofType(template, 'AWS::Lambda::Permission').filter(
        ({ Properties: { Principal } }) => Principal === 'events.amazonaws.com',
      ))
        expect(Properties, 'the rule, and no other').toMatchObject({
          SourceArn: { 'Fn::GetAtt': [expect.anything(), 'Arn'] },
        });
  });
});

describe('the workflow', () => {
  test('is the very file, with the function filled in, and logs no execution data', () => {
    const [machine] = ofType(made.hub, 'AWS::StepFunctions::StateMachine');
    const definition = JSON.parse(String(machine?.Properties['DefinitionString'])) as {
      States: Record<string, object>;
    };
    expect(Object.keys(definition.States)).toEqual(['AwaitApproval', 'AwaitStart', 'Activate', 'Hold', 'Revoke']);
    expect(String(machine?.Properties['DefinitionString']).match(/\$\{\w+\}/g)).toEqual(
      Array.from({ length: 5 }, () => `$\{WorkflowFunction}`),
    );
    expect(Object.keys(machine?.Properties['DefinitionSubstitutions'] as object)).toEqual(['WorkflowFunction']);
    expect(machine?.Properties['LoggingConfiguration']).toMatchObject({ IncludeExecutionData: false });
    expect(machine?.Properties['StateMachineType']).toBe('STANDARD');
  });
});

describe('trust', () => {
  const trusts = (template: Template): Record<string, unknown> =>
    Object.fromEntries(
      ofType(template, 'AWS::IAM::Role').map(({ Properties }) => [
        String(Properties['RoleName']),
        (Properties['AssumeRolePolicyDocument'] as { Statement: object[] }).Statement[0],
      ]),
    );

  test('F6 executors trust the hub’s account and one role of a fixed name in it', () => {
    expect(trusts(made.clusters)['hallpass-executor']).toEqual({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'sts:AssumeRole',
      Condition: { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/hallpass-laptop-worker' } },
    });
    expect(Object.keys(trusts(made.hub))).toContain('hallpass-laptop-worker');
  });

  test('and only in the organization, where one is named', () => {
    const { clusters } = synthesise(exampleConfig(), { organization: 'o-a1b2c3d4e5' });
    expect(trusts(clusters)['hallpass-executor']).toMatchObject({
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    });
  });

  test('every other role trusts one service, which acts for this account only where it says so', () => {
    const all = { ...trusts(made.hub), ...trusts(made.clusters) };
    const services = Object.entries(all)
      .filter(([name]) => name !== 'hallpass-executor')
      .map(([name, statement]) => [name, (statement as { Principal: unknown }).Principal]);
    expect(Object.fromEntries(services)).toEqual({
      'hallpass-laptop-api': { Service: 'lambda.amazonaws.com' },
      'hallpass-laptop-breakglass': { Service: 'lambda.amazonaws.com' },
      'hallpass-laptop-worker': { Service: 'lambda.amazonaws.com' },
      'hallpass-laptop-publisher': { Service: 'lambda.amazonaws.com' },
      'hallpass-laptop-guard': { Service: 'lambda.amazonaws.com' },
      'hallpass-laptop-workflow-execution': { Service: 'states.amazonaws.com' },
      'hallpass-laptop-reaper': { Service: 'lambda.amazonaws.com' },
    });
  });

  test('functions run as the role that is meant', () => {
    const roleOf = ofType(made.hub, 'AWS::Lambda::Function').map(({ Properties }) => [
      Properties['FunctionName'],
      (Properties['Role'] as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0],
    ]);
    expect(Object.fromEntries(roleOf)).toEqual({
      'hallpass-laptop-api': 'ApiRole',
      'hallpass-laptop-breakglass': 'BreakglassRole',
      'hallpass-laptop-doctor': 'WorkerRole',
      'hallpass-laptop-workflow': 'WorkerRole',
      'hallpass-laptop-sweeper': 'WorkerRole',
      'hallpass-laptop-inventory': 'WorkerRole',
      'hallpass-laptop-publisher': 'PublisherRole',
      'hallpass-laptop-guard': 'GuardRole',
    });
  });

  test('F16 no role of Hallpass lies where the roles of grants do, or is called like one', () => {
    const roles = [made.hub, made.clusters].flatMap((template) => ofType(template, 'AWS::IAM::Role'));
    expect(roles).toHaveLength(8);
    for (const { Properties } of roles) {
      expect(String(Properties['Path'] ?? '/')).not.toMatch(/^\/hallpass\//);
      // A grant's role is hallpass-<hub>-<26 characters, the first of them 0>.
      expect(String(Properties['RoleName'])).not.toMatch(/^hallpass-laptop-0.{25}$/);
    }
  });

  test('nothing is permitted outside the roles’ own policies', () => {
    for (const template of [made.hub, made.clusters, made.data])
      for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::User', 'AWS::IAM::RolePolicy'])
        expect(ofType(template, type)).toEqual([]);
  });
});

describe('alarms', () => {
  const alarms = (template: Template) =>
    Object.fromEntries(
      ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties: alarm }) => [
        String(alarm['AlarmName']).replace(/^hallpass-laptop-(reaper-)?/, ''),
        [
          alarm['ComparisonOperator'],
          alarm['Threshold'],
          alarm['Period'],
          alarm['EvaluationPeriods'],
          alarm['TreatMissingData'],
        ],
      ]),
    );
  const AT_LEAST = 'GreaterThanOrEqualToThreshold';

  test('F25 of the hub: silence of the sweeper is a fault', () => {
    expect(alarms(made.hub)).toEqual({
      SweepMissing: ['LessThanThreshold', 1, 60, 3, 'breaching'],
      AccessOverdue: [AT_LEAST, 120, 60, 1, 'ignore'],
      AlarmLogged: [AT_LEAST, 1, 60, 1, 'notBreaching'],
      InventoryMissing: ['LessThanThreshold', 1, 3_600, 3, 'breaching'],
      FunctionsFail: [AT_LEAST, 3, undefined, 1, 'notBreaching'],
      WorkflowFails: [AT_LEAST, 1, 300, 1, 'notBreaching'],
      ApiFails: [AT_LEAST, 3, 300, 1, 'notBreaching'],
      EventsUndelivered: [AT_LEAST, 1, 300, 1, 'notBreaching'],
    });
  });

  test('F25 of a cluster’s account: silence of the reaper is a fault', () => {
    expect(alarms(made.clusters)).toEqual({
      ReaperMissing: ['LessThanThreshold', 1, 300, 3, 'breaching'],
      ReaperOverdue: [AT_LEAST, 900, 300, 1, 'ignore'],
      ReaperAlarmLogged: [AT_LEAST, 1, 300, 1, 'notBreaching'],
      ReaperFails: [AT_LEAST, 1, undefined, 1, 'notBreaching'],
    });
  });

  test('with all there is: clicks and both APIs are watched, and no alarm is over more than the ten metrics it takes', () => {
    const { hub } = synthesise(everything());
    expect(Object.keys(alarms(hub))).toEqual([
      ...Object.keys(alarms(made.hub)).slice(0, 5),
      'NotificationsFail',
      ...Object.keys(alarms(made.hub)).slice(5),
    ]);
    const counted = ofType(hub, 'AWS::CloudWatch::Alarm').map(({ Properties }) => {
      const metrics = (Properties['Metrics'] ?? []) as { MetricStat?: object }[];
      return [
        String(Properties['AlarmName']).replace('hallpass-laptop-', ''),
        metrics.filter((metric) => metric.MetricStat).length,
      ];
    });
    expect(Object.fromEntries(counted.filter(([, count]) => count !== 0))).toEqual({
      FunctionsFail: 10,
      NotificationsFail: 6,
      ApiFails: 2,
    });
  });

  test('every alarm calls somebody, when it comes and when it goes', () => {
    for (const template of [made.hub, made.clusters]) {
      for (const { Properties } of ofType(template, 'AWS::CloudWatch::Alarm')) {
        expect(Properties['AlarmActions']).toHaveLength(1);
        expect(Properties['OKActions']).toHaveLength(1);
      }
      template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'oncall@example.com' });
    }
  });

  test('at most eight metrics of our own in an account', () => {
    const names = [made.hub, made.clusters].flatMap((template) =>
      ofType(template, 'AWS::Logs::MetricFilter').map(({ Properties }) => {
        const [first] = Properties['MetricTransformations'] as { MetricName: string }[];
        return first?.MetricName;
      }),
    );
    expect(new Set(names)).toEqual(
      new Set([
        'SweepCompleted',
        'OldestOverdueSeconds',
        'InventoryCompleted',
        'AlarmLines',
        'ReaperCompleted',
        'ReaperOldestOverdueSeconds',
        'ReaperAlarmLines',
      ]),
    );
  });
});

describe('several accounts', () => {
  test('each gets its own executor, its own clusters, its own standing roles', () => {
    const { byAccount } = synthesise(everything());
    expect(Object.keys(byAccount)).toEqual(['111122223333', OTHER_ACCOUNT]);
    for (const [account, other] of [
      ['111122223333', 'cluster/other'],
      [OTHER_ACCOUNT, 'cluster/mycluster'],
    ] as const) {
      const template = byAccount[account];
      if (!template) throw new Error(`there is no stack for ${account}`);
      expect(JSON.stringify(policiesOf(template))).not.toContain(other);
    }
  });
});

describe.each([
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
])('%s', (partition, region, suffix) => {
  test('synthesises, and nothing in it names another partition', () => {
    const config = everything(undefined, (text) =>
      replacing(['region: eu-west-1', `region: ${region}`])(text)
        .replaceAll('arn:aws:', `arn:${partition}:`)
        .replaceAll('eu-west-1', region)
        .replaceAll('eu-central-1', region),
    );
    const templates = synthesise(config);
    const text = JSON.stringify([templates.hub, templates.clusters, templates.data, templates.people]);
    expect(text).toContain(`arn:${partition}:eks:${region}:111122223333:cluster/mycluster`);
    expect(text).toContain(`arn:${partition}:states:::lambda:invoke`);
    expect(text).toContain(`.execute-api.${region}.${suffix}`);
    expect(text).not.toMatch(/arn:aws:/);
    expect(text).not.toContain('eu-west-1');
  });
});
