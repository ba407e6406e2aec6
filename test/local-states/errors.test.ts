/** Would catch: a Retry or Catch that takes what it must not, or waits other than it says. */
import { expect, test } from 'vitest';
import { hours } from '../../src/core/time.ts';
import { callback, fails, task, world } from './harness.ts';

type Rule = Record<string, unknown>;
const caught = { Caught: { Type: 'Succeed' } };
const catching = (...ErrorEquals: string[]): Rule => ({ Catch: [{ ErrorEquals, Next: 'Caught' }] });

test('a function’s error arrives by its name, its cause as JSON', async () => {
  const here = world({ functions: { do: () => fails('NotYet', '900', ['NotYet: 900', 'at x.js:1']) } });
  await here.begin(task(catching('NotYet'), caught));
  expect((await here.describe())['output']).toBe(
    '{"Error":"NotYet","Cause":"{\\"errorType\\":\\"NotYet\\",\\"errorMessage\\":\\"900\\",\\"trace\\":[\\"NotYet: 900\\",\\"at x.js:1\\"]}"}',
  );
});

test.each([
  ['Sandbox.Timedout', 'RequestId: r Error: Task timed out after 3.00 seconds', true],
  ['Lambda.TooManyRequestsException', 'Rate Exceeded.', false],
])('%s is a task that failed', async (errorType, errorMessage, asJson) => {
  const here = world({ functions: { do: () => fails(errorType, errorMessage) } });
  await here.begin(task(catching('States.TaskFailed'), caught));
  const Cause = asJson ? JSON.stringify({ errorType, errorMessage }) : errorMessage;
  expect(JSON.parse(String((await here.describe())['output']))).toEqual({ Error: errorType, Cause });
});

test('a call that could not be made at all is Lambda.SdkClientException', async () => {
  const unreachable = () => Promise.reject(new Error('no such function'));
  const here = world({ functions: { do: unreachable } });
  await here.begin(task(catching('Lambda.SdkClientException'), caught));
  expect((await here.describe())['output']).toBe(
    '{"Error":"Lambda.SdkClientException","Cause":"Error: no such function"}',
  );
});

test.each([
  ['States.ALL', 'States.Timeout', true],
  ['States.ALL', 'Boom', true],
  ['States.ALL', 'States.QueryEvaluationError', true],
  ['States.ALL', 'States.DataLimitExceeded', false],
  ['States.ALL', 'States.Runtime', false],
  ['States.Runtime', 'States.Runtime', false],
  ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
  ['States.TaskFailed', 'Boom', true],
  ['States.TaskFailed', 'States.Timeout', false],
  ['States.TaskFailed', 'States.Runtime', false],
  ['Boom', 'Bang', false],
  ['boom', 'Boom', false],
])('Catch %s of %s: %s', async (wanted, error, taken) => {
  const here = world();
  await here.begin(callback(catching(wanted), caught));
  await here.call('SendTaskFailure', { taskToken: here.calls[0]?.token, error, cause: 'why' });
  expect(await here.describe()).toMatchObject(
    taken
      ? { status: 'SUCCEEDED', output: JSON.stringify({ Error: error, Cause: 'why' }) }
      : { status: 'FAILED', error, cause: 'why' },
  );
});

test('a missed heartbeat is caught as States.HeartbeatTimeout and as States.Timeout, not as a failed task', async () => {
  for (const [wanted, status] of [
    ['States.HeartbeatTimeout', 'SUCCEEDED'],
    ['States.Timeout', 'SUCCEEDED'],
    ['States.TaskFailed', 'FAILED'],
  ] as const) {
    const here = world();
    await here.begin(callback({ HeartbeatSeconds: 30, ...catching(wanted) }, caught));
    await here.clock.advanceBy(hours(1));
    expect((await here.describe())['status'], wanted).toBe(status);
  }
});

