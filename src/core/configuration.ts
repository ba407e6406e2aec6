/** What `hallpass.yaml` says, once it has been read and checked. `src/config/` makes it; everything else only reads it. */
import type { AccessPolicyName } from './access.ts';
import type { Condition, OnCallSchedule } from './condition-rule.ts';
import type { Duration, Instant } from './time.ts';

export type Configuration = {
  /** The id of this installation: lower-case letters, digits and hyphens, at most 24. */
  readonly hub: string;
  /** Where the hub lives, and where dedicated roles are made. */
  readonly account: string;
  readonly partition: string;
  readonly region: string;
  readonly clusters: Readonly<Record<string, Cluster>>;
  readonly directory: Directory;
  /** Where people and groups come from besides the file. `directory` is the file's part, until both are joined. */
  readonly identityCenter?: IdentityCenter;
  /** The one Slack workspace whose members may be linked to people; nobody is anybody through Slack without it. */
  readonly slack?: { readonly teamId: string };
  /** Whose tokens the second API takes; without it there is no such API. */
  readonly oidc?: { readonly issuer: string; readonly audience: readonly string[] };
  readonly entitlements: Readonly<Record<string, Entitlement>>;
  readonly responders: readonly Subject[];
  readonly auditors: readonly Subject[];
  /** Where tickets are kept, by name. */
  readonly ticketSystems?: Readonly<Record<string, TicketSystem>>;
  /** On-call schedules, by name. */
  readonly onCall?: Readonly<Record<string, OnCallSchedule>>;
  /** With the hub down: who may become the emergency role of a cluster's account. Absent: there is none. */
  readonly emergency?: { readonly assumableBy: readonly string[] };
  /** Who closes the review of a use of break-glass. */
  readonly reviewers?: readonly Subject[];
  readonly limits: Limits;
  /** Who decides in whose place, and when; absent when nobody does. */
  readonly delegations?: readonly Delegation[];
  /** Who is told of grants, and how. Absent: nobody. */
  readonly notifications?: Notifications;
  /** How long before expiry the requester is warned. */
  readonly warnBefore: Duration;
  /** SHA-256 of the configuration's canonical form: recorded with every grant. */
  readonly digest: string;
};

/** An identity store of IAM Identity Center, in the region that it is in. */
export type IdentityCenter = {
  readonly identityStoreId: string;
  readonly region: string;
  /** Through which the store is read, where that is not the hub's own account: the delegated administrator's. */
  readonly readerRole?: string;
  /** The permission set's role, through which its people come. */
  readonly role: string;
  /** Name of a group in the rules to the group's id or display name in the store. */
  readonly groups: Readonly<Record<string, string>>;
};

export type Cluster = {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  /** The role in the cluster's account through which EKS is called. */
  readonly executor: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What the cluster is said to be; what it is, is asked of EKS before anything is given. */
  readonly authenticationMode?: AuthenticationMode;
  /** Access that can write aws-auth is given although the cluster still reads it. */
  readonly acceptsAwsAuthRisk?: true;
};

/** The modes in which access entries work. https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html */
export type AuthenticationMode = 'API' | 'API_AND_CONFIG_MAP';

/** People by id. A person's id never changes and is never given to somebody else; all else about them may. */
export type Directory = {
  readonly people: Readonly<Record<string, Person>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Callers that are not people, by id. */
  readonly roles?: Readonly<Record<string, RoleIdentity>>;
};

/**
 * A role that is not a person, such as a pipeline's: every session of it is the same caller. It may ask where an
 * entitlement lists it, and never decides; its owners may not decide for it.
 */
export type RoleIdentity = {
  readonly id: string;
  /** ARN of the role, in the hub's account. */
  readonly role: string;
  readonly owners: readonly Subject[];
  readonly description: string;
};

export type Person = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Sessions of roles whose trust admits only Identity Center, which alone names their sessions. */
  readonly iam: readonly IamIdentity[];
  /** The immutable id of the user in Identity Center who this is. */
  readonly userId?: string;
  /** Accounts of OIDC issuers. Of a token only `iss` and `sub` together say who somebody is, never an e-mail address. */
  readonly oidc?: readonly OidcIdentity[];
  /** Accounts that the person has linked; not of the configuration, but read with the person when it matters. */
  readonly slack?: readonly SlackIdentity[];
  readonly disabled: boolean;
  /** Only of a caller that is a role and no person: who answers for it. Nobody in `people` has it. */
  readonly owners?: readonly Subject[];
};

export type IamIdentity = { readonly role: string; readonly session: string };
export type OidcIdentity = { readonly issuer: string; readonly subject: string };
export type SlackIdentity = { readonly teamId: string; readonly userId: string };

/** Messages in both directions are signed with `secret` (an ARN). Without `check` it only tells of tickets that were closed. */
export type TicketSystem = {
  readonly secret: string;
  readonly check?: { readonly kind: 'https'; readonly url: string } | { readonly kind: 'event' };
};

