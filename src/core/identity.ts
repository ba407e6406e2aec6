/**
 * Who is calling, and who is the same person. Deny by default: no mapping, or two, is nobody.
 *
 * For IAM only the unique id in the authoriser's context proves anything. `AROA…` is the id of one role that was made
 * once; a look-alike of the same name has another. The session's name counts only because the role is one whose trust
 * admits nobody but IAM Identity Center, which sets it: whoever resolves role ids has to check that (`aws/directory`).
 */
import type { Directory, IamIdentity, Person, Subject } from './configuration.ts';

/** What API Gateway's authoriser says of an IAM caller. `userId` is `AROA…:<session>`, `AIDA…` for a user. */
export type IamProof = { readonly kind: 'iam'; readonly userId: string };

/** The unique id (`AROA…`) of each role that a person may come through, if its trust is as it must be. */
export type RoleIds = ReadonlyMap<string, string>;

/** Every role through which anybody in the directory may come. */
export function rolesOf(directory: Directory): string[] {
  return [...new Set(Object.values(directory.people).flatMap((person) => person.iam.map((identity) => identity.role)))];
}

/** `AROA…:<session>`, or undefined while the role's id is not known. */
export function userIdOf(identity: IamIdentity, roleIds: RoleIds): string | undefined {
  const roleId = roleIds.get(identity.role);
  return roleId && `${roleId}:${identity.session}`;
}

/** The one living person whom this proves, or undefined. */
export function personOf(proof: IamProof, directory: Directory, roleIds: RoleIds): Person | undefined {
  const found = Object.values(directory.people).filter((person) =>
    person.iam.some((identity) => {
      const userId = userIdOf(identity, roleIds);
      return userId !== undefined && userId === proof.userId;
    }),
  );
  const [person, another] = found;
  return person && !another && !person.disabled ? person : undefined;
}

/** What a role that is not a person goes by where people go by their ids: no person's id has a colon. */
export const roleCallerId = (id: string): string => `role:${id}`;

/** Is the person one of these? Asked of the directory as it is now. */
export function isAmong(personId: string, subjects: readonly Subject[], directory: Directory): boolean {
  return subjects.some((subject) =>
    subject.kind === 'group'
      ? (directory.groups[subject.name] ?? []).includes(personId)
      : personId === (subject.kind === 'role' ? roleCallerId(subject.id) : subject.id),
  );
}

/** Everyone living whom these subjects name, in the directory's order. */
export function peopleAmong(subjects: readonly Subject[], directory: Directory): Person[] {
  return Object.values(directory.people).filter(
    (person) => !person.disabled && isAmong(person.id, subjects, directory),
  );
}

/** What a person is known by, in a form in which equals are equal. Kept with a grant, so that a later edit hides nothing. */
export function identifiersOf(person: Person): string[] {
  // Whoever may assume a role chooses the session's name: of a role that is no person it identifies nothing.
  if (person.owners) return [`person:${person.id}`, ...person.iam.map(({ role }) => `iam:${role}`)];
  const sessions = person.iam.flatMap(({ role, session }) => [`iam:${role}:${session.toLowerCase()}`]);
  return [`person:${person.id}`, `email:${person.email.normalize('NFKC').toLowerCase()}`, ...sessions];
}

/**
 * Is this person the one with the given identifiers, under any of their identities? Two entries are one person if any
 * identifier coincides, directly or through others.
 */
export function isSamePerson(identifiers: readonly string[], personId: string, directory: Directory): boolean {
  const known = new Set(identifiers);
  const waiting = Object.values(directory.people).map((person) => ({
    id: person.id,
    identifiers: identifiersOf(person),
  }));
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of waiting) {
      if (!entry.identifiers.some((identifier) => known.has(identifier))) continue;
      for (const identifier of entry.identifiers) {
        grown ||= !known.has(identifier);
        known.add(identifier);
      }
    }
  }
  return known.has(`person:${personId}`);
}
