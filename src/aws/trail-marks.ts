/** Up to when CloudTrail was searched: one item of the table, strongly read. */
import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Searched, TrailMarks } from '../broker/searchTrail.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { key } from './items.ts';

const AT = { pk: 'known', sk: 'trail' };

export function trailMarksIn(client: DynamoDBClient, invocation: Invocation, table: string): Searched {
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
      return item ? (unmarshall(item) as { marks: TrailMarks }).marks : {};
    },
    async write(marks) {
      const Item = { ...key(AT), ...marshall({ kind: 'trail', marks }) };
      await send(invocation, (options) => client.send(new PutItemCommand({ TableName: table, Item }), options));
    },
  };
}
