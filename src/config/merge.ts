/**
 * Several files as one configuration. Each key is given once; the mappings of `MERGED` may be spread over files, and
 * then each name in them is given once.
 */
import type { Path } from './finding.ts';
import { offsetOf } from './place.ts';
import { positionAt } from './problem.ts';
import type { YamlText } from './yaml-text.ts';

/** One file that could be read as YAML. */
export type Sheet = YamlText & { readonly file: string; readonly text: string };

export type SheetFault = { readonly sheet: Sheet; readonly offset: number; readonly message: string };

export type Merged = {
  readonly data: Readonly<Record<string, unknown>>;
  /** The file that a path was written in; for what is missing, the one with the mapping that should hold it. */
  readonly sheetOf: (path: Path) => Sheet;
  readonly faults: readonly SheetFault[];
};

/** Mappings from names to definitions: what a team wants to keep in a file of its own. */
const MERGED = new Set([
  'clusters',
  'entitlements',
  'identities',
  'identities.people',
  'identities.groups',
  'identities.roles',
  'onCall',
  'ticketSystems',
]);

type Mapping = Record<string, unknown>;

export function mergeSheets(sheets: readonly [Sheet, ...Sheet[]]): Merged {
  const data: Mapping = {};
  const owners = new Map<string, Sheet>();
  const faults: SheetFault[] = [];
  for (const sheet of sheets) {
    faults.push(...sheet.faults.map((fault) => ({ sheet, ...fault })));
    addTo(data, sheet.data, [], { sheet, owners, faults });
  }
  const sheetOf = (path: Path): Sheet => {
    for (let length = Math.min(path.length, 3); length > 0; length--) {
      const owner = owners.get(keyOf(path.slice(0, length)));
      if (owner) return owner;
    }
    return sheets[0];
  };
  return { data, sheetOf, faults };
}

type Merging = {
  readonly sheet: Sheet;
  readonly owners: Map<string, Sheet>;
  readonly faults: SheetFault[];
};

function addTo(target: Mapping, source: Readonly<Mapping>, under: Path, merging: Merging): void {
  const { sheet, owners, faults } = merging;
  for (const [key, value] of Object.entries(source)) {
    const path = [...under, key];
    const mergeable = MERGED.has(path.join('.')) && isMapping(value);
    if (!Object.hasOwn(target, key)) {
      owners.set(keyOf(path), sheet);
      target[key] = mergeable ? {} : value;
    }
    const there = target[key];
    if (mergeable && isMapping(there)) addTo(there, value, path, merging);
    else if (owners.get(keyOf(path)) !== sheet)
      faults.push({
        sheet,
        offset: offsetOf(sheet.document, { path, atKey: true, message: '' }),
        message: `"${key}" is given in ${placeIn(owners.get(keyOf(path)), path)} already; give it once`,
      });
  }
}

function placeIn(sheet: Sheet | undefined, path: Path): string {
  if (!sheet) return 'another file';
  const { line, column } = positionAt(sheet.text, offsetOf(sheet.document, { path, atKey: true, message: '' }));
  return `${sheet.file}:${line}:${column}`;
}

const keyOf = (path: Path): string => path.join('\n');

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
