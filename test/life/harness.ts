/** A whole world under a virtual clock, in memory, and people who call its API as the CLI does. */
import { readFileSync } from 'node:fs';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect } from 'vitest';
import type { Credentials } from '../../local/aws/iam/seed.ts';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import { scheduledEvent } from '../../local/lambda/schedule.ts';
import { startWorld, type World, type WorldOptions } from '../../local/world/world.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, type Instant, instant, seconds } from '../../src/core/time.ts';
import type { GrantWithTimeline, Problem } from '../../src/http/schemas.ts';

export const START: Instant = instant(Date.parse('2026-11-24T09:00:00Z'));

export function exampleConfig(edit: (text: string) => string = (text) => text): Configuration {
  const text = edit(readFileSync(new URL('../../hallpass.yaml', import.meta.url), 'utf8'));
  const read = readConfiguration(text, { file: 'hallpass.yaml', sha256 });
  if (!read.ok) throw new Error(read.error.map((problem) => `${problem.line}: ${problem.message}`).join('\n'));
  return read.value;
}

/** Replaces exactly one place of the example configuration; a place that is not there is a mistake of the test's. */
export const replacing =
  (...pairs: readonly (readonly [from: string, to: string])[]) =>
  (text: string): string =>
    pairs.reduce((edited, [from, to]) => {
      if (!edited.includes(from)) throw new Error(`hallpass.yaml has no "${from}"`);
      return edited.replace(from, to);
    }, text);

/** Somebody in the directory who may neither ask, nor approve, nor read. */
export const withDave = replacing([
  '    carol: { name: Carol Carter, email: carol@example.com }',
  '    carol: { name: Carol Carter, email: carol@example.com }\n    dave: { name: Dave Dunn, email: dave@example.com }',
]);

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: GrantWithTimeline & Problem & Record<string, unknown>;
};

/** What `lambda invoke` was told: the answer, or the function's error. */
export type Invoked = Awaited<ReturnType<World['functions']['invoke']>>;

export type TestWorld = World & {
  readonly clock: VirtualClock;
  /** What the functions printed, a line each. */
  readonly logs: readonly string[];
  call(profile: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  pass(length: Duration): Promise<void>;
  sweep(): Promise<Invoked>;
};

export type TestOptions = Partial<Omit<WorldOptions, 'clock'>> & { readonly clock?: VirtualClock };

export async function testWorld({ clock = virtualClock(START), ...options }: TestOptions = {}): Promise<TestWorld> {
  const logs: string[] = [];
  const world = await startWorld({
    config: exampleConfig(),
    clock,
    clusters: false,
    schedule: false,
    log: (line) => {
      logs.push(line);
      if (process.env['HALLPASS_TEST_LOG']) process.stderr.write(`${line}\n`);
    },
    ...options,
    calls: { retryDelay: () => 0 as Duration, ...options.calls },
  });
  return {
    ...world,
    clock,
    logs,
    call: async (profile, method, path, body, headers = {}) =>
      sent(await signed(world, keysOf(world, profile), method, path, body, headers)),
    pass: (length) => clock.advanceBy(length),
    sweep: () => world.functions.invoke('sweeper', scheduledEvent(clock.now())),
  };
}

/** Alarm lines of the functions' log since `from`. */
export const alarmsOf = (world: TestWorld, from = 0): string[] =>
  world.logs.slice(from).filter((line) => line.includes('"level":"alarm"'));

export const ADMIN = {
  entitlement: 'mycluster-admin',
  duration: '30m',
  justification: 'INC-4211: the ingress is down',
};
export const VIEW = { entitlement: 'mycluster-view-dev', duration: '30m', justification: 'reading logs of INC-4211' };

/** Asks and waits until it is prepared; answers the grant's id. */
export async function ask(world: TestWorld, profile: string, body: object): Promise<string> {
  const asked = await world.call(profile, 'POST', '/v1/grants', body);
  expect(asked.body).toMatchObject({ state: 'pending' });
  expect(asked.status).toBe(201);
  await world.pass(seconds(1));
  return asked.body.id;
}

/** Asked for by Alice, approved by Bob, and read back from EKS. */
export async function activeGrant(world: TestWorld, body: object): Promise<string> {
  const id = await ask(world, 'alice', body);
  const approved = await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  expect(approved.status).toBe(200);
  await world.pass(seconds(1));
  expect((await show(world, id)).state).toBe('active');
  return id;
}

export async function show(world: TestWorld, id: string, profile = 'alice'): Promise<Reply['body']> {
  const reply = await world.call(profile, 'GET', `/v1/grants/${id}`);
  expect(reply.status).toBe(200);
  return reply.body;
}

export const eventTypes = (grant: Reply['body']): string[] => grant.timeline.map((event) => event.type);

export type Signed = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly text?: string;
};

/** A request that is signed and not sent yet. */
export async function signed(
  world: Pick<World, 'apiUrl'>,
  credentials: Credentials,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Signed> {
  const url = new URL(path, world.apiUrl);
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const signer = new SignatureV4({ service: 'execute-api', region: 'eu-west-1', credentials, sha256: Sha256 });
  const request = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(text !== undefined && { body: text }),
  });
  return { url, method, headers: request.headers, ...(text !== undefined && { text }) };
}

export async function sent({ url, method, headers, text }: Signed): Promise<Reply> {
  const response = await fetch(url, { method, headers, ...(text !== undefined && { body: text }) });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: answer === '' ? {} : JSON.parse(answer) };
}

/** As `call`, with whatever credentials. */
export const callAs = async (
  world: Pick<World, 'apiUrl'>,
  credentials: Credentials,
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply> => sent(await signed(world, credentials, method, path, body));

export function keysOf(world: Pick<World, 'profiles'>, profile: string): Credentials {
  const found = world.profiles[profile];
  if (!found) throw new Error(`nobody is called ${profile}`);
  return found;
}

/** An event as API Gateway hands it to the API's function: for what no client could send. */
export const apiEvent = (authorizer: unknown, method: string, rawPath: string, more: object = {}): object => ({
  version: '2.0',
  rawPath,
  headers: { 'content-type': 'application/json' },
  requestContext: { http: { method }, requestId: 'by-hand', authorizer },
  isBase64Encoded: false,
  ...more,
});

/** Invokes the API's function with such an event. */
export async function handed(world: TestWorld, event: object): Promise<Pick<Reply, 'status' | 'body'>> {
  const answer = await world.functions.invoke('api', event);
  if (!answer.ok) throw new Error(`${answer.errorType}: ${answer.errorMessage}`);
  const { statusCode, body } = answer.payload as { statusCode: number; body: string };
  return { status: statusCode, body: JSON.parse(body) };
}
