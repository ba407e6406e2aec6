/**
 * Catches: functions that work here and not on Lambda (objects passed by reference, undefined in payloads, state kept
 * that Lambda throws away), a time-out that never comes or comes by the wrong clock, and a late handler whose answer
 * or log still counts.
 */
import { expect, test } from 'vitest';
import { virtualClock } from '../../local/clock.ts';
import type { LambdaContext } from '../../local/lambda/context.ts';
import { type InvokeResult, type LocalFunction, lambdaRunner, type Runtime } from '../../local/lambda/runner.ts';
import { type Duration, instant, minutes, seconds } from '../../src/core/time.ts';

const START = instant(Date.UTC(2026, 10, 24, 3, 0, 0));
type Handle = (event: never, context: LambdaContext) => Promise<unknown>;

function world(build: (runtime: Runtime) => Handle, more: Partial<LocalFunction> = {}) {
  const clock = virtualClock(START);
  const lines: Record<string, unknown>[] = [];
  const loads = { count: 0 };
  const runner = lambdaRunner({
    clock,
    account: '111122223333',
    region: 'eu-central-1',
    patience: 20 as Duration,
    logs: (line) => lines.push(JSON.parse(line)),
    functions: {
      api: {
        load: async () => ({
          build(runtime) {
            loads.count++;
            return build(runtime);
          },
        }),
        env: { TABLE: 'hallpass' },
        timeout: seconds(10),
        ...more,
      },
    },
  });
  return { clock, runner, lines, loads };
}

test('payloads are JSON: nothing is shared by reference, undefined is gone, nothing is null', async () => {
  const { runner } = world(() => async (event: { list: number[]; at?: Date }) => {
    event.list.push(4);
    return { ...event, when: new Date(START), nothing: undefined };
  });
  const sent = { list: [1, 2, 3], gone: undefined };
  expect(await runner.invoke('api', sent)).toEqual({
    ok: true,
    payload: { list: [1, 2, 3, 4], when: '2026-11-24T03:00:00.000Z' },
  });
  expect(sent.list).toEqual([1, 2, 3]);
  expect(await world(() => async () => undefined).runner.invoke('api', undefined)).toEqual({ ok: true, payload: null });
});

test('a thrown error is a value, and the environment stays warm', async () => {
  const { runner, loads } = world(() => async () => {
    throw new RangeError('too far');
  });
  const failed = await runner.invoke('api', {});
  expect(failed).toMatchObject({ ok: false, errorType: 'RangeError', errorMessage: 'too far' });
  expect(failed).toHaveProperty('trace.0', 'RangeError: too far');
  await runner.invoke('api', {});
  expect(loads.count).toBe(1);
});

test.each([
  ['a thrown string', () => Promise.reject('plain'), { errorType: 'string', errorMessage: 'plain' }],
  ['an answer that is no JSON', async () => ({ n: 1n }), { errorType: 'TypeError' }],
  ['an answer over 6 MB', async () => 'x'.repeat(7_000_000), { errorType: 'Function.ResponseSizeTooLarge' }],
])('%s is a failure', async (_name, handle, expected) => {
  expect(await world(() => handle).runner.invoke('api', {})).toMatchObject({ ok: false, ...expected });
});

test('a build that fails is a failed invocation, tried afresh by the next one', async () => {
  let broken = true;
  const { runner } = world(() => {
    if (broken) throw new Error('AWS_ENDPOINT_URL is set');
    return async () => 'fine';
  });
  expect(await runner.invoke('api', {})).toMatchObject({ ok: false, errorMessage: 'AWS_ENDPOINT_URL is set' });
  broken = false;
  expect(await runner.invoke('api', {})).toEqual({ ok: true, payload: 'fine' });
});

test('an unknown function is a bug of the caller', async () => {
  await expect(world(() => async () => {}).runner.invoke('sweep', {})).rejects.toThrow(
    'there is no function sweep; there are api',
  );
});

