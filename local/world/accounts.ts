/**
 * The accounts that local mode starts in, as a platform team would have set them up for the given configuration: the
 * people's permission set, an administrator called `operator`, executors, the standing roles that entitlements name, and
 * one role for each function with what that function needs and nothing else.
 */
import { parseRoleArn } from '../../src/core/arn.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { rolesOf as personRolesOf } from '../../src/core/identity.ts';
import {
  type Credentials,
  type PolicyDocument,
  type Seeding,
  seedAccessKey,
  seedRole,
  seedSession,
  seedUser,
} from '../aws/iam/seed.ts';

export type Place = {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly hub: string;
};

export const TABLE_NAME = 'hallpass';
export const stateMachineArn = ({ partition, region, account }: Place): string =>
  `arn:${partition}:states:${region}:${account}:stateMachine:hallpass-grant`;
export const API_ID = 'localhall1';
export const STATES_ROLE = 'hallpass-workflow-execution';

/** Each function runs as a role of its own. */
export const FUNCTION_ROLES = {
  api: 'hallpass-api',
  workflow: 'hallpass-worker',
  sweeper: 'hallpass-worker',
  inventory: 'hallpass-worker',
  publisher: 'hallpass-publisher',
} as const;
export type FunctionName = keyof typeof FUNCTION_ROLES;

/** In every account that has clusters; nobody assumes it but the reaper there. */
const REAPER_ROLE = 'hallpass-reaper';

const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[],
  Condition?: object,
): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const policy = (...Statement: readonly object[]): PolicyDocument => ({ Version: '2012-10-17', Statement });
const trusting = (
  Principal: object,
  Action: string | readonly string[] = 'sts:AssumeRole',
  Condition?: object,
): PolicyDocument => policy({ Effect: 'Allow', Principal, Action, ...(Condition && { Condition }) });

export type Accounts = {
  /** Credentials by the name of their profile: one for each person, and `operator`. */
  readonly profiles: Readonly<Record<string, Credentials>>;
  readonly functions: Readonly<Record<FunctionName, Required<Credentials>>>;
  /** By cluster account. */
  readonly reapers: Readonly<Record<string, Required<Credentials>>>;
};

export function seedAccounts(seeding: Seeding, config: Configuration): Accounts {
  const operator = seedOperator(seeding, config);
  seedPeople(seeding, config);
  seedFunctionRoles(seeding, config);
  for (const executor of new Set(Object.values(config.clusters).map((cluster) => cluster.executor)))
    seedExecutor(seeding, config, executor);
  seedStandingRoles(seeding, config);
  seedClusterRoles(seeding, config);
  const functions = Object.fromEntries(
    Object.entries(FUNCTION_ROLES).map(([name, roleName]) => [
      name,
      seedSession(seeding, { account: config.account, roleName, sessionName: `hallpass-${name}` }),
    ]),
  ) as Record<FunctionName, Required<Credentials>>;
  const reapers = Object.fromEntries(
    clusterAccounts(config).map((account) => [account, seedReaper(seeding, config, account)]),
  );
  return { profiles: { ...personProfiles(seeding, config), operator }, functions, reapers };
}

/** The AWS administrator of the cluster's account, who types `aws eks …`. */
function seedOperator(seeding: Seeding, config: Configuration): Credentials {
  seedUser(seeding, {
    account: config.account,
    name: 'operator',
    policies: { AdministratorAccess: policy(allow('*', '*')) },
  });
  return seedAccessKey(seeding, { account: config.account, userName: 'operator' });
}

/** As Identity Center makes them: only its own SAML provider is trusted, so that it alone names the sessions. */
function seedPeople(seeding: Seeding, config: Configuration): void {
  const { partition, account } = config;
  for (const arn of personRolesOf(config.directory)) {
    const role = parseRoleArn(arn);
    if (!role) continue;
    const provider = `arn:${partition}:iam::${role.account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE`;
    seedRole(seeding, {
      account: role.account,
      name: role.name,
      path: role.path,
      maxSessionDuration: 43_200,
      trust: trusting({ Federated: provider }, ['sts:AssumeRoleWithSAML', 'sts:TagSession'], {
        StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' },
      }),
      policies: {
        Hallpass: policy(
          allow('execute-api:Invoke', `arn:${partition}:execute-api:${config.region}:${account}:${API_ID}/*`),
          allow('sts:AssumeRole', [`arn:${partition}:iam::${account}:role/hallpass/*`, ...standingRoles(config)]),
        ),
      },
    });
  }
}

