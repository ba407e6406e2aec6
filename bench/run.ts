/** `npm run bench [-- <name> …]`: runs them one after another, prints each table, keeps it as JSON, and writes docs/performance.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { coldStart } from './cold-start.ts';
import { core } from './core.ts';
import { cost } from './cost.ts';
import { drain } from './drain.ts';
import { firstEvent } from './first-event.ts';
import { load } from './load.ts';
import { performancePage } from './page.ts';
import { roundTrips } from './round-trips.ts';
import { sweeping } from './sweep.ts';
import { type Bench, type Result, show } from './table.ts';

const BENCHES: readonly Bench[] = [coldStart, firstEvent, roundTrips, sweeping, drain, load, core, cost];
const RESULTS = new URL('../reports/bench/', import.meta.url).pathname;
const DOCS = new URL('../docs/', import.meta.url).pathname;

const USAGE = `Usage: npm run bench [-- <name> …]\n\nBenches: ${BENCHES.map(({ name }) => name).join(', ')}. Without a name, all of them, and docs/performance.md is written.\n--page writes it from results as they were kept.`;

const given = process.argv.slice(2);
/** From what earlier runs kept. */
const pageOnly = given.includes('--page');
const wanted = given.filter((one) => one !== '--page');
if (wanted.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}.\n${USAGE}`);
  process.exit(2);
}

const say = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

mkdirSync(RESULTS, { recursive: true });
for (const bench of BENCHES.filter(({ name }) => (wanted.length === 0 && !pageOnly) || wanted.includes(name))) {
  const result = await bench.run((text) => say(`${bench.name}: ${text}`));
  say('');
  writeFileSync(`${RESULTS}${bench.name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  console.log(show(result));
}

if (wanted.length === 0 || pageOnly) {
  const results = BENCHES.flatMap(({ name }): Result[] => {
    const file = `${RESULTS}${name}.json`;
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Result] : [];
  });
  const { page, pictures } = performancePage(results);
  mkdirSync(`${DOCS}images`, { recursive: true });
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(`${DOCS}images/${name}`, svg);
  writeFileSync(`${DOCS}performance.md`, page);
}
