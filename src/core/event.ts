/** What can happen to a grant. Events are the record; the grant is what they add up to (`evolve.ts`). */
import type { Actor, Approval, GrantFacts, Outcome, Preparation, StepBegun, Verdict } from './grant.ts';
import type { HubEventBody } from './hub.ts';
import type { Instant } from './time.ts';

export type EventBody =
  | { readonly type: 'requested'; readonly facts: GrantFacts; readonly begins?: StepBegun }
  | ({ readonly type: 'prepared' } & Preparation)
  /** `begins`: the step that waits from here on, where this completed the one before. */
  | { readonly type: 'approved'; readonly approval: Approval; readonly begins?: StepBegun }
  /** Ids of those who may decide and were told so again. */
  | { readonly type: 'reminded'; readonly step: number; readonly approvers: readonly string[] }
  /** Ids of those who may decide the step from here on as well. */
  | { readonly type: 'escalated'; readonly step: number; readonly to: readonly string[] }
  | { readonly type: 'autoApproved' }
  /** Nobody was asked. Everybody is told. */
  | { readonly type: 'brokeGlass'; readonly incident: string }
  | {
      readonly type: 'reviewed';
      readonly by: string;
      readonly byId: string;
      readonly verdict: Verdict;
      readonly note: string;
    }
  | { readonly type: 'reviewOverdue' }
  | { readonly type: 'scheduled'; readonly startsAt: Instant; readonly expiresAt: Instant }
  /** What will be written, and when it ends, is on record from here on. */
  | { readonly type: 'armed'; readonly expiresAt: Instant }
  /** Read back from EKS, not merely accepted by it. */
  | { readonly type: 'activated'; readonly entryArn: string }
  | { readonly type: 'verified' }
  | { readonly type: 'warned' }
  /** The dedicated role's trust now ends at `until`. */
  | { readonly type: 'narrowed'; readonly until: Instant }
  | {
      readonly type: 'extensionRequested';
      readonly expiresAt: Instant;
      readonly justification: string;
      readonly begins?: StepBegun;
    }
  | { readonly type: 'extensionApproved'; readonly approval: Approval; readonly begins?: StepBegun }
  /** Approved by everyone needed, or by rule. */
  | { readonly type: 'extensionGranted'; readonly autoApproved: boolean }
  | { readonly type: 'extensionDenied'; readonly reason: string; readonly by?: string }
  /** Tag and role go to the later end before this; then it is the expiry. */
  | {
      readonly type: 'extended';
      readonly expiresAt: Instant /** Absent in events of releases that did not. */;
      readonly lookAgain?: true;
    }
  | { readonly type: 'revoking'; readonly outcome: Outcome }
  /** `clusterGone` overrides the reason decided when revoking began. */
  | { readonly type: 'ended'; readonly clusterGone?: true }
  | { readonly type: 'failed' }
  | { readonly type: 'denied'; readonly reason: string; readonly by?: string }
  | { readonly type: 'withdrawn' }
  | { readonly type: 'lapsed' }
  /** A look back after the end. `found` names what was there and was removed: it should never be anything. */
  | { readonly type: 'settled'; readonly found: readonly string[] }
  | { readonly type: 'roleDeleted' }
  /** In the hub's own chain only. */
  | HubEventBody;

type GrantEventType = Exclude<EventBody['type'], HubEventBody['type']>;

/** All that can happen to a grant: webhooks and the published schemas go by it. The hub's own are not among them. */
const TYPES = {
  requested: true,
  prepared: true,
  approved: true,
  reminded: true,
  escalated: true,
  autoApproved: true,
  brokeGlass: true,
  reviewed: true,
  reviewOverdue: true,
  scheduled: true,
  armed: true,
  activated: true,
  verified: true,
  warned: true,
  narrowed: true,
  extensionRequested: true,
  extensionApproved: true,
  extensionGranted: true,
  extensionDenied: true,
  extended: true,
  revoking: true,
  ended: true,
  failed: true,
  denied: true,
  withdrawn: true,
  lapsed: true,
  settled: true,
  roleDeleted: true,
} as const satisfies Record<GrantEventType, true>;
export const EVENT_TYPES = Object.keys(TYPES) as [GrantEventType, ...GrantEventType[]];

/** An event in its place in the chain: `hash` covers everything else, `previous` included. */
export type AuditEvent = Chained<EventBody>;
export type Chained<Body> = {
  /** The grant's, or whatever else has a chain of its own. */
  readonly grantId: string;
  /** 1 for `requested`, then counting. */
  readonly n: number;
  readonly at: Instant;
  readonly actor: Actor;
  readonly body: Body;
  /** The hash of event n - 1; the grant's id for the first. */
  readonly previous: string;
  readonly hash: string;
};

/** What nobody who may end or review it should miss: shown and told more loudly than everything else. */
export const isLoud = ({ body }: Pick<AuditEvent, 'body'>): boolean =>
  body.type === 'brokeGlass' ||
  body.type === 'reviewOverdue' ||
  body.type === 'frozen' ||
  body.type === 'endOrdered' ||
  (body.type === 'reviewed' && body.verdict === 'misuse');
