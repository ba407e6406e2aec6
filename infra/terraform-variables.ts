/** What the Terraform module is given: the same policies, trusts and settings as the CDK stack's, as data. */
import {
  emergencyPattern,
  emergencyPermissions,
  emergencyTrust,
  executorPermissions,
  executorTrust,
  reaperPermissions,
} from '../src/aws/cluster-policies.ts';
import {
  emergencyName,
  executorsIn,
  homeRegion,
  hubNames,
  REAPER,
  reaperEnvironment,
  reaperName,
} from '../src/aws/deployment.ts';
import { documentOf } from '../src/aws/permission.ts';
import { writesLogs } from '../src/aws/platform-policies.ts';
import { parseRoleArn } from '../src/core/arn.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { emergencyRules } from '../src/core/emergency.ts';
import { checkDeployable } from './check.ts';
import { type ClusterTemplateOptions, checkHasClusters } from './cluster-template.ts';
import { logGroupName } from './lambda.ts';
import { LAMBDA } from './role.ts';

/** JSON text for `-var-file`. Throws `CannotDeploy`. */
export function terraformVariables(
  config: Configuration,
  account: string,
  { organization }: ClusterTemplateOptions = {},
): string {
  checkDeployable(config);
  checkHasClusters(config, account);
  const name = reaperName(config);
  const region = homeRegion(config, account);
  const arn = (service: string, rest: string): string =>
    `arn:${config.partition}:${service}:${region}:${account}:${rest}`;
  const executors = executorsIn(config, account).flatMap((executor) => {
    const role = parseRoleArn(executor);
    const trust = executorTrust(config, hubNames(config).worker, organization);
    const policy = documentOf(executorPermissions(config, executor));
    return role ? [[role.name, { path: role.path, trust, policy }]] : [];
  });
  const logs = writesLogs([arn('logs', `log-group:${logGroupName(name)}`)]);
  const variables = {
    hub: config.hub,
    executors: Object.fromEntries(executors) as Record<string, object>,
    ...(emergencyRules(config, account).length > 0 && {
      emergency: {
        name: emergencyName(config),
        trust: emergencyTrust(config),
        policy: documentOf(emergencyPermissions(config, account)),
        pattern: emergencyPattern(config, account),
      },
    }),
    reaper: {
      name,
      timeout: REAPER.timeoutSeconds,
      memory: REAPER.memoryMb,
      environment: reaperEnvironment(config, account),
      trust: LAMBDA,
      policy: documentOf([...reaperPermissions(config, account), logs]),
    },
  };
  return `${JSON.stringify(variables, null, 2)}\n`;
}
