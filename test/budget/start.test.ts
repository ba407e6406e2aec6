/**
 * Catches what makes a sandbox slow to start: more code than a function needs, and undici, which an `import "node:http"`
 * or a touch of `fetch` loads. Nothing is timed: bytes and modules are counted.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** KB that are read before the first event, source maps left out. Raised only with a reason in the commit. */
const BUDGET_KB: Readonly<Record<string, number>> = {
  api: 720,
  breakglass: 770,
  doctor: 890,
  guard: 490,
  interactions: 720,
  inventory: 630,
  notifier: 560,
  publisher: 430,
  reaper: 440,
  slack: 450,
  sweeper: 710,
  workflow: 690,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hallpass-start-'));
  const made = spawnSync(process.execPath, ['scripts/bundle.ts', folder], { cwd: ROOT, encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The entry and whatever it imports statically, by the chunks' own import statements. */
function kilobytesAtStart(name: string): number {
  const at = join(folder, 'functions', name);
  const seen = new Set<string>();
  const visit = (file: string): number => {
    if (seen.has(file)) return 0;
    seen.add(file);
    const text = readFileSync(join(at, file), 'utf8');
    const imports = [...text.matchAll(/(?:^|[;}\n])\s*(?:import|export)[^;()]*?"\.\/([^"]+\.mjs)"/g)];
    return Buffer.byteLength(text) + imports.reduce((sum, [, other = '']) => sum + visit(other), 0);
  };
  return visit('index.mjs') / 1_024;
}

const names = readdirSync(join(ROOT, 'functions')).map((file) => file.replace(/\.ts$/, ''));

test.each(names)('%s: what it reads at its start', (name) => {
  const kilobytes = kilobytesAtStart(name);
  const budget = BUDGET_KB[name];
  expect(budget, `${name} has no budget: it reads ${kilobytes.toFixed(0)} KB`).toBeDefined();
  expect(kilobytes).toBeLessThanOrEqual(budget ?? 0);
  // A count that finds next to nothing counts wrongly.
  expect(kilobytes).toBeGreaterThan(100);
});

test.each(names)('%s: never loads undici', (name) => {
  const file = join(folder, 'functions', name, 'index.mjs');
  const program = `await import(${JSON.stringify(file)}); console.log(process.moduleLoadList.filter((one) => one.includes('undici')).join());`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: {},
  });
  expect(status, stderr).toBe(0);
  expect(stdout.trim()).toBe('');
});

test('negative control: an import of node:http does load it', () => {
  const program =
    "await import('node:http'); console.log(process.moduleLoadList.filter((one) => one.includes('undici')).join());";
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env: {} });
  expect(stdout).toContain('undici');
});
