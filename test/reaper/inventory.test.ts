/**
 * The hub's inventory. Would catch drift that nobody is told of, a finding where all is well (an alarm that cries wolf is
 * switched off), and an inventory that touches what it finds, or counts the roles of pending grants as orphans (F9).
 */
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DisassociateAccessPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-eks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes } from '../../src/core/time.ts';
import type { ClusterList } from '../../src/http/cluster-schemas.ts';
import { type TestWorld, testWorld } from '../life/harness.ts';
import {
  activeGrant,
  CLUSTER,
  entryOf,
  inventory,
  KUBERNETES_ADMIN,
  logsOf,
  NODE_ROLE,
  operatorOf,
  ownRole,
  plant,
  plantMany,
  principalsIn,
  seedRoleOf,
  tagged,
  unplant,
} from './harness.ts';

const VIEW = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
const ADMIN = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const UNKNOWN_GRANT = '01arz3ndektsv4rrffq69g5fav';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ faults: faultPlan([], { record: true }) });
});
afterEach(() => world?.close());

const found = (): unknown[][] =>
  logsOf(world, 'inventory')
    .filter((line) => line.message === 'the inventory found something')
    .map(({ level, finding, principalArn, roleArn }) => [level, finding, principalArn ?? roleArn]);
const operator = () => operatorOf(world);
const retag = async (principalArn: string, tags: Record<string, string>): Promise<void> => {
  const resourceArn = (await entryOf(world, principalArn)).accessEntryArn;
  await operator().send(new TagResourceCommand({ resourceArn, tags }));
};
const viewGrant = async (): Promise<string> => (await activeGrant(world, 'mycluster-view-dev', '2h')).principal.arn;

it('finds nothing while grants begin, live, wait and end, and says what it counted', { timeout: 60_000 }, async () => {
  await activeGrant(world, 'mycluster-admin', '30m');
  await viewGrant();
  await plant(world, { principalArn: 'arn:aws:iam::111122223333:role/team', tags: { team: 'a' } });
  expect(await inventory(world)).toEqual({
    clusters: 1,
    clustersFailed: 0,
    entries: 2,
    roles: 1,
    rolesFailed: false,
    unread: 0,
    findings: {},
  });
  // What it saw is what people read of the cluster (F18), and who has an entry is for responders only.
  await world.pass(minutes(2));
  const read = async (who: string) => {
    const { body } = await world.call(who, 'GET', '/v1/clusters');
    return (body as unknown as ClusterList).clusters[0]?.seen;
  };
  expect(await read('bob')).toMatchObject({ ageSeconds: 120, own: 2, principals: { own: expect.any(Array) } });
  expect((await read('bob'))?.principals?.others).toContain('arn:aws:iam::111122223333:role/team');
  expect((await read('alice'))?.principals).toBeUndefined();
  await world.pass(minutes(28));
  expect(await inventory(world)).toMatchObject({ entries: 1, roles: 1, findings: {} });
  for (let n = 0; n < 8; n++) {
    await world.pass(minutes(15));
    await world.sweep();
    expect(await inventory(world)).toMatchObject({ findings: {}, unread: 0 });
  }
  expect(await inventory(world)).toMatchObject({ entries: 0, roles: 0, findings: {} });
});

it('inventory-spares-pending-roles: the role of a request that nobody has decided is no orphan', async () => {
  const asked = await world.call('alice', 'POST', '/v1/grants', {
    entitlement: 'mycluster-view-dev',
    duration: '1h',
    justification: 'INC-4211: ingress down',
  });
  await world.pass(minutes(1));
  expect(await inventory(world)).toMatchObject({ roles: 1, findings: {} });
  await world.call('alice', 'POST', `/v1/grants/${asked.body.id}/withdraw`, {});
  // Its deletion is owed and still to come.
  expect(await inventory(world)).toMatchObject({ findings: {} });
  await world.pass(minutes(1));
  await world.sweep();
  expect(await inventory(world)).toMatchObject({ roles: 0, findings: {} });
});

