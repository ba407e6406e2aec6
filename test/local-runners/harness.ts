/** An engine in memory with the product's table, and clients for it. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { type EngineOptions, startEngine } from '../../local/dynamodb/engine.ts';

export const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };

export function clients(endpoint: string): { db: DynamoDBClient; streams: DynamoDBStreamsClient; close(): void } {
  const db = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  const streams = new DynamoDBStreamsClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  return {
    db,
    streams,
    close() {
      db.destroy();
      streams.destroy();
    },
  };
}

export async function engineWithClients(options: EngineOptions = {}) {
  const engine = await startEngine(options);
  const made = clients(engine.url);
  return {
    ...made,
    engine,
    async close() {
      made.close();
      await engine.close();
    },
  };
}
