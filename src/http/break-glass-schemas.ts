/** Break-glass and its review. */
import * as z from 'zod/mini';
import { GrantView, GrantWithTimeline } from './schemas.ts';

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
