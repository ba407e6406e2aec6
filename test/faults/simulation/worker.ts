/** Simulates the seeds it is given, one after another, and tells what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulate } from './run.ts';

const { seeds } = workerData as { readonly seeds: readonly number[] };
for (const seed of seeds) {
  const { violations, grants, activated, faults, hours } = await simulate(seed);
  parentPort?.postMessage({ seed, violations, grants, activated, faults, hours });
}
