/** Wires the deployment's guard: reads of the table and a list of roles. Nothing here can write, or become an executor. */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import type { GuardDeps } from '../broker/guardDeployment.ts';
import { clientConfig } from './calls.ts';
import { hubRecordIn } from './hub-record.ts';
import type { Wiring } from './record-deps.ts';
import { rolesUnder } from './roles-under.ts';
import { type Runtime, required } from './runtime.ts';
import { storeIn } from './store.ts';

export function guardWiring(runtime: Runtime): Wiring<GuardDeps> {
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const iam = new IAMClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  const hubId = required(runtime, 'HUB_ID');
  const pause = (attempt: number): Promise<void> => setTimeout(runtime.retryDelay(attempt));
  return (invocation) => ({
    store: storeIn(dynamodb, invocation, table, { places: new Map() }, pause),
    hub: hubRecordIn(dynamodb, invocation, table),
    listRoles: () => rolesUnder(iam, invocation, `/hallpass/${hubId}/`),
  });
}
