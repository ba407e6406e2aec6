/** May this caller do that? Every right that an operation names must be allowed by the caller's own policies. */
import { type AccessRequest, AwsError, type Caller, type Context } from '../aws-service.ts';
import { parseArn } from './arn.ts';
import { organizationsOf } from './iam/store.ts';
import { evaluateIdentity, type PolicyRequest, type Verdict } from './policy.ts';
import { globalKeys, type Principal, principalOf } from './principal.ts';

export type Denial = { request: AccessRequest; explicit: boolean };

/** The first right that the caller lacks, or undefined if it has them all. */
export function findDenial(requests: readonly AccessRequest[], context: Context): Denial | undefined {
  if (requests.length === 0) return undefined;
  const principal = principalOf(context.storage, context.caller);
  for (const request of requests) {
    const verdict = identityVerdict(principal, request, context);
    if (verdict !== 'allow') return { request, explicit: verdict === 'deny' };
  }
  return undefined;
}

/** What the caller's identity policies, its boundary and its session policy say together. */
export function identityVerdict(principal: Principal, request: AccessRequest, context: Context): Verdict {
  const asked: PolicyRequest = {
    action: request.action,
    resource: request.resource,
    keys: keysOf(principal, request, context),
  };
  const limits = [principal.boundary, principal.sessionPolicy].filter((limit) => limit !== undefined);
  const verdicts = [principal.policies, ...limits.map((limit) => [limit])].map((set) => evaluateIdentity(set, asked));
  if (verdicts.includes('deny')) return 'deny';
  return verdicts.every((verdict) => verdict === 'allow') ? 'allow' : 'none';
}

export function keysOf(
  principal: Principal,
  request: AccessRequest,
  context: Context,
): Map<string, string | readonly string[]> {
  const keys = globalKeys(principal, context);
  const account = parseArn(request.resource)?.account;
  if (account) {
    keys.set('aws:resourceaccount', account);
    const organization = organizationsOf(context.storage).get(account);
    if (organization) keys.set('aws:resourceorgid', organization);
  }
  for (const [key, value] of Object.entries(request.conditionKeys ?? {})) keys.set(key.toLowerCase(), value);
  return keys;
}

/** AWS's own sentence. `code` and `status` are the service's. */
export function accessDenied(code: string, status: number, caller: Caller, { request, explicit }: Denial): AwsError {
  const why = explicit
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${request.action} action`;
  return new AwsError(
    code,
    status,
    `User: ${caller.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${why}`,
  );
}
