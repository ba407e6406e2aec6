/** What the checks work on. */

import type { Path, Report } from './finding.ts';
import type { Draft } from './schema.ts';
import { didYouMean } from './suggest.ts';

export type Context = {
  readonly draft: Draft;
  readonly names: Names;
  readonly report: Report;
};

/**
 * Every name that the file defines, broken definitions included: a reference to one of those is right. Undefined where
 * the file has no readable mapping, so that one slip does not make every reference wrong.
 */
export type Names = {
  readonly clusters: readonly string[] | undefined;
  readonly people: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
  readonly roles: readonly string[] | undefined;
  readonly onCall: readonly string[] | undefined;
  readonly ticketSystems: readonly string[] | undefined;
};

/** Of a configuration of which a part could not be read at all. */
export const UNKNOWN_NAMES: Names = {
  clusters: undefined,
  people: undefined,
  groups: undefined,
  roles: undefined,
  onCall: undefined,
  ticketSystems: undefined,
};

export function namesIn(data: Readonly<Record<string, unknown>>): Names {
  const identities = keyed(data['identities']);
  return {
    clusters: keysOf(data['clusters']),
    people: keysOf(identities?.['people']),
    groups: groupsIn(identities),
    roles: optional(identities, 'roles'),
    onCall: optional(data, 'onCall'),
    ticketSystems: optional(data, 'ticketSystems'),
  };
}

/** Those of the file, and those that it maps to groups of Identity Center. */
function groupsIn(identities: Readonly<Record<string, unknown>> | undefined): readonly string[] | undefined {
  const own = optional(identities, 'groups');
  const directory = keyed(identities?.['directory']);
  if (!directory) return own;
  const mapped = keysOf(keyed(directory['identityCenter'])?.['groups']);
  return own && mapped && [...own, ...mapped];
}

/** Reports each entry that is there twice. */
export function checkDoubles(path: Path, entries: readonly string[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (seen.has(entry)) report([...path, index], `"${entry}" is in this list twice`);
    seen.add(entry);
  }
}

export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const all = known.length > 0 && known.length <= 10 ? ` (there are: ${known.join(', ')})` : '';
  return `there is no ${kind} "${name}"${didYouMean(name, known) || all}`;
}

/** What may be left out altogether. */
const optional = (holder: Readonly<Record<string, unknown>> | undefined, key: string): string[] | undefined =>
  holder && !(key in holder) ? [] : keysOf(holder?.[key]);

const keysOf = (value: unknown): string[] | undefined => {
  const mapping = keyed(value);
  return mapping && Object.keys(mapping);
};
const keyed = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
