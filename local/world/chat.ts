/**
 * Slack's functions, the notifier and their queues, as a deployment would make them for the configuration; secrets that
 * the configuration names get random values, which whoever simulates the other side is told.
 */
import {
  CHAT_FUNCTIONS,
  CHAT_QUEUES,
  type ChatFunction,
  type ChatQueue,
  chatFunctionsOf,
  chatName,
  chatQueuesOf,
  type HubNames,
  queueArn,
} from '../../src/aws/deployment.ts';
import { chatPermissions } from '../../src/aws/hub-policies.ts';
import { documentOf } from '../../src/aws/permission.ts';
import type { Runtime as ProductRuntime } from '../../src/aws/runtime.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { seconds } from '../../src/core/time.ts';
import { type Credentials, type Seeding, seedRole, seedSession } from '../aws/iam/seed.ts';
import { seededSecret, seedSecret } from '../aws/secrets.ts';
import type { Queues } from '../aws/sqs.ts';
import type { Clock } from '../clock.ts';
import { followQueue } from '../lambda/queue.ts';
import type { InvokeResult, LocalFunction, Runtime } from '../lambda/runner.ts';
import type { Storage } from '../storage.ts';

/** What the other end of Slack has to know of the app. */
export type SlackEnd = {
  /** Where commands, clicks and events are posted. */
  readonly requestUrl: string;
  readonly team: string;
  readonly signingSecret: string;
  readonly botToken: string;
};

const FILES = {
  slack: () => import('../../functions/slack.ts'),
  interactions: () => import('../../functions/interactions.ts'),
  notifier: () => import('../../functions/notifier.ts'),
} as const satisfies Record<ChatFunction, () => Promise<{ build(runtime: ProductRuntime): unknown }>>;

export type ChatCredentials = Readonly<Partial<Record<ChatFunction, Required<Credentials>>>>;

export function seedChat(seeding: Seeding, config: Configuration, names: HubNames): ChatCredentials {
  const permissions = chatPermissions(config, names);
  const { account } = config;
  return Object.fromEntries(
    chatFunctionsOf(config).map((name) => {
      const roleName = chatName(config, name);
      seedRole(seeding, {
        account,
        name: roleName,
        trust: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
        policies: { Hallpass: documentOf(permissions[name]) },
      });
      return [name, seedSession(seeding, { account, roleName, sessionName: roleName })];
    }),
  );
}

/** Random values for the secrets that the configuration names; those that there are already stay. */
export function seedChatSecrets(
  seeding: { readonly storage: Storage; readonly now: number; readonly random: (bytes: number) => Uint8Array },
  { notifications }: Configuration,
): Pick<SlackEnd, 'signingSecret' | 'botToken'> | undefined {
  const { storage, random } = seeding;
  const hex = (bytes: number): string => Buffer.from(random(bytes)).toString('hex');
  for (const { secret } of notifications?.webhooks ?? [])
    if (seededSecret(storage, secret) === undefined)
      seedSecret(seeding, secret, `whsec_${Buffer.from(random(24)).toString('base64')}`);
  const arn = notifications?.slack?.secret;
  if (arn === undefined) return undefined;
  if (seededSecret(storage, arn) === undefined)
    seedSecret(seeding, arn, JSON.stringify({ signingSecret: hex(16), botToken: `xoxb-${hex(12)}` }));
  return JSON.parse(seededSecret(storage, arn) ?? '{}');
}

export type ChatSettings = {
  readonly endpoint: string;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly chat: ChatCredentials;
  readonly slackApiUrl?: string;
};

export const chatFunctions = (
  settings: ChatSettings,
  runtimeFor: (runtime: Runtime) => ProductRuntime,
): Record<string, LocalFunction> =>
  Object.fromEntries(
    Object.entries(settings.chat).map(([name, credentials]): [string, LocalFunction] => [
      name,
      {
        load: async () => {
          const file = await FILES[name as ChatFunction]();
          return { build: (runtime: Runtime) => file.build(runtimeFor(runtime)) };
        },
        env: {
          AWS_REGION: settings.region,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
          AWS_ENDPOINT_URL: settings.endpoint,
          ...settings.environment,
          ...(settings.slackApiUrl !== undefined && { SLACK_API_URL: settings.slackApiUrl }),
        },
        timeout: seconds(CHAT_FUNCTIONS[name as ChatFunction].timeoutSeconds),
      },
    ]),
  );

/** Each queue's messages go to its function; what keeps failing is put aside in `undelivered`. */
export function followQueues(
  config: Configuration,
  {
    queues,
    storage,
    clock,
    invoke,
  }: {
    readonly queues: Queues;
    readonly storage: Storage;
    readonly clock: Clock;
    readonly invoke: (name: string, event: object) => Promise<InvokeResult>;
  },
): () => void {
  const followers = chatQueuesOf(config).map((name: ChatQueue) => {
    const { batchSize, visibilitySeconds, maxReceives, for: fn } = CHAT_QUEUES[name];
    const follower = followQueue({
      queue: chatName(config, name),
      arn: queueArn(config, name),
      region: config.region,
      storage,
      clock,
      batchSize,
      visibility: seconds(visibilitySeconds),
      maxReceives,
      deadLetters: UNDELIVERED,
      invoke: (event) => invoke(fn, event),
    });
    queues.onSend(chatName(config, name), () => follower.poke());
    return follower;
  });
  return () => {
    for (const follower of followers) follower.stop();
  };
}

export const UNDELIVERED = 'undelivered';