type Case = readonly [name: string, spoil: () => Promise<string>, finding: string, level: string];
const CASES: readonly Case[] = [
  [
    'an entry under our path that no grant holds',
    async () => {
      await plant(world, { principalArn: ownRole('stray'), tags: tagged(world, 60) });
      return ownRole('stray');
    },
    'entryWithoutClaim',
    'alarm',
  ],
  [
    'an entry of a standing role with our tag that no grant holds',
    async () => {
      await plant(world, { principalArn: KUBERNETES_ADMIN, tags: tagged(world, 60) });
      return KUBERNETES_ADMIN;
    },
    'entryWithoutClaim',
    'alarm',
  ],
  [
    'a grant whose entry somebody removed',
    async () => {
      const arn = await viewGrant();
      await unplant(world, arn);
      return arn;
    },
    'claimWithoutEntry',
    'alarm',
  ],
  [
    'a grant whose entry somebody replaced by their own',
    async () => {
      await activeGrant(world, 'mycluster-admin', '30m');
      await unplant(world, KUBERNETES_ADMIN);
      await operator().send(new CreateAccessEntryCommand({ clusterName: CLUSTER, principalArn: KUBERNETES_ADMIN }));
      return KUBERNETES_ADMIN;
    },
    'entryReplaced',
    'alarm',
  ],
  [
    'a wider scope',
    async () => {
      const principalArn = await viewGrant();
      const accessScope = { type: 'cluster' } as const;
      await operator().send(
        new AssociateAccessPolicyCommand({ clusterName: CLUSTER, principalArn, policyArn: VIEW, accessScope }),
      );
      return principalArn;
    },
    'differs',
    'alarm',
  ],
  [
    'a policy more',
    async () => {
      const principalArn = await viewGrant();
      const accessScope = { type: 'cluster' } as const;
      await operator().send(
        new AssociateAccessPolicyCommand({ clusterName: CLUSTER, principalArn, policyArn: ADMIN, accessScope }),
      );
      return principalArn;
    },
    'differs',
    'alarm',
  ],
  [
    'the policy taken off',
    async () => {
      const principalArn = await viewGrant();
      await operator().send(
        new DisassociateAccessPolicyCommand({ clusterName: CLUSTER, principalArn, policyArn: VIEW }),
      );
      return principalArn;
    },
    'differs',
    'alarm',
  ],
  [
    'our tag stripped',
    async () => {
      const arn = await viewGrant();
      const resourceArn = (await entryOf(world, arn)).accessEntryArn;
      await operator().send(new UntagResourceCommand({ resourceArn, tagKeys: ['hallpass:hub'] }));
      return arn;
    },
    'tagDiffers',
    'alarm',
  ],
  [
    'the expiry made unreadable',
    async () => {
      const arn = await viewGrant();
      await retag(arn, { 'hallpass:expires': 'never' });
      return arn;
    },
    'tagDiffers',
    'alarm',
  ],
  [
    'the expiry lowered',
    async () => {
      const arn = await viewGrant();
      await retag(arn, { 'hallpass:expires': '2026-11-24T09:30:00.000Z' });
      return arn;
    },
    'tagDiffers',
    'alarm',
  ],
  [
    'the expiry raised beyond every grant',
    async () => {
      const arn = await viewGrant();
      await retag(arn, { 'hallpass:expires': '2027-01-01T00:00:00.000Z' });
      return arn;
    },
    'tagDiffers',
    'warn',
  ],
  [
    "our tag forged on a node role's entry",
    async () => {
      await retag(NODE_ROLE, tagged(world, -60));
      return NODE_ROLE;
    },
    'foreignTag',
    'alarm',
  ],
  [
    'a role under our path that no grant knows',
    async () => {
      seedRoleOf(world, ownRole('something'));
      return ownRole('something');
    },
    'orphanRole',
    'warn',
  ],
  [
    'a role under our path named like one of a grant',
    async () => {
      seedRoleOf(world, ownRole(`hallpass-laptop-${UNKNOWN_GRANT}`));
      return ownRole(`hallpass-laptop-${UNKNOWN_GRANT}`);
    },
    'orphanRole',
    'warn',
  ],
  [
    'a role that came back after its grant was over and it was deleted',
    async () => {
      const arn = (await activeGrant(world, 'mycluster-view-dev', '30m')).principal.arn;
      for (let n = 0; n < 6; n++) {
        await world.pass(minutes(10));
        await world.sweep();
      }
      seedRoleOf(world, arn);
      return arn;
    },
    'orphanRole',
    'warn',
  ],
  [
    'access that EKS does not let the hub remove',
    async () => {
      const arn = await viewGrant();
      const deny = { kind: 'accessDenied' } as const;
      world.faults.add({ on: { operation: 'DeleteAccessEntry' }, fault: deny, times: 1_000 });
      await world.pass(minutes(125));
      return arn;
    },
    'overdue',
    'alarm',
  ],
];

