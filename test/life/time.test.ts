/**
 * Windows, starts and ends. Would catch access that begins early or lasts longer than what was approved, a withdrawn
 * request that activates all the same, and somebody ended who may not be.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hours, instant, minutes, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  activeGrant,
  alarmsOf,
  ask,
  eventTypes,
  exampleConfig,
  replacing,
  show,
  type TestWorld,
  testWorld,
  VIEW,
  withDave,
} from './harness.ts';
import { dedicatedRoles, everything, KUBERNETES_ADMIN, principals } from './operator.ts';

let world: TestWorld;
let entriesAtFirst: string[];
beforeEach(async () => {
  world = await testWorld({
    config: exampleConfig((text) => replacing(['responders: [group:platform]', 'responders: [dave]'])(withDave(text))),
  });
  entriesAtFirst = await principals(world);
});
afterEach(async () => {
  expect(alarmsOf(world)).toEqual([]);
  await world.close();
});

const post = (profile: string, id: string, verb: string, body: object = {}) =>
  world.call(profile, 'POST', `/v1/grants/${id}/${verb}`, body);
const until = (text: string) => world.clock.advanceTo(instant(Date.parse(text)));
const hasAccess = async () => (await principals(world)).includes(KUBERNETES_ADMIN);

describe('a request that nobody decides', () => {
  it.each([
    ['with the workflow', ADMIN],
    ['and its role', VIEW],
  ])('lapses after its window, counted from the request, %s', async (_what, body) => {
    const id = await ask(world, 'alice', body);
    await until('2026-11-25T08:59:59Z');
    expect((await show(world, id)).state).toBe('pending');
    await until('2026-11-25T09:00:00Z');
    await world.pass(seconds(2));
    const lapsed = await show(world, id);
    expect([lapsed.state, eventTypes(lapsed)]).toEqual(['lapsed', ['requested', 'prepared', 'lapsed']]);
    await world.sweep();
    expect(await dedicatedRoles(world)).toEqual([]);
    expect(await principals(world)).toEqual(entriesAtFirst);
    expect((await world.call('alice', 'POST', '/v1/grants', body)).status).toBe(201);
  });
});

describe('a scheduled start: startAt + duration is an absolute window', () => {
  const at18 = { ...ADMIN, duration: '1h', startAt: '2026-11-24T18:00:00Z' };

  it('approved before the start: access from the start to its end, not a second more', async () => {
    const id = await ask(world, 'alice', at18);
    expect((await post('bob', id, 'approve')).body).toMatchObject({
      state: 'scheduled',
      startsAt: '2026-11-24T18:00:00.000Z',
      expiresAt: '2026-11-24T19:00:00.000Z',
    });
    await until('2026-11-24T17:59:59Z');
    expect(await hasAccess()).toBe(false);
    await until('2026-11-24T18:00:02Z');
    expect(await hasAccess()).toBe(true);
    await until('2026-11-24T18:59:59Z');
    expect(await hasAccess()).toBe(true);
    await until('2026-11-24T19:00:02Z');
    expect(await hasAccess()).toBe(false);
    expect(await show(world, id)).toMatchObject({
      state: 'ended',
      reason: 'expired',
      expiresAt: '2026-11-24T19:00:00.000Z',
    });
  });

  it('approved late: it ends when it would have ended', async () => {
    const id = await ask(world, 'alice', at18);
    await until('2026-11-24T18:45:00Z');
    expect((await post('bob', id, 'approve')).body).toMatchObject({
      state: 'activating',
      expiresAt: '2026-11-24T19:00:00.000Z',
    });
    await world.pass(seconds(1));
    expect(await hasAccess()).toBe(true);
    await until('2026-11-24T19:00:02Z');
    expect(await hasAccess()).toBe(false);
  });

  it('approved when the window is over: refused by name, nothing changed', async () => {
    const id = await ask(world, 'alice', at18);
    await until('2026-11-24T19:00:00Z');
    const before = await everything(world);
    const reply = await post('bob', id, 'approve');
    expect([reply.status, reply.body.rule]).toEqual([409, 'windowOver']);
    expect(reply.body.detail).toContain('A new request is needed');
    expect(await everything(world)).toEqual(before);
  });

  it('withdrawn before the start: no access at the start, and the workflow is over', async () => {
    const id = await ask(world, 'alice', at18);
    await post('bob', id, 'approve');
    await world.pass(hours(1));
    expect((await post('alice', id, 'withdraw')).body.state).toBe('withdrawn');
    await until('2026-11-24T18:30:00Z');
    await world.sweep();
    expect(await principals(world)).toEqual(entriesAtFirst);
    expect(eventTypes(await show(world, id))).toEqual(['requested', 'prepared', 'approved', 'scheduled', 'withdrawn']);
  });

  it('ended by an approver before the start: denied, with the note', async () => {
    const id = await ask(world, 'alice', at18);
    await post('bob', id, 'approve');
    const ended = await post('carol', id, 'end', { note: 'freeze tonight' });
    expect(ended.body).toMatchObject({ state: 'denied', reason: 'freeze tonight', by: 'Carol Carter' });
    await until('2026-11-24T18:30:00Z');
    expect(await principals(world)).toEqual(entriesAtFirst);
  });
});

describe('taken back or ended early', () => {
  it('a pending request is withdrawn: nothing is left, and its role goes', async () => {
    const id = await ask(world, 'alice', VIEW);
    expect(await dedicatedRoles(world)).toHaveLength(1);
    expect((await post('alice', id, 'withdraw')).body.state).toBe('withdrawn');
    await world.pass(seconds(1));
    await world.sweep();
    expect(await dedicatedRoles(world)).toEqual([]);
    const twice = await post('alice', id, 'withdraw');
    expect([twice.status, twice.body.rule]).toEqual([409, 'notPending']);
  });

  it.each([
    ['the requester', 'alice', 'Alice Archer'],
    ['an approver', 'carol', 'Carol Carter'],
    ['a responder', 'dave', 'Dave Dunn'],
  ])('live access is ended by %s', async (_who, profile, name) => {
    const id = await activeGrant(world, VIEW);
    await world.pass(minutes(5));
    const reply = await post(profile, id, 'end', { note: 'done' });
    expect(reply.body).toMatchObject({ state: 'revoking', reason: 'endedEarly', by: name, note: 'done' });
    await world.pass(seconds(1));
    expect(await principals(world)).toEqual(entriesAtFirst);
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: name, note: 'done' });
  });

  it('a stranger cannot, and the access goes on', async () => {
    const id = await ask(world, 'bob', ADMIN);
    await post('carol', id, 'approve');
    await world.pass(seconds(1));
    const reply = await post('alice', id, 'end');
    expect([reply.status, reply.body.rule]).toEqual([403, 'notAllowedToEnd']);
    expect(reply.body.detail).toContain('by Bob Baker, by an approver');
    await world.pass(seconds(1));
    expect(await hasAccess()).toBe(true);
  });

  it('ended while it is being made: the access is gone a moment later', async () => {
    const id = await ask(world, 'alice', ADMIN);
    const approving = post('bob', id, 'approve');
    await approving;
    const ended = await post('carol', id, 'end');
    expect(['revoking', 'ended']).toContain(ended.body.state);
    await world.pass(seconds(30));
    expect(await principals(world)).toEqual(entriesAtFirst);
    expect((await show(world, id)).state).toBe('ended');
  });
});

it('after its end a grant is looked at twice more, and then nothing is owed: no role, no ledger, no deadline', async () => {
  const id = await activeGrant(world, VIEW);
  await post('alice', id, 'end');
  await world.pass(seconds(1));
  for (const wait of [minutes(2), minutes(8), minutes(30)]) {
    await world.pass(wait);
    await world.sweep();
  }
  expect(eventTypes(await show(world, id)).slice(-4)).toEqual(['ended', 'roleDeleted', 'settled', 'settled']);
  const { items, roles } = await everything(world);
  expect(roles).toEqual([]);
  expect(Object.keys(items).filter((key) => key.startsWith('entry#'))).toEqual([]);
  expect(items[`grant#${id} grant`]).not.toHaveProperty('dueAt');
});

it('the requester is warned once, by the first sweep of the last ten minutes', async () => {
  const id = await activeGrant(world, ADMIN);
  for (let minute = 0; minute < 28; minute++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
  const warnings = (await show(world, id)).timeline.filter((event) => event.type === 'warned');
  expect(warnings.map((event) => event.at)).toEqual(['2026-11-24T09:20:02.000Z']);
});
