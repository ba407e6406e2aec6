/**
 * Catches any one fault that leaves access behind, takes it from somebody else, or breaks the record: every call of a
 * grant's life on a role of its own, struck in every way, with the workflow running and with Step Functions refusing every call.
 */
import { describe, it } from 'vitest';
import { expectAllSingleFaults } from './expect.ts';

describe('I3-own-effect-is-never-foreign: pains 2, 4 and 10', () => {
  it.each([
    ['dedicated', true],
    ['dedicated', false],
    ['dedicated, ended while it is made', true],
    ['dedicated, ended while it is made', false],
  ])('%s, workflow %s: any one fault at any call', expectAllSingleFaults, 120_000);
});
