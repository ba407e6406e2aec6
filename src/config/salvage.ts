/** Takes the broken parts out of a file, so that what is left can still be checked: all problems are told at once. */
import type * as z from 'zod';
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
