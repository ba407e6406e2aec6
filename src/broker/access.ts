/**
 * Moves one access entry in EKS to where the record says it should be (I5), and reads back. EKS has no conditional
 * writes: what is ours was put on record before any call here, removal goes by that record, and every call may be
 * repeated, overtaken or lost. Nothing here reads configuration, directory or rules (I8).
 */
import { parseClusterArn, parseRoleArn } from '../core/arn.ts';
import {
  type Claim,
  type DesiredEntry,
  desiredEntry,
  differences,
  isOurs,
  type Ledger,
  type ObservedEntry,
} from '../core/entry.ts';
import type { FailReason, TargetCluster } from '../core/grant.ts';
import type { Instant } from '../core/time.ts';
import { type Eks, NotReady } from './ports.ts';
import { raiseTags } from './raiseTags.ts';

/** Retrying cannot help: the access can never be given as it was decided. */
export class CannotActivate extends Error {
  override name = 'CannotActivate';
  readonly why: FailReason;
  constructor(why: FailReason, detail: string) {
    super(detail);
    this.why = why;
  }
}

/** The entry that we made is gone, and not by us: it stays gone (I5). */
export class RemovedByOthers extends Error {
  override name = 'RemovedByOthers';
}

export type Present = { readonly entryArn: string };

export type Making = {
  /** EKS does not say for how long a token replays an earlier answer: a new one each time, and ours is found by its record. */
  readonly token: string;
  /** When the recorded entry is not there: make it again, come back later, or take it for removed by somebody. */
  readonly ifMissing: 'make' | 'wait' | 'removed';
  /** Told of the entry as soon as EKS has named it, so that it can be recorded even if what follows fails. */
  readonly made: (entryArn: string) => void;
};

/**
 * Makes the entry exactly as the claims want it and answers its ARN once EKS has shown it so. Throws `CannotActivate`,
 * `RemovedByOthers`, or `NotReady` when the same call is worth making again soon.
 */
export async function ensurePresent(
  eks: Eks,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
  making: Making,
): Promise<Present> {
  const desired = desiredEntry(claims);
  const entryArn =
    (ledger.entryArn !== undefined && (await keep(eks, desired, claims, ledger, making))) ||
    (await make(eks, desired, claims, ledger, making));
  if (desired.access.kind === 'policy') await eks.associatePolicy(desired);
  return readBack(eks, desired, entryArn);
}

/** The entry on record, if it is there; undefined if it is to be made again. */
async function keep(
  eks: Eks,
  desired: DesiredEntry,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
  { ifMissing }: Making,
): Promise<string | undefined> {
  const observed = await eks.describeEntry(desired.principalArn);
  if (observed) return adopt(eks, observed, desired, claims, ledger);
  if (ifMissing === 'make') return undefined;
  if (ifMissing === 'wait') throw new NotReady(`the entry of ${desired.principalArn} was made and cannot be seen yet`);
  throw new RemovedByOthers(`the entry of ${desired.principalArn} was made and has been removed by somebody else`);
}

async function make(
  eks: Eks,
  desired: DesiredEntry,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
  { token, made }: Making,
): Promise<string> {
  const created = await eks.createEntry(desired, token);
  if (created) {
    made(created.entryArn);
    return created.entryArn;
  }
  const observed = await eks.describeEntry(desired.principalArn);
  if (!observed) throw new NotReady(`the entry of ${desired.principalArn} exists and cannot be seen yet`);
  return adopt(eks, observed, desired, claims, ledger);
}

/** The principal has an entry: ours from an earlier try or another claim, or somebody's own, which stays untouched. */
async function adopt(
  eks: Eks,
  observed: ObservedEntry,
  desired: DesiredEntry,
  claims: readonly [Claim, ...Claim[]],
  ledger: Ledger,
): Promise<string> {
  const grantIds = [...claims.map((claim) => claim.grantId), ...(ledger.makers ?? [])];
  if (!isOurs(observed, ledger, claims[0].hub, grantIds)) {
    throw new CannotActivate(
      'principalHasStandingEntry',
      `${desired.principalArn} has an access entry that Hallpass did not make (${observed.entryArn}). Remove it, or ask for an entitlement that uses a role of the grant's own.`,
    );
  }
  await raiseTags(eks, observed, desired);
  return observed.entryArn;
}

