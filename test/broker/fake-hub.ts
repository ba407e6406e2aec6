/** The hub's own record in memory, beside the store's tables. */
import type { Due, HubRecord, StoredHub } from '../../src/broker/ports.ts';
import { emptyChain } from '../../src/core/audit.ts';
import type { AuditEvent } from '../../src/core/event.ts';
import { HUB, QUIET } from '../../src/core/hub.ts';
import type { GrantId } from '../../src/core/id.ts';
import { dueAt } from '../../src/core/task.ts';
import { instant } from '../../src/core/time.ts';
import { copy, type Tables } from './fake-store.ts';

export type FakeHub = { stored: StoredHub; readonly events: AuditEvent[] };

export const newHub = (): FakeHub => ({ stored: { state: QUIET, chain: emptyChain(HUB), version: 0 }, events: [] });

export const hubInMemory = (hub: FakeHub, tables: Tables): HubRecord => ({
  read: async () => copy(hub.stored),
  commit: async (next, events) => {
    if (next.chain.hash === hub.stored.chain.hash) return true;
    if (next.version !== hub.stored.version + 1) return false;
    hub.stored = copy(next);
    hub.events.push(...copy(events));
    return true;
  },
  openGrants: async () =>
    [...tables.grants.values()].flatMap(({ grant, retries }) =>
      dueAt(grant, retries) === undefined ? [] : [grant.id as GrantId],
    ),
});

/** What the index of what is due shows of the hub's record. */
export const dueHub = ({ stored }: FakeHub): Due[] =>
  stored.state.orders.length > 0 ? [{ id: HUB as GrantId, at: instant(0) }] : [];
