/**
 * Delegation, reminders and escalation over HTTP against the whole system: would catch what the functions may not do on
 * AWS, an answer that leaves out whom a request waits for, and events that nobody is told of.
 */
import { afterEach, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  ask,
  eventTypes,
  exampleConfig,
  replacing,
  show,
  type TestWorld,
  testWorld,
  withDave,
} from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

const NUDGED = replacing([
  '        - approvers: [group:platform]\n          approvalsNeeded: 1',
  '        - approvers: [bob]\n          remindEvery: 30m\n          escalateAfter: 2h\n          escalateTo: [carol]',
]);
const post = (who: string, path: string, body: object = {}) => world.call(who, 'POST', path, body);
const waiting = async (who: string) =>
  ((await world.call(who, 'GET', '/v1/grants?view=waiting')).body['grants'] as { id: string }[]).map(
    (grant) => grant.id,
  );

it('dave decides for bob while bob is away, and not after', async () => {
  world = await testWorld({ config: exampleConfig((text) => withDave(NUDGED(text))) });
  const id = await ask(world, 'alice', ADMIN);
  expect(await waiting('dave')).toEqual([]);
  expect((await post('dave', `/v1/grants/${id}/approve`)).body.rule).toBe('notApprover');
  expect((await post('dave', '/v1/delegations', { to: ['carol'], ends: '2026-12-01' })).body.rule).toBe(
    'nothingToDelegate',
  );
  expect((await post('bob', '/v1/delegations', { to: ['dave'], ends: 'soon' })).body.rule).toBe('delegationTimes');
  const made = await post('bob', '/v1/delegations', { to: ['dave'], ends: '2026-11-24T15:00:00Z' });
  expect([made.status, made.body]).toMatchObject([
    201,
    { from: { name: 'Bob Baker' }, to: [{ name: 'Dave Dunn' }], starts: '2026-11-24T09:00:01.000Z', stands: true },
  ]);
  expect(await waiting('dave')).toEqual([id]);
  expect((await show(world, id, 'dave')).waitingFor).toMatchObject({
    step: 1,
    have: 0,
    needed: 1,
    people: [{ name: 'Bob Baker' }, { name: 'Dave Dunn', onBehalfOf: 'Bob Baker' }],
    escalatesTo: ['Carol Carter'],
    escalatesAt: '2026-11-24T11:00:00.000Z',
  });
  expect((await post('dave', `/v1/grants/${id}/approve`)).body).toMatchObject({
    state: 'activating',
    approvals: [{ by: 'Dave Dunn', onBehalfOf: 'Bob Baker' }],
  });
  await world.pass(seconds(1));
  expect((await show(world, id)).state).toBe('active');
  const list = await world.call('dave', 'GET', '/v1/delegations');
  expect(list.body['delegations']).toMatchObject([{ id: made.body.id, configured: false }]);
  expect((await post('carol', `/v1/delegations/${made.body.id}/revoke`)).status, 'a responder').toBe(200);
  expect((await post('alice', `/v1/delegations/${made.body.id}/revoke`)).body.rule).toBe('notYourDelegation');
  expect((await post('bob', '/v1/delegations/nothing/revoke')).body.rule).toBe('unknownDelegation');
  expect((await world.call('dave', 'GET', '/v1/delegations')).body['delegations']).toEqual([]);
});

it('nobody answers: bob is reminded, and after two hours carol may decide as well', async () => {
  world = await testWorld({ config: exampleConfig(NUDGED) });
  const id = await ask(world, 'alice', ADMIN);
  expect((await post('carol', `/v1/grants/${id}/approve`)).body.rule).toBe('notApprover');
  await world.pass(minutes(31));
  await world.sweep();
  expect(eventTypes(await show(world, id))).toContain('reminded');
  await world.pass(hours(2));
  await world.sweep();
  const now = await show(world, id);
  expect(now.timeline.at(-1)).toMatchObject({
    type: 'escalated',
    actor: 'hallpass sweeper',
    detail: 'step 1, to carol',
  });
  expect(now.waitingFor).toMatchObject({ escalated: true, people: [{ name: 'Bob Baker' }, { name: 'Carol Carter' }] });
  expect(await waiting('carol')).toEqual([id]);
  expect((await post('carol', `/v1/grants/${id}/approve`)).body.state).toBe('activating');
});
