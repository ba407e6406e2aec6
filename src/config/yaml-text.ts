/**
 * From text to plain data, with the places kept. Only the plain part of YAML 1.2 is taken: what reads one way here and
 * another way elsewhere (tags, directives, several documents) or grows without bound (aliases) is refused.
 */
import { type Document, type ErrorCode, isAlias, isMap, isNode, isScalar, parseAllDocuments, visit } from 'yaml';
import { no, ok, type Result } from '../core/result.ts';
import { printable } from './printable.ts';

export type Fault = { readonly offset: number; readonly message: string };
export type YamlText = {
  readonly document: Document;
  readonly data: Readonly<Record<string, unknown>>;
  /** Faults that leave the data readable: keys that are there twice, of which the last is taken. */
  readonly faults: readonly Fault[];
};

// A thousand people take about 100 kB. Far above that the reader's memory, not the configuration, would be the limit.
const LONGEST_TEXT = 512 * 1024;
const MOST_ALIASES = 100;
const MOST_FAULTS = 20;
const EMPTY = 'the file is empty; it needs hub, account, region, clusters, identities and entitlements';

/** `empty`: what to say of a text in which there is nothing. */
export function readYaml(text: string, empty = EMPTY): Result<YamlText, readonly Fault[]> {
  if (text.length > LONGEST_TEXT)
    return refused(0, `the file has ${text.length} characters; at most ${LONGEST_TEXT} are read`);
  // `stringKeys`: a key is text, whatever it looks like. `schema` alone does not stop a %YAML directive: see below.
  // The library looks for keys that are there twice by comparing each with all before it: `repeatedKeys` does not.
  const documents = parseAllDocuments(text, {
    ...{ prettyErrors: false, stringKeys: true, version: '1.2', schema: 'core' },
    uniqueKeys: false,
  });
  const [document, second] = documents;
  if (!document) return refused(0, empty);
  if (second) return refused(second.range[0], 'a second document begins here; one file holds one configuration');
  // Of warnings, unknown tags are told of below, with every other tag.
  const warnings = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED');
  const faults = [...document.errors, ...warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: MESSAGES[code] ?? `not readable as YAML: ${printable(message.charAt(0).toLowerCase() + message.slice(1))}`,
  }));
  // Wherever the stack ended, what else went wrong there is its echo.
  const tooDeep = faults.find((fault) => fault.message === MESSAGES.RESOURCE_EXHAUSTION);
  const repeated = tooDeep ? [] : repeatedKeys(document);
  if (document.errors.length > 0)
    return no(tooDeep ? [tooDeep] : firstOfLines([...faults, ...repeated], text).slice(0, MOST_FAULTS));
  const strange = strangeNodes(document);
  if (strange.length > 0) return no([...faults, ...repeated, ...strange].slice(0, MOST_FAULTS));
  return plainData(document, [...faults, ...repeated], empty);
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  NON_STRING_KEY: 'a key must be text, not a list or a mapping',
  RESOURCE_EXHAUSTION: 'nested too deeply to be read',
  TAB_AS_INDENT: 'a tab indents this line; YAML takes only spaces there',
};

function plainData(document: Document, faults: readonly Fault[], empty: string): Result<YamlText, readonly Fault[]> {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return refused(0, empty);
  if (!isMap(contents)) {
    const start = isNode(contents) ? (contents.range?.[0] ?? 0) : 0;
    return refused(start, 'the file must be a mapping, with lines like "hub: laptop"');
  }
  try {
    return ok({ document, data: document.toJS({ maxAliasCount: MOST_ALIASES }), faults });
  } catch (error) {
    // The library says with a ReferenceError both that an anchor is missing and that aliases multiply too often.
    if (!(error instanceof ReferenceError)) throw error;
    return refused(culprit(document), `${printable(error.message)}; write the value out instead`);
  }
}

/** What the reader stumbles over after its first fault in a line is mostly the same one. */
function firstOfLines(faults: readonly Fault[], text: string): Fault[] {
  const ordered = faults.toSorted((a, b) => a.offset - b.offset);
  return ordered.filter((fault, index) => {
    const before = ordered[index - 1];
    return before === undefined || text.slice(before.offset, fault.offset).includes('\n');
  });
}

function repeatedKeys(document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          faults.push({
            offset: key.range?.[0] ?? 0,
            message: 'this key is here twice in one mapping; keep one of them',
          });
        seen.add(key.value);
      }
    },
  });
  return faults;
}

/** What YAML permits and a configuration has no use for. */
function strangeNodes(document: Document): Fault[] {
  const faults: Fault[] = [];
  if (document.directives?.yaml.explicit) faults.push({ offset: 0, message: 'a %YAML directive; leave it out' });
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.tag !== undefined)
        faults.push({
          offset: node.range?.[0] ?? 0,
          message: `the tag ${printable(node.tag)} has no meaning here; leave it out`,
        });
    },
    Pair: (_, pair) => {
      // Objects made of these keys would not be what they seem, here or in whatever reads the configuration later.
      if (isScalar(pair.key) && pair.key.value === '__proto__')
        faults.push({ offset: pair.key.range?.[0] ?? 0, message: '__proto__ cannot be a key' });
    },
  });
  return faults;
}

/** The alias that refers to nothing, or else the first. */
function culprit(document: Document): number {
  let first: number | undefined;
  let dangling: number | undefined;
  visit(document, {
    Alias: (_, node) => {
      first ??= node.range?.[0];
      if (!node.resolve(document)) dangling ??= node.range?.[0];
    },
  });
  return dangling ?? first ?? 0;
}

const refused = (offset: number, message: string) => no([{ offset, message }]);
