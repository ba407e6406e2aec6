/** Roles in IAM: those of grants, in the hub's account, and standing ones, which are only looked at. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  IAMClient,
  type Role,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { Roles } from '../broker/ports.ts';
import { parseRoleArn } from '../core/arn.ts';
import type { TargetCluster } from '../core/grant.ts';
import { dedicatedTrust } from '../core/trust.ts';
import { clientConfig, type Invocation, isAwsError, send } from './calls.ts';
import type { Executors } from './executors.ts';
import type { Runtime } from './runtime.ts';

/** IAM is the account's: a standing role in a cluster's account is looked at through that account's executor. */
export function iamClients(
  runtime: Runtime,
  roles: Executors,
  hubAccount: string,
): (account: string, target: TargetCluster) => IAMClient {
  const own = new IAMClient(clientConfig(runtime));
  const others = new Map<string, IAMClient>();
  return (account, { executor }) => {
    if (account === hubAccount) return own;
    const client =
      others.get(executor) ?? new IAMClient({ ...clientConfig(runtime), credentials: roles.credentials(executor) });
    others.set(executor, client);
    return client;
  };
}

export function rolesIn(
  own: IAMClient,
  clientFor: (account: string, target: TargetCluster) => IAMClient,
  invocation: Invocation,
): Roles {
  return {
    async create(principal, until, tags) {
      const command = new CreateRoleCommand({
        Path: principal.path,
        RoleName: principal.roleName,
        Description: 'Made by Hallpass for one grant. It has no permissions; deleted when the grant is over.',
        AssumeRolePolicyDocument: JSON.stringify(dedicatedTrust(principal.trusts, until)),
        MaxSessionDuration: 3_600,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      try {
        const { Role: made } = await send(invocation, (options) => own.send(command, options));
        return { roleId: idOf(made) };
      } catch (error) {
        if (!isAwsError(error, 'EntityAlreadyExistsException', 'EntityAlreadyExists')) throw error;
        const { Role: found } = await send(invocation, (options) =>
          own.send(new GetRoleCommand({ RoleName: principal.roleName }), options),
        );
        // Names are unique whatever the path: one outside ours is somebody else's.
        if (found?.Arn !== principal.arn)
          throw new Error(`there is a role ${principal.roleName} that is not under ${principal.path}`, {
            cause: error,
          });
        return { roleId: idOf(found) };
      }
    },

    async setAssumableUntil(principal, until) {
      const PolicyDocument = JSON.stringify(dedicatedTrust(principal.trusts, until));
      await send(invocation, (options) =>
        own.send(new UpdateAssumeRolePolicyCommand({ RoleName: principal.roleName, PolicyDocument }), options),
      );
    },

    async remove(principal) {
      try {
        await send(invocation, (options) => own.send(new DeleteRoleCommand({ RoleName: principal.roleName }), options));
      } catch (error) {
        if (!isAwsError(error, 'NoSuchEntityException', 'NoSuchEntity')) throw error;
      }
    },

    async inspect(arn, target) {
      const named = parseRoleArn(arn);
      if (!named) return undefined;
      const found = await findRole(clientFor(named.account, target), invocation, named.name);
      return found?.Arn === arn ? { roleId: idOf(found), trust: trustOf(found) } : undefined;
    },
  };
}

export async function findRole(client: IAMClient, invocation: Invocation, RoleName: string): Promise<Role | undefined> {
  try {
    return (await send(invocation, (options) => client.send(new GetRoleCommand({ RoleName }), options))).Role;
  } catch (error) {
    if (isAwsError(error, 'NoSuchEntityException', 'NoSuchEntity')) return undefined;
    throw error;
  }
}

/** IAM gives the document percent-encoded. One that cannot be read lets nobody be sure: it throws. */
export const trustOf = (role: Role): unknown => JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument ?? ''));

function idOf(role: Role | undefined): string {
  if (!role?.RoleId) throw new Error('IAM named no role id');
  return role.RoleId;
}
