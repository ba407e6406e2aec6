/** What the shapes of requests and of answers share. */
import * as z from 'zod/mini';

export const text = (description: string, max = 256) => z.string().check(z.maxLength(max), z.describe(description));
export const time = (description: string) => z.string().check(z.describe(`${description} (ISO 8601, UTC)`));

export const STATES = [
  'pending',
  'scheduled',
  'activating',
  'active',
  'revoking',
  'ended',
  'failed',
  'denied',
  'withdrawn',
  'lapsed',
] as const;

export const VERDICTS = ['ok', 'followUp', 'misuse'] as const;
