/** A running cluster with a virtual clock, and a client that speaks real HTTPS to it. */
import { request as httpsRequest } from 'node:https';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import type { AccessEntry } from '../../local/cluster/access-entry.ts';
import type { AuditEvent } from '../../local/cluster/audit.ts';
import { type RunningCluster, startCluster } from '../../local/cluster/cluster.ts';
import { openStorage, type Storage } from '../../local/storage.ts';
import { instant } from '../../src/core/time.ts';
import { ACCOUNT, entryHistory, type Person, STS_HOST, tokenFor, verifierFor } from './people.ts';

export type Call = { body?: string | Uint8Array | object; headers?: Record<string, string | string[]>; token?: string };
export type Reply = {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as freely as kubectl's users read them
  body: any;
};

export type TestCluster = {
  cluster: RunningCluster;
  clock: VirtualClock;
  storage: Storage;
  audit: AuditEvent[];
  setEntries(entries: readonly AccessEntry[]): void;
  token(who: Person): Promise<string>;
  /** As `who`, or with no token at all. */
  call(who: Person | undefined, method: string, path: string, call?: Call): Promise<Reply>;
  close(): Promise<void>;
};

export type HarnessOptions = {
  people: readonly Person[];
  entries: readonly AccessEntry[];
  name?: string;
  storage?: Storage;
};

export function send(
  cluster: RunningCluster,
  method: string,
  path: string,
  headers: Call['headers'],
  body?: string | Uint8Array,
): Promise<Reply> {
  const ca = Buffer.from(cluster.certificateAuthorityData, 'base64').toString();
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port: cluster.port, method, path, headers, ca, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type'] === 'application/json' && text !== '';
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export async function startTestCluster({
  people,
  entries,
  name = 'mycluster',
  storage = openStorage(':memory:'),
}: HarnessOptions): Promise<TestCluster> {
  const clock = virtualClock(instant(Date.UTC(2026, 10, 24, 9, 0, 0)));
  const history = entryHistory(clock, entries);
  const audit: AuditEvent[] = [];
  const cluster = await startCluster({
    port: 0,
    name,
    arn: `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/${name}`,
    clock,
    storage,
    accessEntries: history.source,
    verifyPresigned: verifierFor(people, () => clock.now()),
    stsHosts: [STS_HOST],
    audit: (event) => void audit.push(event),
  });
  const token = (who: Person): Promise<string> => tokenFor(who, name, clock.now());
  return {
    cluster,
    clock,
    storage,
    audit,
    setEntries: history.set,
    token,
    async call(who, method, path, { body, headers = {}, token: given } = {}) {
      const bearer = given ?? (who && (await token(who)));
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const type = isRaw || body === undefined ? {} : { 'Content-Type': 'application/json' };
      const authorization = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
      const bytes = isRaw || body === undefined ? body : JSON.stringify(body);
      const length =
        bytes === undefined || headers['Transfer-Encoding'] ? {} : { 'Content-Length': `${Buffer.byteLength(bytes)}` };
      return send(cluster, method, path, { ...type, ...length, ...authorization, ...headers }, bytes);
    },
    close: () => cluster.close(),
  };
}

export type Watch = {
  /** The next event; rejects when the stream is over. */
  next(): Promise<Reply['body']>;
  /** Resolves when the server has ended it. */
  ended: Promise<void>;
  stop(): void;
};

/** Opens a watch as `who`, and resolves once the server has answered. */
export async function openWatch(
  test: TestCluster,
  who: Person,
  path: string,
  headers: Record<string, string> = {},
): Promise<Watch> {
  const ca = Buffer.from(test.cluster.certificateAuthorityData, 'base64').toString();
  const token = await test.token(who);
  const events: string[] = [];
  let wake = (): void => {};
  let over = false;
  let rest = '';
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const request = httpsRequest({
    host: '127.0.0.1',
    port: test.cluster.port,
    path,
    ca,
    agent: false,
    headers: { ...headers, Authorization: `Bearer ${token}` },
  });
  request.on('error', () => {});
  await new Promise<void>((resolve) => {
    request.on('response', (response) => {
      response.on('error', () => {});
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines);
        wake();
      });
      response.on('close', () => {
        over = true;
        wake();
        end();
      });
      resolve();
    });
    request.end();
  });
  return {
    async next() {
      while (events.length === 0) {
        if (over) throw new Error('the watch is over');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return JSON.parse(events.shift() ?? '');
    },
    ended,
    stop: () => void request.destroy(),
  };
}
