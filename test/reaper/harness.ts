/** What the tests of the reaper and of the inventory share: a cluster's own operator, and entries made behind Hallpass's back. */
import { randomUUID } from 'node:crypto';
import {
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  EKSClient,
  ListAccessEntriesCommand,
} from '@aws-sdk/client-eks';
import { newEntry } from '../../local/aws/eks/access-entries.ts';
import { entryArnPrefix } from '../../local/aws/eks/checks.ts';
import { clusterKey, clustersOf, entriesOf, entryKey } from '../../local/aws/eks/store.ts';
import { seedRole } from '../../local/aws/iam/seed.ts';
import type { Role } from '../../local/aws/iam/store.ts';
import { scheduledEvent } from '../../local/lambda/schedule.ts';
import type { Inventory } from '../../src/broker/inventory.ts';
import type { Reaped } from '../../src/broker/reap.ts';
import type { Invoked, TestWorld } from '../life/harness.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const CLUSTER = 'mycluster';
export const KUBERNETES_ADMIN = `arn:aws:iam::${ACCOUNT}:role/KubernetesAdmin`;
export const NODE_ROLE = `arn:aws:iam::${ACCOUNT}:role/mycluster-nodes`;
export const OWN_PATH = '/hallpass/laptop/';
export const REAPER_ROLE = 'hallpass-laptop-reaper';
export const REAPER = `reaper-${ACCOUNT}`;

export const ownRole = (name: string): string => `arn:aws:iam::${ACCOUNT}:role${OWN_PATH}${name}`;

export const operatorOf = (world: TestWorld): EKSClient =>
  new EKSClient({
    endpoint: world.awsUrl,
    region: REGION,
    credentials: world.profiles['operator'] ?? fail('operator'),
  });

export async function principalsIn(world: TestWorld, clusterName = CLUSTER): Promise<string[]> {
  const client = operatorOf(world);
  const found: string[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = await client.send(new ListAccessEntriesCommand({ clusterName, ...(nextToken && { nextToken }) }));
    found.push(...(page.accessEntries ?? []));
    nextToken = page.nextToken;
    if (!nextToken) return found;
  }
}

export async function entryOf(world: TestWorld, principalArn: string) {
  const command = new DescribeAccessEntryCommand({ clusterName: CLUSTER, principalArn });
  const { accessEntry } = await operatorOf(world).send(command);
  return accessEntry ?? fail(principalArn);
}

export type Planted = { readonly principalArn: string; readonly tags?: Record<string, string>; readonly type?: string };

/** Makes the role, if it is not there, and an entry for it. */
export async function plant(world: TestWorld, { principalArn, tags, type }: Planted): Promise<string> {
  seedRoleOf(world, principalArn);
  const { accessEntry } = await operatorOf(world).send(
    new CreateAccessEntryCommand({ clusterName: CLUSTER, principalArn, ...(tags && { tags }), ...(type && { type }) }),
  );
  return accessEntry?.accessEntryArn ?? fail(principalArn);
}

/** As `plant`, for hundreds of them: straight into what EKS remembers. */
export function plantMany(world: TestWorld, principals: readonly string[], tags: Record<string, string> = {}): void {
  const { storage, clock } = world;
  const cluster = clustersOf(storage).get(clusterKey(ACCOUNT, REGION, CLUSTER)) ?? fail(CLUSTER);
  for (const principalArn of principals) {
    const { id: principalId } = seedRoleOf(world, principalArn);
    const about = {
      cluster,
      principalArn,
      principalId,
      type: 'STANDARD',
      username: undefined,
      groups: [],
      tags,
    } as const;
    const arn = `${entryArnPrefix(REGION, ACCOUNT, CLUSTER, principalArn)}${randomUUID()}`;
    entriesOf(storage).put(entryKey(cluster, principalArn), newEntry({ ...about, groups: [], now: clock.now() }, arn));
  }
}

/** A role that exists already keeps its id, and gets this trust. */
export function seedRoleOf(world: TestWorld, principalArn: string): Role {
  const path = principalArn.slice(principalArn.indexOf('/'), principalArn.lastIndexOf('/') + 1);
  return seedRole(
    { storage: world.storage, now: world.clock.now() },
    {
      account: principalArn.split(':')[4] ?? fail(principalArn),
      name: principalArn.slice(principalArn.lastIndexOf('/') + 1),
      path,
      trust: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
    },
  );
}

export const unplant = (world: TestWorld, principalArn: string) =>
  operatorOf(world).send(new DeleteAccessEntryCommand({ clusterName: CLUSTER, principalArn }));

/** Tags as Hallpass writes them, ending so many minutes from the world's now; negative is past. */
export const tagged = (world: TestWorld, minutesFromNow: number, hub = 'laptop'): Record<string, string> => ({
  'hallpass:hub': hub,
  'hallpass:grant': '01arz3ndektsv4rrffq69g5fav',
  'hallpass:expires': new Date(world.clock.now() + minutesFromNow * 60_000).toISOString(),
});

export const reap = async (world: TestWorld, event: unknown = scheduledEvent(world.clock.now())): Promise<Reaped> =>
  payloadOf(await world.functions.invoke(REAPER, event)) as Reaped;

export const inventory = async (world: TestWorld): Promise<Inventory> =>
  payloadOf(await world.functions.invoke('inventory', scheduledEvent(world.clock.now()))) as Inventory;

function payloadOf(result: Invoked): unknown {
  if (!result.ok) throw new Error(`${result.errorType}: ${result.errorMessage}`);
  return result.payload;
}

export type LogLine = { readonly level: string; readonly message: string } & Readonly<Record<string, unknown>>;

/** What the named function logged. */
export const logsOf = (world: TestWorld, functionName: string): LogLine[] =>
  world.logs
    .map((line): { functionName?: string; message?: unknown } => JSON.parse(line))
    .filter((line) => line.functionName === functionName && typeof line.message === 'object')
    .map((line) => line.message as LogLine);

/** Asks for it as `person`, and has it approved; answers the grant once the workflow has made it active. */
export async function activeGrant(
  world: TestWorld,
  entitlement: 'mycluster-admin' | 'mycluster-view-dev',
  duration: string,
  { person = 'alice', approver = 'bob' } = {},
) {
  const asked = await world.call(person, 'POST', '/v1/grants', {
    entitlement,
    duration,
    justification: 'INC-4211: ingress down',
  });
  if (asked.status !== 201) throw new Error(JSON.stringify(asked.body));
  await world.pass(1_000 as never);
  await world.call(approver, 'POST', `/v1/grants/${asked.body.id}/approve`, {});
  await world.pass(1_000 as never);
  const live = await world.call(person, 'GET', `/v1/grants/${asked.body.id}`);
  if (live.body.state !== 'active') throw new Error(`not active: ${JSON.stringify(live.body)}`);
  return live.body;
}

function fail(what: string): never {
  throw new Error(`there is no ${what}`);
}
