/**
 * Catches whatever of a grant's life is kept in a process only: real SIGKILLs, others in every run; at every barrier in
 * `npm run test:conformance`. `HALLPASS_BARRIER='after eks CreateAccessEntry 1'` runs that one alone.
 */
import { describe, expect, it } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { type Barrier, barriersOf, killedAtEach, nameOf } from './killing.ts';
import { LIVES } from './led-life.ts';

const SAMPLES = 3;

function sampleOf(barriers: readonly Barrier[]): readonly Barrier[] {
  const wanted = process.env['HALLPASS_BARRIER'];
  if (wanted !== undefined) return barriers.filter((barrier) => nameOf(barrier) === wanted);
  const writes = barriers.filter((barrier) => barrier.write);
  const every = Math.floor(writes.length / SAMPLES);
  const from = Math.floor(Math.random() * every);
  return writes.filter((_, n) => n % every === from).slice(0, SAMPLES);
}

describe.each(LIVES)('%s', (entitlement) => {
  it('SIGKILL at some barriers: decided once, ended on time, nothing left', { timeout: 120_000 }, async () => {
    const sample = sampleOf(await barriersOf(entitlement));
    const { reached, violations } = await killedAtEach(entitlement, sample);
    countCases(`SIGKILL ${sample.map(nameOf).join(', ')} of ${entitlement}`, reached);
    expect(violations).toEqual([]);
    expect(reached).toBeGreaterThan(0);
  });
});
