/**
 * What the simulated services remember: one SQLite file, so that a SIGKILL at any moment leaves either the whole of a
 * change or nothing of it. Values are JSON. `:memory:` for tests.
 */
import { DatabaseSync } from 'node:sqlite';

export type Collection<T> = {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): boolean;
  /** Every entry whose key begins with `prefix`, ordered by key. */
  list(prefix?: string): { key: string; value: T }[];
};

export type Storage = {
  collection<T>(name: string): Collection<T>;
  /** Runs `work`, which must not await, so that all of its writes are kept or none. */
  transaction<T>(work: () => T): T;
  close(): void;
};

export class DamagedStorage extends Error {
  override name = 'DamagedStorage';
}

/** Opens or makes the file. Throws `DamagedStorage`, which says what to do, when the file is not a whole database. */
export function openStorage(path: string): Storage {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path);
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;' +
        'CREATE TABLE IF NOT EXISTS item (collection TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID;',
    );
    const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (check.quick_check !== 'ok') throw new Error(check.quick_check);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DamagedStorage(
      `${path} cannot be read as Hallpass's local state (${detail}): move it away to begin afresh`,
      {
        cause,
      },
    );
  }
  const get = db.prepare('SELECT value FROM item WHERE collection = ? AND key = ?');
  const put = db.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM item WHERE collection = ? AND key = ?');
  const list = db.prepare('SELECT key, value FROM item WHERE collection = ? AND substr(key, 1, ?) = ? ORDER BY key');
  let depth = 0;

  return {
    collection: <T>(name: string): Collection<T> => ({
      get(key) {
        const row = get.get(name, key) as { value: string } | undefined;
        return row && (JSON.parse(row.value) as T);
      },
      put: (key, value) => void put.run(name, key, JSON.stringify(value)),
      delete: (key) => remove.run(name, key).changes > 0,
      list: (prefix = '') =>
        (list.all(name, prefix.length, prefix) as { key: string; value: string }[]).map((row) => ({
          key: row.key,
          value: JSON.parse(row.value) as T,
        })),
    }),
    transaction(work) {
      if (depth > 0) return work();
      depth++;
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      } finally {
        depth--;
      }
    },
    close: () => db.close(),
  };
}
