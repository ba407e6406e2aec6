/** Wires the inventory: reads of the table, of EKS through executors, and of IAM. Of what it writes there is only what it saw. */
import { IAMClient } from '@aws-sdk/client-iam';
import type { InventoryDeps } from '../broker/inventory.ts';
import { clientConfig } from './calls.ts';
import { deployedConfiguration } from './deployed-configuration.ts';
import { eksClients, eksIn } from './eks.ts';
import { listPrincipals } from './principals.ts';
import { recordWiring, type Wiring } from './record-deps.ts';
import { rolesUnder } from './roles-under.ts';
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
