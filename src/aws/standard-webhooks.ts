/**
 * Signatures of messages between Hallpass and somebody's own servers, in both directions, as Standard Webhooks has them:
 * HMAC-SHA256 over id, time and body. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { between, type Instant, instant, minutes } from '../core/time.ts';

/** How far the clocks of two honest parties may be apart. */
const TOLERANCE = minutes(5);
const MOST_SIGNATURES = 10;

export type Signed = { readonly id: string; readonly timestamp: string; readonly signature: string };

/** Both keys sign during a rotation, so that whoever verifies may change theirs at any time. */
export function sign(keys: readonly string[], id: string, now: Instant, body: string): Signed {
  const timestamp = String(Math.floor(now / 1_000));
  return { id, timestamp, signature: keys.map((key) => `v1,${mac(key, id, timestamp, body)}`).join(' ') };
}

/** Is the message of whoever has one of the keys, and of now? Takes the same time wherever the signature differs. */
export function isGenuine(
  keys: readonly string[],
  { id, timestamp, signature }: Signed,
  body: Uint8Array,
  now: Instant,
): boolean {
  if (!/^[\w.-]{1,128}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(between(instant(Number(timestamp) * 1_000), now)) > TOLERANCE) return false;
  const given = signature.split(' ').slice(0, MOST_SIGNATURES);
  const expected = keys.filter(isKey).map((key) => Buffer.from(`v1,${mac(key, id, timestamp, body)}`));
  // Each is compared with each: how long it takes says nothing of which fits.
  const fits = given.flatMap((one) => expected.map((right) => equal(Buffer.from(one), right)));
  return fits.includes(true);
}

/** One of no bytes is everybody's: `whsec_` before somebody put the real one behind it. */
const isKey = (key: string): boolean => keyBytes(key).byteLength > 0;

const equal = (a: Buffer, b: Buffer): boolean => a.byteLength === b.byteLength && timingSafeEqual(a, b);

const mac = (key: string, id: string, timestamp: string, body: string | Uint8Array): string =>
  createHmac('sha256', keyBytes(key)).update(`${id}.${timestamp}.`).update(body).digest('base64');

/** `whsec_` and base64, as the specification writes secrets; anything else is taken as it is. */
const keyBytes = (key: string): Buffer =>
  key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key, 'utf8');
