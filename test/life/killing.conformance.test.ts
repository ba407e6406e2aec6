/**
 * Catches whatever of a grant's life is kept in a process only: a real SIGKILL at every barrier of it, and the next start
 * on the same folder. `killing.test.ts` runs a sample of them with every `npm test`.
 */
import { describe, expect, it } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { barriersOf, killedAtEach } from './killing.ts';
import { LIVES } from './led-life.ts';

describe.each(LIVES)('%s', (entitlement) => {
  it('SIGKILL at every barrier: decided once, ended on time, nothing left', { timeout: 1_800_000 }, async () => {
    const barriers = await barriersOf(entitlement);
    const { reached, violations } = await killedAtEach(entitlement, barriers);
    countCases(`SIGKILL at every barrier, ${entitlement}`, reached);
    expect(violations).toEqual([]);
    // Calls that run side by side change places: now and then one is not made a last time.
    expect(reached).toBeGreaterThan(barriers.length * 0.9);
    expect(reached).toBeGreaterThan(60);
  });
});
