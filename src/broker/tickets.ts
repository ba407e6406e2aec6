/** Is the ticket that a request belongs to open? Asked of the system that keeps it; not knowing is a no. */
import type { Configuration, Person } from '../core/configuration.ts';
import type { GrantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Plan } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Instant } from '../core/time.ts';
import type { Deps, Question } from './ports.ts';

/** What the table knows of tickets: which grants belong to one, and that it was closed. */
export type Tickets = {
  /** From now on no grant is made that was considered before. */
  markClosed(of: TicketOf, at: Instant): Promise<void>;
  /** Grants that were ever made with the ticket and may still live. */
  grantsOf(of: TicketOf): Promise<readonly GrantId[]>;
  /** Kept for whoever has asked this system by an event and waits. */
  putAnswer(system: string, question: string, answer: unknown, at: Instant): Promise<void>;
  /** Messages that were carried out once, so that the same one, sent again, does nothing. */
  isDone(message: string): Promise<boolean>;
  done(message: string, at: Instant): Promise<void>;
};

export type TicketOf = { readonly system: string; readonly ticket: string };

/** New grants of one request: they have one entitlement and one ticket. */
type Asking = { readonly person: Person; readonly plans: readonly Plan[] };

/** `askedAt`: what the answer is as old as; undefined where nobody is asked. */
export async function ticketIsOpen(
  deps: Pick<Deps, 'ask' | 'config' | 'now' | 'random'>,
  asking: Asking,
): Promise<Result<Instant | undefined, Refusal>> {
  const { ticket, ticketSystem: system } = asking.plans[0] ?? {};
  if (ticket === undefined || system === undefined) return ok(undefined);
  const askedAt = deps.now();
  const config = deps.config();
  const question = questionAbout(asking, { system, ticket }, config, deps.random);
  if (!question) return ok(askedAt);
  const answered = await deps.ask(question);
  if (!answered.ok) return no({ reason: 'ticketUnchecked', ticket, system, why: answered.why });
  const { open, reason } = (answered.answer ?? {}) as { open?: unknown; reason?: unknown };
  if (open === true) return ok(askedAt);
  if (open !== false)
    return no({ reason: 'ticketUnchecked', ticket, system, why: 'its answer is not {"open": true or false}' });
  return no({
    reason: 'ticketNotOpen',
    ticket,
    system,
    ...(typeof reason === 'string' && { why: reason.slice(0, 200) }),
  });
}

/** Undefined for a system that only tells of tickets that were closed. */
function questionAbout(
  { person, plans }: Asking,
  { system, ticket }: TicketOf,
  { hub, ticketSystems = {} }: Configuration,
  random: Deps['random'],
): Question | undefined {
  const kept = Object.hasOwn(ticketSystems, system) ? ticketSystems[system] : undefined;
  if (!kept) throw new Error(`there is no ticket system ${system}, and the configuration was checked for it`);
  if (!kept.check) return undefined;
  const id = `ticket-${Buffer.from(random(16)).toString('hex')}`;
  const clusters = plans.map(({ cluster }) => cluster.name);
  const requester = { id: person.id, name: person.name, email: person.email };
  const data = { hub, system, question: id, ticket, requester, entitlement: plans[0]?.entitlement.id, clusters };
  const to =
    kept.check.kind === 'https'
      ? { url: kept.check.url, secret: kept.secret }
      : { event: 'ticket question', of: system };
  return { to, id, body: { type: 'ticket.question', data } };
}
