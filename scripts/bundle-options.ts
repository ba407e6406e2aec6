/**
 * How bundles are made. What makes one start fast: the SDK's ES modules instead of its CommonJS (with conditions of one's
 * own, `module` has to be named: https://esbuild.github.io/api/#conditions), code that is loaded only when used kept in
 * chunks of its own, and Node's builtins taken without their ES-module facades (`import "node:http"` loads undici; this
 * does not). Names are not kept: nothing depends on them, and giving every function its own takes time.
 */
import { builtinModules } from 'node:module';
import type { BuildOptions, Plugin } from 'esbuild';

const builtins = new Set(builtinModules);

/** What the SDK imports, and takes members of, at its top, and ours hardly ever need: loaded when such a member is used. */
const LAZY: readonly string[] = ['child_process', 'fs/promises', 'http2', 'zlib'];

const taken = (name: string): string => `process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`;

/** The same members, each standing for one that is not there yet. */
function lazily(name: string): string {
  const members = Object.entries(process.getBuiltinModule(`node:${name}`) as object).map(([member, value]) => {
    const stands = typeof value === 'function' || (typeof value === 'object' && value !== null);
    return stands ? `${member}: standIn('${member}')` : `get ${member}() { return builtin().${member}; }`;
  });
  return `
    const builtin = () => ${taken(name)};
    const standIn = (member) => new Proxy(function () {}, {
      apply: (_, self, args) => Reflect.apply(builtin()[member], self, args),
      construct: (_, args) => Reflect.construct(builtin()[member], args),
      get: (_, key) => builtin()[member][key],
    });
    module.exports = { ${members.join(', ')} };`;
}

/** `import x from "node:http"` becomes `process.getBuiltinModule("node:http")`. */
const builtinsWithoutFacade: Plugin = {
  name: 'builtins-without-facade',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z0-9_]+(\/[a-z0-9_]+)?$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return builtins.has(name) || path.startsWith('node:') ? { path: name, namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: LAZY.includes(path) ? lazily(path) : `module.exports = ${taken(path)};`,
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
  conditions: ['module', 'import', 'node'],
  splitting: true,
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  plugins: [builtinsWithoutFacade],
  logLevel: 'warning',
};
