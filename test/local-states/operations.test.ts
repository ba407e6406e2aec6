/** Would catch: an API answer that the SDK, the CLI or `src/` would read otherwise than the real one. */
import { describe, expect, test } from 'vitest';
import type { Context } from '../../local/aws-service.ts';
import { days, seconds } from '../../src/core/time.ts';
import { callback, EXECUTION, MACHINE, pass, ROLE, task, type World, world } from './harness.ts';

const create = (here: World, name: string, definition: unknown = callback()) =>
  here.call('CreateStateMachine', { name, definition: JSON.stringify(definition), roleArn: ROLE });
const start = (here: World, name: string, input = '{}', stateMachineArn = MACHINE) =>
  here.call('StartExecution', { stateMachineArn, name, input });
const refused = (code: string) => ({ code, status: 400 });

describe('state machines', () => {
  test('creating again is the same machine, unless the definition differs', async () => {
    const here = world();
    const first = await create(here, 'machine');
    expect(first).toEqual({ stateMachineArn: MACHINE, creationDate: 1_795_489_200 });
    await here.clock.advanceBy(seconds(5));
    expect(await create(here, 'machine')).toEqual(first);
    await expect(create(here, 'machine', task())).rejects.toMatchObject(refused('StateMachineAlreadyExists'));
  });

  test('what cannot be run is refused with its path, in creating and in updating', async () => {
    const here = world();
    const bad = { ...task(), TimeoutSeconds: 5 };
    const message =
      "Invalid State Machine Definition: '/TimeoutSeconds: local mode does not implement this field here'";
    await expect(create(here, 'machine', bad)).rejects.toMatchObject({ ...refused('InvalidDefinition'), message });
    await create(here, 'machine');
    const update = { stateMachineArn: MACHINE, definition: JSON.stringify(bad) };
    await expect(here.call('UpdateStateMachine', update)).rejects.toMatchObject(refused('InvalidDefinition'));
    const { definition } = await here.call('DescribeStateMachine', { stateMachineArn: MACHINE });
    expect(definition).toBe(JSON.stringify(callback()));
  });

  test('describes and updates', async () => {
    const here = world();
    await create(here, 'machine');
    expect(await here.call('DescribeStateMachine', { stateMachineArn: MACHINE })).toEqual({
      stateMachineArn: MACHINE,
      name: 'machine',
      status: 'ACTIVE',
      definition: JSON.stringify(callback()),
      roleArn: ROLE,
      type: 'STANDARD',
      creationDate: 1_795_489_200,
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      tracingConfiguration: { enabled: false },
      revisionId: 'id-1',
    });
    await here.clock.advanceBy(seconds(1.5));
    const updated = await here.call('UpdateStateMachine', {
      stateMachineArn: MACHINE,
      definition: JSON.stringify(task()),
    });
    expect(updated).toEqual({ updateDate: 1_795_489_201.5, revisionId: 'id-2' });
    const nothing = here.call('UpdateStateMachine', { stateMachineArn: MACHINE });
    await expect(nothing).rejects.toMatchObject(refused('MissingRequiredParameter'));
  });

  test('lists in pages', async () => {
    const here = world();
    for (const name of ['c', 'a', 'b']) await create(here, name);
    const first = await here.call('ListStateMachines', { maxResults: 2 });
    const second = await here.call('ListStateMachines', { maxResults: 2, nextToken: first['nextToken'] });
    const names = [first, second].map((page) => (page['stateMachines'] as { name: string }[]).map(({ name }) => name));
    expect(names).toEqual([['a', 'b'], ['c']]);
    expect(second['nextToken']).toBeUndefined();
    await expect(here.call('ListStateMachines', { nextToken: 'x' })).rejects.toMatchObject(refused('InvalidToken'));
  });

  test.each([
    [{ type: 'EXPRESS' }, 'StateMachineTypeNotSupported'],
    [{ name: 'with blank' }, 'InvalidName'],
    [{ name: 'a/b' }, 'InvalidName'],
    [{ name: 'x'.repeat(81) }, 'InvalidName'],
    [{ definition: '{' }, 'InvalidDefinition'],
    [{ definition: 5 }, 'ValidationException'],
    [{ tags: [] }, 'NotImplemented'],
    [{ publish: true }, 'NotImplemented'],
  ])('does not create with %o', async (member, code) => {
    const here = world();
    const input = { name: 'machine', definition: JSON.stringify(task()), roleArn: ROLE, ...member };
    await expect(here.call('CreateStateMachine', input)).rejects.toMatchObject({ code });
  });
});

