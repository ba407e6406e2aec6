/** Which rights IAM's operations on a role need, and the role's own condition keys. */
import type { AccessRequest, Context, Input } from '../../aws-service.ts';
import { partitionOf } from '../arn.ts';
import { readRoleName } from './checks.ts';
import { findRole, type Role, type Tag } from './store.ts';

export function tagKeys(prefix: string, tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [`${prefix}/${tag.Key}`, tag.Value]));
}

/** Keys of a request that carries tags. */
export function requestTagKeys(tags: readonly Tag[]): Record<string, string | readonly string[]> {
  if (tags.length === 0) return {};
  return { ...tagKeys('aws:RequestTag', tags), 'aws:TagKeys': tags.map((tag) => tag.Key) };
}

function roleKeys(role: Role): Record<string, string> {
  return {
    ...tagKeys('aws:ResourceTag', role.tags),
    ...tagKeys('iam:ResourceTag', role.tags),
    ...(role.permissionsBoundary !== undefined && { 'iam:PermissionsBoundary': role.permissionsBoundary }),
  };
}

/** `iam:<action>` on the role that `RoleName` names; on its ARN without a path when there is none. */
export function onRole(action: string, more: (input: Input) => AccessRequest['conditionKeys'] = () => ({})) {
  return (input: Input, { caller, region, storage }: Context): AccessRequest => {
    const name = readRoleName(input);
    const role = findRole(storage, caller.account, name);
    return {
      action: `iam:${action}`,
      resource: role?.arn ?? `arn:${partitionOf(region)}:iam::${caller.account}:role/${name}`,
      conditionKeys: { ...(role && roleKeys(role)), ...more(input) },
    };
  };
}
