/** Shapes of `GET /v1/clusters`. */
import * as z from 'zod/mini';

export const ClusterView = z.object({
  name: z.string(),
  arn: z.string(),
  region: z.string(),
  account: z.string(),
  tags: z.record(z.string(), z.string()),
  requestable: z
    .array(z.object({ entitlement: z.string(), access: z.string() }))
    .check(z.describe('What you may request there')),
  seen: z.optional(
    z
      .object({
        at: z.string().check(z.describe('When the inventory looked (ISO 8601, UTC)')),
        ageSeconds: z.number(),
        entries: z.number().check(z.describe('Access entries of every kind')),
        own: z.number().check(z.describe('Of them, those of grants of this hub')),
        principals: z.optional(
          z
            .object({ own: z.array(z.string()), others: z.array(z.string()) })
            .check(z.describe('For responders and auditors; of very many, the first')),
        ),
      })
      .check(z.describe('Absent until the first hourly inventory. Never asked of EKS for a reader')),
  ),
});
export type ClusterView = z.infer<typeof ClusterView>;
export const ClusterList = z.object({ clusters: z.array(ClusterView) });
export type ClusterList = z.infer<typeof ClusterList>;
