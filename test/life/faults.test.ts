/**
 * AWS refusing for a while. Would catch a throttle that fails or ends a grant, and a role that IAM has not spread yet
 * taken for one that does not exist.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, alarmsOf, ask, eventTypes, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { dedicatedRoles, principals } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

type Where = readonly [service: Call['service'], operation: string];
const ACTIVATION: readonly Where[] = [
  ['eks', 'DescribeCluster'],
  ['eks', 'CreateAccessEntry'],
  ['eks', 'AssociateAccessPolicy'],
  ['eks', 'DescribeAccessEntry'],
  ['eks', 'ListAssociatedAccessPolicies'],
  ['sts', 'AssumeRole'],
];
const REMOVAL: readonly Where[] = [
  ['eks', 'DeleteAccessEntry'],
  ['eks', 'DescribeAccessEntry'],
  ['eks', 'DescribeCluster'],
];
/** Twice is within the SDK's three attempts; seven times is not, and the workflow has to try again. */
const TIMES = [2, 7] as const;

describe.each(TIMES)('throttled %i times', (times) => {
  it.each(ACTIVATION)('%s %s while access is made: it is made all the same', async (service, operation) => {
    world = await testWorld({ faults: faultPlan() });
    const id = await ask(world, 'alice', VIEW);
    world.functions.recycle();
    world.faults.add({ fault: { kind: 'throttle' }, on: { service, operation, account: '111122223333' }, times });
    await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(minutes(2));
    const active = await show(world, id);
    expect(active.state).toBe('active');
    expect(eventTypes(active).filter((type) => type === 'activated')).toHaveLength(1);
    expect(await principals(world)).toContain(active.principal.arn);
  });

  it.each(REMOVAL)('%s %s while access is removed: it is removed all the same', async (service, operation) => {
    world = await testWorld({ faults: faultPlan() });
    const id = await ask(world, 'alice', ADMIN);
    await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(minutes(29));
    world.faults.add({ fault: { kind: 'throttle' }, on: { service, operation }, times });
    await world.pass(minutes(3));
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
    expect((await principals(world)).filter((arn) => arn.includes('KubernetesAdmin'))).toEqual([]);
    expect(alarmsOf(world)).toEqual([]);
  });

  it('dynamodb TransactWriteItems while somebody approves: decided once, or told to try again', async () => {
    world = await testWorld({ faults: faultPlan() });
    const id = await ask(world, 'alice', ADMIN);
    world.faults.add({
      fault: { kind: 'conflict' },
      on: { service: 'dynamodb', operation: 'TransactWriteItems' },
      times,
    });
    const reply = await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    expect([200, 503]).toContain(reply.status);
    if (reply.status === 503) {
      expect(reply.body).toMatchObject({ rule: 'tryAgain' });
      expect(reply.headers.get('retry-after')).toBe('2');
      expect((await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {})).status).toBe(200);
    }
    await world.pass(seconds(1));
    expect((await show(world, id)).approvals).toHaveLength(1);
  });
});

it('a role that IAM shows five seconds late: activated as soon as EKS knows it', async () => {
  world = await testWorld({ delays: { iam: seconds(5) } });
  const asked = await world.call('alice', 'POST', '/v1/grants', VIEW);
  const { id } = asked.body;
  await world.clock.settle();
  await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(seconds(3));
  expect((await show(world, id)).state).toBe('activating');
  await world.pass(minutes(1));
  expect((await show(world, id)).state).toBe('active');
});

it('entries that EKS shows ten seconds late: active only when they have been read back', async () => {
  world = await testWorld({ delays: { eks: seconds(10) } });
  const id = await ask(world, 'alice', VIEW);
  await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(seconds(5));
  expect((await show(world, id)).state).toBe('activating');
  await world.pass(minutes(2));
  expect((await show(world, id)).state).toBe('active');
});

it('IAM refuses to make the role at first: prepared later, and the approval stands', async () => {
  world = await testWorld({
    faults: faultPlan([{ fault: { kind: 'failBefore' }, on: { operation: 'CreateRole' }, times: 8 }]),
  });
  const asked = await world.call('alice', 'POST', '/v1/grants', VIEW);
  await world.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
  await world.pass(minutes(3));
  await world.sweep();
  await world.pass(minutes(1));
  expect((await show(world, asked.body.id)).state).toBe('active');
  expect(await dedicatedRoles(world)).toHaveLength(1);
});
