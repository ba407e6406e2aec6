/** A configuration's files with some of it otherwise, for tests: written into the text, and then read like any other. */
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Path } from './finding.ts';
import type { SourceFile } from './problem.ts';

/** Mappings are merged, everything else replaces what was there; `null` takes it out. */
export function overridden(
  files: readonly [SourceFile, ...SourceFile[]],
  override: Readonly<Record<string, unknown>>,
): [SourceFile, ...SourceFile[]] {
  const documents = files.map(({ file, text }) => ({ file, document: parseDocument(text) }));
  for (const { path, value } of leavesOf(override, [])) {
    const known = documents.map(({ document }) => depthIn(document.contents, path));
    const target = documents[known.indexOf(Math.max(...known))]?.document;
    if (value === null) target?.deleteIn(path);
    else target?.setIn(path, target.createNode(value));
  }
  const [first, ...rest] = documents.map(({ file, document }) => ({ file, text: document.toString() }));
  if (!first) throw new Error('a configuration has at least one file');
  return [first, ...rest];
}

function leavesOf(value: unknown, path: Path): { readonly path: Path; readonly value: unknown }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** How much of the path is there already: what is overridden goes where the rest of it is. */
function depthIn(node: unknown, [part, ...rest]: Path): number {
  if (!isMap(node) || part === undefined) return 0;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair ? 1 + depthIn(pair.value, rest) : 0;
}
