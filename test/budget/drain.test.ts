/**
 * Catches an end in a crowd that costs more calls to EKS than it has to, or takes longer than EKS makes it. Time is
 * simulated; calls are counted, those that EKS refused included.
 */
import { describe, expect, it } from 'vitest';
import { type Crowd, drainCrowd } from '../../bench/crowd.ts';

const CROWD: Crowd = {
  grants: 240,
  accounts: 1,
  clusters: 1,
  grantsInDeadAccount: 0,
  eksAdmits: { callsPerSecond: 10, burst: 40 },
  standing: 20,
  workflow: true,
};

describe('240 grants that end in the same second', () => {
  it('one delete each, a few lists, and a refusal now and then; at the rate that EKS takes', async () => {
    const { removed, recorded, eks, left } = await drainCrowd(CROWD, 1);
    expect(left).toBe(0);
    expect([removed.length, recorded.length]).toEqual([240, 240]);
    expect((eks.ending - eks.refused) / 240).toBeLessThanOrEqual(1.04);
    expect(eks.refused / 240).toBeLessThanOrEqual(0.08);
    expect(eks.settling / 240).toBeLessThanOrEqual(0.06);
    expect((240 - 40) / 10 / (removed.at(-1) ?? 0)).toBeGreaterThan(0.93);
  }, 60_000);

  it('an account that does not answer holds up no other', async () => {
    const { removed, left } = await drainCrowd({ ...CROWD, grants: 120, accounts: 2, grantsInDeadAccount: 60 }, 1);
    expect(left).toBe(0);
    expect(removed.at(-1)).toBeLessThan(6);
  }, 60_000);
});
