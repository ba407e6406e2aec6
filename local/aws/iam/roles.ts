/** IAM's operations on roles. Messages are AWS's as far as they are known. */
import { type Instant, plus, seconds, toIso } from '../../../src/core/time.ts';
import { AwsError, type Context, type Input, type Operation, type Operations } from '../../aws-service.ts';
import type { Storage } from '../../storage.ts';
import { partitionOf } from '../arn.ts';
import { type Randomness, uniqueId } from '../randomness.ts';
import { onRole, requestTagKeys } from './access.ts';
import {
  limitExceeded,
  MOST_TAGS,
  noSuchRole,
  read,
  readDescription,
  readMaxSessionDuration,
  readPath,
  readRoleName,
  readTags,
  validationError,
} from './checks.ts';
import { findRole, managedPoliciesOf, putRole, type Role, removeRole, rolesOf, type Tag } from './store.ts';
import { shownTrust, storedTrust } from './trust.ts';

const MOST_ROLES = 1_000;
const DEFAULT_SESSION_SECONDS = 3_600;

export function findRoleOfCaller(input: Input, { storage, caller }: Context): Role {
  const name = readRoleName(input);
  const role = findRole(storage, caller.account, name);
  if (!role) throw noSuchRole(name);
  return role;
}

/** `visibleAfter`: how long other services do not know a new role. */
export function roleOperations(random: Randomness, visibleAfter = seconds(0)): Operations {
  return {
    CreateRole: {
      write: true,
      authorize: (input, { caller, region }) => {
        const tags = readTags(input);
        const boundary = read.optionalText(input, 'PermissionsBoundary');
        const resource = roleArn(region, caller.account, readPath(input, 'Path'), readRoleName(input));
        const conditionKeys = {
          ...requestTagKeys(tags),
          ...(boundary !== undefined && { 'iam:PermissionsBoundary': boundary }),
        };
        const create = { action: 'iam:CreateRole', resource, conditionKeys };
        return tags.length === 0 ? [create] : [create, { ...create, action: 'iam:TagRole' }];
      },
      run: (input, context) =>
        context.storage.transaction(() => ({
          Role: shown(context.storage, createRole(input, context, random, plus(context.clock.now(), visibleAfter))),
        })),
    },
    GetAccountSummary: {
      write: false,
      authorize: () => ({ action: 'iam:GetAccountSummary', resource: '*' }),
      run: (_input, { storage, caller }) => ({
        // As a Map: the protocol writes maps in a form of their own.
        SummaryMap: new Map([
          ['Roles', rolesOf(storage).list(`${caller.account}/`).length],
          ['RolesQuota', MOST_ROLES],
        ]),
      }),
    },
    GetRole: {
      write: false,
      authorize: onRole('GetRole'),
      run: (input, context) => ({ Role: shown(context.storage, findRoleOfCaller(input, context)) }),
    },
    UpdateRole: updating('UpdateRole', (role, input) => {
      const description = readDescription(input);
      return {
        ...role,
        ...(description !== undefined && { description }),
        maxSessionDuration: readMaxSessionDuration(input) ?? role.maxSessionDuration,
      };
    }),
    UpdateAssumeRolePolicy: updating('UpdateAssumeRolePolicy', (role, input, { storage, clock }) => ({
      ...role,
      trust: storedTrust(storage, read.text(input, 'PolicyDocument'), clock.now()),
    })),
    DeleteRole: {
      write: true,
      authorize: onRole('DeleteRole'),
      run: (input, context) =>
        context.storage.transaction(() => {
          const role = findRoleOfCaller(input, context);
          if (Object.keys(role.policies).length > 0) {
            throw new AwsError('DeleteConflict', 409, 'Cannot delete entity, must delete policies first.');
          }
          removeRole(context.storage, role);
        }),
    },
    TagRole: updating(
      'TagRole',
      (role, input) => ({ ...role, tags: withTags(role.tags, readTags(input)) }),
      (input) => requestTagKeys(readTags(input)),
    ),
    UntagRole: updating(
      'UntagRole',
      (role, input) => {
        const gone = new Set((read.optionalTexts(input, 'TagKeys') ?? []).map((key) => key.toLowerCase()));
        return { ...role, tags: role.tags.filter((tag) => !gone.has(tag.Key.toLowerCase())) };
      },
      (input) => ({ 'aws:TagKeys': read.optionalTexts(input, 'TagKeys') ?? [] }),
    ),
    ListRoleTags: {
      write: false,
      authorize: onRole('ListRoleTags'),
      run: (input, context) => page(input, 'Tags', findRoleOfCaller(input, context).tags, (tag) => tag.Key),
    },
    ListRoles: {
      write: false,
      authorize: (input, { caller, region }) => ({
        action: 'iam:ListRoles',
        resource: `arn:${partitionOf(region)}:iam::${caller.account}:role${readPath(input, 'PathPrefix')}`,
      }),
      run: (input, { storage, caller }) => {
        const prefix = readPath(input, 'PathPrefix');
        const roles = rolesOf(storage)
          .list(`${caller.account}/`)
          .map(({ value }) => value)
          .filter((role) => role.path.startsWith(prefix));
        // As on AWS, a list tells neither tags nor boundary.
        const listed = page(input, 'Roles', roles, (role) => role.name.toLowerCase());
        return {
          ...listed,
          Roles: listed.Roles.map((role) => ({
            ...shown(storage, role),
            Tags: undefined,
            PermissionsBoundary: undefined,
          })),
        };
      },
    },
  };
}

