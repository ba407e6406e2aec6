/** Makes dist/functions/<name>/index.mjs of every file in functions/, and dist/cli/hallpass.mjs. */
import { readdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE } from './bundle-options.ts';

const root = new URL('..', import.meta.url).pathname;
/** Another folder may be named, so that a test can make bundles of its own. */
const dist = process.argv[2] ?? `${root}dist`;
rmSync(dist, { recursive: true, force: true });
const functions = readdirSync(`${root}functions`).filter((file) => file.endsWith('.ts'));
await Promise.all([
  ...functions.map((file) =>
    build({
      ...BUNDLE,
      entryPoints: { index: `${root}functions/${file}` },
      outdir: `${dist}/functions/${basename(file, '.ts')}`,
    }),
  ),
  build({
    ...BUNDLE,
    entryPoints: { hallpass: `${root}cli/hallpass.ts` },
    outdir: `${dist}/cli`,
  }),
]);
console.log(`${dist}/functions: ${functions.map((file) => basename(file, '.ts')).join(', ')}; dist/cli: hallpass`);
