/**
 * Catches what goes wrong between grants that share a standing role: one that ends takes the other's access along, a
 * late delete hits the next grant, an entry that nobody feels to be theirs stays.
 */
import { describe, it } from 'vitest';
import { expectAllSingleFaults } from './expect.ts';

describe('claims on one role: pains 1, 3 and 13', () => {
  it.each([
    ['role, overlapping', true],
    ['role, overlapping', false],
    ['role, back to back', true],
    ['role, back to back', false],
  ])('%s, workflow %s: any one fault at any call', expectAllSingleFaults, 120_000);
});
