/** Which unique ids the roles have that people come through. Kept for five minutes at most; not knowing is a no. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Identities } from '../broker/ports.ts';
import { parseRoleArn } from '../core/arn.ts';
import type { Configuration } from '../core/configuration.ts';
import { type RoleIds, rolesOf } from '../core/identity.ts';
import { type Instant, minutes, plus } from '../core/time.ts';
import { admitsOnlyIdentityCenter } from '../core/trust.ts';
import type { Invocation } from './calls.ts';
import { findRole, trustOf } from './roles.ts';

const KEPT_FOR = minutes(5);

export type RoleIdCache = { roleIds?: RoleIds; until?: Instant };

export function identitiesOf(
  client: IAMClient,
  invocation: Invocation,
  config: Configuration,
  cache: RoleIdCache,
): Identities {
  return {
    async roleIds() {
      if (cache.roleIds && cache.until !== undefined && invocation.now() < cache.until) return cache.roleIds;
      const found = await Promise.all(
        rolesOf(config.directory).map((arn) => roleId(client, invocation, arn, config.account)),
      );
      cache.roleIds = new Map(found.filter((entry) => entry !== undefined));
      cache.until = plus(invocation.now(), KEPT_FOR);
      return cache.roleIds;
    },
  };
}

/** Only a role of this account whose trust admits Identity Center alone: else its sessions' names prove nothing. */
async function roleId(
  client: IAMClient,
  invocation: Invocation,
  arn: string,
  account: string,
): Promise<readonly [string, string] | undefined> {
  const named = parseRoleArn(arn);
  if (named?.account !== account) return undefined;
  const role = await findRole(client, invocation, named.name);
  if (role?.Arn !== arn || !role.RoleId || !admitsOnlyIdentityCenter(trustOf(role), account)) return undefined;
  return [arn, role.RoleId];
}
