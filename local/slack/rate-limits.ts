/**
 * Slack's rate tiers, per method (and per channel for posting), by local mode's clock. Slack calls a tier's number a
 * minimum ("50+ per minute"), allows bursts and names no more: taken here as a bucket of one minute's calls that
 * fills evenly. Authority: https://docs.slack.dev/apis/web-api/rate-limits
 */
import type { Clock } from '../clock.ts';

export type Tier = { readonly burst: number; readonly perMinute: number };

const even = (perMinute: number): Tier => ({ burst: perMinute, perMinute });

export const TIERS = {
  tier2: even(20),
  tier3: even(50),
  tier4: even(100),
  /** "Hundreds per minute". */
  hundreds: even(300),
  /** `chat.postMessage`: one a second in a channel, short bursts allowed. */
  posting: { burst: 5, perMinute: 60 },
} as const satisfies Record<string, Tier>;

export type RateLimits = {
  /** Counts one call. Answers how many whole seconds to wait (`Retry-After`) if it is one too many. */
  take(bucket: string, tier: Tier): number | undefined;
};

export function rateLimits(clock: Clock): RateLimits {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(name, { burst, perMinute }) {
      const perMs = perMinute / 60_000;
      const now = clock.now();
      const bucket = buckets.get(name) ?? { left: burst, at: now };
      const left = Math.min(burst, bucket.left + (now - bucket.at) * perMs);
      buckets.set(name, { left: left >= 1 ? left - 1 : left, at: now });
      return left >= 1 ? undefined : Math.max(1, Math.ceil((1 - left) / perMs / 1_000));
    },
  };
}
