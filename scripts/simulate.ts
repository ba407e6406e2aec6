/**
 * Worlds of dozens of people, several clusters and accounts, faults, crashes, deployments, restores and outsiders,
 * under a clock of their own. The same seed gives the same run. Exits 1 with the shrunk history of the first world in
 * which an invariant did not hold.
 *
 *   npm run simulate -- --seeds 1000
 *   npm run simulate -- --seed 4711
 *   npm run simulate -- --seed 4711 --seeds 30 --brief     says which go wrong, and shrinks none
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Outcome, simulate } from '../test/faults/simulation/run.ts';
import { shrink } from '../test/faults/simulation/shrink.ts';

type Told = Pick<Outcome, 'violations' | 'grants' | 'activated' | 'faults' | 'hours'> & { readonly seed: number };

const { values } = parseArgs({
  options: { seeds: { type: 'string' }, seed: { type: 'string' }, brief: { type: 'boolean', default: false } },
});
const first = Number(values.seed ?? 0);
const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  console.error('--seed takes a whole number, --seeds how many of them to run, from that one on');
  process.exit(2);
}
const began = performance.now();
const told = await runAll(Array.from({ length: count }, (_, n) => first + n));
const sum = (of: (one: Told) => number): string =>
  Math.round(told.reduce((total, one) => total + of(one), 0)).toLocaleString('en');
const bad = told.filter((one) => one.violations.length > 0).sort((a, b) => a.seed - b.seed);
console.log(
  `${told.length} worlds from seed ${first}: ${sum((one) => one.grants)} grants, ${sum((one) => one.activated)} of them active, ` +
    `${sum((one) => one.faults)} faults, ${sum((one) => one.hours)} simulated hours, ${((performance.now() - began) / 1_000).toFixed(0)} s`,
);
const [worst] = bad;
if (worst)
  console.log(`${bad.length} worlds in which something did not hold, seeds ${bad.map((one) => one.seed).join(', ')}`);
if (worst && !values.brief) {
  const { history, violations, struck } = await shrink(worst.seed, await simulate(worst.seed));
  console.log(`\nseed ${worst.seed}, shrunk:\n${history.join('\n')}`);
  for (const [n, fault] of struck) console.log(`call ${n}: ${JSON.stringify(fault)}`);
  console.log(violations.join('\n'));
}
console.log(bad.length === 0 ? 'every invariant held' : 'FAILED');
process.exitCode = bad.length === 0 ? 0 : 1;

/** Every seed in turn, as many at once as there are processors. */
async function runAll(seeds: readonly number[]): Promise<Told[]> {
  const lanes = Math.min(availableParallelism(), seeds.length);
  const all = Array.from({ length: lanes }, (_, lane) => runSome(seeds.filter((_seed, n) => n % lanes === lane)));
  return (await Promise.all(all)).flat();
}

function runSome(seeds: readonly number[]): Promise<Told[]> {
  return new Promise((settle, fail) => {
    const told: Told[] = [];
    const worker = new Worker(new URL('../test/faults/simulation/worker.ts', import.meta.url), {
      workerData: { seeds },
    });
    worker.on('message', (one: Told) => told.push(one));
    worker.on('error', fail);
    worker.on('exit', () => settle(told));
  });
}
