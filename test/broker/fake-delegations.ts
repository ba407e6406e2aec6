/** Delegations in memory, under the table's conditions. */
import type { DelegationRecord, Delegations } from '../../src/broker/ports.ts';
import type { DelegationEvent } from '../../src/core/delegation.ts';

export type DelegationTable = {
  readonly records: Map<string, DelegationRecord>;
  readonly events: DelegationEvent[];
};
export const emptyDelegations = (): DelegationTable => ({ records: new Map(), events: [] });

export const delegationsInMemory = ({ records, events }: DelegationTable): Delegations => ({
  read: async () => structuredClone([...records.values()]),
  commit: async (record, event) => {
    if ((records.get(record.id)?.version ?? 0) !== record.version - 1) return false;
    records.set(record.id, structuredClone(record));
    events.push(structuredClone(event));
    return true;
  },
});
