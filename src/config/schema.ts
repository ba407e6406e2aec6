/**
 * The shape of hallpass.yaml: which keys there are, what kind of value each holds, what stands when it is left out.
 * What one value or several together must satisfy is `check.ts`'s; a `pattern` in `meta` here is for editors only.
 */
import * as z from 'zod';
import { ACCESS_POLICIES } from '../core/access.ts';
import { CHANNELS } from '../core/configuration.ts';
import { EVENT_TYPES } from '../core/event.ts';
import { OPENING_HOURS_PATTERN } from './opening-hours.ts';

export const ID = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ID_RULE = 'an id has 1 to 63 lower-case letters, digits and hyphens, beginning with a letter';
const CLUSTER_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
const CLUSTER_NAME_RULE = "a cluster's name has 1 to 100 letters, digits, - and _, beginning with a letter";
// No control characters, no lone surrogates, nothing that turns the direction of writing: this text is shown to approvers.
const LINE = /^[^\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]*$/u;
const LINE_RULE = 'one line of text, without control characters';

const line = (max: number) => z.string().trim().min(1).max(max).regex(LINE, LINE_RULE);
const id = () => z.string().regex(ID, ID_RULE);
const duration = (description: string) =>
  z.string().meta({ description, pattern: '^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$', examples: ['45m', '4h', '1h30m'] });
const day = (description: string) =>
  z.string().meta({
    description,
    pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$',
    examples: ['2026-12-01', '2026-12-01T18:00:00+01:00'],
  });
const roleArn = (description: string) =>
  z.string().meta({
    description,
    pattern: '^arn:[a-z-]+:iam::\\d{12}:role/',
    examples: ['arn:aws:iam::111122223333:role/NAME'],
  });
const subjects = (description: string, kinds: 'people' | 'people and roles' = 'people') =>
  z
    .array(
      z
        .string()
        .meta(
          kinds === 'people'
            ? { pattern: '^(group:)?[a-z][a-z0-9-]*$', examples: ['alice', 'group:platform'] }
            : { pattern: '^(group:|role:)?[a-z][a-z0-9-]*$', examples: ['alice', 'group:platform', 'role:deployer'] },
        ),
    )
    .meta({ description });

const ClusterSchema = z.strictObject({
  arn: z.string().meta({ description: "The cluster's ARN.", pattern: '^arn:[a-z-]+:eks:[a-z0-9-]+:\\d{12}:cluster/' }),
  executor: roleArn("The role in the cluster's account through which EKS is called there."),
  tags: z
    .record(line(128), line(256))
    .default({})
    .describe('Anything worth telling people about the cluster; entitlements may choose clusters by these.'),
  authenticationMode: z
    .enum(['API', 'API_AND_CONFIG_MAP'])
    .optional()
    .describe(
      'What the cluster is set to, if you want the rules checked against it. EKS is asked before anything is given.',
    ),
  acceptsAwsAuthRisk: z
    .boolean()
    .optional()
    .describe(
      'A cluster in mode API_AND_CONFIG_MAP is given access that can write aws-auth, and with that lasting access, only if this is true.',
    ),
});

const SlackTeamSchema = z
  .strictObject({
    team: z
      .string()
      .regex(/^T[A-Z0-9]{2,20}$/, "a workspace's id is a T with capital letters and digits after it, like T0123ABCD")
      .describe('The id of the one workspace whose members people may link to themselves with `hallpass link`.'),
  })
  .describe('Left out, nobody is anybody through Slack.');

const DirectorySchema = z
  .strictObject({
    identityCenter: z.strictObject({
      identityStoreId: z.string().meta({ description: "The identity store's id.", examples: ['d-1234567890'] }),
      region: z.string().meta({ description: 'The region that Identity Center is in.', examples: ['eu-west-1'] }),
      role: roleArn(
        "A role that may read the store, in the account of Identity Center or of its delegated administrator. Left out: the hub's account is that account.",
      ).optional(),
      groups: z
        .record(id(), line(1_024))
        .describe("Groups for `group:NAME`: each with the group's id there, or its display name."),
    }),
  })
  .describe('People and groups of IAM Identity Center, besides those listed here. Read every five minutes.');

