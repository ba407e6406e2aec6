/**
 * F24: executions that began before a deployment keep their definition while the functions are new. Would catch a step,
 * an answer or a name of an error that the workflow of the release before knows and today's functions do not. But for one
 * test no sweeper helps: what is done here, that workflow does.
 */
import { readFileSync } from 'node:fs';
import { DescribeExecutionCommand, DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, it, onTestFinished } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { stateMachineArn } from '../../src/aws/deployment.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  activeGrant,
  alarmsOf,
  ask,
  exampleConfig,
  START,
  show,
  type TestOptions,
  type TestWorld,
  testWorld,
  VIEW,
} from './harness.ts';
import { clientOf, KUBERNETES_ADMIN, principals } from './operator.ts';

const PREVIOUS = new URL('../../statemachines/previous/grant.asl.json', import.meta.url);

async function previousWorld(more: TestOptions = {}): Promise<TestWorld> {
  const world = await testWorld({ stateMachine: PREVIOUS, ...more });
  onTestFinished(() => world.close());
  return world;
}
const ours = async (world: TestWorld): Promise<string[]> =>
  (await principals(world)).filter((arn) => arn === KUBERNETES_ADMIN || arn.includes('/hallpass/'));
const state = async (world: TestWorld, id: string): Promise<string> => (await show(world, id)).state;

async function executionOf(world: TestWorld, id: string): Promise<string | undefined> {
  const executionArn = `${stateMachineArn(exampleConfig(), 'hallpass-grant').replace(':stateMachine:', ':execution:')}:${id}`;
  return (await new SFNClient(clientOf(world)).send(new DescribeExecutionCommand({ executionArn }))).status;
}

it.each([
  ['a standing role', ADMIN],
  ['a role of its own', VIEW],
])('F24: %s: asked for, approved, made, and gone on time', async (_principal, body) => {
  const world = await previousWorld();
  const id = await activeGrant(world, body);
  expect(await ours(world)).toHaveLength(1);
  await world.pass(minutes(29));
  expect(await state(world, id)).toBe('active');
  await world.pass(minutes(1));
  expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
  expect(await ours(world)).toEqual([]);
  expect(alarmsOf(world)).toEqual([]);
});

it('F24: prolonged, and gone at the later end; ended early, and gone at once', async () => {
  const world = await previousWorld();
  const id = await activeGrant(world, ADMIN);
  await world.call('alice', 'POST', `/v1/grants/${id}/extend`, { duration: '30m', justification: 'INC-4211: still' });
  await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(minutes(45));
  expect(await state(world, id)).toBe('active');
  await world.pass(minutes(15));
  expect(await state(world, id)).toBe('ended');
  const early = await activeGrant(world, VIEW);
  await world.call('alice', 'POST', `/v1/grants/${early}/end`, {});
  await world.pass(seconds(1));
  expect(await show(world, early)).toMatchObject({ state: 'ended', reason: 'endedEarly' });
  expect(await ours(world)).toEqual([]);
});

it('F24: the signal of an extension is lost: the sweeper carries it out, and the access goes on to the later end', async () => {
  const world = await previousWorld({ faults: faultPlan(), schedule: ['sweeper'] });
  const id = await activeGrant(world, ADMIN);
  await world.call('alice', 'POST', `/v1/grants/${id}/extend`, { duration: '30m', justification: 'INC-4211: still' });
  world.faults.add({ fault: { kind: 'failBefore' }, on: { operation: 'SendTaskSuccess' }, times: 9 });
  await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(minutes(31));
  expect(await state(world, id)).toBe('active');
  world.faults.clear();
  await world.pass(minutes(29));
  expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'expired' });
});

it('F24: a scheduled start, a withdrawal before it, a request that nobody decides', async () => {
  const world = await previousWorld();
  const startAt = new Date(START + minutes(60)).toISOString();
  const [later, withdrawn, undecided] = [
    await ask(world, 'alice', { ...VIEW, startAt }),
    await ask(world, 'carol', { ...VIEW, startAt }),
    await ask(world, 'bob', ADMIN),
  ];
  for (const id of [later, withdrawn]) await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.call('carol', 'POST', `/v1/grants/${withdrawn}/withdraw`, {});
  await world.pass(seconds(1));
  expect(await executionOf(world, withdrawn), 'nothing waits for a start that was taken back').toBe('SUCCEEDED');
  expect(await executionOf(world, later)).toBe('RUNNING');
  await world.pass(minutes(61));
  expect(await state(world, later)).toBe('active');
  await world.pass(minutes(30));
  expect(await state(world, later)).toBe('ended');
  await world.pass(minutes(60 * 24));
  expect((await show(world, withdrawn, 'carol')).state).toBe('withdrawn');
  expect((await show(world, undecided, 'bob')).state).toBe('lapsed');
  expect(await ours(world)).toEqual([]);
});

it('the control of this file: what runs is the definition of the release before', async () => {
  const world = await previousWorld();
  const arn = stateMachineArn(exampleConfig(), 'hallpass-grant');
  const { definition } = await new SFNClient(clientOf(world)).send(
    new DescribeStateMachineCommand({ stateMachineArn: arn }),
  );
  expect(definition).toBe(readFileSync(PREVIOUS, 'utf8').replaceAll(`\${WorkflowFunction}`, 'workflow'));
});