describe('starting', () => {
  test('again with the same input is the same execution while it runs; other input, or closed, is refused', async () => {
    const here = world();
    await create(here, 'machine');
    const first = await start(here, 'run', '{"a":1}');
    expect(first).toEqual({ executionArn: EXECUTION, startDate: 1_795_489_200 });
    await here.clock.advanceBy(seconds(5));
    expect(await start(here, 'run', '{"a":1}')).toEqual(first);
    expect(here.calls).toHaveLength(1);
    const exists = { ...refused('ExecutionAlreadyExists'), message: `Execution Already Exists: '${EXECUTION}'` };
    await expect(start(here, 'run', '{"a":2}')).rejects.toMatchObject(exists);
    await here.call('StopExecution', { executionArn: EXECUTION });
    await expect(start(here, 'run', '{"a":1}')).rejects.toMatchObject(exists);
  });

  test('frees a name 90 days after its execution closed, not sooner, and with a new history', async () => {
    const here = world();
    await create(here, 'machine', pass(1));
    await start(here, 'run');
    await here.clock.advanceBy(days(89));
    await expect(start(here, 'run')).rejects.toMatchObject(refused('ExecutionAlreadyExists'));
    await here.clock.advanceBy(days(1));
    await expect(here.describe()).rejects.toMatchObject(refused('ExecutionDoesNotExist'));
    expect(await start(here, 'run')).toEqual({ executionArn: EXECUTION, startDate: 1_803_265_200 });
    expect(await here.course()).toEqual(['ExecutionStarted']);
    await here.clock.settle();
    expect(await here.course()).toHaveLength(4);
  });

  test('without a name makes one, and without input takes {}', async () => {
    const here = world();
    await create(here, 'machine');
    const { executionArn } = await here.call('StartExecution', { stateMachineArn: MACHINE });
    expect(executionArn).toBe('arn:aws:states:eu-west-1:111122223333:execution:machine:id-2');
    expect((await here.call('DescribeExecution', { executionArn }))['input']).toBe('{}');
  });

  test.each([
    [{ stateMachineArn: 'machine' }, 'InvalidArn'],
    [{ stateMachineArn: `${MACHINE}:3` }, 'InvalidArn'],
    [{ stateMachineArn: `${MACHINE}2` }, 'StateMachineDoesNotExist'],
    [{ name: 'a:b' }, 'InvalidName'],
    [{ input: '{' }, 'InvalidExecutionInput'],
    [{ input: `"${'x'.repeat(262_143)}"` }, 'ValidationException'],
  ])('refuses %o', async (member, code) => {
    const here = world();
    await create(here, 'machine');
    const input = { stateMachineArn: MACHINE, name: 'run', ...member };
    await expect(here.call('StartExecution', input)).rejects.toMatchObject(refused(code));
    await here.clock.settle();
    expect(here.calls).toEqual([]);
  });
});

