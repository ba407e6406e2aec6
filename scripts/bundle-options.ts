/**
 * How bundles are made. What makes one start fast: the SDK's ES modules instead of its CommonJS, code that is loaded only
 * when used kept in chunks of its own, and Node's builtins taken without their ES-module facades
 * (`import "node:http"` loads undici; this does not).
 */
import { builtinModules } from 'node:module';
import type { BuildOptions, Plugin } from 'esbuild';

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

export const BUNDLE: BuildOptions = {
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
