/**
 * Storage that can also be read as it was. Every write leaves an undo record in memory; a view of the past answers a
 * key with what the first change after that instant replaced. That gives stale reads and "not yet visible" to every
 * simulated service without any of them knowing. The journal does not survive a restart: the past before it reads as
 * the present did when it was opened.
 */
import { type Duration, type Instant, minus, minutes } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Collection, Storage } from '../storage.ts';

export type JournaledStorage = Storage & {
  /**
   * Everything as it was at `when`, that instant's own changes included. Read-only: a write throws. Throws
   * `RangeError` for an instant that the journal no longer reaches.
   */
  asOf(when: Instant): Storage;
};

type Undo = { at: Instant; collection: string; key: string; before: unknown };

const DEFAULT_REACH = minutes(20);
/** Beyond this the oldest half goes, whatever its age, so that a busy test with a standing clock stays small. */
const MOST_RECORDS = 200_000;

/** `reach`: how far back the past stays readable, by `clock`. All writers must write through the answer. */
export function journaled(storage: Storage, clock: Clock, reach: Duration = DEFAULT_REACH): JournaledStorage {
  let undos: Undo[] = [];
  let forgottenUntil: Instant | undefined;
  let depth = 0;

  const forget = (count: number): void => {
    if (count === 0) return;
    forgottenUntil = undos[count - 1]?.at ?? forgottenUntil;
    undos = undos.slice(count);
  };
  const record = (collection: string, key: string, before: unknown): void => {
    undos.push({ at: clock.now(), collection, key, before });
    if (depth > 0 || undos.length % 256 !== 0) return;
    const limit = minus(clock.now(), reach);
    const young = undos.findIndex((undo) => undo.at > limit);
    forget(young === -1 ? undos.length : young);
    if (undos.length > MOST_RECORDS) forget(MOST_RECORDS / 2);
  };

  const collection = <T>(name: string): Collection<T> => {
    const under = storage.collection<T>(name);
    return {
      get: under.get,
      list: under.list,
      put(key, value) {
        const before = under.get(key);
        under.put(key, value);
        record(name, key, before);
      },
      delete(key) {
        const before = under.get(key);
        const deleted = under.delete(key);
        if (deleted) record(name, key, before);
        return deleted;
      },
    };
  };

  return {
    collection,
    transaction(work) {
      const mark = undos.length;
      depth++;
      try {
        return storage.transaction(work);
      } catch (error) {
        // Rolled back below only by the outermost transaction; what an inner one undid would be rolled back with it.
        if (depth === 1) undos.length = mark;
        throw error;
      } finally {
        depth--;
      }
    },
    close: storage.close,
    asOf(when) {
      if (forgottenUntil !== undefined && when < forgottenUntil) {
        throw new RangeError(`the past is kept for ${reach} ms: ${new Date(when).toISOString()} is before that`);
      }
      return pastOf(storage, changesAfter(undos, when));
    },
  };
}

/** For each key changed after `when`, what it was before its first change since: `collection` → `key` → value. */
function changesAfter(undos: readonly Undo[], when: Instant): Map<string, Map<string, unknown>> {
  const changed = new Map<string, Map<string, unknown>>();
  for (let i = undos.length - 1; i >= 0; i--) {
    const undo = undos[i];
    if (!undo || undo.at <= when) break;
    const keys = changed.get(undo.collection) ?? new Map<string, unknown>();
    keys.set(undo.key, undo.before);
    changed.set(undo.collection, keys);
  }
  return changed;
}

function pastOf(storage: Storage, changed: ReadonlyMap<string, ReadonlyMap<string, unknown>>): Storage {
  const refuse = (): never => {
    throw new Error('the past is read-only: an operation declared as a read tried to write');
  };
  return {
    collection<T>(name: string): Collection<T> {
      const present = storage.collection<T>(name);
      const before = (changed.get(name) ?? new Map()) as ReadonlyMap<string, T | undefined>;
      return {
        get: (key) => (before.has(key) ? before.get(key) : present.get(key)),
        list(prefix = '') {
          const kept = present.list(prefix).filter(({ key }) => !before.has(key));
          const restored = [...before]
            .filter((entry): entry is [string, T] => entry[1] !== undefined && entry[0].startsWith(prefix))
            .map(([key, value]) => ({ key, value }));
          return [...kept, ...restored].sort((a, b) => (a.key < b.key ? -1 : 1));
        },
        put: refuse,
        delete: refuse,
      };
    },
    transaction: (work) => work(),
    close: () => {},
  };
}
