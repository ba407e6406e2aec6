/**
 * Wires break-glass: the table and EKS. IAM is asked for one thing, who callers are, and only while nothing is on record
 * of that; the workflow is told if it answers at once.
 */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { BreakGlassDeps } from '../broker/breakGlass.ts';
import { NotReady, type Roles } from '../broker/ports.ts';
import type { RoleIds } from '../core/identity.ts';
import { type Duration, seconds } from '../core/time.ts';
import { askWiring } from './ask.ts';
import { clientConfig, type Invocation } from './calls.ts';
import { delegationsIn } from './delegations.ts';
import { deployedConfiguration } from './deployed-configuration.ts';
import { joinedDirectory } from './directory.ts';
import { eksClients, eksIn } from './eks.ts';
import { hubRecordIn } from './hub-record.ts';
import type { RoleIdCache } from './identities.ts';
import { knownRolesIn, roleIdsKnown } from './known-roles.ts';
import { linksIn } from './links.ts';
import { quotasIn } from './quotas.ts';
import type { Wiring } from './record-deps.ts';
import { logTo, type Runtime, required, sha256 } from './runtime.ts';
import { seenClustersIn } from './seen-clusters.ts';
import { storeIn, type TableCache } from './store.ts';
import { workflowIn } from './workflow.ts';

/** Whoever waits for access does not wait for the workflow. */
const WORKFLOW_MAY_TAKE = seconds(1);

export function breakGlassWiring(runtime: Runtime): Wiring<BreakGlassDeps> {
  const directory = joinedDirectory(runtime, deployedConfiguration(runtime));
  const { config } = directory;
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const eksFor = eksClients(runtime);
  const hasty: Runtime = { ...runtime, callTimeout: Math.min(WORKFLOW_MAY_TAKE, runtime.callTimeout) as Duration };
  const sfn = new SFNClient(clientConfig(hasty));
  const table = required(runtime, 'TABLE_NAME');
  const stateMachineArn = required(runtime, 'STATE_MACHINE_ARN');
  // For the type's sake: conditions and tickets are not asked in an emergency.
  const ask = askWiring(runtime, dynamodb, table);
  const tableCache: TableCache = { places: new Map() };
  const pause = (attempt: number): Promise<void> => setTimeout(runtime.retryDelay(attempt));
  // In the first minute of a hub, and where the sweeper has not been able to ask for a week.
  const cache: RoleIdCache = new Map();
  const askIam = async (invocation: Invocation) => {
    const [{ IAMClient }, { identitiesOf }] = await Promise.all([
      import('@aws-sdk/client-iam'),
      import('./identities.ts'),
    ]);
    const iam = new IAMClient(clientConfig(hasty));
    const { roleIds } = identitiesOf(iam, { ...invocation, callTimeout: hasty.callTimeout }, config(), cache);
    return roleIds().catch((error: unknown): RoleIds => {
      // An identity that cannot be proved is nobody's (I8).
      logTo(runtime)('alarm', 'nothing is known of the roles that callers come through, and IAM does not answer', {
        error: String(error),
      });
      return new Map();
    });
  };
  return (invocation) => {
    const known = knownRolesIn(dynamodb, invocation, table);
    return {
      store: storeIn(dynamodb, invocation, table, tableCache, pause),
      hub: hubRecordIn(dynamodb, invocation, table),
      delegations: delegationsIn(dynamodb, invocation, table),
      ask: ask(invocation),
      quotas: quotasIn(dynamodb, invocation, table, pause),
      seenClusters: seenClustersIn(dynamodb, invocation, table),
      links: linksIn(dynamodb, invocation, table, pause, runtime.random),
      known,
      eks: (target) => eksIn(eksFor(target), invocation, target),
      roles: NO_ROLES,
      identities: {
        roleIds: async () => roleIdsKnown(await known.read(), runtime.now()) ?? askIam(invocation),
      },
      workflow: workflowIn(sfn, { ...invocation, callTimeout: hasty.callTimeout }, stateMachineArn),
      config,
      ready: () => directory.ready(invocation),
      directoryAsOf: directory.asOf,
      now: runtime.now,
      random: runtime.random,
      sha256,
      log: logTo(runtime),
      pause,
    };
  };
}

const notHere = async (): Promise<never> => {
  throw new NotReady('break-glass asks IAM for nothing');
};
const NO_ROLES: Roles = { create: notHere, setAssumableUntil: notHere, remove: notHere, inspect: notHere };
