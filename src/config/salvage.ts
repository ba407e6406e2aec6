/** Takes the broken parts out of a file, so that what is left can still be checked: all problems are told at once. */
import type * as z from 'zod';
import type { Names } from './context.ts';
import type { Path } from './finding.ts';

/** A copy without each cluster, person, group, entitlement or setting that the schema found something wrong with. */
export function withoutBroken(data: Readonly<Record<string, unknown>>, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(data);
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    // Of a condition nothing may be left out: what remains would be another one, or none.
    if (issue.code === 'unrecognized_keys' && !path.includes('conditions'))
      for (const key of issue.keys) remove(copy, [...path, key]);
    else remove(copy, path.slice(0, depthOfUnit(path)));
  }
  return copy;
}

/** What of an entitlement says nothing of its other parts, so that something else may stand in its place. */
const APART = ['clusters', 'access', 'eligible', 'maxDuration', 'approval', 'description'] as const;
/** Judged with other parts, or with other entitlements: of these nothing can be said while any of them is made up. */
const TOGETHER = new Set(['access', 'principal', 'breakGlass', 'conditions']);
/** By what else in the entitlement a part is judged. */
const JUDGED_BY: Readonly<Record<string, readonly string[]>> = {
  approval: ['eligible'],
  defaultDuration: ['maxDuration'],
  extension: ['maxDuration', 'approval'],
};

/**
 * A copy in which something sound stands for each broken part of an entitlement, and a test of findings in it: which of
 * them are about what the file says. Without this, a misspelt policy would hide an unknown group beside it.
 */
export function withStandIns(
  data: Readonly<Record<string, unknown>>,
  issues: readonly z.core.$ZodIssue[],
  names: Pick<Names, 'clusters' | 'people'>,
): { readonly data: unknown; readonly counts: (path: Path) => boolean } {
  const copy: unknown = structuredClone(data);
  const broken = new Map<string, Set<string>>();
  for (const { path, code } of issues) {
    const [section, id, part] = path.map(String);
    if (section !== 'entitlements' || id === undefined || (part === undefined && code !== 'unrecognized_keys'))
      continue;
    const parts = broken.get(id) ?? new Set<string>();
    broken.set(id, parts.add(part ?? ''));
    if (part !== undefined) put(copy, ['entitlements', id, part], standInFor(part, names));
  }
  return {
    data: withoutBroken(
      copy as Record<string, unknown>,
      issues.filter(({ path, code }) => !isStoodIn(path, code)),
    ),
    counts: ([section, id, part]) => {
      const parts = section === 'entitlements' ? broken.get(String(id)) : undefined;
      if (!parts || part === undefined || TOGETHER.has(String(part))) return false;
      return [String(part), ...(JUDGED_BY[String(part)] ?? [])].every((one) => !parts.has(one));
    },
  };
}

const isStoodIn = ([section, id, part]: readonly PropertyKey[], code: string): boolean =>
  section === 'entitlements' && id !== undefined && part !== undefined && code !== 'unrecognized_keys';

function standInFor(part: string, { clusters = [], people = [] }: Pick<Names, 'clusters' | 'people'>): unknown {
  switch (part as (typeof APART)[number]) {
    case 'clusters':
      return clusters.slice(0, 1);
    case 'access':
      return { policy: 'AmazonEKSViewPolicy', scope: 'cluster' };
    case 'eligible':
      return people.slice(0, 1);
    case 'maxDuration':
      return '7d';
    case 'approval':
      return { autoApprove: true };
    case 'description':
      return 'made up';
    default:
      return undefined;
  }
}

function put(data: unknown, [section = '', id = '', part = '']: readonly string[], value: unknown): void {
  const holder = (data as Record<string, Record<string, unknown> | undefined>)[section]?.[id];
  if (typeof holder !== 'object' || holder === null) return;
  if (value === undefined) delete (holder as Record<string, unknown>)[part];
  else (holder as Record<string, unknown>)[part] = value;
}

/** Mappings from names to units. */
const NAMED = ['clusters', 'entitlements', 'onCall', 'ticketSystems'];

/** How much of a path names the unit that stands or falls as one. */
function depthOfUnit(path: Path): number {
  const [first, second] = path;
  if (NAMED.includes(String(first))) return 2;
  if (first === 'identities') return second === 'people' || second === 'groups' || second === 'roles' ? 3 : 2;
  return 1;
}

function remove(data: unknown, path: Path): void {
  let holder = data;
  for (const part of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null) return;
    holder = (holder as Record<string | number, unknown>)[part];
  }
  const last = path.at(-1);
  if (last !== undefined && typeof holder === 'object' && holder !== null)
    delete (holder as Record<string | number, unknown>)[last];
}
