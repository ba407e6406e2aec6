/**
 * F18 and repeated requests. Would catch a limit that is not kept or not named, a second grant for one request, and a
 * list that can be read on through somebody else's cursor.
 */
import { afterEach, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, ask, exampleConfig, type TestWorld, testWorld, VIEW } from './harness.ts';
import { dedicatedRoles, everything } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

/** mycluster-view-dev six times over. */
function sixViews(text: string): string {
  const [before = '', view = ''] = text.split('  mycluster-view-dev:\n');
  return before + [1, 2, 3, 4, 5, 6].map((n) => `  view-${n}:\n${view}`).join('');
}
const view = (n: number) => ({ ...VIEW, entitlement: `view-${n}` });

it('F18: the sixth open request is refused by name, until one is withdrawn', async () => {
  world = await testWorld({ config: exampleConfig(sixViews) });
  const ids = [];
  for (const n of [1, 2, 3, 4, 5]) ids.push(await ask(world, 'alice', view(n)));
  const before = await everything(world);
  const sixth = await world.call('alice', 'POST', '/v1/grants', view(6));
  expect(sixth.status).toBe(429);
  const preview = await world.call('alice', 'POST', '/v1/grants?dryRun=true', view(6));
  expect([preview.status, preview.body]).toEqual([429, sixth.body]);
  expect(sixth.body).toMatchObject({
    rule: 'tooManyOpenGrants',
    detail: 'You have 5 open grants; the limit is 5. End or withdraw one first.',
  });
  await world.pass(seconds(1));
  expect(await everything(world)).toEqual(before);
  expect(await dedicatedRoles(world)).toHaveLength(5);

  expect((await world.call('bob', 'POST', '/v1/grants', view(6))).status).toBe(201);
  await world.call('alice', 'POST', `/v1/grants/${ids[0]}/withdraw`, {});
  expect((await world.call('alice', 'POST', '/v1/grants', view(6))).status).toBe(201);
});

it('F18: five at once with one place left: one gets it', async () => {
  world = await testWorld({ config: exampleConfig(sixViews) });
  for (const n of [1, 2, 3, 4]) await world.call('alice', 'POST', '/v1/grants', view(n));
  const replies = await Promise.all([view(5), view(6)].map((body) => world.call('alice', 'POST', '/v1/grants', body)));
  expect(replies.map((reply) => reply.status).sort()).toEqual([201, 429]);
});

it('F18: more requests for one entitlement than may wait are refused by name, until one is decided', async () => {
  const config = exampleConfig((text) =>
    text.replace('  requestsPerPersonAndHour: 10\n', '  requestsPerPersonAndHour: 10\n  pendingPerEntitlement: 1\n'),
  );
  world = await testWorld({ config });
  const first = await ask(world, 'alice', ADMIN);
  const waiting = await world.call('bob', 'POST', '/v1/grants', ADMIN);
  expect([waiting.status, waiting.body.rule]).toEqual([429, 'tooManyPending']);
  const preview = await world.call('bob', 'POST', '/v1/grants?dryRun=true', ADMIN);
  expect([preview.status, preview.body]).toEqual([429, waiting.body]);
  await world.call('carol', 'POST', `/v1/grants/${first}/approve`, {});
  expect((await world.call('bob', 'POST', '/v1/grants', ADMIN)).status, 'its place is free once it is decided').toBe(
    201,
  );
});

it('F18: the eleventh request within an hour is refused by name, and taken when the hour is over', async () => {
  world = await testWorld();
  for (let n = 1; n <= 10; n++) {
    const asked = await world.call('alice', 'POST', '/v1/grants', ADMIN);
    expect(asked.status).toBe(201);
    await world.call('alice', 'POST', `/v1/grants/${asked.body.id}/withdraw`, {});
    await world.pass(minutes(1));
  }
  const before = await everything(world);
  const eleventh = await world.call('alice', 'POST', '/v1/grants', ADMIN);
  expect(eleventh.status).toBe(429);
  expect(eleventh.body).toMatchObject({
    rule: 'tooManyRequests',
    detail: 'You made 10 requests within an hour; the limit is 10. Ask again after 2026-11-24T10:00:00.000Z.',
  });
  expect(await everything(world)).toEqual(before);
  await world.pass(minutes(49));
  expect((await world.call('alice', 'POST', '/v1/grants', ADMIN)).status).toBe(429);
  await world.pass(minutes(1));
  expect((await world.call('alice', 'POST', '/v1/grants', ADMIN)).status).toBe(201);
});

it('asking again returns the open grant, whatever else was asked for', async () => {
  world = await testWorld();
  const id = await ask(world, 'alice', ADMIN);
  const again = await world.call('alice', 'POST', '/v1/grants', {
    ...ADMIN,
    duration: '4h',
    justification: 'again, longer',
  });
  expect(again.status).toBe(200);
  expect(again.body).toMatchObject({ id, duration: '30m', justification: ADMIN.justification });
  const list = await world.call('alice', 'GET', '/v1/grants');
  expect(list.body['grants']).toHaveLength(1);
});

