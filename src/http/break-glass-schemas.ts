/** Break-glass and its review. */
import * as z from 'zod/mini';
import { GrantView, GrantWithTimeline, text } from './schemas.ts';

export const VERDICTS = ['ok', 'followUp', 'misuse'] as const;

export const BreakGlassRequest = z.strictObject({
  entitlement: text('Id of an entitlement that offers break-glass', 64),
  cluster: z.optional(text('Name of a cluster; needed where the entitlement covers several', 100)),
  namespaces: z.optional(z.array(text('A namespace: a DNS label', 253)).check(z.maxLength(50))),
  duration: z.optional(text('Such as 45m or 1h30m', 32)),
  reason: text('Why there is no time for an approval', 4_000),
  incident: text('The id of the incident', 200),
});
export type BreakGlassRequest = z.infer<typeof BreakGlassRequest>;

export const ReviewRequest = z.strictObject({
  verdict: z.enum(VERDICTS),
  note: text('What was found; everybody who sees the grant sees it', 4_000),
});

const Known = z.object({ available: z.boolean(), detail: z.string() });

export const ReviewView = z.object({
  grant: GrantWithTimeline,
  use: z
    .object({
      accessEntry: Known,
      active: Known,
      clusterAudit: Known,
    })
    .check(z.describe('What is known of the use. What is not available says so: that is not "nothing"')),
});
export type ReviewView = z.infer<typeof ReviewView>;

export const ReviewList = z.object({ grants: z.array(GrantView) });