function personProfiles(seeding: Seeding, config: Configuration): Record<string, Credentials> {
  return Object.fromEntries(
    Object.values(config.directory.people).flatMap((person) => {
      const [identity] = person.iam;
      const role = identity && parseRoleArn(identity.role);
      if (!identity || !role || person.disabled) return [];
      return [
        [
          person.id,
          seedSession(seeding, { account: role.account, roleName: role.name, sessionName: identity.session }),
        ],
      ];
    }),
  );
}

export const clusterAccounts = (config: Configuration): string[] => [
  ...new Set(Object.values(config.clusters).map((cluster) => cluster.account)),
];

/** Dedicated roles lie under it: the ARN up to the hub's path. */
export const ownPath = ({ partition, account, hub }: Place): string =>
  `arn:${partition}:iam::${account}:role/hallpass/${hub}/`;

export const standingRoles = (config: Configuration): string[] => [
  ...new Set(
    Object.values(config.entitlements).flatMap(({ principal }) => (principal.mode === 'role' ? [principal.role] : [])),
  ),
];

/** What `assumableBy` lists is what the trust admits. Such a role may commonly describe its clusters, for update-kubeconfig. */
function seedStandingRoles(seeding: Seeding, config: Configuration): void {
  for (const { principal } of Object.values(config.entitlements)) {
    const role = principal.mode === 'role' ? parseRoleArn(principal.role) : undefined;
    if (principal.mode !== 'role' || !role) continue;
    seedRole(seeding, {
      account: role.account,
      name: role.name,
      path: role.path,
      trust: trusting({ AWS: [...principal.assumableBy] }),
      policies: {
        Kubeconfig: policy(
          allow(
            'eks:DescribeCluster',
            Object.values(config.clusters).map((cluster) => cluster.arn),
          ),
        ),
      },
    });
  }
}

function seedFunctionRoles(seeding: Seeding, config: Configuration): void {
  const { partition, region, account, hub } = config;
  const table = `arn:${partition}:dynamodb:${region}:${account}:table/${TABLE_NAME}`;
  const own = `arn:${partition}:iam::${account}:role/hallpass/${hub}/*`;
  const record = [
    allow(
      [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:Query',
        'dynamodb:DescribeTable',
      ],
      [table, `${table}/index/*`],
    ),
    allow('iam:GetRole', personRolesOf(config.directory)),
    allow('states:StartExecution', stateMachineArn(config)),
    // No resource type: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
    allow('states:SendTaskSuccess', '*'),
  ];
  const lambdaTrust = trusting({ Service: 'lambda.amazonaws.com' });
  seedRole(seeding, { account, name: FUNCTION_ROLES.api, trust: lambdaTrust, policies: { Record: policy(...record) } });
  seedRole(seeding, {
    account,
    name: FUNCTION_ROLES.workflow,
    trust: lambdaTrust,
    policies: {
      Record: policy(...record),
      Access: policy(
        allow(['iam:CreateRole', 'iam:GetRole', 'iam:DeleteRole', 'iam:TagRole', 'iam:UpdateAssumeRolePolicy'], own),
        allow('iam:GetRole', standingRoles(config).length > 0 ? standingRoles(config) : own),
        allow('iam:ListRoles', own),
        // Of a role that is gone already IAM knows no path: deleting it once more has to be "gone", not "denied".
        allow(
          ['iam:GetRole', 'iam:DeleteRole'],
          `arn:${config.partition}:iam::${account}:role/hallpass-${config.hub}-*`,
        ),
        allow('sts:AssumeRole', [...new Set(Object.values(config.clusters).map((cluster) => cluster.executor))]),
      ),
    },
  });
  seedRole(seeding, {
    account,
    name: FUNCTION_ROLES.publisher,
    trust: lambdaTrust,
    policies: {
      Publish: policy(allow('events:PutEvents', `arn:${partition}:events:${region}:${account}:event-bus/default`)),
    },
  });
  seedRole(seeding, { account, name: STATES_ROLE, trust: trusting({ Service: 'states.amazonaws.com' }) });
}

