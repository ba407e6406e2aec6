/**
 * A simulated EKS cluster: one TLS endpoint, put together of token review, access review and a small API server, which
 * know each other by Kubernetes' review objects alone.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Duration, seconds } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage.ts';
import { type AccessEntrySource, delayedEntries } from './access-entry.ts';
import { policyReview } from './access-policies.ts';
import { accessReview, superuserReview } from './access-review.ts';
import { kindCalled } from './api/kinds.ts';
import { kubeTime } from './api/object.ts';
import { type ObjectStore, openObjectStore } from './api/store.ts';
import type { AuditSink } from './audit.ts';
import { openCertificates } from './certificates.ts';
import { rbacReview, rulesFor } from './rbac.ts';
import { rbacObjects } from './rbac-objects.ts';
import { plant } from './seed/blueprint.ts';
import { seedBlueprints } from './seed/objects.ts';
import { serve } from './server.ts';
import { tokenReview, type VerifyPresigned } from './token-review.ts';

const DEFAULT_VERSION = '1.35';
const DEFAULT_PROPAGATION = seconds(1);

type ClusterOptions = {
  /** 0: any free port, which a kubeconfig will not survive. */
  port: number;
  name: string;
  /** `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`. */
  arn: string;
  clock: Clock;
  storage: Storage;
  /** The entries as they were at an instant. */
  accessEntries: AccessEntrySource;
  verifyPresigned: VerifyPresigned;
  /** Every `host:port` by which clients reach the simulator's own STS. */
  stsHosts: readonly string[];
  audit: AuditSink;
  /** After how long a change of an access entry shows; a second unless given. */
  propagation?: Duration;
  /** By which the age of a token is judged, where that is not local mode's clock: clients sign by their machine's. */
  signedNow?: Clock['now'];
  /** Kubernetes' minor version as EKS says it: `1.35`. */
  version?: string;
};

export type RunningCluster = {
  /** `https://127.0.0.1:PORT`. */
  url: string;
  port: number;
  /** Base64 of the PEM certificate of the cluster's authority. */
  certificateAuthorityData: string;
  /** Stops at once: open watches are cut. */
  close(): Promise<void>;
};

type SeedFrom = Pick<ClusterOptions, 'arn' | 'clock' | 'storage'> & { gitVersion: string; caCertificate: string };

/** Fills an empty cluster; leaves any other as it is. */
function seed(store: ObjectStore, { arn, clock, storage, gitVersion, caCertificate }: SeedFrom): void {
  if (store.list(kindCalled('Namespace'), '').length > 0) return;
  const [, , , region = '', account = ''] = arn.split(':');
  const startedAt = kubeTime(clock.now());
  const blueprints = seedBlueprints({ region, account, version: gitVersion, startedAt, caCertificate });
  storage.transaction(() => {
    for (const blueprint of blueprints) store.put(kindCalled(blueprint.kind), plant(arn, clock.now(), blueprint));
  });
}

/** Starts the cluster, new or with what it held when it was stopped. Rejects if the port is taken. */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const { name, clock, storage, audit } = options;
  const certificates = await openCertificates(storage, options.arn, name);
  const gitVersion = `v${options.version ?? DEFAULT_VERSION}.0-eks-hallpass`;
  const store = openObjectStore(storage, options.arn);
  seed(store, { ...options, gitVersion, caCertificate: certificates.caCertificate });

  const accessEntries = delayedEntries(options.accessEntries, clock, options.propagation ?? DEFAULT_PROPAGATION);
  const rbac = rbacObjects(store);
  const reviewToken = tokenReview({ ...options, clusterName: name, accessEntries });
  const byPolicy = policyReview(accessEntries);
  const cluster = {
    store,
    clock,
    newUid: randomUUID,
    reviewToken,
    reviewAccess: accessReview(superuserReview, byPolicy, rbacReview(rbac)),
    rbacRules: ({ username, groups }: { username: string; groups: readonly string[] }, namespace: string) =>
      [...rulesFor(rbac, { user: username, groups }, namespace)].map(({ rule }) => rule),
    version: gitVersion,
  };
  const handle = serve({ cluster, webhooks: { reviewToken, reviewAccess: byPolicy }, audit });
  const server = createServer(
    {
      cert: certificates.certificate,
      key: certificates.privateKey,
      ALPNProtocols: ['http/1.1'],
    },
    (request, response) => void handle(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    certificateAuthorityData: Buffer.from(certificates.caCertificate).toString('base64'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
