/**
 * Would catch: an execution that a SIGKILL leaves hanging, runs twice at once, or sends another way. Each case throws
 * every object away at one persisted point (by letting the storage take so many changes and no more), opens the file
 * again and goes on; the end must be the same as without.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hours, seconds } from '../../src/core/time.ts';
import { callback, EXECUTION, fails, task, type World, world } from './harness.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-states-'));
  folders.push(folder);
  return join(folder, 'state.db');
}

/** Every kind of position on one way: a task, a retry, a callback that times out, a wait, a callback that is answered. */
const everything = {
  QueryLanguage: 'JSONata',
  StartAt: 'Do',
  States: {
    Do: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'flaky', Payload: { id: '{% $states.context.Execution.Name %}' } },
      Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 30 }],
      Assign: { n: '{% $states.result.Payload.n %}' },
      Next: 'Ask',
    },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: '{% $n %}',
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Sleep' }],
      Next: 'Never',
    },
    Never: { Type: 'Fail' },
    Sleep: { Type: 'Wait', Seconds: 600, Next: 'AskAgain' },
    AskAgain: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'answer-at-once', Payload: { token: '{% $states.context.Task.Token %}' } },
      HeartbeatSeconds: 60,
      Output: ['{% $states.result %}', '{% $n %}'],
      End: true,
    },
  },
};
const functions = (here: World) => {
  let busy = true;
  here.functions['flaky'] = () => {
    if (!busy) return { n: 120 };
    busy = false;
    return fails('Busy', '');
  };
  here.functions['answer-at-once'] = async (_payload, taskToken) => {
    await here.call('SendTaskSuccess', { taskToken, output: '"yes"' }).catch(() => {});
    return {};
  };
};

/** What was done, without how often: a restart may call a function again. */
const done = ({ calls }: World): string[] => [...new Set(calls.map(({ at, name }) => `${at} ${name}`))];
const EXPECTED = ['03:00:00 flaky', '03:00:30 flaky', '03:00:30 ask', '03:12:30 answer-at-once'];

test('without a restart, to compare', async () => {
  const here = world({ path: file() });
  functions(here);
  await here.begin(everything);
  await here.clock.advanceBy(hours(1));
  expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', output: '["yes",120]' });
  expect(done(here)).toEqual(EXPECTED);
});

test.each([0, 1, 29, 30, 31, 149, 150, 151, 749, 750, 751])(
  'closed after %i seconds and opened again',
  async (after) => {
    const here = world({ path: file() });
    functions(here);
    await here.begin(everything);
    await here.clock.advanceBy(seconds(after));
    await here.restart();
    await here.clock.advanceBy(hours(1));
    expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', output: '["yes",120]' });
    expect(done(here)).toEqual(EXPECTED);
  },
);

test('killed right after each change that was kept', async () => {
  let points = 0;
  for (let survivors = 1; survivors < 50; survivors++) {
    const here = world({ path: file() });
    functions(here);
    const killed = killAfter(here, survivors);
    await here.begin(everything).catch(() => {});
    for (let waited = 0; waited < 3_600 && !killed(); waited += 10) await here.clock.advanceBy(seconds(10));
    if (!killed()) break;
    points++;
    await here.restart();
    await here.clock.advanceBy(hours(1));
    expect(await here.describe(), `after ${survivors} changes`).toMatchObject({
      status: 'SUCCEEDED',
      output: '["yes",120]',
    });
    const events = (await here.events()).map(({ id }) => id);
    expect(events).toEqual(events.map((_, index) => index + 1));
  }
  expect(points).toBeGreaterThan(8);
});

/** Lets the process die after so many changes to executions: everything of it goes silent, nothing more is kept. */
function killAfter(here: World, changes: number): () => boolean {
  const { storage, states } = here;
  const transaction = storage.transaction;
  let kept = 0;
  storage.transaction = (work) => {
    const result = transaction(work);
    if (++kept === changes) states.close();
    return result;
  };
  return () => kept >= changes;
}

test('a function whose answer was not kept is called again with the same token', async () => {
  const here = world({ path: file() });
  const silent = Promise.withResolvers<void>();
  here.functions['do'] = async (_payload, _token, nth) => {
    if (nth === 1) {
      here.states.close();
      silent.resolve();
    }
    return {};
  };
  await here.begin(callback());
  await silent.promise;
  await here.restart();
  expect(here.calls).toHaveLength(2);
  expect(here.calls[1]?.token).toBe(here.calls[0]?.token);
  await here.call('SendTaskSuccess', { taskToken: here.calls[1]?.token, output: '"ok"' });
  expect((await here.describe())['output']).toBe('"ok"');
});

test('a signal that is cut off by the end of the process is not answered as kept, and is not', async () => {
  const here = world({ path: file() });
  await here.begin(callback());
  const token = { taskToken: here.calls[0]?.token };
  const sent = here.call('SendTaskSuccess', { ...token, output: '"lost"' });
  // Let it get as far as the interpreter, which works in microtasks.
  await Promise.resolve().then(() => {});
  here.states.close();
  await expect(sent).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 });
  await expect(here.call('StopExecution', { executionArn: EXECUTION })).rejects.toMatchObject({ status: 503 });
  await here.restart();
  expect((await here.describe())['status']).toBe('RUNNING');
  await here.call('SendTaskSuccess', { ...token, output: '"found"' });
  expect((await here.describe())['output']).toBe('"found"');
});

test('a deadline that passed while nothing ran strikes at once, and its function is not called again', async () => {
  const here = world({ path: file() });
  await here.begin(callback({ TimeoutSeconds: 60 }));
  here.states.close();
  await here.clock.advanceBy(hours(5));
  await here.restart();
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.Timeout', stopDate: 1_795_507_200 });
  expect(here.calls).toHaveLength(1);
});

test('a running execution keeps its definition over an update and a restart', async () => {
  const here = world({ path: file() });
  await here.begin(callback({}, {}));
  const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:machine';
  await here.call('UpdateStateMachine', { stateMachineArn, definition: JSON.stringify(task()) });
  await here.restart();
  await here.call('SendTaskSuccess', { taskToken: here.calls[0]?.token, output: '"old definition"' });
  expect((await here.describe())['output']).toBe('"old definition"');
  await here.call('StartExecution', { stateMachineArn, name: 'second' });
  await here.clock.settle();
  expect(here.calls.at(-1)?.payload).toEqual({ a: 1 });
});
