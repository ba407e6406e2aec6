/** The contract against the engine that local mode runs on. See `contract.ts` for what it would catch. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { describeStore } from './contract.ts';
import { clientOf, storesOn } from './on-dynamodb.ts';

let engine: Engine;
let client: DynamoDBClient;
beforeAll(async () => {
  engine = await startEngine();
  client = clientOf(engine.url);
});
afterAll(async () => {
  client.destroy();
  await engine.close();
});

describeStore('embedded engine', () => storesOn(client));