/** Access is what EKS shows, not what it accepted. Policies that somebody added to an entry of ours are taken off. */
async function readBack(eks: Eks, desired: DesiredEntry, entryArn: string): Promise<Present> {
  const [observed, policies] = await Promise.all([
    eks.describeEntry(desired.principalArn),
    eks.listPolicies(desired.principalArn),
  ]);
  if (!observed || !policies) throw new NotReady(`the entry of ${desired.principalArn} cannot be read back yet`);
  if (observed.entryArn !== entryArn)
    throw new NotReady(`${desired.principalArn} has another entry than the one made or found`);
  const wanted = desired.access.kind === 'policy' ? desired.access.policyArn : undefined;
  for (const policy of policies)
    if (policy.policyArn !== wanted) await eks.disassociatePolicy(desired.principalArn, policy.policyArn);
  const wrong = differences(desired, observed, policies);
  if (wrong.length > 0)
    throw new NotReady(`the entry of ${desired.principalArn} does not read back as decided: ${wrong.join('; ')}`);
  return { entryArn };
}

/** `sent`: a delete went out, and may arrive late. `clusterGone`: the cluster is no more, so neither is the entry. */
export type Absent = { readonly sent: boolean; readonly clusterGone: boolean };

export type Removal = {
  readonly principalArn: string;
  readonly cluster: TargetCluster;
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
  const sent = await (removal.mode === 'dedicated' ? removeDedicated : removeFromRole)(eks, removal);
  const [left, gone] = await Promise.all([eks.describeEntry(removal.principalArn), isClusterGone(eks, removal)]);
  if (left && isOurs(left, removal, removal.hub, removal.grantIds))
    throw new NotReady(`the entry of ${removal.principalArn} is still there`);
  return { sent, clusterGone: gone };
}

/** The principal lies under our own path: the delete is sent whatever a read may show. */
async function removeDedicated(eks: Eks, { principalArn }: Removal): Promise<boolean> {
  await eks.deleteEntry(principalArn);
  return true;
}

/**
 * Somebody may have made an entry of their own since: only the recorded one, or one with our grants' tag, is deleted. In a
 * cluster that was made again under its name, too: a create of ours may have come after it was.
 */
async function removeFromRole(eks: Eks, removal: Removal): Promise<boolean> {
  const [observed] = await Promise.all([eks.describeEntry(removal.principalArn), isClusterGone(eks, removal)]);
  if (!observed || !isOurs(observed, removal, removal.hub, removal.grantIds)) return false;
  await eks.deleteEntry(removal.principalArn);
  return true;
}

const isClusterGone = async (eks: Eks, removal: Removal): Promise<boolean> =>
  showsClusterGone(await eks.describeCluster(), removal);

/** Deleted, or deleted and made again under its name. Throws `NotReady` when whoever answers cannot know. */
export function showsClusterGone(
  found: Awaited<ReturnType<Eks['describeCluster']>>,
  { cluster, clusterCreatedAt }: Pick<Removal, 'cluster' | 'clusterCreatedAt'>,
): boolean {
  if (found && found.arn !== cluster.arn)
    throw new NotReady(`${found.arn} answers for ${cluster.arn}: this is another account or region`);
  if (!found && !asksItsOwnAccount(cluster))
    throw new NotReady(`${cluster.executor} cannot tell whether ${cluster.arn} is gone: it is in another account`);
  return found?.createdAt !== clusterCreatedAt;
}

function asksItsOwnAccount({ arn, region, executor }: TargetCluster): boolean {
  const named = parseClusterArn(arn);
  return named !== undefined && named.region === region && named.account === parseRoleArn(executor)?.account;
}
