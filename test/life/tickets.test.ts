/**
 * A ticket system, over HTTP. Catches access for a ticket that is closed or that nobody could check, access that outlives
 * its ticket, and a message that anybody could have sent: signatures here are made by this file's own few lines.
 */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { ask, exampleConfig, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { entryOf } from './operator.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tickets-AbCdEf';
const KEY = 'tickets';

type Heard = { readonly headers: Record<string, unknown>; readonly body: string };
let server: Server;
let world: TestWorld;
let heard: Heard[];
/** What the server says next: a status and a body, or nothing at all. */
let says: { status: number; body: string } | 'nothing';

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    heard.push({ headers: request.headers, body });
    if (says === 'nothing') return;
    response.writeHead(says.status, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' });
    response.end(says.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const config = exampleConfig(
    (text) =>
      `${text.replace('requestsPerPersonAndHour: 10', 'requestsPerPersonAndHour: 500').replace('    maxDuration: 24h\n', '    maxDuration: 24h\n    ticket: { required: true, hook: jira }\n')}
  by-event:
    description: Asked by an event
    clusters: [mycluster]
    access: { policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }
    eligible: [alice]
    maxDuration: 1h
    ticket: { required: true, hook: desk }
    approval: { steps: [{ approvers: [group:platform] }] }

ticketSystems:
  jira: { url: "http://127.0.0.1:${port}/check?of=hallpass", secret: "${SECRET}" }
  desk: { events: true, secret: "${SECRET}" }
`,
  );
  world = await testWorld({ config, calls: { callTimeout: seconds(0.5) } });
}, 60_000);
afterAll(async () => {
  await world?.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  heard = [];
  says = { status: 200, body: '{"open":true}' };
});

const OPEN = { ...VIEW, ticket: 'INC-4211' };
const request = (body: object = OPEN) => world.call('alice', 'POST', '/v1/grants', body);
const mac = (key: string, text: string): string => `v1,${createHmac('sha256', key).update(text).digest('base64')}`;

type Sending = {
  key?: string;
  id?: string;
  at?: number;
  system?: string;
  path?: string;
  signature?: string;
  method?: string;
};
async function tell(
  message: object | string,
  more: Sending = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const { key = KEY, id = `message-${heard.length}-${Math.random()}`, system = 'jira', method = 'POST' } = more;
  const timestamp = String(Math.floor((more.at ?? world.clock.now()) / 1_000));
  const response = await fetch(new URL(more.path ?? `/hooks/tickets/${system}`, world.apiUrl), {
    method,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': more.signature ?? mac(key, `${id}.${timestamp}.${body}`),
    },
    ...(method === 'POST' && { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}
const closed = (ticket = 'INC-4211') => ({ type: 'ticket.closed', data: { ticket } });

async function end(id: string): Promise<void> {
  await tell(closed());
  await world.pass(seconds(2));
  expect(['ended', 'denied']).toContain((await show(world, id)).state);
}

describe('a ticket is checked when somebody asks', () => {
  it('with a signed question, that says who asks for what', async () => {
    const id = await ask(world, 'alice', OPEN);
    const [question] = heard;
    const {
      'webhook-id': sent,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    } = question?.headers ?? {};
    expect(signature).toBe(mac(KEY, `${sent}.${timestamp}.${question?.body}`));
    expect(timestamp).toBe(String(Math.floor((world.clock.now() - 1_000) / 1_000)));
    expect(JSON.parse(question?.body ?? '')).toEqual({
      type: 'ticket.question',
      data: {
        hub: 'laptop',
        system: 'jira',
        question: sent,
        ticket: 'INC-4211',
        requester: { id: 'alice', name: 'Alice Archer', email: 'alice@example.com' },
        entitlement: 'mycluster-view-dev',
        clusters: ['mycluster'],
      },
    });
    await end(id);
  });

  it('one that is not open is refused, in the words of its system', async () => {
    says = { status: 200, body: '{"open":false,"reason":"resolved on Monday"}' };
    expect(await request()).toMatchObject({
      status: 422,
      body: { rule: 'ticketNotOpen', detail: expect.stringContaining('(resolved on Monday)') },
    });
  });

  it.each([
    ['an error', { status: 500, body: '{"open":true}' }],
    ['a redirect', { status: 302, body: '{"open":true}' }],
    ['no JSON', { status: 200, body: 'open' }],
    ['no answer to the question', { status: 200, body: '{"state":"open"}' }],
    ['open, as text', { status: 200, body: '{"open":"true"}' }],
    ['null', { status: 200, body: 'null' }],
    ['far too much', { status: 200, body: `{"open":true,"x":"${'x'.repeat(300_000)}"}` }],
    ['silence', 'nothing'],
  ] as const)('closed on doubt (I8): %s', async (_what, answer) => {
    says = answer;
    expect(await request()).toMatchObject({ status: 503, body: { rule: 'ticketUnchecked' } });
  });

  it('nobody is asked about a ticket that the entitlement does not take', async () => {
    expect(await request({ ...VIEW })).toMatchObject({ body: { rule: 'ticketMissing' } });
    expect(heard).toEqual([]);
  });
});

describe('a ticket that is closed ends what was given for it', () => {
  it('live access, and what waits; and nothing else', async () => {
    const other = await ask(world, 'carol', { ...OPEN, ticket: 'INC-7' });
    const id = await ask(world, 'alice', OPEN);
    await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(seconds(1));
    const { principal, state } = await show(world, id);
    expect(state).toBe('active');
    const waiting = await ask(world, 'bob', OPEN);
    expect(await tell(closed())).toEqual({ status: 200, body: { ended: [id, waiting] } });
    await world.pass(seconds(2));
    expect(await show(world, id)).toMatchObject({
      state: 'ended',
      reason: 'endedEarly',
      by: 'ticket INC-4211',
      note: 'closed in jira',
    });
    expect(await show(world, waiting, 'bob')).toMatchObject({
      state: 'denied',
      reason: 'closed in jira',
      by: 'ticket INC-4211',
    });
    expect(await entryOf(world, principal.arn)).toBeUndefined();
    expect((await show(world, other, 'carol')).state).toBe('pending');
    expect(await tell(closed('INC-7'))).toMatchObject({ status: 200 });
  });

  it('the same message again does nothing, though the ticket was opened and used again meanwhile', async () => {
    const first = await ask(world, 'alice', OPEN);
    const message = { id: 'replayed', at: world.clock.now() };
    expect(await tell(closed(), message)).toEqual({ status: 200, body: { ended: [first] } });
    await world.pass(minutes(1));
    const second = await ask(world, 'alice', OPEN);
    expect(await tell(closed(), message)).toEqual({ status: 200, body: { ended: [] } });
    expect((await show(world, second)).state).toBe('pending');
    await end(second);
  });

  it.each([
    ['another key', { key: 'guess' }],
    ['no key', { key: '' }],
    ['an old one', { at: Date.parse('2026-11-24T08:00:00Z') }],
    ['one of tomorrow', { at: Date.parse('2026-11-25T12:00:00Z') }],
    ['another version of the signature', { signature: 'v2,AAAA' }],
    ['no signature', { signature: '' }],
    ['an unknown system', { system: 'constructor' }],
    ['a longer path', { path: '/hooks/tickets/jira/x' }],
    ['an id with a line break', { id: 'a.b c' }],
  ] as const)('F8: a message is nobody’s with %s', async (_what, more) => {
    const id = await ask(world, 'alice', OPEN);
    const reply = await tell(closed(), more);
    expect([403, 404]).toContain(reply.status);
    expect((await show(world, id)).state).toBe('pending');
    await end(id);
  });

  it('a signature over another body is none', async () => {
    const at = world.clock.now();
    const good = `x.${Math.floor(at / 1_000)}.${JSON.stringify(closed('INC-1'))}`;
    expect((await tell(closed('INC-2'), { id: 'x', at, signature: mac(KEY, good) })).status).toBe(403);
  });

  it.each([
    ['no JSON', 'closed', 400],
    ['another kind of message', { type: 'ticket.reopened', data: { ticket: 'INC-4211' } }, 400],
    ['our own question, sent back', { type: 'ticket.question', data: { ticket: 'INC-4211' } }, 400],
    ['no ticket', { type: 'ticket.closed', data: {} }, 400],
  ] as const)('%s is refused with its reason', async (_what, message, status) => {
    expect((await tell(message)).status).toBe(status);
  });

  it('F8: through this route there is no API, and through the API no message', async () => {
    expect((await tell({}, { path: '/v1/grants' })).status).toBe(403);
    expect((await tell('', { method: 'GET' })).status).toBe(403);
    expect((await world.call('alice', 'POST', '/hooks/tickets/jira', closed())).status).toBe(403);
  });
});

describe('a ticket system that is asked by an event', () => {
  const EVENT = { ...VIEW, entitlement: 'by-event', ticket: 'CHG-1' };
  it('answers through its route', async () => {
    const stop = world.events.onEvent((event) => {
      if (event['detail-type'] !== 'ticket question') return;
      const { question, ticket } = (event.detail as { data: { question: string; ticket: string } }).data;
      void tell({ type: 'ticket.answer', data: { question, open: ticket === 'CHG-1' } }, { system: 'desk' });
    });
    expect(await request(EVENT)).toMatchObject({ status: 201, body: { state: 'pending' } });
    expect(await request({ ...EVENT, ticket: 'CHG-2' })).toMatchObject({ status: 200 });
    stop();
    expect(await tell(closed('CHG-1'), { system: 'jira' })).toEqual({ status: 200, body: { ended: [] } });
    expect((await tell(closed('CHG-1'), { system: 'desk' })).body['ended']).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  it('F8: another system, with a signature of its own, answers nothing that it was not asked', async () => {
    const stop = world.events.onEvent((event) => {
      if (event['detail-type'] !== 'ticket question') return;
      const { question } = (event.detail as { data: { question: string } }).data;
      void tell({ type: 'ticket.answer', data: { question, open: true } }, { system: 'jira' });
    });
    expect(await request({ ...EVENT, ticket: 'CHG-3' })).toMatchObject({ body: { rule: 'ticketUnchecked' } });
    stop();
  }, 20_000);

  it('closed on doubt (I8): nobody answers', async () => {
    expect(await request(EVENT)).toMatchObject({ status: 503, body: { rule: 'ticketUnchecked' } });
  }, 20_000);
});