describe('what it finds', () => {
  it.each(CASES)('%s', async (_name, spoil, finding, level) => {
    const about = await spoil();
    const before = await principalsIn(world);
    const calls = world.faults.calls.length;
    expect(await inventory(world)).toMatchObject({ findings: { [finding]: 1 }, unread: 0, clustersFailed: 0 });
    expect(found()).toContainEqual([level, finding, about]);
    expect(found().map((finding) => finding[2])).toEqual(found().map(() => about));
    const writes = world.faults.calls.slice(calls).filter((call) => call.write && call.service !== 'sts');
    // Its own notes of what it saw, which people read instead of asking EKS; nothing else.
    expect([...new Set(writes.map(({ service, operation }) => `${service}:${operation}`))]).toEqual([
      'dynamodb:PutItem',
    ]);
    expect(await principalsIn(world)).toEqual(before);
  });
});

describe('what it cannot read', () => {
  it('a cluster that cannot be listed is counted, and the roles are looked at all the same', async () => {
    seedRoleOf(world, ownRole('something'));
    world.faults.add({ on: { operation: 'ListAccessEntries' }, fault: { kind: 'accessDenied' }, times: 1 });
    expect(await inventory(world)).toMatchObject({ clustersFailed: 1, roles: 1, findings: { orphanRole: 1 } });
  });

  it('one entry that cannot be read holds up no other', async () => {
    await viewGrant();
    await plant(world, { principalArn: ownRole('stray') });
    world.faults.add({ on: { operation: 'ListAssociatedAccessPolicies' }, fault: { kind: 'accessDenied' }, times: 1 });
    const { unread, entries } = await inventory(world);
    expect([unread, entries]).toEqual([1, 2]);
  });

  it('roles that cannot be listed', async () => {
    world.faults.add({ on: { operation: 'ListRoles' }, fault: { kind: 'accessDenied' }, times: 1 });
    expect(await inventory(world)).toMatchObject({ rolesFailed: true, clustersFailed: 0 });
  });
});

it('looks at the entries of others by turns, 200 an hour, and comes to every one of them', {
  timeout: 60_000,
}, async () => {
  const teams = Array.from({ length: 320 }, (_, n) => `arn:aws:iam::111122223333:role/team-${n + 100}`);
  plantMany(world, teams);
  await retag('arn:aws:iam::111122223333:role/team-110', tagged(world, 60));
  await retag('arn:aws:iam::111122223333:role/team-410', tagged(world, 60));
  const described = () => world.faults.calls.filter((call) => call.operation === 'DescribeAccessEntry').length;
  const before = described();
  await inventory(world);
  expect(described() - before).toBeLessThanOrEqual(200);
  await world.pass(minutes(60));
  await inventory(world);
  expect(described() - before).toBe(322);
  expect(found()).toHaveLength(2);
});
