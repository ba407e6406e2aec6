/**
 * The route by which a ticket system tells that a ticket was closed, or answers a question. It has no authoriser: who
 * calls is proved by the signature over the raw body, which is verified before anything of it is read.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { closeTicket } from '../broker/closeTicket.ts';
import { NotReady, type RecordDeps } from '../broker/ports.ts';
import type { Tickets } from '../broker/tickets.ts';
import type { HttpAnswer, HttpEvent } from './app.ts';
import { invalid, methodNotAllowed, problemOf, tryAgain, unexpected } from './problem.ts';
import type { Problem } from './schemas.ts';
import { ticketSystemIn } from './ticket-route.ts';

export type Signed = { readonly id: string; readonly timestamp: string; readonly signature: string };

export type HookDeps = RecordDeps & {
  readonly tickets: Tickets;
  /** Was the message signed with this secret, within the last five minutes? */
  readonly isGenuine: (secret: string, signed: Signed, body: Uint8Array) => Promise<boolean>;
};

const MOST_BYTES = 16 * 1_024;

const Message = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ticket.closed'),
    data: z.object({ ticket: z.string().check(z.minLength(1), z.maxLength(200)) }),
  }),
  z.object({
    type: z.literal('ticket.answer'),
    data: z.object({
      question: z.string().check(z.regex(/^ticket-[0-9a-f]{32}$/)),
      open: z.boolean(),
      reason: z.optional(z.string().check(z.maxLength(200))),
    }),
  }),
]);
type Message = z.infer<typeof Message>;

export async function answerTicketHook(deps: HookDeps, event: HttpEvent): Promise<HttpAnswer> {
  const { requestId, http } = event.requestContext;
  try {
    if (http.method !== 'POST') return refused(methodNotAllowed(['POST']), { allow: 'POST' });
    return await receive(deps, event);
  } catch (error) {
    deps.log('error', 'a message of a ticket system failed', { requestId, error: String(error) });
    return refused(error instanceof NotReady ? tryAgain() : unexpected(requestId), { 'retry-after': '5' });
  }
}

async function receive(deps: HookDeps, event: HttpEvent): Promise<HttpAnswer> {
  const system = ticketSystemIn(event.rawPath) ?? '';
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const signed = signatureIn(event.headers);
  const { ticketSystems = {} } = deps.config();
  const secret = Object.hasOwn(ticketSystems, system) ? ticketSystems[system]?.secret : undefined;
  // An unknown system and a wrong signature look the same from outside.
  if (!signed || secret === undefined || body.byteLength > MOST_BYTES || !(await deps.isGenuine(secret, signed, body)))
    return refused(problemOf({ reason: 'notRecognised' }));
  const message = parsed(body);
  if (!message.ok) return refused(invalid(message.why));
  return carryOut(deps, system, signed, body, message.value);
}

/** Once: whoever sends the same message again is told the same, and nothing is done. What failed halfway is done again. */
async function carryOut(
  deps: HookDeps,
  system: string,
  { id, timestamp }: Signed,
  body: Uint8Array,
  message: Message,
): Promise<HttpAnswer> {
  const digest = createHash('sha256').update(`${system}.${id}.${timestamp}.`).update(body).digest('hex');
  if (await deps.tickets.isDone(digest)) return done([]);
  const ended = await apply(deps, system, message);
  await deps.tickets.done(digest, deps.now());
  return done(ended);
}

async function apply(deps: HookDeps, system: string, message: Message): Promise<readonly string[]> {
  if (message.type === 'ticket.closed') {
    const ended = await closeTicket(deps, { system, ticket: message.data.ticket });
    deps.log('info', 'a ticket was closed', { system, ended });
    return ended;
  }
  const { question, open, reason } = message.data;
  await deps.tickets.putAnswer(system, question, { open, ...(reason !== undefined && { reason }) }, deps.now());
  return [];
}

function signatureIn(headers: HttpEvent['headers']): Signed | undefined {
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
  return id !== undefined && timestamp !== undefined && signature !== undefined
    ? { id, timestamp, signature }
    : undefined;
}

function parsed(
  body: Buffer,
): { readonly ok: true; readonly value: Message } | { readonly ok: false; readonly why: string } {
  try {
    const message = Message.safeParse(JSON.parse(body.toString('utf8')));
    if (message.success) return { ok: true, value: message.data };
    const [first] = message.error.issues;
    return {
      ok: false,
      why: `The message is not as it should be: ${first?.path.join('.') || 'type'}: ${first?.message}.`,
    };
  } catch {
    return { ok: false, why: 'The message is not JSON.' };
  }
}

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const done = (ended: readonly string[]): HttpAnswer => ({
  statusCode: 200,
  headers: { ...COMMON, 'content-type': 'application/json' },
  body: JSON.stringify({ ended }),
});

const refused = (problem: Problem, headers: Record<string, string> = {}): HttpAnswer => ({
  statusCode: problem.status,
  headers: { ...COMMON, ...headers, 'content-type': 'application/problem+json' },
  body: JSON.stringify(problem),
});
