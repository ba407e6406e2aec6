/** What a minute's sweep costs, by what is stored and by what is due: it is to follow the second and not the first. */
import { startEngine } from '../local/dynamodb/engine.ts';
import { type StoredTable, type Tick, tableWith } from './stored.ts';
import { type Bench, type Cell, median, spread } from './table.ts';

const STORED = [1_000, 10_000, 100_000];
const DUE = [0, 100, 1_000];
const ROUNDS = 4;
/** Every second round, or it would take minutes. */
const LARGE = 1_000;

const sumOf = ({ requests }: Tick): number => Object.values(requests).reduce((sum, one) => sum + one, 0);

export const sweeping: Bench = {
  name: 'sweep',
  async run(say) {
    const engine = await startEngine();
    try {
      const tables: { readonly stored: number; readonly table: StoredTable }[] = [];
      for (const stored of STORED) tables.push({ stored, table: await tableWith(engine, stored, say) });
      const cases = DUE.flatMap((due) =>
        tables.map(({ stored, table }) => ({ due, stored, table, ticks: [] as Tick[] })),
      );
      // The first round warms up, and does not count.
      for (let round = 0; round <= ROUNDS; round++) {
        for (const { due, stored, table, ticks } of cases) {
          if (due >= LARGE && (round === 0 || round % 2 === 1)) continue;
          say(`round ${round} of ${ROUNDS}: ${due} due of ${stored}`);
          const tick = await table.tick(due);
          if (tick.swept.done !== due) throw new Error(`${tick.swept.done} of ${due} were done`);
          if (round > 0) ticks.push(tick);
        }
      }
      const least = (due: number): number =>
        median(
          cases
            .filter((one) => one.due === due && one.stored === STORED[0])
            .flatMap(({ ticks }) => ticks.map(({ cpuMs }) => cpuMs)),
        );
      const rows = cases.map(({ due, stored, ticks }): Cell[] => [
        `${due} of ${stored.toLocaleString('en')}`,
        due,
        stored,
        median(ticks.map(({ requests }) => requests['Query'] ?? 0)),
        median(ticks.map(({ requests }) => requests['TransactWriteItems'] ?? 0)),
        due > 0 ? (median(ticks.map(sumOf)) - 1) / due : 0,
        median(ticks.map(({ kilobytes }) => kilobytes)),
        spread(ticks.map(({ cpuMs }) => cpuMs)),
        median(ticks.map(({ cpuMs }) => cpuMs)) / least(due),
      ]);
      return {
        title: 'Sweep',
        note:
          'One sweep, with warnings due (a read and a transaction each), over the embedded DynamoDB engine: requests and kilobytes of its answers are counted, processor ' +
          `time is the sweeper's own, median and middle half of ${ROUNDS} interleaved rounds (${ROUNDS / 2} of the largest). The ratio is to the same number due of 1,000 stored. ` +
          'Target: 100 due of 100,000 cost what 100 of 1,000 do.',
        columns: [
          'due of stored',
          'due',
          'stored',
          'queries',
          'transactions',
          'requests for each',
          'KB',
          'CPU ms',
          'of 1,000 stored',
        ],
        rows,
        bars: { label: 0, value: 7, unit: 'ms' },
      };
    } finally {
      await engine.close();
    }
  },
};
