/** F40: a function whose clock is wrong. Catches an end that is reckoned by it: hours of access that nobody decided. */
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/http/app.ts';
import { newWorld, type World } from '../broker/fake-world.ts';
import { SSO_ROLE_ID } from '../core/fixtures.ts';

/** `off`: how far the function's clock is ahead of API Gateway's, in seconds. */
const call = (world: World, who: string, path: string, off: number, body: object = {}) =>
  answer(world.deps, {
    rawPath: path,
    headers: {},
    body: JSON.stringify(body),
    requestContext: {
      http: { method: 'POST' },
      requestId: 'r',
      timeEpoch: world.now() - off * 1_000,
      authorizer: { iam: { userId: `${SSO_ROLE_ID}:${who}` } },
    },
  });
const ASKED = { entitlement: 'prod-view', justification: 'INC-4211' };

describe.each([
  ['ahead', 61],
  ['behind', -61],
])('a clock that is %s', (_how, off) => {
  test('takes no request and no decision, and raises an alarm', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    expect((await call(world, 'bob', `/v1/grants/${grant.id}/approve`, off)).statusCode).toBe(503);
    expect((await call(world, 'cyd', '/v1/grants', off, ASKED)).statusCode).toBe(503);
    expect([(await world.grant(grant.id)).state, world.tables.grants.size]).toEqual(['pending', 1]);
    expect(world.alarms).toEqual(Array(2).fill("the function's clock and API Gateway's differ"));
  });

  test('asks for no more time', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    expect((await call(world, 'ada', `/v1/grants/${id}/extend`, off, { duration: '1h' })).statusCode).toBe(503);
  });

  test('ends access, and takes a no', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const { grant } = await world.request('cyd');
    expect((await call(world, 'ada', `/v1/grants/${id}/end`, off)).statusCode).toBe(200);
    expect((await call(world, 'bob', `/v1/grants/${grant.id}/deny`, off, { reason: 'no' })).statusCode).toBe(200);
    expect([(await world.grant(id)).state, (await world.grant(grant.id)).state]).toEqual(['revoking', 'denied']);
  });
});

test.each([60, -60, 0])('%s seconds are nothing', async (off) => {
  const world = newWorld();
  expect((await call(world, 'ada', '/v1/grants', off, ASKED)).statusCode).toBe(201);
  expect(world.alarms).toEqual([]);
});
