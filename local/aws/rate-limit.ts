/**
 * How many calls a second somebody takes, as AWS counts them: a bucket of tokens for each account and region that is
 * filled at a steady rate. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
 */
import { between, type Instant, toSeconds } from '../../src/core/time.ts';

export type RateLimit = { readonly callsPerSecond: number; readonly burst: number };

/** Answers whether a call of this bucket is taken at this time. */
export function tokenBuckets({ callsPerSecond, burst }: RateLimit): (bucket: string, now: Instant) => boolean {
  const buckets = new Map<string, { tokens: number; at: Instant }>();
  return (name, now) => {
    const bucket = buckets.get(name) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + toSeconds(between(bucket.at, now)) * callsPerSecond);
    const admitted = tokens >= 1;
    buckets.set(name, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  };
}
