/**
 * What a modal remembers between being opened and being sent. It passes through the person's browser, so it is signed, and
 * bound to one member of one workspace; whatever was edited is as if it were not there.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { hours, type Instant, instant, plus } from '../core/time.ts';
import { LIMITS } from './blocks.ts';

export type Metadata = {
  readonly team: string;
  readonly user: string;
  readonly openedAt: Instant;
  /** The person as whom the modal was opened: what they may ask for was worked out for them. It proves nothing. */
  readonly person?: string;
  /** Of a decision: which grant, what was shown of it, and where the click was, for the answer. */
  readonly grant?: string;
  readonly digest?: string;
  readonly channel?: string;
};

const LIVES = hours(12);

/** The signing secret itself signs what Slack says; this is ours. */
const keyOf = (secret: string): Buffer => createHmac('sha256', secret).update('hallpass private_metadata v1').digest();
const mac = (secret: string, text: string): string =>
  createHmac('sha256', keyOf(secret)).update(text).digest('base64url');

/** Throws `RangeError` when it is more than Slack keeps. */
export function sealed(metadata: Metadata, secret: string): string {
  const text = Buffer.from(JSON.stringify(metadata)).toString('base64url');
  const whole = `${text}.${mac(secret, text)}`;
  if (whole.length > LIMITS.metadata) throw new RangeError('a modal remembers too much');
  return whole;
}

/** Undefined if it is not ours, was edited, is another member's, or too old. */
export function opened(
  text: string,
  who: { readonly team: string; readonly user: string },
  secrets: readonly string[],
  now: Instant,
): Metadata | undefined {
  const [body = '', given = '', ...more] = text.split('.');
  const matches = secrets.map((secret) => isSame(mac(secret, body), given));
  if (more.length > 0 || !matches.includes(true)) return undefined;
  const metadata = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Metadata;
  if (metadata.team !== who.team || metadata.user !== who.user) return undefined;
  return now < plus(instant(metadata.openedAt), LIVES) ? metadata : undefined;
}

const isSame = (one: string, other: string): boolean =>
  Buffer.byteLength(one) === Buffer.byteLength(other) && timingSafeEqual(Buffer.from(one), Buffer.from(other));
