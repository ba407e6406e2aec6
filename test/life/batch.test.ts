/**
 * Several clusters in one request, over HTTP against the whole system. Would catch a transaction that DynamoDB refuses
 * (an item named twice), a decision that reaches one grant only, and an answer that leaves some out.
 */
import { afterEach, expect, it } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { exampleConfig, type Reply, replacing, show, type TestWorld, testWorld, VIEW } from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

const SECOND = replacing(
  [
    'clusters:\n  mycluster:',
    'clusters:\n  second:\n    arn: arn:aws:eks:eu-west-1:111122223333:cluster/second\n    executor: arn:aws:iam::111122223333:role/hallpass-executor\n  mycluster:',
  ],
  [
    'namespace dev on mycluster, secrets left out\n    clusters: [mycluster]',
    'namespace dev on mycluster, secrets left out\n    clusters: [mycluster, second]',
  ],
);
const BOTH = { ...VIEW, clusters: ['mycluster', 'second'] };
const post = (who: string, path: string, body: object = {}, headers = {}) =>
  world.call(who, 'POST', `/v1/grants${path}`, body, headers);
const siblings = (reply: Reply) => reply.body.batch?.grants.map(({ cluster, state }) => [cluster, state]);

it('asked for once, approved once, ended each by itself or together; a key answers all again', async () => {
  world = await testWorld({ config: exampleConfig(SECOND) });
  const dry = await world.call('alice', 'POST', '/v1/grants?dryRun=true', BOTH);
  expect((dry.body['plans'] as { cluster: string }[]).map((plan) => plan.cluster)).toEqual(['mycluster', 'second']);

  const key = { 'idempotency-key': 'both' };
  const asked = await post('alice', '', BOTH, key);
  expect(asked.status).toBe(201);
  const ids = (asked.body['grants'] as { id: string }[]).map((grant) => grant.id) as [string, string];
  expect(new Set(ids).size).toBe(2);
  const again = await post('alice', '', BOTH, key);
  expect([again.status, (again.body['grants'] as { id: string }[]).map((grant) => grant.id)]).toEqual([200, ids]);

  await world.pass(seconds(1));
  const approved = await post('bob', `/${ids[1]}/approve`);
  expect(approved.body.state).toBe('activating');
  expect(siblings(approved)).toEqual([
    ['mycluster', 'activating'],
    ['second', 'activating'],
  ]);
  await world.pass(seconds(1));
  for (const id of ids) {
    expect(await show(world, id)).toMatchObject({
      state: 'active',
      approvals: [{ by: 'Bob Baker' }],
      batch: { id: ids[0] },
    });
  }
  expect((await post('alice', `/${ids[0]}/end`)).body.state).toBe('revoking');
  expect((await show(world, ids[1])).state).toBe('active');
  expect((await post('alice', `/${ids[1]}/end?withSiblings=true`)).status).toBe(200);
  await world.pass(seconds(5));
  expect([(await show(world, ids[0])).state, (await show(world, ids[1])).state]).toEqual(['ended', 'ended']);

  const second = await post('alice', '', BOTH);
  const denied = await post('carol', `/${second.body.id}/deny`, { reason: 'not now' });
  expect(siblings(denied)).toEqual([
    ['mycluster', 'denied'],
    ['second', 'denied'],
  ]);
});

it('either cluster or clusters, one to ten', async () => {
  world = await testWorld({ config: exampleConfig(SECOND) });
  for (const clusters of [
    { ...BOTH, cluster: 'second' },
    { ...VIEW, clusters: [] },
    { ...VIEW, clusters: Array(11).fill('second') },
  ])
    expect((await post('alice', '', clusters)).status).toBe(400);
  expect((await post('alice', '', { ...VIEW, clusters: ['second', 'third'] })).body.rule).toBe('clusterNotOffered');
});
