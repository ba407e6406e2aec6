/**
 * Would catch: a machine of a grant's shape that, on a laptop, takes another way than on AWS (a moved expiry that
 * revokes anyway, a lapse that activates, a throttle that ends a hold).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../src/core/time.ts';
import { callback, type Functions, fails, pass, task, type World, world } from './harness.ts';

/** The validator comes without types. */
type Validate = (definition: unknown) => { isValid: boolean; errorsText(): string };
const validate: Validate = createRequire(import.meta.url)('asl-validator');

const definition = (): unknown => JSON.parse(readFileSync(new URL('grant-like.asl.json', import.meta.url), 'utf8'));
const called = ({ calls }: World): string[] => calls.map(({ at, name }) => `${at} ${name}`);
const lastToken = ({ calls }: World): string => calls.at(-1)?.token ?? '';

const functions = (more: Functions = {}): Functions => ({
  prepare: () => ({ approvalWindowSeconds: 3_599.2 }),
  activate: () => ({ secondsLeft: 3_600 }),
  ...more,
});
const approve = (here: World, startsInSeconds = 0): Promise<unknown> =>
  here.call('SendTaskSuccess', {
    taskToken: lastToken(here),
    output: JSON.stringify({ decision: 'approved', startsInSeconds }),
  });

describe('a machine of six steps', () => {
  test('is valid to an independent validator', () => {
    const { isValid, errorsText } = validate(definition());
    expect(isValid, errorsText()).toBe(true);
  });

  test.each([
    ['a task', task()],
    ['a callback', callback({ TimeoutSeconds: '{% 5 %}', HeartbeatSeconds: 3 })],
    ['a pass', pass({ a: ['{% 1 %}'] }, { Assign: { n: 1 } })],
  ])('so is what the other tests build on: %s', (_what, machine) => {
    const { isValid, errorsText } = validate(machine);
    expect(isValid, errorsText()).toBe(true);
  });

  test('goes from request to end by itself once approved', async () => {
    const here = world({ functions: functions() });
    await here.begin(definition(), { grantId: 'g1' });
    await here.clock.advanceBy(minutes(10));
    await approve(here, 1_800);
    await here.clock.advanceBy(hours(2));
    expect(called(here)).toEqual([
      '03:00:00 prepare',
      '03:00:00 await-approval',
      '03:10:00 await-start',
      '03:40:00 activate',
      '03:40:00 hold',
      '04:40:00 revoke',
    ]);
    expect(await here.describe()).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"grantId":"g1","ended":true}',
      stopDate: 1_795_495_200,
    });
  });

  test('lapses when the window, rounded up to whole seconds, has passed', async () => {
    const here = world({ functions: functions() });
    await here.begin(definition(), { grantId: 'g1' });
    await here.clock.advanceBy(seconds(3_599));
    expect((await here.describe())['status']).toBe('RUNNING');
    await here.clock.advanceBy(seconds(1));
    expect(await here.describe()).toMatchObject({ status: 'SUCCEEDED', output: '{"lapsed":true}' });
    await expect(approve(here)).rejects.toMatchObject({ code: 'TaskTimedOut', status: 400 });
  });

  test('is denied without ever activating', async () => {
    const here = world({ functions: functions() });
    await here.begin(definition(), { grantId: 'g1' });
    await here.call('SendTaskSuccess', { taskToken: lastToken(here), output: '{"decision":"denied"}' });
    expect(await here.describe()).toMatchObject({ output: '{"grantId":"g1","denied":true}' });
    expect(called(here)).toEqual(['03:00:00 prepare', '03:00:00 await-approval']);
  });

  test('goes back to holding for as long as NotYet says', async () => {
    const revoke = (_: unknown, __: string, nth: number) => (nth === 1 ? fails('NotYet', '900') : {});
    const here = world({ functions: functions({ revoke }) });
    await here.begin(definition(), { grantId: 'g1' });
    await approve(here);
    await here.clock.advanceBy(hours(3));
    expect(called(here).slice(3)).toEqual([
      '03:00:01 activate',
      '03:00:01 hold',
      '04:00:01 revoke',
      '04:00:01 hold',
      '04:15:01 revoke',
    ]);
    expect((await here.describe())['status']).toBe('SUCCEEDED');
  });

  test('leaves at once when ended early', async () => {
    const here = world({ functions: functions() });
    await here.begin(definition(), { grantId: 'g1' });
    await approve(here);
    await here.clock.advanceBy(minutes(5));
    await here.call('SendTaskSuccess', { taskToken: lastToken(here), output: '{}' });
    await here.clock.settle();
    expect(called(here).at(-1)).toBe('03:05:00 revoke');
    expect((await here.describe())['status']).toBe('SUCCEEDED');
  });

  test('retries a throttled activation, with jitter, before it catches', async () => {
    const throttled = fails('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    const activate = (_: unknown, __: string, nth: number) => (nth < 4 ? throttled : { secondsLeft: 60 });
    const here = world({ random: () => 0.25, functions: functions({ activate }) });
    await here.begin(definition(), { grantId: 'g1' });
    await approve(here);
    await here.clock.advanceBy(hours(1));
    // A quarter of 2, of 4 and of 8 seconds: 0.5, 1 and 2 after 03:00:01.
    expect(called(here).filter((line) => line.endsWith(' activate'))).toEqual([
      '03:00:01 activate',
      '03:00:01 activate',
      '03:00:02 activate',
      '03:00:04 activate',
    ]);
    expect(called(here).at(-1)).toBe('03:01:04 revoke');
  });

  test('gives up revoking after ten retries and says why', async () => {
    const revoke = () => fails('ThrottlingException', 'slow down');
    const here = world({ functions: functions({ revoke }) });
    await here.begin(definition(), { grantId: 'g1' });
    await approve(here);
    await here.clock.advanceBy(days(1));
    expect(here.calls.filter(({ name }) => name === 'revoke')).toHaveLength(11);
    expect(await here.describe()).toMatchObject({
      status: 'FAILED',
      error: 'ThrottlingException',
      cause: 'left to the sweeper: {"errorType":"ThrottlingException","errorMessage":"slow down"}',
    });
  });
});
