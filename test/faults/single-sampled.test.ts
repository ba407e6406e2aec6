/**
 * A sample of what `npm run test:conformance` tries in full: grants that share a standing role, and extended ones, with
 * any one fault at any call. Which cases is drawn anew each time, and printed.
 */
import { describe, it } from 'vitest';
import { expectSampledSingleFaults } from './expect.ts';

describe('I3: lives that touch each other, and longer ones', () => {
  it.each([
    ['role, overlapping', true],
    ['role, overlapping', false],
    ['role, back to back', true],
    ['role, back to back', false],
    ['dedicated, extended', true],
    ['dedicated, extended', false],
    ['role, extended', true],
    ['role, extended', false],
  ])('%s, workflow %s: a sample of single faults', expectSampledSingleFaults, 120_000);
});
