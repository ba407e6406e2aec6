/**
 * Are the tests worth anything? Breaks a copy of the code in named ways, one at a time, and runs what should notice.
 * Fails when something is broken and nothing says so, and when a control no longer fits the code.
 *
 *   npm run test:controls [-- <part of a name>]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROLS, type Control } from '../test/controls/controls.ts';

const ROOT = join(import.meta.dirname, '..');
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'coverage']);
const [part = ''] = process.argv.slice(2);

type Verdict = 'noticed' | 'NOT NOTICED' | 'DOES NOT FIT';

const copy = mkdtempSync(join(tmpdir(), 'hallpass-controls-'));
try {
  for (const name of readdirSync(ROOT))
    if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const results = CONTROLS.filter(({ breaks }) => breaks.includes(part)).map((control) => ({
    control,
    verdict: tell(control),
  }));
  const bad = results.filter(({ verdict }) => verdict !== 'noticed');
  console.log(`${results.length} controls, ${results.length - bad.length} noticed`);
  process.exitCode = bad.length === 0 && results.length > 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function tell(control: Control): Verdict {
  const began = performance.now();
  const verdict = broken(control);
  const seconds = ((performance.now() - began) / 1_000).toFixed(0).padStart(3);
  console.log(`${verdict.padEnd(12)} ${seconds} s  ${control.breaks}  (${control.noticed.join(' ')})`);
  return verdict;
}

function broken({ file, from, to, noticed, env = {}, worlds }: Control): Verdict {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) return 'DOES NOT FIT';
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    if (passes(noticed, env)) return 'NOT NOTICED';
    return worlds && !foundIn(worlds) ? 'NOT NOTICED' : 'noticed';
  } finally {
    writeFileSync(path, text);
  }
}

/** Files that are not there make the runner fail: only a test that failed counts as noticing. */
function passes(noticed: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const { stdout } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'node_modules/vitest/vitest.mjs', 'run', '--bail', '1', ...noticed],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, HALLPASS_SEED: '1', ...env } },
  );
  return !/Tests .*failed/.test(stdout);
}

/** Says which seeds of the simulation find it. */
function foundIn([from, count]: readonly [number, number]): boolean {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      'scripts/simulate.ts',
      '--brief',
      '--seed',
      `${from}`,
      '--seeds',
      `${count}`,
    ],
    { cwd: copy, encoding: 'utf8' },
  );
  console.log(`             simulated: ${/seeds [\d, ]+/.exec(stdout)?.[0] ?? 'no seed'} of ${count} from ${from}`);
  return status === 1;
}
