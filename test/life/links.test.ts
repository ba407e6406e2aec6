/** Linking a Slack account through the API, on the table that local mode has. */

import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linksIn } from '../../src/aws/links.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { beginLink } from '../../src/broker/linkIdentity.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { invocation } from '../store/on-dynamodb.ts';
import { exampleConfig, replacing, type TestWorld, testWorld } from './harness.ts';
import { clientOf } from './operator.ts';

const TEAM = 'T0123ABCD';
const config: Configuration = exampleConfig(replacing(['identities:\n', `identities:\n  slack: { team: ${TEAM} }\n`]));

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ config });
});
afterAll(() => world.close());

/** As the Slack app asks for one. */
async function codeFor(userId: string, name: string): Promise<string> {
  const links = linksIn(new DynamoDBClient(clientOf(world)), invocation(), 'hallpass', async () => {}, randomBytes);
  const deps = {
    links,
    config: () => config,
    now: () => world.clock.now(),
    random: randomBytes,
    sha256,
    log: () => {},
  };
  const begun = await beginLink(deps, { teamId: TEAM, userId, name });
  if (!begun.ok) throw new Error(begun.error.reason);
  return begun.value.code;
}

it('link, look, unlink: each answered, and told on EventBridge without names or codes', async () => {
  const heard: { 'detail-type': string; detail: unknown }[] = [];
  world.events.onEvent((event) => void heard.push(event as never));
  const code = await codeFor('U0ALICE', 'Alice A.');
  const shown = await world.call('alice', 'POST', '/v1/links?dryRun=true', { code });
  expect(shown).toMatchObject({ status: 200, body: { account: { userId: 'U0ALICE', name: 'Alice A.' } } });
  expect(shown.body).not.toHaveProperty('linkedAt');
  const made = await world.call('alice', 'POST', '/v1/links', { code });
  expect(made).toMatchObject({
    status: 200,
    body: { account: { teamId: TEAM, userId: 'U0ALICE', name: 'Alice A.' }, person: { id: 'alice' } },
  });
  expect((await world.call('alice', 'GET', '/v1/links')).body).toMatchObject({
    accounts: [{ userId: 'U0ALICE', linkedAt: '2026-11-24T09:00:00.000Z' }],
    events: [{ n: 1, type: 'linked', actor: 'Alice Archer' }],
  });
  const asked = await world.call('alice', 'POST', '/v1/links/U0ALICE/unlink', {});
  expect(asked).toMatchObject({ status: 200, body: { account: { userId: 'U0ALICE' } } });
  await world.drain();
  expect(heard.map((event) => [event['detail-type'], event.detail])).toMatchObject([
    ['person linked', { personId: 'alice', slack: { teamId: TEAM, userId: 'U0ALICE' }, actor: { person: 'alice' } }],
    ['person unlinked', { personId: 'alice', n: 2 }],
  ]);
  expect(JSON.stringify(heard)).not.toMatch(/Alice A|AROA/);
  expect(JSON.stringify(heard)).not.toContain(code);
});

it.each([
  ['another’s links', 'alice', 'GET', '/v1/links?person=bob', undefined, 403, 'notAllowedToReadLinks'],
  ['a code that nobody was given', 'alice', 'POST', '/v1/links', { code: 'K7QF-2M9X-TR40' }, 422, 'linkCodeNotGood'],
  ['no code', 'alice', 'POST', '/v1/links', {}, 400, 'invalidRequest'],
  ['a code as a list', 'alice', 'POST', '/v1/links', { code: ['x'] }, 400, 'invalidRequest'],
  ['for somebody else', 'alice', 'POST', '/v1/links', { code: 'x', person: 'bob' }, 400, 'invalidRequest'],
  ['unlinking what is not there', 'alice', 'POST', '/v1/links/U0BOB/unlink', {}, 404, 'notLinked'],
  ['unlinking an address', 'alice', 'POST', '/v1/links/..%2F/unlink', {}, 404, undefined],
] as const)('%s is refused', async (_what, who, method, path, body, status, rule) => {
  const reply = await world.call(who, method, path, body);
  expect(reply.status).toBe(status);
  if (rule) expect(reply.body.rule).toBe(rule);
});

it('without a workspace in the configuration the code is not even looked at', async () => {
  world.deploy(exampleConfig());
  const reply = await world.call('bob', 'POST', '/v1/links', { code: 'K7QF-2M9X-TR40' });
  expect(reply).toMatchObject({ status: 409, body: { rule: 'slackNotConfigured' } });
  world.deploy(config);
});
