/**
 * Did Slack send this? Its signature is over the raw bytes, and five minutes old at most.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { between, type Duration, type Instant, instant, minutes } from '../core/time.ts';

/** `body`: the bytes as they came. Decoded and encoded again they might be others. */
export type Signed = { readonly body: Uint8Array; readonly timestamp: string; readonly signature: string };

const TOLERANCE: Duration = minutes(5);
const FORM = /^v0=[0-9a-f]{64}$/;

/** `at`: when it arrived. `secrets`: the current one and the one before, while that still signs. */
export function isFromSlack({ body, timestamp, signature }: Signed, secrets: readonly string[], at: Instant): boolean {
  if (!/^\d{10}$/.test(timestamp) || !FORM.test(signature)) return false;
  if (Math.abs(between(instant(Number(timestamp) * 1_000), at)) > TOLERANCE) return false;
  const given = Buffer.from(signature);
  // Every secret is tried, so that how long it takes says nothing of which one it was.
  return secrets.map((secret) => timingSafeEqual(Buffer.from(sign(secret, timestamp, body)), given)).includes(true);
}

const sign = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
