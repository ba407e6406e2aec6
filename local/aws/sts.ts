/**
 * Simulated STS: GetCallerIdentity, which needs no permission and cannot be denied, and AssumeRole, which the role's
 * trust policy and the caller's own policies decide together.
 *
 * Authority: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and, for who decides,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
import { plus, seconds, toIso } from '../../src/core/time.ts';
import { type AccessRequest, AwsError, type Context, type Input, type Operations } from '../aws-service.ts';
import { parsePrincipalArn } from './arn.ts';
import { identityVerdict, keysOf } from './authorization.ts';
import { tagKeys } from './iam/access.ts';
import { notImplemented, policyLength, read, readPolicy, validationError } from './iam/checks.ts';
import { newSession } from './iam/seed.ts';
import { findByArn, type Role, type Session, sessionsOf } from './iam/store.ts';
import { evaluateTrust } from './policy.ts';
import { type Principal, principalOf, sessionArn } from './principal.ts';
import { type Randomness, systemRandomness, uniqueId } from './randomness.ts';

const DEFAULT_SECONDS = 3_600;
const SHORTEST_SECONDS = 900;
const LONGEST_SECONDS = 43_200;
const LONGEST_CHAINED_SECONDS = 3_600;
const NOT_IMPLEMENTED = ['PolicyArns', 'Tags', 'TransitiveTagKeys', 'SerialNumber', 'TokenCode', 'ProvidedContexts'];
/** An expired session is kept this long, so that its user is told "expired" rather than "unknown". */
const KEPT_EXPIRED = seconds(86_400);
const FORGET_EVERY = 256;

export function stsService(options: { random?: Randomness } = {}): Operations {
  const random = options.random ?? systemRandomness;
  let assumed = 0;
  return {
    GetCallerIdentity: {
      write: false,
      authorize: () => [],
      run: (_input, { caller }) => ({ UserId: caller.userId, Account: caller.account, Arn: caller.arn }),
    },
    AssumeRole: {
      write: true,
      // Decided in `run`: the role's trust has a say, and its absence must look like a refusal.
      authorize: () => [],
      run: (input, context) =>
        context.storage.transaction(() => {
          if (++assumed % FORGET_EVERY === 0) forgetExpired(context);
          return assumeRole(input, context, random);
        }),
    },
  };
}

type Asked = {
  roleArn: string;
  sessionName: string;
  duration: number;
  sourceIdentity: string | undefined;
  externalId: string | undefined;
  policy: string | undefined;
};

function readAssumeRole(input: Input): Asked {
  for (const member of NOT_IMPLEMENTED) {
    if (input[member] !== undefined && input[member] !== '') throw notImplemented(`AssumeRole's ${member}`);
  }
  const roleArn = read.text(input, 'RoleArn');
  if (parsePrincipalArn(roleArn)?.kind !== 'role') throw new AwsError('ValidationError', 400, `${roleArn} is invalid`);
  const duration = read.optionalNumber(input, 'DurationSeconds') ?? DEFAULT_SECONDS;
  if (duration < SHORTEST_SECONDS) {
    throw validationError('DurationSeconds', duration, `must have value greater than or equal to ${SHORTEST_SECONDS}`);
  }
  if (duration > LONGEST_SECONDS) {
    throw validationError('DurationSeconds', duration, `must have value less than or equal to ${LONGEST_SECONDS}`);
  }
  const policy = read.optionalText(input, 'Policy');
  if (policy !== undefined) {
    readPolicy(policy, 'identity');
    if (policyLength(policy) > 2_048)
      throw validationError('Policy', policy, 'must have length less than or equal to 2048');
  }
  return {
    roleArn,
    sessionName: readSessionName('RoleSessionName', read.text(input, 'RoleSessionName')),
    duration,
    sourceIdentity: optionalName(input, 'SourceIdentity'),
    externalId: read.optionalText(input, 'ExternalId'),
    policy,
  };
}

function optionalName(input: Input, member: string): string | undefined {
  const value = read.optionalText(input, member);
  return value === undefined ? undefined : readSessionName(member, value);
}

function readSessionName(member: string, value: string): string {
  if (value.length < 2) throw validationError(member, value, 'must have length greater than or equal to 2');
  if (value.length > 64) throw validationError(member, value, 'must have length less than or equal to 64');
  if (!/^[\w+=,.@-]*$/.test(value)) {
    throw validationError(member, value, 'must satisfy regular expression pattern: [\\w+=,.@-]*');
  }
  return value;
}

