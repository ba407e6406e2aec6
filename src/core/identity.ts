/**
 * Who is calling, and who is the same person. Deny by default: no mapping, or two, is nobody.
 *
 * For IAM only the unique id in the authoriser's context proves anything. `AROA…` is the id of one role that was made
 * once; a look-alike of the same name has another. The session's name counts only because the role is one whose trust
 * admits nobody but IAM Identity Center, which sets it: whoever resolves role ids has to check that (`aws/directory`).
 */
import type { Directory, IamIdentity, OidcIdentity, Person, SlackIdentity, Subject } from './configuration.ts';

/** What API Gateway's authoriser says of an IAM caller. `userId` is `AROA…:<session>`, `AIDA…` for a user. */
export type IamProof = { readonly kind: 'iam'; readonly userId: string };
/** What a JWT authoriser has verified. The pair is one account for ever; an e-mail address in the token is not. */
export type OidcProof = { readonly kind: 'oidc' } & OidcIdentity;
/** What Slack has signed. It is somebody only if a signed-in person linked the account to themselves. */
export type SlackProof = { readonly kind: 'slack' } & SlackIdentity;
export type Proof = IamProof | OidcProof | SlackProof;

/** Whom a Slack account was linked to, as the table says it now: `slackText` to the id of a person. */
export type Links = ReadonlyMap<string, string>;
export const NO_LINKS: Links = new Map();

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
export function personOf(
  proof: Proof,
  directory: Directory,
  roleIds: RoleIds,
  links: Links = NO_LINKS,
): Person | undefined {
  const found = Object.values(directory.people).filter((person) => isProvedBy(person, proof, roleIds, links));
  const [person, another] = found;
  return person && !another && !person.disabled ? person : undefined;
}

/** What a role that is not a person goes by where people go by their ids: no person's id has a colon. */
export const roleCallerId = (id: string): string => `role:${id}`;

function isProvedBy(person: Person, proof: Proof, roleIds: RoleIds, links: Links): boolean {
  switch (proof.kind) {
    case 'iam':
      return person.iam.some((identity) => {
        const userId = userIdOf(identity, roleIds);
        return userId !== undefined && userId === proof.userId;
      });
    case 'oidc':
      // Byte for byte: OpenID Connect Core 1.0, section 2, has both compared as they are.
      return (person.oidc ?? []).some(({ issuer, subject }) => issuer === proof.issuer && subject === proof.subject);
    case 'slack':
      return links.get(slackText(proof)) === person.id;
  }
}

export const slackText = ({ teamId, userId }: SlackIdentity): string => `slack:${teamId}:${userId}`;
const oidcText = ({ issuer, subject }: OidcIdentity): string => `oidc:${issuer}#${subject}`;

/** A proof as it is kept with what was done by it. */
export function proofText(proof: Proof): string {
  switch (proof.kind) {
    case 'iam':
      return `iam:${proof.userId}`;
    case 'oidc':
      return oidcText(proof);
    case 'slack':
      return slackText(proof);
  }
}

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
  return [
    `person:${person.id}`,
    `email:${person.email.normalize('NFKC').toLowerCase()}`,
    ...sessions,
    // By it the same user was known before the file gave them an id of its own.
    ...(person.userId !== undefined && person.userId !== person.id ? [`person:${person.userId}`] : []),
    ...(person.oidc ?? []).map(oidcText),
    ...(person.slack ?? []).map(slackText),
  ];
}

/**
 * Is this person the one with the given identifiers, under any of their identities? Two entries are one person if any
 * identifier coincides, directly or through others.
 */
export function isSamePerson(identifiers: readonly string[], personId: string, directory: Directory): boolean {
  return areConnected(identifiers, [`person:${personId}`], directory);
}

/** The same of two who are known by identifiers, of which some may be in no directory: a Slack account, an old address. */
export function areConnected(one: readonly string[], other: readonly string[], directory: Directory): boolean {
  const known = connectedTo(one, directory);
  return other.some((identifier) => known.has(identifier));
}

/** These identifiers and all that are the same person's: for whoever looks at many people at once. */
export function connectedTo(one: readonly string[], directory: Directory): ReadonlySet<string> {
  const circles = circlesOf(directory.people);
  const known = new Set(one);
  // Circles share nothing with each other: what one adds leads to no further one.
  for (const identifier of one) for (const other of circles.get(identifier) ?? []) known.add(other);
  return known;
}

type Circles = ReadonlyMap<string, ReadonlySet<string>>;

/** People of a directory never change in place, so that this is worked out once for all that is asked of them. */
const CIRCLES = new WeakMap<Directory['people'], Circles>();

function circlesOf(people: Directory['people']): Circles {
  const known = CIRCLES.get(people) ?? circlesAmong(Object.values(people));
  CIRCLES.set(people, known);
  return known;
}

/** Each identifier with all that lead to the same person, itself among them. */
function circlesAmong(people: readonly Person[]): Circles {
  const circles = new Map<string, Set<string>>();
  for (const person of people) {
    const own = identifiersOf(person);
    const met = new Set(own.flatMap((identifier) => circles.get(identifier) ?? []));
    const joined = new Set([...own, ...[...met].flatMap((circle) => [...circle])]);
    for (const identifier of joined) circles.set(identifier, joined);
  }
  return circles;
}
