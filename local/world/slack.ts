/**
 * The simulated Slack beside a world: its workspace has the configuration's people and channels, and Hallpass is
 * installed in it as its manifest says.
 */
import { join } from 'node:path';
import { sha256 } from '../../src/aws/runtime.ts';
import { digestOf } from '../../src/core/canonical.ts';
import type { Configuration, Entitlement } from '../../src/core/configuration.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { SlackApp } from '../slack/app.ts';
import { type Slack, startSlack } from '../slack/slack.ts';
import { slackId } from '../slack/workspace.ts';
import type { SlackEnd } from './chat.ts';

const TEAM = 'T0EXAMPLE00';
/** Where grants are told of if the configuration says nothing of Slack. */
export const CHANNEL_NAME = 'access';

/** As docs/slack-manifest.yaml has it; a test says so. */
export const APP: SlackApp = {
  id: 'A0HALLPASS0',
  name: 'Hallpass',
  botId: 'B0HALLPASS0',
  // Those that count are the world's secrets: see `connectSlack`.
  botToken: '',
  signingSecret: '',
  scopes: ['commands', 'chat:write', 'im:write', 'users:read', 'channels:read', 'groups:read'],
  commands: [{ command: '/hallpass', description: 'Ask for access to a cluster' }],
  shortcuts: [{ type: 'global', callbackId: 'hallpass_request', name: 'Ask for access' }],
  events: ['app_home_opened'],
};

/**
 * The configuration as it would be with Slack, where it has none: so that local mode shows what people would have. Every
 * entitlement is told of in one channel. A configuration that has Slack stays as it is.
 */
export function withSimulatedSlack(config: Configuration): Configuration {
  if (config.notifications?.slack) return config;
  const secret = `arn:${config.partition}:secretsmanager:${config.region}:${config.account}:secret:hallpass/slack-AbCdEf`;
  const slack = { channel: slackId('C', CHANNEL_NAME), approvers: true, justification: 'approvers' } as const;
  const told = ({ digest: _, ...rule }: Entitlement): Entitlement =>
    digested({ ...rule, notify: { slack, ...rule.notify } });
  const { digest: _, ...content } = config;
  return digested({
    ...content,
    slack: config.slack ?? { teamId: TEAM },
    notifications: { webhooks: [], ...config.notifications, slack: { secret } },
    entitlements: Object.fromEntries(Object.entries(config.entitlements).map(([id, rule]) => [id, told(rule)])),
  });
}

const digested = <T extends object>(content: T): T & { readonly digest: string } => ({
  ...content,
  digest: digestOf(content, sha256),
});

export type LocalSlackOptions = {
  readonly config: Configuration;
  readonly clock: Clock;
  /** Where state is kept; without it, in memory. */
  readonly dataDir?: string;
  readonly port?: number;
  readonly faults?: Faults;
};

/** Starts it before the world, which has to be told its address; `connectSlack` tells it the world's. */
export function startLocalSlack({ config, clock, dataDir, port, faults }: LocalSlackOptions): Promise<Slack> {
  const channels = Object.values(config.entitlements).flatMap(({ notify }) => notify?.slack?.channel ?? []);
  return startSlack({
    clock,
    team: { id: config.slack?.teamId ?? TEAM, domain: 'example', name: 'Example' },
    app: APP,
    people: Object.values(config.directory.people).map(({ id, name, email, disabled }) => ({
      id,
      name,
      email,
      disabled: disabled === true,
    })),
    channels: [...new Set(channels)].map((id) => ({ id, name: `channel-${id.toLowerCase()}` })),
    ...(dataDir !== undefined && { path: join(dataDir, 'slack.db') }),
    ...(port !== undefined && { port }),
    ...(faults && { faults }),
  });
}

export function connectSlack(slack: Slack, { requestUrl, signingSecret, botToken }: SlackEnd): void {
  slack.admin.reinstall({ signingSecret, botToken });
  slack.pointAt(requestUrl);
}
