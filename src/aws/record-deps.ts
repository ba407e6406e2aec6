/** Wires the ports that deciding and recording need. Whatever has only these can open nothing. */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { RecordDeps } from '../broker/ports.ts';
import type { Configuration } from '../core/configuration.ts';
import { askWiring } from './ask.ts';
import { clientConfig, type Invocation } from './calls.ts';
import { delegationsIn } from './delegations.ts';
import { joinedDirectory } from './directory.ts';
import { hubRecordIn } from './hub-record.ts';
import { identitiesOf, type RoleIdCache } from './identities.ts';
import { linksIn } from './links.ts';
import { quotasIn } from './quotas.ts';
import { logTo, type Runtime, required, sha256 } from './runtime.ts';
import { seenClustersIn } from './seen-clusters.ts';
import { storeIn, type TableCache } from './store.ts';
import { workflowIn } from './workflow.ts';

export type Wiring<D> = (invocation: Invocation) => D;

export function recordWiring(runtime: Runtime, file: () => Configuration): Wiring<RecordDeps> {
  const directory = joinedDirectory(runtime, file);
  const { config } = directory;
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const iam = new IAMClient(clientConfig(runtime));
  const sfn = new SFNClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  const stateMachineArn = required(runtime, 'STATE_MACHINE_ARN');
  const tableCache: TableCache = { places: new Map() };
  const roleIdCache: RoleIdCache = new Map();
  const ask = askWiring(runtime, dynamodb, table);
  const pause = (attempt: number): Promise<void> => setTimeout(runtime.retryDelay(attempt));
  return (invocation) => ({
    store: storeIn(dynamodb, invocation, table, tableCache, pause),
    hub: hubRecordIn(dynamodb, invocation, table),
    identities: { roleIds: () => identitiesOf(iam, invocation, config(), roleIdCache).roleIds() },
    quotas: quotasIn(dynamodb, invocation, table, pause),
    seenClusters: seenClustersIn(dynamodb, invocation, table),
    links: linksIn(dynamodb, invocation, table, pause, runtime.random),
    delegations: delegationsIn(dynamodb, invocation, table),
    workflow: workflowIn(sfn, invocation, stateMachineArn),
    ask: ask(invocation),
    config,
    ready: () => directory.ready(invocation),
    directoryAsOf: directory.asOf,
    now: runtime.now,
    random: runtime.random,
    sha256,
    log: logTo(runtime),
  });
}
