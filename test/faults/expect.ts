/** What a single fault may cost, in seconds, and how the tables of cases are printed. */
import { expect } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { emptyTally, enumerate, type Tally } from './enumerate.ts';
import { SCENARIOS } from './scenario.ts';

/** I3: through any single fault, while the workflow runs. EKS's own propagation comes on top. */
export const ONE_FAULT = 90;
/** Without the workflow, which is a fault itself: at the worst one sweep is lost and the next one does it. */
export const NO_WORKFLOW_AND_ONE_FAULT = 150;
/** Several at once: what a late write left is found by the second look back, ten minutes after the end, and one sweep. */
export const ANY_FAULTS = 10 * 60 + 90;
/** A late delete of ours that hit the next grant is undone so soon. */
export const WITHOUT_ACCESS = 180;

/** Every call of the scenario × every fault, with the workflow and without it. */
export const expectAllSingleFaults = (name: string, workflow: boolean): Promise<void> =>
  expectSingleFaults(name, workflow, {});

/** One case in so many, others in every run; the seed says which. */
export function expectSampledSingleFaults(name: string, workflow: boolean): Promise<void> {
  const from = Math.floor(Math.random() * SAMPLED);
  console.log(
    `[cases] sampled: ${name}, workflow ${workflow ? 'on' : 'off'}: case ${from} and every ${SAMPLED}th after it`,
  );
  return expectSingleFaults(name, workflow, { each: SAMPLED, from });
}
const SAMPLED = 8;

async function expectSingleFaults(
  name: string,
  workflow: boolean,
  sample: { each?: number; from?: number },
): Promise<void> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const tally = emptyTally();
  await enumerate(scenario, workflow, tally, sample);
  print(`single faults: ${name}, workflow ${workflow ? 'on' : 'off'}`, tally);
  expect(tally.violations).toEqual([]);
  expect(longest(tally.afterEnd)[0], longest(tally.afterEnd)[1]).toBeLessThanOrEqual(
    workflow ? ONE_FAULT : NO_WORKFLOW_AND_ONE_FAULT,
  );
  expect(longest(tally.without)[0], longest(tally.without)[1]).toBeLessThanOrEqual(WITHOUT_ACCESS);
  expect(tally.cases).toBeGreaterThan(300 / (sample.each ?? 1));
}

const longest = (of: Tally['afterEnd']): [number, string] =>
  [...of.values()].reduce((worst, one) => (one[0] > worst[0] ? one : worst), [0, '']);

export function print(what: string, tally: Tally): void {
  countCases(`${what} (access at most ${longest(tally.afterEnd)[0].toFixed(0)} s after the end)`, tally.cases);
}
