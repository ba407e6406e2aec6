/** Rules on where people come from besides the file. */
import type { Context } from './context.ts';
import { checkRoleArn } from './principal-arn.ts';
import { quote } from './printable.ts';

/** https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListUsers.html, IdentityStoreId and UserId */
const STORE = /^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const USER = /^([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

export function checkIdentityCenter(context: Context): void {
  const { directory, groups = {}, people = {}, permissionSetRole } = context.draft.identities ?? {};
  const center = directory?.identityCenter;
  const path = ['identities', 'directory', 'identityCenter'];
  if (center) {
    if (!STORE.test(center.identityStoreId))
      context.report(
        [...path, 'identityStoreId'],
        `${quote(center.identityStoreId)} is not the id of an identity store, which is like d-1234567890`,
      );
    if (!REGION.test(center.region))
      context.report(
        [...path, 'region'],
        `${quote(center.region)} is not a region; write the one that Identity Center is in, like eu-west-1`,
      );
    if (center.role !== undefined) checkRoleArn([...path, 'role'], center.role, context);
    if (permissionSetRole === undefined)
      context.report(
        path,
        'people of Identity Center come through a permission set: identities.permissionSetRole is needed',
      );
    for (const name of Object.keys(center.groups))
      if (Object.hasOwn(groups, name))
        context.report(
          [...path, 'groups', name],
          `there is a group "${name}" under identities.groups; a group is in one place`,
        );
  }
  const owners = new Map<string, string>();
  for (const [id, { userId }] of Object.entries(people)) {
    if (userId === undefined) continue;
    const at = ['identities', 'people', id, 'userId'];
    if (!USER.test(userId))
      context.report(
        at,
        `${quote(userId)} is not a user's id in Identity Center: copy it from the user's page, a name or an address is not it`,
      );
    if (context.draft.identities && !center)
      context.report(at, 'a user of Identity Center, and identities.directory names none; add it, or leave this out');
    const owner = owners.get(userId);
    if (owner !== undefined) context.report(at, `this user is "${owner}" already; one user is one person`);
    else owners.set(userId, id);
  }
}
