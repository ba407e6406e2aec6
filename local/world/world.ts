/**
 * Local mode put together: everything below the AWS SDK is simulated, everything above it is the product as it is
 * deployed. People start it with the system clock and a data folder; tests with a virtual clock and in memory.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { chatEnvironment, chatName, chatQueuesOf, hubEnvironment } from '../../src/aws/deployment.ts';
import { deployedConfiguration } from '../../src/config/load.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, instant, minutes } from '../../src/core/time.ts';
import { ENDPOINTS } from '../../src/http/endpoints.ts';
import { TICKET_ROUTE } from '../../src/http/ticket-route.ts';
import { seedCluster } from '../aws/eks/seed.ts';
import { type AccessObserver, startEndpoint } from '../aws/endpoint.ts';
import { type EventBus, eventBus } from '../aws/events.ts';
import type { Credentials } from '../aws/iam/seed.ts';
import { type JournaledStorage, journaled } from '../aws/journal.ts';
import { simulatedServices } from '../aws/operations.ts';
import { credentialOf } from '../aws/principal.ts';
import { authenticate, type SignedRequest } from '../aws/sigv4.ts';
import { simulatedQueues } from '../aws/sqs.ts';
import type { Clock } from '../clock.ts';
import type { AuditEvent as ClusterAuditEvent } from '../cluster/audit.ts';
import type { RunningCluster } from '../cluster/cluster.ts';
import { startEngine } from '../dynamodb/engine.ts';
import { forwardTo, type Meter } from '../dynamodb/proxy.ts';
import { followStream } from '../dynamodb/stream.ts';
import { createTable } from '../dynamodb/table.ts';
import { type Faults, faultPlan } from '../faults.ts';
import { type ApiGateway, type ApiRoute, startApiGateway } from '../lambda/api-gateway.ts';
import { type Authorizer, iamAuthorizer } from '../lambda/authorizers.ts';
import { jwtAuthorizer } from '../lambda/jwt-authorizer.ts';
import { type InvokeResult, type LambdaRunner, lambdaRunner } from '../lambda/runner.ts';
import { schedule, scheduledEvent } from '../lambda/schedule.ts';
import { stateMachines } from '../states/state-machines.ts';
import { openStorage } from '../storage.ts';
import { API_ID, CREATOR_ROLE, localNames, NODE_ROLE, seedAccounts, TABLE_NAME, WEB_API_ID } from './accounts.ts';
import { followQueues, type SlackEnd, seedChatSecrets } from './chat.ts';
import { startClusters } from './clusters.ts';
import { type FunctionSettings, productFunctions } from './functions.ts';
import { cutTrust } from './hub-off.ts';
import { reaperName, reaperSettingsOf } from './reapers.ts';
import { seedSecrets } from './secrets.ts';
import { deployStateMachine } from './state-machine.ts';

export type WorldOptions = {
  readonly config: Configuration;
  readonly clock: Clock;
  /** Where state is kept; without it, in memory. */
  readonly dataDir?: string;
  /** 0 or absent: a free one. */
  readonly apiPort?: number;
  readonly awsPort?: number;
  readonly webPort?: number;
  /** Where Slack calls; 0 or absent: a free one. */
  readonly slackPort?: number;
  /** The base of the simulated Slack's Web API, with a slash at its end. */
  readonly slackApiUrl?: string;
  readonly faults?: Faults;
  /** How long new roles and entries stay unseen by others, changes of entries by the cluster, and calls by CloudTrail. */
  readonly delays?: {
    readonly iam?: Duration;
    readonly eks?: Duration;
    readonly cluster?: Duration;
    readonly cloudtrail?: Duration;
  };
  /** Without clusters nobody can run kubectl, and everything else starts faster. */
  readonly clusters?: boolean;
  /** The every-minute sweep, the reapers and the inventory. Tests may call them by hand, or name those that run. */
  readonly schedule?: boolean | readonly ScheduledName[];
  /** With Step Functions refusing every call, the sweeper has to do everything. */
  readonly workflow?: boolean;
  /** Another definition than today's: what executions that began before a deployment go on with. */
  readonly stateMachine?: URL;
  readonly random?: (bytes: number) => Uint8Array;
  readonly log?: (line: string) => void;
  readonly audit?: (event: ClusterAuditEvent) => void;
  /** Told of every right that a call to AWS needed, and of what policies knew of it. */
  readonly onAccess?: AccessObserver;
  /** Told what each call to the table would be billed. */
  readonly meter?: Meter;
  /** Told of every invocation of a function. */
  readonly onInvoke?: (name: string) => void;
  readonly calls?: Pick<FunctionSettings, 'callTimeout' | 'retryDelay' | 'skew'>;
};

