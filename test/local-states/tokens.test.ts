/** Would catch: a signal that is lost, taken twice, or taken for a task that is over. */
import { expect, test } from 'vitest';
import { days, hours, seconds } from '../../src/core/time.ts';
import { callback, EXECUTION, fails, MACHINE, task, type World, world } from './harness.ts';

const tokenOf = ({ calls }: World, nth = 0): string => calls[nth]?.token ?? '';
const succeed = (here: World, taskToken: string, output = '{}') => here.call('SendTaskSuccess', { taskToken, output });
const gone = { code: 'TaskTimedOut', status: 400, message: "Task Timed Out: 'Provided task does not exist anymore'" };

test('a token is taken once', async () => {
  const here = world();
  await here.begin(callback({}));
  await succeed(here, tokenOf(here), '{"n":1}');
  await expect(succeed(here, tokenOf(here), '{"n":2}')).rejects.toMatchObject(gone);
  expect((await here.describe())['output']).toBe('{"n":1}');
});

test('of two signals at once one wins and the other is told', async () => {
  const here = world();
  await here.begin(callback({}));
  const results = await Promise.allSettled([
    succeed(here, tokenOf(here), '"first"'),
    here.call('SendTaskFailure', { taskToken: tokenOf(here), error: 'Second' }),
  ]);
  expect(results).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: gone }]);
  expect((await here.describe())['output']).toBe('"first"');
});

test('after the timeout, at its very second, it is too late', async () => {
  const here = world();
  await here.begin(callback({ TimeoutSeconds: 60 }));
  await here.clock.advanceBy(seconds(60));
  await expect(succeed(here, tokenOf(here))).rejects.toMatchObject(gone);
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.Timeout', cause: undefined });
});

test('a deadline that passed while the timer slept is kept all the same', async () => {
  const here = world();
  await here.begin(callback({ TimeoutSeconds: 60 }));
  const late = here.clock.now() + 60_000;
  here.clock.now = () => late as ReturnType<typeof here.clock.now>;
  await expect(succeed(here, tokenOf(here))).rejects.toMatchObject(gone);
  expect((await here.describe())['error']).toBe('States.Timeout');
});

test('a retry mints a new token and lets the old one go', async () => {
  const here = world();
  await here.begin(callback({ TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['States.Timeout'] }] }));
  await here.clock.advanceBy(seconds(61));
  expect(here.calls).toHaveLength(2);
  expect(tokenOf(here, 1)).not.toBe(tokenOf(here, 0));
  await expect(succeed(here, tokenOf(here, 0))).rejects.toMatchObject(gone);
  await succeed(here, tokenOf(here, 1));
  expect((await here.describe())['status']).toBe('SUCCEEDED');
});

test('the function may signal before it answers', async () => {
  const here = world();
  here.functions['do'] = async (_payload, token) => succeed(here, token, '"early"');
  await here.begin(callback({}));
  expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', output: '"early"' });
  expect(await here.course()).not.toContain('TaskSubmitted');
});

test('a function that fails fails the task before anybody signals', async () => {
  const here = world({ functions: { do: () => fails('Broken', 'no') } });
  await here.begin(callback({}));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'Broken' });
  await expect(succeed(here, tokenOf(here))).rejects.toMatchObject(gone);
});

test('heartbeats keep a task alive, but not beyond its timeout', async () => {
  const here = world();
  await here.begin(callback({ HeartbeatSeconds: 30, TimeoutSeconds: 70 }));
  const beat = () => here.call('SendTaskHeartbeat', { taskToken: tokenOf(here) });
  for (let n = 0; n < 3; n++) {
    await here.clock.advanceBy(seconds(20));
    await beat();
  }
  await here.clock.advanceBy(seconds(9));
  expect((await here.describe())['status']).toBe('RUNNING');
  await here.clock.advanceBy(seconds(1));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  await expect(beat()).rejects.toMatchObject(gone);
});

