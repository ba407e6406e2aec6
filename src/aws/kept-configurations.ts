/** Configurations that were in force, one item each, compressed: what a grant's digest stands for can be looked up. */
import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Configurations } from '../broker/announceConfiguration.ts';
import type { Log } from '../broker/ports.ts';
import { deployedConfiguration, parseDeployedConfiguration } from '../config/load.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { key } from './items.ts';
import { sha256 } from './runtime.ts';

/** An item takes 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MOST_CHARACTERS = 380_000;
const SK = 'configuration';
const pkOf = (digest: string): string => `configuration#${digest}`;

export function keptConfigurationsIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  log: Log,
): Configurations {
  return {
    async read(digest) {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': { S: pkOf(digest) }, ':sk': { S: SK } },
        ConsistentRead: true,
      });
      const { Items } = await send(invocation, (options) => client.send(command, options));
      const [item] = Items ?? [];
      if (!item) return undefined;
      const { text } = unmarshall(item) as { text: string };
      const { gunzipSync } = await import('node:zlib');
      try {
        return parseDeployedConfiguration(gunzipSync(Buffer.from(text, 'base64')).toString(), sha256);
      } catch (error) {
        log('info', 'an earlier configuration cannot be compared with', { digest, error: String(error) });
        return undefined;
      }
    },

    async keep(config) {
      const { gzipSync } = await import('node:zlib');
      const text = gzipSync(deployedConfiguration(config)).toString('base64');
      if (text.length > MOST_CHARACTERS) {
        log('warn', 'the configuration is too large to be kept: the next change cannot be summed up', {
          digest: config.digest,
        });
        return;
      }
      const Item = { ...key({ pk: pkOf(config.digest), sk: SK }), ...marshall({ kind: 'configuration', text }) };
      await send(invocation, (options) => client.send(new PutItemCommand({ TableName: table, Item }), options));
    },
  };
}
