/**
 * A grant: one request and its whole life. What is fixed when it is asked for is `GrantFacts`; what changes is the
 * state, and it changes only by events (`evolve.ts`), along `TRANSITIONS`.
 */
import type { Access } from './access.ts';
import type { Channel } from './configuration.ts';
import type { GrantId } from './id.ts';
import type { Duration, Instant } from './time.ts';

export type GrantFacts = {
  readonly id: GrantId;
  readonly hub: string;
  /** The id of the DynamoDB table that the grant was made in. In another table (a restore) it can only be ended. */
  readonly tableId: string;
  readonly requester: Requester;
  readonly entitlement: { readonly id: string; readonly digest: string };
  /** Digest of the configuration in force when it was asked for. */
  readonly configuration: string;
  readonly cluster: TargetCluster;
  readonly access: Access;
  readonly principal: Principal;
  readonly duration: Duration;
  readonly requestedAt: Instant;
  /** When the request lapses if nobody has decided. */
  readonly decideBy: Instant;
  readonly startAt?: Instant;
  readonly justification: string;
  readonly ticket?: string;
  /** The system that the ticket is of: when it is closed there, the grant ends. */
  readonly ticketSystem?: string;
  readonly warnBefore: Duration;
  /** Absent for a grant that was asked for by itself. */
  readonly batch?: Batch;
  readonly breakGlass?: BrokenGlass;
};

/** What was asked for in one request on several clusters: decided together, each grant with a life of its own. */
export type Batch = {
  /** The id of the first of them. */
  readonly id: GrantId;
  /** All of them, in the order of asking. */
  readonly grants: readonly { readonly id: GrantId; readonly cluster: string }[];
};

/** Why there was no time for an approval, and what could not be asked of IAM then. */
export type BrokenGlass = {
  readonly incident: string;
  readonly reviewBy: Instant;
  /** When the trust of the role was last seen to be no wider than it may be; undefined if nothing was known of it. */
  readonly trustCheckedAt?: Instant;
  /** Made with the hub down, with sealed credentials, and imported: EKS's word for it, and whose it says that it is. */
  readonly emergency?: {
    readonly madeAt: Instant;
    readonly person: string;
    readonly entryArn: string;
    /** ARN of the session that made it, by CloudTrail; undefined where EKS showed the entry before CloudTrail was asked. */
    readonly madeBy?: string;
  };
};

export type Verdict = 'ok' | 'followUp' | 'misuse';

export type Review = {
  readonly owedSince: Instant;
  readonly dueBy: Instant;
  readonly reminders: number;
  readonly done?: {
    readonly at: Instant;
    readonly by: string;
    readonly byId: string;
    readonly verdict: Verdict;
    readonly note: string;
  };
};

export type Requester = {
  readonly id: string;
  readonly name: string;
  /** What the person was known by when asking: nobody known by any of it may approve. */
  readonly identifiers: readonly string[];
  readonly channel: Channel;
  /** Of a role that is not a person: what its owners were known by when it asked. None of them may approve. */
  readonly owners?: readonly string[];
};

/** All that is needed to find the cluster again without any configuration. */
export type TargetCluster = {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly executor: string;
  /** Absent: no access that can write aws-auth, should the cluster read it. */
  readonly acceptsAwsAuthRisk?: true;
};

export type Principal =
  | {
      readonly mode: 'dedicated';
      readonly arn: string;
      readonly path: string;
      readonly roleName: string;
      /** The only session that may assume the role: `aws:userid`, which AWS sets and nobody chooses. */
      readonly trusts: { readonly role: string; readonly userId: string };
    }
  | {
      readonly mode: 'role';
      readonly arn: string;
      /** Principals of the role's trust policy, as the entitlement lists them. */
      readonly assumableBy: readonly string[];
      /** People who can use the access while it is there, by name. */
      readonly opensTo: readonly string[];
    };

export type Actor =
  | {
      readonly kind: 'person';
      readonly id: string;
      readonly name: string;
      readonly channel: Channel;
      readonly proof: string;
    }
  | { readonly kind: 'system'; readonly part: 'workflow' | 'sweeper' | 'api' | 'tickets' };

export type Approval = {
  readonly personId: string;
  /** Accounts that the person had linked: whoever asked under one of them is not somebody else. Absent: none. */
  readonly knownAs?: readonly string[];
  readonly name: string;
  readonly step: number;
  readonly channel: Channel;
  readonly at: Instant;
  /** Given in the place of somebody who may decide, by their delegation. */
  readonly onBehalfOf?: { readonly personId: string; readonly name: string; readonly delegation: string };
};

/** How the step that a decision waits in is kept moving, as the rules had it when the step began. */
export type StepBegun = {
  readonly step: number;
  readonly remindEvery?: Duration;
  readonly escalateAfter?: Duration;
};
export type Waiting = StepBegun & {
  readonly since: Instant;
  readonly reminders: number;
  readonly remindedAt?: Instant;
};

export type EndReason = 'expired' | 'endedEarly' | 'removedExternally' | 'clusterGone' | 'personLeft';

/** Why access that was decided never came to be. */
export type FailReason =
  | 'principalHasStandingEntry'
  | 'principalInUse'
  | 'trustTooWide'
  | 'roleGone'
  | 'roleReplaced'
  | 'clusterGone'
  | 'clusterReplaced'
  | 'authenticationMode'
  | 'awsAuthWritable'
  | 'neverActive'
  | 'restored';

/** Where revoking leads, decided when it begins. */
export type Outcome =
  | { readonly state: 'ended'; readonly reason: EndReason; readonly by?: string; readonly note?: string }
  | { readonly state: 'failed'; readonly reason: FailReason; readonly note?: string }
  | { readonly state: 'denied'; readonly reason: string; readonly by?: string };

