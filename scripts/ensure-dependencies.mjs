// Runs before demo, start and test, by whatever Node the machine has (20 or later): installs what package-lock.json
// says when node_modules is missing or older. Plain JavaScript, because nothing is installed yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lock = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.installed-lock');
const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const modified = (path) => {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
};

if (read(stamp) !== wanted) {
  const installedByHand = modified(join(root, 'node_modules', '.package-lock.json')) >= modified(lock);
  if (!installedByHand) {
    console.error('Installing dependencies (once, or after package-lock.json changed) …');
    const npm = process.env.npm_execpath;
    // Not `npm ci`: it refuses a lock file that a registry without some platforms' packages has written. The versions
    // are the lock file's all the same, and it is left as it is.
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    try {
      if (npm) execFileSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
      else execFileSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
    } catch {
      console.error('npm install failed; see above. Hallpass needs Node 20 or later, npm, and the npm registry.');
      process.exit(1);
    }
  }
  writeFileSync(stamp, wanted);
}