/** A person, a group or a role that is not a person, resolved against the directory each time it is asked. */
export type Subject =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'role'; readonly id: string };

/** Somebody who is away lends to others what they may decide by themself. */
export type Delegation = {
  readonly id: string;
  /** Id of the person in whose place others decide. */
  readonly from: string;
  /** Ids of those who may. */
  readonly to: readonly string[];
  readonly starts: Instant;
  /** The first moment at which it stands no more. */
  readonly ends: Instant;
  /** Only for these; for every entitlement when absent. */
  readonly entitlements?: readonly string[];
};

export type Channel = 'slack' | 'console' | 'cli' | 'api';
export const CHANNELS = ['slack', 'console', 'cli', 'api'] as const satisfies readonly Channel[];

export type ApprovalStep = {
  readonly approvers: readonly Subject[];
  readonly approvalsNeeded: number;
  /** How often those who may decide are reminded while the step waits; never when absent. */
  readonly remindEvery?: Duration;
  /** When nobody decided the step for so long, `escalateTo` may decide it as well. The two go together. */
  readonly escalateAfter?: Duration;
  readonly escalateTo?: readonly Subject[];
  /** Where a decision may be made; any channel when empty. */
  readonly channels: readonly Channel[];
};

export type PrincipalPlan =
  | { readonly mode: 'dedicated' }
  | {
      readonly mode: 'role';
      readonly role: string;
      /** Everyone whom the role's trust policy may admit, as written there. A wider trust is refused. */
      readonly assumableBy: readonly string[];
    };

export type OfferedAccess =
  | { readonly kind: 'policy'; readonly policy: AccessPolicyName; readonly scope: 'cluster' }
  | {
      readonly kind: 'policy';
      readonly policy: AccessPolicyName;
      readonly scope: 'namespace';
      readonly namespaces: readonly string[];
    }
  | { readonly kind: 'groups'; readonly kubernetesGroups: readonly string[] };

export type Entitlement = {
  readonly id: string;
  readonly description: string;
  /** Names of `clusters`. */
  readonly clusters: readonly string[];
  readonly access: OfferedAccess;
  readonly principal: PrincipalPlan;
  readonly eligible: readonly Subject[];
  readonly maxDuration: Duration;
  readonly defaultDuration: Duration;
  readonly justification: { readonly required: boolean; readonly minLength: number };
  /** `hook`: a name of `ticketSystems`, which is asked whether the ticket is open, and tells when it is closed. */
  readonly ticket: { readonly required: boolean; readonly pattern?: string; readonly hook?: string };
  readonly approval: {
    readonly autoApprove: boolean;
    readonly steps: readonly ApprovalStep[];
    readonly window: Duration;
  };
  /** Absent: its grants cannot be extended. `maxTotal` bounds the access from its beginning to its last end. */
  readonly extension?: { readonly maxTotal: Duration; readonly autoApprove: boolean };
  /** Who is told of its grants, where that is more or less than the requester and the approvers. */
  readonly notify?: Notify;
  /** All of them have to hold; absent: there are none. Evaluated in `condition.ts`. */
  readonly conditions?: readonly Condition[];
  /** Absent: only with approval. */
  readonly breakGlass?: BreakGlassRule;
  /** SHA-256 of this entitlement's canonical form. */
  readonly digest: string;
};

export type Notifications = {
  /** `secret`: the ARN of a secret with the app's signing secret and bot token, as JSON. */
  readonly slack?: { readonly secret: string };
  readonly webhooks: readonly Webhook[];
};

export type Webhook = {
  readonly name: string;
  readonly url: string;
  /** The ARN of the secret that signs. */
  readonly secret: string;
  /** Types of events; all when empty. */
  readonly events: readonly string[];
  /** Justification and ticket are sent as well. */
  readonly typedText: boolean;
};

export type Notify = {
  readonly slack?: {
    /** The id of a channel: `C…`. */
    readonly channel?: string;
    /** Approvers get direct messages. */
    readonly approvers: boolean;
    /** Who is shown what the requester typed. */
    readonly justification: 'nobody' | 'approvers' | 'channel';
  };
};

/** Access at once, without approval, in mode `role` only: told to everybody, and reviewed. */
export type BreakGlassRule = {
  readonly eligible: readonly Subject[];
  readonly maxDuration: Duration;
  /** Characters. */
  readonly minReason: number;
  /** A regular expression that the whole id of the incident has to match. */
  readonly incidentPattern?: string;
  /** Uses of one person in seven days, of all entitlements together. */
  readonly perWeek: number;
  /** Working days until the review is overdue and keeps the person from the next use. */
  readonly reviewWithin: number;
};

export type Limits = {
  readonly openGrantsPerPerson: number;
  readonly requestsPerPersonAndHour: number;
  /** Requests for one entitlement that wait for a decision. */
  readonly pendingPerEntitlement: number;
  /** Roles of grants in the hub's account: IAM has a quota of its own there. */
  readonly roles: number;
};
