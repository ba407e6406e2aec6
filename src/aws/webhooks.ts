/**
 * Signed webhooks, as Standard Webhooks has them (https://www.standardwebhooks.com): receivers verify them with a library
 * that exists for their language, or with the few lines of docs/notifications.md.
 */
import { createHmac } from 'node:crypto';
import type { Again, Outlet } from '../broker/outlets.ts';
import type { Log, Post, Secrets, StoredWithEvents } from '../broker/ports.ts';
import { describeAccess } from '../core/access.ts';
import type { Webhook } from '../core/configuration.ts';
import type { AuditEvent } from '../core/event.ts';
import { expiryOf } from '../core/grant.ts';
import { formatDuration, type Instant, toIso } from '../core/time.ts';
import { eventDetail } from './events.ts';

export type WebhookDeps = {
  readonly post: Post;
  readonly secrets: Secrets;
  readonly now: () => Instant;
  readonly log: Log;
};

const LATER: Again = { seconds: 30, why: '' };

export const webhookOutlet = (deps: WebhookDeps, webhook: Webhook): Outlet => ({
  name: `webhook:${webhook.name}`,
  wants: (event) => event !== undefined && (webhook.events.length === 0 || webhook.events.includes(event.body.type)),
  async tell(about, event) {
    if (!event) return undefined;
    const id = `${about.grant.id}-${event.n}`;
    const body = JSON.stringify(webhookBody(about, event, webhook.typedText));
    const { current, previous } = await deps.secrets.read(webhook.secret);
    const timestamp = String(Math.floor(deps.now() / 1_000));
    const keys = previous === undefined ? [current] : [current, previous];
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'hallpass',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': keys.map((key) => signed(key, `${id}.${timestamp}.${body}`)).join(' '),
    };
    return judged(deps, webhook, await reached(deps.post, { url: webhook.url, headers, body }));
  },
});

/** Both keys sign during a rotation, so that receivers may change theirs whenever they like. */
const signed = (key: string, content: string): string =>
  `v1,${createHmac('sha256', keyBytes(key)).update(content, 'utf8').digest('base64')}`;

/** `whsec_` and base64, as the specification writes secrets; anything else is taken as it is. */
const keyBytes = (key: string): Buffer =>
  key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key, 'utf8');

const reached = (post: Post, request: Parameters<Post>[0]): Promise<number | string> =>
  post(request).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof Error ? error.name : 'no answer'),
  );

function judged({ log }: WebhookDeps, { name }: Webhook, answer: number | string): Again | undefined {
  if (typeof answer === 'number' && answer >= 200 && answer < 300) return undefined;
  // Its receiver wants nothing more of it: https://www.standardwebhooks.com, "410 Gone".
  if (answer === 410) return void log('warn', 'a webhook is gone; the event is not sent again', { webhook: name });
  return { ...LATER, why: String(answer) };
}

/** The event, and the grant as it is now. What people typed is in it only where the configuration says so. */
export function webhookBody({ grant }: StoredWithEvents, event: AuditEvent, typedText: boolean) {
  const expiresAt = expiryOf(grant);
  return {
    type: `grant.${event.body.type}`,
    timestamp: toIso(event.at),
    data: {
      event: eventDetail(event),
      grant: {
        id: grant.id,
        hub: grant.hub,
        state: grant.state,
        requester: grant.requester.id,
        entitlement: grant.entitlement.id,
        cluster: { name: grant.cluster.name, arn: grant.cluster.arn },
        access: describeAccess(grant.access),
        duration: formatDuration(grant.duration),
        requestedAt: toIso(grant.requestedAt),
        ...(expiresAt !== undefined && { expiresAt: toIso(expiresAt) }),
        ...(typedText && { justification: grant.justification }),
        ...(typedText && grant.ticket !== undefined && { ticket: grant.ticket }),
      },
    },
  };
}
