/** JSON Patch (RFC 6902) with JSON Pointers (RFC 6901). Works on a copy; a failing operation fails the whole. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from './object.ts';

/** As kube-apiserver has it. A patch that copies its own document over and over would double it each time. */
const MOST_OPERATIONS = 10_000;
const LARGEST_COPIES = 3 * 1_048_576;

export class PatchFailed extends Error {
  override name = 'PatchFailed';
}

type Place = { get(): unknown; set(value: unknown): void; insert(value: unknown): void; remove(): void };

const readPointer = (pointer: unknown): string[] => {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) throw new PatchFailed('a path is not a JSON pointer');
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
};

function indexIn(list: readonly unknown[], step: string, last: number): number {
  const at = step === '-' ? list.length : /^(0|[1-9]\d{0,8})$/.test(step) ? Number(step) : -1;
  if (at < 0 || at > last) throw new PatchFailed('an index is out of bounds');
  return at;
}

function placeInList(list: unknown[], step: string): Place {
  const existing = (): number => indexIn(list, step, list.length - 1);
  return {
    get: () => list[existing()],
    set: (value) => void list.splice(existing(), 1, value),
    insert: (value) => void list.splice(indexIn(list, step, list.length), 0, value),
    remove: () => void list.splice(existing(), 1),
  };
}

function placeInRecord(record: Record<string, unknown>, step: string): Place {
  const mustExist = (): void => {
    if (!Object.hasOwn(record, step)) throw new PatchFailed('a path does not exist');
  };
  // Defined, not assigned: a step called `__proto__` is a property like any other.
  const insert = (value: unknown): void => {
    Object.defineProperty(record, step, { value, configurable: true, enumerable: true, writable: true });
  };
  return {
    get() {
      mustExist();
      return record[step];
    },
    set(value) {
      mustExist();
      insert(value);
    },
    insert,
    remove() {
      mustExist();
      delete record[step];
    },
  };
}

function findPlace(document: { root: unknown }, pointer: unknown): Place {
  const steps = ['root', ...readPointer(pointer)];
  let at: unknown = document;
  for (const [index, step] of steps.entries()) {
    const place = Array.isArray(at) ? placeInList(at, step) : isRecord(at) ? placeInRecord(at, step) : undefined;
    if (!place) throw new PatchFailed('a path does not exist');
    if (index === steps.length - 1) return place;
    at = place.get();
  }
  throw new PatchFailed('a path does not exist');
}

type Document = { root: unknown; copied: number };

function copyOf(document: Document, pointer: unknown): unknown {
  const text = JSON.stringify(findPlace(document, pointer).get());
  document.copied += text.length;
  if (document.copied > LARGEST_COPIES) throw new PatchFailed('the copies are too large');
  return JSON.parse(text);
}

function applyOperation(document: Document, operation: unknown): void {
  if (!isRecord(operation)) throw new PatchFailed('an operation is not an object');
  const place = findPlace(document, operation['path']);
  switch (operation['op']) {
    case 'add':
      place.insert(operation['value']);
      return;
    case 'replace':
      place.set(operation['value']);
      return;
    case 'remove':
      place.remove();
      return;
    case 'copy':
      place.insert(copyOf(document, operation['from']));
      return;
    case 'move': {
      const from = findPlace(document, operation['from']);
      const value = from.get();
      from.remove();
      findPlace(document, operation['path']).insert(value);
      return;
    }
    case 'test':
      if (!isDeepStrictEqual(place.get(), operation['value'])) throw new PatchFailed('a test failed');
      return;
    default:
      throw new PatchFailed('an operation is unknown');
  }
}

/** Throws `PatchFailed`. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  if (operations.length > MOST_OPERATIONS) throw new PatchFailed('too many operations');
  const document: Document = { root: structuredClone(target), copied: 0 };
  for (const operation of operations) applyOperation(document, operation);
  return document.root;
}