/** What runs by the clock alone, and how often. */
const SCHEDULES = { sweeper: minutes(1), reaper: minutes(5), inventory: minutes(60) } as const;
export type ScheduledName = keyof typeof SCHEDULES;

export type World = {
  readonly apiUrl: string;
  /** The API that takes the tokens of the configuration's issuer, if it names one. */
  readonly webUrl?: string;
  readonly awsUrl: string;
  readonly awsPort: number;
  readonly storage: JournaledStorage;
  readonly faults: Faults;
  readonly functions: LambdaRunner;
  readonly events: EventBus;
  readonly clusters: Readonly<Record<string, RunningCluster>>;
  /** What the other end of Slack has to know, where the configuration has Slack. */
  readonly slack?: SlackEnd;
  readonly profiles: Readonly<Record<string, Credentials>>;
  /** Puts another configuration in force, as a deployment would: functions start anew with it. */
  deploy(config: Configuration): void;
  /** From now on every function of the hub fails and no executor trusts it: only the reapers are left. */
  stopHub(): void;
  /** Everything that hangs on the table's stream has been told. */
  drain(): Promise<void>;
  close(): Promise<void>;
};

const KUBERNETES_VERSION = '1.35';
/** Where no cluster runs: as long as a real one, because what is stored costs by its length. */
const NO_CERTIFICATE = Buffer.alloc(1_100, '-').toString('base64');