test('a heartbeat while the function still runs does not call it again', async () => {
  const here = world();
  here.functions['do'] = async (_payload, taskToken) => here.call('SendTaskHeartbeat', { taskToken });
  await here.begin(callback({ HeartbeatSeconds: 30 }));
  expect(here.calls).toHaveLength(1);
  expect((await here.course()).at(-1)).toBe('TaskSubmitted');
});

test('a missed heartbeat ends the task when it is missed, not at the timeout', async () => {
  const here = world();
  await here.begin(callback({ HeartbeatSeconds: 30, TimeoutSeconds: 600 }));
  await here.clock.advanceBy(hours(1));
  expect(await here.describe()).toMatchObject({ error: 'States.Timeout', stopDate: 1_795_489_230 });
});

test('a failure carries its error and cause', async () => {
  const here = world();
  await here.begin(callback({}));
  await here.call('SendTaskFailure', { taskToken: tokenOf(here), error: 'Denied', cause: 'not today' });
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'Denied', cause: 'not today' });
});

test('what is not a token, not JSON or too long is refused, and the task waits on', async () => {
  const here = world();
  await here.begin(callback({}));
  const taskToken = tokenOf(here);
  await expect(succeed(here, 'x')).rejects.toMatchObject({
    code: 'InvalidToken',
    message: "Invalid Token: 'Invalid token'",
  });
  await expect(succeed(here, taskToken, '{')).rejects.toMatchObject({ code: 'InvalidOutput', status: 400 });
  await expect(succeed(here, taskToken, `"${'x'.repeat(262_143)}"`)).rejects.toMatchObject({
    code: 'ValidationException',
  });
  const forged = Buffer.from(JSON.stringify([EXECUTION, 'guess'])).toString('base64url');
  await expect(succeed(here, forged)).rejects.toMatchObject(gone);
  const elsewhere = Buffer.from(JSON.stringify([`${EXECUTION}2`, 'guess'])).toString('base64url');
  await expect(succeed(here, elsewhere)).rejects.toMatchObject({ code: 'TaskDoesNotExist', status: 400 });
  expect((await here.describe())['status']).toBe('RUNNING');
});

test('stopping a waiting execution ends it and its token', async () => {
  const here = world();
  await here.begin(callback({ TimeoutSeconds: 60 }));
  const stopped = await here.call('StopExecution', { executionArn: EXECUTION, error: 'Ended', cause: 'by hand' });
  expect(stopped).toEqual({ stopDate: 1_795_489_200 });
  expect(await here.describe()).toMatchObject({ status: 'ABORTED', error: 'Ended', cause: 'by hand' });
  expect((await here.events()).at(-1)).toMatchObject({
    type: 'ExecutionAborted',
    previousEventId: 0,
    executionAbortedEventDetails: { error: 'Ended', cause: 'by hand' },
  });
  await expect(succeed(here, tokenOf(here))).rejects.toMatchObject(gone);
  expect(here.clock.next()).toBeUndefined();
  await here.clock.advanceBy(hours(1));
  expect((await here.describe())['status']).toBe('ABORTED');
  expect(await here.call('StopExecution', { executionArn: EXECUTION })).toEqual({ stopDate: 1_795_489_200 });
});

test('stopping while a function runs discards its answer', async () => {
  const here = world();
  here.functions['do'] = async () => {
    await here.call('StopExecution', { executionArn: EXECUTION });
    return { done: true };
  };
  await here.begin(task());
  expect(await here.describe()).toMatchObject({ status: 'ABORTED', error: undefined });
  expect((await here.course()).at(-1)).toBe('ExecutionAborted');
});

test('a token of an execution forgotten after 90 days names no task', async () => {
  const here = world();
  await here.begin(callback({}));
  await succeed(here, tokenOf(here));
  await here.clock.advanceBy(days(90));
  await expect(succeed(here, tokenOf(here))).rejects.toMatchObject({ code: 'TaskDoesNotExist' });
  await expect(here.describe()).rejects.toMatchObject({ code: 'ExecutionDoesNotExist' });
  await here.call('StartExecution', { stateMachineArn: MACHINE, name: 'run' });
  expect((await here.course())[0]).toBe('ExecutionStarted');
});