describe('looking', () => {
  test('describes a running and an ended execution', async () => {
    const here = world();
    await here.begin(callback(), { a: 1 });
    const running = {
      executionArn: EXECUTION,
      stateMachineArn: MACHINE,
      name: 'run',
      status: 'RUNNING',
      startDate: 1_795_489_200,
      redriveCount: 0,
      input: '{"a":1}',
      inputDetails: { included: true },
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Local mode does not implement redriving executions',
    };
    expect(await here.describe()).toEqual(running);
    await here.clock.advanceBy(seconds(2));
    await here.call('SendTaskSuccess', { taskToken: here.calls[0]?.token, output: '[1]' });
    expect(await here.describe()).toEqual({
      ...running,
      status: 'SUCCEEDED',
      stopDate: 1_795_489_202,
      output: '[1]',
      outputDetails: { included: true },
    });
  });

  test.each(['DescribeExecution', 'GetExecutionHistory', 'StopExecution'])(
    '%s knows what it does not know',
    async (operation) => {
      const here = world();
      await expect(here.call(operation, { executionArn: EXECUTION })).rejects.toMatchObject(
        refused('ExecutionDoesNotExist'),
      );
      await expect(here.call(operation, { executionArn: 'run' })).rejects.toMatchObject(refused('InvalidArn'));
    },
  );

  test('lists executions of one machine, the latest first, by status and in pages', async () => {
    const here = world();
    await create(here, 'machine');
    const { stateMachineArn: other } = await create(here, 'other');
    await start(here, 'elsewhere', '{}', String(other));
    for (const name of ['one', 'two', 'three']) {
      await start(here, name);
      await here.clock.advanceBy(seconds(1));
    }
    await here.call('StopExecution', { executionArn: EXECUTION.replace(/run$/, 'two') });
    const list = async (input: Record<string, unknown>) => {
      const answer = await here.call('ListExecutions', { stateMachineArn: MACHINE, ...input });
      return { ...answer, names: (answer['executions'] as { name: string }[]).map(({ name }) => name) };
    };
    expect((await list({})).names).toEqual(['three', 'two', 'one']);
    expect((await list({ statusFilter: 'RUNNING' })).names).toEqual(['three', 'one']);
    expect((await list({ statusFilter: 'ABORTED' })).names).toEqual(['two']);
    const first: Record<string, unknown> = await list({ maxResults: 2 });
    expect(first['names']).toEqual(['three', 'two']);
    expect((await list({ maxResults: 2, nextToken: first['nextToken'] })).names).toEqual(['one']);
    const mixed = list({ statusFilter: 'FAILED', nextToken: first['nextToken'] });
    await expect(mixed).rejects.toMatchObject(refused('InvalidToken'));
    await here.clock.advanceBy(days(1));
    await expect(list({ nextToken: first['nextToken'] })).rejects.toMatchObject(refused('InvalidToken'));
    await expect(list({ statusFilter: 'DONE' })).rejects.toMatchObject(refused('ValidationException'));
  });

  test('pages through a history both ways, and leaves the data out when asked', async () => {
    const here = world();
    await here.begin(pass({ secret: 1 }), { secret: 2 });
    const history = (input: Record<string, unknown>) =>
      here.call('GetExecutionHistory', { executionArn: EXECUTION, ...input });
    const ids = (answer: Record<string, unknown>) => (answer['events'] as { id: number }[]).map(({ id }) => id);
    const first = await history({ maxResults: 3 });
    expect(ids(first)).toEqual([1, 2, 3]);
    expect(ids(await history({ maxResults: 3, nextToken: first['nextToken'] }))).toEqual([4]);
    const last = await history({ maxResults: 3, reverseOrder: true });
    expect(ids(last)).toEqual([4, 3, 2]);
    expect(ids(await history({ maxResults: 3, reverseOrder: true, nextToken: last['nextToken'] }))).toEqual([1]);
    expect(JSON.stringify(await history({ includeExecutionData: false }))).not.toContain('secret');
    expect(JSON.stringify(await history({}))).toContain('secret');
  });
});

test('every operation asks for its own right on its own resource', () => {
  const here = world();
  const context: Context = {
    caller: { arn: '', account: '111122223333', userId: '', accessKeyId: '' },
    region: 'eu-west-1',
    clock: here.clock,
    storage: here.storage,
  };
  const input = {
    name: 'machine',
    roleArn: ROLE,
    stateMachineArn: MACHINE,
    executionArn: EXECUTION,
    taskToken: 'secret',
  };
  const rights = Object.entries(here.states.service).map(([name, operation]) => [
    name,
    operation.write,
    [operation.authorize(input, context)].flat(),
  ]);
  const on = (name: string, resource: string) => ({ action: `states:${name}`, resource });
  const passRole = { action: 'iam:PassRole', resource: ROLE };
  expect(rights).toEqual([
    ['CreateStateMachine', true, [on('CreateStateMachine', MACHINE), passRole]],
    ['UpdateStateMachine', true, [on('UpdateStateMachine', MACHINE), passRole]],
    ['DescribeStateMachine', false, [on('DescribeStateMachine', MACHINE)]],
    ['ListStateMachines', false, [on('ListStateMachines', '*')]],
    ['StartExecution', true, [on('StartExecution', MACHINE)]],
    ['StopExecution', true, [on('StopExecution', EXECUTION)]],
    ['DescribeExecution', false, [on('DescribeExecution', EXECUTION)]],
    ['ListExecutions', false, [on('ListExecutions', MACHINE)]],
    ['GetExecutionHistory', false, [on('GetExecutionHistory', EXECUTION)]],
    ['SendTaskSuccess', true, [on('SendTaskSuccess', '*')]],
    ['SendTaskFailure', true, [on('SendTaskFailure', '*')]],
    ['SendTaskHeartbeat', true, [on('SendTaskHeartbeat', '*')]],
  ]);
});
