/** A simulated Slack under a virtual clock, an app that answers as it is told, and the official client. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import { faultPlan } from '../../local/faults.ts';
import type { SlackApp } from '../../local/slack/app.ts';
import { type Slack, type SlackOptions, startSlack } from '../../local/slack/slack.ts';
import { instant } from '../../src/core/time.ts';

export const START = instant(Date.parse('2026-11-24T09:00:00Z'));
export const TEAM = { id: 'T0EXAMPLE00', domain: 'example', name: 'Example' };

export const APP: SlackApp = {
  id: 'A0HALLPASS0',
  name: 'Hallpass',
  botId: 'B0HALLPASS0',
  botToken: 'xoxb-test-token',
  signingSecret: 'test-signing-secret',
  scopes: [
    'chat:write',
    'commands',
    'im:write',
    'im:read',
    'channels:read',
    'groups:read',
    'users:read',
    'users:read.email',
  ],
  commands: [{ command: '/hallpass', description: 'Ask for access' }],
  shortcuts: [{ type: 'global', callbackId: 'ask', name: 'Ask for access' }],
  events: ['app_home_opened'],
};

export const PEOPLE = [
  { id: 'alice', name: 'Alice Archer', email: 'alice@example.com' },
  { id: 'bob', name: 'Bob Baker', email: 'bob@example.com' },
];

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };
type Answer = { status?: number; json?: unknown; text?: string; headers?: Record<string, string> } | 'never';

export type TestApp = {
  readonly url: string;
  readonly received: Received[];
  /** What it answers next, and from then on. */
  answer: (request: Received) => Answer | Promise<Answer>;
  close(): Promise<void>;
};

export async function startApp(): Promise<TestApp> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const received = { headers: request.headers, body: Buffer.concat(parts).toString() };
    app.received.push(received);
    const answer = await app.answer(received);
    if (answer === 'never') return;
    const type = answer.json === undefined ? 'text/plain' : 'application/json';
    response.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers });
    response.end(answer.json === undefined ? answer.text : JSON.stringify(answer.json));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const app: TestApp = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack`,
    received: [],
    answer: () => ({}),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return app;
}

export type TestSlack = Slack & { readonly clock: VirtualClock; readonly client: WebClient; readonly stub: TestApp };

export async function testSlack(options: Partial<SlackOptions> = {}): Promise<TestSlack> {
  const clock = virtualClock(START);
  const stub = await startApp();
  const slack = await startSlack({
    clock,
    team: TEAM,
    app: APP,
    people: PEOPLE,
    faults: faultPlan([], { record: true }),
    ...options,
  });
  slack.pointAt(stub.url);
  return Object.assign(Object.create(slack) as Slack, {
    clock,
    stub,
    client: clientFor(slack.apiUrl),
    close: async () => {
      await slack.close();
      await stub.close();
    },
  });
}

/** The official client, which is not to wait and try again by itself. */
export const clientFor = (apiUrl: string, token = APP.botToken): WebClient =>
  new WebClient(token, { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });

/** The error that Slack answered, with all that came with it. */
export async function refusalOf(call: Promise<unknown>): Promise<Record<string, unknown> & { error: string }> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error as { data?: unknown },
  );
  if (!failure) throw new Error('it was not refused');
  if (!failure.data) throw failure;
  return failure.data as Record<string, unknown> & { error: string };
}

/** The payload of an interaction that the app received. */
export const payloadOf = ({ body }: Received): Record<string, unknown> =>
  JSON.parse(new URLSearchParams(body).get('payload') ?? '{}') as Record<string, unknown>;

/** Worked out here once more, so that a mistake of the simulation's is not its own judge. */
export const expectedSignature = ({ headers, body }: Received, secret = APP.signingSecret): string =>
  `v0=${createHmac('sha256', secret)
    .update(`v0:${String(headers['x-slack-request-timestamp'])}:${body}`)
    .digest('hex')}`;
