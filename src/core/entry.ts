/** The access entry that a grant wants, and what Hallpass has on record of the entry that it made. */
import { type Access, type AccessScope, sameScope } from './access.ts';
import type { Grant, GrantFacts, TargetCluster } from './grant.ts';
import { type Instant, latest, toIso } from './time.ts';

/** One entry of one principal in one cluster; both ARNs name exactly one thing. */
export type EntryKey = { readonly clusterArn: string; readonly principalArn: string };

/**
 * One live grant's hold on an entry, with all that its end needs, copied when it was made: no configuration, directory
 * or rule is asked on the way out (I8).
 */
export type Claim = EntryKey & {
  readonly grantId: string;
  readonly hub: string;
  /** The table that the grant was made in: a claim that a restored table brings back holds nothing. */
  readonly tableId: string;
  readonly cluster: TargetCluster;
  readonly clusterCreatedAt: Instant;
  readonly mode: 'dedicated' | 'role';
  readonly principalId: string;
  readonly access: Access;
  readonly username?: string;
  readonly expiresAt: Instant;
  readonly entitlement: { readonly id: string; readonly digest: string };
  readonly configuration: string;
};

/** What is ours in one cluster for one principal: written before the call that makes it so, kept until found gone. */
export type Ledger = EntryKey & {
  readonly mode: 'dedicated' | 'role';
  /** EKS gives every entry a UUID: this very one is ours, not a later one of the same principal. */
  readonly entryArn?: string;
  /** Grants armed here whose writes may still come: what carries the tag of one of them is ours, recorded or not. */
  readonly makers?: readonly string[];
  /** A removal is under way: nobody builds on the entry meanwhile. */
  readonly removingSince?: Instant;
  /** When a delete was last sent, whose late effect a later claim may have to undo. */
  readonly deletedAt?: Instant;
  readonly version: number;
};

/** The entry as it should be, or as EKS describes it. */
export type DesiredEntry = {
  readonly principalArn: string;
  /** Left to EKS for `role`: several people may be behind it. */
  readonly username?: string;
  readonly access: Access;
  readonly tags: Readonly<Record<string, string>>;
};

export type ObservedEntry = {
  readonly entryArn: string;
  readonly principalArn: string;
  readonly type: string;
  readonly username: string;
  readonly kubernetesGroups: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt?: Instant;
};

export type ObservedPolicy = {
  readonly policyArn: string;
  readonly accessScope: { readonly type: string; readonly namespaces: readonly string[] };
};

export const TAGS = {
  hub: 'hallpass:hub',
  grant: 'hallpass:grant',
  expires: 'hallpass:expires',
  person: 'hallpass:person',
} as const;

export const entryKeyText = (key: EntryKey): string => `${key.clusterArn}#${key.principalArn}`;

export function claimOf(grant: Grant & { readonly expiresAt: Instant }): Claim {
  const { principal, preparation } = grant;
  if (!preparation) throw new Error(`grant ${grant.id} cannot hold an entry before it is prepared`);
  return {
    clusterArn: grant.cluster.arn,
    principalArn: principal.arn,
    grantId: grant.id,
    hub: grant.hub,
    tableId: grant.tableId,
    cluster: grant.cluster,
    clusterCreatedAt: preparation.clusterCreatedAt,
    mode: principal.mode,
    principalId: preparation.roleId,
    access: grant.access,
    ...(principal.mode === 'dedicated' && { username: usernameOf(grant) }),
    expiresAt: grant.expiresAt,
    entitlement: grant.entitlement,
    configuration: grant.configuration,
  };
}

/** A literal, so that the Kubernetes audit log names grant and person whatever the session is called. */
export const usernameOf = (grant: GrantFacts): string => `hallpass:${grant.id}:${grant.requester.id}`;

/** What the claims on one principal add up to. All of them give the same access (checked before one is made). */
export function desiredEntry(claims: readonly [Claim, ...Claim[]]): DesiredEntry {
  const [first, ...others] = claims;
  const expires = latest(first.expiresAt, ...others.map((claim) => claim.expiresAt));
  return {
    principalArn: first.principalArn,
    ...(first.username !== undefined && { username: first.username }),
    access: first.access,
    tags: { [TAGS.hub]: first.hub, [TAGS.grant]: first.grantId, [TAGS.expires]: toIso(expires) },
  };
}

/**
 * Is the entry that EKS describes one that this hub made? A dedicated principal lies under the hub's own path, where
 * nobody else makes entries; for a standing role only the recorded entry counts, or one with the tag of a grant whose
 * create may have come without being recorded: after a crash, or late. No other tag makes anything ours (I4).
 */
export function isOurs(
  observed: ObservedEntry,
  ledger: Pick<Ledger, 'mode' | 'entryArn'>,
  hub: string,
  grantIds: readonly string[],
): boolean {
  if (observed.type !== 'STANDARD') return false;
  if (ledger.mode === 'dedicated') return true;
  if (ledger.entryArn !== undefined && observed.entryArn === ledger.entryArn) return true;
  return observed.tags[TAGS.hub] === hub && grantIds.includes(observed.tags[TAGS.grant] ?? '');
}

/** What differs between the entry as it should be and as it was read back; empty when they agree. */
export function differences(
  desired: DesiredEntry,
  observed: ObservedEntry,
  policies: readonly ObservedPolicy[],
): string[] {
  const found: string[] = [];
  const groups = desired.access.kind === 'groups' ? desired.access.kubernetesGroups : [];
  if (observed.type !== 'STANDARD') found.push(`type ${observed.type}`);
  if (desired.username !== undefined && observed.username !== desired.username)
    found.push(`username ${observed.username}`);
  if ([...observed.kubernetesGroups].sort().join() !== [...groups].sort().join())
    found.push(`groups ${observed.kubernetesGroups.join(', ')}`);
  const { access } = desired;
  const wanted = access.kind === 'policy' ? access : undefined;
  const has = wanted && policies.find((policy) => policy.policyArn === wanted.policyArn);
  if (wanted && !has) found.push(`policy ${wanted.policyArn} is missing`);
  if (wanted && has && !sameScope(wanted.accessScope, scopeOf(has))) found.push(`scope of ${wanted.policyArn}`);
  for (const policy of policies)
    if (policy.policyArn !== wanted?.policyArn) found.push(`policy ${policy.policyArn} was added`);
  return found;
}

export const scopeOf = ({ accessScope }: ObservedPolicy): AccessScope =>
  accessScope.type === 'cluster' ? { type: 'cluster' } : { type: 'namespace', namespaces: accessScope.namespaces };
