/** What the benches of starting compare: every function's bundle, and the AWS clients that it needs by themselves. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { BUNDLE } from '../scripts/bundle-options.ts';

const ROOT = new URL('..', import.meta.url).pathname;

/** esbuild as it comes: the SDK's CommonJS, everything in one file. */
const PLAIN: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  outExtension: { '.js': '.cjs' },
};

/** Files to import. */
export type Subject = {
  readonly name: string;
  readonly bundle: string;
  readonly plain: string;
  readonly tuned: string;
};

/** Which commands of which clients a bundle has at its start, by their packages: `@aws-sdk/client-eks` → [`DescribeClusterCommand`]. */
function commandsIn({ outputs }: Metafile, entry: string): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const output = outputs[path];
    if (!output || seen.has(path)) return;
    seen.add(path);
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const [, client, command] = /(@aws-sdk\/client-[a-z-]+)\/dist-es\/commands\/(\w+)\.js$/.exec(input) ?? [];
      if (client && command && bytesInOutput > 0) found.set(client, (found.get(client) ?? new Set()).add(command));
    }
    for (const { path: next, kind } of output.imports) if (kind === 'import-statement') visit(next);
  };
  visit(entry);
  return new Map([...found].sort().map(([client, commands]) => [client, [...commands].sort()]));
}

/** A bundle of nothing but these: each client, and the commands that the function sends. */
async function clientsAlone(outdir: string, commands: Map<string, string[]>, options: BuildOptions): Promise<string> {
  const uses = await Promise.all(
    [...commands].map(async ([client, names], n) => {
      const [main] = Object.keys((await import(client)) as object)
        .filter((one) => /^[A-Z].*Client$/.test(one))
        .sort((a, b) => b.length - a.length);
      const imported = [main, ...names].map((name) => `${name} as ${name}${n}`);
      return `import { ${imported.join(', ')} } from '${client}';\nglobalThis.kept${n} = [${[main, ...names].map((name) => `${name}${n}`).join(', ')}];`;
    }),
  );
  await build({
    ...options,
    sourcemap: false,
    logLevel: 'error',
    stdin: { contents: uses.join('\n'), resolveDir: ROOT, loader: 'ts' },
    outdir,
  });
  return join(outdir, `stdin${options.outExtension?.['.js']}`);
}

/** Every function's, made in `folder`; those with the same clients share what these are loaded by. */
export async function makeSubjects(folder: string): Promise<Subject[]> {
  const files = readdirSync(join(ROOT, 'functions')).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => {
      const name = basename(file, '.ts');
      const outdir = join(folder, name);
      const { metafile } = await build({
        ...BUNDLE,
        sourcemap: false,
        metafile: true,
        absWorkingDir: folder,
        entryPoints: { index: join(ROOT, 'functions', file) },
        outdir,
      });
      const commands = commandsIn(metafile, `${name}/index.mjs`);
      const [plain, tuned] = await Promise.all([
        clientsAlone(join(folder, `${name}-plain`), commands, PLAIN),
        clientsAlone(join(folder, `${name}-tuned`), commands, BUNDLE),
      ]);
      return { name, bundle: join(outdir, 'index.mjs'), plain, tuned };
    }),
  );
}
