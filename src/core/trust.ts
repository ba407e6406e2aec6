/**
 * Trust policies of IAM roles, read for one question each: whom do they let in?
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import type { Directory } from './configuration.ts';
import { type Instant, toIso } from './time.ts';

type Statement = {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
};

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

function allowing(document: unknown): Statement[] {
  const statements = asList((document as { Statement?: unknown } | undefined)?.Statement) as Statement[];
  return statements.filter((statement) => statement.Effect === 'Allow');
}

/** Everyone a statement names, as written: ARNs, account ids, services, providers, or `*`. Conditions only narrow. */
function principalsOf(statement: Statement): string[] {
  if (statement.NotPrincipal !== undefined || statement.Principal === undefined) return ['*'];
  if (typeof statement.Principal === 'string') return [statement.Principal];
  return Object.values(statement.Principal as Record<string, unknown>)
    .flatMap(asList)
    .map(String);
}

/** Principals that the trust policy lets in but `assumableBy` does not list; empty when it is no wider. */
export function widerThan(document: unknown, assumableBy: readonly string[]): string[] {
  const listed = new Set(assumableBy.map(accountRoot));
  return [...new Set(allowing(document).flatMap(principalsOf))].filter(
    (principal) => !listed.has(accountRoot(principal)),
  );
}

/** An account's twelve digits and its root's ARN mean the same thing in a trust policy. */
const accountRoot = (principal: string): string => principal.replace(/^arn:aws[a-z-]*:iam::(\d{12}):root$/, '$1');

/**
 * Does the trust admit nobody but IAM Identity Center's own provider in this account? Then, and only then, the names
 * of the role's sessions are Identity Center's user names and not whatever the caller made up.
 */
export function admitsOnlyIdentityCenter(document: unknown, account: string): boolean {
  const provider = new RegExp(`^arn:aws[a-z-]*:iam::${account}:saml-provider/AWSSSO_[0-9a-f]+_DO_NOT_DELETE$`);
  const statements = allowing(document);
  return (
    statements.length > 0 &&
    statements.every((statement) => {
      if (statement.NotAction !== undefined || typeof statement.Principal !== 'object' || statement.Principal === null)
        return false;
      const actions = asList(statement.Action);
      const kinds = Object.keys(statement.Principal);
      return (
        actions.length > 0 &&
        actions.every((action) => action === 'sts:AssumeRoleWithSAML' || action === 'sts:TagSession') &&
        kinds.every((kind) => kind === 'Federated') &&
        principalsOf(statement).every((principal) => provider.test(principal))
      );
    })
  );
}

/**
 * Does the trust of a role that is not a person say who may become it? Not where a whole account or everybody is let in,
 * nor those who have a session of a role that people come through, nor every token of a web identity provider: then
 * approvers, or strangers, could ask in its name.
 */
export function namesItsCallers(document: unknown, peoplesRoles: readonly string[]): boolean {
  const sessionsOf = (arn: string): string =>
    arn.replace(/^(arn:[^:]+):iam:(:\d{12}):role\/(?:.*\/)?([^/]+)$/, '$1:sts:$2:assumed-role/$3/');
  const barred = new Set(peoplesRoles);
  const sessions = peoplesRoles.map(sessionsOf);
  const statements = allowing(document);
  return (
    statements.length > 0 &&
    statements.every(
      (statement) =>
        statement.NotAction === undefined &&
        principalsOf(statement).every(
          (principal) =>
            !/^(?:\*|\d{12}|arn:[^:]+:iam::\d{12}:root)$/.test(principal) &&
            !/:saml-provider\/AWSSSO_/.test(principal) &&
            !barred.has(principal) &&
            !sessions.some((session) => principal.startsWith(session)),
        ) &&
        (!asList(statement.Action).some(mayBeWebIdentity) || namesSubject(statement.Condition)),
    )
  );
}

const mayBeWebIdentity = (action: unknown): boolean =>
  action !== 'sts:AssumeRole' && action !== 'sts:TagSession' && action !== 'sts:AssumeRoleWithSAML';

/** A provider such as a forge signs tokens for everybody there: only the subject says whose a token is. */
const namesSubject = (condition: unknown): boolean =>
  Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>).some(
    ([operator, keys]) =>
      /^String(?:Equals|Like)$/.test(operator) &&
      Object.entries(keys).some(
        ([key, value]) => key.endsWith(':sub') && asList(value).every((subject) => isSomebodys(String(subject))),
      ),
  );

/**
 * Subjects read from the whole to its parts, such as `repo:OWNER/NAME:…`. Where one is a pattern, all up to an owner has to
 * be written out: `repo:*` is everybody at the forge, and `repo:acme*` whoever takes a name that begins so.
 */
const isSomebodys = (subject: string): boolean => !/[*?]/.test(subject) || /^[^*?:/]+[:/][^*?:/]+[:/]/.test(subject);

/** Names of the people who come through the listed roles; what is no person's role is named as it is written. */
export function trustedIn(assumableBy: readonly string[], directory: Directory): string[] {
  return assumableBy.flatMap((arn) => {
    const people = Object.values(directory.people).filter((person) =>
      person.iam.some((identity) => identity.role === arn),
    );
    return people.length > 0 ? people.map((person) => person.name) : [arn];
  });
}

/**
 * The trust of a grant's own role: one role, one session of it, and not after `until`. `aws:userid` is
 * `<role id>:<session>` of the caller, set by AWS; `sts:RoleSessionName` would be whatever the caller types.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-userid
 */
export function dedicatedTrust(trusts: { readonly role: string; readonly userId: string }, until: Instant): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: trusts.role },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:userid': trusts.userId },
          DateLessThan: { 'aws:CurrentTime': toIso(until).replace(/\.\d{3}Z$/, 'Z') },
        },
      },
    ],
  };
}
