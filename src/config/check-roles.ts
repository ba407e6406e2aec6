/** Rules on roles that are not people: each is one role of the hub's account, has owners, and is nobody's way in. */
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { iamIdentitiesOf } from './iam-identity.ts';
import { checkNotOwnPath, checkRoleArn } from './principal-arn.ts';
import type { FileRole } from './schema.ts';
import { checkSubjects, livingAmong } from './subject.ts';

export function checkRoles(context: Context): void {
  const { draft } = context;
  const { people = {}, permissionSetRole } = draft.identities ?? {};
  const peoplesRoles = new Set([
    // Its people may all be Identity Center's, and none of them listed.
    permissionSetRole,
    ...Object.entries(people).flatMap(([id, person]) =>
      iamIdentitiesOf(id, person, permissionSetRole).map(({ role }) => role),
    ),
  ]);
  const owners = new Map<string, string>();
  for (const [id, role] of Object.entries(draft.identities?.roles ?? {})) {
    const path = ['identities', 'roles', id];
    checkOwners([...path, 'owners'], role, context);
    if (context.names.people?.includes(id))
      context.report(path, `"${id}" is a person already; give the role another id`);
    checkArn([...path, 'role'], role, context);
    if (peoplesRoles.has(role.role))
      context.report(
        [...path, 'role'],
        'people come through this role; a role that is not a person has a role of its own',
      );
    const other = owners.get(role.role.toLowerCase());
    if (other !== undefined)
      context.report([...path, 'role'], `this is the role of "${other}" too; one role has one name`);
    else owners.set(role.role.toLowerCase(), id);
  }
}

/** IAM authorisation of an HTTP API takes callers of its own account only, and dedicated roles are made there. */
function checkArn(path: Path, { role: arn }: FileRole, context: Context): void {
  const role = checkRoleArn(path, arn, context);
  checkNotOwnPath(path, role, context);
  const { account } = context.draft;
  if (role && account !== undefined && role.account !== account)
    context.report(
      path,
      `this role is in account ${role.account}; it has to be one of the hub's account, ${account}, which pipelines elsewhere may assume`,
    );
}

function checkOwners(path: Path, { owners }: FileRole, context: Context): void {
  checkSubjects(path, owners, context);
  if (livingAmong(owners, context)?.size === 0)
    context.report(
      path,
      'nobody who is here owns this role, disabled people left out; name somebody who answers for it',
    );
}
