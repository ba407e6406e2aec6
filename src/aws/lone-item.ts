/** What stands in one item by itself: strongly read, replaced whole. */
import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { key } from './items.ts';

type LoneItems = {
  /** Undefined where there is none. */
  read(at: { readonly pk: string; readonly sk: string }): Promise<Readonly<Record<string, unknown>> | undefined>;
  write(at: { readonly pk: string; readonly sk: string }, content: Readonly<Record<string, unknown>>): Promise<void>;
};

export const loneItemsIn = (client: DynamoDBClient, invocation: Invocation, table: string): LoneItems => ({
  async read({ pk, sk }) {
    const command = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk = :sk',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
      ConsistentRead: true,
    });
    const { Items } = await send(invocation, (options) => client.send(command, options));
    const [item] = Items ?? [];
    return item && (unmarshall(item) as Record<string, unknown>);
  },
  async write(at, content) {
    const Item = { ...key(at), ...marshall(content) };
    await send(invocation, (options) => client.send(new PutItemCommand({ TableName: table, Item }), options));
  },
});
