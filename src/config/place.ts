/** Where in the text a path of the data is. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Finding, Path } from './finding.ts';

/** Of an alias (`*x`) and all below it, the place is the alias: what it stands for may be right elsewhere. */
type Place = { readonly node: unknown; readonly start: number; readonly found: boolean; readonly aliased: boolean };

/** The offset of what a finding is about; for something missing, of the key that should hold it. */
export function offsetOf(document: Document, finding: Finding): number {
  const { node, start, found, aliased } = walk(document, finding.path);
  if (!found || aliased || finding.atKey || !isScalarOrCollection(node)) return start;
  const [from, to] = node.range ?? [start, start];
  return from === to ? start : from;
}

/** A scalar as it was written, quotes left out: `0123` where the data has 123. */
export function sourceOf(document: Document, path: Path): string | undefined {
  const { node, found } = walk(document, path);
  return found && isScalar(node) ? node.source : undefined;
}

function walk(document: Document, path: Path): Place {
  let place: Place = { node: document.contents, start: startOf(document.contents), found: true, aliased: false };
  for (const part of path) {
    const child = childOf(place.node, part);
    if (!child) return { ...place, found: false };
    const start = place.aliased
      ? place.start
      : startOf(isAlias(child.value) ? child.value : (child.key ?? child.value));
    const aliased = place.aliased || isAlias(child.value);
    const node = isAlias(child.value) ? child.value.resolve(document) : child.value;
    place = { node, start, found: true, aliased };
  }
  return place;
}

function childOf(node: unknown, part: string | number): { key?: unknown; value: unknown } | undefined {
  // The last, as in the data, should the key be there twice.
  if (isMap(node)) return node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(part));
  return isSeq(node) && typeof part === 'number' && part < node.items.length ? { value: node.items[part] } : undefined;
}

const isScalarOrCollection = (node: unknown) => isScalar(node) || isMap(node) || isSeq(node);
const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);
