/** Every role of an installation with its permissions: for the page that explains them, and for counting. */
import { emergencyPermissions, executorPermissions, reaperPermissions } from '../src/aws/cluster-policies.ts';
import {
  breakGlassRules,
  CHAT_QUEUES,
  type ChatFunction,
  chatFunctionsOf,
  chatName,
  chatQueuesOf,
  clusterAccounts,
  emergencyName,
  executorsIn,
  FUNCTIONS,
  type HubRole,
  homeRegion,
  hubNames,
  queueArn,
  reaperName,
} from '../src/aws/deployment.ts';
import { chatPermissions, hubPermissions } from '../src/aws/hub-policies.ts';
import type { Permission } from '../src/aws/permission.ts';
import { personPermissions } from '../src/aws/person-policies.ts';
import { deliversLogs, invokes, readsStream, sendsTo, takesFrom, writesLogs } from '../src/aws/platform-policies.ts';
import { parseRoleArn } from '../src/core/arn.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { emergencyRules } from '../src/core/emergency.ts';
import { logGroupName } from './lambda.ts';

export type ListedRole = {
  readonly name: string;
  readonly account: string;
  /** Who may become it, and what runs as it. */
  readonly used: string;
  readonly permissions: readonly Permission[];
};

export const functionName = ({ hub }: Pick<Configuration, 'hub'>, name: string): string => `hallpass-${hub}-${name}`;

export function functionArn(config: Configuration, name: string): string {
  const { partition, region, account } = config;
  return `arn:${partition}:lambda:${region}:${account}:function:${functionName(config, name)}`;
}

/** `stream`: the ARN of the table's stream, which only AWS knows before there is one. */
export function hubRolePermissions(
  config: Configuration,
  role: HubRole,
  names: ReturnType<typeof hubNames>,
  stream: string,
): Permission[] {
  const { partition, region, account, hub } = config;
  const runs = Object.entries(FUNCTIONS).filter(([, made]) => made.role === role);
  const groups = runs.map(
    ([name]) => `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName(functionName(config, name))}`,
  );
  return [
    ...hubPermissions(config, names)[role],
    writesLogs(groups),
    ...(role === 'publisher'
      ? [
          ...readsStream(stream),
          sendsTo(`arn:${partition}:sqs:${region}:${account}:${functionName({ hub }, 'undelivered')}`),
        ]
      : []),
  ];
}

/** The same of Slack's functions and the notifier. */
export function chatRolePermissions(
  config: Configuration,
  name: ChatFunction,
  names: ReturnType<typeof hubNames>,
): Permission[] {
  const { partition, region, account } = config;
  const logs = `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName(chatName(config, name))}`;
  const queues = chatQueuesOf(config).filter((queue) => CHAT_QUEUES[queue].for === name);
  return [
    ...chatPermissions(config, names)[name],
    writesLogs([logs]),
    ...queues.map((queue) => takesFrom(queueArn(config, queue))),
  ];
}

export const hubRoleName = (config: Configuration, role: HubRole): string =>
  role === 'worker' ? hubNames(config).worker : functionName(config, role);

export function listRoles(config: Configuration): readonly ListedRole[] {
  const { account, partition, region } = config;
  const names = hubNames(config);
  const stream = `arn:${partition}:dynamodb:${region}:${account}:table/${names.table}/stream/<when it was made>`;
  const hub = (['api', 'breakglass', 'worker', 'publisher', 'guard'] as const).map((role) => ({
    name: hubRoleName(config, role),
    account,
    used: `Lambda: ${Object.entries(FUNCTIONS)
      .filter(([, made]) => made.role === role)
      .map(([name]) => name)
      .join(', ')}`,
    permissions: hubRolePermissions(config, role, names, stream),
  }));
  const chat = chatFunctionsOf(config).map((name) => ({
    name: chatName(config, name),
    account,
    used: `Lambda: ${name}`,
    permissions: chatRolePermissions(config, name, names),
  }));
  const others = [
    {
      name: functionName(config, 'workflow-execution'),
      account,
      used: 'Step Functions, for this account',
      permissions: [invokes([functionArn(config, 'workflow')]), deliversLogs()],
    },
  ];
  const people = {
    name: `AWSReservedSSO_Hallpass-${config.hub}_…`,
    account,
    used: 'people, through IAM Identity Center',
    permissions: personPermissions(config, '<ApiId>'),
  };
  return [
    ...hub,
    ...chat,
    ...others,
    people,
    ...clusterAccounts(config).flatMap((each) => rolesOfClusters(config, each)),
  ];
}

const trustedRoles = (config: Configuration): string =>
  breakGlassRules(config).length > 0
    ? `the roles ${hubNames(config).worker} and ${hubNames(config).breakglass}`
    : `the role ${hubNames(config).worker}`;

function rolesOfClusters(config: Configuration, account: string): ListedRole[] {
  const name = reaperName(config);
  const at = (service: string, rest: string): string =>
    `arn:${config.partition}:${service}:${homeRegion(config, account)}:${account}:${rest}`;
  const executors = executorsIn(config, account).map((executor) => ({
    name: parseRoleArn(executor)?.name ?? executor,
    account,
    used: `${trustedRoles(config)} of account ${config.account}, whichever role has that name (F6)`,
    permissions: executorPermissions(config, executor),
  }));
  const emergency = emergencyRules(config, account).length > 0 && {
    name: emergencyName(config),
    account,
    used: `people, with the hub down: ${config.emergency?.assumableBy.join(', ')}`,
    permissions: emergencyPermissions(config, account),
  };
  return [
    ...executors,
    ...(emergency ? [emergency] : []),
    {
      name,
      account,
      used: 'Lambda: reaper',
      permissions: [...reaperPermissions(config, account), writesLogs([at('logs', `log-group:${logGroupName(name)}`)])],
    },
  ];
}
