/** Rules on systems of tickets, and on what an entitlement asks of them. */
import { type Context, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import type { FileEntitlement } from './schema.ts';
import { checkSecretArn } from './secret-arn.ts';
import { checkServerUrl } from './server-url.ts';
import { ticketPatternProblem } from './ticket-pattern.ts';

export function checkTicketSystems(context: Context): void {
  for (const [name, { url, events, secret }] of Object.entries(context.draft.ticketSystems ?? {})) {
    const path = ['ticketSystems', name];
    checkSecretArn([...path, 'secret'], secret, context);
    if (url !== undefined) checkServerUrl([...path, 'url'], url, context);
    if (url !== undefined && events)
      context.report([...path, 'events'], 'both a url and events; a ticket is asked about in one way');
  }
}

export function checkTicket(path: Path, { ticket }: FileEntitlement, context: Context): void {
  if (!ticket) return;
  const { names, report } = context;
  const problem = ticket.pattern === undefined ? undefined : ticketPatternProblem(ticket.pattern);
  if (problem) report([...path, 'pattern'], problem);
  if (ticket.hook !== undefined && names.ticketSystems && !names.ticketSystems.includes(ticket.hook))
    report([...path, 'hook'], unknownName('ticket system', ticket.hook, names.ticketSystems));
}
