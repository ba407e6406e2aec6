/** What was last known of roles: one item of the table, strongly read. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Known, KnownRoles } from '../broker/ports.ts';
import type { RoleIds } from '../core/identity.ts';
import { between, days, type Instant } from '../core/time.ts';
import type { Invocation } from './calls.ts';
import { loneItemsIn } from './lone-item.ts';

const AT = { pk: 'known', sk: 'roles' };
const NOTHING: KnownRoles = { standing: {} };

export function knownRolesIn(client: DynamoDBClient, invocation: Invocation, table: string): Known {
  const items = loneItemsIn(client, invocation, table);
  return {
    read: async () => ((await items.read(AT))?.['known'] as KnownRoles | undefined) ?? NOTHING,
    write: (known) => items.write(AT, { kind: 'known', known }),
  };
}

/** Asked for every hour. After so long nobody knows any more whose sessions a role's are. */
const GOOD_FOR = days(7);

/** Callers' roles without IAM; undefined when they were never seen, or so long ago that it proves nothing (I8). */
export function roleIdsKnown({ callers }: KnownRoles, now: Instant): RoleIds | undefined {
  return callers && between(callers.at, now) <= GOOD_FOR ? new Map(Object.entries(callers.ids)) : undefined;
}