const OidcSchema = z
  .strictObject({
    issuer: z
      .string()
      .meta({ description: "As the tokens' `iss` has it, to the letter.", examples: ['https://login.example.com'] }),
    audience: z
      .array(line(256))
      .min(1)
      .max(10)
      .describe(
        "What the tokens' `aud` (or, without one, `client_id`) may be. Made for Hallpass, and for nothing else.",
      ),
  })
  .describe('The issuer whose signed tokens the second API takes. Left out, people come with AWS credentials only.');

const PersonSchema = z.strictObject({
  name: line(100).describe('As shown to others.'),
  email: z.string().meta({ description: 'For display and look-up. It proves nothing.', format: 'email' }),
  iam: z
    .array(
      z.strictObject({
        role: roleArn(
          'The role of an IAM Identity Center permission set; `permissionSetRole` when left out.',
        ).optional(),
        session: z
          .string()
          .meta({ description: 'What Identity Center calls the session.', pattern: '^[\\w+=,.@-]{2,64}$' }),
      }),
    )
    .max(10)
    .optional()
    .describe('How AWS knows the person. When left out: `permissionSetRole` with the e-mail address as session.'),
  oidc: z
    .array(
      z.strictObject({
        subject: z
          .string()
          .meta({ description: "The tokens' `sub`, to the letter. Not an e-mail address.", maxLength: 255 }),
      }),
    )
    .max(10)
    .optional()
    .describe('How `identities.oidc` knows the person.'),
  userId: z
    .string()
    .optional()
    .describe(
      'The id of the user in Identity Center who this is: somebody disabled or deleted there is disabled here.',
    ),
  disabled: z.boolean().default(false).describe('Somebody who left: kept, so that the id is never given to another.'),
});

const RoleSchema = z.strictObject({
  role: roleArn("The role, in the hub's account. Every session of it is this caller."),
  owners: subjects('People who answer for it. They may not approve what it asks for.').min(1),
  description: line(500).describe('As shown to approvers.'),
});

export const IdentitiesSchema = z.strictObject({
  permissionSetRole: roleArn(
    "The role of the permission set, in the hub's account, through which people come.",
  ).optional(),
  people: z.record(id(), PersonSchema).describe('By id. An id never changes and is never given to somebody else.'),
  groups: z.record(id(), z.array(z.string()).describe('Ids of people.')).default({}),
  roles: z
    .record(id(), RoleSchema)
    .default({})
    .describe('Roles that are not people, such as a pipeline. They may be eligible (`role:ID`) and never decide.'),
  directory: DirectorySchema.optional(),
  oidc: OidcSchema.optional(),
  slack: SlackTeamSchema.optional(),
});

const AccessSchema = z
  .strictObject({
    policy: z.enum(ACCESS_POLICIES).optional().describe('An EKS access policy. Needs `scope`.'),
    scope: z.enum(['cluster', 'namespace']).optional().describe('The whole cluster, or `namespaces`.'),
    namespaces: z
      .array(z.string())
      .min(1)
      .max(100)
      .optional()
      .describe('Names, or patterns in which * stands for any run of characters.'),
    groups: z.array(z.string()).min(1).max(50).optional().describe('Kubernetes groups instead of a policy.'),
  })
  .describe('Either `policy` with `scope`, or `groups`.');

const PrincipalSchema = z
  .discriminatedUnion('mode', [
    z.strictObject({
      mode: z.literal('dedicated').describe('A role made for each grant, which only its requester can assume.'),
    }),
    z.strictObject({
      mode: z.literal('role').describe('A standing role. Whoever can assume it has the access while a grant lives.'),
      role: roleArn('The standing role.'),
      assumableBy: z
        .array(z.string())
        .min(1)
        .max(50)
        .describe("The roles and users that the role's trust policy admits, as written there."),
    }),
  ])
  .default({ mode: 'dedicated' });

