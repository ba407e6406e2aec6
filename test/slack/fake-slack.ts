/** Slack as a script: answers what it is told to, by method, and remembers every call. The simulated Slack is another one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SlackCall = { readonly method: string; readonly args: Record<string, unknown>; readonly token: string };

/** How one call is answered: a body, a status with headers, a cut connection, or nothing at all. */
export type Scripted =
  | { readonly ok: boolean; readonly [field: string]: unknown }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'cut'
  | 'silence';

export type FakeSlack = {
  readonly url: string;
  readonly calls: SlackCall[];
  /** Each is used once, for the next call of that method; then Slack is itself again. */
  next(method: string, ...answers: Scripted[]): void;
  /** Until told otherwise. */
  always(method: string, answer: Scripted | undefined): void;
  readonly users: Record<string, Record<string, unknown>>;
  readonly channels: Record<string, Record<string, unknown>>;
  of(method: string): SlackCall[];
  close(): Promise<void>;
};

export const TEAM = 'T0HALLPASS';

export const member = (id: string, flags: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  team_id: TEAM,
  deleted: false,
  is_bot: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_email_confirmed: true,
  real_name: `Somebody ${id}`,
  ...flags,
});

export const channel = (id: string, flags: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  is_ext_shared: false,
  is_org_shared: false,
  is_shared: false,
  is_pending_ext_shared: false,
  ...flags,
});

export async function startFakeSlack(): Promise<FakeSlack> {
  const calls: SlackCall[] = [];
  const queued = new Map<string, Scripted[]>();
  const standing = new Map<string, Scripted>();
  const users: FakeSlack['users'] = {};
  const channels: FakeSlack['channels'] = {};
  let nth = 0;

  const normal = ({ method, args }: SlackCall): Scripted => {
    switch (method) {
      case 'users.info': {
        const user = users[String(args['user'])];
        return user ? { ok: true, user } : { ok: false, error: 'user_not_found' };
      }
      case 'conversations.info': {
        const found = channels[String(args['channel'])];
        return found ? { ok: true, channel: found } : { ok: false, error: 'channel_not_found' };
      }
      case 'chat.postMessage': {
        const to = String(args['channel']);
        return {
          ok: true,
          channel: to.startsWith('U') ? `D${to.slice(1)}` : to,
          ts: `1764000000.${String(++nth).padStart(6, '0')}`,
        };
      }
      case 'views.open':
        return { ok: true, view: { id: `V${String(++nth).padStart(6, '0')}`, hash: 'h' } };
      default:
        return { ok: true };
    }
  };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const json = request.headers['content-type']?.startsWith('application/json');
      const args = json ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
      const method = (request.url ?? '').replace(/^\/api\//, '');
      const call = { method, args, token: String(request.headers.authorization) };
      calls.push(call);
      const answer = queued.get(method)?.shift() ?? standing.get(method) ?? normal(call);
      if (answer === 'silence') return;
      if (answer === 'cut') return void request.socket.destroy();
      if ('status' in answer && typeof answer.status === 'number') {
        const { status, headers, body } = answer as Extract<Scripted, { status: number }>;
        return void response.writeHead(status, headers).end(body ?? '');
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    calls,
    users,
    channels,
    next: (method, ...answers) => void queued.set(method, [...(queued.get(method) ?? []), ...answers]),
    always: (method, answer) => void (answer ? standing.set(method, answer) : standing.delete(method)),
    of: (method) => calls.filter((call) => call.method === method),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
