/**
 * One grant's whole life in local mode, with everything counted that AWS bills: it is asked for, approved by one person,
 * lives for half an hour, is warned of, ended by its time and looked at twice afterwards. The sweeps are counted apart:
 * they come whether there is a grant or not.
 */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { virtualClock } from '../local/clock.ts';
import type { Metered } from '../local/dynamodb/proxy.ts';
import { localNames } from '../local/world/accounts.ts';
import { startWorld, type World } from '../local/world/world.ts';
import { stateMachineArn } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { type Duration, instant, minutes, seconds } from '../src/core/time.ts';

/** Of one grant, from the request to the last look back. */
export type Counts = {
  readonly transitions: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Bytes of the grant with all of its events, at the end. */
  readonly storedBytes: number;
  /** How often each function ran, the sweeps left out. */
  readonly invocations: Readonly<Record<string, number>>;
  /** Audit events on EventBridge. */
  readonly events: number;
  /** What the functions wrote to their logs, without Lambda's own lines. */
  readonly logBytes: number;
  readonly logLines: number;
  readonly eks: number;
  readonly iam: number;
};

/** Of one sweep that finds nothing. */
export type IdleCounts = { readonly readUnits: number; readonly logBytes: number };

/** Both lives. */
export type Counted = { readonly dedicated: Counts; readonly role: Counts; readonly idle: IdleCounts };

export type Life = { readonly grant: Counts; readonly idle: IdleCounts };

/** What was billed for one call, for whoever wants to know where the units go. */
export type Billed = Metered & { readonly by: string };

const START = instant(Date.parse('2026-11-24T09:00:00Z'));
const IDLE_SWEEPS = 10;
/** More than half an hour, and ten minutes after it. */
const LIFE_MINUTES = 50;

export type Asked = { readonly entitlement: string; readonly duration: string; readonly justification: string };
/** In the example configuration: a role of the grant's own, and a standing one. */
export const DEDICATED: Asked = {
  entitlement: 'mycluster-view-dev',
  duration: '30m',
  justification: 'reading logs of INC-4211',
};
export const STANDING: Asked = {
  entitlement: 'mycluster-admin',
  duration: '30m',
  justification: 'INC-4211: the ingress is down',
};

const LIVES = 4;

/**
 * `billed` is told of each call to the table. The workflow is woken while the decision is written; where it is quicker than
 * the table it waits once more, two transitions and a few units. That is a race, rare where a function has to be
 * started, and not what is counted: such a life is played again.
 */
export async function countLife(
  config: Configuration,
  asked: Asked,
  billed: (call: Billed) => void = () => {},
): Promise<Life> {
  for (let lives = 1; ; lives++) {
    const { overtaken, ...life } = await playLife(config, asked, billed);
    if (!overtaken || lives === LIVES) return life;
  }
}

async function playLife(
  config: Configuration,
  asked: Asked,
  billed: (call: Billed) => void,
): Promise<Life & { readonly overtaken: boolean }> {
  const clock = virtualClock(START);
  const total = { writeUnits: 0, readUnits: 0, eks: 0, iam: 0, logBytes: 0, logLines: 0 };
  const ran = new Map<string, number>();
  let by = '';
  const world = await startWorld({
    config,
    clock,
    clusters: false,
    schedule: false,
    log: (line) => {
      total.logBytes += billedBytes(line);
      total.logLines++;
    },
    calls: { retryDelay: () => 0 as Duration },
    meter: (metered) => {
      total.writeUnits += metered.writeUnits;
      total.readUnits += metered.readUnits;
      billed({ ...metered, by });
    },
    onInvoke: (name) => {
      by = name;
      ran.set(name, (ran.get(name) ?? 0) + 1);
    },
    onAccess: (caller, { action }) => {
      if (!caller.arn.includes(':assumed-role/hallpass-')) return;
      if (action.startsWith('eks:')) total.eks++;
      if (action.startsWith('iam:')) total.iam++;
    },
  });
  let published = 0;
  world.events.onEvent(() => published++);
  const sweep = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await clock.advanceBy(minutes(1));
      await world.functions.invoke('sweeper', { scheduledTime: new Date(clock.now()).toISOString() });
    }
  };
  try {
    // The first sweep of a new function reads what later ones know.
    await sweep(6);
    const before = { ...total };
    await sweep(IDLE_SWEEPS);
    const idle = {
      readUnits: (total.readUnits - before.readUnits) / IDLE_SWEEPS,
      logBytes: (total.logBytes - before.logBytes) / IDLE_SWEEPS,
    };
    await world.drain();
    const start = { ...total };
    ran.clear();
    published = 0;
    const { id } = await callApi(world, config, 'alice', '/v1/grants', asked);
    await clock.advanceBy(seconds(5));
    await callApi(world, config, 'bob', `/v1/grants/${id}/approve`, {});
    await sweep(LIFE_MINUTES);
    await world.drain();
    const { sweeper: sweeps = 0, ...invocations } = Object.fromEntries(ran);
    const states = await statesOf(world, config);
    return {
      overtaken: states.includes('AwaitStart'),
      grant: {
        transitions: states.length,
        writeUnits: total.writeUnits - start.writeUnits,
        readUnits: total.readUnits - start.readUnits - sweeps * idle.readUnits,
        invocations,
        events: published,
        logBytes: total.logBytes - start.logBytes - sweeps * idle.logBytes,
        logLines: total.logLines - start.logLines - sweeps,
        eks: total.eks - start.eks,
        iam: total.iam - start.iam,
        storedBytes: await storedBytes(world, config),
      },
      idle,
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

/** The states that were entered. */
async function statesOf(world: World, config: Configuration): Promise<string[]> {
  const sfn = new SFNClient(client(world, config, 'operator'));
  const arn = stateMachineArn(config, localNames(config).stateMachine);
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }));
  const histories = await Promise.all(
    executions.map(({ executionArn }) => sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }))),
  );
  return histories
    .flatMap(({ events = [] }) => events)
    .flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []);
}

/** The text of the items stands for their size: a little more than DynamoDB counts. */
async function storedBytes(world: World, config: Configuration): Promise<number> {
  const dynamodb = new DynamoDBClient(client(world, config, 'operator'));
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: localNames(config).table }));
  const bytes = (item: object): number => JSON.stringify(item).replace(/\{"(S|N|M|L|BOOL)":(.*?)\}/g, '$2').length;
  return Items.filter((item) => item['pk']?.S?.startsWith('grant#')).reduce((sum, item) => sum + bytes(item), 0);
}

/** CloudWatch bills each event with 26 bytes more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const EVENT_OVERHEAD = 26;

/** Local mode wraps what a function prints; on AWS the line is as it was printed. */
function billedBytes(line: string): number {
  const { message } = JSON.parse(line) as { message?: unknown };
  return Buffer.byteLength(typeof message === 'string' ? message : JSON.stringify(message ?? {})) + EVENT_OVERHEAD;
}
