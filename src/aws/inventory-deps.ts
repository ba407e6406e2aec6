/** Wires the inventory: reads of the table, of EKS through executors, and of IAM. Nothing here can write. */
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import type { InventoryDeps } from '../broker/inventory.ts';
import type { GrantId } from '../core/id.ts';
import { clientConfig, type Invocation, send } from './calls.ts';
import { eksClients, eksIn } from './eks.ts';
import { DUE_PARTITION, type Item } from './items.ts';
import { listPrincipals } from './principals.ts';
import { deployedConfiguration, recordWiring, type Wiring } from './record-deps.ts';
import { type Runtime, required } from './runtime.ts';
import { TABLE } from './table-definition.ts';

export function inventoryWiring(runtime: Runtime): Wiring<InventoryDeps> {
  const config = deployedConfiguration(runtime);
  const record = recordWiring(runtime, config);
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const iam = new IAMClient(clientConfig(runtime));
  const eksFor = eksClients(runtime);
  const table = required(runtime, 'TABLE_NAME');
  return (invocation) => {
    const { store, now, log } = record(invocation);
    return {
      config,
      store: {
        readEntry: store.readEntry,
        readGrant: store.readGrant,
        openGrants: () => openGrants(dynamodb, invocation, table),
      },
      eks(target) {
        const client = eksFor(target);
        const { describeEntry, listPolicies } = eksIn(client, invocation, target);
        return { describeEntry, listPolicies, listPrincipals: () => listPrincipals(client, invocation, target.name) };
      },
      listRoles: () => rolesUnder(iam, invocation, `/hallpass/${config().hub}/`),
      now,
      log,
    };
  };
}

/** Whatever has a next deadline, however far off: every grant that is not over, and those with work still owed. */
async function openGrants(client: DynamoDBClient, invocation: Invocation, table: string): Promise<readonly GrantId[]> {
  const ids: GrantId[] = [];
  for (let last: Item | undefined; ; ) {
    const command = new QueryCommand({
      TableName: table,
      IndexName: TABLE.indexes.due.name,
      KeyConditionExpression: 'duePk = :due',
      ExpressionAttributeValues: { ':due': { S: DUE_PARTITION } },
      ...(last && { ExclusiveStartKey: last }),
    });
    const page = await send(invocation, (options) => client.send(command, options));
    ids.push(...(page.Items ?? []).map((item) => (item['pk']?.S ?? '').slice('grant#'.length) as GrantId));
    last = page.LastEvaluatedKey;
    if (!last) return ids;
  }
}

async function rolesUnder(client: IAMClient, invocation: Invocation, PathPrefix: string): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let Marker: string | undefined; ; ) {
    const command = new ListRolesCommand({ PathPrefix, ...(Marker && { Marker }) });
    const page = await send(invocation, (options) => client.send(command, options));
    arns.push(...(page.Roles ?? []).flatMap((role) => role.Arn ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
    if (!Marker) return arns;
  }
}
