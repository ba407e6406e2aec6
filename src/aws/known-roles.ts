/** What was last known of roles: one item of the table, strongly read. */
import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Known, KnownRoles } from '../broker/ports.ts';
import type { RoleIds } from '../core/identity.ts';
import { between, days, type Instant } from '../core/time.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { key } from './items.ts';

const AT = { pk: 'known', sk: 'roles' };
const NOTHING: KnownRoles = { standing: {} };

export function knownRolesIn(client: DynamoDBClient, invocation: Invocation, table: string): Known {
  return {
    async read() {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': { S: AT.pk }, ':sk': { S: AT.sk } },
        ConsistentRead: true,
      });
      const { Items } = await send(invocation, (options) => client.send(command, options));
      const [item] = Items ?? [];
      return item ? (unmarshall(item) as { known: KnownRoles }).known : NOTHING;
    },
    async write(known) {
      const Item = { ...key(AT), ...marshall({ kind: 'known', known }) };
      await send(invocation, (options) => client.send(new PutItemCommand({ TableName: table, Item }), options));
    },
  };
}

/** Asked for every hour. After so long nobody knows any more whose sessions a role's are. */
const GOOD_FOR = days(7);

/** Callers' roles without IAM; undefined when they were never seen, or so long ago that it proves nothing (I8). */
export function roleIdsKnown({ callers }: KnownRoles, now: Instant): RoleIds | undefined {
  return callers && between(callers.at, now) <= GOOD_FOR ? new Map(Object.entries(callers.ids)) : undefined;
}
