/**
 * Catches: ids that can be guessed, that do not sort by time (listings and cursors rely on it), or that do not fit where
 * they have to: IAM names of 64 characters, DynamoDB keys, execution names.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grantId, grantIdTime, parseGrantId } from '../../src/core/id.ts';
import { instant } from '../../src/core/time.ts';

const zeros = new Uint8Array(10);
const ones = new Uint8Array(10).fill(255);

describe('ids', () => {
  test.each([0, 1, 32, 1_469_918_176_385, 2 ** 47])('tell when they were made: %d', (ms) =>
    expect(grantIdTime(grantId(instant(ms), ones))).toBe(ms),
  );

  test('are the moment in ten characters and eighty random bits in sixteen', () => {
    expect(grantId(instant(0), zeros)).toBe('00000000000000000000000000');
    expect(grantId(instant(1), zeros)).toBe('00000000010000000000000000');
    expect(grantId(instant(32), ones)).toBe('0000000010zzzzzzzzzzzzzzzz');
    // The example of the ULID specification: 1469918176385 is 01ARYZ6S41.
    expect(grantId(instant(1_469_918_176_385), zeros)).toBe('01aryz6s410000000000000000');
  });

  test('sort by time, whatever the random part', () => {
    const moment = fc.integer({ min: 0, max: 2 ** 48 - 2 });
    const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(moment, bytes, bytes, (at, one, other) => {
        expect(grantId(instant(at), one) < grantId(instant(at + 1), other)).toBe(true);
      }),
    );
  });

  test('use only letters and digits that nobody mixes up, and are read back as they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        (at, random) => {
          const id = grantId(instant(at), random);
          expect(id).toMatch(/^[0-9abcdefghjkmnpqrstvwxyz]{26}$/);
          expect(parseGrantId(id)).toBe(id);
        },
      ),
    );
  });

  test('every random byte counts', () => {
    for (let i = 0; i < 10; i++) {
      const changed = zeros.with(i, 1);
      expect(grantId(instant(0), changed)).not.toBe(grantId(instant(0), zeros));
    }
  });

  test('too little randomness is an error, not a weaker id', () => {
    expect(() => grantId(instant(0), new Uint8Array(9))).toThrow(RangeError);
  });

  test('with the longest hub id a role name has at most 64 characters', () => {
    const hub = 'a23456789012345678901234';
    expect(hub).toHaveLength(24);
    expect(`hallpass-${hub}-${grantId(instant(0), ones)}`.length).toBe(60);
  });

  test.each([
    [' 01ARYZ6S410000000000000000 ', '01aryz6s410000000000000000'],
    ['01aryz6s410000000000000000\n', '01aryz6s410000000000000000'],
  ])('%j is read as people paste it', (text, id) => expect(parseGrantId(text)).toBe(id));

  test.each([
    '',
    '01aryz6s41000000000000000',
    '01aryz6s4100000000000000000',
    '81aryz6s410000000000000000',
    '01aryz6s41000000000000000i',
    '01aryz6s41000000000000000l',
    '01aryz6s41000000000000000o',
    '01aryz6s41000000000000000u',
    '01aryz6s41000000#grant0000',
    '../../../../../../../../..',
    '01aryz6s41000000000000000\u0430',
    '__proto__',
  ])('%j is no id', (text) => expect(parseGrantId(text)).toBeUndefined());
});
