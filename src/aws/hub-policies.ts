/**
 * What each role of the hub may do, derived from the configuration and from nothing else. A test runs these against
 * every call that the functions make: nothing missing, nothing left over.
 */

import { parseRoleArn } from '../core/arn.ts';
import type { Configuration } from '../core/configuration.ts';
import { rolesOf } from '../core/identity.ts';
import { callerRolesOf } from '../core/role-identity.ts';
import {
  breakGlassRules,
  type ChatFunction,
  type ChatQueue,
  chatQueuesOf,
  type HubNames,
  type HubRole,
  ownPath,
  queueArn,
  roleArn,
  standingRoles,
  stateMachineArn,
  tableArn,
} from './deployment.ts';
import { NOTICE_PREFIX } from './notice-key.ts';
import { type Permission, readsSecrets } from './permission.ts';
import { TABLE } from './table-definition.ts';

/** The configuration's hub, and what its parts are called. */
export function hubPermissions(config: Configuration, names: HubNames): Record<HubRole, readonly Permission[]> {
  return {
    api: [
      ...recording(config, names, ['byPerson', 'byTime', 'undecided', 'due']),
      ...asking(config, names),
      ...identities(config),
      ...directory(config),
      ...questions(config),
      ...tickets(config, names),
      ...askingByEvent(config),
    ],
    worker: [
      ...recording(config, names, ['due']),
      ...releasing(config, names),
      ...importing(config, names),
      ...roles(config),
      ...executors(config),
      ...directory(config),
      ...questions(config),
      ...examining(config),
    ],
    breakglass: [...breakGlass(config, names), ...identities(config), ...directory(config)],
    publisher: [
      {
        sid: 'PublishEvents',
        why: 'Tells EventBridge of every audit event.',
        actions: ['events:PutEvents'],
        resources: [`arn:${config.partition}:events:${config.region}:${config.account}:event-bus/default`],
      },
      ...putsInto(config, 'notices', 'Audit events wait there for whoever is to be told of them.'),
    ],
    guard: guarding(config, names),
  };
}

/** What only the doctor needs. */
const examining = ({ notifications }: Configuration): Permission[] => [
  {
    sid: 'Quotas',
    why: 'The doctor compares what the account has with what it may have. Neither action has a resource type, so the resource is `*`; they answer numbers.',
    actions: ['iam:GetAccountSummary', 'lambda:GetAccountSettings'],
    resources: ['*'],
  },
  ...(notifications?.slack
    ? [
        {
          ...readsSecrets([notifications.slack.secret], "The doctor asks Slack, with the bot's token, what it may do."),
          sid: 'SlackToken',
        },
      ]
    : []),
];

/**
 * What Slack's functions and the notifier may do. The one that Slack reaches has no way to the table; the notifier reads
 * grants and writes where their messages stand.
 */
