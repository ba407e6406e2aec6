/** Label and field selectors: which objects a list, a watch or a deletion is about. */
import type { Kind } from './kinds.ts';
import { type KubeObject, valueAt } from './object.ts';
import { badRequest } from './refusal.ts';

export type Matches = (object: KubeObject) => boolean;
type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = '[A-Za-z0-9./_-]+';
const VALUE = '[A-Za-z0-9._-]*';
const EQUALITY = new RegExp(String.raw`^\s*(${KEY})\s*(==|=|!=)\s*(${VALUE})\s*$`);
const SET = new RegExp(String.raw`^\s*(${KEY})\s+(in|notin)\s*\(([A-Za-z0-9._,\s-]*)\)\s*$`);
const PRESENCE = new RegExp(String.raw`^\s*(!?)\s*(${KEY})\s*$`);

const own = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

function readRequirement(text: string): LabelTest {
  const equality = EQUALITY.exec(text);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    return operator === '!=' ? (labels) => own(labels, key) !== value : (labels) => own(labels, key) === value;
  }
  const set = SET.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (labels) => values.has(own(labels, key) ?? '\0') === (operator === 'in');
  }
  const presence = PRESENCE.exec(text);
  if (!presence)
    throw badRequest(`unable to parse requirement: ${JSON.stringify(text.slice(0, 256))} is not a label requirement`);
  const [, not, key = ''] = presence;
  return (labels) => (own(labels, key) === undefined) === (not === '!');
}

/** Commas part requirements, except within the brackets of a set. */
const splitRequirements = (text: string): string[] => text.split(/,(?![^(]*\))/).filter((part) => part.trim() !== '');

function readLabelSelector(text: string): Matches {
  const tests = splitRequirements(text).map(readRequirement);
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

/** A selectable field as text; what is absent is the empty text, as in Kubernetes. */
function fieldText(object: KubeObject, field: string): string {
  const found = valueAt(object, ...field.split('.'));
  return found === undefined || found === null ? '' : String(found);
}

function readFieldSelector(text: string, kind: Kind): Matches {
  const selectable = new Set([
    'metadata.name',
    ...(kind.namespaced ? ['metadata.namespace'] : []),
    ...kind.selectableFields,
  ]);
  const tests = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part): Matches => {
      const found = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
      if (!found) throw badRequest(`invalid selector: ${JSON.stringify(part.slice(0, 256))}; can't understand it`);
      const [, field = '', operator, value = ''] = found;
      if (!selectable.has(field)) throw badRequest(`field label not supported: ${field.slice(0, 256)}`);
      return (object) => (fieldText(object, field) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

/** Both selectors of a request together. */
export function readSelectors(query: URLSearchParams, kind: Kind): Matches {
  const byLabel = readLabelSelector(query.get('labelSelector') ?? '');
  const byField = readFieldSelector(query.get('fieldSelector') ?? '', kind);
  return (object) => byLabel(object) && byField(object);
}
