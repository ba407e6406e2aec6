/**
 * Which access entries a cluster had when the hourly inventory last looked. People read this and never EKS itself, so that
 * no reader takes calls from a revocation.
 */
import type { Cluster, Configuration, Entitlement, Person } from '../core/configuration.ts';
import { isAmong } from '../core/identity.ts';
import { requestableBy } from '../core/request.ts';
import type { Instant } from '../core/time.ts';
import type { RecordDeps } from './ports.ts';
import type { SeenCluster } from './seenPorts.ts';

/** An item of the table has at most 400 kB, and an ARN at most 2 kB: this many always fit. */
const MOST_OTHERS = 150;

export const seenCluster = (
  arn: string,
  at: Instant,
  listed: readonly string[],
  own: ReadonlySet<string>,
): SeenCluster => ({
  arn,
  at,
  entries: listed.length,
  own: listed.filter((principal) => own.has(principal)).slice(0, MOST_OTHERS),
  others: listed.filter((principal) => !own.has(principal)).slice(0, MOST_OTHERS),
});

export type ClusterShown = {
  readonly cluster: Cluster;
  /** What the reader may request there. */
  readonly requestable: readonly Entitlement[];
  readonly seen?: SeenCluster;
  /** Who has an entry is for responders and auditors to know; how many, for everybody who may ask for access there. */
  readonly mayReadEntries: boolean;
};

/** The clusters on which the reader may request something; all of them for responders and auditors. */
export async function readClusters(
  deps: Pick<RecordDeps, 'config' | 'seenClusters'>,
  reader: Person,
): Promise<readonly ClusterShown[]> {
  const config = deps.config();
  const mayReadEntries = isAmong(reader.id, [...config.responders, ...config.auditors], config.directory);
  const offered = offeredTo(reader, config).filter((one) => mayReadEntries || one.requestable.length > 0);
  return Promise.all(
    offered.map(async (one) => {
      const seen = await deps.seenClusters.read(one.cluster.arn);
      return { ...one, mayReadEntries, ...(seen && { seen }) };
    }),
  );
}

function offeredTo(reader: Person, config: Configuration): Pick<ClusterShown, 'cluster' | 'requestable'>[] {
  const mine = requestableBy(reader, config);
  return Object.values(config.clusters).map((cluster) => ({
    cluster,
    requestable: mine.filter((rule) => rule.clusters.includes(cluster.name)),
  }));
}
