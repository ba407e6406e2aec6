/**
 * Decisions that must not count: by the requester, by somebody not asked, twice, too late. Would catch an approval that
 * is taken without its rule, a second activation, and a refusal that leaves a trace on the record.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  ask,
  eventTypes,
  exampleConfig,
  type Reply,
  show,
  type TestWorld,
  testWorld,
  VIEW,
  withDave,
} from './harness.ts';
import { dedicatedRoles, everything, KUBERNETES_ADMIN, principals } from './operator.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ config: exampleConfig(withDave) });
});
afterAll(() => world.close());

/** The call is refused so, and afterwards everything is as it was. */
async function refused(call: () => Promise<Reply>, status: number, rule: string, says: RegExp): Promise<void> {
  const before = await everything(world);
  const reply = await call();
  expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status, rule });
  expect(reply.body.detail).toMatch(says);
  await world.pass(seconds(1));
  expect(await everything(world)).toEqual(before);
}
const decide =
  (profile: string, id: string, verb = 'approve', body: unknown = {}) =>
  (): Promise<Reply> =>
    world.call(profile, 'POST', `/v1/grants/${id}/${verb}`, body);

describe('on a pending request', () => {
  let id: string;
  beforeAll(async () => {
    id = await ask(world, 'bob', { ...ADMIN, duration: '30m' });
  });
  afterAll(() => world.call('bob', 'POST', `/v1/grants/${id}/withdraw`, {}));

  it('the requester, though an approver, cannot approve', () =>
    refused(decide('bob', id), 403, 'selfApproval', /Bob Baker asked for this.*Somebody else/));
  it('the requester cannot deny either', () =>
    refused(decide('bob', id, 'deny', { reason: 'changed my mind' }), 403, 'selfApproval', /Somebody else/));
  it('somebody eligible who is no approver cannot approve', () =>
    refused(decide('alice', id), 403, 'notApprover', /Those who may: Carol Carter\./));
  it('a denial needs a reason', () => refused(decide('carol', id, 'deny'), 400, 'invalidRequest', /reason/));
  it('a reason of blanks is none', () =>
    refused(decide('carol', id, 'deny', { reason: ' \n ' }), 422, 'denialReasonMissing', /needs a reason/));
  it('an approval takes no fields', () =>
    refused(decide('carol', id, 'approve', { by: 'dave' }), 400, 'invalidRequest', /unknown field: by/));
  it('nobody but the requester can withdraw', () =>
    refused(decide('carol', id, 'withdraw'), 403, 'notRequester', /Only Bob Baker/));
  it('what is not live cannot be ended', () =>
    refused(decide('bob', id, 'end'), 409, 'notPending', /pending.*only live or coming access/));
  it('whoever may not read it is told that it does not exist', async () => {
    for (const profile of ['dave', 'alice'])
      await refused(() => world.call(profile, 'GET', `/v1/grants/${id}`), 404, 'unknownGrant', /that you may see/);
    const listed = async (profile: string) => (await world.call(profile, 'GET', '/v1/grants?view=all')).body['grants'];
    expect(await listed('dave')).toEqual([]);
    expect(await listed('alice')).toEqual([]);
    expect(await listed('carol')).toMatchObject([{ id }]);
  });
});

describe('on a request that was decided', () => {
  it('a second decision, by the same and by another, is refused and changes nothing', async () => {
    const id = await ask(world, 'alice', ADMIN);
    expect((await decide('bob', id)()).status).toBe(200);
    await world.pass(seconds(1));
    expect(await principals(world)).toContain(KUBERNETES_ADMIN);
    await refused(decide('bob', id), 409, 'notPending', /is active; only a pending request/);
    await refused(decide('carol', id), 409, 'notPending', /is active/);
    await refused(decide('carol', id, 'deny', { reason: 'too late' }), 409, 'notPending', /is active/);
    await refused(decide('alice', id, 'withdraw'), 409, 'notPending', /end live access instead/);
    await refused(decide('dave', id, 'end'), 403, 'notAllowedToEnd', /Alice Archer, by an approver/);
    expect(eventTypes(await show(world, id)).filter((type) => type === 'approved')).toHaveLength(1);
    await decide('alice', id, 'end')();
    await world.pass(seconds(1));
    expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
    await refused(decide('alice', id, 'end'), 409, 'notPending', /is ended/);
    await refused(decide('bob', id), 409, 'notPending', /is ended/);
  });

  it('one denial ends it, with the reason for the requester; an approval after it is refused', async () => {
    const id = await ask(world, 'alice', VIEW);
    const denied = await decide('carol', id, 'deny', { reason: 'use the dashboard' })();
    expect(denied.body).toMatchObject({ state: 'denied', reason: 'use the dashboard', by: 'Carol Carter' });
    await refused(decide('bob', id), 409, 'notPending', /is denied/);
    expect(await show(world, id)).toMatchObject({ state: 'denied', reason: 'use the dashboard', by: 'Carol Carter' });
    await world.pass(minutes(1));
    await world.sweep();
    expect(await dedicatedRoles(world)).toEqual([]);
  });

  it('a decision on a lapsed request', async () => {
    const id = await ask(world, 'alice', ADMIN);
    await world.pass(hours(24));
    expect((await show(world, id)).state).toBe('lapsed');
    await refused(decide('bob', id), 409, 'requestLapsed', /Nobody decided by 2026-11-2.*made again/);
    await refused(decide('bob', id, 'deny', { reason: 'late' }), 409, 'requestLapsed', /made again/);
  });
});

it('a decision in the very millisecond of the lapse is too late, though nobody has swept', async () => {
  const alone = await testWorld({ workflow: false });
  try {
    const asked = await alone.call('alice', 'POST', '/v1/grants', ADMIN);
    await alone.pass(hours(24));
    const reply = await alone.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status: 409, rule: 'requestLapsed' });
    expect((await show(alone, asked.body.id)).state).toBe('lapsed');
  } finally {
    await alone.close();
  }
});

it('an approver who is the requester under another identity: such a configuration is refused', () => {
  const alias = (text: string): string =>
    text.replace(
      'bob: { name: Bob Baker, email: bob@example.com }',
      'bob: { name: Bob Baker, email: Alice@Example.com }',
    );
  expect(() => exampleConfig(alias)).toThrow(/alice/i);
});
