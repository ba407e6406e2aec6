/**
 * Trust policies in store and in show. IAM keeps the *unique id* of a role or user that a trust policy names, not its
 * ARN: when it is deleted the id stays and matches nobody, least of all a successor of the same name.
 *
 * Authority: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import type { Instant } from '../../../src/core/time.ts';
import { AwsError } from '../../aws-service.ts';
import type { Storage } from '../../storage.ts';
import { parseSessionArn } from '../arn.ts';
import { limitExceeded, policyLength, readPolicy } from './checks.ts';
import { findByArn, findById, findRole } from './store.ts';

const LONGEST_TRUST = 2_048;
const SERVICE = /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/;
const PROVIDER = /^arn:[a-z-]+:iam::\d{12}:(saml-provider|oidc-provider)\/.+$/;
/** Web identity providers that AWS knows by name. */
const KNOWN_PROVIDERS = [
  'accounts.google.com',
  'www.amazon.com',
  'graph.facebook.com',
  'cognito-identity.amazonaws.com',
];
const UNIQUE_ID = /^(AROA|AIDA)[A-Z0-9]{12,}(:[\w+=,.@-]+)?$/;

/** Checks a trust policy and answers the text to keep. Throws IAM's errors, for unknown principals too. */
export function storedTrust(storage: Storage, text: string, now: Instant): string {
  const policy = readPolicy(text, 'trust');
  if (policyLength(text) > LONGEST_TRUST)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${LONGEST_TRUST}`);
  for (const { principals } of policy.statements) {
    for (const service of principals.Service ?? [])
      if (!SERVICE.test(service)) throw invalidPrincipal('SERVICE', service);
    for (const provider of principals.Federated ?? []) {
      if (!PROVIDER.test(provider) && !KNOWN_PROVIDERS.includes(provider))
        throw invalidPrincipal('Federated', provider);
    }
  }
  return mapPrincipals(text, (principal) => toId(storage, principal, now));
}

/** The text to show: ids as ARNs again, as long as they belong to somebody. */
export function shownTrust(storage: Storage, stored: string, partition: string): string {
  return mapPrincipals(stored, (principal) => {
    if (/^\d{12}$/.test(principal)) return `arn:${partition}:iam::${principal}:root`;
    const [id = '', session] = principal.split(':', 2);
    const found = UNIQUE_ID.test(principal) ? findById(storage, id)?.principal : undefined;
    if (!found) return principal;
    return session === undefined
      ? found.arn
      : `arn:${partition}:sts::${found.account}:assumed-role/${found.name}/${session}`;
  });
}

function toId(storage: Storage, principal: string, now: Instant): string {
  if (principal === '*') return principal;
  const account = /^(?:arn:[a-z-]+:iam::)?(\d{12})(:root)?$/.exec(principal);
  if (account && principal.startsWith('arn:') === (account[2] !== undefined)) return account[1] ?? principal;
  const session = parseSessionArn(principal);
  if (session) {
    const role = findRole(storage, session.account, session.role);
    if (role && role.visibleFrom <= now) return `${role.id}:${session.session}`;
    throw invalidPrincipal('AWS', principal);
  }
  if (UNIQUE_ID.test(principal)) {
    if (findById(storage, principal.split(':', 1)[0] ?? '')) return principal;
    throw invalidPrincipal('AWS', principal);
  }
  const found = findByArn(storage, principal, now);
  if (!found) throw invalidPrincipal('AWS', principal);
  return found.id;
}

/** Rewrites every AWS principal of a policy that has been parsed before, leaving all else as it was written. */
function mapPrincipals(text: string, change: (principal: string) => string): string {
  const document = JSON.parse(text) as { Statement: RawStatement | RawStatement[] };
  const changed = (statement: RawStatement): RawStatement => {
    const { Principal } = statement;
    if (typeof Principal === 'string' || Principal.AWS === undefined) return statement;
    const AWS = Array.isArray(Principal.AWS) ? Principal.AWS.map(change) : change(Principal.AWS);
    return { ...statement, Principal: { ...Principal, AWS } };
  };
  const { Statement } = document;
  return JSON.stringify({
    ...document,
    Statement: Array.isArray(Statement) ? Statement.map(changed) : changed(Statement),
  });
}

type RawStatement = { Principal: string | { AWS?: string | string[] } };

const invalidPrincipal = (kind: string, principal: string): AwsError =>
  new AwsError('MalformedPolicyDocument', 400, `Invalid principal in policy: "${kind}":"${principal}"`);
