/** Quotas in memory, with the table's conditions: held by the same contract (`test/store/quotas.test.ts`). */
import type { QuotaStore } from '../../src/broker/quotaPorts.ts';
import type { SeenCluster, SeenClusters } from '../../src/broker/seenPorts.ts';
import type { GrantId } from '../../src/core/id.ts';

export function quotasInMemory(sets: Map<string, Set<GrantId>> = new Map()): QuotaStore {
  return {
    async take(quota, ids, limit) {
      const members = sets.get(quota) ?? new Set<GrantId>();
      const [first] = ids;
      if (first === undefined) return 0;
      if (ids.length > limit || (members.size + ids.length > limit && !members.has(first))) return undefined;
      const taken = new Set([...members, ...ids]);
      sets.set(quota, taken);
      return taken.size;
    },
    members: async (quota) => [...(sets.get(quota) ?? [])],
    async drop(quota, ids) {
      for (const id of ids) sets.get(quota)?.delete(id);
    },
  };
}

/** What the inventory saw, in memory. */
export function seenInMemory(seen: Map<string, SeenCluster> = new Map()): SeenClusters {
  return {
    keep: async (one) => void seen.set(one.arn, one),
    read: async (arn) => seen.get(arn),
  };
}
