/** Rules on the directory: nobody is there twice, and everybody is shown as who they are. */

import { checkIdentityCenter } from './check-identity-center.ts';
import { checkOidc } from './check-oidc.ts';
import { type Context, checkDoubles, unknownName } from './context.ts';
import { emailProblem, foldedEmail } from './email.ts';
import type { Path } from './finding.ts';
import { iamIdentitiesOf } from './iam-identity.ts';
import { nameProblem } from './mixed-script.ts';
import { checkRoleArn } from './principal-arn.ts';
import { quote } from './printable.ts';
import { checkSubjects } from './subject.ts';

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, RoleSessionName
const SESSION = /^[\w+=,.@-]{2,64}$/;

export function checkPeople(context: Context): void {
  const { draft } = context;
  const { permissionSetRole } = draft.identities ?? {};
  if (permissionSetRole !== undefined)
    checkPermissionSetRole(['identities', 'permissionSetRole'], permissionSetRole, context);
  checkEmails(context);
  checkIam(context);
  checkOidc(context);
  checkIdentityCenter(context);
  const known = new Set(context.names.people);
  for (const [name, members] of Object.entries(draft.identities?.groups ?? {}))
    checkGroup(name, members, known, context);
  checkSubjects(['responders'], draft.responders ?? [], context);
  checkSubjects(['auditors'], draft.auditors ?? [], context);
}

function checkEmails({ draft, report }: Context): void {
  const owners = new Map<string, string>();
  for (const [id, { name, email }] of Object.entries(draft.identities?.people ?? {})) {
    const path = ['identities', 'people', id, 'email'];
    const problem = emailProblem(email);
    if (problem) report(path, problem);
    const strange = nameProblem(name);
    if (strange) report(['identities', 'people', id, 'name'], strange);
    const folded = foldedEmail(email);
    const owner = owners.get(folded);
    if (owner !== undefined)
      report(path, `${quote(email)} is the address of "${owner}" too; one address is one person`);
    else owners.set(folded, id);
  }
}

/** IAM keeps the case of a session's name and compares it; people do not. Two that differ in nothing else are one. */
function checkIam(context: Context): void {
  const { draft, report } = context;
  const owners = new Map<string, string>();
  let roleMissing = false;
  for (const [id, person] of Object.entries(draft.identities?.people ?? {})) {
    for (const { role, session, path, sessionPath } of iamIdentitiesOf(
      id,
      person,
      draft.identities?.permissionSetRole,
    )) {
      // An address that is wrong as an address is told of once.
      const told = session === person.email && emailProblem(person.email) !== undefined;
      if (!SESSION.test(session) && !told) report(sessionPath, sessionProblem(session, person.email));
      if (role === undefined) {
        roleMissing = true;
        continue;
      }
      if (role !== draft.identities?.permissionSetRole) checkPermissionSetRole([...path, 'role'], role, context);
      const key = `${role}\n${session.toLowerCase()}`;
      const owner = owners.get(key);
      if (owner !== undefined)
        report(
          sessionPath,
          `the session ${quote(session)} of this role is "${owner}" already; one session is one person`,
        );
      else owners.set(key, id);
    }
  }
  if (roleMissing && draft.identities)
    report(
      ['identities', 'permissionSetRole'],
      'missing: people are listed without a role of their own, so the role of their permission set is needed here',
    );
}

function sessionProblem(session: string, email: string): string {
  const rule = 'has 2 to 64 letters, digits and characters out of _+=,.@-';
  return session === email
    ? `${quote(email)} cannot be the name of a session, which ${rule}; give the person an iam list`
    : `${quote(session)} cannot be the name of a session, which ${rule}`;
}

/** Dedicated roles are made in the hub's account and trust a session there. */
function checkPermissionSetRole(path: Path, arn: string, context: Context): void {
  const role = checkRoleArn(path, arn, context);
  const { account } = context.draft;
  if (role && account !== undefined && role.account !== account)
    context.report(
      path,
      `this role is in account ${role.account}; people come through a permission set in the hub's account, ${account}`,
    );
}

function checkGroup(
  name: string,
  members: readonly string[],
  known: ReadonlySet<string>,
  { names, report }: Context,
): void {
  const path = ['identities', 'groups', name];
  checkDoubles(path, members, report);
  const { people } = names;
  for (const [index, id] of members.entries()) {
    if (people && !known.has(id)) report([...path, index], unknownName('person', id, people));
  }
}
