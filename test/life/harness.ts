/** A whole world under a virtual clock, in memory, and people who call its API as the CLI does. */
import { readFileSync } from 'node:fs';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../../local/aws/iam/seed.ts';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import { startWorld, type World, type WorldOptions } from '../../local/world/world.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, type Instant, instant } from '../../src/core/time.ts';
import type { GrantWithTimeline, Problem } from '../../src/http/schemas.ts';

export const START: Instant = instant(Date.parse('2026-11-24T09:00:00Z'));

export function exampleConfig(edit: (text: string) => string = (text) => text): Configuration {
  const text = edit(readFileSync(new URL('../../hallpass.yaml', import.meta.url), 'utf8'));
  const read = readConfiguration(text, { file: 'hallpass.yaml', sha256 });
  if (!read.ok) throw new Error(read.error.map((problem) => `${problem.line}: ${problem.message}`).join('\n'));
  return read.value;
}

export type Reply = { readonly status: number; readonly body: GrantWithTimeline & Problem & Record<string, unknown> };
export type TestWorld = World & {
  readonly clock: VirtualClock;
  call(profile: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  pass(length: Duration): Promise<void>;
};

export async function testWorld(options: Partial<WorldOptions> = {}): Promise<TestWorld> {
  const clock = virtualClock(START);
  const world = await startWorld({
    config: exampleConfig(),
    clock,
    clusters: false,
    schedule: false,
    ...(process.env['HALLPASS_TEST_LOG'] && { log: (line: string) => process.stderr.write(`${line}\n`) }),
    ...options,
    calls: { retryDelay: () => 0 as Duration, ...options.calls },
  });
  return {
    ...world,
    clock,
    call: (profile, method, path, body, headers = {}) => signedCall(world, profile, method, path, body, headers),
    pass: (length) => clock.advanceBy(length),
  };
}

export async function signedCall(
  world: Pick<World, 'apiUrl' | 'profiles'>,
  profile: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  credentials: Credentials | undefined = world.profiles[profile],
): Promise<Reply> {
  if (!credentials) throw new Error(`nobody is called ${profile}`);
  const url = new URL(path, world.apiUrl);
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const signer = new SignatureV4({ service: 'execute-api', region: 'eu-west-1', credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(text !== undefined && { body: text }),
  });
  const response = await fetch(url, { method, headers: signed.headers, ...(text !== undefined && { body: text }) });
  const answer = await response.text();
  return { status: response.status, body: answer === '' ? {} : JSON.parse(answer) };
}
