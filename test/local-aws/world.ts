/** A small world for these tests: two accounts, an operator who may do anything, one cluster, all in memory. */
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { type ClusterSeed, seedCluster } from '../../local/aws/eks/seed.ts';
import { type EndpointOptions, startEndpoint } from '../../local/aws/endpoint.ts';
import { type Credentials, type Seeding, seedAccessKey, seedUser } from '../../local/aws/iam/seed.ts';
import { journaled } from '../../local/aws/journal.ts';
import { type ServiceOptions, simulatedServices } from '../../local/aws/operations.ts';
import { virtualClock } from '../../local/clock.ts';
import { faultPlan } from '../../local/faults.ts';
import { openStorage } from '../../local/storage.ts';
import { parseInstant } from '../../src/core/time.ts';

export const HUB = '111111111111';
export const MEMBER = '222222222222';
export const REGION = 'eu-west-1';
export const CLUSTER = `arn:aws:eks:${REGION}:${HUB}:cluster/prod`;

export const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

export const at = (text: string) => {
  const when = parseInstant(text);
  if (when === undefined) throw new Error(`no instant: ${text}`);
  return when;
};

/** When every world begins. */
export const START = at('2026-11-24T09:00:00Z');

export const clusterSeed: ClusterSeed = {
  arn: CLUSTER,
  authenticationMode: 'API',
  endpoint: 'https://127.0.0.1:6443',
  certificateAuthorityData: 'Y2VydGlmaWNhdGU=',
  version: '1.33',
  createdAt: at('2026-01-02T03:04:05Z'),
};

export type World = Awaited<ReturnType<typeof makeWorld>>;

export async function makeWorld({
  path = ':memory:',
  ...options
}: ServiceOptions & Partial<EndpointOptions> & { path?: string } = {}) {
  const clock = virtualClock(START);
  const storage = journaled(openStorage(path), clock);
  const faults = faultPlan([], { record: true });
  const seeding: Seeding = { storage, now: START };
  const operator = (account: string): Credentials => {
    seedUser(seeding, { account, name: 'operator', policies: { all: ALLOW_ALL } });
    return seedAccessKey(seeding, { account, userName: 'operator' });
  };
  const hub = operator(HUB);
  const member = operator(MEMBER);
  seedCluster(seeding, clusterSeed);
  const endpoint = await startEndpoint({
    port: 0,
    clock,
    storage,
    faults,
    services: simulatedServices(options),
    ...options,
  });
  const configuration = (credentials: Credentials) => ({
    endpoint: endpoint.url,
    region: REGION,
    credentials,
    maxAttempts: 1,
  });
  return {
    clock,
    storage,
    faults,
    seeding,
    endpoint,
    hub,
    member,
    configuration,
    eks: (credentials: Credentials = hub) => new EKSClient(configuration(credentials)),
    iam: (credentials: Credentials = hub) => new IAMClient(configuration(credentials)),
    sts: (credentials: Credentials = hub) => new STSClient(configuration(credentials)),
    async close() {
      await endpoint.close();
      storage.close();
    },
  };
}

/** A trust policy that lets these AWS principals in, under conditions if any. */
export const trusting = (principal: string | string[], conditions?: Record<string, Record<string, string>>) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'sts:AssumeRole',
      ...(conditions && { Condition: conditions }),
    },
  ],
});

export const trustText = (...of: Parameters<typeof trusting>): string => JSON.stringify(trusting(...of));
