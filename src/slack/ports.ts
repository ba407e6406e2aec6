/** What Slack's part needs of the world; `src/aws` and `web-api.ts` implement it. */
import type { RecordDeps, Secrets } from '../broker/ports.ts';
import type { GrantId } from '../core/id.ts';
import type { Instant } from '../core/time.ts';

/** One call of Slack's Web API. Throws `SlackRefused` for what Slack says no to, `SlackAway` when it says nothing useful. */
export type Slack = (method: string, args: Readonly<Record<string, unknown>>) => Promise<SlackAnswer>;
export type SlackAnswer = Readonly<Record<string, unknown>>;

/** Slack answered `ok: false`: the same call will be refused again until somebody changes something. */
export class SlackRefused extends Error {
  override name = 'SlackRefused';
  readonly method: string;
  /** As Slack names it: `channel_not_found`. */
  readonly code: string;
  constructor(method: string, code: string) {
    super(`Slack refused ${method}: ${code}`);
    this.method = method;
    this.code = code;
  }
}

/** Unreachable, over its rate limit, or failing: worth trying again, after `retryAfterSeconds` if Slack said so. */
export class SlackAway extends Error {
  override name = 'SlackAway';
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, retryAfterSeconds?: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What of a delivery was done. Slack, the queue and an attacker may each deliver it again. */
export type Clicks = {
  /** False: it was done, or somebody is doing it. */
  begin(key: string): Promise<boolean>;
  done(key: string): Promise<void>;
};

/** Asks for a grant's messages to be looked at again. */
export type Renew = (id: GrantId) => Promise<void>;

export type SlackSecrets = { readonly signing: readonly [string, ...string[]]; readonly botToken: string };

export type ChatDeps = RecordDeps & {
  readonly slack: Slack;
  readonly clicks: Clicks;
  readonly renew: Renew;
  /** The secret that private_metadata is sealed with first, and all that open it. */
  readonly signing: () => Promise<readonly [string, ...string[]]>;
};

/** A click as it waits in the queue: what Slack signed, and when it came. */
export type Job = {
  readonly body: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly contentType: string;
  readonly receivedAt: Instant;
};

/** `{"signingSecret": "…", "botToken": "xoxb-…"}`, now and before the last rotation. Throws `Error` without saying what it is. */
export async function slackSecrets(secrets: Pick<Secrets, 'read'>, arn: string): Promise<SlackSecrets> {
  const { current, previous } = await secrets.read(arn);
  const now = parsed(current, arn);
  const before = previous === undefined ? [] : [parsed(previous, arn).signingSecret];
  return { signing: [now.signingSecret, ...before.filter((one) => one !== now.signingSecret)], botToken: now.botToken };
}

function parsed(text: string, arn: string): { readonly signingSecret: string; readonly botToken: string } {
  let value: { signingSecret?: unknown; botToken?: unknown } = {};
  try {
    value = JSON.parse(text) ?? {};
  } catch {
    // Told below, without the text.
  }
  const { signingSecret, botToken } = value;
  if (typeof signingSecret !== 'string' || typeof botToken !== 'string' || signingSecret.length < 16)
    throw new Error(`the secret ${arn} is not JSON with signingSecret and botToken`);
  return { signingSecret, botToken };
}
