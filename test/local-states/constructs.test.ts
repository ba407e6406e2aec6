/** Would catch: a state type or field whose effect differs from what the states language says. */
import { expect, test } from 'vitest';
import { days, minutes, seconds } from '../../src/core/time.ts';
import { callback, pass, task, world } from './harness.ts';

const machine = (StartAt: string, States: Record<string, unknown>) => ({ QueryLanguage: 'JSONata', StartAt, States });

test('Assign and Output do not see what the other makes, and variables live on', async () => {
  const here = world();
  await here.begin(
    machine('One', {
      One: { Type: 'Pass', Assign: { n: 1, from: '{% $states.input.x %}' }, Output: { kept: 'one' }, Next: 'Two' },
      Two: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: '{% $n %}', Next: 'Three' },
      Three: { Type: 'Pass', Output: ['{% $n %}', '{% $from %}', '{% $states.input %}', 'plain', null, 4], End: true },
    }),
    { x: 'in' },
  );
  expect((await here.describe())['output']).toBe('[2,"in",1,"plain",null,4]');
  const [, , left] = await here.events();
  expect(left).toMatchObject({
    type: 'PassStateExited',
    stateExitedEventDetails: {
      output: '{"kept":"one"}',
      assignedVariables: { n: '1', from: '"in"' },
      assignedVariablesDetails: { truncated: false },
    },
  });
});

test('Choice takes the first true rule with its Output and Assign', async () => {
  const here = world();
  await here.begin(
    machine('Pick', {
      Pick: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 5 %}', Next: 'No' },
          { Condition: '{% $states.input.n > 1 %}', Output: { picked: 2 }, Assign: { v: 'two' }, Next: 'Yes' },
          { Condition: true, Next: 'No' },
        ],
      },
      No: { Type: 'Fail' },
      Yes: { Type: 'Succeed', Output: ['{% $states.input.picked %}', '{% $v %}'] },
    }),
    { n: 3 },
  );
  expect((await here.describe())['output']).toBe('[2,"two"]');
});

test('Choice falls to Default with the state’s own Output, and fails without one', async () => {
  const states = {
    Pick: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n = 1 %}', Next: 'End' }] },
    End: { Type: 'Succeed' },
  };
  const first = world();
  await first.begin(machine('Pick', { ...states, Pick: { ...states.Pick, Output: 'other', Default: 'End' } }), {
    n: 2,
  });
  expect((await first.describe())['output']).toBe('"other"');
  const second = world();
  await second.begin(machine('Pick', states), { n: 2 });
  expect(await second.describe()).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
});

test('a Choice condition that is no boolean fails the execution', async () => {
  const here = world();
  await here.begin(
    machine('Pick', {
      Pick: { Type: 'Choice', Choices: [{ Condition: "{% 'yes' %}", Next: 'End' }], Default: 'End' },
      End: { Type: 'Succeed' },
    }),
  );
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
});

test('waits 40 days in no time, and neither early nor late', async () => {
  const here = world();
  await here.begin(machine('Sleep', { Sleep: { Type: 'Wait', Seconds: 3_456_000, End: true } }), { kept: true });
  const began = performance.now();
  await here.clock.advanceBy(seconds(3_455_999));
  expect((await here.describe())['status']).toBe('RUNNING');
  await here.clock.advanceBy(seconds(1));
  expect(await here.describe()).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"kept":true}',
    stopDate: 1_798_945_200,
  });
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('waits until a timestamp, and not at all for one that is past', async () => {
  const here = world();
  await here.begin(
    machine('Past', {
      Past: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', Next: 'Then' },
      Then: { Type: 'Wait', Timestamp: '{% $states.input.at %}', End: true },
    }),
    { at: '2026-11-24T03:00:30Z' },
  );
  expect((await here.course()).at(-1)).toBe('WaitStateEntered Then');
  await here.clock.advanceBy(seconds(30));
  expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', stopDate: 1_795_489_230 });
});

test.each([
  ['a number of seconds below zero', { Seconds: '{% -1 %}' }],
  ['seconds that are not whole', { Seconds: '{% 1.5 %}' }],
  ['seconds that are text', { Seconds: "{% '5' %}" }],
  ['a timestamp without its zone', { Timestamp: "{% '2026-11-24T03:00:30' %}" }],
])('a Wait for %s fails', async (_what, fields) => {
  const here = world();
  await here.begin(machine('Sleep', { Sleep: { Type: 'Wait', ...fields, End: true } }));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
});

