/** What simulated IAM and STS remember, and how it is found again. Roles and users belong to an account. */
import type { Instant } from '../../../src/core/time.ts';
import type { Collection, Storage } from '../../storage.ts';
import { parsePrincipalArn } from '../arn.ts';

export type Tag = { Key: string; Value: string };

export type Role = {
  account: string;
  name: string;
  path: string;
  arn: string;
  /** `AROA…`; a role made again under its name has another. */
  id: string;
  createdAt: Instant;
  /** Before this, other services do not know it yet. */
  visibleFrom: Instant;
  description?: string;
  /** Seconds. */
  maxSessionDuration: number;
  /** The trust policy's text, with unique ids in the place of the ARNs of roles, users and sessions. */
  trust: string;
  tags: Tag[];
  /** Inline policies: name → text. */
  policies: Record<string, string>;
  /** ARN of a managed policy. */
  permissionsBoundary?: string;
};

export type User = {
  account: string;
  name: string;
  path: string;
  arn: string;
  /** `AIDA…` */
  id: string;
  createdAt: Instant;
  tags: Tag[];
  policies: Record<string, string>;
};

export type AccessKey = { account: string; userName: string; secretAccessKey: string };

/** Temporary credentials. They outlive their role: what becomes of them is decided at each call. */
export type Session = {
  account: string;
  roleId: string;
  roleArn: string;
  roleName: string;
  sessionName: string;
  secretAccessKey: string;
  sessionToken: string;
  issuedAt: Instant;
  /** Absent: never (only a seeded session). */
  expiresAt?: Instant;
  sourceIdentity?: string;
  /** Text of a session policy passed to AssumeRole. */
  policy?: string;
  /** Names the seed, so that a restart finds the same session again. */
  seed?: string;
};

/** Names are unique in an account whatever their capitals. */
const named = (account: string, name: string): string => `${account}/${name.toLowerCase()}`;

export const rolesOf = (storage: Storage): Collection<Role> => storage.collection<Role>('iam/role');
const usersOf = (storage: Storage): Collection<User> => storage.collection<User>('iam/user');
export const accessKeysOf = (storage: Storage): Collection<AccessKey> => storage.collection<AccessKey>('iam/accessKey');
export const sessionsOf = (storage: Storage): Collection<Session> => storage.collection<Session>('sts/session');
/** Managed policies by ARN; seeded, never made over the wire. */
export const managedPoliciesOf = (storage: Storage): Collection<string> =>
  storage.collection<string>('iam/managedPolicy');
/** Organization id by account. */
export const organizationsOf = (storage: Storage): Collection<string> =>
  storage.collection<string>('organizations/account');
/** Unique id → key of the role or user. */
const idsOf = (storage: Storage): Collection<{ kind: 'role' | 'user'; key: string }> =>
  storage.collection('iam/uniqueId');

export const findRole = (storage: Storage, account: string, name: string): Role | undefined =>
  rolesOf(storage).get(named(account, name));

export const findUser = (storage: Storage, account: string, name: string): User | undefined =>
  usersOf(storage).get(named(account, name));

export function putRole(storage: Storage, role: Role): void {
  storage.transaction(() => {
    rolesOf(storage).put(named(role.account, role.name), role);
    idsOf(storage).put(role.id, { kind: 'role', key: named(role.account, role.name) });
  });
}

export function putUser(storage: Storage, user: User): void {
  storage.transaction(() => {
    usersOf(storage).put(named(user.account, user.name), user);
    idsOf(storage).put(user.id, { kind: 'user', key: named(user.account, user.name) });
  });
}

export function removeRole(storage: Storage, role: Role): void {
  storage.transaction(() => {
    rolesOf(storage).delete(named(role.account, role.name));
    idsOf(storage).delete(role.id);
  });
}

/** The living role or user with this unique id; undefined once it is deleted, whoever has its name now. */
export function findById(
  storage: Storage,
  id: string,
): { kind: 'role'; principal: Role } | { kind: 'user'; principal: User } | undefined {
  const found = idsOf(storage).get(id);
  if (found?.kind === 'role') {
    const principal = rolesOf(storage).get(found.key);
    return principal && { kind: 'role', principal };
  }
  const principal = found && usersOf(storage).get(found.key);
  return principal && { kind: 'user', principal };
}

/** The role or user that this full ARN, path included, names and that other services know at `now`. */
export function findByArn(storage: Storage, arn: string, now: Instant): Role | User | undefined {
  const parsed = parsePrincipalArn(arn);
  if (!parsed) return undefined;
  if (parsed.kind === 'user') {
    const user = findUser(storage, parsed.account, parsed.name);
    return user?.arn === arn ? user : undefined;
  }
  const role = findRole(storage, parsed.account, parsed.name);
  return role?.arn === arn && role.visibleFrom <= now ? role : undefined;
}
