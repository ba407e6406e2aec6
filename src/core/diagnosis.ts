/**
 * What is right and what is not about an installation, judged from what was seen of it. Every finding that is not `ok`
 * says what to do. Nothing is decided by any of it: a diagnosis is for people.
 */
import type { Cluster, Configuration } from './configuration.ts';
import { type Duration, seconds, toSeconds } from './time.ts';
import { widerThan } from './trust.ts';

export type Level = 'ok' | 'warn' | 'fail';

export type Diagnosis = {
  /** What was looked at: stable, for scripts. */
  readonly check:
    | 'clock'
    | 'table'
    | 'roles-quota'
    | 'concurrency'
    | 'people-roles'
    | 'cluster-trust'
    | 'cluster-status'
    | 'authentication-mode'
    | 'audit-logs'
    | 'entries-quota'
    | 'standing-role'
    | 'emergency-trail'
    | 'directory'
    | 'oidc'
    | 'slack';
  /** Which one: a cluster's name, a role's ARN. */
  readonly subject: string;
  readonly level: Level;
  /** What was seen. */
  readonly detail: string;
  /** What to do about it. Absent when there is nothing to do. */
  readonly advice?: string;
};

/** The answer of one look, or why there is none. */
export type Seen<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

type Check = Diagnosis['check'];
const fine = (check: Check, subject: string, detail: string): Diagnosis => ({ check, subject, level: 'ok', detail });
const warn = (check: Check, subject: string, detail: string, advice: string): Diagnosis => ({
  ...{ check, subject, level: 'warn', detail, advice },
});
const fail = (check: Check, subject: string, detail: string, advice: string): Diagnosis => ({
  ...{ check, subject, level: 'fail', detail, advice },
});

const CLOCKS_AGREE_WITHIN = seconds(60);

/** `off`: how far the function's clock is behind API Gateway's. */
export function judgeClock(off: Duration): Diagnosis {
  const by = `the function's clock and API Gateway's differ by ${Math.abs(toSeconds(off))} s`;
  return Math.abs(off) <= CLOCKS_AGREE_WITHIN
    ? fine('clock', 'hub', by)
    : fail('clock', 'hub', by, 'Nothing is granted while clocks part by more than a minute. Ask AWS support.');
}

export type TableSeen = { readonly deletionProtection: boolean; readonly stream: boolean };

export function judgeTable(name: string, seen: Seen<TableSeen>): Diagnosis {
  if (!seen.ok) return fail('table', name, seen.error, 'Deploy the data stack, and give the role `worker` the table.');
  const missing = [
    ...(seen.value.deletionProtection ? [] : ['deletion protection']),
    ...(seen.value.stream ? [] : ['its stream']),
  ];
  return missing.length === 0
    ? fine('table', name, 'it is there, protected, and has its stream')
    : fail(
        'table',
        name,
        `it lacks ${missing.join(' and ')}`,
        'A restored table has neither. Follow "Restore from a backup" in docs/operations.md, or deploy the data stack again.',
      );
}

/** IAM's `Roles` and `RolesQuota` of the hub's account. */
export function judgeRoles(seen: Seen<{ readonly used: number; readonly quota: number }>): Diagnosis {
  const ask =
    'Ask for more in Service Quotas ("Roles per account", at most 5,000), or give the hub an account of its own.';
  if (!seen.ok) return warn('roles-quota', 'hub', seen.error, 'The role `worker` needs iam:GetAccountSummary.');
  const { used, quota } = seen.value;
  const detail = `${used} of ${quota} roles`;
  if (used >= quota) return fail('roles-quota', 'hub', detail, ask);
  return used > 0.8 * quota ? warn('roles-quota', 'hub', detail, ask) : fine('roles-quota', 'hub', detail);
}

/** A new account may have ten: then a few requests at once throttle the sweeper. */
const ENOUGH_CONCURRENCY = 100;

export function judgeConcurrency(seen: Seen<{ readonly limit: number; readonly unreserved: number }>): Diagnosis {
  if (!seen.ok) return warn('concurrency', 'hub', seen.error, 'The role `worker` needs lambda:GetAccountSettings.');
  const { limit, unreserved } = seen.value;
  const detail = `${unreserved} of the account's ${limit} concurrent executions are free for everyone`;
  if (unreserved >= ENOUGH_CONCURRENCY) return fine('concurrency', 'hub', detail);
  return warn(
    'concurrency',
    'hub',
    detail,
    `Ask for at least ${ENOUGH_CONCURRENCY} in Service Quotas ("Concurrent executions" of AWS Lambda). New accounts have 10: that is too few to reserve any for the sweeper.`,
  );
}