const StepSchema = z.strictObject({
  approvers: subjects('Who may approve.').min(1),
  approvalsNeeded: z.int().min(1).max(10).default(1).describe('By how many of them.'),
  channels: z.array(z.enum(CHANNELS)).default([]).describe('Where a decision may be made; anywhere when empty.'),
  remindEvery: duration('How often those who may decide are reminded, five times at most.').optional(),
  escalateAfter: duration('When nobody decided the step for so long, `escalateTo` may decide it as well.').optional(),
  escalateTo: subjects('Who else may decide after `escalateAfter`.').min(1).optional(),
});

const DelegationSchema = z.strictObject({
  from: z.string().describe('The id of an approver who is away.'),
  to: z.array(z.string()).min(1).max(10).describe('Ids of people who decide in their place.'),
  starts: day('From when on: a date (the whole day, in UTC), or a moment with its zone.'),
  ends: day('Until when: a date, which it includes, or a moment with its zone.'),
  entitlements: z.array(z.string()).min(1).optional().describe('Only for these entitlements; for all when left out.'),
});

const ClusterSelectorSchema = z.union([
  z.literal('all'),
  z.array(z.string()).min(1),
  z.strictObject({
    tags: z
      .record(line(128), z.union([line(256), z.array(line(256)).min(1)]))
      .describe('Clusters that have each of these tags, with the value or one of the values.'),
  }),
]);
const secretArn = (description: string) =>
  z.string().meta({
    description,
    pattern: '^arn:[a-z-]+:secretsmanager:',
    examples: ['arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/slack-AbCdEf'],
  });

const WebhookSchema = z.strictObject({
  name: id().describe('Names it in logs. Events that wait for it wait under this name.'),
  url: z.string().max(2_000).meta({ description: 'Where events are posted: https.', format: 'uri' }),
  secret: secretArn('The secret in AWS Secrets Manager that signs: `whsec_` and base64, or any text.'),
  events: z
    .array(z.enum(EVENT_TYPES))
    .max(EVENT_TYPES.length)
    .default([])
    .describe('Which events are told; all of them when empty.'),
  typedText: z.boolean().default(false).describe('Justification and ticket are sent as well.'),
});

const NotificationsSchema = z.strictObject({
  slack: z
    .strictObject({
      secret: secretArn(
        'The secret in AWS Secrets Manager: JSON with `signingSecret` and `botToken` of the Slack app.',
      ),
    })
    .optional()
    .describe('People ask, decide and are told in Slack. Needs `identities.slack`.'),
  webhooks: z.array(WebhookSchema).max(20).default([]).describe('Signed with HMAC-SHA256: see docs/notifications.md.'),
});

const NotifySchema = z.strictObject({
  slack: z
    .strictObject({
      channel: z
        .string()
        .meta({ description: 'The id of a channel that shows its grants.', pattern: '^[CG][A-Z0-9]{6,}$' })
        .optional(),
      approvers: z.boolean().default(true).describe('Approvers get direct messages.'),
      justification: z
        .enum(['nobody', 'approvers', 'channel'])
        .default('approvers')
        .describe('Who is shown what the requester typed: only approvers, the whole channel too, or nobody.'),
    })
    .optional(),
});