test('Fail says what its expressions say, or nothing', async () => {
  const here = world();
  await here.begin(machine('No', { No: { Type: 'Fail', Error: 'Sorry', Cause: "{% 'n=' & $states.input.n %}" } }), {
    n: 1,
  });
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'Sorry', cause: 'n=1' });
  expect(await here.course()).toEqual(['ExecutionStarted', 'FailStateEntered No', 'ExecutionFailed']);
  const silent = world();
  await silent.begin(machine('No', { No: { Type: 'Fail' } }));
  expect(await silent.describe()).toMatchObject({ status: 'FAILED', error: undefined, cause: undefined });
});

test('a result is what AWS’s Lambda integration answers', async () => {
  const here = world({ functions: { do: (payload) => ({ got: payload }) } });
  await here.begin(task({ Output: '{% $states.result %}' }));
  expect(JSON.parse(String((await here.describe())['output']))).toEqual({
    ExecutedVersion: '$LATEST',
    Payload: { got: { a: 1 } },
    SdkHttpMetadata: { HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: 'id-2' },
    StatusCode: 200,
  });
});

test('a function that answers nothing has the payload null', async () => {
  const here = world({ functions: { do: () => ({ ok: true, payload: undefined }) } });
  await here.begin(task());
  expect((await here.describe())['output']).toBe('null');
});

test('the context object says where it is', async () => {
  const here = world();
  await here.begin(pass('{% $states.context %}'), { a: 1 });
  expect(JSON.parse(String((await here.describe())['output']))).toEqual({
    Execution: {
      Id: 'arn:aws:states:eu-west-1:111122223333:execution:machine:run',
      Input: { a: 1 },
      Name: 'run',
      RoleArn: 'arn:aws:iam::111122223333:role/workflow',
      StartTime: '2026-11-24T03:00:00.000Z',
      RedriveCount: 0,
    },
    State: { Name: 'Only', EnteredTime: '2026-11-24T03:00:00.000Z', RetryCount: 0 },
    StateMachine: { Id: 'arn:aws:states:eu-west-1:111122223333:stateMachine:machine', Name: 'machine' },
  });
});

test('an expression of nothing fails its field by name and place', async () => {
  const here = world();
  await here.begin(pass({ list: [1, { v: '{% $states.input.absent %}' }] }));
  const cause =
    "An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata expression " +
    "'$states.input.absent' specified for the field 'Output/list[1]/v' returned nothing (undefined).";
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError', cause });
  expect((await here.events()).slice(2)).toMatchObject([
    {
      type: 'EvaluationFailed',
      evaluationFailedEventDetails: {
        error: 'States.QueryEvaluationError',
        cause,
        location: 'Output/list[1]/v',
        state: 'Only',
      },
    },
    { type: 'ExecutionFailed', executionFailedEventDetails: { error: 'States.QueryEvaluationError', cause } },
  ]);
});

test('null is a value, not nothing', async () => {
  const here = world();
  await here.begin(pass({ v: '{% $states.input.v %}' }), { v: null });
  expect((await here.describe())['output']).toBe('{"v":null}');
});

test.each([
  ['{% $undefinedVariable %}', 'undefined'],
  ["{% 'ten' %}", "Expected 'number'"],
  ['{% 1.5 %}', 'cannot be parsed as an integer'],
  ['{% 0 %}', 'must be between 1 and 99999999'],
  ['{% -5 %}', 'must be between 1 and 99999999'],
])('TimeoutSeconds %s can be caught and tells why', async (TimeoutSeconds, why) => {
  const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }];
  const here = world();
  await here.begin(task({ TimeoutSeconds, Catch }, { Caught: { Type: 'Succeed' } }));
  expect(here.calls).toEqual([]);
  expect((await here.describe())['output']).toContain(why);
});

test('what does not fit in 256 KiB is States.DataLimitExceeded, which States.ALL lets pass', async () => {
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
  const more = { Caught: { Type: 'Succeed' } };
  const fits = world({ functions: { do: () => 'x'.repeat(262_144 - 300) } });
  await fits.begin(task({ Catch }, more));
  expect((await fits.describe())['status']).toBe('SUCCEEDED');
  const large = world({ functions: { do: () => 'x'.repeat(262_144) } });
  await large.begin(task({ Catch }, more));
  expect(await large.describe()).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  expect((await large.course()).slice(-2)).toEqual(['TaskFailed', 'ExecutionFailed']);
});

test('a state’s own output is limited too', async () => {
  const here = world();
  await here.begin(pass("{% $pad('x', 300000) %}"));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
});

