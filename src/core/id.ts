/** Ids of grants: they sort by time, are hard to guess, and fit into the name of an IAM role. */
import type { Instant } from './time.ts';

/** 26 characters of Crockford's base 32 in lower case: 48 bits of time in milliseconds, then 80 random bits. */
export type GrantId = string & { readonly kind: 'grant id' };

// Crockford's alphabet leaves out i, l, o and u: https://www.crockford.com/base32.html
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
export const GRANT_ID_RANDOM_BYTES = 10;
const PATTERN = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Makes an id of the moment and ten random bytes. Throws `RangeError` when there are fewer. */
export function grantId(at: Instant, random: Uint8Array): GrantId {
  if (random.length < GRANT_ID_RANDOM_BYTES)
    throw new RangeError(`a grant id takes ${GRANT_ID_RANDOM_BYTES} random bytes`);
  const bits = random.subarray(0, GRANT_ID_RANDOM_BYTES).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return (base32(BigInt(at), TIME_CHARACTERS) + base32(bits, 16)) as GrantId;
}

/** Reads an id as people type or paste it, or answers undefined. */
export function parseGrantId(text: string): GrantId | undefined {
  const id = text.trim().toLowerCase();
  return PATTERN.test(id) ? (id as GrantId) : undefined;
}

/** When the id was made, to the millisecond. */
export function grantIdTime(id: GrantId): Instant {
  const digits = [...id.slice(0, TIME_CHARACTERS)].map((character) => ALPHABET.indexOf(character));
  return digits.reduce((sum, digit) => sum * ALPHABET.length + digit, 0) as Instant;
}

function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value, i = 0; i < length; i++, rest >>= 5n) text = ALPHABET[Number(rest & 31n)] + text;
  return text;
}
