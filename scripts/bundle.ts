/**
 * Makes dist/functions/<name>/index.mjs of every file in functions/, and dist/cli/hallpass.mjs. What makes a bundle
 * start fast: the SDK's ES modules instead of its CommonJS, code that is loaded only when used kept in chunks of its
 * own, and Node's builtins taken without their ES-module facades (`import "node:http"` loads undici; this does not).
 */
import { readdirSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const builtins = new Set(builtinModules);

/** `import x from "node:http"` becomes `process.getBuiltinModule("node:http")`. */
const builtinsWithoutFacade: Plugin = {
  name: 'builtins-without-facade',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)?$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return builtins.has(name) || path.startsWith('node:') ? { path: name, namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
      loader: 'js',
    }));
  },
};

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  conditions: ['import', 'node'],
  splitting: true,
  minify: true,
  keepNames: true,
  sourcemap: true,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  plugins: [builtinsWithoutFacade],
  logLevel: 'warning',
};

const root = new URL('..', import.meta.url).pathname;
/** Another folder may be named, so that a test can make bundles of its own. */
const dist = process.argv[2] ?? `${root}dist`;
rmSync(dist, { recursive: true, force: true });
const functions = readdirSync(`${root}functions`).filter((file) => file.endsWith('.ts'));
await Promise.all([
  ...functions.map((file) =>
    build({
      ...common,
      entryPoints: { index: `${root}functions/${file}` },
      outdir: `${dist}/functions/${basename(file, '.ts')}`,
    }),
  ),
  build({
    ...common,
    entryPoints: { hallpass: `${root}cli/hallpass.ts` },
    outdir: `${dist}/cli`,
  }),
]);
console.log(`${dist}/functions: ${functions.map((file) => basename(file, '.ts')).join(', ')}; dist/cli: hallpass`);
