/**
 * F12: the sweeper alone is sufficient. Would catch a step of a grant's life that only the workflow does, or that comes
 * more than 90 seconds late without it.
 */
import { afterEach, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, alarmsOf, eventTypes, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { dedicatedRoles, principals } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

/** Step Functions refuses every call, and the schedule sweeps every minute as deployed. */
const withoutWorkflow = () =>
  testWorld({
    workflow: false,
    schedule: true,
    faults: faultPlan([{ fault: { kind: 'failBefore' }, on: { service: 'states' }, times: Number.POSITIVE_INFINITY }]),
  });

it.each([
  ['role', ADMIN],
  ['dedicated', VIEW],
])('mode %s: asked, approved, active, warned and ended by sweeps only', async (_mode, body) => {
  world = await withoutWorkflow();
  const before = await principals(world);
  const asked = await world.call('alice', 'POST', '/v1/grants', body);
  expect(asked.status).toBe(201);
  const { id } = asked.body;
  await world.pass(seconds(90));
  expect(eventTypes(await show(world, id))).toEqual(['requested', 'prepared']);

  const approved = await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  expect(approved.body).toMatchObject({ state: 'activating', expiresAt: '2026-11-24T09:31:30.000Z' });
  await world.pass(seconds(90));
  const active = await show(world, id);
  expect(active.state).toBe('active');
  expect(await principals(world)).toContain(active.principal.arn);

  await world.pass(minutes(28));
  expect(await principals(world)).toContain(active.principal.arn);
  await world.pass(seconds(90));
  expect(await principals(world)).toEqual(before);
  await world.pass(minutes(12));
  const ended = await show(world, id);
  expect(ended).toMatchObject({ state: 'ended', reason: 'expired' });
  expect(new Set(eventTypes(ended))).toEqual(
    new Set([
      'requested',
      'prepared',
      'approved',
      'armed',
      'activated',
      'verified',
      'warned',
      'revoking',
      'ended',
      'settled',
      ...(body === VIEW ? ['narrowed', 'roleDeleted'] : []),
    ]),
  );
  expect(await dedicatedRoles(world)).toEqual([]);
  expect(alarmsOf(world)).toEqual([]);
});

it('approved before anything was prepared, scheduled for later, and ended early: all within 90 seconds', async () => {
  world = await withoutWorkflow();
  const asked = await world.call('alice', 'POST', '/v1/grants', { ...VIEW, startAt: '2026-11-24T09:10:00Z' });
  const { id } = asked.body;
  expect((await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {})).body.state).toBe('scheduled');
  await world.pass(minutes(9));
  expect((await show(world, id)).state).toBe('scheduled');
  await world.pass(seconds(150));
  const { state, principal } = await show(world, id);
  expect(state).toBe('active');
  await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
  await world.pass(seconds(90));
  expect(await principals(world)).not.toContain(principal.arn);
  expect((await show(world, id)).reason).toBe('endedEarly');
});

it('an undecided request lapses', async () => {
  world = await withoutWorkflow();
  const { body } = await world.call('alice', 'POST', '/v1/grants', { ...VIEW });
  // The schedule would sweep 1,440 times; two looks are enough here.
  await world.close();
  world = await testWorld({ workflow: false });
  const again = await world.call('alice', 'POST', '/v1/grants', VIEW);
  expect(again.body.id).not.toBe(body.id);
  await world.pass(minutes(24 * 60));
  await world.sweep();
  await world.sweep();
  expect(eventTypes(await show(world, again.body.id)).at(-1)).toMatch(/lapsed|roleDeleted/);
  expect(await dedicatedRoles(world)).toEqual([]);
});