/**
 * Trusts the hub's account and there one role by its name: a principal named directly would be stored as that role's
 * unique id, and the trust would be dead if the role were ever made again. No UpdateAccessEntry: no condition bounds it.
 */
function seedExecutor(seeding: Seeding, config: Configuration, executor: string): void {
  const role = parseRoleArn(executor);
  if (!role) return;
  const { partition, account, hub } = config;
  const clusters = Object.values(config.clusters).filter((cluster) => cluster.executor === executor);
  const entries = clusters.map(
    ({ region, account: owner, name }) => `arn:${partition}:eks:${region}:${owner}:access-entry/${name}/*`,
  );
  const principals = [`arn:${partition}:iam::${account}:role/hallpass/${hub}/*`, ...standingRoles(config)];
  seedRole(seeding, {
    account: role.account,
    name: role.name,
    path: role.path,
    trust: trusting({ AWS: `arn:${partition}:iam::${account}:root` }, 'sts:AssumeRole', {
      ArnEquals: { 'aws:PrincipalArn': `arn:${partition}:iam::${account}:role/${FUNCTION_ROLES.workflow}` },
    }),
    policies: {
      Executor: policy(
        allow(
          ['eks:DescribeCluster', 'eks:ListAccessEntries'],
          clusters.map((cluster) => cluster.arn),
        ),
        allow(
          'eks:CreateAccessEntry',
          clusters.map((cluster) => cluster.arn),
          {
            ArnLike: { 'eks:principalArn': principals },
            StringEquals: { 'eks:accessEntryType': 'STANDARD' },
          },
        ),
        allow(['eks:DescribeAccessEntry', 'eks:ListAssociatedAccessPolicies'], entries),
        allow(
          ['eks:DeleteAccessEntry', 'eks:AssociateAccessPolicy', 'eks:DisassociateAccessPolicy', 'eks:TagResource'],
          entries,
          {
            ArnLike: { 'eks:principalArn': principals },
          },
        ),
        // Creating an entry with tags asks for this on the cluster as well.
        allow(
          'eks:TagResource',
          clusters.map((cluster) => cluster.arn),
        ),
        ...(standingRoles(config).length > 0 ? [allow('iam:GetRole', standingRoles(config))] : []),
      ),
    },
  });
}

/**
 * Nothing of the hub is in it: no trust but Lambda's, no AssumeRole. It can delete only what bears this hub's tag at the
 * very moment, so that an entry which somebody made in the place of ours is out of its reach.
 */
function seedReaper(seeding: Seeding, config: Configuration, account: string): Required<Credentials> {
  const clusters = Object.values(config.clusters).filter((cluster) => cluster.account === account);
  const entries = clusters.map(
    ({ region, name }) => `arn:${config.partition}:eks:${region}:${account}:access-entry/${name}/*`,
  );
  const principals = [`${ownPath(config)}*`, ...standingRoles(config)];
  seedRole(seeding, {
    account,
    name: REAPER_ROLE,
    trust: trusting({ Service: 'lambda.amazonaws.com' }),
    policies: {
      Reaper: policy(
        allow(
          'eks:ListAccessEntries',
          clusters.map((cluster) => cluster.arn),
        ),
        allow('eks:DescribeAccessEntry', entries, { ArnLike: { 'eks:principalArn': principals } }),
        allow('eks:DeleteAccessEntry', entries, {
          ArnLike: { 'eks:principalArn': principals },
          StringEquals: { 'eks:accessEntryType': 'STANDARD', 'aws:ResourceTag/hallpass:hub': config.hub },
        }),
      ),
    },
  });
  return seedSession(seeding, { account, roleName: REAPER_ROLE, sessionName: REAPER_ROLE });
}

/** Whoever made the cluster, and the nodes, have entries of their own, which nobody may touch. */
function seedClusterRoles(seeding: Seeding, config: Configuration): void {
  for (const account of clusterAccounts(config)) {
    seedRole(seeding, { account, name: CREATOR_ROLE, trust: trusting({ Service: 'cloudformation.amazonaws.com' }) });
    seedRole(seeding, { account, name: NODE_ROLE, trust: trusting({ Service: 'ec2.amazonaws.com' }) });
  }
}
export const CREATOR_ROLE = 'platform-pipeline';
export const NODE_ROLE = 'mycluster-nodes';
