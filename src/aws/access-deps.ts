/** Adds the ports that open and close access: EKS through executors, and roles in IAM. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import type { Deps, Known } from '../broker/ports.ts';
import { clientConfig } from './calls.ts';
import { deployedConfiguration } from './deployed-configuration.ts';
import { eksClients, eksIn } from './eks.ts';
import { executors } from './executors.ts';
import { knownRolesIn } from './known-roles.ts';
import { recordWiring, type Wiring } from './record-deps.ts';
import { iamClients, rolesIn } from './roles.ts';
import { type Runtime, required } from './runtime.ts';

export function accessWiring(runtime: Runtime): Wiring<Deps> {
  const record = recordWiring(runtime, deployedConfiguration(runtime));
  const roles = executors(runtime);
  const eksFor = eksClients(runtime, roles);
  const iam = new IAMClient(clientConfig(runtime));
  const iamFor = iamClients(runtime, roles, required(runtime, 'HUB_ACCOUNT'));
  return (invocation) => ({
    ...record(invocation),
    eks: (target) => eksIn(eksFor(target), invocation, target),
    roles: rolesIn(iam, iamFor, invocation),
  });
}

/** What was last known of roles: kept by the sweeper, read by break-glass. */
export function errandWiring(runtime: Runtime): Wiring<Known> {
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  return (invocation) => knownRolesIn(dynamodb, invocation, required(runtime, 'TABLE_NAME'));
}
