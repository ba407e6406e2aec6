/** Adds the ports that open and close access: EKS through executors, and roles in IAM. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import type { EndingDeps } from '../broker/drainPorts.ts';
import type { ErrandPorts } from '../broker/errands.ts';
import type { Deps } from '../broker/ports.ts';
import { clientConfig } from './calls.ts';
import { deployedConfiguration } from './deployed-configuration.ts';
import { emergencyName, roleArn } from './deployment.ts';
import { drainWiring } from './drain-deps.ts';
import { eksClients, eksIn } from './eks.ts';
import { type Executors, executors } from './executors.ts';
import { keptConfigurationsIn } from './kept-configurations.ts';
import { knownRolesIn } from './known-roles.ts';
import { recordWiring, type Wiring } from './record-deps.ts';
import { iamClients, rolesIn } from './roles.ts';
import { logTo, type Runtime, required } from './runtime.ts';
import { trailWiring } from './trail.ts';
import { trailMarksIn } from './trail-marks.ts';

/** For whoever ends much at once, too. */
export function endingWiring(runtime: Runtime, roles: Executors = executors(runtime)): Wiring<EndingDeps> {
  const access = accessWiring(runtime, roles);
  const drain = drainWiring(runtime, roles);
  return (invocation) => ({ ...access(invocation), drain: drain(invocation) });
}

export function accessWiring(runtime: Runtime, roles: Executors = executors(runtime)): Wiring<Deps> {
  const record = recordWiring(runtime, deployedConfiguration(runtime));
  const eksFor = eksClients(runtime, roles);
  const iam = new IAMClient(clientConfig(runtime));
  const iamFor = iamClients(runtime, roles, required(runtime, 'HUB_ACCOUNT'));
  return (invocation) => ({
    ...record(invocation),
    eks: (target) => eksIn(eksFor(target), invocation, target),
    roles: rolesIn(iam, iamFor, invocation),
  });
}

/** What the sweeper's errands need besides: what was last known of roles, and CloudTrail. */
export function errandWiring(runtime: Runtime, roles: Executors, release: () => Promise<string>): Wiring<ErrandPorts> {
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  const trail = trailWiring(runtime, roles);
  const config = deployedConfiguration(runtime);
  return (invocation) => ({
    known: knownRolesIn(dynamodb, invocation, table),
    searched: trailMarksIn(dynamodb, invocation, table),
    trail: trail(invocation),
    deployed: config,
    release,
    configurations: keptConfigurationsIn(dynamodb, invocation, table, logTo(runtime)),
    emergencyRole: (account) => roleArn(config(), account, emergencyName(config())),
  });
}
