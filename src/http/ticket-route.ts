/** Where ticket systems send their messages: one route of its own, without an authoriser, for signed messages only. */
export const TICKET_ROUTE = 'POST /hooks/tickets/{system}';

export const isTicketHook = (path: string): boolean => path.startsWith('/hooks/tickets/');

/** The name in the path; undefined for what is none. */
export const ticketSystemIn = (path: string): string | undefined =>
  /^\/hooks\/tickets\/([a-z][a-z0-9-]{0,62})$/.exec(path)?.[1];
