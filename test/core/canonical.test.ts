/**
 * Catches: one value with two texts (a digest that differs for no reason: "the events do not lead there"), or two values
 * with one text (a change that no digest shows).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/canonical.ts';

describe('canonical JSON', () => {
  test.each<[string, unknown, string]>([
    ['keys are sorted, at every depth', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['arrays keep their order', [3, 1, 2], '[3,1,2]'],
    ['undefined properties are left out', { a: undefined, b: 1 }, '{"b":1}'],
    ['undefined in an array is null', [undefined, 1], '[null,1]'],
    ['null stays', { a: null }, '{"a":null}'],
    ['no spaces, nothing escaped that need not be', { 'a b': 'é/€' }, '{"a b":"é/€"}'],
    ['minus zero is zero', -0, '0'],
    ['empty', [{}, [], ''], '[{},[],""]'],
    // RFC 8785, 3.2.2, its strings and literals.
    [
      'RFC 8785, 3.2.2.2',
      { string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/' },
      '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    ['RFC 8785, 3.2.2', { literals: [null, true, false] }, '{"literals":[null,true,false]}'],
    // RFC 8785, 3.2.3: sorted by UTF-16 code units, so that the emoji (a surrogate pair) comes before U+FB33.
    [
      'RFC 8785, 3.2.3',
      {
        '\u20ac': 'Euro Sign',
        '\r': 'Carriage Return',
        '\ufb33': 'Hebrew Letter Dalet With Dagesh',
        '1': 'One',
        '\ud83d\ude00': 'Emoji: Grinning Face',
        '\u0080': 'Control',
        '\u00f6': 'Latin Small Letter O With Diaeresis',
      },
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
  ])('%s', (_what, value, text) => expect(canonicalJson(value)).toBe(text));

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)])('%d is refused', (number) =>
    expect(() => canonicalJson({ number })).toThrow('whole numbers only'),
  );
  test.each<[string, unknown]>([
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['nothing at all', undefined],
  ])('%s is refused', (_what, value) => expect(() => canonicalJson(value)).toThrow(TypeError));

  const json = fc.letrec((tie) => ({
    value: fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  })).value;

  test('is JSON that says the same', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('does not depend on the order in which properties were made', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json, { maxKeys: 6 }), (value) => {
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(canonicalJson(value));
      }),
    );
  });
});