const ConditionSchema = z.strictObject({
  window: z
    .strictObject({
      timeZone: z
        .string()
        .meta({ description: 'A place of the IANA time zone database, or UTC.', examples: ['Europe/Berlin'] }),
      open: z
        .array(
          z.string().meta({ pattern: OPENING_HOURS_PATTERN, examples: ['mon-fri 09:00-17:30', 'daily 22:00-06:00'] }),
        )
        .min(1)
        .max(20),
      covers: z
        .enum(['whole', 'start'])
        .default('whole')
        .describe('Access lies in the window as a whole, or has only to begin in it.'),
    })
    .optional()
    .describe('Weekly opening hours.'),
  onCall: z.string().optional().describe('A name under `onCall`: whoever asks is on call when access begins.'),
  cooldown: duration('So long after a denial the same person may not ask for the same again, at most 30d.').optional(),
});

const ScheduleSchema = z
  .strictObject({
    shifts: z
      .array(
        z.strictObject({
          from: z.string().meta({ examples: ['2026-11-30T09:00:00+01:00'] }),
          to: z.string().meta({ examples: ['2026-12-07T09:00:00+01:00'] }),
          person: z.string(),
        }),
      )
      .max(2_000)
      .optional(),
    url: z
      .string()
      .meta({ description: 'Asked who is on call, over HTTPS.', examples: ['https://oncall.example.com/hallpass'] })
      .optional(),
    secret: z.string().meta({ description: 'ARN of the secret that requests to `url` are signed with.' }).optional(),
  })
  .describe('Either `shifts`, or `url` with `secret`.');

const TicketSystemSchema = z.strictObject({
  secret: z.string().meta({ description: 'ARN of the secret that messages in both directions are signed with.' }),
  url: z
    .string()
    .meta({
      description: 'Asked over HTTPS whether a ticket is open.',
      examples: ['https://tickets.example.com/hallpass'],
    })
    .optional(),
  events: z
    .boolean()
    .default(false)
    .describe('Asked by an event on the default event bus instead; it answers through its hook.'),
});

const EntitlementSchema = z.strictObject({
  description: line(500),
  clusters: ClusterSelectorSchema.describe('Names under `clusters`; `all`; or those with certain tags.'),
  access: AccessSchema,
  principal: PrincipalSchema,
  eligible: subjects('Who may request it.', 'people and roles').min(1),
  maxDuration: duration('The longest that may be asked for, at most 7d.'),
  defaultDuration: duration('When none is asked for: 1h, or `maxDuration` if that is less.').optional(),
  justification: z
    .strictObject({
      required: z.boolean().default(true),
      minLength: z.int().min(1).max(1_000).default(1).describe('Characters. More than 1000 are never kept.'),
    })
    .prefault({}),
  ticket: z
    .strictObject({
      required: z.boolean(),
      pattern: z.string().optional().describe('A regular expression that the whole ticket has to match.'),
      hook: z.string().optional().describe('A name under `ticketSystems`: asked whether the ticket is open.'),
    })
    .optional(),
  extension: z
    .strictObject({
      maxTotal: duration('The longest from the beginning of access to its last end, extensions included, at most 7d.'),
      autoApprove: z
        .boolean()
        .default(false)
        .describe('Extended without anybody deciding. Else decided like the request.'),
    })
    .optional()
    .describe('Left out, grants cannot be extended.'),
  notify: NotifySchema.optional().describe('Who is told of its grants, and what.'),
  breakGlass: z
    .strictObject({
      eligible: subjects('Who may use it; those who may request the entitlement when left out.').min(1).optional(),
      maxDuration: duration('At most 4h.').default('2h'),
      reasonMinLength: z.int().min(1).max(1_000).default(20).describe('Characters of the reason.'),
      incidentPattern: z
        .string()
        .optional()
        .describe('A regular expression that the whole id of the incident has to match.'),
      perWeek: z.int().min(1).max(100).default(3).describe('Uses of one person in seven days.'),
      reviewWithin: z
        .int()
        .min(1)
        .max(30)
        .default(3)
        .describe('Working days; an overdue review keeps the person from the next use.'),
    })
    .optional()
    .describe('Access at once, without approval: told to everybody and reviewed. In principal mode `role` only.'),
  approval: z.strictObject({
    window: duration('How long a request waits for a decision before it lapses.').default('24h'),
    remindEvery: duration('`remindEvery` of every step that says nothing else.').optional(),
    steps: z.array(StepSchema).max(5).default([]).describe('One after another. One person counts once in a grant.'),
    autoApprove: z.boolean().default(false).describe('Granted at once, without anybody deciding. Excludes `steps`.'),
  }),
  conditions: z.array(ConditionSchema).max(10).default([]).describe('All of them have to hold.'),
});