/** Roles through which people come, and which of them Hallpass recognises. */
export const judgePeoplesRoles = (wanted: readonly string[], recognised: ReadonlySet<string>): Diagnosis[] =>
  wanted.map((arn) =>
    recognised.has(arn)
      ? fine('people-roles', arn, 'it is there, and its trust admits only who it should')
      : fail(
          'people-roles',
          arn,
          'it is not there, or its trust is not as it must be: nobody who comes through it is recognised',
          "A role of people must be in the hub's account and admit only IAM Identity Center; a role that is not a person must name its callers. See docs/deploy.md.",
        ),
  );

export type ClusterSeen = {
  readonly arn: string;
  readonly status: string;
  readonly authenticationMode: string;
  /** Types of control-plane logs that go to CloudWatch. */
  readonly logs: readonly string[];
  readonly entries: number;
};

const ENTRIES_QUOTA = 3_000;

export function judgeCluster(
  cluster: Cluster,
  seen: Seen<ClusterSeen | undefined>,
  config: Configuration,
): Diagnosis[] {
  const { name } = cluster;
  if (!seen.ok) {
    const denied = /AccessDenied|not authorized/i.test(seen.error);
    const advice = denied
      ? `Deploy the cluster account's template in ${cluster.account}: it makes ${cluster.executor} and lets it trust the hub's role \`worker\`.`
      : `Look at ${cluster.executor} in account ${cluster.account}, then run this again.`;
    return [fail('cluster-trust', name, seen.error, advice)];
  }
  const found = seen.value;
  if (found?.arn !== cluster.arn)
    return [
      fail(
        'cluster-trust',
        name,
        found ? `${found.arn} answers for it` : `there is no cluster of this name in ${cluster.region}`,
        `Put right the ARN of ${name} in the configuration, or the account of its executor.`,
      ),
    ];
  return [
    fine('cluster-trust', name, `${cluster.executor} answers`),
    found.status === 'ACTIVE'
      ? fine('cluster-status', name, found.status)
      : warn('cluster-status', name, `it is ${found.status}`, 'Grants on it wait until EKS answers for it.'),
    judgeMode(name, found.authenticationMode, config),
    judgeLogs(name, found.logs),
    judgeEntries(name, found.entries),
  ];
}

function judgeMode(name: string, mode: string, config: Configuration): Diagnosis {
  if (mode === 'API') return fine('authentication-mode', name, mode);
  if (mode === 'CONFIG_MAP')
    return fail(
      'authentication-mode',
      name,
      'it authenticates by aws-auth only (CONFIG_MAP)',
      `aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP (there is no way back).`,
    );
  const admins = Object.values(config.entitlements).filter(
    ({ clusters, access }) =>
      clusters.includes(name) && access.kind === 'policy' && access.policy === 'AmazonEKSClusterAdminPolicy',
  );
  const stays =
    admins.length > 0
      ? ` Whoever gets ${admins.map((rule) => rule.id).join(', ')} can add themselves to aws-auth and stay.`
      : '';
  return warn(
    'authentication-mode',
    name,
    `${mode}: a role that aws-auth maps too keeps that mapping when its entry goes.${stays}`,
    `Move what aws-auth maps to access entries, then: aws eks update-cluster-config --name ${name} --access-config authenticationMode=API`,
  );
}

function judgeLogs(name: string, logs: readonly string[]): Diagnosis {
  const missing = ['audit', 'authenticator'].filter((type) => !logs.includes(type));
  return missing.length === 0
    ? fine('audit-logs', name, 'audit and authenticator logs go to CloudWatch')
    : warn(
        'audit-logs',
        name,
        `no ${missing.join(' and ')} logs: nobody can tell what was done with a grant`,
        `aws eks update-cluster-config --name ${name} --logging '{"clusterLogging":[{"types":["audit","authenticator"],"enabled":true}]}'`,
      );
}

function judgeEntries(name: string, entries: number): Diagnosis {
  const detail = `${entries} of ${ENTRIES_QUOTA} access entries`;
  const advice = 'The quota cannot be raised: remove entries that nobody needs.';
  if (entries >= ENTRIES_QUOTA) return fail('entries-quota', name, detail, advice);
  return entries > 0.8 * ENTRIES_QUOTA
    ? warn('entries-quota', name, detail, advice)
    : fine('entries-quota', name, detail);
}