it('eight identical requests at once make one grant', async () => {
  world = await testWorld();
  const replies = await Promise.all(Array.from({ length: 8 }, () => world.call('alice', 'POST', '/v1/grants', VIEW)));
  expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1);
  expect(replies.filter((reply) => reply.status === 201)).toHaveLength(1);
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(7);
});

it('an idempotency key: same body, same grant, even after it is over; another body is refused; another person is not concerned', async () => {
  world = await testWorld();
  const key = { 'idempotency-key': 'd9f0-1' };
  const first = await world.call('alice', 'POST', '/v1/grants', ADMIN, key);
  expect(first.status).toBe(201);
  await world.pass(seconds(1));
  const repeated = await world.call('alice', 'POST', '/v1/grants', ADMIN, key);
  expect([repeated.status, repeated.body.id]).toEqual([200, first.body.id]);

  const before = await everything(world);
  const other = await world.call('alice', 'POST', '/v1/grants', { ...ADMIN, duration: '31m' }, key);
  expect(other.status).toBe(422);
  expect(other.body).toMatchObject({ rule: 'idempotencyKeyReused', detail: expect.stringContaining('Use a new key') });
  expect(await everything(world)).toEqual(before);

  const bobs = await world.call('bob', 'POST', '/v1/grants', ADMIN, key);
  expect(bobs.status).toBe(201);
  expect(bobs.body.id).not.toBe(first.body.id);

  await world.call('alice', 'POST', `/v1/grants/${first.body.id}/withdraw`, {});
  const late = await world.call('alice', 'POST', '/v1/grants', ADMIN, key);
  expect([late.status, late.body.id, late.body.state]).toEqual([200, first.body.id, 'withdrawn']);

  await world.pass(hours(25));
  const nextDay = await world.call('alice', 'POST', '/v1/grants', { ...ADMIN, duration: '31m' }, key);
  expect(nextDay.status).toBe(201);
});

it('two at once with one idempotency key and different bodies: one grant, one refusal', async () => {
  world = await testWorld();
  const key = { 'idempotency-key': 'twice' };
  const replies = await Promise.all([ADMIN, VIEW].map((body) => world.call('alice', 'POST', '/v1/grants', body, key)));
  expect(replies.map((reply) => reply.status).sort()).toEqual([201, 422]);
});

it('a cursor of another person, another view or one written by hand reads nothing', async () => {
  world = await testWorld();
  for (const profile of ['bob', 'alice'])
    for (const body of [ADMIN, VIEW]) await world.call(profile, 'POST', '/v1/grants', body);
  const page = async (profile: string, query: string) => world.call(profile, 'GET', `/v1/grants?limit=1&${query}`);
  const cursorOf = async (profile: string, view: string) =>
    String((await page(profile, `view=${view}`)).body['cursor']);
  const [mine, bobs, all] = [
    await cursorOf('alice', 'mine'),
    await cursorOf('bob', 'mine'),
    await cursorOf('bob', 'all'),
  ];

  const next = await page('alice', `view=mine&cursor=${mine}`);
  expect((next.body['grants'] as { requester: { id: string } }[]).map((grant) => grant.requester.id)).toEqual([
    'alice',
  ]);
  for (const [query, cursor] of [
    ['mine', bobs],
    ['mine', all],
    ['all', mine],
    ['mine', mine.slice(0, -2)],
  ]) {
    const reply = await page('alice', `view=${query}&cursor=${cursor}`);
    expect([reply.status, reply.body.rule]).toEqual([400, 'invalidRequest']);
    expect(reply.body.detail).toContain('leave it out to begin again');
  }
  const forged = Buffer.from(JSON.stringify(['byPerson', 'bob', '01jdexamp0000000000000000a'])).toString('base64url');
  expect((await page('alice', `view=mine&cursor=${forged}`)).status).toBe(400);
});

it('an idempotency key that was answered with the open grant stays bound to it', async () => {
  world = await testWorld();
  const open = await ask(world, 'alice', ADMIN);
  const key = { 'idempotency-key': 'later' };
  const again = await world.call('alice', 'POST', '/v1/grants', ADMIN, key);
  expect([again.status, again.body.id]).toEqual([200, open]);
  expect((await world.call('alice', 'POST', '/v1/grants', VIEW, key)).body.rule).toBe('idempotencyKeyReused');
  await world.call('alice', 'POST', `/v1/grants/${open}/withdraw`, {});
  const late = await world.call('alice', 'POST', '/v1/grants', ADMIN, key);
  expect([late.status, late.body.id]).toEqual([200, open]);
});
