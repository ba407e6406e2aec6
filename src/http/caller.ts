/**
 * Who calls, by the authoriser's word alone. A header, a body or a query proves nothing; neither does an authoriser
 * block of another kind than the API that was called has.
 */
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import { type IamProof, personOf, type RoleIds } from '../core/identity.ts';
import { roleCallerOf } from '../core/role-identity.ts';

export type Caller = { readonly person: Person; readonly channel: Channel; readonly proof: string };

/** What API Gateway puts into the event; everything in it is unknown until looked at. */
type Authorizer = { readonly iam?: unknown; readonly jwt?: unknown; readonly lambda?: unknown };

/** The IAM authoriser's proof: `AROA…:<session>`, and only if nothing else claims to have authorised the call too. */
export function iamProof(authorizer: unknown): IamProof | undefined {
  if (typeof authorizer !== 'object' || authorizer === null) return undefined;
  const { iam, ...others } = authorizer as Authorizer;
  if (Object.values(others).some((other) => other !== undefined && other !== null)) return undefined;
  if (typeof iam !== 'object' || iam === null) return undefined;
  const { userId, cognitoIdentity } = iam as { userId?: unknown; cognitoIdentity?: unknown };
  if (typeof userId !== 'string' || (cognitoIdentity !== undefined && cognitoIdentity !== null)) return undefined;
  // Sessions of roles only. A user (AIDA…), the root (its account's number), federated users and web identities are nobody.
  return /^AROA[A-Z0-9]{12,}:[\w+=,.@-]{2,64}$/.test(userId) ? { kind: 'iam', userId } : undefined;
}

/** The living person behind the call, or the role that is not a person; or undefined. The user agent only names the tool, which IAM cannot prove. */
export function callerOf(
  authorizer: unknown,
  userAgent: string,
  config: Configuration,
  roleIds: RoleIds,
): Caller | undefined {
  const proof = iamProof(authorizer);
  const { directory } = config;
  const person = proof && (personOf(proof, directory, roleIds) ?? roleCallerOf(proof, directory, roleIds));
  if (!proof || !person) return undefined;
  return { person, channel: userAgent.startsWith('hallpass-cli/') ? 'cli' : 'api', proof: `iam:${proof.userId}` };
}
