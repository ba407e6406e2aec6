/**
 * The world that local mode starts in: accounts, users, roles and sessions that exist before anybody calls. Not wire
 * operations. Seeding again changes what is described here (policies, trust, tags) and keeps what must stay: unique
 * ids, secrets, and the time when it was first made.
 */
import type { Instant } from '../../../src/core/time.ts';
import type { Storage } from '../../storage.ts';
import { parsePolicy } from '../policy-document.ts';
import { type Randomness, secretAccessKey, sessionToken, systemRandomness, uniqueId } from '../randomness.ts';
import {
  accessKeysOf,
  findRole,
  findUser,
  managedPoliciesOf,
  organizationsOf,
  putRole,
  putUser,
  type Role,
  type Session,
  sessionsOf,
  type User,
} from './store.ts';
import { storedTrust } from './trust.ts';

/** Where the world is made: `now` dates what is new. */
export type Seeding = { storage: Storage; now: Instant; random?: Randomness };

/** A policy document as an object; it is checked like one that came over the wire. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

type SeededPolicies = Readonly<Record<string, PolicyDocument>>;

export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

const DEFAULT_PARTITION = 'aws';

function policyTexts(policies: SeededPolicies = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(policies).map(([name, document]) => {
      const text = JSON.stringify(document);
      parsePolicy(text, 'identity');
      return [name, text];
    }),
  );
}

/** Makes or updates a user. Names are as in `arn:aws:iam::ACCOUNT:user/PATH/NAME`; `path` begins and ends with `/`. */
export function seedUser(
  { storage, now, random = systemRandomness }: Seeding,
  user: {
    account: string;
    name: string;
    path?: string;
    policies?: SeededPolicies;
    tags?: Readonly<Record<string, string>>;
  },
): User {
  const path = user.path ?? '/';
  const old = findUser(storage, user.account, user.name);
  const seeded: User = {
    account: user.account,
    name: user.name,
    path,
    arn: `arn:${DEFAULT_PARTITION}:iam::${user.account}:user${path}${user.name}`,
    id: old?.id ?? uniqueId('AIDA', random),
    createdAt: old?.createdAt ?? now,
    tags: tagsOf(user.tags),
    policies: policyTexts(user.policies),
  };
  putUser(storage, seeded);
  return seeded;
}

/** Makes or updates a role. Its trust may name only principals that are there already, as on AWS. */
export function seedRole(
  { storage, now, random = systemRandomness }: Seeding,
  role: {
    account: string;
    name: string;
    path?: string;
    trust: PolicyDocument;
    policies?: SeededPolicies;
    tags?: Readonly<Record<string, string>>;
    description?: string;
    /** Seconds, 3600 to 43200. */
    maxSessionDuration?: number;
    permissionsBoundary?: string;
  },
): Role {
  const path = role.path ?? '/';
  const old = findRole(storage, role.account, role.name);
  const seeded: Role = {
    account: role.account,
    name: role.name,
    path,
    arn: `arn:${DEFAULT_PARTITION}:iam::${role.account}:role${path}${role.name}`,
    id: old?.id ?? uniqueId('AROA', random),
    createdAt: old?.createdAt ?? now,
    visibleFrom: old?.createdAt ?? now,
    ...(role.description !== undefined && { description: role.description }),
    maxSessionDuration: role.maxSessionDuration ?? 3_600,
    trust: storedTrust(storage, JSON.stringify(role.trust), now),
    tags: tagsOf(role.tags),
    policies: policyTexts(role.policies),
    ...(role.permissionsBoundary !== undefined && { permissionsBoundary: role.permissionsBoundary }),
  };
  putRole(storage, seeded);
  return seeded;
}

/** The user's one access key: made at the first call, the same ever after. Throws if there is no such user. */
export function seedAccessKey(
  { storage, random = systemRandomness }: Seeding,
  { account, userName }: { account: string; userName: string },
): Credentials {
  if (!findUser(storage, account, userName))
    throw new Error(`no user ${userName} in account ${account}: seed it first`);
  const keys = accessKeysOf(storage);
  const old = keys.list().find(({ value }) => value.account === account && value.userName === userName);
  if (old) return { accessKeyId: old.key, secretAccessKey: old.value.secretAccessKey };
  const accessKeyId = uniqueId('AKIA', random);
  const secret = secretAccessKey(random);
  keys.put(accessKeyId, { account, userName, secretAccessKey: secret });
  return { accessKeyId, secretAccessKey: secret };
}

/**
 * A standing session of a role, made without AssumeRole: a person who has come through a sign-on page, or a function
 * that runs as its role. The same role and session name answer the same credentials. `expiresAt` absent: never.
 */
export function seedSession(
  { storage, now, random = systemRandomness }: Seeding,
  wanted: { account: string; roleName: string; sessionName: string; expiresAt?: Instant },
): Required<Credentials> {
  const role = findRole(storage, wanted.account, wanted.roleName);
  if (!role) throw new Error(`no role ${wanted.roleName} in account ${wanted.account}: seed it first`);
  const seed = `${role.id}:${wanted.sessionName}`;
  const sessions = sessionsOf(storage);
  const old = sessions.list().find(({ value }) => value.seed === seed);
  const { expiresAt: _replaced, ...kept } = old?.value ?? newSession(role, wanted.sessionName, now, random);
  const session: Session = {
    ...kept,
    seed,
    ...(wanted.expiresAt !== undefined && { expiresAt: wanted.expiresAt }),
  };
  const accessKeyId = old?.key ?? uniqueId('ASIA', random);
  sessions.put(accessKeyId, session);
  return { accessKeyId, secretAccessKey: session.secretAccessKey, sessionToken: session.sessionToken };
}

/** A session record for the role, with new secrets and no end yet. */
export function newSession(role: Role, sessionName: string, now: Instant, random: Randomness): Session {
  return {
    account: role.account,
    roleId: role.id,
    roleArn: role.arn,
    roleName: role.name,
    sessionName,
    secretAccessKey: secretAccessKey(random),
    sessionToken: sessionToken(random),
    issuedAt: now,
  };
}

/** A managed policy, for permissions boundaries. */
export function seedManagedPolicy({ storage }: Seeding, policy: { arn: string; document: PolicyDocument }): void {
  const text = JSON.stringify(policy.document);
  parsePolicy(text, 'identity');
  managedPoliciesOf(storage).put(policy.arn, text);
}

/** Which accounts form an organization: `aws:PrincipalOrgID`. */
export function seedOrganization(
  { storage }: Seeding,
  organization: { id: string; accounts: readonly string[] },
): void {
  for (const account of organization.accounts) organizationsOf(storage).put(account, organization.id);
}

function tagsOf(tags: Readonly<Record<string, string>> = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