test('the function sees its own environment and a skewed clock, the context the real time left', async () => {
  const { runner } = world(
    ({ env, now, random }) =>
      async (_event, context: { getRemainingTimeInMillis(): number; invokedFunctionArn: string }) => ({
        table: env['TABLE'],
        now: now(),
        bytes: random(3).length,
        left: context.getRemainingTimeInMillis(),
        arn: context.invokedFunctionArn,
      }),
    { skew: minutes(-7) },
  );
  expect(await runner.invoke('api', {})).toEqual({
    ok: true,
    payload: {
      table: 'hallpass',
      now: START - 420_000,
      bytes: 3,
      left: 10_000,
      arn: 'arn:aws:lambda:eu-central-1:111122223333:function:api',
    },
  });
});

test('a handler that hangs times out by the clock; what it does later is ignored', async () => {
  let release: (value: string) => void = () => {};
  const { runner, clock, lines, loads } = world(() => async () => {
    const late = await new Promise<string>((settle) => {
      release = settle;
    });
    console.log('late');
    return late;
  });
  let result: InvokeResult | undefined;
  const invoked = runner.invoke('api', {}, { requestId: 'r-1' }).then((answer) => {
    result = answer;
  });
  await clock.advanceBy(seconds(9));
  expect(result).toBeUndefined();
  await clock.advanceBy(seconds(1));
  await invoked;
  expect(result).toEqual({
    ok: false,
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: r-1 Error: Task timed out after 10.00 seconds',
  });
  release('done after all');
  await new Promise((next) => setImmediate(next));
  expect(lines).toEqual([expect.objectContaining({ errorType: 'Sandbox.Timedout', functionName: 'api' })]);
  void runner.invoke('api', {});
  await clock.settle();
  expect(loads.count).toBe(2);
});

test('time does not run ahead of an invocation that works', async () => {
  const { runner, clock } = world(({ now }) => async () => {
    for (let i = 0; i < 5; i++) await new Promise((next) => setImmediate(next));
    return now();
  });
  const invoked = runner.invoke('api', {});
  await clock.advanceBy(minutes(5));
  expect(await invoked).toEqual({ ok: true, payload: START });
  expect(clock.next()).toBeUndefined();
});

test('one environment serves one invocation at a time, and recycling throws it away', async () => {
  const { runner, loads } = world(() => {
    let busy = false;
    return async () => {
      if (busy) throw new Error('two at once');
      busy = true;
      await new Promise((next) => setImmediate(next));
      busy = false;
    };
  });
  const both = await Promise.all([runner.invoke('api', 1), runner.invoke('api', 2)]);
  expect(both).toEqual([
    { ok: true, payload: null },
    { ok: true, payload: null },
  ]);
  expect(loads.count).toBe(2);
  await runner.invoke('api', 3);
  expect(loads.count).toBe(2);
  runner.recycle();
  await runner.invoke('api', 4);
  expect(loads.count).toBe(3);
});

test('an asynchronous invocation is tried three times, with one request id', async () => {
  const ids: [string, number][] = [];
  const { runner, clock } = world(({ now }) => async (_event, context: { awsRequestId: string }) => {
    ids.push([context.awsRequestId, now() - START]);
    throw new Error('no');
  });
  const results: InvokeResult[] = [];
  runner.invokeAsync('api', {}, (result) => results.push(result));
  await clock.settle();
  await clock.advanceBy(minutes(10));
  const [id] = ids[0] ?? [];
  expect(ids).toEqual([
    [id, 0],
    [id, 60_000],
    [id, 180_000],
  ]);
  expect(results).toMatchObject([{ ok: false, errorMessage: 'no' }]);
});

test('what a function prints is a line with its name; JSON stays JSON', async () => {
  const { runner, lines } = world(() => async () => {
    console.info('granted %s', 'g-1');
    console.error(JSON.stringify({ grant: 'g-1' }));
  });
  await runner.invoke('api', {}, { requestId: 'r-1' });
  const common = { timestamp: '2026-11-24T03:00:00.000Z', functionName: 'api', requestId: 'r-1' };
  expect(lines).toEqual([
    { ...common, level: 'INFO', message: 'granted g-1' },
    { ...common, level: 'ERROR', message: { grant: 'g-1' } },
  ]);
});
