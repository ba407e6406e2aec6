/** From a caller's credential to what policies know of it: its ids, its own policies, its global condition keys. */
import { type Instant, toIso } from '../../src/core/time.ts';
import type { Caller, Context } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import {
  accessKeysOf,
  findById,
  findUser,
  managedPoliciesOf,
  organizationsOf,
  type Session,
  sessionsOf,
} from './iam/store.ts';
import { type Policy, parsePolicy } from './policy-document.ts';
import type { KnownCredential } from './sigv4.ts';

export type Principal = {
  account: string;
  /** `AROA…` or `AIDA…`: the role or user behind the credential. */
  principalId: string;
  /** The role's or user's ARN, path included. */
  principalArn: string;
  /** Nothing of a deleted role is left: its sessions may still say who they are, and do no more. */
  policies: readonly Policy[];
  /** Both further limit what `policies` allow. */
  boundary: Policy | undefined;
  sessionPolicy: Policy | undefined;
  session: Session | undefined;
};

/** Looks an access key up: a user's, or a session's. For `authenticate`. */
export function credentialOf(storage: Storage, accessKeyId: string): KnownCredential | undefined {
  const key = accessKeysOf(storage).get(accessKeyId);
  if (key) {
    const user = findUser(storage, key.account, key.userName);
    if (!user) return undefined;
    const caller: Caller = { arn: user.arn, account: user.account, userId: user.id, accessKeyId };
    return { caller, secretAccessKey: key.secretAccessKey };
  }
  const session = sessionsOf(storage).get(accessKeyId);
  if (!session) return undefined;
  return {
    caller: {
      arn: sessionArn(session),
      account: session.account,
      userId: `${session.roleId}:${session.sessionName}`,
      accessKeyId,
    },
    secretAccessKey: session.secretAccessKey,
    sessionToken: session.sessionToken,
    ...(session.expiresAt !== undefined && { expiresAt: session.expiresAt }),
  };
}

export function sessionArn(session: Pick<Session, 'account' | 'roleArn' | 'roleName' | 'sessionName'>): string {
  const partition = session.roleArn.split(':')[1] ?? 'aws';
  return `arn:${partition}:sts::${session.account}:assumed-role/${session.roleName}/${session.sessionName}`;
}

export function principalOf(storage: Storage, caller: Caller): Principal {
  const session = sessionsOf(storage).get(caller.accessKeyId);
  const principalId = caller.userId.split(':', 1)[0] ?? caller.userId;
  const found = findById(storage, principalId);
  const boundaryArn = found?.kind === 'role' ? found.principal.permissionsBoundary : undefined;
  const boundary = boundaryArn === undefined ? undefined : managedPoliciesOf(storage).get(boundaryArn);
  if (boundaryArn !== undefined && boundary === undefined) throw new Error(`the boundary ${boundaryArn} is not there`);
  return {
    account: caller.account,
    principalId,
    principalArn: session?.roleArn ?? caller.arn,
    policies: Object.values(found?.principal.policies ?? {}).map((text) => parsePolicy(text, 'identity')),
    boundary: boundary === undefined ? undefined : parsePolicy(boundary, 'identity'),
    sessionPolicy: session?.policy === undefined ? undefined : parsePolicy(session.policy, 'identity'),
    session,
  };
}

/** The condition keys that AWS sets for every request, by lower-cased name. */
export function globalKeys(
  principal: Principal,
  { caller, region, clock, storage }: Context,
): Map<string, string | readonly string[]> {
  const now = clock.now();
  const found = findById(storage, principal.principalId);
  const keys = new Map<string, string | readonly string[]>([
    ['aws:currenttime', toIso(now)],
    ['aws:epochtime', String(Math.floor(now / 1_000))],
    ['aws:principalaccount', caller.account],
    ['aws:principalarn', principal.principalArn],
    ['aws:principalisawsservice', 'false'],
    ['aws:principaltype', principal.session ? 'AssumedRole' : 'User'],
    ['aws:requestedregion', region],
    // On loopback there is no TLS; policies are judged as they would be before the real endpoint, which has it.
    ['aws:securetransport', 'true'],
    ['aws:userid', caller.userId],
    ['aws:viaawsservice', 'false'],
  ]);
  if (found?.kind === 'user') keys.set('aws:username', found.principal.name);
  for (const tag of found?.principal.tags ?? []) keys.set(`aws:principaltag/${tag.Key.toLowerCase()}`, tag.Value);
  const organization = organizationsOf(storage).get(caller.account);
  if (organization) keys.set('aws:principalorgid', organization);
  if (principal.session) {
    keys.set('aws:tokenissuetime', issueTime(principal.session.issuedAt));
    if (principal.session.sourceIdentity) keys.set('aws:sourceidentity', principal.session.sourceIdentity);
  }
  return keys;
}

const issueTime = (at: Instant): string => `${toIso(at).slice(0, 19)}Z`;
