/**
 * Changing a kubeconfig file so that a crash, or kubectl at the same moment, cannot damage it: kubectl's own lock
 * (`<file>.lock`, made exclusively), a new file beside the old one, and a rename.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure, textOf } from '../failure.ts';
import { type KubeconfigText, parseKubeconfig, textOfKubeconfig } from './document.ts';

/** A file that does not exist reads as an empty kubeconfig. */
export function readKubeconfig(path: string): KubeconfigText {
  return parseKubeconfig(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new Failure('file', `${path} could not be read (${textOf(error)}).`, { cause: error });
  }
}

/** Applies `change` to what the file holds at that moment. Throws a `file` failure; then the file is as it was. */
export function editKubeconfig(path: string, change: (text: KubeconfigText) => void): void {
  // A link stays a link: what it points to is replaced.
  const target = realPath(path);
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    withLock(target, () => {
      const text = readKubeconfig(target);
      change(text);
      replace(target, textOfKubeconfig(text));
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('file', `${path} could not be written (${textOf(error)}). It is as it was.`, { cause: error });
  }
}

function withLock(target: string, work: () => void): void {
  const lock = `${target}.lock`;
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new Failure('file', `${target} is being changed by another program. If none is running, delete ${lock}.`, {
      cause: error,
    });
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Keeps the mode of the file that was there; a new one is for its owner only. */
function replace(target: string, text: string): void {
  const fresh = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx', flush: true });
    const mode = statSync(target, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined) chmodSync(fresh, mode & 0o777);
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
