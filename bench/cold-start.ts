/**
 * What a sandbox pays before it can answer: a process starts and imports a function's bundle. Beside it, in turn and in
 * the same run: bare Node, `node:https` alone, and the AWS clients that the bundle needs, loaded as esbuild bundles them
 * by default and as ours are bundled. Processor time, as the kernel counts it, so that a busy machine disturbs little.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { BUNDLE } from '../scripts/bundle-options.ts';
import { type Bench, median, spread } from './table.ts';

const ROUNDS = 15;
const ROOT = new URL('..', import.meta.url).pathname;

type Subject = { readonly name: string; readonly file: string };

/** Milliseconds of processor time, by the process's own account of itself. */
function timeOf({ file }: Subject): number {
  const program = `await import(${JSON.stringify(file)}); const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  return Number(stdout);
}

/** The AWS clients that a bundle carries, by their package names. */
const clientsIn = (metafile: Metafile): string[] => [
  ...new Set(Object.keys(metafile.inputs).flatMap((path) => /@aws-sdk\/client-[a-z-]+/.exec(path)?.[0] ?? [])),
];

async function clientsAlone(folder: string, clients: readonly string[], tuned: boolean): Promise<string> {
  const name = `${tuned ? 'tuned' : 'plain'}-${clients.map((client) => client.slice('@aws-sdk/client-'.length)).join('-')}`;
  // What a function uses of them: the client and one command. Whole packages would be larger, and nobody needs them.
  const uses = await Promise.all(
    clients.map(async (client, n) => {
      const made = Object.keys((await import(client)) as object);
      const [main] = made
        .filter((one) => /^[A-Z].*Client$/.test(one) && !one.startsWith('_'))
        .sort((a, b) => b.length - a.length);
      const [command] = made.filter((one) => one.endsWith('Command'));
      return `import { ${main} as C${n}, ${command} as D${n} } from '${client}';\nglobalThis.kept${n} = [C${n}, D${n}];`;
    }),
  );
  const out = join(folder, name);
  const options = tuned
    ? BUNDLE
    : ({
        bundle: true,
        platform: 'node',
        target: 'node24',
        format: 'cjs',
        minify: true,
        outExtension: { '.js': '.cjs' },
      } as const);
  await build({
    ...options,
    sourcemap: false,
    logLevel: 'error',
    stdin: { contents: uses.join('\n'), resolveDir: ROOT, loader: 'ts' },
    outdir: out,
  });
  return join(out, tuned ? 'stdin.mjs' : 'stdin.cjs');
}

async function subjects(folder: string): Promise<{ name: string; bundle: Subject; plain: Subject; tuned: Subject }[]> {
  const files = readdirSync(join(ROOT, 'functions')).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => {
      const name = basename(file, '.ts');
      const outdir = join(folder, name);
      const { metafile } = await build({
        ...BUNDLE,
        sourcemap: false,
        metafile: true,
        entryPoints: { index: join(ROOT, 'functions', file) },
        outdir,
      });
      // A chunk that is loaded only when it is used brings no client of its own at the start.
      const clients = clientsIn(metafile)
        .filter((client) => !/client-(sso|sso-oidc|signin|cognito-identity)$/.test(client))
        .sort();
      const [plain, tuned] = await Promise.all([
        clientsAlone(folder, clients, false),
        clientsAlone(folder, clients, true),
      ]);
      return {
        name,
        bundle: { name, file: join(outdir, 'index.mjs') },
        plain: { name: 'plain', file: plain },
        tuned: { name: 'tuned', file: tuned },
      };
    }),
  );
}

export const coldStart: Bench = {
  name: 'cold-start',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'hallpass-bench-'));
    try {
      const bare: Subject = { name: 'bare', file: join(folder, 'bare.mjs') };
      const https: Subject = { name: 'https', file: join(folder, 'https.mjs') };
      writeFileSync(bare.file, '');
      writeFileSync(https.file, 'process.getBuiltinModule("node:https");');
      const functions = await subjects(folder);
      const all = [bare, https, ...functions.flatMap(({ bundle, plain, tuned }) => [bundle, plain, tuned])];
      const times = new Map(all.map(({ file }) => [file, [] as number[]]));
      for (let round = 0; round <= ROUNDS; round++) {
        say(`round ${round} of ${ROUNDS}`);
        // The first warms the file cache, and does not count.
        for (const subject of all) {
          const taken = timeOf(subject);
          if (round > 0) times.get(subject.file)?.push(taken);
        }
      }
      const of = ({ file }: Subject): readonly number[] => times.get(file) ?? [];
      // Of what comes on top of the bare process: that is what bundling can change.
      const floor = median(of(bare));
      const above = (subject: Subject): number => median(of(subject)) - floor;
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
