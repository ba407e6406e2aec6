/**
 * People and groups of IAM Identity Center, put together with those of the file. A user is known by the id that the
 * identity store gave, which is never given again; the user name, which is the session's name in IAM, may be changed and
 * may one day be another's, so it is taken from the store each time and never remembered as somebody.
 */
import type { Configuration, Directory, IdentityCenter, Person } from './configuration.ts';
import type { Instant } from './time.ts';

export type StoreUser = {
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly email: string;
  readonly disabled: boolean;
};

/** What the identity store said, all of it at about one time: a part of it is no answer. */
export type Snapshot = {
  readonly users: readonly StoreUser[];
  /** Ids of the members of each mapped group, by the name it has in `hallpass.yaml`. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly asOf: Instant;
};

/** The configuration with the directory that it has now: people and groups of the file, and those of the store. */
export function withSnapshot(
  config: Configuration,
  { users, groups }: Pick<Snapshot, 'users' | 'groups'>,
): Configuration {
  const { directory, identityCenter } = config;
  if (!identityCenter) return config;
  const inStore = new Map(users.map((user) => [user.userId, user]));
  const named = new Map(
    Object.values(directory.people).flatMap(({ id, userId }) => (userId === undefined ? [] : [[userId, id] as const])),
  );
  const wanted = new Set(Object.values(groups).flat());
  const people = {
    ...fromStore(
      users.filter((user) => wanted.has(user.userId) && !named.has(user.userId)),
      identityCenter,
    ),
    // Last: an id that the file gives is the file's.
    ...Object.fromEntries(
      Object.values(directory.people).map((person) => [person.id, asStored(person, inStore, identityCenter)]),
    ),
  };
  const idOf = (userId: string): string => named.get(userId) ?? userId;
  const mapped = Object.entries(groups).map(([name, members]) => [name, members.map(idOf)] as const);
  return {
    ...config,
    directory: { ...directory, people, groups: { ...directory.groups, ...Object.fromEntries(mapped) } },
  };
}

const fromStore = (users: readonly StoreUser[], { role }: IdentityCenter): Directory['people'] =>
  Object.fromEntries(
    users.map(({ userId, userName, name, email, disabled }) => [
      userId,
      { id: userId, userId, name, email, iam: [{ role, session: userName }], disabled },
    ]),
  );

/** A person of the file who is a user of the store: whoever is gone or disabled there has left. */
function asStored(person: Person, inStore: ReadonlyMap<string, StoreUser>, { role }: IdentityCenter): Person {
  if (person.userId === undefined) return person;
  const user = inStore.get(person.userId);
  if (!user) return { ...person, disabled: true };
  const own = { role, session: user.userName };
  const others = person.iam.filter((identity) => identity.role !== role);
  return { ...person, iam: [own, ...others], disabled: person.disabled || user.disabled };
}
