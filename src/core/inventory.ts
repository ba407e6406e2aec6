/** What does not agree between an access entry, as EKS shows it, and what is on record of it. Reported, never acted upon. */
import {
  type Claim,
  desiredEntry,
  differences,
  isOurs,
  type Ledger,
  type ObservedEntry,
  type ObservedPolicy,
  TAGS,
} from './entry.ts';
import type { Grant } from './grant.ts';
import { isOver } from './grant.ts';
import { markedEnd } from './overdue.ts';
import { type Instant, latest, plus, seconds } from './time.ts';

export type FindingKind =
  /** Ours by record or tag, and no grant holds it. */
  | 'entryWithoutClaim'
  /** A grant is active, and its entry is not there. */
  | 'claimWithoutEntry'
  /** A grant is active, and its standing role has an entry that Hallpass did not make. */
  | 'entryReplaced'
  /** Username, groups, policy or scope are not as decided, or there are policies more. */
  | 'differs'
  /** The reaper goes by these tags. */
  | 'tagDiffers'
  /** Past the end of every grant that holds it, and past the time that the hub takes. */
  | 'overdue'
  /** Our tag on an entry whose principal is none of ours. */
  | 'foreignTag'
  /** A role under our path that no grant needs, and whose deletion is not owed. */
  | 'orphanRole';

/** `alarm`: somebody may have access who should not, or the other way round. */
export type Finding = { readonly kind: FindingKind; readonly level: 'warn' | 'alarm'; readonly detail: string };

/** One principal in one cluster, read between two equal readings of the record. */
export type EntryView = {
  readonly hub: string;
  readonly mode: 'dedicated' | 'role';
  readonly ledger?: Ledger;
  readonly claims: readonly Claim[];
  /** States of the grants that hold claims. */
  readonly states: readonly Grant['state'][];
  readonly observed?: ObservedEntry;
  readonly policies: readonly ObservedPolicy[];
};

/** What the hub promises: the end, and the sweeper's time after it. */
const HUB_TAKES = seconds(90);

export function findingsOf(view: EntryView, now: Instant): Finding[] {
  const { claims, observed } = view;
  const [first, ...others] = claims;
  if (!first) return observed && isClaimedByUs(view, observed) ? [withoutClaim(observed)] : [];
  const until = latest(first.expiresAt, ...others.map((claim) => claim.expiresAt));
  const late = plus(until, HUB_TAKES) < now;
  if (!observed) return isSettled(view) && !late ? [missing(first)] : [];
  if (late) return [finding('overdue', 'alarm', `it should have been gone since ${new Date(until).toISOString()}`)];
  if (!isSettled(view)) return [];
  const { hub, ledger, mode } = view;
  const grantIds = claims.map((claim) => claim.grantId);
  const known = { mode, ...(ledger?.entryArn !== undefined && { entryArn: ledger.entryArn }) };
  if (!isOurs(observed, known, hub, grantIds))
    return [finding('entryReplaced', 'alarm', `${observed.entryArn} is not the entry that was made`)];
  const wrong = differences(desiredEntry([first, ...others]), observed, view.policies);
  const drift = wrong.length > 0 ? [finding('differs', 'alarm', wrong.join('; '))] : [];
  return [...drift, ...tagFindings(observed, hub, until)];
}

/** While one is being made or removed, nothing of the entry can be said to be wrong. */
const isSettled = ({ states, ledger }: EntryView): boolean =>
  ledger?.removingSince === undefined && states.length > 0 && states.every((state) => state === 'active');

/** Nobody else makes entries under our path; on a standing role the record or the tag says that it is ours. */
function isClaimedByUs({ mode, ledger, hub }: EntryView, observed: ObservedEntry): boolean {
  if (mode === 'dedicated') return true;
  return observed.entryArn === ledger?.entryArn || observed.tags[TAGS.hub] === hub;
}

function tagFindings(observed: ObservedEntry, hub: string, until: Instant): Finding[] {
  const { tags } = observed;
  if (tags[TAGS.hub] !== hub)
    return [finding('tagDiffers', 'alarm', `${TAGS.hub} is ${tags[TAGS.hub] ?? 'missing'}: the reaper cannot end it`)];
  const expires = markedEnd(observed);
  if (expires === undefined)
    return [finding('tagDiffers', 'alarm', `${TAGS.expires} cannot be read: the reaper cannot end it`)];
  if (expires < until)
    return [finding('tagDiffers', 'alarm', `${TAGS.expires} is too early: the reaper would end it before its time`)];
  // Later is what a longer grant leaves behind that was ended early; or somebody put the reaper off.
  return expires > until
    ? [finding('tagDiffers', 'warn', `${TAGS.expires} is later than any grant: the reaper would end it late`)]
    : [];
}

const withoutClaim = ({ entryArn }: ObservedEntry): Finding =>
  finding('entryWithoutClaim', 'alarm', `no grant holds ${entryArn}`);

const missing = ({ grantId }: Claim): Finding =>
  finding('claimWithoutEntry', 'alarm', `grant ${grantId} is active and has no entry`);

/** A role that a pending grant's approver is about to need is no orphan (F9), nor is one whose deletion is owed. */
export function roleFindings(roleArn: string, grant: Grant | undefined): Finding[] {
  if (!grant || grant.principal.arn !== roleArn)
    return [finding('orphanRole', 'warn', 'no grant is on record for this role')];
  if (!isOver(grant) || grant.aftercare.role === 'owed') return [];
  return [finding('orphanRole', 'warn', `grant ${grant.id} is ${grant.state} and the role is still there`)];
}

export const foreignTag = ({ entryArn, type }: ObservedEntry): Finding =>
  finding('foreignTag', 'alarm', `${entryArn}, of type ${type}, bears this hub's tag and is not this hub's`);

const finding = (kind: FindingKind, level: Finding['level'], detail: string): Finding => ({ kind, level, detail });
