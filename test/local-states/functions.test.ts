/** Would catch: a function that answers otherwise than in Step Functions, or reads the wall clock. */
import { expect, test } from 'vitest';
import { evaluate } from '../../local/states/expression.ts';
import { statesFunctions } from '../../local/states/functions.ts';
import { START } from './harness.ts';

const bindings = statesFunctions({ now: () => START, random: () => 0.25, newId: () => 'an-id' });
const result = (expression: string): Promise<unknown> =>
  evaluate(`{% ${expression} %}`, 'Output', { states: { input: { items: [1, 2, 3] } }, bindings }).catch(
    (error: Error) => error.message,
  );
const nothing = expect.stringContaining('returned nothing (undefined)');

test.each([
  ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
  ['$partition([1,2,3], 2.9)', [[1, 2], [3]]],
  ['$partition([1], 0)', nothing],
  ['$partition([], 2)', nothing],
  ['$range(0, 10, 5)', [0, 5, 10]],
  ['$range(0, 9, 5)', [0, 5]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ['$range(-1.7, 1, 1)', [-1, 0, 1]],
  ['$range(1, 1, 1)', 1],
  ['$range(1, 3, -1)', nothing],
  ['$range(1, 3)', nothing],
  ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
  ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ["$hash('abc')", nothing],
  ["$hash('abc', 'sha-256')", expect.stringContaining('$hash knows MD5')],
  ['$random()', 0.25],
  ['$random(7) = $random(7)', true],
  ['$random(7) = $random(8)', false],
  ['$uuid()', 'an-id'],
  ['$parse(\'{"a":[1]}\').a[0]', 1],
  ["$parse('{')", expect.stringContaining('threw an error during evaluation')],
  ['$number($parse(\'{"errorMessage":"900"}\').errorMessage)', 900],
  ['$now()', '2026-11-24T03:00:00.000Z'],
  ["$now('[Y]/[M01]')", '2026/11'],
  ['$millis()', 1_795_489_200_000],
  ["$eval('1')", expect.stringContaining('T1006')],
  ['$sum', expect.stringContaining('unsupported result type')],
  ['function($x) { $x }', expect.stringContaining('unsupported result type')],
  ['{"f": $sum}', expect.stringContaining('unsupported result type')],
  ['$states.input.items[$ > 1]', [2, 3]],
  ['($f := function($n) { $f($n) + 1 }; $f(1))', expect.stringContaining('threw an error')],
  ['1 + "a"', expect.stringContaining('T2002')],
])('%s', async (expression, expected) => {
  expect(await result(expression)).toEqual(expected);
});
