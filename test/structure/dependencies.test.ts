/**
 * Catches a dependency that points outwards: a core that reads a clock, a use case that knows AWS, a product that cannot
 * be deployed without its own simulation, and a test's twin of something in production.
 */
import { describe, expect, test } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { readSource, type Source, sources } from './imports.ts';

/** The first folder (two for `src`) of a path; packages are themselves. */
const areaOf = (path: string): string => {
  const [first = '', second = ''] = path.split('/');
  return first === 'src' ? (second.includes('.') ? 'src' : `src/${second}`) : first;
};
const OURS = ['src', 'functions', 'cli', 'local', 'infra', 'console', 'scripts', 'bench', 'test'];
const isOurs = (imported: string): boolean => imported.includes('/') && OURS.includes(imported.split('/')[0] ?? '');

/** What each area may import, besides itself. Areas that are not here may not exist. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/broker': ['src/core'],
  'src/config': ['src/core'],
  'src/aws': ['src/core', 'src/broker', 'src/config'],
  'src/http': ['src/core', 'src/broker'],
  'src/slack': ['src/core', 'src/broker'],
  functions: ['src/core', 'src/broker', 'src/config', 'src/aws', 'src/http', 'src/slack'],
  cli: ['src/core', 'src/broker', 'src/config', 'src/aws', 'src/http', 'src/slack'],
  console: ['src/core', 'src/http'],
  infra: ['src/core', 'src/broker', 'src/config', 'src/aws', 'src/http', 'src/slack', 'functions'],
  // The demonstration plays its people with the command line.
  local: ['cli', 'src/core', 'src/broker', 'src/config', 'src/aws', 'src/http', 'src/slack', 'functions', 'infra'],
  // Never deployed: they may use whatever the project has, its fault simulation too.
  scripts: [
    'src/core',
    'src/broker',
    'src/config',
    'src/aws',
    'src/http',
    'src/slack',
    'functions',
    'cli',
    'local',
    'infra',
    'test',
  ],
  bench: [
    'test',
    'scripts',
    'src/core',
    'src/broker',
    'src/config',
    'src/aws',
    'src/http',
    'src/slack',
    'functions',
    'local',
    'infra',
  ],
};

/** Areas whose power lies in having no reach: only these packages and modules of Node. */
const OUTSIDE: Readonly<Record<string, readonly RegExp[]>> = {
  'src/core': [],
  'src/broker': [],
  'src/config': [/^zod$/, /^yaml$/],
  'src/aws': [/^@aws-sdk\//, /^@smithy\//, /^node:/, /^aws-lambda$/],
  'src/http': [/^zod\/mini$/, /^node:/],
};

const product = sources.filter((source) => areaOf(source.path) !== 'test');

test('there is something to look at', () => {
  countCases('files whose imports were read', sources.length);
  expect(product.length).toBeGreaterThan(60);
  expect(product.filter((source) => areaOf(source.path) === 'src/core').length).toBeGreaterThan(10);
});

test('every file lies in an area that has a rule', () => {
  expect(product.map((source) => areaOf(source.path)).filter((area) => !(area in MAY))).toEqual([]);
});

describe('dependencies point inwards', () => {
  test.each(Object.keys(MAY))('%s', (area) => {
    const wrong = product
      .filter((source) => areaOf(source.path) === area)
      .flatMap((source) =>
        source.imports
          .filter(isOurs)
          .filter((imported) => areaOf(imported) !== area && !MAY[area]?.includes(areaOf(imported)))
          .map((imported) => `${source.path} → ${imported}`),
      );
    expect(wrong).toEqual([]);
  });

  test.each(Object.keys(OUTSIDE))('%s reaches nothing else', (area) => {
    const wrong = product
      .filter((source) => areaOf(source.path) === area)
      .flatMap((source) =>
        source.imports
          .filter((imported) => !isOurs(imported) && !OUTSIDE[area]?.some((allowed) => allowed.test(imported)))
          .map((imported) => `${source.path} → ${imported}`),
      );
    expect(wrong).toEqual([]);
  });

  test('what is deployed never imports what simulates it, or a test', () => {
    const wrong = product
      .filter((source) => /^(src|functions)\//.test(source.path))
      .flatMap((source) =>
        source.imports
          .filter((imported) => /^(local|test|cli|infra|console|scripts|bench)\//.test(imported))
          .map((imported) => `${source.path} → ${imported}`),
      );
    expect(wrong).toEqual([]);
  });
});

/** The first cycle that is found, as the paths along it. */
function cycleIn(files: readonly Source[]): string[] | undefined {
  const byPath = new Map(files.map((source) => [source.path, source]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of byPath.get(path)?.imports ?? []) {
      const found = byPath.has(next) && visit(next, [...way, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const found = visit(path, []);
    if (found) return found;
  }
  return undefined;
}

test('no cycles between files', () => expect(cycleIn(sources)).toBeUndefined());
test('no default exports', () =>
  expect(product.filter((source) => source.hasDefaultExport).map((source) => source.path)).toEqual([]));
test('no barrels', () =>
  expect(product.filter((source) => source.onlyReExports).map((source) => source.path)).toEqual([]));

describe('the reader of imports is not fooled', () => {
  const read = (text: string): readonly string[] => readSource('src/core/x.ts', text).imports;
  test.each<[string, string, string[]]>([
    ['an import', `import { a } from './a.ts';`, ['src/core/a.ts']],
    ['a type', `import type { A } from '../broker/a.ts';`, ['src/broker/a.ts']],
    ['for its effects', `import 'node:fs';`, ['node:fs']],
    ['exported on', `export { a } from './a.ts';`, ['src/core/a.ts']],
    ['later', `const a = await import('./a.ts');`, ['src/core/a.ts']],
    ['in a type', `type A = import('./a.ts').A;`, ['src/core/a.ts']],
    ['required', `const a = require('node:fs');`, ['node:fs']],
    ['a comment', `// import { a } from './a.ts';`, []],
    ['a text', `const a = "import { a } from './a.ts'";`, []],
  ])('%s', (_what, text, imports) => expect(read(text)).toEqual(imports));

  test.each([
    ['export default 1;', true],
    ['export default function f() {}', true],
    ['const a = 1; export { a as default };', true],
    ['export const a = 1;', false],
  ])('%s: %s', (text, has) => expect(readSource('x.ts', text).hasDefaultExport).toBe(has));

  test('a cycle', () => {
    const a = readSource('src/a.ts', `import './b.ts';`);
    const b = readSource('src/b.ts', `import './c.ts';`);
    const c = readSource('src/c.ts', `import './b.ts';`);
    expect(cycleIn([a, b, c])).toEqual(['src/b.ts', 'src/c.ts', 'src/b.ts']);
    expect(cycleIn([a, b])).toBeUndefined();
  });
});