const LimitsSchema = z
  .strictObject({
    openGrantsPerPerson: z.int().min(1).max(100).default(5),
    requestsPerPersonAndHour: z.int().min(1).max(1_000).default(10),
    pendingPerEntitlement: z
      .int()
      .min(1)
      .max(1_000)
      .default(50)
      .describe('Requests for one entitlement that wait for a decision.'),
    roles: z
      .int()
      .min(1)
      .max(4_000)
      .default(300)
      .describe("Roles made for grants, of those that IAM allows in the hub's account: 1000 unless that was raised."),
  })
  .prefault({});

export const FileSchema = z.strictObject({
  hub: z.string().meta({ description: 'The id of this installation.', pattern: '^[a-z][a-z0-9-]{0,22}[a-z0-9]$' }),
  account: z.string().meta({ description: "The hub's AWS account, in quotes.", pattern: '^\\d{12}$' }),
  region: z.string().meta({ description: "The hub's AWS region.", examples: ['eu-west-1'] }),
  clusters: z.record(z.string().regex(CLUSTER_NAME, CLUSTER_NAME_RULE), ClusterSchema).describe('By name.'),
  identities: IdentitiesSchema,
  responders: subjects("Who may end anyone's access.").default([]),
  auditors: subjects('Who may read everything.').default([]),
  notifications: NotificationsSchema.optional().describe('Who is told of grants besides those who ask.'),
  emergency: z
    .strictObject({
      assumableBy: z.array(z.string()).min(1).max(20).describe('Roles and users that may become the emergency role.'),
    })
    .optional()
    .describe(
      "A role in each cluster's account, for `hallpass emergency` when the hub is down. Left out, there is none.",
    ),
  reviewers: subjects('Who reviews uses of break-glass, never their own.').default([]),
  warnBefore: duration('How long before the end the requester is warned.').default('10m'),
  limits: LimitsSchema,
  delegations: z
    .array(DelegationSchema)
    .max(200)
    .default([])
    .describe('Who decides in whose place, and when. What somebody may do only for another is never passed on.'),
  onCall: z.record(id(), ScheduleSchema).default({}).describe('Who is on call, by the name of the schedule.'),
  ticketSystems: z.record(id(), TicketSystemSchema).default({}).describe('Where tickets are kept, by name.'),
  entitlements: z
    .record(id(), EntitlementSchema)
    .describe('By id: who may ask for which access, for how long, approved by whom.'),
});

/** The same, of which anything may be missing: what is left of a file when its broken parts are taken out. */
export const DraftSchema = z.strictObject({ ...FileSchema.shape, identities: IdentitiesSchema.partial() }).partial();

export type File = z.output<typeof FileSchema>;
export type Draft = z.output<typeof DraftSchema>;
export type FileEntitlement = z.output<typeof EntitlementSchema>;
export type FileCondition = z.output<typeof ConditionSchema>;
export type FileSchedule = z.output<typeof ScheduleSchema>;
export type FileCluster = z.output<typeof ClusterSchema>;
export type FileRole = z.output<typeof RoleSchema>;
export type FilePerson = z.output<typeof PersonSchema>;
export type FileDelegation = z.output<typeof DelegationSchema>;
export type FileNotifications = z.output<typeof NotificationsSchema>;
export type FileNotify = z.output<typeof NotifySchema>;
export type FileStep = z.output<typeof StepSchema>;
