/**
 * Who calls, by the authoriser's word alone. A header, a body or a query proves nothing; neither does an authoriser
 * block of another kind than the API that was called has.
 */
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import { type IamProof, type OidcProof, personOf, proofText, type RoleIds } from '../core/identity.ts';
import { roleCallerOf } from '../core/role-identity.ts';

export type Caller = { readonly person: Person; readonly channel: Channel; readonly proof: string };

/** What API Gateway puts into the event; everything in it is unknown until looked at. */
type Authorizer = { readonly iam?: unknown; readonly jwt?: unknown; readonly lambda?: unknown };

/** The one block that there is, if it is of this kind: whatever else claims to have authorised the call voids it. */
function blockOf(kind: keyof Authorizer, authorizer: unknown): object | undefined {
  if (typeof authorizer !== 'object' || authorizer === null) return undefined;
  const { [kind]: block, ...others } = authorizer as Authorizer;
  if (Object.values(others).some((other) => other !== undefined && other !== null)) return undefined;
  return typeof block === 'object' && block !== null ? block : undefined;
}

/** The IAM authoriser's proof: `AROA…:<session>`. */
export function iamProof(authorizer: unknown): IamProof | undefined {
  const { userId, cognitoIdentity } = (blockOf('iam', authorizer) ?? {}) as {
    userId?: unknown;
    cognitoIdentity?: unknown;
  };
  if (typeof userId !== 'string' || (cognitoIdentity !== undefined && cognitoIdentity !== null)) return undefined;
  // Sessions of roles only. A user (AIDA…), the root (its account's number), federated users and web identities are nobody.
  return /^AROA[A-Z0-9]{12,}:[\w+=,.@-]{2,64}$/.test(userId) ? { kind: 'iam', userId } : undefined;
}

/** The JWT authoriser's proof: issuer and subject. No other claim, least of all an e-mail address, says who somebody is. */
export function oidcProof(authorizer: unknown, { oidc }: Pick<Configuration, 'oidc'>): OidcProof | undefined {
  const { claims } = (blockOf('jwt', authorizer) ?? {}) as { claims?: unknown };
  if (!oidc || typeof claims !== 'object' || claims === null) return undefined;
  const { iss, sub } = claims as { iss?: unknown; sub?: unknown };
  if (iss !== oidc.issuer || typeof sub !== 'string' || sub === '') return undefined;
  return { kind: 'oidc', issuer: iss, subject: sub };
}

/** Which API was called: each has one authoriser, and takes no other's word. */
export type ApiKind = 'iam' | 'web';

/**
 * The living person behind the call, or the role that is not a person; or undefined. The user agent only names the tool,
 * which nothing can prove.
 */
export function callerOf(
  api: ApiKind,
  authorizer: unknown,
  userAgent: string,
  config: Configuration,
  roleIds: RoleIds,
): Caller | undefined {
  const proof = api === 'iam' ? iamProof(authorizer) : oidcProof(authorizer, config);
  if (!proof) return undefined;
  const { directory } = config;
  const person =
    personOf(proof, directory, roleIds) ?? (proof.kind === 'iam' ? roleCallerOf(proof, directory, roleIds) : undefined);
  if (!person) return undefined;
  return { person, channel: channelOf(api, userAgent), proof: proofText(proof) };
}

function channelOf(api: ApiKind, userAgent: string): Channel {
  if (userAgent.startsWith('hallpass-cli/')) return 'cli';
  return api === 'web' ? 'console' : 'api';
}
