/**
 * An incident, over the API and on the real table (F31, F34): freeze, end everything, drain. Catches a hub record that
 * the table, the index or the permissions of a function do not carry, and events of it that nobody is told of.
 */
import { afterEach, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, activeGrant, ask, type TestWorld, testWorld, VIEW } from './harness.ts';
import { items, principals } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

const post = (who: string, path: string, body: object) => world.call(who, 'POST', path, body);
const hub = async (who: string) => (await world.call(who, 'GET', '/v1/hub')).body as Record<string, unknown>;

it('freeze and end --all: nothing opens, everything ends, and both are told and on record', async () => {
  world = await testWorld();
  const told: string[] = [];
  world.events.onEvent((event) => void told.push(event['detail-type']));
  const before = await principals(world);
  const admin = await activeGrant(world, ADMIN);
  const view = await activeGrant(world, VIEW);
  const pending = await ask(world, 'carol', { ...VIEW, duration: '10m' });

  const frozen = await post('bob', '/v1/freeze', { all: true, reason: 'INC-1: keys leaked' });
  expect(frozen).toMatchObject({ status: 200, body: { freezes: [{ what: 'everything', by: 'Bob Baker' }] } });
  const refused = await post('bob', '/v1/grants', { ...VIEW, justification: 'looking at it' });
  expect(refused).toMatchObject({ status: 423, body: { rule: 'frozen' } });
  expect(refused.body.detail).toMatch(/Bob Baker froze everything at 2026-11-24T09:00:05.000Z: INC-1: keys leaked/);
  expect((await post('bob', `/v1/grants/${pending}/approve`, {})).body.rule).toBe('frozen');

  const ended = await post('carol', '/v1/end', { all: true, note: 'INC-1' });
  expect(ended).toMatchObject({
    status: 200,
    body: { ended: 3, left: 0, order: { what: 'everything', by: 'Carol Carter' } },
  });
  await world.pass(seconds(2));
  expect(await principals(world)).toEqual(before);
  for (const id of [admin, view])
    expect((await world.call('alice', 'GET', `/v1/grants/${id}`)).body).toMatchObject({
      state: 'ended',
      reason: 'endedEarly',
      by: 'Carol Carter',
    });

  for (let minute = 0; minute < 14; minute++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
  expect(await hub('bob')).toMatchObject({
    orders: [],
    freezes: [{}],
    remaining: { coming: 0, live: 0, ending: 0, aftercare: 0, grants: [] },
  });
  expect(await hub('alice')).not.toHaveProperty('remaining');
  expect((await items(world))['grant#hub hub']).not.toHaveProperty('dueAt');

  await world.drain();
  expect(told).toEqual(expect.arrayContaining(['hub frozen', 'hub endOrdered', 'hub endOrderDone']));

  expect((await post('bob', '/v1/thaw', { all: true })).status).toBe(200);
  expect((await post('alice', '/v1/grants', VIEW)).status).toBe(201);
});

it('bad input and people who may not are refused by name, and change nothing', async () => {
  world = await testWorld({ workflow: false });
  const CASES = [
    ['bob', '/v1/end', {}, 400, /exactly one/],
    ['bob', '/v1/end', { all: true, cluster: 'mycluster' }, 400, /exactly one/],
    ['bob', '/v1/end', { all: 'yes' }, 400, /all/],
    ['bob', '/v1/freeze', { all: true }, 400, /reason/],
    ['bob', '/v1/freeze', { cluster: 'prdo', reason: 'INC-1' }, 422, /There are: mycluster/],
    ['bob', '/v1/thaw', { all: true }, 409, /no freeze of everything/],
    ['alice', '/v1/end', { all: true }, 403, /Only responders.*Bob Baker, Carol Carter/],
    ['alice', '/v1/freeze', { all: true, reason: 'x' }, 403, /Only responders/],
    ['alice', '/v1/thaw', { all: true }, 403, /Only responders/],
  ] as const;
  for (const [who, path, body, status, says] of CASES)
    expect(await post(who, path, body)).toMatchObject({ status, body: { detail: expect.stringMatching(says) } });
  expect(Object.keys(await items(world)).filter((key) => key.startsWith('grant#hub'))).toEqual([]);
});
