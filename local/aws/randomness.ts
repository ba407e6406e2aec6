/** Ids and secrets in AWS's forms, from a source of randomness that is given, so that tests can repeat them. */
import { randomBytes } from 'node:crypto';

/** Answers that many random bytes. */
export type Randomness = (bytes: number) => Uint8Array;

export const systemRandomness: Randomness = (bytes) => randomBytes(bytes);

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `AROA` + 17 characters: IAM's unique ids (AROA role, AIDA user, AKIA and ASIA access keys, with 16). */
export function uniqueId(prefix: 'AROA' | 'AIDA' | 'AKIA' | 'ASIA', random: Randomness): string {
  const length = prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17;
  return prefix + Array.from(random(length), (byte) => BASE32[byte % BASE32.length]).join('');
}

/** 40 characters, as a secret access key has. */
export const secretAccessKey = (random: Randomness): string => Buffer.from(random(30)).toString('base64');

export const sessionToken = (random: Randomness): string => `IQoJ${Buffer.from(random(132)).toString('base64')}`;

/** A random UUID (version 4). */
export function uuid(random: Randomness): string {
  const hex = Buffer.from(random(16)).toString('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
