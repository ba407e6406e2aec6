/** References to people and groups: `alice`, `group:platform`. */
import type { Subject } from '../core/configuration.ts';
import { type Context, checkDoubles, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import { ID } from './schema.ts';

const GROUP = 'group:';

export const parseSubject = (text: string): Subject =>
  text.startsWith(GROUP) ? { kind: 'group', name: text.slice(GROUP.length) } : { kind: 'person', id: text };

export function checkSubjects(path: Path, subjects: readonly string[], context: Context): void {
  checkDoubles(path, subjects, context.report);
  for (const [index, text] of subjects.entries()) {
    const message = subjectProblem(text, context);
    if (message) context.report([...path, index], message);
  }
}

function subjectProblem(text: string, { names }: Context): string | undefined {
  const subject = parseSubject(text);
  const name = subject.kind === 'group' ? subject.name : subject.id;
  if (!ID.test(name)) return `${quote(text)} is neither a person's id nor group:NAME`;
  if (subject.kind === 'group')
    return names.groups && !names.groups.includes(name) ? unknownName('group', name, names.groups) : undefined;
  if (!names.people || names.people.includes(name)) return undefined;
  if (names.groups?.includes(name)) return `there is no person "${name}"; did you mean "${GROUP}${name}"?`;
  return unknownName('person', name, names.people);
}

/** The living people whom these name, or undefined where a broken part of the file keeps it from being known. */
export function livingAmong(subjects: readonly string[], { draft }: Context): ReadonlySet<string> | undefined {
  const ids = new Set<string>();
  for (const text of subjects) {
    const subject = parseSubject(text);
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
