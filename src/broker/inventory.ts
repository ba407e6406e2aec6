/**
 * Compares what EKS and IAM show with what is on record, and says what does not agree. It only reports: putting things
 * right by a difference would let a stale read, or whoever can write a tag, decide what is removed (I4).
 */

import { canonicalJson } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import { type EntryKey, type ObservedEntry, TAGS } from '../core/entry.ts';
import type { Grant, TargetCluster } from '../core/grant.ts';
import { isArmed } from '../core/grant.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import {
  type EntryView,
  type Finding,
  type FindingKind,
  findingsOf,
  foreignTag,
  roleFindings,
} from '../core/inventory.ts';
import { type Mark, mayBeOurs } from '../core/overdue.ts';
import { hours, type Instant } from '../core/time.ts';
import { inLanes } from './lanes.ts';
import type { Eks, Log, Store } from './ports.ts';
import { seenCluster } from './seenClusters.ts';
import type { SeenCluster, SeenClusters } from './seenPorts.ts';

export type InventoryEks = Pick<Eks, 'describeEntry' | 'listPolicies'> & {
  /** Throws when the cluster does not answer, a 404 included. */
  listPrincipals(): Promise<readonly string[]>;
};

export type InventoryDeps = {
  readonly config: () => Configuration;
  readonly store: Pick<Store, 'readEntry' | 'readGrant'> & {
    /** Ids of all grants for which anything is still to be done. */
    openGrants(): Promise<readonly GrantId[]>;
  };
  readonly eks: (target: TargetCluster) => InventoryEks;
  /** ARNs of the roles under the hub's own path. */
  /** Kept for readers. */
  readonly keepSeen: SeenClusters['keep'];
  readonly listRoles: () => Promise<readonly string[]>;
  readonly now: () => Instant;
  readonly log: Log;
};

export type Inventory = {
  readonly clusters: number;
  readonly clustersFailed: number;
  /** Principals of this hub that have an entry or should have one. */
  readonly entries: number;
  readonly roles: number;
  readonly rolesFailed: boolean;
  /** What could not be read, and what no look could be had at between two changes. */
  readonly unread: number;
  readonly findings: Readonly<Partial<Record<FindingKind, number>>>;
};

const LANES = 4;
/** Entries of others looked at in one run of one cluster; the next run goes on where this one stopped. */
const OTHERS_PER_RUN = 200;
const LOOKS = 3;

/** Answers what it counted; every finding is a line of the log. It throws only when the table does not answer. */
export async function takeInventory(deps: InventoryDeps): Promise<Inventory> {
  const config = deps.config();
  const grants = (await inLanes(await deps.store.openGrants(), LANES, (id) => deps.store.readGrant(id))).flatMap(
    (stored) => (stored && isArmed(stored.grant) ? [stored.grant] : []),
  );
  const mark = markOf(config, grants);
  const clusters = await Promise.all(
    clustersOf(config, grants).map((cluster) => inspectCluster(deps, mark, cluster, grants)),
  );
  const roles = await inspectRoles(deps, mark);
  const parts = [...clusters, roles];
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const inventory = {
    clusters: clusters.length,
    clustersFailed: clusters.filter((part) => part.failed).length,
    entries: clusters.reduce((total, part) => total + part.seen, 0),
    roles: roles.seen,
    rolesFailed: roles.failed,
    unread: sum((part) => part.unread),
    findings: countByKind(parts.flatMap((part) => part.findings)),
  };
  deps.log('info', 'InventoryCompleted', inventory);
  return inventory;
}

type Part = {
  readonly seen: number;
  readonly unread: number;
  readonly failed: boolean;
  readonly findings: readonly Finding[];
};
const FAILED: Part = { seen: 0, unread: 0, failed: true, findings: [] };

const countByKind = (findings: readonly Finding[]): Partial<Record<FindingKind, number>> =>
  Object.fromEntries([...Map.groupBy(findings, (found) => found.kind)].map(([kind, all]) => [kind, all.length]));

/** Roles and clusters that are no longer configured are still looked at while a grant uses them. */
function markOf(config: Configuration, grants: readonly Grant[]): Mark {
  const configured = Object.values(config.entitlements).flatMap(({ principal }) =>
    principal.mode === 'role' ? [principal.role] : [],
  );
  const used = grants.flatMap(({ principal }) => (principal.mode === 'role' ? [principal.arn] : []));
  return {
    hub: config.hub,
    path: `arn:${config.partition}:iam::${config.account}:role/hallpass/${config.hub}/`,
    standingRoles: new Set([...configured, ...used]),
  };
}

function clustersOf(config: Configuration, grants: readonly Grant[]): TargetCluster[] {
  const all = [...grants.map((grant) => grant.cluster), ...Object.values(config.clusters)];
  return [...new Map(all.map((cluster) => [cluster.arn, cluster])).values()];
}

