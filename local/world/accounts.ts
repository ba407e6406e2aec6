/**
 * The accounts that local mode starts in, as a platform team would have set them up for the given configuration: the
 * people's permission set, an administrator called `operator`, executors, the standing roles that entitlements name, and
 * one role for each function with what that function needs and nothing else.
 */
import {
  emergencyPermissions,
  emergencyTrust,
  executorPermissions,
  executorTrust,
  reaperPermissions,
} from '../../src/aws/cluster-policies.ts';
import {
  clusterAccounts,
  emergencyName,
  FUNCTIONS,
  type FunctionName,
  type HubNames,
  type HubRole,
  hubNames,
  reaperName,
} from '../../src/aws/deployment.ts';
import { hubPermissions } from '../../src/aws/hub-policies.ts';
import { documentOf, type Permission } from '../../src/aws/permission.ts';
import { personPermissions } from '../../src/aws/person-policies.ts';
import { parseRoleArn } from '../../src/core/arn.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { emergencyRules } from '../../src/core/emergency.ts';
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
import { type ChatCredentials, seedChat } from './chat.ts';

/** As a deployment calls them, but for two that people type by hand. */
export const localNames = (config: Configuration): HubNames => ({
  ...hubNames(config),
  table: TABLE_NAME,
  stateMachine: STATE_MACHINE_NAME,
});

export const TABLE_NAME = 'hallpass';
const STATE_MACHINE_NAME = 'hallpass-grant';
export const API_ID = 'localhall1';
export const WEB_API_ID = 'localhall2';
export const STATES_ROLE = 'hallpass-workflow-execution';

const roleName = (config: Configuration, role: HubRole): string =>
  role === 'worker' || role === 'breakglass' ? localNames(config)[role] : `hallpass-${role}`;

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
const permitting = (permissions: readonly Permission[]): Record<string, PolicyDocument> => ({
  Hallpass: documentOf(permissions),
});
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
  readonly chat: ChatCredentials;
};

export function seedAccounts(seeding: Seeding, config: Configuration): Accounts {
  const operator = seedOperator(seeding, config);
  seedPeople(seeding, config);
  seedFunctionRoles(seeding, config);
  for (const executor of new Set(Object.values(config.clusters).map((cluster) => cluster.executor)))
    seedExecutor(seeding, config, executor);
  seedStandingRoles(seeding, config);
  seedEmergency(seeding, config);
  seedClusterRoles(seeding, config);
  const functions = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, { role }]) => [
      name,
      seedSession(seeding, {
        account: config.account,
        roleName: roleName(config, role),
        sessionName: `hallpass-${name}`,
      }),
    ]),
  ) as Record<FunctionName, Required<Credentials>>;
  const reapers = Object.fromEntries(
    clusterAccounts(config).map((account) => [account, seedReaper(seeding, config, account)]),
  );
  return {
    profiles: { ...personProfiles(seeding, config), ...roleProfiles(seeding, config), operator },
    functions,
    reapers,
    chat: seedChat(seeding, config, localNames(config)),
  };
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
  const { partition } = config;
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
      policies: permitting(personPermissions(config, API_ID)),
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

/** Roles that are not people, as a pipeline's: a build service may become it. A profile for each, by its id. */
function roleProfiles(seeding: Seeding, config: Configuration): Record<string, Credentials> {
  return Object.fromEntries(
    Object.values(config.directory.roles ?? {}).map(({ id, role: arn }) => {
      const role = parseRoleArn(arn);
      if (!role) throw new Error(`${arn} is no role`);
      seedRole(seeding, {
        account: role.account,
        name: role.name,
        path: role.path,
        trust: trusting({ Service: 'codebuild.amazonaws.com' }),
        policies: permitting(personPermissions(config, API_ID)),
      });
      return [id, seedSession(seeding, { account: role.account, roleName: role.name, sessionName: id })];
    }),
  );
}

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

/** The policies are those that the stacks deploy. */
function seedFunctionRoles(seeding: Seeding, config: Configuration): void {
  const { account } = config;
  const permissions = hubPermissions(config, localNames(config));
  for (const role of new Set(Object.values(FUNCTIONS).map((made) => made.role)))
    seedRole(seeding, {
      account,
      name: roleName(config, role),
      trust: trusting({ Service: 'lambda.amazonaws.com' }),
      policies: permitting(permissions[role]),
    });
  seedRole(seeding, { account, name: STATES_ROLE, trust: trusting({ Service: 'states.amazonaws.com' }) });
}

function seedExecutor(seeding: Seeding, config: Configuration, executor: string): void {
  const role = parseRoleArn(executor);
  if (!role) return;
  seedRole(seeding, {
    account: role.account,
    name: role.name,
    path: role.path,
    trust: executorTrust(config, localNames(config).worker),
    policies: permitting(executorPermissions(config, executor)),
  });
}

function seedReaper(seeding: Seeding, config: Configuration, account: string): Required<Credentials> {
  const name = reaperName(config);
  seedRole(seeding, {
    account,
    name,
    trust: trusting({ Service: 'lambda.amazonaws.com' }),
    policies: permitting(reaperPermissions(config, account)),
  });
  return seedSession(seeding, { account, roleName: name, sessionName: name });
}

function seedEmergency(seeding: Seeding, config: Configuration): void {
  for (const account of clusterAccounts(config)) {
    if (emergencyRules(config, account).length === 0) continue;
    const permissions = emergencyPermissions(config, account);
    seedRole(seeding, {
      account,
      name: emergencyName(config),
      trust: emergencyTrust(config),
      policies: permitting(permissions),
    });
  }
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
