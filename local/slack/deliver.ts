/**
 * Slack's requests to the app: signed, given three seconds, and not repeated unless the caller does so.
 * Authority: https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac } from 'node:crypto';
import { type Duration, plus, seconds } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Fault, Faults } from '../faults.ts';

export type Request = {
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  /** Named in the fault plan as `request.<kind>`. */
  readonly kind: 'command' | 'interaction' | 'event';
  readonly headers?: Readonly<Record<string, string>>;
};

/** What came of it, in the words in which Slack tells the person. */
export type Delivery =
  | { readonly ok: true; readonly contentType: string; readonly body: string }
  | {
      readonly ok: false;
      readonly problem: 'operation_timeout' | 'dispatch_failed';
      readonly detail: string;
      readonly noRetry?: boolean;
    };

export type Deliver = (request: Request) => Promise<Delivery>;

const PATIENCE: Duration = seconds(3);
const LONGEST_ANSWER = 1_000_000;

export type DeliverDeps = {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly team: string;
  readonly signingSecret: () => string;
};

export const signature = (secret: string, timestamp: string, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;

export function deliverer(deps: DeliverDeps): Deliver {
  return async (request) => {
    const fault = deps.faults.strike({
      service: 'slack',
      operation: `request.${request.kind}`,
      region: '',
      account: deps.team,
      caller: 'slack',
      write: true,
    });
    const timestamp = String(Math.floor(deps.clock.now() / 1_000));
    const headers = {
      'content-type': request.contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature(deps.signingSecret(), timestamp, request.body),
      ...request.headers,
    };
    return fault ? withFault(fault, request, headers, deps.clock) : send(request, headers, deps.clock);
  };
}

const lost = (detail: string): Delivery & { ok: false } => ({ ok: false, problem: 'dispatch_failed', detail });

/** `delayed` and `twice` send the very same bytes and signature later or again: a replay. */
async function withFault(
  fault: Fault,
  request: Request,
  headers: Record<string, string>,
  clock: Clock,
): Promise<Delivery> {
  switch (fault.kind) {
    case 'failBefore':
      return lost('a fault: never sent');
    case 'failAfter':
      await send(request, headers, clock);
      return lost('a fault: the answer was lost');
    case 'hang':
      return { ok: false, problem: 'operation_timeout', detail: 'a fault: never arrived' };
    case 'delayed':
      clock.at(plus(clock.now(), fault.by), async () => void (await send(request, headers, clock)));
      return { ok: false, problem: 'operation_timeout', detail: 'a fault: arrives later' };
    case 'twice':
      await send(request, headers, clock);
      return send(request, headers, clock);
    case 'slow':
    case 'stale':
    case 'throttle':
    case 'accessDenied':
    case 'conflict':
    case 'kill':
      throw new Error(`the fault "${fault.kind}" means nothing for a request that Slack sends`);
  }
}

function send(request: Request, headers: Record<string, string>, clock: Clock): Promise<Delivery> {
  const giveUp = new AbortController();
  return new Promise((settle) => {
    const cancel = clock.at(plus(clock.now(), PATIENCE), () => {
      settle({ ok: false, problem: 'operation_timeout', detail: 'no answer within 3 s' });
      giveUp.abort();
    });
    exchange(request, headers, giveUp.signal)
      .then(settle, (error: unknown) => settle(lost(error instanceof Error ? error.message : String(error))))
      .finally(cancel);
  });
}

async function exchange(request: Request, headers: Record<string, string>, signal: AbortSignal): Promise<Delivery> {
  const response = await fetch(request.url, {
    method: 'POST',
    headers,
    body: request.body,
    redirect: 'manual',
    signal,
  });
  const body = await response.text();
  const noRetry = response.headers.get('x-slack-no-retry') === '1';
  if (!response.ok) return { ...lost(`HTTP ${response.status}`), noRetry };
  if (body.length > LONGEST_ANSWER) return lost('the answer is too long');
  return { ok: true, contentType: response.headers.get('content-type') ?? '', body };
}
