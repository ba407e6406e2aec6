/** References to people and groups: `alice`, `group:platform`. */
import type { Subject } from '../core/configuration.ts';
import { type Context, checkDoubles, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import { type Draft, ID } from './schema.ts';

const GROUP = 'group:';
const ROLE = 'role:';

export const parseSubject = (text: string): Subject => {
  if (text.startsWith(GROUP)) return { kind: 'group', name: text.slice(GROUP.length) };
  if (text.startsWith(ROLE)) return { kind: 'role', id: text.slice(ROLE.length) };
  return { kind: 'person', id: text };
};

/** `people and roles`: where roles that are not people may stand as well. */
export function checkSubjects(
  path: Path,
  subjects: readonly string[],
  context: Context,
  kinds: 'people' | 'people and roles' = 'people',
): void {
  checkDoubles(path, subjects, context.report);
  for (const [index, text] of subjects.entries()) {
    const message = subjectProblem(text, context, kinds);
    if (message) context.report([...path, index], message);
  }
}

function subjectProblem(text: string, { names }: Context, kinds: 'people' | 'people and roles'): string | undefined {
  const subject = parseSubject(text);
  const name = subject.kind === 'group' ? subject.name : subject.id;
  const roles = kinds === 'people and roles';
  if (!ID.test(name)) return `${quote(text)} is neither a person's id nor group:NAME${roles ? ' nor role:ID' : ''}`;
  if (subject.kind === 'group')
    return names.groups && !names.groups.includes(name) ? unknownName('group', name, names.groups) : undefined;
  if (subject.kind === 'role') {
    if (!roles) return `${quote(text)} is not a person: a role may be eligible, and nothing else; name people here`;
    return names.roles && !names.roles.includes(name) ? unknownName('role', name, names.roles) : undefined;
  }
  if (!names.people || names.people.includes(name)) return undefined;
  if (names.groups?.includes(name)) return `there is no person "${name}"; did you mean "${GROUP}${name}"?`;
  if (roles && names.roles?.includes(name)) return `there is no person "${name}"; did you mean "${ROLE}${name}"?`;
  return unknownName('person', name, names.people);
}

/** The living people whom these name, or undefined where a broken part of the file keeps it from being known. */
export function livingAmong(subjects: readonly string[], { draft }: Context): ReadonlySet<string> | undefined {
  const resolved = RESOLVED.get(draft) ?? new Map<string, ReadonlySet<string> | undefined>();
  RESOLVED.set(draft, resolved);
  const key = subjects.join('\n');
  if (!resolved.has(key)) resolved.set(key, resolve(subjects, draft));
  return resolved.get(key);
}

/** Large groups stand in many rules: each list is resolved once. A draft is never changed. */
const RESOLVED = new WeakMap<Draft, Map<string, ReadonlySet<string> | undefined>>();

function resolve(subjects: readonly string[], draft: Draft): ReadonlySet<string> | undefined {
  const ids = new Set<string>();
  for (const text of subjects) {
    const subject = parseSubject(text);
    if (subject.kind === 'role') continue;
    const members = subject.kind === 'person' ? [subject.id] : own(draft.identities?.groups, subject.name);
    if (!members) return undefined;
    for (const id of members) ids.add(id);
  }
  const people = [...ids].map((id) => ({ id, person: own(draft.identities?.people, id) }));
  if (people.some(({ person }) => !person)) return undefined;
  return new Set(people.filter(({ person }) => !person?.disabled).map(({ id }) => id));
}

/** Names come out of a file: `constructor` is one as good as any. */
const own = <T>(mapping: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  mapping && Object.hasOwn(mapping, key) ? mapping[key] : undefined;