function createRole(
  input: Input,
  { storage, caller, region, clock }: Context,
  random: Randomness,
  visibleFrom: Instant,
): Role {
  const name = readRoleName(input);
  const path = readPath(input, 'Path');
  const tags = readTags(input);
  if (tags.length > MOST_TAGS) throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${MOST_TAGS}`);
  const description = readDescription(input);
  const maxSessionDuration = readMaxSessionDuration(input) ?? DEFAULT_SESSION_SECONDS;
  const trust = storedTrust(storage, read.text(input, 'AssumeRolePolicyDocument'), clock.now());
  if (findRole(storage, caller.account, name)) {
    throw new AwsError('EntityAlreadyExists', 409, `Role with name ${name} already exists.`);
  }
  const permissionsBoundary = read.optionalText(input, 'PermissionsBoundary');
  if (permissionsBoundary !== undefined && managedPoliciesOf(storage).get(permissionsBoundary) === undefined) {
    throw new AwsError('NoSuchEntity', 404, `Policy ${permissionsBoundary} does not exist or is not attachable.`);
  }
  if (rolesOf(storage).list(`${caller.account}/`).length >= MOST_ROLES) {
    throw limitExceeded(`Cannot exceed quota for RolesPerAccount: ${MOST_ROLES}`);
  }
  const role: Role = {
    account: caller.account,
    name,
    path,
    arn: roleArn(region, caller.account, path, name),
    id: uniqueId('AROA', random),
    createdAt: clock.now(),
    visibleFrom,
    ...(description !== undefined && { description }),
    maxSessionDuration,
    trust,
    tags,
    policies: {},
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
  };
  putRole(storage, role);
  return role;
}

function updating(
  action: string,
  change: (role: Role, input: Input, context: Context) => Role,
  conditionKeys?: Parameters<typeof onRole>[1],
): Operation {
  return {
    write: true,
    authorize: onRole(action, conditionKeys),
    run: (input, context) =>
      context.storage.transaction(() => {
        putRole(context.storage, change(findRoleOfCaller(input, context), input, context));
        // UpdateRole alone has a result, and an empty one.
        return action === 'UpdateRole' ? {} : undefined;
      }),
  };
}

function withTags(old: readonly Tag[], given: readonly Tag[]): Tag[] {
  const replaced = new Set(given.map((tag) => tag.Key.toLowerCase()));
  const tags = [...old.filter((tag) => !replaced.has(tag.Key.toLowerCase())), ...given];
  if (tags.length > MOST_TAGS) throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${MOST_TAGS}`);
  return tags;
}

const roleArn = (region: string, account: string, path: string, name: string): string =>
  `arn:${partitionOf(region)}:iam::${account}:role${path}${name}`;

function shown(storage: Storage, role: Role): Record<string, unknown> {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: `${toIso(role.createdAt).slice(0, 19)}Z`,
    AssumeRolePolicyDocument: encodeURIComponent(shownTrust(storage, role.trust, role.arn.split(':')[1] ?? 'aws')),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
    PermissionsBoundary:
      role.permissionsBoundary === undefined
        ? undefined
        : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.permissionsBoundary },
    Tags: role.tags.length > 0 ? role.tags : undefined,
  };
}

/** One page of a list in order of `keyOf`; `Marker` is the last key of the page before, in base64. */
export function page<Name extends string, T>(
  input: Input,
  name: Name,
  items: readonly T[],
  keyOf: (item: T) => string,
): { IsTruncated: boolean; Marker: string | undefined } & Record<Name, T[]> {
  const most = read.optionalNumber(input, 'MaxItems') ?? 100;
  if (most < 1 || most > 1_000) throw validationError('MaxItems', most, 'must be between 1 and 1000');
  const marker = read.optionalText(input, 'Marker');
  const after = marker === undefined ? '' : Buffer.from(marker, 'base64').toString();
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).filter((item) => keyOf(item) > after);
  const chosen = sorted.slice(0, most);
  const last = chosen.at(-1);
  const more = sorted.length > chosen.length && last !== undefined;
  const Marker = more ? Buffer.from(keyOf(last)).toString('base64') : undefined;
  return { IsTruncated: more, Marker, [name]: chosen } as { IsTruncated: boolean; Marker: string | undefined } & Record<
    Name,
    T[]
  >;
}
