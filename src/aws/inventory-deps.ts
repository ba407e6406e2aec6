/** Wires the inventory: reads of the table, of EKS through executors, and of IAM. Of what it writes there is only what it saw. */
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import type { InventoryDeps } from '../broker/inventory.ts';
import { clientConfig, type Invocation, send } from './calls.ts';
import { eksClients, eksIn } from './eks.ts';
import { listPrincipals } from './principals.ts';
import { deployedConfiguration, recordWiring, type Wiring } from './record-deps.ts';
import type { Runtime } from './runtime.ts';

export function inventoryWiring(runtime: Runtime): Wiring<InventoryDeps> {
  const config = deployedConfiguration(runtime);
  const record = recordWiring(runtime, config);
  const iam = new IAMClient(clientConfig(runtime));
  const eksFor = eksClients(runtime);
  return (invocation) => {
    const { store, hub, seenClusters, now, log } = record(invocation);
    return {
      config,
      store: {
        readEntry: store.readEntry,
        readGrant: store.readGrant,
        openGrants: hub.openGrants,
      },
      eks(target) {
        const client = eksFor(target);
        const { describeEntry, listPolicies } = eksIn(client, invocation, target);
        return { describeEntry, listPolicies, listPrincipals: () => listPrincipals(client, invocation, target.name) };
      },
      keepSeen: seenClusters.keep,
      listRoles: () => rolesUnder(iam, invocation, `/hallpass/${config().hub}/`),
      now,
      log,
    };
  };
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
