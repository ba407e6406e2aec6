/** Configurations that were in force, one item each, compressed: what a grant's digest stands for can be looked up. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Configurations } from '../broker/announceConfiguration.ts';
import type { Log } from '../broker/ports.ts';
import { deployedConfiguration, parseDeployedConfiguration } from '../config/load.ts';
import type { Invocation } from './calls.ts';
import { loneItemsIn } from './lone-item.ts';
import { sha256 } from './runtime.ts';

/** An item takes 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MOST_CHARACTERS = 380_000;
const at = (digest: string) => ({ pk: `configuration#${digest}`, sk: 'configuration' });

export function keptConfigurationsIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  log: Log,
): Configurations {
  const items = loneItemsIn(client, invocation, table);
  return {
    async read(digest) {
      const item = await items.read(at(digest));
      if (!item) return undefined;
      const text = String(item['text']);
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
      await items.write(at(config.digest), { kind: 'configuration', text });
    },
  };
}
