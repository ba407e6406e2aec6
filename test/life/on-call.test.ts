/**
 * Who is on call, asked of a real server. Catches access for somebody who is not, or because nobody could say, and an end
 * that waits for such an answer.
 */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { exampleConfig, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { entryOf } from './operator.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf';
let server: Server;
let world: TestWorld;
/** Who is on call; undefined: the server says nothing. */
let onCall: readonly string[] | undefined;
let genuine: boolean[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given } = request.headers;
    const signature = createHmac('sha256', 'oncall').update(`${id}.${at}.${body}`).digest('base64');
    genuine.push(given === `v1,${signature}`);
    if (onCall) response.writeHead(200).end(JSON.stringify({ onCall }));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const config = exampleConfig((text) =>
    text
      .replace('    maxDuration: 24h\n', '    maxDuration: 24h\n    conditions: [{ onCall: platform }]\n')
      .concat(`\nonCall:\n  platform: { url: "http://127.0.0.1:${port}/now", secret: "${SECRET}" }\n`),
  );
  world = await testWorld({ config, calls: { callTimeout: seconds(0.5) } });
}, 60_000);
afterAll(async () => {
  await world?.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  // An answer serves for a minute.
  await world.pass(minutes(2));
  [onCall, genuine] = [['alice@example.com'], []];
});
const request = () => world.call('alice', 'POST', '/v1/grants', VIEW);

it('whoever is on call gets it, asked for and approved; its end asks nobody', async () => {
  const asked = await request();
  expect(asked.status).toBe(201);
  expect(genuine).toEqual([true]);
  await world.pass(seconds(2));
  const { id } = asked.body;
  expect((await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {})).status).toBe(200);
  await world.pass(seconds(2));
  expect((await show(world, id)).state).toBe('active');
  onCall = undefined;
  genuine = [];
  await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
  await world.pass(seconds(2));
  const { state, principal } = await show(world, id);
  expect([state, await entryOf(world, principal.arn), genuine]).toEqual(['ended', undefined, []]);
});

it('somebody else is on call; and at the approval it counts again', async () => {
  onCall = ['bob'];
  expect((await request()).body).toMatchObject({ rule: 'notOnCall', detail: expect.stringContaining('Bob') });
  await world.pass(minutes(2));
  onCall = ['alice'];
  const asked = await request();
  await world.pass(minutes(2));
  onCall = ['bob'];
  const approved = await world.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
  expect(approved.body.rule).toBe('notOnCall');
  await world.call('alice', 'POST', `/v1/grants/${asked.body.id}/withdraw`, {});
});

it('closed on doubt (I8): the server says nothing, or is gone', async () => {
  onCall = undefined;
  const answer = await request();
  expect(answer.body).toMatchObject({ rule: 'conditionFailed', detail: expect.stringContaining('did not answer') });
  expect((await world.call('alice', 'GET', '/v1/can?entitlement=mycluster-view-dev')).body).toMatchObject({
    verdict: 'no',
    refusal: { rule: 'conditionFailed' },
  });
});