async function inspectCluster(
  deps: InventoryDeps,
  mark: Mark,
  cluster: TargetCluster,
  grants: readonly Grant[],
): Promise<Part> {
  const eks = deps.eks(cluster);
  try {
    const listed = await eks.listPrincipals();
    const now = deps.now();
    const expected = grants.flatMap((grant) => (grant.cluster.arn === cluster.arn ? [grant.principal.arn] : []));
    const own = new Set([...expected, ...listed.filter((arn) => mayBeOurs(arn, mark))]);
    await keepSeen(deps, seenCluster(cluster.arn, now, listed, own));
    const others = turnOf(
      listed.filter((arn) => !own.has(arn)),
      deps.now(),
    );
    const looks = [
      ...[...own].map((arn) => () => inspectEntry(deps, mark, eks, { clusterArn: cluster.arn, principalArn: arn })),
      ...others.map((arn) => () => inspectOther(mark, eks, arn)),
    ];
    const results = await inLanes(looks, LANES, (look) => guarded(deps, { cluster: cluster.name }, look));
    return { seen: own.size, failed: false, ...collected(results) };
  } catch (error) {
    deps.log('warn', 'the inventory could not list the entries of a cluster', {
      cluster: cluster.name,
      error: String(error),
    });
    return FAILED;
  }
}

/** Readers wait an hour longer should this fail; the inventory goes on. */
async function keepSeen({ keepSeen: keep, log }: InventoryDeps, seen: SeenCluster): Promise<void> {
  await keep(seen).catch((error: unknown) => {
    log('warn', 'what the inventory saw of a cluster could not be kept', { cluster: seen.arn, error: String(error) });
  });
}

/** Describing is one call an entry: of many entries a part is looked at each hour, by turns. */
function turnOf(others: readonly string[], now: Instant): readonly string[] {
  const turns = Math.max(1, Math.ceil(others.length / OTHERS_PER_RUN));
  const start = (Math.floor(now / hours(1)) % turns) * OTHERS_PER_RUN;
  return others.slice(start, start + OTHERS_PER_RUN);
}

type Look = { readonly about: Readonly<Record<string, unknown>>; readonly findings: readonly Finding[] };

/** Undefined when it could not be read. */
async function guarded(
  deps: InventoryDeps,
  where: Readonly<Record<string, unknown>>,
  look: () => Promise<Look | undefined>,
): Promise<readonly Finding[] | undefined> {
  try {
    const found = await look();
    for (const { kind, level, detail } of found?.findings ?? [])
      deps.log(level, 'the inventory found something', { finding: kind, detail, ...where, ...found?.about });
    return found?.findings;
  } catch (error) {
    deps.log('warn', 'the inventory could not read something', { ...where, error: String(error) });
    return undefined;
  }
}

const collected = (results: readonly (readonly Finding[] | undefined)[]): Pick<Part, 'unread' | 'findings'> => ({
  unread: results.filter((result) => result === undefined).length,
  findings: results.flatMap((result) => result ?? []),
});

/** Between two readings of the record that agree, so that a grant that begins or ends meanwhile is no finding. */
async function inspectEntry(
  deps: InventoryDeps,
  mark: Mark,
  eks: InventoryEks,
  key: EntryKey,
): Promise<Look | undefined> {
  const about = { principalArn: key.principalArn };
  for (let look = 0; look < LOOKS; look++) {
    const before = await recordOf(deps, key);
    const [observed, policies] = await Promise.all([
      eks.describeEntry(key.principalArn),
      eks.listPolicies(key.principalArn),
    ]);
    const after = await recordOf(deps, key);
    // DynamoDB names the attributes of an item in whatever order.
    if (canonicalJson(before) !== canonicalJson(after)) continue;
    const mode = key.principalArn.startsWith(mark.path) ? 'dedicated' : 'role';
    const view = { hub: mark.hub, mode, ...before, ...(observed && { observed }), policies: policies ?? [] } as const;
    return { about, findings: findingsOf(view, deps.now()) };
  }
  return undefined;
}

async function recordOf(
  { store }: InventoryDeps,
  key: EntryKey,
): Promise<Pick<EntryView, 'ledger' | 'claims' | 'states'>> {
  const entry = await store.readEntry(key);
  const held = await Promise.all(
    entry.claims.map(async (claim) => ({ claim, grant: (await store.readGrant(claim.grantId as GrantId))?.grant })),
  );
  // A claim that its grant left behind holds nothing.
  const live = held.flatMap(({ claim, grant }) => (grant && isArmed(grant) ? [{ claim, state: grant.state }] : []));
  return { ...entry, claims: live.map(({ claim }) => claim), states: live.map(({ state }) => state) };
}

async function inspectOther({ hub }: Mark, eks: InventoryEks, principalArn: string): Promise<Look> {
  const observed: ObservedEntry | undefined = await eks.describeEntry(principalArn);
  const findings = observed && observed.tags[TAGS.hub] === hub ? [foreignTag(observed)] : [];
  return { about: { principalArn }, findings };
}

async function inspectRoles(deps: InventoryDeps, { hub }: Mark): Promise<Part> {
  try {
    const roles = await deps.listRoles();
    const results = await inLanes(roles, LANES, (roleArn) =>
      guarded(deps, { roleArn }, async () => {
        const id = parseGrantId(roleArn.slice(roleArn.lastIndexOf('/') + 1).replace(`hallpass-${hub}-`, ''));
        const stored = id && (await deps.store.readGrant(id));
        return { about: {}, findings: roleFindings(roleArn, stored?.grant) };
      }),
    );
    return { seen: roles.length, failed: false, ...collected(results) };
  } catch (error) {
    deps.log('warn', "the inventory could not list the hub's roles", { error: String(error) });
    return FAILED;
  }
}