/** What is still to be done for a grant whose life is over. It never brings the grant back. */
export type Aftercare = {
  /** How many of the settle passes have been made; all of them for a grant that was never armed. */
  readonly settlePasses: number;
  /** A dedicated role is deleted once no access hangs on it. */
  readonly role: 'none' | 'owed' | 'deleted';
};

/** What Prepare found: the cluster as it was when the grant was asked for, and the role made for it. */
export type Preparation = {
  readonly clusterCreatedAt: Instant;
  readonly roleId: string;
  /** Where kubectl finds the cluster, for people who may not describe it themselves. */
  readonly endpoint?: string;
  /** Base64 of the PEM certificate of the cluster's authority. */
  readonly certificateAuthorityData?: string;
};

type Common = GrantFacts & {
  readonly approvals: readonly Approval[];
  readonly autoApproved: boolean;
  /** Steps that more people may decide, because nobody did in time. */
  readonly escalated?: readonly number[];
  readonly preparation?: Preparation;
  /** Owed for every use of break-glass. */
  readonly review?: Review;
};

export type Pending = Common & { readonly state: 'pending'; readonly waiting?: Waiting };
export type Scheduled = Common & {
  readonly state: 'scheduled';
  readonly startsAt: Instant;
  readonly expiresAt: Instant;
};
export type Activating = Common & {
  readonly state: 'activating';
  readonly armedAt: Instant;
  readonly expiresAt: Instant;
};
/** More time, asked for while the access lives. Until it is granted and carried out the old expiry stands. */
export type Extension = {
  readonly requestedAt: Instant;
  /** When the access would end. */
  readonly expiresAt: Instant;
  readonly justification: string;
  readonly approvals: readonly Approval[];
  readonly autoApproved: boolean;
  readonly escalated?: readonly number[];
  readonly waiting?: Waiting;
  /** Decided with yes; what carries it out decides again. */
  readonly granted: boolean;
};

export type Active = Common & {
  readonly state: 'active';
  readonly armedAt: Instant;
  readonly activatedAt: Instant;
  readonly expiresAt: Instant;
  readonly entryArn: string;
  readonly verified: boolean;
  readonly warned: boolean;
  /** When the end was last moved: what was written with the earlier one in mind may still come. */
  readonly extendedAt?: Instant;
  /** Until when the dedicated role can be assumed, as last written to IAM; undefined while it is the latest possible end. */
  readonly assumableUntil?: Instant;
  readonly extension?: Extension;
};
export type Revoking = Common & {
  readonly state: 'revoking';
  readonly since: Instant;
  readonly armedAt: Instant;
  readonly activatedAt?: Instant;
  readonly expiresAt: Instant;
  readonly entryArn?: string;
  readonly outcome: Outcome;
};
type Over = Common & { readonly at: Instant; readonly aftercare: Aftercare };
export type Ended = Over & {
  readonly state: 'ended';
  readonly activatedAt?: Instant;
  readonly expiresAt: Instant;
  readonly reason: EndReason;
  readonly by?: string;
  readonly note?: string;
};
export type Failed = Over & {
  readonly state: 'failed';
  readonly expiresAt: Instant;
  readonly reason: FailReason;
  readonly note?: string;
};
export type Denied = Over & {
  readonly state: 'denied';
  /** Only if it had been armed: something may have been written for it. */
  readonly expiresAt?: Instant;
  readonly reason: string;
  readonly by?: string;
};
export type Withdrawn = Over & { readonly state: 'withdrawn' };
export type Lapsed = Over & { readonly state: 'lapsed' };

export type Grant = Pending | Scheduled | Activating | Active | Revoking | Ended | Failed | Denied | Withdrawn | Lapsed;
export type State = Grant['state'];

/** What is fixed once it is known: the facts from the request on, the preparation from Prepare on. */
export type Fixed = keyof GrantFacts | 'preparation';
/** What becomes of the grant: all of it that is not fixed. */
export type Standing = Grant extends infer One ? (One extends Grant ? Omit<One, Fixed> : never) : never;
export type OverGrant = Extract<Grant, { aftercare: Aftercare }>;
/** A grant for which something may have been written to EKS and not been found gone. */
export type ArmedGrant = Activating | Active | Revoking;

/** Which state may follow which. What is not here cannot happen: `evolve` throws. */
export const TRANSITIONS = {
  pending: ['scheduled', 'activating', 'denied', 'withdrawn', 'lapsed'],
  scheduled: ['activating', 'denied', 'withdrawn'],
  activating: ['active', 'revoking'],
  active: ['revoking'],
  revoking: ['ended', 'failed', 'denied'],
  ended: [],
  failed: [],
  denied: [],
  withdrawn: [],
  lapsed: [],
} as const satisfies Record<State, readonly State[]>;

export const isOver = (grant: Grant): grant is OverGrant => 'aftercare' in grant;
export const isArmed = (grant: Grant): grant is ArmedGrant =>
  grant.state === 'activating' || grant.state === 'active' || grant.state === 'revoking';

/** The other grants of the same request; none for one that was asked for by itself. */
export const siblingsOf = ({ id, batch }: Pick<GrantFacts, 'id' | 'batch'>): readonly GrantId[] =>
  (batch?.grants ?? []).map((one) => one.id).filter((other) => other !== id);

/** When the grant's access ends, or would, once that is known. */
export const expiryOf = (grant: Grant): Instant | undefined => ('expiresAt' in grant ? grant.expiresAt : undefined);

/** The latest moment at which the grant could end, whatever happens: what a dedicated role is dated with at first. */
export function latestEnd(facts: GrantFacts): Instant {
  return (Math.max(facts.startAt ?? facts.decideBy, facts.decideBy) + facts.duration) as Instant;
}
