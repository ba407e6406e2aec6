/** What the schema found, in words for people: what is wrong, and what would be right. */
import type * as z from 'zod';
import type { Finding, Path } from './finding.ts';
import { configurationJsonSchema } from './json-schema.ts';
import { quote } from './printable.ts';
import { didYouMean, nearest } from './suggest.ts';

type Issue = z.core.$ZodIssue;
/** A scalar as it was written, or undefined. */
type SourceOf = (path: Path) => string | undefined;
type Schema = z.core.JSONSchema._JSONSchema;
type Source = { readonly textAt: SourceOf; readonly schema: Schema };

/** `schema`: what the data was held against, for telling which keys there are. */
export function findingsOf(
  issues: readonly Issue[],
  data: unknown,
  textAt: SourceOf,
  schema: Schema = configurationJsonSchema(),
): Finding[] {
  const source = { textAt, schema };
  const findings = issues.flatMap((issue) => explain(issue, data, source));
  const misspelt = new Set(findings.flatMap((finding) => finding.meant ?? []));
  // One slip, one message: the right key is missing because the wrong one is there.
  return findings
    .filter((finding) => !(finding.missing && misspelt.has(finding.path.join('\n'))))
    .map(({ path, message, atKey }) => ({ path, message, ...(atKey && { atKey }) }));
}

type Explained = Finding & { readonly missing?: true; readonly meant?: string };

function explain(issue: Issue, data: unknown, source: Source): Explained[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const value = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, source.schema));
    case 'invalid_key':
      return [
        { path, atKey: true, message: `${quote(String(path.at(-1)))}: ${issue.issues[0]?.message ?? issue.message}` },
      ];
    case 'invalid_type':
      return [wrongType(path, issue.expected, value, source.textAt(path))];
    case 'invalid_value':
      return [notOneOf(path, issue.values.map(String), value)];
    case 'invalid_union':
      return issue.errors.length > 0
        ? variant(issue.errors, path, data, source)
        : [notOneOf(path, optionsOf(issue), value)];
    case 'too_small':
      return [{ path, message: `${sizeOf(issue.origin, value)}; the least is ${issue.minimum}` }];
    case 'too_big':
      return [{ path, message: `${sizeOf(issue.origin, value)}; the most is ${issue.maximum}` }];
    default:
      return [{ path, message: `${typeof value === 'string' ? quote(value) : 'this'} must be ${issue.message}` }];
  }
}

/** A union is told apart by one key; the schema library lists what it may say, though its types do not. */
const optionsOf = (issue: object): string[] =>
  'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];

/** What is wrong with the variant that was meant, which is the one whose kind of value is there. */
function variant(branches: readonly (readonly Issue[])[], path: Path, data: unknown, source: Source): Explained[] {
  const meant = branches.find((issues) => issues.every((one) => one.path.length > 0 || !isOfKind(one)));
  if (meant) return meant.flatMap((one) => explain({ ...one, path: [...path, ...one.path] }, data, source));
  const kinds = branches.map(([one]) => (one ? kindWanted(one) : 'something else'));
  const value = valueAt(data, path);
  const wanted = kinds.join(' or ');
  if (value === undefined) return [{ path, missing: true, message: `missing: ${wanted} is needed here` }];
  const found = typeof value === 'string' ? quote(value) : kindOf(value);
  return [{ path, message: `${wanted} is needed here, not ${found}` }];
}

const isOfKind = ({ code }: Issue): boolean => code === 'invalid_type' || code === 'invalid_value';

function kindWanted(issue: Issue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  return issue.code === 'invalid_value' ? issue.values.map(String).join(' or ') : 'something else';
}

function unknownKey(path: Path, key: string, schema: Schema): Explained {
  const known = keysAt(schema, path);
  const near = nearest(key, known);
  const hint = near === undefined ? `; known here: ${known.join(', ')}` : didYouMean(key, known);
  return {
    path: [...path, key],
    atKey: true,
    message: `unknown key ${quote(key)}${hint}`,
    ...(near !== undefined && { meant: [...path, near].join('\n') }),
  };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function wrongType(path: Path, expected: string, value: unknown, source: string | undefined): Explained {
  const kind = KINDS[expected] ?? expected;
  if (value === undefined) return { path, missing: true, message: `missing: ${kind} is needed here` };
  const scalar = source !== undefined && source !== '';
  if (expected === 'string' && scalar && typeof value !== 'string')
    return {
      path,
      message: `${source} is read as ${kindOf(value)}, and text is needed; put it in quotes: "${source}"`,
    };
  if (expected === 'int' && typeof value === 'number') return { path, message: `${value} must be a whole number` };
  const found = scalar && typeof value === 'string' ? quote(value) : kindOf(value);
  return { path, message: `${kind} is needed here, not ${found}` };
}

function notOneOf(path: Path, allowed: readonly string[], value: unknown): Explained {
  if (value === undefined)
    return { path, missing: true, message: `missing: one of ${allowed.join(', ')} is needed here` };
  const given = typeof value === 'string' ? value : undefined;
  const hint = given === undefined ? '' : didYouMean(given, allowed);
  return {
    path,
    message: `${given === undefined ? kindOf(value) : quote(given)} is none of ${allowed.join(', ')}${hint}`,
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'a number' : 'text';
}

function sizeOf(origin: string, value: unknown): string {
  if (origin === 'string') return `this text has ${String(value).trim().length} characters`;
  if (origin === 'array') return `this list has ${Array.isArray(value) ? value.length : 0} entries`;
  return `this is ${String(value)}`;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: Schema, path: Path): string[] {
  if (typeof schema === 'boolean') return [];
  const [part, ...rest] = path;
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return [...new Set(variants.flatMap((one) => keysAt(one, path)))];
  if (part === undefined) return Object.keys(schema.properties ?? {});
  const next = typeof part === 'number' ? schema.items : (schema.properties?.[part] ?? schema.additionalProperties);
  return next === undefined || Array.isArray(next) ? [] : keysAt(next, rest);
}
