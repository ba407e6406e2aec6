/** Shapes of answers. The OpenAPI document is generated from these. */
import * as z from 'zod/mini';
import { CHANNELS } from '../core/configuration.ts';
import { DecisionView } from './can-schemas.ts';
import { STATES, time } from './fields.ts';

export const DelegationView = z.object({
  id: z.string(),
  from: z.object({ id: z.string(), name: z.string() }),
  to: z.array(z.object({ id: z.string(), name: z.string() })),
  starts: time('From when on'),
  ends: time('The first moment at which it stands no more'),
  entitlements: z.optional(z.array(z.string())),
  configured: z.boolean().check(z.describe('Written in hallpass.yaml, and changed there only')),
  stands: z.boolean(),
});
export type DelegationView = z.infer<typeof DelegationView>;
export const DelegationList = z.object({ delegations: z.array(DelegationView) });
export type DelegationList = z.infer<typeof DelegationList>;

const Access = z.union([
  z.object({
    policyArn: z.string(),
    accessScope: z.object({ type: z.enum(['cluster', 'namespace']), namespaces: z.array(z.string()) }),
    description: z.string(),
  }),
  z.object({ kubernetesGroups: z.array(z.string()), description: z.string() }),
]);

export const EntitlementView = z.object({
  id: z.string(),
  description: z.string(),
  clusters: z.array(z.string()),
  access: z.string(),
  namespaces: z.optional(z.array(z.string())),
  principal: z.object({ mode: z.enum(['dedicated', 'role']), role: z.optional(z.string()) }),
  maxDuration: z.string(),
  defaultDuration: z.string(),
  extension: z.optional(z.object({ maxTotal: z.string(), autoApprove: z.boolean() })),
  breakGlass: z.optional(
    z.object({ maxDuration: z.string(), minReason: z.number(), incidentPattern: z.optional(z.string()) }),
  ),
  justification: z.object({ required: z.boolean(), minLength: z.number() }),
  ticket: z.object({ required: z.boolean(), pattern: z.optional(z.string()) }),
  conditions: z.optional(z.array(z.string())),
  approval: z.object({
    autoApprove: z.boolean(),
    window: z.string(),
    steps: z.array(
      z.object({ approvers: z.array(z.string()), approvalsNeeded: z.number(), channels: z.array(z.enum(CHANNELS)) }),
    ),
  }),
});
export type EntitlementView = z.infer<typeof EntitlementView>;

const OnePlan = z.object({
  entitlement: z.string(),
  cluster: z.string(),
  access: Access,
  duration: z.string(),
  startAt: z.optional(z.string()),
  decideBy: time('When it would lapse undecided'),
  approvers: z.array(z.string()),
  decision: z.optional(DecisionView),
  openGrant: z.optional(z.string().check(z.describe('The open grant that would be answered instead of a new one'))),
});
export const PlanView = z.extend(OnePlan, {
  plans: z.optional(z.array(OnePlan).check(z.describe('One for each cluster, where several were named'))),
});
export type PlanView = z.infer<typeof PlanView>;

const Approval = z.object({
  by: z.string(),
  onBehalfOf: z.optional(z.string().check(z.describe('In whose place, by their delegation'))),
  step: z.number(),
  channel: z.enum(CHANNELS),
  at: z.string(),
});

