/** Catches what needs two faults: a sample of all pairs in a grant's life, another with HALLPASS_SEED. */
import { expect, it } from 'vitest';
import { count, emptyTally, faultsFor, nameOf } from './enumerate.ts';
import { ANY_FAULTS, print } from './expect.ts';
import { randomFrom } from './random.ts';
import { runScenario, SCENARIOS } from './scenario.ts';
import type { Fault } from './world.ts';

const SEED = Number(process.env['HALLPASS_SEED'] ?? 0);
const PAIRS = 400;

it(`any two faults (HALLPASS_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const tally = emptyTally();
  for (let n = 0; n < PAIRS; n++) {
    const scenario = random.pick(SCENARIOS);
    const workflow = random.chance(0.5);
    const { calls } = await runScenario(scenario, new Map(), { workflow });
    const struck = new Map<number, Fault>();
    const names: string[] = [];
    // The second call is counted from the first: what the first fault makes happen is struck too.
    let at = random.below(calls.length / 2);
    for (const step of [0, 1 + random.below(12)]) {
      at += step;
      const call = calls[at];
      if (!call) continue;
      const fault = random.pick(faultsFor(call));
      struck.set(at, fault);
      names.push(nameOf(at, call, fault));
    }
    count(
      tally,
      `${scenario.name}, workflow ${workflow}: ${names.join(' and ')}`,
      'pair',
      await runScenario(scenario, struck, { workflow }),
    );
  }
  print(`pairs of faults, seed ${SEED}`, tally);
  expect(tally.violations).toEqual([]);
  expect(tally.afterEnd.get('pair')?.[0], tally.afterEnd.get('pair')?.[1]).toBeLessThanOrEqual(ANY_FAULTS);
}, 120_000);
