/** What a configuration may say that no deployment could satisfy. `src/config` has checked it by itself before. */
import { executorPermissions } from '../src/aws/cluster-policies.ts';
import {
  CHAT_FUNCTIONS,
  clusterAccounts,
  emergencyName,
  executorsIn,
  hubNames,
  reaperName,
} from '../src/aws/deployment.ts';
import { documentOf } from '../src/aws/permission.ts';
import { LOOPBACK_ISSUER } from '../src/config/check-oidc.ts';
import { isLoopback } from '../src/config/server-url.ts';
import { parseRoleArn } from '../src/core/arn.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { CannotDeploy } from './settings.ts';

/** Those whose services were looked up: https://docs.aws.amazon.com/general/latest/gr/lambda-service.html and so on. */
const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov'];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a role's inline policies together. */
const MOST_POLICY_CHARACTERS = 10_240;

/** Throws `CannotDeploy`. */
export function checkDeployable(config: Configuration): void {
  if (!PARTITIONS.includes(config.partition))
    throw new CannotDeploy(
      `region: ${config.region} is in the partition ${config.partition}. Hallpass is deployed to ${PARTITIONS.join(', ')}.`,
    );
  if (config.oidc && LOOPBACK_ISSUER.test(config.oidc.issuer))
    throw new CannotDeploy(
      `identities.oidc.issuer: ${config.oidc.issuer} is for local mode; API Gateway reads an issuer's keys from the internet, by https.`,
    );
  for (const [name, schedule] of Object.entries(config.onCall ?? {}))
    if (schedule.kind === 'provider') checkReachable(`onCall.${name}.url`, schedule.url);
  for (const [name, { check }] of Object.entries(config.ticketSystems ?? {}))
    if (check?.kind === 'https') checkReachable(`ticketSystems.${name}.url`, check.url);
  for (const { name, url } of config.notifications?.webhooks ?? [])
    checkReachable(`notifications.webhooks.${name}`, url);
  for (const account of clusterAccounts(config))
    for (const executor of executorsIn(config, account)) {
      checkName(config, executor);
      checkSize(config, executor);
    }
}

/** On this machine there is one for local mode; in Lambda's sandbox there is Lambda's own. */
function checkReachable(path: string, url: string): void {
  if (isLoopback(url))
    throw new CannotDeploy(
      `${path}: ${url} is on the machine that calls it. Name a server that Lambda can reach, by https.`,
    );
}

/** Role names are unique in an account, whatever their case and path. */
function checkName(config: Configuration, executor: string): void {
  const role = parseRoleArn(executor);
  if (!role) throw new CannotDeploy(`executor ${executor} is not the ARN of a role.`);
  const taken = [
    reaperName(config),
    emergencyName(config),
    ...(role.account === config.account ? [hubNames(config).worker, ...hubRoles(config)] : []),
  ];
  const clash = taken.find((name) => name.toLowerCase() === role.name.toLowerCase());
  if (clash)
    throw new CannotDeploy(
      `executor ${executor}: Hallpass itself makes a role called ${clash} in account ${role.account}. Give the executor another name.`,
    );
}

const hubRoles = ({ hub }: Configuration): string[] =>
  [...Object.keys(CHAT_FUNCTIONS), 'api', 'breakglass', 'publisher', 'guard', 'workflow-execution'].map(
    (role) => `hallpass-${hub}-${role}`,
  );

function checkSize(config: Configuration, executor: string): void {
  const size = JSON.stringify(documentOf(executorPermissions(config, executor))).length;
  if (size > MOST_POLICY_CHARACTERS)
    throw new CannotDeploy(
      `executor ${executor}: its policy would have ${size} characters, and IAM takes ${MOST_POLICY_CHARACTERS}. Give some of its clusters an executor of another name.`,
    );
}