export const GrantView = z.object({
  id: z.string(),
  state: z.enum(STATES),
  reason: z.optional(z.string()),
  by: z.optional(z.string()),
  note: z.optional(z.string()),
  entitlement: z.string(),
  requester: z.object({ id: z.string(), name: z.string() }),
  cluster: z.object({
    name: z.string(),
    arn: z.string(),
    region: z.string(),
    endpoint: z.optional(z.string().check(z.describe('Where kubectl finds it'))),
    certificateAuthorityData: z.optional(z.string().check(z.describe('Base64 of the PEM certificate'))),
  }),
  access: Access,
  principal: z.object({ mode: z.enum(['dedicated', 'role']), arn: z.string(), opensTo: z.array(z.string()) }),
  duration: z.string(),
  justification: z.string(),
  ticket: z.optional(z.string()),
  requestedAt: time('When it was asked for'),
  decideBy: time('When it lapses undecided'),
  startsAt: z.optional(time('When access begins')),
  activatedAt: z.optional(time('When the access was read back')),
  expiresAt: z.optional(time('When access ends')),
  endedAt: z.optional(time('When the grant was over')),
  overdueSince: z.optional(time('Access should be gone since then, and is not')),
  approvals: z.array(Approval),
  extension: z.optional(
    z.object({
      expiresAt: time('When access would end'),
      justification: z.string(),
      granted: z.boolean().check(z.describe('Decided with yes, and being carried out')),
      approvals: z.array(Approval),
    }),
  ),
  waitingFor: z.optional(
    z
      .object({
        step: z.number(),
        steps: z.number(),
        have: z.number().check(z.describe('Approvals of the step so far')),
        needed: z.number(),
        people: z
          .array(z.object({ id: z.string(), name: z.string(), onBehalfOf: z.optional(z.string()) }))
          .check(z.describe('Whose approval would count now, and in whose place they would give it')),
        channels: z.array(z.enum(CHANNELS)).check(z.describe('Where it can be decided; anywhere when empty')),
        escalated: z.boolean(),
        escalatesAt: z.optional(time('When more people may decide')),
        escalatesTo: z.optional(z.array(z.string())),
        reminders: z.optional(z.number().check(z.describe('How often they were reminded'))),
      })
      .check(z.describe('Whom an undecided request or extension waits for; left out in listings')),
  ),
  batch: z.optional(
    z
      .object({
        id: z.string(),
        grants: z.array(
          z.object({
            id: z.string(),
            cluster: z.string(),
            state: z.optional(z.enum(STATES).check(z.describe('Left out in listings'))),
          }),
        ),
      })
      .check(z.describe('Asked for in one request on several clusters, and decided together')),
  ),
  breakGlass: z.optional(
    z.object({
      incident: z.string(),
      trustCheckedAt: z.optional(time('When the trust of the role was last seen to be as narrow as it has to be')),
      emergency: z.optional(
        z
          .object({
            person: z.string(),
            madeAt: time('When EKS made the entry'),
            entryArn: z.string(),
            madeBy: z.optional(z.string().check(z.describe('ARN of the session that made it, by CloudTrail'))),
          })
          .check(z.describe('Made without the hub, and imported')),
      ),
    }),
  ),
  review: z.optional(
    z.object({
      dueBy: time('Overdue after that'),
      overdue: z.boolean(),
      done: z.optional(
        z.object({ by: z.string(), at: time('When'), verdict: z.enum(['ok', 'followUp', 'misuse']), note: z.string() }),
      ),
    }),
  ),
  remarks: z.array(z.string()).check(z.describe('What a reader of this access should know')),
});
export type GrantView = z.infer<typeof GrantView>;

/** The first grant, and where several clusters were named, all of them. */
export const GrantAnswer = z.extend(GrantView, {
  grants: z.optional(z.array(GrantView).check(z.describe('One for each cluster, where several were named'))),
});
export type GrantAnswer = z.infer<typeof GrantAnswer>;

export const TimelineEvent = z.object({
  n: z.number(),
  at: z.string(),
  type: z.string(),
  actor: z.string(),
  channel: z.optional(z.enum(CHANNELS)),
  detail: z.optional(z.string()),
  hash: z.string(),
});
export type TimelineEvent = z.infer<typeof TimelineEvent>;

export const GrantWithTimeline = z.extend(GrantView, { timeline: z.array(TimelineEvent) });
export type GrantWithTimeline = z.infer<typeof GrantWithTimeline>;
export const GrantList = z.object({ grants: z.array(GrantView), cursor: z.optional(z.string()) });
export type GrantList = z.infer<typeof GrantList>;
export const EntitlementList = z.object({ entitlements: z.array(EntitlementView) });
export type EntitlementList = z.infer<typeof EntitlementList>;
export const Whoami = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  channel: z.enum(CHANNELS),
  proof: z.string().check(z.describe('What proved who you are: iam:AROA…:SESSION or oidc:ISSUER#SUBJECT')),
  hub: z.string(),
});
export type Whoami = z.infer<typeof Whoami>;

const SlackAccount = z.object({ teamId: z.string(), userId: z.string(), name: z.optional(z.string()) });
export const LinkView = z.object({
  account: SlackAccount,
  person: z.object({ id: z.string(), name: z.string() }),
  linkedAt: z.optional(time('When; absent in a dry run')),
});
export type LinkView = z.infer<typeof LinkView>;
export const LinksView = z.object({
  accounts: z.array(z.extend(SlackAccount, { linkedAt: time('When') })),
  events: z.array(
    z.object({
      n: z.number(),
      at: z.string(),
      type: z.string(),
      actor: z.string(),
      account: SlackAccount,
      hash: z.string(),
    }),
  ),
});
export type LinksView = z.infer<typeof LinksView>;
/** RFC 9457. `rule` names what refused. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  rule: z.string(),
  errors: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
});
export type Problem = z.infer<typeof Problem>;
