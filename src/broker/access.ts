/**
 * Moves one access entry in EKS to where the record says it should be (I5), and reads back. EKS has no conditional
 * writes: what is ours was put on record before any call here, removal goes by that record, and every call may be
 * repeated, overtaken or lost. Nothing here reads configuration, directory or rules (I8).
 */
import {
  type Claim,
  type DesiredEntry,
  desiredEntry,
  differences,
  isOurs,
  type Ledger,
  type ObservedEntry,
  TAGS,
} from '../core/entry.ts';
import type { FailReason } from '../core/grant.ts';
import type { Instant } from '../core/time.ts';
import { type Eks, NotReady } from './ports.ts';

/** Retrying cannot help: the access can never be given as it was decided. */
export class CannotActivate extends Error {
  override name = 'CannotActivate';
  readonly why: FailReason;
  constructor(why: FailReason, detail: string) {
    super(detail);
    this.why = why;
  }
}

export type Present = { readonly entryArn: string };

/**
 * Makes the entry exactly as the claims want it and answers its ARN once EKS has shown it so. Throws `CannotActivate`,
 * or `NotReady` when the same call is worth making again soon.
 */
export async function ensurePresent(eks: Eks, claims: readonly [Claim, ...Claim[]], ledger: Ledger): Promise<Present> {
  const desired = desiredEntry(claims);
  const made = await eks.createEntry(desired, claims[0].grantId);
  if (!made) await adopt(eks, desired, claims, ledger);
  if (desired.access.kind === 'policy') await eks.associatePolicy(desired);
  return readBack(eks, desired, made?.entryArn);
}

/** The principal has an entry: ours from an earlier try or another claim, or somebody's own, which stays untouched. */
async function adopt(
  eks: Eks,
  desired: DesiredEntry,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<void> {
  const observed = await eks.describeEntry(desired.principalArn);
  if (!observed) throw new NotReady(`the entry of ${desired.principalArn} exists and cannot be seen yet`);
  const grantIds = claims.map((claim) => claim.grantId);
  if (!isOurs(observed, ledger, claims[0].hub, grantIds)) {
    throw new CannotActivate(
      'principalHasStandingEntry',
      `${desired.principalArn} has an access entry that Hallpass did not make (${observed.entryArn}). Remove it, or ask for an entitlement that uses a role of the grant's own.`,
    );
  }
  await raiseExpiry(eks, observed, desired);
}

/** The reaper goes by this tag: it is raised before anybody relies on the later end. */
async function raiseExpiry(eks: Eks, observed: ObservedEntry, desired: DesiredEntry): Promise<void> {
  const expires = desired.tags[TAGS.expires] ?? '';
  if ((observed.tags[TAGS.expires] ?? '') < expires) await eks.tagEntry(observed.entryArn, { [TAGS.expires]: expires });
}

/** Access is what EKS shows, not what it accepted. Policies that somebody added to an entry of ours are taken off. */
async function readBack(eks: Eks, desired: DesiredEntry, entryArn: string | undefined): Promise<Present> {
  const [observed, policies] = await Promise.all([
    eks.describeEntry(desired.principalArn),
    eks.listPolicies(desired.principalArn),
  ]);
  if (!observed || !policies) throw new NotReady(`the entry of ${desired.principalArn} cannot be read back yet`);
  if (entryArn !== undefined && observed.entryArn !== entryArn)
    throw new NotReady(`${desired.principalArn} has another entry than the one made`);
  const wanted = desired.access.kind === 'policy' ? desired.access.policyArn : undefined;
  for (const policy of policies)
    if (policy.policyArn !== wanted) await eks.disassociatePolicy(desired.principalArn, policy.policyArn);
  const wrong = differences(desired, observed, policies);
  if (wrong.length > 0)
    throw new NotReady(`the entry of ${desired.principalArn} does not read back as decided: ${wrong.join('; ')}`);
  return { entryArn: observed.entryArn };
}

/** What removing found. `clusterGone`: the cluster itself no longer exists, so neither does the entry. */
export type Absent = { readonly found: boolean; readonly clusterGone: boolean };

export type Removal = {
  readonly principalArn: string;
  readonly clusterArn: string;
  readonly clusterCreatedAt: Instant;
  readonly hub: string;
  readonly mode: 'dedicated' | 'role';
  /** The recorded entry, if it came to be recorded. */
  readonly entryArn?: string;
  /** Grants whose tag marks an entry of a standing role as ours. */
  readonly grantIds: readonly string[];
};

/**
 * Removes what is ours and answers once EKS has shown it gone. "Not found" counts only if the cluster itself answers: a
 * 404 of another account or region is not "gone". Throws `NotReady` while the entry is still there.
 */
export async function ensureAbsent(eks: Eks, removal: Removal): Promise<Absent> {
  const found = removal.mode === 'dedicated' ? await removeDedicated(eks, removal) : await removeFromRole(eks, removal);
  if (found === 'clusterGone') return { found: false, clusterGone: true };
  const [left, cluster] = await Promise.all([eks.describeEntry(removal.principalArn), eks.describeCluster()]);
  if (!cluster || cluster.arn !== removal.clusterArn || cluster.createdAt !== removal.clusterCreatedAt)
    return { found, clusterGone: true };
  if (left && oursByRecord(left, removal)) throw new NotReady(`the entry of ${removal.principalArn} is still there`);
  return { found, clusterGone: false };
}

/** The principal lies under our own path: the delete is sent whatever a read may show. */
async function removeDedicated(eks: Eks, removal: Removal): Promise<boolean | 'clusterGone'> {
  await eks.deleteEntry(removal.principalArn);
  return true;
}

/** Somebody may have made an entry of their own since: only the recorded one, or one with our grant's tag, is deleted. */
async function removeFromRole(eks: Eks, removal: Removal): Promise<boolean | 'clusterGone'> {
  const [observed, cluster] = await Promise.all([eks.describeEntry(removal.principalArn), eks.describeCluster()]);
  if (!cluster || cluster.createdAt !== removal.clusterCreatedAt) return 'clusterGone';
  if (!observed || !oursByRecord(observed, removal)) return false;
  await eks.deleteEntry(removal.principalArn);
  return true;
}

const oursByRecord = (observed: ObservedEntry, removal: Removal): boolean =>
  isOurs(
    observed,
    { mode: removal.mode, ...(removal.entryArn !== undefined && { entryArn: removal.entryArn }) },
    removal.hub,
    removal.grantIds,
  );
