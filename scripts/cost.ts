/**
 * Writes docs/cost.md: what calls one grant really makes in local mode, times list prices. Durations cannot be measured
 * here; they are assumptions, and the page says so.
 */
import { writeFileSync } from 'node:fs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { configurationAt } from '../infra/settings.ts';
import { virtualClock } from '../local/clock.ts';
import { localNames } from '../local/world/accounts.ts';
import { startWorld, type World } from '../local/world/world.ts';
import { stateMachineArn } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { type Duration, instant, minutes, seconds } from '../src/core/time.ts';
import { type Counts, costPage } from './cost-page.ts';

const root = new URL('..', import.meta.url).pathname;
const START = instant(Date.parse('2026-11-24T09:00:00Z'));
const VIEW = { entitlement: 'mycluster-view-dev', duration: '30m', justification: 'reading logs of INC-4211' };
const ADMIN = { entitlement: 'mycluster-admin', duration: '30m', justification: 'INC-4211: the ingress is down' };

type Tally = Map<string, number>;

/** One grant from request to the last settle pass, approved by one person, ended by its time. */
async function countGrant(config: Configuration, body: object): Promise<Counts> {
  const clock = virtualClock(START);
  const tally: Tally = new Map();
  const world = await startWorld({
    config,
    clock,
    clusters: false,
    schedule: false,
    log: () => {},
    calls: { retryDelay: () => 0 as Duration },
    onAccess: (caller, { action, resource }) => {
      if (!caller.arn.includes(':assumed-role/hallpass-')) return;
      const key = resource.includes('/index/') ? `${action} index` : action;
      tally.set(key, (tally.get(key) ?? 0) + 1);
    },
  });
  try {
    let requests = 0;
    const call = async (who: string, path: string, input: object): Promise<{ id: string }> => {
      requests++;
      return callApi(world, config, who, path, input);
    };
    const sweep = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) {
        await clock.advanceBy(minutes(1));
        await world.functions.invoke('sweeper', { scheduledTime: new Date(clock.now()).toISOString() });
      }
    };
    const before = new Map(tally);
    const { id } = await call('alice', '/v1/grants', body);
    await clock.advanceBy(seconds(5));
    await call('bob', `/v1/grants/${id}/approve`, {});
    await sweep(50);
    await world.drain();
    const idle = 50;
    const of = (action: string): number => (tally.get(action) ?? 0) - (before.get(action) ?? 0);
    return {
      requests,
      // The sweeps that would have been there anyway ask the index once each.
      indexQueries: of('dynamodb:Query index') - idle,
      queries: of('dynamodb:Query') + of('dynamodb:GetItem'),
      puts: of('dynamodb:PutItem'),
      updates: of('dynamodb:UpdateItem'),
      deletes: of('dynamodb:DeleteItem'),
      published: of('events:PutEvents'),
      eks: [...tally].filter(([key]) => key.startsWith('eks:')).reduce((sum, [, n]) => sum + n, 0),
      iam: [...tally].filter(([key]) => key.startsWith('iam:')).reduce((sum, [, n]) => sum + n, 0),
      ...(await workflowOf(world, config)),
      ...(await sizesOf(world, config)),
    };
  } finally {
    await world.close();
  }
}

const client = (world: World, config: Configuration, who: string) => ({
  endpoint: world.awsUrl,
  region: config.region,
  credentials: world.profiles[who] ?? { accessKeyId: '', secretAccessKey: '' },
});

async function callApi(
  world: World,
  config: Configuration,
  who: string,
  rawPath: string,
  body: object,
): Promise<{ id: string }> {
  const { UserId: userId } = await new STSClient(client(world, config, who)).send(new GetCallerIdentityCommand({}));
  const event = {
    version: '2.0',
    rawPath,
    headers: {},
    requestContext: { http: { method: 'POST' }, requestId: 'cost', authorizer: { iam: { userId } } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer = await world.functions.invoke('api', event);
  if (!answer.ok) throw new Error(answer.errorMessage);
  const payload = answer.payload as { statusCode: number; body: string };
  if (payload.statusCode >= 300) throw new Error(payload.body);
  return JSON.parse(payload.body) as { id: string };
}

async function workflowOf(world: World, config: Configuration): Promise<Pick<Counts, 'transitions' | 'steps'>> {
  const sfn = new SFNClient(client(world, config, 'operator'));
  const arn = stateMachineArn(config, localNames(config).stateMachine);
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }));
  const histories = await Promise.all(
    executions.map(({ executionArn }) => sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }))),
  );
  const types = histories.flatMap(({ events = [] }) => events.map((event) => String(event.type)));
  return {
    transitions: types.filter((type) => type.endsWith('StateEntered')).length,
    steps: types.filter((type) => type === 'TaskScheduled').length,
  };
}

/** Kilobytes, rounded up as DynamoDB rounds them. The text of the items stands for their size. */
async function sizesOf(
  world: World,
  config: Configuration,
): Promise<Pick<Counts, 'grantKb' | 'partitionKb' | 'events'>> {
  const dynamodb = new DynamoDBClient(client(world, config, 'operator'));
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: localNames(config).table }));
  const bytes = (item: object): number => JSON.stringify(item).replace(/\{"(S|N|M|L|BOOL)":(.*?)\}/g, '$2').length;
  const kb = (items: typeof Items): number => Math.max(...items.map((item) => Math.ceil(bytes(item) / 1_024)));
  const partition = Items.filter((item) => item['pk']?.S?.startsWith('grant#')).reduce(
    (sum, item) => sum + bytes(item),
    0,
  );
  return {
    grantKb: kb(Items.filter((item) => item['sk']?.S === 'grant')),
    partitionKb: Math.ceil(partition / 1_024),
    events: Items.filter((item) => item['kind']?.S === 'event').length,
  };
}

const config = configurationAt(`${root}hallpass.yaml`);
const page = costPage({ dedicated: await countGrant(config, VIEW), role: await countGrant(config, ADMIN) });
writeFileSync(`${root}docs/cost.md`, page);
