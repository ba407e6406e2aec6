/** Many grants out of one that lived: whatever is in the tables and in EKS of it, under another id. */
import { type EntryKey, entryKeyText } from '../../src/core/entry.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { Entry, FakeCluster } from './fake-aws.ts';
import type { Tables } from './fake-store.ts';

/** `rewrite`: of the model as JSON, besides its id: for another cluster, say. */
export function copier(tables: Tables, cluster: FakeCluster, id: GrantId) {
  const isOf = (key: EntryKey): boolean => key.principalArn.includes(id);
  const model = JSON.stringify([
    tables.grants.get(id),
    tables.events.get(id),
    [...tables.ledgers.values()].find(isOf),
    [...tables.claims.values()].flatMap((held) => [...held.values()]).find(isOf),
    [...cluster.entries.values()].find(({ entry }) => isOf({ clusterArn: '', principalArn: entry.principalArn })),
  ]);
  return (copy: GrantId, into: FakeCluster = cluster, rewrite = (json: string): string => json): GrantId => {
    const [stored, events, ledger, claim, entry] = JSON.parse(rewrite(model.replaceAll(id, copy)));
    tables.grants.set(copy, stored);
    tables.events.set(copy, events);
    tables.ledgers.set(entryKeyText(ledger), ledger);
    tables.claims.set(entryKeyText(ledger), new Map([[copy, claim]]));
    into.entries.set((entry as Entry).entry.principalArn, entry);
    return copy;
  };
}