export function chatPermissions(config: Configuration, names: HubNames): Record<ChatFunction, readonly Permission[]> {
  const { slack, webhooks = [] } = config.notifications ?? {};
  const app = slack ? [slack.secret] : [];
  const verifies = 'Reads the secret of the Slack app: its signature is checked with it.';
  return {
    slack: [readsSecrets(app, verifies), ...putsInto(config, 'clicks', 'What Slack signed waits there.')],
    interactions: [
      ...recording(config, names, ['byPerson', 'byTime']),
      ...asking(config, names),
      ...identities(config),
      ...directory(config),
      ...questions(config).map((one) => ({ ...one, sid: 'QuestionSecrets' })),
      ...tickets(config, names),
      ...askingByEvent(config),
      readsSecrets(app, `${verifies} The bot's token answers.`),
      ...putsInto(config, 'notices', "A grant's messages are renewed where a click showed that they are old."),
    ],
    notifier: [
      {
        sid: 'ReadGrants',
        why: 'Reads a grant with its events, where its messages stand, and who decides in whose place.',
        actions: ['dynamodb:Query'],
        resources: [tableArn(config, names.table)],
      },
      ...(slack
        ? [
            {
              sid: 'ReadLinks',
              why: 'Reads which Slack account somebody linked, to write to them.',
              actions: ['dynamodb:GetItem'],
              resources: [tableArn(config, names.table)],
            },
            {
              sid: 'KeepNotices',
              why: 'Writes where the messages of a grant stand, and no other item: all its items have keys that begin so.',
              actions: ['dynamodb:UpdateItem'],
              resources: [tableArn(config, names.table)],
              conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${NOTICE_PREFIX}*`] } },
            },
            ...directory(config),
          ]
        : []),
      readsSecrets(
        [...app, ...webhooks.map(({ secret }) => secret)],
        "Reads the bot's token, and the secrets that sign webhooks.",
      ),
      ...putsInto(config, 'notices', 'What could not be told now waits there for later.'),
    ],
  };
}

/** Nothing where there is no such queue. */
const putsInto = (config: Configuration, queue: ChatQueue, why: string): Permission[] =>
  chatQueuesOf(config).includes(queue)
    ? [
        {
          sid: `Into${queue.charAt(0).toUpperCase()}${queue.slice(1)}`,
          why,
          actions: ['sqs:SendMessage'],
          resources: [queueArn(config, queue)],
        },
      ]
    : [];

/** The record, and waking the workflow. Neither opens anything: activation decides again from the recorded events (I1). */
function recording(
  config: Configuration,
  { table }: HubNames,
  indexes: readonly (keyof typeof TABLE.indexes)[],
): Permission[] {
  const arn = tableArn(config, table);
  return [
    {
      sid: 'Record',
      why: 'Reads and writes grants, events, claims and the ledger, in transactions. A write proves nothing: activation decides again from the recorded events, whose chain it checks.',
      actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
      resources: [arn],
    },
    {
      sid: 'Lists',
      why: 'Lists grants by the indexes that this role needs.',
      actions: ['dynamodb:Query'],
      resources: indexes.map((index) => `${arn}/index/${TABLE.indexes[index].name}`),
    },
    {
      sid: 'TableId',
      why: 'Every grant records the id of its table, so that a restored backup revives none.',
      actions: ['dynamodb:DescribeTable'],
      resources: [arn],
    },
    {
      sid: 'WakeWorkflow',
      why: "Wakes a waiting step. The action has no resource type, so the resource is `*`; it takes a task token, which only this account's table holds, and a signal proves nothing.",
      actions: ['states:SendTaskSuccess'],
      resources: ['*'],
    },
  ];
}

/**
 * Reached by people, and able to act in clusters' accounts: so it has nothing that the table and EKS do not need but a look
 * at the roles that callers come through, and only the executors of clusters where an entitlement offers it.
 */
function breakGlass(config: Configuration, { table, stateMachine }: HubNames): Permission[] {
  const clusters = new Set(breakGlassRules(config).flatMap((rule) => rule.clusters));
  return [
    {
      sid: 'Record',
      why: 'Reads and writes grants, events, claims and the ledger, in transactions; reads limits, earlier answers, freezes and what was last known of roles.',
      actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query', 'dynamodb:GetItem'],
      resources: [tableArn(config, table)],
    },
    {
      sid: 'TableId',
      why: 'Every grant records the id of its table, so that a restored backup revives none.',
      actions: ['dynamodb:DescribeTable'],
      resources: [tableArn(config, table)],
    },
    {
      sid: 'StartWorkflow',
      why: 'Starts the workflow of a grant, which ends it to the second; if it does not start, the sweeper ends it.',
      actions: ['states:StartExecution'],
      resources: [stateMachineArn(config, stateMachine)],
    },
    {
      sid: 'Executors',
      why: 'Becomes the executors of clusters where an entitlement offers break-glass, and no other role.',
      actions: ['sts:AssumeRole'],
      resources: [...new Set([...clusters].flatMap((name) => config.clusters[name]?.executor ?? []))],
    },
  ];
}

/** What only asking needs. */
const asking = (config: Configuration, { table, stateMachine }: HubNames): Permission[] => [
  {
    sid: 'Limits',
    why: 'Reads how many open grants a person has, what a repeated request was answered, and whom a Slack account is linked to.',
    actions: ['dynamodb:GetItem'],
    resources: [tableArn(config, table)],
  },
  {
    sid: 'StartWorkflow',
    why: 'Starts the workflow of a grant.',
    actions: ['states:StartExecution'],
    resources: [stateMachineArn(config, stateMachine)],
  },
];

/** Reading only: before a deployment takes something away, what would be left behind? */
function guarding(config: Configuration, { table }: HubNames): Permission[] {
  const arn = tableArn(config, table);
  return [
    {
      sid: 'WhatIsOpen',
      why: 'Before a deployment takes a cluster or the hub away: which grants are not over.',
      actions: ['dynamodb:Query'],
      resources: [arn, `${arn}/index/${TABLE.indexes.due.name}`],
    },
    {
      sid: 'RolesLeft',
      why: 'Before the hub is deleted: which roles under its path are left. The action has no resource type, so the resource is `*`; it shows names and trusts, and changes nothing.',
      actions: ['iam:ListRoles'],
      resources: ['*'],
    },
  ];
}

/** Of people and of callers that are none; people of Identity Center come through its role, though the file lists none. */
const rolesOfCallers = ({ directory, identityCenter }: Configuration): string[] => [
  ...new Set([...rolesOf(directory), ...(identityCenter ? [identityCenter.role] : []), ...callerRolesOf(directory)]),
];

/** Which people's roles there are, and whether Identity Center alone names their sessions. */
const identities = (config: Configuration): Permission[] => [
  {
    sid: 'WhoIsCalling',
    why: 'Resolves the roles by which callers are known to their unique ids, and reads their trust.',
    actions: ['iam:GetRole'],
    resources: rolesOfCallers(config).flatMap((arn) => lookedUp(config, arn)),
  },
];

/**
 * A role of the hub's account by its path, and by its bare name: when it is gone IAM knows no path, and a refusal would
 * read like a fault where the true answer is "there is none".
 */
function lookedUp(config: Configuration, arn: string): string[] {
  const role = parseRoleArn(arn);
  return role?.account === config.account ? [...new Set([arn, roleArn(config, role.account, role.name)])] : [];
}

/** Whoever made access with the hub down has used up some of what they may use of break-glass. */
const importing = (config: Configuration, { table }: HubNames): Permission[] => [
  {
    sid: 'Uses',
    why: 'Reads what a person has used of break-glass, when access that was made with the hub down is taken onto the record.',
    actions: ['dynamodb:GetItem'],
    resources: breakGlassRules(config).length > 0 ? [tableArn(config, table)] : [],
  },
];

/** People and groups of Identity Center: read by whatever decides, or tells people of what waits for them. */
function directory({ identityCenter, partition, account }: Configuration): Permission[] {
  if (!identityCenter) return [];
  const { readerRole, identityStoreId } = identityCenter;
  if (readerRole !== undefined)
    return [
      {
        sid: 'DirectoryReader',
        why: 'Becomes the role that reads people and groups where Identity Center is, or is delegated to.',
        actions: ['sts:AssumeRole'],
        resources: [readerRole],
      },
    ];
  const kinds = ['user', 'group', 'membership'].map((kind) => `arn:${partition}:identitystore:::${kind}/*`);
  return [
    {
      sid: 'Directory',
      why: "Reads people and groups of Identity Center. `*` stands for ids that the store gives; the statement's first resource says in which store.",
      actions: ['identitystore:ListUsers', 'identitystore:ListGroupMemberships', 'identitystore:GetGroupId'],
      resources: [`arn:${partition}:identitystore::${account}:identitystore/${identityStoreId}`, ...kinds],
    },
  ];
}

const SIGNS_QUESTIONS = 'Signs what is asked of the servers that the configuration names, and verifies what they tell.';

/** The secrets of those who are asked who is on call, or whether a ticket is open. */
const askedServers = ({ onCall = {}, ticketSystems = {} }: Configuration): string[] => [
  ...Object.values(onCall).flatMap((schedule) => (schedule.kind === 'provider' ? [schedule.secret] : [])),
  ...Object.values(ticketSystems).map(({ secret }) => secret),
];

/** Nothing, while the configuration names no server to ask. */
const questions = (config: Configuration): Permission[] => {
  const secrets = askedServers(config);
  return secrets.length > 0 ? [readsSecrets(secrets, SIGNS_QUESTIONS)] : [];
};

/** Only where tickets are kept somewhere. */
const tickets = (config: Configuration, { table }: HubNames): Permission[] =>
  config.ticketSystems
    ? [
        {
          sid: 'TicketNotClosed',
          why: 'Makes no grant for a ticket that was closed since its system was asked.',
          actions: ['dynamodb:ConditionCheckItem'],
          resources: [tableArn(config, table)],
        },
      ]
    : [];

/** Only where a ticket system is asked that way. */
const askingByEvent = (config: Configuration): Permission[] =>
  Object.values(config.ticketSystems ?? {}).some(({ check }) => check?.kind === 'event')
    ? [
        {
          sid: 'AskByEvent',
          why: 'Asks a ticket system, by an event, whether a ticket is open.',
          actions: ['events:PutEvents'],
          resources: [`arn:${config.partition}:events:${config.region}:${config.account}:event-bus/default`],
        },
      ]
    : [];

/** What only ending needs: the API can record that something has to end, and remove nothing. */
const releasing = (config: Configuration, { table }: HubNames): Permission[] => [
  {
    sid: 'ReleaseClaims',
    why: 'Removes a claim and its ledger once EKS has shown the entry gone.',
    actions: ['dynamodb:DeleteItem'],
    resources: [tableArn(config, table)],
  },
];

/** A grant's id: 26 characters, of which the first stays 0 for a century. No role of the hub itself is called so. */
const ANY_GRANT = `0${'?'.repeat(25)}`;

function roles(config: Configuration): Permission[] {
  const own = `${ownPath(config)}*`;
  return [
    {
      sid: 'RolesOfGrants',
      why: "Makes, dates and deletes the roles of grants. `*` stands for the grant's id: nothing outside the hub's own path is reached, and no permission can be put on a role (no PutRolePolicy, no AttachRolePolicy).",
      actions: ['iam:CreateRole', 'iam:TagRole', 'iam:GetRole', 'iam:UpdateAssumeRolePolicy', 'iam:DeleteRole'],
      resources: [own],
    },
    {
      sid: 'RolesThatAreGone',
      why: "A role that is gone has no path any more: asked to delete one, IAM judges its bare name. The `?` stand for the grant's id; no role of the hub itself has such a name.",
      actions: ['iam:DeleteRole'],
      resources: [roleArn(config, config.account, `hallpass-${config.hub}-${ANY_GRANT}`)],
    },
    {
      sid: 'InspectRoles',
      why: "Checks that callers' roles and standing roles are who and what the configuration says.",
      actions: ['iam:GetRole'],
      resources: [
        ...new Set([...rolesOfCallers(config), ...standingRoles(config)].flatMap((arn) => lookedUp(config, arn))),
      ],
    },
    {
      sid: 'InventoryOfRoles',
      why: "The hourly inventory lists the roles under the hub's path. The action has no resource type, so the resource is `*`; it shows names and trusts, and changes nothing.",
      actions: ['iam:ListRoles'],
      resources: ['*'],
    },
  ];
}

const executors = (config: Configuration): Permission[] => [
  {
    sid: 'Executors',
    why: 'Becomes the executors of the configured clusters, and no other role.',
    actions: ['sts:AssumeRole'],
    resources: [...new Set(Object.values(config.clusters).map((cluster) => cluster.executor))],
  },
];
