/** Who is meant by subjects, for looking at everybody at once: each list is resolved once, whatever the number of people. */
import type { Directory, Subject } from './configuration.ts';
import { roleCallerId } from './identity.ts';

/** The living people and roles whom the subjects name, by what they go by: those for whom `isAmong` says yes. */
export type MembersOf = (subjects: readonly Subject[]) => ReadonlySet<string>;

export function membersIn(directory: Directory): MembersOf {
  const resolved = new Map<string, ReadonlySet<string>>();
  return (subjects) => {
    const key = subjects.map(subjectText).join(' ');
    const known = resolved.get(key) ?? livingOf(subjects, directory);
    resolved.set(key, known);
    return known;
  };
}

function livingOf(subjects: readonly Subject[], directory: Directory): ReadonlySet<string> {
  const { people, groups } = directory;
  const ids = subjects.flatMap((subject) => {
    if (subject.kind === 'role') return [roleCallerId(subject.id)];
    return subject.kind === 'person' ? [subject.id] : (groups[subject.name] ?? []);
  });
  return new Set(
    ids.filter((id) => (Object.hasOwn(people, id) ? people[id]?.disabled === false : isRole(id, directory))),
  );
}

const isRole = (id: string, { roles = {} }: Directory): boolean =>
  Object.keys(roles).some((name) => roleCallerId(name) === id);

/** As it is written in hallpass.yaml: `alice`, `group:platform`, `role:pipeline`. */
export const subjectText = (subject: Subject): string => {
  if (subject.kind === 'group') return `group:${subject.name}`;
  return subject.kind === 'role' ? roleCallerId(subject.id) : subject.id;
};
