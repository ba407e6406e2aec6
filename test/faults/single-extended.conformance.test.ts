/**
 * Catches an extension that leaves access behind, or gives more than was decided: every call of an extended grant's
 * life, struck in every way, with the workflow and without it.
 */
import { describe, it } from 'vitest';
import { expectAllSingleFaults } from './expect.ts';

describe('I3: an extended grant: pain 9', () => {
  it.each([
    ['dedicated, extended', true],
    ['dedicated, extended', false],
    ['role, extended', true],
    ['role, extended', false],
  ])('%s, workflow %s: any one fault at any call', expectAllSingleFaults, 120_000);
});