function assumeRole(input: Input, context: Context, random: Randomness): unknown {
  const { storage, clock, caller } = context;
  const asked = readAssumeRole(input);
  const principal = principalOf(storage, caller);
  const found = findByArn(storage, asked.roleArn, clock.now());
  const role = found && 'trust' in found ? found : undefined;
  const actions = asked.sourceIdentity === undefined ? ['sts:AssumeRole'] : ['sts:AssumeRole', 'sts:SetSourceIdentity'];
  // A role that is not there and one that does not trust the caller look alike, so that names cannot be probed.
  const refused = role ? actions.find((action) => !mayAssume(action, role, principal, asked, context)) : actions[0];
  if (!role || refused !== undefined) {
    const text = `User: ${caller.arn} is not authorized to perform: ${refused} on resource: ${asked.roleArn}`;
    throw new AwsError('AccessDenied', 403, text);
  }
  checkDuration(asked, role, principal);
  const accessKeyId = uniqueId('ASIA', random);
  const expiresAt = plus(clock.now(), seconds(asked.duration));
  // A source identity once set stays with every session made from this one.
  const sourceIdentity = principal.session?.sourceIdentity ?? asked.sourceIdentity;
  const session: Session = {
    ...newSession(role, asked.sessionName, clock.now(), random),
    expiresAt,
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(asked.policy !== undefined && { policy: asked.policy }),
  };
  sessionsOf(storage).put(accessKeyId, session);
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: `${toIso(expiresAt).slice(0, 19)}Z`,
    },
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${asked.sessionName}`, Arn: sessionArn(session) },
    SourceIdentity: sourceIdentity,
  };
}

/**
 * Within one account a trust that names the principal itself is enough, and one that names the account leaves it to
 * the caller's policies; across accounts both must allow. A deny, a boundary or a session policy limits in any case.
 */
function mayAssume(action: string, role: Role, principal: Principal, asked: Asked, context: Context): boolean {
  const request: AccessRequest = {
    action,
    resource: role.arn,
    conditionKeys: {
      'sts:RoleSessionName': asked.sessionName,
      ...(asked.sourceIdentity !== undefined && { 'sts:SourceIdentity': asked.sourceIdentity }),
      ...(asked.externalId !== undefined && { 'sts:ExternalId': asked.externalId }),
      ...tagKeys('aws:ResourceTag', role.tags),
      ...tagKeys('iam:ResourceTag', role.tags),
    },
  };
  const { userId } = context.caller;
  const asker = { account: principal.account, principalId: principal.principalId, userId };
  const trust = evaluateTrust(readPolicy(role.trust, 'trust'), action, asker, keysOf(principal, request, context));
  if (trust.verdict !== 'allow') return false;
  // A deleted principal's session matches nothing by id, but its account still does: it has no policies to add.
  const own = identityVerdict(principal, request, context);
  if (own !== 'none') return own === 'allow';
  if (trust.through !== 'principal' || principal.account !== role.account) return false;
  return withinLimits(principal, request, context);
}

/** What boundary and session policy allow, when the trust policy alone grants. */
function withinLimits(principal: Principal, request: AccessRequest, context: Context): boolean {
  const limits = [principal.boundary, principal.sessionPolicy].filter((limit) => limit !== undefined);
  const limited = { ...principal, policies: [], boundary: undefined, sessionPolicy: undefined };
  return limits.every((limit) => identityVerdict({ ...limited, policies: [limit] }, request, context) === 'allow');
}

function checkDuration(asked: Asked, role: Role, principal: Principal): void {
  if (principal.session && asked.duration > LONGEST_CHAINED_SECONDS) {
    const text = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
    throw new AwsError('ValidationError', 400, text);
  }
  if (asked.duration > role.maxSessionDuration) {
    const text = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
    throw new AwsError('ValidationError', 400, text);
  }
}

function forgetExpired({ storage, clock }: Context): void {
  const sessions = sessionsOf(storage);
  for (const { key, value } of sessions.list()) {
    if (value.expiresAt !== undefined && plus(value.expiresAt, KEPT_EXPIRED) < clock.now()) sessions.delete(key);
  }
}
