/** What `GET /v1/can` answers, and a decision that nobody has taken yet. */
import * as z from 'zod/mini';
import { CHANNELS } from '../core/configuration.ts';

const Reason = z.object({ rule: z.string(), title: z.string(), detail: z.string() });

export const DecisionView = z.object({
  autoApprove: z.boolean().check(z.describe('Granted at once, by rule')),
  possible: z.boolean().check(z.describe('Whether enough different people could say yes')),
  steps: z.array(
    z.object({
      approvalsNeeded: z.number(),
      channels: z.array(z.enum(CHANNELS)).check(z.describe('Where it may be decided; anywhere when empty')),
      approvers: z.array(z.string()).check(z.describe('Who could decide this very request')),
      without: z
        .array(z.object({ name: z.string(), rule: z.string(), detail: z.string() }))
        .check(z.describe('Whom the rule names and who could not')),
    }),
  ),
});
export type DecisionView = z.infer<typeof DecisionView>;

const Access = z.object({ description: z.string() });

export const CanView = z.object({
  person: z.object({ id: z.string(), name: z.string() }),
  entitlement: z.string(),
  at: z.string().check(z.describe('The time that was asked about (ISO 8601, UTC)')),
  verdict: z
    .enum(['yes', 'incomplete', 'no'])
    .check(z.describe('`incomplete`: yes, once the request has what `missing` says')),
  missing: z.array(Reason),
  refusal: z.optional(Reason),
  obstacles: z
    .array(Reason)
    .check(z.describe('What refuses it just now, whatever it is given: freezes, limits, a denial not long ago')),
  openGrant: z.optional(z.string().check(z.describe('They have it, or have asked for it, already'))),
  cluster: z.optional(z.string()),
  access: z.optional(Access),
  duration: z.optional(z.string()),
  maxDuration: z.optional(z.string()),
  maxTotal: z.optional(z.string().check(z.describe('With extensions'))),
  startAt: z.optional(z.string()),
  decideBy: z.optional(z.string()),
  decision: z.optional(DecisionView),
  breakGlass: z.optional(
    z
      .object({
        eligible: z.array(z.string()).check(z.describe('Who may break the glass')),
        maxDuration: z.string(),
        reasonMinLength: z.number(),
        incidentPattern: z.optional(z.string()),
        perWeek: z.number().check(z.describe('Uses of one person in seven days')),
        reviewWithin: z.number().check(z.describe('Working days')),
        reviewers: z.array(z.string()),
        possible: z.boolean().check(z.describe('This person could, now, with a reason and an incident')),
        refusal: z.optional(Reason),
      })
      .check(z.describe('Access without approval in an emergency; absent where the entitlement has none')),
  ),
});
export type CanView = z.infer<typeof CanView>;
