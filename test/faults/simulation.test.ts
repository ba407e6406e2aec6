/**
 * Catches what nobody thought of: a few worlds of the simulation each time, and whether a seed still repeats itself.
 * `npm run simulate -- --seeds 1000` runs many more.
 */
import { expect, it } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { simulate } from './simulation/run.ts';

// The same in every run, so that what lands is not left to chance; `npm run simulate` looks elsewhere.
const FIRST = Number(process.env['HALLPASS_SEED'] ?? 0);
const WORLDS = 24;

it(`every invariant holds in ${WORLDS} worlds (HALLPASS_SEED=${FIRST})`, async () => {
  let grants = 0;
  let faults = 0;
  for (let seed = FIRST; seed < FIRST + WORLDS; seed++) {
    const outcome = await simulate(seed);
    expect(outcome.violations, `npm run simulate -- --seed ${seed}`).toEqual([]);
    grants += outcome.grants;
    faults += outcome.faults;
  }
  countCases(`simulated worlds from seed ${FIRST}, with ${grants} grants and ${faults} faults`, WORLDS);
  expect(grants).toBeGreaterThan(WORLDS);
}, 60_000);

/** Seeds in which something did not hold once, whether it was the product or who looked: see docs/always-ends.md. */
it.each([690, 700535, 700724])('every invariant holds in the world of seed %i', async (seed) => {
  expect((await simulate(seed)).violations, `npm run simulate -- --seed ${seed}`).toEqual([]);
});

it('the same seed gives the same run', async () => {
  const [one, other] = [await simulate(11), await simulate(11)];
  expect(other.history).toEqual(one.history);
  expect([...other.struck]).toEqual([...one.struck]);
  expect(one.history.length).toBeGreaterThan(20);
});
