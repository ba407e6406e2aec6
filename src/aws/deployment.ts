/**
 * What a deployment is made of, as plain data: names, ARNs and environments. The stacks, the Terraform module and local
 * mode all read it from here, so that what is tried out is what is deployed. No SDK import, no CDK import.
 */
import { parseRoleArn } from '../core/arn.ts';
import type { Cluster, Configuration, Entitlement } from '../core/configuration.ts';

/**
 * The hub's functions: files in `functions/`. A Lambda's share of CPU follows its memory, and a cold start is CPU: less
 * than 512 MB makes people wait and saves nothing. No writer outlives 60 s (EKS cannot be fenced).
 */
export const FUNCTIONS = {
  api: { role: 'api', timeoutSeconds: 29, memoryMb: 512 },
  breakglass: { role: 'breakglass', timeoutSeconds: 29, memoryMb: 512 },
  workflow: { role: 'worker', timeoutSeconds: 60, memoryMb: 512 },
  sweeper: { role: 'worker', timeoutSeconds: 60, memoryMb: 512 },
  inventory: { role: 'worker', timeoutSeconds: 60, memoryMb: 512 },
  doctor: { role: 'worker', timeoutSeconds: 29, memoryMb: 512 },
  publisher: { role: 'publisher', timeoutSeconds: 60, memoryMb: 256 },
  guard: { role: 'guard', timeoutSeconds: 60, memoryMb: 256 },
} as const satisfies Record<string, { role: HubRole; timeoutSeconds: number; memoryMb: number }>;
export type FunctionName = keyof typeof FUNCTIONS;
export type HubRole = 'api' | 'breakglass' | 'worker' | 'publisher' | 'guard';

/**
 * What people and other systems are told by, and what Slack calls: made only where the configuration has use for them. The
 * one that Slack waits for gets more memory, because a Lambda's CPU follows it (and Slack waits for three seconds).
 */
export const CHAT_FUNCTIONS = {
  slack: { timeoutSeconds: 10, memoryMb: 1_024 },
  interactions: { timeoutSeconds: 60, memoryMb: 1_024 },
  notifier: { timeoutSeconds: 60, memoryMb: 512 },
} as const;
export type ChatFunction = keyof typeof CHAT_FUNCTIONS;

export function chatFunctionsOf({ notifications }: Pick<Configuration, 'notifications'>): ChatFunction[] {
  const { slack, webhooks = [] } = notifications ?? {};
  return [
    ...(slack ? (['slack', 'interactions'] as const) : []),
    ...(slack || webhooks.length > 0 ? (['notifier'] as const) : []),
  ];
}

/** Lambda wants six times the function's time-out; a message that fails five times is put aside. */
export const CHAT_QUEUES = {
  clicks: { visibilitySeconds: 360, maxReceives: 5, batchSize: 1, for: 'interactions' },
  notices: { visibilitySeconds: 360, maxReceives: 5, batchSize: 5, for: 'notifier' },
} as const satisfies Record<string, { for: ChatFunction; [setting: string]: unknown }>;
export type ChatQueue = keyof typeof CHAT_QUEUES;

export const chatQueuesOf = (config: Pick<Configuration, 'notifications'>): ChatQueue[] =>
  (Object.keys(CHAT_QUEUES) as ChatQueue[]).filter((name) => chatFunctionsOf(config).includes(CHAT_QUEUES[name].for));

/** Per hub, like everything that is named. */
export const chatName = ({ hub }: Pick<Place, 'hub'>, name: ChatFunction | ChatQueue): string =>
  `hallpass-${hub}-${name}`;

export const queueArn = (place: Place, name: ChatQueue): string =>
  `arn:${place.partition}:sqs:${place.region}:${place.account}:${chatName(place, name)}`;

export const queueUrl = (place: Place, name: ChatQueue): string =>
  `https://sqs.${place.region}.amazonaws.com${place.partition === 'aws-cn' ? '.cn' : ''}/${place.account}/${chatName(place, name)}`;

/** Where messages wait, for the functions that put them there. */
export const chatEnvironment = (config: Configuration): Record<string, string> =>
  Object.fromEntries(chatQueuesOf(config).map((name) => [`${name.toUpperCase()}_QUEUE_URL`, queueUrl(config, name)]));