test('an endless loop ends as event 25,000', async () => {
  const here = world();
  await here.begin(
    machine('A', {
      A: { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }], Default: 'B' },
      B: { Type: 'Pass', Next: 'A' },
      End: { Type: 'Succeed' },
    }),
  );
  expect(await here.describe()).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: 'The execution reached the maximum number of history events (25000).',
  });
  const { events } = await here.call('GetExecutionHistory', {
    executionArn: 'arn:aws:states:eu-west-1:111122223333:execution:machine:run',
    reverseOrder: true,
    maxResults: 2,
  });
  expect(events).toMatchObject([
    { id: 25_000, previousEventId: 24_999, type: 'ExecutionFailed' },
    { id: 24_999, type: 'ChoiceStateExited' },
  ]);
});

test('the history of a callback that succeeds is AWS’s, event by event', async () => {
  const here = world();
  await here.begin(callback({ TimeoutSeconds: 600, HeartbeatSeconds: 60 }), { a: 1 });
  await here.clock.advanceBy(seconds(10));
  await here.call('SendTaskSuccess', { taskToken: here.calls[0]?.token, output: '"done"' });
  const kind = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };
  const token = here.calls[0]?.token;
  const result =
    '{"ExecutedVersion":"$LATEST","Payload":{},"SdkHttpMetadata":{"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"id-3"},"StatusCode":200}';
  const whole = { truncated: false };
  expect(await here.events()).toEqual([
    {
      id: 1,
      previousEventId: 0,
      timestamp: 1_795_489_200,
      type: 'ExecutionStarted',
      executionStartedEventDetails: {
        input: '{"a":1}',
        inputDetails: whole,
        roleArn: 'arn:aws:iam::111122223333:role/workflow',
      },
    },
    {
      id: 2,
      previousEventId: 0,
      timestamp: 1_795_489_200,
      type: 'TaskStateEntered',
      stateEnteredEventDetails: { name: 'Do', input: '{"a":1}', inputDetails: whole },
    },
    {
      id: 3,
      previousEventId: 2,
      timestamp: 1_795_489_200,
      type: 'TaskScheduled',
      taskScheduledEventDetails: {
        ...kind,
        region: 'eu-west-1',
        parameters: JSON.stringify({ FunctionName: 'do', Payload: { token } }),
        timeoutInSeconds: 600,
        heartbeatInSeconds: 60,
      },
    },
    { id: 4, previousEventId: 3, timestamp: 1_795_489_200, type: 'TaskStarted', taskStartedEventDetails: kind },
    {
      id: 5,
      previousEventId: 4,
      timestamp: 1_795_489_200,
      type: 'TaskSubmitted',
      taskSubmittedEventDetails: { ...kind, output: result, outputDetails: whole },
    },
    {
      id: 6,
      previousEventId: 5,
      timestamp: 1_795_489_210,
      type: 'TaskSucceeded',
      taskSucceededEventDetails: { ...kind, output: '"done"', outputDetails: whole },
    },
    {
      id: 7,
      previousEventId: 6,
      timestamp: 1_795_489_210,
      type: 'TaskStateExited',
      stateExitedEventDetails: { name: 'Do', output: '"done"', outputDetails: whole },
    },
    {
      id: 8,
      previousEventId: 7,
      timestamp: 1_795_489_210,
      type: 'ExecutionSucceeded',
      executionSucceededEventDetails: { output: '"done"', outputDetails: whole },
    },
  ]);
});

test('a callback without a TimeoutSeconds waits for years', async () => {
  const here = world();
  await here.begin(callback());
  await here.clock.advanceBy(days(1_000));
  expect((await here.describe())['status']).toBe('RUNNING');
  await here.clock.advanceBy(days(158));
  expect(await here.describe()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

test('a function that hangs is given up at its TimeoutSeconds, and its late answer changes nothing', async () => {
  const hung = Promise.withResolvers<unknown>();
  const here = world({ functions: { do: () => hung.promise } });
  const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Late' }];
  await here.begin(task({ TimeoutSeconds: 300, Catch }, { Late: { Type: 'Wait', Seconds: 60, End: true } }));
  await here.clock.advanceBy(minutes(5));
  expect((await here.course()).slice(-3)).toEqual(['TaskTimedOut', 'TaskStateExited Do', 'WaitStateEntered Late']);
  hung.resolve({ late: true });
  await here.clock.advanceBy(minutes(1));
  expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', output: '{"Error":"States.Timeout"}' });
});
