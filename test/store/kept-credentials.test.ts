/**
 * Credentials of executors, kept in a warm function. Catches a clock that differs from STS's (F40) and keeps those that
 * are over, so that nothing of an account can be ended; and a failure that is remembered.
 */
import { expect, test } from 'vitest';
import { kept } from '../../src/aws/executors.ts';
import { type Instant, instant, minutes, plus } from '../../src/core/time.ts';

function keeper() {
  const state = { now: instant(1_700_000_000_000), asked: 0, fails: false };
  const credentialsOf = kept(
    () => state.now,
    async () => {
      if (state.fails) throw new Error('AccessDenied');
      return ++state.asked;
    },
  );
  const pass = (length: number): Instant => (state.now = plus(state.now, minutes(length)));
  return { state, credentialsOf, pass };
}

test('asked for once in ten minutes, for each role, however many ask at once', async () => {
  const { state, credentialsOf, pass } = keeper();
  expect(await Promise.all([credentialsOf('a'), credentialsOf('a'), credentialsOf('b')])).toEqual([1, 1, 2]);
  pass(9.9);
  expect(await credentialsOf('a')).toBe(1);
  pass(0.2);
  expect(await credentialsOf('a')).toBe(3);
  expect(state.asked).toBe(3);
});

test('a clock that is put right by hours keeps none that may be over', async () => {
  const { credentialsOf, pass } = keeper();
  await credentialsOf('a');
  pass(-120);
  expect(await credentialsOf('a')).toBe(2);
  pass(240);
  expect(await credentialsOf('a')).toBe(3);
});

test('a failure is asked again', async () => {
  const { state, credentialsOf } = keeper();
  state.fails = true;
  await expect(credentialsOf('a')).rejects.toThrow('AccessDenied');
  state.fails = false;
  expect(await credentialsOf('a')).toBe(1);
});
