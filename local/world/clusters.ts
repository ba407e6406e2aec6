/** The simulated clusters of the configuration, wired to the simulated EKS for entries and to STS's keys for tokens. */
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, type Instant, instant } from '../../src/core/time.ts';
import { accessEntriesOf } from '../aws/eks/seed.ts';
import type { JournaledStorage } from '../aws/journal.ts';
import { credentialOf } from '../aws/principal.ts';
import type { Clock } from '../clock.ts';
import type { AuditSink } from '../cluster/audit.ts';
import { type RunningCluster, startCluster } from '../cluster/cluster.ts';
import { presignedVerifier } from '../cluster/presigned.ts';

type ClusterOptions = {
  readonly config: Configuration;
  readonly clock: Clock;
  readonly delays?: { readonly cluster?: Duration };
  readonly audit?: AuditSink;
};

export async function startClusters(
  { config, clock, delays, audit }: ClusterOptions,
  storage: JournaledStorage,
  awsPort: number,
  closing: (() => void | Promise<void>)[],
): Promise<Record<string, RunningCluster>> {
  const started: Record<string, RunningCluster> = {};
  const machineNow = (): Instant => instant(Date.now());
  const verifyPresigned = presignedVerifier({
    credentialOf: (key) => credentialOf(storage, key),
    signedNow: machineNow,
    sessionNow: () => clock.now(),
  });
  for (const { name, arn } of Object.values(config.clusters)) {
    const ports = storage.collection<number>('cluster/port');
    const running = await startCluster({
      port: ports.get(arn) ?? 0,
      name,
      arn,
      clock,
      storage,
      accessEntries: (asOf) => accessEntriesOf(storage.asOf(asOf), arn),
      verifyPresigned,
      stsHosts: [`127.0.0.1:${awsPort}`, `localhost:${awsPort}`],
      signedNow: machineNow,
      audit: audit ?? (() => {}),
      ...(delays?.cluster !== undefined && { propagation: delays.cluster }),
    });
    // The same port after a restart, so that a kubeconfig stays good.
    ports.put(arn, running.port);
    closing.push(() => running.close());
    started[name] = running;
  }
  return started;
}