export const REAPER = { timeoutSeconds: 60, memoryMb: 256 } as const;

/** Where a hub lives, and which one it is. */
export type Place = Pick<Configuration, 'partition' | 'account' | 'region' | 'hub'>;

/** What other things know by its name: renaming any of it means a new installation. */
export type HubNames = {
  readonly table: string;
  readonly stateMachine: string;
  /** The role that executors trust: an executor's template names it, so it survives every deployment (F6). */
  readonly worker: string;
  /** Executors trust it, too, where an entitlement offers break-glass. */
  readonly breakglass: string;
};

export const hubNames = ({ hub }: Pick<Place, 'hub'>): HubNames => ({
  table: `hallpass-${hub}`,
  stateMachine: `hallpass-${hub}-grant`,
  worker: `hallpass-${hub}-worker`,
  breakglass: `hallpass-${hub}-breakglass`,
});

/** Per hub, because a cluster's account may serve several. */
export const reaperName = ({ hub }: Pick<Place, 'hub'>): string => `hallpass-${hub}-reaper`;

/** In a cluster's account, for when the hub is down. */
export const emergencyName = ({ hub }: Pick<Place, 'hub'>): string => `hallpass-${hub}-emergency`;

export const tableArn = ({ partition, region, account }: Place, table: string): string =>
  `arn:${partition}:dynamodb:${region}:${account}:table/${table}`;

export const stateMachineArn = ({ partition, region, account }: Place, stateMachine: string): string =>
  `arn:${partition}:states:${region}:${account}:stateMachine:${stateMachine}`;

export const roleArn = ({ partition }: Pick<Place, 'partition'>, account: string, name: string): string =>
  `arn:${partition}:iam::${account}:role/${name}`;

/** Dedicated roles lie under it: the ARN up to the hub's path. */
export const ownPath = ({ partition, account, hub }: Place): string =>
  `arn:${partition}:iam::${account}:role/hallpass/${hub}/`;

/** Roles that entitlements name, on these clusters or on any. */
export function standingRoles(config: Configuration, clusters = Object.values(config.clusters)): string[] {
  const names = new Set(clusters.map((cluster) => cluster.name));
  const entitlements = Object.values(config.entitlements).filter((rule) =>
    rule.clusters.some((name) => names.has(name)),
  );
  return [...new Set(entitlements.flatMap(({ principal }) => (principal.mode === 'role' ? [principal.role] : [])))];
}

/** Entitlements that give access without approval, on this account's clusters or on any. */
export const breakGlassRules = (config: Configuration, account?: string): Entitlement[] =>
  Object.values(config.entitlements).filter(
    ({ breakGlass, clusters }) =>
      breakGlass !== undefined &&
      (account === undefined || clusters.some((name) => config.clusters[name]?.account === account)),
  );

export const accountOf = (arn: string): string | undefined => parseRoleArn(arn)?.account;

export const clusterAccounts = (config: Configuration): string[] => [
  ...new Set(Object.values(config.clusters).map((cluster) => cluster.account)),
];

export const clustersIn = (config: Configuration, account: string): Cluster[] =>
  Object.values(config.clusters).filter((cluster) => cluster.account === account);

export const executorsIn = (config: Configuration, account: string): string[] => [
  ...new Set(clustersIn(config, account).map((cluster) => cluster.executor)),
];

/** Where an account's stack and reaper run: where its first cluster is. */
export const homeRegion = (config: Configuration, account: string): string =>
  clustersIn(config, account)[0]?.region ?? config.region;

/** What every function of the hub is told, besides what Lambda tells it. */
export const hubEnvironment = (place: Place, names: HubNames, configPath: string) => ({
  HUB_ACCOUNT: place.account,
  HUB_ID: place.hub,
  HALLPASS_CONFIG: configPath,
  TABLE_NAME: names.table,
  STATE_MACHINE_ARN: stateMachineArn(place, names.stateMachine),
});

/** All that a reaper is told: see `reaper-settings.ts`. */
export const reaperEnvironment = (config: Configuration, account: string) => ({
  HUB_ID: config.hub,
  PRINCIPAL_PREFIX: ownPath(config),
  CLUSTERS: clustersIn(config, account)
    .map((cluster) => cluster.arn)
    .join(','),
  STANDING_ROLES: standingRoles(config, clustersIn(config, account)).join(','),
});
