/**
 * A ticket was closed: access that was given for it ends now, and what waits is denied. Asks no rule; that the message is
 * the ticket system's own was proved before.
 */
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { NotReady, type RecordDeps } from './ports.ts';
import { draft } from './record.ts';
import type { TicketOf, Tickets } from './tickets.ts';
import { wakeWorkflow } from './wake.ts';

const ATTEMPTS = 5;
const ACTOR: Actor = { kind: 'system', part: 'tickets' };

/**
 * Answers the grants that it ended; doing it again ends nothing twice. The closing is on record before the grants are
 * looked for: a request that is being made meanwhile is either found here, or loses its race against the mark.
 */
export async function closeTicket(
  deps: RecordDeps & { readonly tickets: Tickets },
  of: TicketOf,
): Promise<readonly GrantId[]> {
  await deps.tickets.markClosed(of, deps.now());
  const ended: GrantId[] = [];
  for (const id of await deps.tickets.grantsOf(of)) if (await endFor(deps, id, of)) ended.push(id);
  return ended;
}

async function endFor(deps: RecordDeps, id: GrantId, of: TicketOf): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    const body = stored && ending(stored.grant, of);
    if (!stored || !body) return false;
    const change = draft(deps, stored, ACTOR, [body]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return true;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}

function ending(grant: Grant, { system, ticket }: TicketOf): EventBody | undefined {
  if (grant.ticket !== ticket || grant.ticketSystem !== system) return undefined;
  const by = `ticket ${ticket}`;
  const reason = `closed in ${system}`;
  switch (grant.state) {
    case 'pending':
    case 'scheduled':
      return { type: 'denied', reason, by };
    case 'activating':
    case 'active':
      return { type: 'revoking', outcome: { state: 'ended', reason: 'endedEarly', by, note: reason } };
    case 'revoking':
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return undefined;
  }
}
