/** What the inventory saw of each cluster, in the table: one item a cluster, replaced every hour. */
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { SeenCluster, SeenClusters } from '../broker/seenPorts.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { key } from './items.ts';

const keyOf = (arn: string) => key({ pk: `cluster#${arn}`, sk: 'seen' });

export const seenClustersIn = (client: DynamoDBClient, invocation: Invocation, table: string): SeenClusters => ({
  async keep(seen) {
    const command = new PutItemCommand({
      TableName: table,
      Item: { ...keyOf(seen.arn), ...marshall({ kind: 'seenCluster', seen }) },
    });
    await send(invocation, (options) => client.send(command, options));
  },
  async read(arn) {
    // As of the last hour anyway: a reading that may be a second behind costs half.
    const command = new GetItemCommand({ TableName: table, Key: keyOf(arn) });
    const { Item } = await send(invocation, (options) => client.send(command, options));
    return Item && (unmarshall(Item) as { seen: SeenCluster }).seen;
  },
});
