/** Wires what Slack and the other outlets need. */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Post, Queue, RecordDeps, Secrets } from '../broker/ports.ts';
import type { Configuration } from '../core/configuration.ts';
import { clientConfig, type Invocation } from './calls.ts';
import { clicksIn, noticesIn } from './chat-items.ts';
import { delegationsIn } from './delegations.ts';
import { joinedDirectory } from './directory.ts';
import { httpClient, httpHandler } from './http-client.ts';
import { linksIn } from './links.ts';
import { queueAt } from './queue.ts';
import type { Wiring } from './record-deps.ts';
import { logTo, Misconfigured, type Runtime, required, sha256 } from './runtime.ts';
import { type SecretCache, secretsIn } from './secrets.ts';
import { storeIn } from './store.ts';

export type Outside = {
  readonly secrets: Secrets;
  readonly post: Post;
};

export function outsideWiring(runtime: Runtime): Wiring<Outside> {
  const client = new SecretsManagerClient(clientConfig(runtime));
  const handler = httpHandler(runtime);
  const cache: SecretCache = new Map();
  return (invocation) => ({
    secrets: secretsIn(client, invocation, cache),
    post: httpClient(handler, invocation),
  });
}

/** What telling needs of the record: reading it. */
export type ReadDeps = Pick<RecordDeps, 'config' | 'ready' | 'delegations' | 'now' | 'sha256' | 'log'> & {
  readonly store: Pick<RecordDeps['store'], 'readGrant'>;
  readonly links: Pick<RecordDeps['links'], 'readRecord'>;
};

export function readWiring(runtime: Runtime, file: () => Configuration): Wiring<ReadDeps> {
  const directory = joinedDirectory(runtime, file);
  const client = new DynamoDBClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  const pause = (attempt: number): Promise<void> => setTimeout(runtime.retryDelay(attempt));
  return (invocation) => ({
    store: storeIn(client, invocation, table, { places: new Map() }, pause),
    links: linksIn(client, invocation, table, pause, runtime.random),
    delegations: delegationsIn(client, invocation, table),
    config: directory.config,
    ready: () => directory.ready(invocation),
    now: runtime.now,
    sha256,
    log: logTo(runtime),
  });
}

/** `variable`: the name of the environment variable with the queue's URL. */
export function queueWiring(runtime: Runtime, variable: string): Wiring<Queue> {
  const client = new SQSClient(clientConfig(runtime));
  const url = required(runtime, variable);
  return (invocation) => queueAt(client, invocation, url);
}

export function chatItemsWiring(runtime: Runtime) {
  const client = new DynamoDBClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  return (invocation: Invocation) => ({
    notices: noticesIn(client, invocation, table),
    clicks: clicksIn(client, invocation, table),
  });
}

/** Throws `Misconfigured` where the configuration has no Slack: then nothing should have called this function. */
export function slackSecretArn(config: Configuration): string {
  const arn = config.notifications?.slack?.secret;
  if (arn === undefined) throw new Misconfigured('the configuration has no notifications.slack');
  return arn;
}