/** In mode `role` the access is whoever's can assume the role. */
export function judgeStandingRole(
  arn: string,
  assumableBy: readonly string[],
  seen: Seen<{ readonly trust: unknown } | undefined>,
): Diagnosis {
  if (!seen.ok)
    return fail(
      'standing-role',
      arn,
      seen.error,
      'The executor of its account needs iam:GetRole on it: deploy its template again.',
    );
  if (!seen.value)
    return fail('standing-role', arn, 'there is no such role', 'Make it, or name another in the entitlement.');
  const wider = widerThan(seen.value.trust, assumableBy);
  return wider.length === 0
    ? fine('standing-role', arn, 'its trust admits nobody who is not listed in assumableBy')
    : fail(
        'standing-role',
        arn,
        `it can also be assumed by ${wider.join(', ')}`,
        'Narrow its trust policy, or list them in assumableBy and think again: all of them have the access while a grant lives.',
      );
}

/** What Slack says of the app's token, and of each channel that entitlements tell of. */
export type SlackSeen = {
  readonly teamId: string;
  readonly scopes: readonly string[];
  readonly channels: readonly { readonly id: string; readonly problem?: string }[];
};

/** `channels:read` and `groups:read` are for telling a shared channel from one of our own. */
const SLACK_SCOPES = ['commands', 'chat:write', 'users:read', 'channels:read', 'groups:read'];

export function judgeSlack(team: string | undefined, seen: Seen<SlackSeen>): Diagnosis[] {
  if (!seen.ok)
    return [
      fail(
        'slack',
        'app',
        seen.error,
        'Look at the secret that notifications.slack names: JSON with signingSecret and botToken, as docs/slack.md says. Installing the app again gives a new token.',
      ),
    ];
  const { teamId, scopes, channels } = seen.value;
  const missing = SLACK_SCOPES.filter((scope) => !scopes.includes(scope));
  return [
    teamId === team
      ? fine('slack', 'workspace', `the token is of ${teamId}`)
      : fail(
          'slack',
          'workspace',
          `the token is of ${teamId}, and identities.slack.team is ${team ?? 'not set'}`,
          'Nobody of another workspace is recognised: install the app where your people are, or put the configuration right.',
        ),
    missing.length === 0
      ? fine('slack', 'scopes', scopes.join(', '))
      : fail(
          'slack',
          'scopes',
          `the token lacks ${missing.join(', ')}`,
          'Add them under "OAuth & Permissions" of the app and install it again.',
        ),
    ...channels.map(({ id, problem }) =>
      problem === undefined
        ? fine('slack', id, 'the app may post there')
        : fail(
            'slack',
            id,
            problem,
            `Invite the app to the channel (/invite @hallpass there), or name another in notify.`,
          ),
    ),
  ];
}

/** `issuer`: what the issuer's own discovery document calls it. API Gateway compares it letter by letter. */
export function judgeIssuer(
  issuer: string,
  seen: Seen<{ readonly issuer: string; readonly keys: boolean }>,
): Diagnosis {
  if (!seen.ok)
    return fail('oidc', issuer, seen.error, `${discoveryOf(issuer)} has to answer: API Gateway reads it, too.`);
  if (seen.value.issuer !== issuer)
    return fail(
      'oidc',
      issuer,
      `it calls itself ${seen.value.issuer}`,
      'Write identities.oidc.issuer exactly so: tokens are compared letter by letter.',
    );
  return seen.value.keys
    ? fine('oidc', issuer, 'it answers, by this name, and says where its keys are')
    : fail('oidc', issuer, 'it does not say where its keys are (jwks_uri)', 'API Gateway can verify no token of it.');
}

export const discoveryOf = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** People and groups from Identity Center: without them nobody decides, and whatever ends access goes on. */
export function judgeDirectory(identityStoreId: string, seen: Seen<{ readonly people: number }>): Diagnosis {
  if (!seen.ok)
    return fail(
      'directory',
      identityStoreId,
      seen.error,
      'Deploy the reader role in the account that administers Identity Center, in its region, and name it in identities.directory (docs/identities.md).',
    );
  return fine('directory', identityStoreId, `it answers; ${seen.value.people} people are known`);
}

/** Emergencies that are over before the hub is back are known to CloudTrail alone: can it be asked where they may happen? */
export const judgeTrail = ({ account, region, executor }: Cluster, seen: Seen<unknown>): Diagnosis =>
  seen.ok
    ? fine('emergency-trail', `${account} ${region}`, 'CloudTrail tells what was made with the hub down')
    : fail(
        'emergency-trail',
        `${account} ${region}`,
        seen.error,
        `${executor} needs cloudtrail:LookupEvents: deploy the cluster account's template again. Until then an emergency that is over before the hub is back goes unreviewed.`,
      );