export async function startWorld(options: WorldOptions): Promise<World> {
  const { config, clock, faults = faultPlan() } = options;
  const random = options.random ?? ((bytes: number) => randomBytes(bytes));
  const closing: (() => void | Promise<void>)[] = [];
  const dataDir = options.dataDir ?? temporaryFolder(closing);
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    // First, because it claims the folder: another process that uses it keeps what it has.
    const engine = await startEngine(options.dataDir === undefined ? {} : { path: join(dataDir, 'dynamodb.db') });
    closing.push(() => engine.close());
    const storage = journaled(openStorage(options.dataDir === undefined ? ':memory:' : join(dataDir, 'aws.db')), clock);
    closing.push(() => storage.close());
    const accounts = seedAccounts({ storage, now: clock.now(), random }, config);
    seedSecrets({ storage, now: clock.now() }, config);
    const configPath = join(dataDir, 'config.json');
    const deploy = (next: Configuration): void =>
      writeFileSync(configPath, deployedConfiguration(next), { mode: 0o600 });
    deploy(config);

    const direct = {
      endpoint: engine.url,
      region: config.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    };
    const table = await createTable(new DynamoDBClient(direct), TABLE_NAME);

    const events = eventBus({ random });
    const queues = simulatedQueues({ names: chatQueuesOf(config).map((name) => chatName(config, name)), random });
    const slackSecrets = seedChatSecrets({ storage, now: clock.now(), random }, config);
    const settings: FunctionSettings = {
      endpoint: '',
      region: config.region,
      environment: {
        ...hubEnvironment(config, localNames(config), configPath),
        WEB_API_ID,
        ...chatEnvironment(config),
      },
      credentials: accounts.functions,
      reapers: reaperSettingsOf(config, accounts),
      chat: accounts.chat,
      ...(options.slackApiUrl !== undefined && { slackApiUrl: options.slackApiUrl }),
      ...options.calls,
    };
    // The functions call the endpoint, and the endpoint's Step Functions call the functions: the one is told of the other.
    let functions: LambdaRunner | undefined;
    let hubIsOff = false;
    const invoke: LambdaRunner['invoke'] = (name, payload) => {
      options.onInvoke?.(name);
      return hubIsOff && !name.startsWith('reaper-')
        ? Promise.resolve(noFunction(name))
        : (functions ?? fail('no function can be invoked yet')).invoke(name, payload);
    };
    const machines = stateMachines({
      storage,
      clock,
      random: () => fraction(random),
      invoke: (name, payload) => invoke(functionName(name), payload),
    });
    closing.push(() => machines.close());

    const follower = followStream({
      client: new DynamoDBStreamsClient(direct),
      streamArn: table.streamArn,
      source: {
        arn: `arn:${config.partition}:dynamodb:${config.region}:${config.account}:table/${TABLE_NAME}/stream/local`,
        region: config.region,
      },
      deliver: async (event) => {
        const answer = await invoke('publisher', event);
        if (!answer.ok) throw new Error(answer.errorMessage);
      },
      storage,
      clock,
    });
    const forwarder = forwardTo(engine.url, {
      onWrite: () => follower.poke(),
      ...(options.meter && { meter: options.meter }),
    });
    closing.push(() => forwarder.close());
    const { iam, eks, cloudtrail } = options.delays ?? {};
    const endpoint = await startEndpoint({
      port: options.awsPort ?? 0,
      clock,
      storage,
      faults,
      random,
      ...(options.onAccess && { onAccess: options.onAccess }),
      services: {
        ...simulatedServices({
          random,
          events,
          queues,
          delays: {
            ...(iam !== undefined && { iam }),
            ...(eks !== undefined && { eks }),
            ...(cloudtrail !== undefined && { cloudtrail }),
          },
        }),
        states: machines.service,
      },
      forward: { dynamodb: (request) => forwarder.forward(request) },
    });
    closing.push(() => endpoint.close());
    const startFunctions = (): LambdaRunner =>
      lambdaRunner({
        clock,
        functions: productFunctions({ ...settings, endpoint: endpoint.url }),
        account: config.account,
        region: config.region,
        random,
        ...(options.log && { logs: options.log }),
      });
    functions = startFunctions();
    closing.push(followQueues(config, { queues, storage, clock, invoke }));

    const clusters = options.clusters === false ? {} : await startClusters(options, storage, endpoint.port, closing);
    for (const cluster of Object.values(config.clusters)) {
      const running = clusters[cluster.name];
      seedCluster(
        { storage, now: clock.now(), random },
        {
          arn: cluster.arn,
          authenticationMode: cluster.authenticationMode ?? 'API',
          endpoint: running?.url ?? `https://${cluster.name}.invalid`,
          certificateAuthorityData: running?.certificateAuthorityData ?? NO_CERTIFICATE,
          version: KUBERNETES_VERSION,
          tags: cluster.tags,
          createdAt: instant(Math.floor(clock.now() / 1_000) * 1_000),
          nodeRoleArn: `arn:${config.partition}:iam::${cluster.account}:role/${NODE_ROLE}`,
          creatorArn: `arn:${config.partition}:iam::${cluster.account}:role/${CREATOR_ROLE}`,
        },
      );
    }

    if (options.workflow !== false)
      await deployStateMachine(
        config,
        endpoint.url,
        accounts.profiles['operator'] ?? fail('there is no operator'),
        options.stateMachine,
      );
    await machines.resume();
    const scheduled: Record<ScheduledName, readonly string[]> = {
      sweeper: ['sweeper'],
      reaper: Object.keys(settings.reapers).map(reaperName),
      inventory: ['inventory'],
    };
    for (const timer of scheduledIn(options)) {
      for (const name of scheduled[timer]) {
        const run = async (at: ReturnType<Clock['now']>): Promise<void> =>
          void (await invoke(name, scheduledEvent(at)));
        closing.push(schedule({ clock, every: SCHEDULES[timer], run }));
      }
    }
    const authorizer = iamAuthorizer((request) => authenticateWith(storage, clock, request, 'execute-api'));
    const gateway = await startApiGateway({
      port: options.apiPort ?? 0,
      api: { apiId: API_ID, account: config.account, region: config.region },
      routes: [
        ...routesBehind(authorizer),
        // Open: the function verifies the signature of every message.
        ...(config.ticketSystems ? [{ key: TICKET_ROUTE } as const] : []),
      ],
      invoke: (event, target = 'api') => invoke(target, event),
      clock,
    });
    closing.push(() => gateway.close());
    const web =
      config.oidc &&
      (await startWebApi(options, config.oidc, (event, target = 'api') => invoke(target, event), config));
    if (web) closing.push(() => web.close());
    const slack = slackSecrets && (await startSlackEnd(config, slackSecrets, options, invoke, closing));

    return {
      apiUrl: gateway.url,
      ...(web && { webUrl: web.url }),
      awsUrl: endpoint.url,
      awsPort: endpoint.port,
      storage,
      faults,
      functions: {
        invoke,
        invokeAsync: (...call) => (hubIsOff ? undefined : functions?.invokeAsync(...call)),
        recycle: () => functions?.recycle(),
      },
      events,
      clusters,
      ...(slack && { slack }),
      profiles: accounts.profiles,
      deploy(next) {
        deploy(next);
        functions?.recycle();
      },
      stopHub() {
        hubIsOff = true;
        cutTrust({ storage, now: clock.now() }, config);
      },
      drain: () => follower.drain(),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What people reach, by either API. */
const routesBehind = (authorizer: Authorizer): ApiRoute[] => [
  { key: '$default', authorizer },
  { key: `POST ${ENDPOINTS.breakGlass.path}`, authorizer, target: 'breakglass' },
  { key: `POST ${ENDPOINTS.examine.path}`, authorizer, target: 'doctor' },
];

/** The same functions behind the other authoriser. */
const startWebApi = (
  { webPort, clock }: WorldOptions,
  { issuer, audience }: NonNullable<Configuration['oidc']>,
  invoke: (event: unknown, target?: string) => Promise<InvokeResult>,
  place: { readonly account: string; readonly region: string },
): Promise<ApiGateway> =>
  startApiGateway({
    port: webPort ?? 0,
    api: { apiId: WEB_API_ID, ...place },
    routes: routesBehind(jwtAuthorizer({ issuer, audience, now: clock.now })),
    invoke,
    clock,
  });
/** An API of its own, whose one route has no authoriser: the function checks Slack's signature. */
async function startSlackEnd(
  { account, region, slack }: Configuration,
  secrets: Pick<SlackEnd, 'signingSecret' | 'botToken'>,
  { clock, slackPort = 0 }: WorldOptions,
  invoke: LambdaRunner['invoke'],
  closing: (() => void | Promise<void>)[],
): Promise<SlackEnd> {
  const gateway = await startApiGateway({
    port: slackPort,
    api: { apiId: 'localslack', account, region },
    routes: [{ key: 'POST /slack' }],
    invoke: (event) => invoke('slack', event),
    clock,
  });
  closing.push(() => gateway.close());
  return { requestUrl: `${gateway.url}/slack`, team: slack?.teamId ?? '', ...secrets };
}

const noFunction = (name: string): InvokeResult => ({
  ok: false,
  errorType: 'ResourceNotFoundException',
  errorMessage: `Function not found: ${name}`,
});

function scheduledIn({ schedule: wanted = true }: WorldOptions): readonly ScheduledName[] {
  if (typeof wanted !== 'boolean') return wanted;
  return wanted ? (Object.keys(SCHEDULES) as ScheduledName[]) : [];
}

function temporaryFolder(closing: (() => void)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-'));
  mkdirSync(folder, { recursive: true });
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Callers are known by the keys in storage: those that were seeded, and those that STS has given out since. */
const authenticateWith = (storage: JournaledStorage, clock: Clock, request: SignedRequest, service: string) =>
  authenticate(request, {
    credentialOf: (key) => credentialOf(storage, key),
    signedNow: instant(Date.now()),
    sessionNow: clock.now(),
    service,
  });

const functionName = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/** Uniform in [0, 1), from random bytes. */
function fraction(random: (bytes: number) => Uint8Array): number {
  return random(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;
}

function fail(message: string): never {
  throw new Error(message);
}
