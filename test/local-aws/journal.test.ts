/** Catches: a view of the past that shows what came later, forgets what was deleted, or keeps what was rolled back. */
import { expect, test } from 'vitest';
import { journaled } from '../../local/aws/journal.ts';
import { virtualClock } from '../../local/clock.ts';
import { openStorage } from '../../local/storage.ts';
import { minus, minutes, plus, seconds } from '../../src/core/time.ts';
import { START } from './world.ts';

function make() {
  const clock = virtualClock(START);
  const storage = journaled(openStorage(':memory:'), clock, minutes(1));
  const names = storage.collection<string>('names');
  const past = (secondsAgo: number) =>
    storage
      .asOf(minus(clock.now(), seconds(secondsAgo)))
      .collection<string>('names')
      .list()
      .map(({ key, value }) => `${key}=${value}`);
  return { clock, storage, names, past };
}

test('each instant is seen as it ended', async () => {
  const { clock, names, past } = make();
  names.put('b', '1');
  await clock.advanceBy(seconds(10));
  names.put('a', '1');
  names.put('b', '2');
  names.put('b', '3');
  await clock.advanceBy(seconds(10));
  names.delete('b');
  expect(past(0)).toEqual(['a=1']);
  expect(past(1)).toEqual(['a=1', 'b=3']);
  expect(past(10)).toEqual(['a=1', 'b=3']);
  expect(past(11)).toEqual(['b=1']);
  expect(past(20)).toEqual(['b=1']);
  expect(past(21)).toEqual([]);
});

test('what is rolled back was never there', async () => {
  const { clock, storage, names, past } = make();
  names.put('a', '1');
  await clock.advanceBy(seconds(10));
  expect(() =>
    storage.transaction(() => {
      names.put('a', '2');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(past(0)).toEqual(['a=1']);
  expect(past(5)).toEqual(['a=1']);
});

test('the past is read-only, and beyond its reach it is refused rather than guessed', async () => {
  const { clock, storage, names } = make();
  for (let i = 0; i < 300; i++) {
    names.put('a', String(i));
    await clock.advanceBy(seconds(1));
  }
  expect(() => storage.asOf(plus(START, seconds(1)))).toThrow(RangeError);
  const recent = storage.asOf(minus(clock.now(), seconds(30)));
  expect(recent.collection<string>('names').get('a')).toBe('270');
  expect(() => recent.collection<string>('names').put('a', 'x')).toThrow('read-only');
});
