/** How the hub stands: what is frozen, which orders to end are open, and, for those who may read everything, what is left. */
import type { Person } from '../core/configuration.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { type EndOrder, type HubState, isWithin } from '../core/hub.ts';
import { isAmong } from '../core/identity.ts';
import { inLanes } from './lanes.ts';
import type { RecordDeps } from './ports.ts';

export type Remaining = {
  /** Waiting for a decision or a start. */
  readonly coming: readonly Grant[];
  /** With access, or about to have it. */
  readonly live: readonly Grant[];
  readonly ending: readonly Grant[];
  /** Over, and still looked back at: settle passes, roles to delete, reviews owed. */
  readonly aftercare: number;
};

/** What an order has still to turn towards its end, and what is on the way out by it. */
export const progressOf = (order: EndOrder, { coming, live, ending }: Remaining) => {
  const reached = (grants: readonly Grant[]): number =>
    grants.filter((grant) => isWithin(grant, order.scope) && grant.requestedAt <= order.since).length;
  return { open: reached([...coming, ...live]), ending: reached(ending) };
};

const LANES = 16;

export async function hubStatus(
  deps: RecordDeps,
  person: Person,
): Promise<{ readonly state: HubState; readonly remaining?: Remaining }> {
  const { responders, auditors, directory } = deps.config();
  const { state } = await deps.hub.read();
  if (!isAmong(person.id, [...responders, ...auditors], directory)) return { state };
  return { state, remaining: await remainingOf(deps) };
}

async function remainingOf(deps: RecordDeps): Promise<Remaining> {
  const read = await inLanes(await deps.hub.openGrants(), LANES, (id) => deps.store.readGrant(id));
  const grants = read.flatMap((stored) => (stored ? [stored.grant] : []));
  const among = (...states: readonly Grant['state'][]): Grant[] =>
    grants.filter(({ state }) => states.includes(state)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    coming: among('pending', 'scheduled'),
    live: among('activating', 'active'),
    ending: among('revoking'),
    aftercare: grants.filter(isOver).length,
  };
}
