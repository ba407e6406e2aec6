/**
 * Callers that are roles and not people: a pipeline, a controller. Every session of the role is the same caller, because
 * whoever may assume the role may call its sessions what they like: a session's name tells no two of them apart. Such a
 * caller asks where an entitlement lists it and never decides, and those who own it may not decide for it.
 */
import type { Directory, Person, RoleIdentity } from './configuration.ts';
import type { Requester } from './grant.ts';
import { type IamProof, identifiersOf, isSamePerson, peopleAmong, type RoleIds, roleCallerId } from './identity.ts';

/** Every role of the directory that is a caller by itself. */
export const callerRolesOf = (directory: Directory): string[] =>
  Object.values(directory.roles ?? {}).map(({ role }) => role);

/**
 * The role that this proves, as somebody who may ask; undefined if it is none. Its only IAM identity is the session that
 * called: a dedicated role made for it trusts that session's `aws:userid` and no other of the role.
 */
export function roleCallerOf({ userId }: IamProof, directory: Directory, roleIds: RoleIds): Person | undefined {
  const [roleId, session] = userId.split(':');
  if (!roleId || !session) return undefined;
  const [found, another] = Object.values(directory.roles ?? {}).filter(({ role }) => roleIds.get(role) === roleId);
  return found && !another ? asCaller(found, session) : undefined;
}

/** The person or role of this id, as a caller: `alice`, `role:pipeline`. For questions about somebody who does not call. */
export function callerNamed(id: string, directory: Directory): Person | undefined {
  const role = roleNamed(directory, id);
  if (role) return asCaller(role, 'supposed');
  return Object.hasOwn(directory.people, id) ? directory.people[id] : undefined;
}

const asCaller = (identity: RoleIdentity, session: string): Person => ({
  id: roleCallerId(identity.id),
  name: `${identity.id} (role)`,
  email: '',
  iam: [{ role: identity.role, session }],
  disabled: false,
  owners: identity.owners,
});

/** Who asked, as the directory is now: a living person, or a role that is still the same. */
export function requesterIn(directory: Directory, requester: Requester): Pick<Person, 'id' | 'name'> | undefined {
  const id = requester.id;
  const role = roleNamed(directory, id);
  if (role) return requester.identifiers.includes(`iam:${role.role}`) ? { id, name: requester.name } : undefined;
  const person = Object.hasOwn(directory.people, id) ? directory.people[id] : sameUser(directory, requester);
  return person?.disabled === false ? person : undefined;
}

/** A user of Identity Center who was given an id in the file since, or lost it: the store's id is theirs for ever. */
const sameUser = ({ people }: Directory, { identifiers }: Requester): Person | undefined =>
  Object.values(people).find(({ userId }) => userId !== undefined && identifiers.includes(`person:${userId}`));

/**
 * Does the role that was made for the requester let in one of their sessions as they are now? A user name may have become
 * another's since. Of a role that asks, the session is the one that asked.
 */
export function isLetInBy(
  trusts: { readonly role: string; readonly userId: string },
  id: string,
  directory: Directory,
) {
  if (roleNamed(directory, id)) return true;
  const session = trusts.userId.slice(trusts.userId.indexOf(':') + 1);
  const person = Object.hasOwn(directory.people, id) ? directory.people[id] : undefined;
  return person?.iam.some((identity) => identity.role === trusts.role && identity.session === session) ?? false;
}

function roleNamed({ roles = {} }: Directory, callerId: string): RoleIdentity | undefined {
  return Object.values(roles).find(({ id }) => roleCallerId(id) === callerId);
}

/** What the owners of a role are known by; undefined for a person. Kept with a grant, so that a later edit hides nothing. */
export const ownersOf = (caller: Person, directory: Directory): string[] | undefined =>
  caller.owners && peopleAmong(caller.owners, directory).flatMap(identifiersOf);

/** Does this person answer for the role that asked: when it asked, or now, under any identity? */
export function isOwner(requester: Requester, personId: string, directory: Directory): boolean {
  const now = roleNamed(directory, requester.id)?.owners ?? [];
  const known = [...(requester.owners ?? []), ...peopleAmong(now, directory).flatMap(identifiersOf)];
  return known.length > 0 && isSamePerson(known, personId, directory);
}
