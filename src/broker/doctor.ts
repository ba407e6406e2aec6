/**
 * Looks at everything that an installation stands on, and says what is wrong and what to do. It changes nothing, and
 * every look is by itself: one that fails is a finding, not the end.
 */
import type { Cluster, Configuration } from '../core/configuration.ts';
import {
  type ClusterSeen,
  type Diagnosis,
  judgeClock,
  judgeCluster,
  judgeConcurrency,
  judgeDirectory,
  judgeIssuer,
  judgePeoplesRoles,
  judgeRoles,
  judgeSlack,
  judgeStandingRole,
  judgeTable,
  judgeTrail,
  type Seen,
  type SlackSeen,
  type TableSeen,
} from '../core/diagnosis.ts';
import { emergencyWatches } from '../core/emergency.ts';
import { rolesOf } from '../core/identity.ts';
import { callerRolesOf } from '../core/role-identity.ts';
import { between, type Instant } from '../core/time.ts';
import { inLanes } from './lanes.ts';
import type { Deps } from './ports.ts';

export type DoctorDeps = Pick<Deps, 'config' | 'now' | 'roles' | 'identities' | 'ready'> & {
  readonly tableName: string;
  readonly table: () => Promise<TableSeen>;
  readonly rolesQuota: () => Promise<{ readonly used: number; readonly quota: number }>;
  readonly concurrency: () => Promise<{ readonly limit: number; readonly unreserved: number }>;
  readonly cluster: (cluster: Cluster) => Promise<ClusterSeen | undefined>;
  /** `channels`: ids of those that entitlements tell of. */
  readonly slack: (secret: string, channels: readonly string[]) => Promise<SlackSeen>;
  /** Asks CloudTrail, for as little as it can be asked for. */
  readonly trail: (cluster: Cluster) => Promise<unknown>;
  readonly issuer: (issuer: string) => Promise<{ readonly issuer: string; readonly keys: boolean }>;
};

const LANES = 8;

/** `asked`: when API Gateway took the request, by its own clock. The order is that of the configuration. */
export async function examine(deps: DoctorDeps, asked: Instant | undefined): Promise<Diagnosis[]> {
  const config = deps.config();
  const clusters = Object.values(config.clusters);
  const [table, rolesQuota, concurrency, roleIds, looked, standing, trails, outside] = await Promise.all([
    seen(deps.table()),
    seen(deps.rolesQuota()),
    seen(deps.concurrency()),
    seen(deps.identities.roleIds()),
    inOrder(clusters, async (cluster) => judgeCluster(cluster, await seen(deps.cluster(cluster)), config)),
    inOrder(standingRolesOf(config), async ({ role, assumableBy, target }) =>
      judgeStandingRole(role, assumableBy, await seen(deps.roles.inspect(role, target))),
    ),
    inOrder(emergencyWatches(config), async (cluster) => judgeTrail(cluster, await seen(deps.trail(cluster)))),
    lookOutside(deps, config),
  ]);
  const wanted = [...rolesOf(config.directory), ...callerRolesOf(config.directory)];
  return [
    ...(asked === undefined ? [] : [judgeClock(between(deps.now(), asked))]),
    judgeTable(deps.tableName, table),
    judgeRoles(rolesQuota),
    judgeConcurrency(concurrency),
    ...judgePeoplesRoles(wanted, new Set(roleIds.ok ? roleIds.value.keys() : [])),
    ...looked.flat(),
    ...standing,
    ...trails,
    ...outside,
  ];
}

/** What is not AWS's, where the configuration has use for it. */
async function lookOutside(deps: DoctorDeps, config: Configuration): Promise<Diagnosis[]> {
  const { slack, oidc, notifications, identityCenter } = config;
  const channels = Object.values(config.entitlements).flatMap(({ notify }) => notify?.slack?.channel ?? []);
  const secret = notifications?.slack?.secret;
  const [ofDirectory, ofSlack, ofIssuer] = await Promise.all([
    identityCenter === undefined
      ? []
      : seen(deps.ready().then(() => ({ people: Object.keys(deps.config().directory.people).length }))).then(
          (found) => [judgeDirectory(identityCenter.identityStoreId, found)],
        ),
    secret === undefined
      ? []
      : seen(deps.slack(secret, [...new Set(channels)])).then((found) => judgeSlack(slack?.teamId, found)),
    oidc === undefined ? [] : seen(deps.issuer(oidc.issuer)).then((found) => [judgeIssuer(oidc.issuer, found)]),
  ]);
  return [...ofDirectory, ...ofIssuer, ...ofSlack];
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done = await inLanes([...items.entries()], LANES, async ([n, item]) => ({ n, result: await work(item) }));
  return done.sort((a, b) => a.n - b.n).map(({ result }) => result);
}

/** Each once, through the executor of a cluster on which it is used. */
function standingRolesOf(config: Configuration) {
  const found = new Map<string, { role: string; assumableBy: readonly string[]; target: Cluster }>();
  for (const { principal, clusters } of Object.values(config.entitlements)) {
    const target = config.clusters[clusters[0] ?? ''];
    if (principal.mode === 'role' && target && !found.has(principal.role))
      found.set(principal.role, { role: principal.role, assumableBy: principal.assumableBy, target });
  }
  return [...found.values()];
}

const seen = <T>(look: Promise<T>): Promise<Seen<T>> =>
  look.then(
    (value): Seen<T> => ({ ok: true, value }),
    (error: unknown): Seen<T> => ({
      ok: false,
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    }),
  );
