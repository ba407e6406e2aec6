/**
 * One owner for one database file. The engine itself would let two servers write the same file; a second local mode
 * on it would then sweep and deliver everything twice.
 *
 * The claim is a SQLite lock on a file beside the database: the kernel releases it with the process, however that
 * dies, so there is no stale lock to reason about. The engine's process id is written inside, so that the next owner
 * can end an engine that outlived its parent.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DamagedStorage } from '../storage.ts';

export type Ownership = { record(pid: number): void; release(): void };

export class DatabaseInUse extends Error {
  override name = 'DatabaseInUse';
}

/** Claims the database file for this process and ends an engine left behind by an earlier one. Throws `DatabaseInUse`. */
export async function claimDatabase(path: string, binary: string): Promise<Ownership> {
  mkdirSync(dirname(path), { recursive: true });
  const lock = new DatabaseSync(`${path}.owner`);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS engine (pid INTEGER);');
    lock.exec('COMMIT');
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw damaged(`${path}.owner`, cause);
    throw new DatabaseInUse(`${path} is in use by another local mode: stop that one, or use another directory`, {
      cause,
    });
  }
  const left = lock.prepare('SELECT pid FROM engine').get() as { pid: number } | undefined;
  if (left) await endLeftover(left.pid, binary, path);
  return {
    record(pid) {
      lock.exec('DELETE FROM engine');
      lock.prepare('INSERT INTO engine VALUES (?)').run(pid);
    },
    release() {
      lock.exec('DELETE FROM engine');
      lock.close();
    },
  };
}

/** Throws `DamagedStorage` unless the file, if there is one, is a whole database of the engine's. */
export function checkDatabase(path: string): void {
  if (!existsSync(path)) return;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (check.quick_check !== 'ok') throw new Error(check.quick_check);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    const engines = tables.length === 0 || tables.some((table) => table.name === '_tables');
    if (!engines) throw new Error('it belongs to something else');
  } catch (cause) {
    throw damaged(path, cause);
  } finally {
    db?.close();
  }
}

function damaged(path: string, cause: unknown): DamagedStorage {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new DamagedStorage(
    `${path} cannot be read as the local DynamoDB's database (${detail}): move it away to begin afresh`,
    { cause },
  );
}

const isBusy = (cause: unknown): boolean => cause instanceof Error && /\b(locked|busy)\b/.test(cause.message);

/** Ends the process only if its command line is this engine on this file: the id may long be somebody else's. */
async function endLeftover(pid: number, binary: string, path: string): Promise<void> {
  const ours = (): boolean => {
    const command = commandOf(pid);
    return command.startsWith(binary) && command.endsWith(`--db-path ${path}`);
  };
  if (!ours()) return;
  process.kill(pid, 'SIGKILL');
  for (let tries = 0; tries < 500 && ours(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return ''; // ps answers 1 when there is no such process
  }
}
