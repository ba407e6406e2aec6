/**
 * Several approvers, at once or in turn. Would catch a quorum that counts one person twice or loses a decision in a race
 * (F23), and a grant that is both approved and denied.
 */
import { afterEach, expect, it } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { ADMIN, ask, eventTypes, exampleConfig, replacing, show, type TestWorld, testWorld } from './harness.ts';
import { KUBERNETES_ADMIN, principals } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

const TWO = replacing(['          approvalsNeeded: 1', '          approvalsNeeded: 2']);
const IN_TURN = replacing([
  '        - approvers: [group:platform]\n          approvalsNeeded: 1',
  '        - approvers: [bob]\n        - approvers: [carol]',
]);
const post = (profile: string, id: string, verb: string, body: object = {}) =>
  world.call(profile, 'POST', `/v1/grants/${id}/${verb}`, body);
const hasAccess = async () => (await principals(world)).includes(KUBERNETES_ADMIN);
const count = async (id: string, type: string) =>
  eventTypes(await show(world, id)).filter((one) => one === type).length;

it('two are needed: one is not enough, the same one twice is not two', async () => {
  world = await testWorld({ config: exampleConfig(TWO) });
  const id = await ask(world, 'alice', ADMIN);
  expect((await post('bob', id, 'approve')).body).toMatchObject({
    state: 'pending',
    approvals: [{ by: 'Bob Baker', step: 1 }],
  });
  const twice = await post('bob', id, 'approve');
  expect([twice.status, twice.body.rule]).toEqual([409, 'alreadyApproved']);
  await world.pass(seconds(30));
  await world.sweep();
  expect(await hasAccess()).toBe(false);
  expect((await post('carol', id, 'approve')).body.state).toBe('activating');
  await world.pass(seconds(1));
  expect(await hasAccess()).toBe(true);
});

it('two are needed and one denies: it is over, whoever approved before', async () => {
  world = await testWorld({ config: exampleConfig(TWO) });
  const id = await ask(world, 'alice', ADMIN);
  await post('bob', id, 'approve');
  expect((await post('carol', id, 'deny', { reason: 'not tonight' })).body.state).toBe('denied');
  await world.pass(seconds(30));
  expect(await hasAccess()).toBe(false);
});

it('F23: two approvers at once: each decision counts once, and there is one activation', async () => {
  world = await testWorld({ config: exampleConfig(TWO) });
  const id = await ask(world, 'alice', ADMIN);
  const replies = await Promise.all(['bob', 'carol'].map((profile) => post(profile, id, 'approve')));
  expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
  await world.pass(seconds(1));
  expect(await hasAccess()).toBe(true);
  expect([await count(id, 'approved'), await count(id, 'armed'), await count(id, 'activated')]).toEqual([2, 1, 1]);
  expect((await show(world, id)).approvals.map((approval) => approval.by).sort()).toEqual([
    'Bob Baker',
    'Carol Carter',
  ]);
});

it('F23: a click that arrives four times at once is one decision', async () => {
  world = await testWorld({ config: exampleConfig(TWO) });
  const id = await ask(world, 'alice', ADMIN);
  // Time stands still here, so these are one event: whoever comes second is told of it, or that it is done already.
  const replies = await Promise.all(Array.from({ length: 4 }, () => post('bob', id, 'approve')));
  expect(replies.every((reply) => reply.status === 200 || reply.body.rule === 'alreadyApproved')).toBe(true);
  expect([await count(id, 'approved'), (await show(world, id)).state]).toEqual([1, 'pending']);
});

it('F23: one is needed and two approve at once: one decision is recorded, the other is told so', async () => {
  world = await testWorld();
  const id = await ask(world, 'alice', ADMIN);
  const replies = await Promise.all(['bob', 'carol'].map((profile) => post(profile, id, 'approve')));
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
  await world.pass(seconds(1));
  expect([await count(id, 'approved'), await count(id, 'activated')]).toEqual([1, 1]);
});

it('approve and deny at once, six times over: exactly one wins, and the access is as the winner says', async () => {
  world = await testWorld();
  for (let round = 0; round < 6; round++) {
    const id = await ask(world, 'alice', ADMIN);
    const calls = [() => post('bob', id, 'approve'), () => post('carol', id, 'deny', { reason: 'no' })];
    const replies = await Promise.all((round % 2 ? calls : calls.reverse()).map((call) => call()));
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
    await world.pass(seconds(1));
    const { state } = await show(world, id);
    expect(state).toBe(replies.find((reply) => reply.status === 200)?.body.state === 'denied' ? 'denied' : 'active');
    expect(await hasAccess()).toBe(state === 'active');
    expect((await count(id, 'approved')) + (await count(id, 'denied'))).toBe(1);
    if (state === 'active') await post('alice', id, 'end');
    await world.pass(seconds(1));
  }
});

it('approve and withdraw at once: exactly one wins, or the approval first and the withdrawal is refused', async () => {
  world = await testWorld();
  const id = await ask(world, 'alice', ADMIN);
  const replies = await Promise.all([post('bob', id, 'approve'), post('alice', id, 'withdraw')]);
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
  await world.pass(seconds(1));
  expect(await hasAccess()).toBe((await show(world, id)).state === 'active');
});

it('steps come in turn: nobody decides a step that is not theirs', async () => {
  world = await testWorld({ config: exampleConfig(IN_TURN) });
  const id = await ask(world, 'alice', ADMIN);
  const early = await post('carol', id, 'approve');
  expect([early.status, early.body.rule]).toEqual([403, 'notApprover']);
  expect(early.body.detail).toContain('step 1 of "mycluster-admin". Those who may: Bob Baker.');
  expect((await post('bob', id, 'approve')).body.state).toBe('pending');
  const again = await post('bob', id, 'approve');
  expect([again.status, again.body.rule]).toEqual([403, 'notApprover']);
  expect((await post('carol', id, 'approve')).body).toMatchObject({
    state: 'activating',
    approvals: [{ step: 1 }, { step: 2 }],
  });
  await world.pass(seconds(1));
  expect(await hasAccess()).toBe(true);
});
