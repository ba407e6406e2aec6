/** Which unique ids the roles have that people come through. Kept for five minutes at most; not knowing is a no. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Identities } from '../broker/ports.ts';
import { parseRoleArn } from '../core/arn.ts';
import type { Configuration } from '../core/configuration.ts';
import { type RoleIds, rolesOf } from '../core/identity.ts';
import { callerRolesOf } from '../core/role-identity.ts';
import { type Instant, minutes, plus } from '../core/time.ts';
import { admitsOnlyIdentityCenter, namesItsCallers } from '../core/trust.ts';
import type { Invocation } from './calls.ts';
import { findRole, trustOf } from './roles.ts';

const KEPT_FOR = minutes(5);

/**
 * By the roles that were asked for: the file's alone, and with Identity Center's once that was read. What is known of the
 * one is not all there is to the other.
 */
export type RoleIdCache = Map<string, { readonly roleIds: RoleIds; readonly until: Instant }>;

export function identitiesOf(
  client: IAMClient,
  invocation: Invocation,
  config: Configuration,
  cache: RoleIdCache,
): Identities {
  return {
    async roleIds() {
      const wanted = trustedRoles(config);
      const key = wanted.map(([arn]) => arn).join(' ');
      const kept = cache.get(key);
      if (kept && invocation.now() < kept.until) return kept.roleIds;
      const found = await Promise.all(
        wanted.map(([arn, isTrusted]) => roleId(client, invocation, arn, config.account, isTrusted)),
      );
      const roleIds: RoleIds = new Map(found.filter((entry) => entry !== undefined));
      cache.set(key, { roleIds, until: plus(invocation.now(), KEPT_FOR) });
      return roleIds;
    },
  };
}

/** Roles by which callers are known, each with what its trust has to be like. */
function trustedRoles({ directory, account }: Configuration): (readonly [string, (trust: unknown) => boolean])[] {
  const peoplesRoles = rolesOf(directory);
  // Only if its trust admits Identity Center alone: else its sessions' names prove nothing.
  const ofPeople = (trust: unknown): boolean => admitsOnlyIdentityCenter(trust, account);
  const ofRoles = (trust: unknown): boolean => namesItsCallers(trust, peoplesRoles);
  return [
    ...peoplesRoles.map((arn) => [arn, ofPeople] as const),
    ...callerRolesOf(directory).map((arn) => [arn, ofRoles] as const),
  ];
}

/** Only a role of this account, and only while its trust is as it must be. */
async function roleId(
  client: IAMClient,
  invocation: Invocation,
  arn: string,
  account: string,
  isTrusted: (trust: unknown) => boolean,
): Promise<readonly [string, string] | undefined> {
  const named = parseRoleArn(arn);
  if (named?.account !== account) return undefined;
  const role = await findRole(client, invocation, named.name);
  if (role?.Arn !== arn || !role.RoleId || !isTrusted(trustOf(role))) return undefined;
  return [arn, role.RoleId];
}
