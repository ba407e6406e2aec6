/**
 * What a sandbox pays before it can answer: a process starts and imports a function's bundle. Beside it, in turn and in
 * the same run: bare Node, `node:https` alone, and the AWS clients that the bundle needs with the commands that it sends,
 * loaded as esbuild bundles them by default and as ours are bundled. Processor time, as the kernel counts it, so that a
 * busy machine disturbs little.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSubjects } from './subjects.ts';
import { type Bench, median, spread } from './table.ts';

const ROUNDS = 15;

/** Milliseconds of processor time, by the process's own account of itself. */
function timeOf(file: string): number {
  const program = `await import(${JSON.stringify(file)}); const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  return Number(stdout);
}

export const coldStart: Bench = {
  name: 'cold-start',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'hallpass-bench-'));
    try {
      const bare = join(folder, 'bare.mjs');
      const https = join(folder, 'https.mjs');
      writeFileSync(bare, '');
      writeFileSync(https, 'process.getBuiltinModule("node:https");');
      const functions = await makeSubjects(folder);
      const all = [bare, https, ...functions.flatMap(({ bundle, plain, tuned }) => [bundle, plain, tuned])];
      const times = new Map(all.map((file) => [file, [] as number[]]));
      for (let round = 0; round <= ROUNDS; round++) {
        say(`round ${round} of ${ROUNDS}`);
        // The first warms the file cache, and does not count.
        for (const file of all) {
          const taken = timeOf(file);
          if (round > 0) times.get(file)?.push(taken);
        }
      }
      const of = (file: string): readonly number[] => times.get(file) ?? [];
      // Of what comes on top of the bare process: that is what bundling can change.
      const floor = median(of(bare));
      const above = (file: string): number => median(of(file)) - floor;
      const rows = functions.map(({ name, bundle, plain, tuned }) => [
        name,
        spread(of(bundle)),
        spread(of(tuned)),
        spread(of(plain)),
        (above(bundle) / above(tuned)).toFixed(2),
        (above(bundle) / above(plain)).toFixed(2),
        above(bundle),
      ]);
      return {
        title: 'Cold start',
        note:
          `Processor milliseconds from the start of the process until the bundle is imported: median and middle half of ${ROUNDS} ` +
          `interleaved rounds, on Node ${process.version}. Bare Node takes ${spread(of(bare))}, with node:https ${spread(of(https))}. ` +
          'Beside each, its AWS clients with the commands that it sends: bundled as ours are, and by esbuild as it comes. ' +
          'The ratios are of what comes on top of bare Node; targets: 1.15 of the tuned clients, 0.65 of the plain ones.',
        columns: [
          'function',
          'bundle',
          'its AWS clients, tuned',
          'its AWS clients, plain',
          'of tuned',
          'of plain',
          'ms over bare',
        ],
        rows,
        bars: { label: 0, value: 6, unit: 'ms' },
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