const retried = async (Retry: Rule[], errors: string[], random = () => 0.5) => {
  const here = world({
    random,
    functions: { do: (_, __, nth) => (errors[nth - 1] ? fails(errors[nth - 1] ?? '', '') : 'ok') },
  });
  await here.begin(task({ Retry }));
  await here.clock.advanceBy(hours(24));
  return { at: here.calls.map(({ at }) => at), status: (await here.describe())['status'], course: await here.course() };
};

test('retries by default three times, after 1, 2 and 4 seconds', async () => {
  const { at, status } = await retried([{ ErrorEquals: ['E'] }], ['E', 'E', 'E', 'E']);
  expect(at).toEqual(['03:00:00', '03:00:01', '03:00:03', '03:00:07']);
  expect(status).toBe('FAILED');
});

test('grows by BackoffRate up to MaxDelaySeconds', async () => {
  const rule = { ErrorEquals: ['E'], IntervalSeconds: 10, BackoffRate: 3, MaxDelaySeconds: 60, MaxAttempts: 5 };
  const { at, status } = await retried([rule], ['E', 'E', 'E', 'E']);
  expect(at).toEqual(['03:00:00', '03:00:10', '03:00:40', '03:01:40', '03:02:40']);
  expect(status).toBe('SUCCEEDED');
});

test('full jitter takes a part of the delay, from the given source', async () => {
  const parts = [0, 0.5, 0.75];
  const rule = { ErrorEquals: ['E'], IntervalSeconds: 8, JitterStrategy: 'FULL' };
  const { at } = await retried([rule], ['E', 'E', 'E'], () => parts.shift() ?? 0);
  expect(at).toEqual(['03:00:00', '03:00:00', '03:00:08', '03:00:32']);
});

test('each rule counts its own attempts, and none is taken with MaxAttempts 0', async () => {
  const rules = [
    { ErrorEquals: ['A'], MaxAttempts: 0 },
    { ErrorEquals: ['B'], MaxAttempts: 1, IntervalSeconds: 5 },
    { ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 7, BackoffRate: 1 },
  ];
  expect((await retried(rules, ['B', 'C', 'C'])).at).toEqual(['03:00:00', '03:00:05', '03:00:12', '03:00:19']);
  expect((await retried(rules, ['B', 'B'])).status).toBe('FAILED');
  expect((await retried(rules, ['A'])).at).toEqual(['03:00:00']);
});

test('a retry is scheduled again without entering the state again', async () => {
  const { course } = await retried([{ ErrorEquals: ['States.ALL'] }], ['E']);
  expect(course).toEqual([
    'ExecutionStarted',
    'TaskStateEntered Do',
    'TaskScheduled',
    'TaskStarted',
    'TaskFailed',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited Do',
    'ExecutionSucceeded',
  ]);
});

test('a task whose Output fails is retried and caught like a task that fails', async () => {
  const here = world();
  await here.begin(
    task(
      {
        Output: '{% $states.result.Payload.absent %}',
        Retry: [{ ErrorEquals: ['States.QueryEvaluationError'], MaxAttempts: 1 }],
        ...catching('States.ALL'),
      },
      caught,
    ),
  );
  await here.clock.advanceBy(hours(1));
  expect(here.calls).toHaveLength(2);
  expect((await here.describe())['output']).toContain("specified for the field 'Output' returned nothing");
});

test('a Catch whose own Assign fails, fails the execution', async () => {
  const rule = {
    ErrorEquals: ['States.ALL'],
    Assign: { n: '{% $number($states.errorOutput.Cause) %}' },
    Next: 'Caught',
  };
  const here = world({ functions: { do: () => fails('E', 'not a number') } });
  await here.begin(task({ Catch: [rule] }, caught));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  expect((await here.events()).at(-2)).toMatchObject({
    type: 'EvaluationFailed',
    evaluationFailedEventDetails: { location: 'Catch[0]/Assign/n' },
  });
});
