/**
 * Catches: a webhook that somebody else could have sent, one that is lost when its receiver is away or that holds up
 * others, typed text where nobody wants it, and events on EventBridge that are not as their published schemas say.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { seededSecret, seedSecret } from '../../local/aws/secrets.ts';
import { eventSchemaFiles } from '../../src/aws/event-schemas.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, activeGrant, exampleConfig, replacing, type TestWorld, testWorld } from '../life/harness.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/pager-AbCdEf';

type Got = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };
type Verify = (secret: string, headers: IncomingHttpHeaders, body: string, now: number) => boolean;

let world: TestWorld;
let got: Got[];
let answers: number[];
let close: () => void;
let url: string;

beforeEach(async () => {
  got = [];
  answers = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response.writeHead(request.url === '/away' ? (answers.shift() ?? 200) : 204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  const webhooks = [
    `    - { name: all, url: "${url}/all", secret: "${SECRET}", typedText: true }`,
    `    - { name: away, url: "${url}/away", secret: "${SECRET}", events: [activated] }`,
  ];
  world = await testWorld({
    config: exampleConfig(
      replacing(['\nentitlements:', `\nnotifications:\n  webhooks:\n${webhooks.join('\n')}\n\nentitlements:`]),
    ),
  });
});
afterEach(async () => {
  close();
  await world.close();
});

const quiet = async (): Promise<void> => {
  for (let n = 0; n < 3; n++) {
    await world.pass(seconds(1));
    await world.drain();
    await world.clock.settle();
  }
};
const at = (path: string): Got[] => got.filter((one) => one.path === path);

/** The verifier as docs/notifications.md has it. */
async function documented(): Promise<Verify> {
  const page = readFileSync(new URL('notifications.md', DOCS), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1];
  if (!code) throw new Error('docs/notifications.md has no verifier');
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-verify-'));
  try {
    writeFileSync(join(folder, 'verify.mjs'), code);
    const { verify } = (await import(join(folder, 'verify.mjs'))) as { verify: Verify };
    return verify;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('every event, signed: the documented verifier takes it, and takes nothing that was changed, replayed or made up', async () => {
  await activeGrant(world, ADMIN);
  await quiet();
  const verify = await documented();
  const secret = seededSecret(world.storage, SECRET) ?? '';
  expect(secret).toMatch(/^whsec_/);
  const types = at('/all').map(({ body }) => JSON.parse(body).type);
  expect(types).toEqual(expect.arrayContaining(['grant.requested', 'grant.approved', 'grant.activated']));
  expect(at('/away').map(({ body }) => JSON.parse(body).type)).toEqual(['grant.activated']);
  const now = world.clock.now();
  const [first] = at('/all');
  if (!first) throw new Error('nothing came');
  const { headers, body } = first;
  expect(verify(secret, headers, body, now)).toBe(true);
  expect(verify(secret, headers, body.replace('alice', 'mallo'), now)).toBe(false);
  expect(verify(secret, { ...headers, 'webhook-id': 'other' }, body, now)).toBe(false);
  expect(verify(secret, headers, body, now + 400_000)).toBe(false);
  expect(verify('whsec_b3RoZXI=', headers, body, now)).toBe(false);
  expect(verify(secret, { ...headers, 'webhook-signature': 'v1,' }, body, now)).toBe(false);
  expect(JSON.parse(body).data.grant.justification).toBe(ADMIN.justification);
  expect(at('/away')[0]?.body).not.toContain(ADMIN.justification);
  expect(world.logs.join('\n')).not.toContain(secret);
});

test('away, failing, back: told in the end with the same id, and the other never waited', async () => {
  answers = [500, 503, 302, 429];
  await activeGrant(world, ADMIN);
  await quiet();
  expect(at('/all').some(({ body }) => body.includes('grant.activated'))).toBe(true);
  expect(at('/away')).toHaveLength(1);
  for (let n = 0; n < 12; n++) await world.pass(minutes(1));
  await quiet();
  expect(at('/away')).toHaveLength(5);
  expect(new Set(at('/away').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const ids = at('/all').map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(ids.length);
});

test('410: that event is not sent again', async () => {
  answers = [410];
  await activeGrant(world, ADMIN);
  await quiet();
  await world.pass(minutes(30));
  await quiet();
  expect(at('/away')).toHaveLength(1);
});

test('while the secret is rotated both sign', async () => {
  const verify = await documented();
  const before = seededSecret(world.storage, SECRET) ?? '';
  seedSecret({ storage: world.storage, now: world.clock.now() }, SECRET, 'whsec_bmV3ZXIgc2VjcmV0IG9mIHRoZSBwYWdlcg==');
  await activeGrant(world, ADMIN);
  await quiet();
  const [first] = at('/all');
  if (!first) throw new Error('nothing came');
  for (const secret of [before, 'whsec_bmV3ZXIgc2VjcmV0IG9mIHRoZSBwYWdlcg=='])
    expect(verify(secret, first.headers, first.body, world.clock.now())).toBe(true);
});

test('the published schemas are current, and real events are as they say', async () => {
  const folder = new URL('events/', DOCS);
  const files = eventSchemaFiles();
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
  const heard: { 'detail-type': string; detail: unknown }[] = [];
  world.events.onEvent((event) => void heard.push(event));
  const id = await activeGrant(world, ADMIN);
  await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
  await quiet();
  expect(heard.length).toBeGreaterThan(5);
  for (const event of heard) {
    const name = `${event['detail-type'].replace(' ', '-')}.schema.json`;
    const schema = z.fromJSONSchema(JSON.parse(files[name] ?? 'false'));
    expect(schema.safeParse(event.detail), name).toMatchObject({ success: true });
    expect(schema.safeParse({ ...(event.detail as object), type: 'other' }).success).toBe(false);
  }
});
