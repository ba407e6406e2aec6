/**
 * F6, F34: a deployment that takes away what the end of live access needs, and an uninstallation that leaves access or
 * roles behind, are refused by name. The guard as it is deployed, over the real protocols, with its own role.
 */
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clusterKey, clustersOf } from '../../local/aws/eks/store.ts';
import { faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  activeGrant,
  ask,
  exampleConfig,
  type TestOptions,
  type TestWorld,
  testWorld,
  VIEW,
} from '../life/harness.ts';
import { iamOf } from '../life/operator.ts';
import { ACCOUNT, KUBERNETES_ADMIN, ownRole, plant, plantMany, REAPER, tagged } from '../reaper/harness.ts';
import { askGuard, DELETED, DROPPED, deploying, KEPT, OTHER_EXECUTOR } from './answering.ts';
import { resourcesOf, synthesise, type Templates } from './synthesis.ts';

async function worldWith(more: TestOptions = {}): Promise<TestWorld> {
  const world = await testWorld({ schedule: ['sweeper'], ...more });
  onTestFinished(() => world.close());
  return world;
}

describe('F6: a deployment that drops a cluster', () => {
  it('with live access is refused by the grant’s name until the last look back; others are not', async () => {
    const world = await worldWith();
    expect(await askGuard(world, DROPPED)).toEqual({
      ...{ Status: 'SUCCESS', StackId: 'arn:stack', RequestId: 'r-1', LogicalResourceId: 'UpdateGuard' },
      PhysicalResourceId: 'hallpass-UpdateGuard',
    });
    const id = await activeGrant(world, VIEW);
    const refused = await askGuard(world, DROPPED);
    expect(refused).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'hallpass-UpdateGuard' });
    expect(refused.Reason).toContain(`one grant: ${id} (active, mycluster)`);
    expect(refused.Reason).toContain(`hallpass end`);
    expect((await askGuard(world, KEPT)).Status).toBe('SUCCESS');
    await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
    await world.pass(seconds(1));
    expect((await askGuard(world, DROPPED)).Reason).toContain(`${id} (ended, mycluster)`);
    await world.pass(minutes(12));
    expect((await askGuard(world, DROPPED)).Status).toBe('SUCCESS');
  });

  it('and so is another executor for it: claims keep the one that they were made with', async () => {
    const world = await worldWith();
    const id = await activeGrant(world, ADMIN);
    expect((await askGuard(world, OTHER_EXECUTOR)).Reason).toContain(id);
  });

  it('what was only asked for stands in no way: it can begin nowhere', async () => {
    const world = await worldWith();
    await ask(world, 'alice', VIEW);
    expect((await askGuard(world, DROPPED)).Status).toBe('SUCCESS');
  });

  it('a first deployment asks nothing; nor does the guard against deletion ask at an update, or this one at a deletion', async () => {
    const world = await worldWith();
    await activeGrant(world, VIEW);
    for (const asked of [
      { ...DROPPED, RequestType: 'Create' },
      { ...DROPPED, RequestType: 'Delete' },
      { ...DELETED, RequestType: 'Create' },
      { ...DELETED, RequestType: 'Update' },
    ] as const)
      expect((await askGuard(world, asked)).Status).toBe('SUCCESS');
  });
});

describe('F34: the hub is to be deleted', () => {
  it('refused while a request waits, its role is there, or access has been looked back at only once', async () => {
    const world = await worldWith();
    expect((await askGuard(world, DELETED)).Status).toBe('SUCCESS');
    const id = await ask(world, 'alice', VIEW);
    expect((await askGuard(world, DELETED)).Reason).toContain(`one grant: ${id} (pending, mycluster)`);
    await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
    await world.pass(minutes(8));
    expect((await askGuard(world, DELETED)).Status).toBe('SUCCESS');
    const second = await activeGrant(world, ADMIN);
    await world.call('alice', 'POST', `/v1/grants/${second}/end`, {});
    await world.pass(minutes(5));
    expect((await askGuard(world, DELETED)).Reason).toContain(`${second} (ended, mycluster)`);
    await world.pass(minutes(8));
    expect((await askGuard(world, DELETED)).Status).toBe('SUCCESS');
  });

  it('refused for a role under the hub’s path that no grant knows of, by its ARN', async () => {
    const world = await worldWith();
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
    });
    const RoleName = 'hallpass-laptop-0forgotten';
    await iamOf(world).send(new CreateRoleCommand({ Path: '/hallpass/laptop/', RoleName, AssumeRolePolicyDocument }));
    expect((await askGuard(world, DELETED)).Reason).toContain(
      'Roles that no grant knows of: arn:aws:iam::111122223333:role/hallpass/laptop/hallpass-laptop-0forgotten.',
    );
  });
});

describe('F34: a cluster account’s stack is to be deleted', () => {
  const THEIRS = `arn:aws:iam::${ACCOUNT}:role/somebodys`;
  const askReaper = (world: TestWorld, RequestType: 'Create' | 'Update' | 'Delete' = 'Delete') =>
    askGuard(world, { ...DELETED, RequestType }, REAPER);
  const destroy = (world: TestWorld, action = 'delete') => world.functions.invoke(REAPER, { tf: { action } });

  it('refused while access is there, by its name and end; and not for what is somebody else’s', async () => {
    const world = await worldWith();
    expect(await askReaper(world)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'hallpass-UpdateGuard' });
    const ids = [await activeGrant(world, VIEW), await activeGrant(world, ADMIN)];
    await plant(world, { principalArn: THEIRS, tags: tagged(world, 60) });
    const { Status, Reason } = await askReaper(world);
    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(
      new RegExp(`role/hallpass/laptop/hallpass-laptop-${ids[0]} on arn:aws:eks:\\S+mycluster until 20\\d\\d-`),
    );
    expect(Reason).toContain(`${KUBERNETES_ADMIN} on `);
    expect(Reason).toContain('hallpass drain');
    expect(Reason).not.toContain(THEIRS);
    expect(await destroy(world)).toMatchObject({ ok: false, errorMessage: Reason });
    for (const other of ['Create', 'Update'] as const) expect((await askReaper(world, other)).Status).toBe('SUCCESS');
    expect(await destroy(world, 'create')).toMatchObject({ ok: true });
    for (const id of ids) await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
    await world.pass(seconds(2));
    expect((await askReaper(world)).Status).toBe('SUCCESS');
    expect(await destroy(world)).toMatchObject({ ok: true });
  });

  it('refused for what lies under the hub’s path though its tags are gone; and of twelve, ten are named', async () => {
    const world = await worldWith({ schedule: false });
    plantMany(world, [ownRole('x')]);
    expect((await askReaper(world)).Reason).toContain(
      `${ownRole('x')} on arn:aws:eks:eu-west-1:111122223333:cluster/mycluster: it has no tag`,
    );
    plantMany(
      world,
      Array.from({ length: 11 }, (_, n) => ownRole(`y${n}`)),
      tagged(world, 60),
    );
    const { Reason = '' } = await askReaper(world);
    expect(Reason.match(/ on arn:aws:eks/g)).toHaveLength(10);
    expect(Reason).toContain('and 2 more.');
    expect(Reason.length).toBeLessThan(3_000);
  });

  it('I8: a cluster that does not answer is no answer; one that is gone has nothing left', async () => {
    const faults = faultPlan([
      { fault: { kind: 'failBefore' }, on: { service: 'eks', operation: 'ListAccessEntries' }, times: 4 },
    ]);
    const world = await worldWith({ faults, schedule: false });
    expect(await askReaper(world)).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^Hallpass cannot tell .* --retain-resources/),
    });
    expect((await askReaper(world)).Status).toBe('SUCCESS');
    plantMany(world, [ownRole('x')], tagged(world, 60));
    expect((await askReaper(world)).Status).toBe('FAILED');
    clustersOf(world.storage).delete(clusterKey(ACCOUNT, 'eu-west-1', 'mycluster'));
    expect((await askReaper(world)).Status).toBe('SUCCESS');
  });
});

describe('I8: what it cannot find out it refuses, and it always answers', () => {
  it('the table does not answer', async () => {
    const faults = faultPlan([
      { fault: { kind: 'failBefore' }, on: { service: 'dynamodb', operation: 'Query' }, times: 99 },
    ]);
    const world = await worldWith({ faults, schedule: false });
    for (const asked of [DROPPED, DELETED]) {
      const { Status, Reason } = await askGuard(world, asked);
      expect(Status).toBe('FAILED');
      expect(Reason).toMatch(/cannot tell .* --retain-resources/);
    }
  });

  it('properties that make no sense', async () => {
    const world = await worldWith({ schedule: false });
    for (const ResourceProperties of [
      { Against: 'update' },
      { Against: 'update', Clusters: ['arn:aws:eks:eu-west-1:1:cluster/without-its-executor'] },
      { Against: 'rain' },
      {},
      undefined,
    ])
      expect(await askGuard(world, { RequestType: 'Update', ResourceProperties })).toMatchObject({ Status: 'FAILED' });
  });
});

describe('in the template', () => {
  type Ordered = { readonly Type: string; readonly DependsOn?: readonly string[]; readonly Properties: object };
  let made: Templates;
  let all: Record<string, Ordered>;
  beforeAll(() => {
    made = synthesise(exampleConfig());
    all = resourcesOf(made.hub) as unknown as Record<string, Ordered>;
  });

  it('the update’s guard names every cluster with its executor, and goes before what reaches them', () => {
    expect(all['UpdateGuard']).toMatchObject({
      Type: 'Custom::HallpassGuard',
      Properties: (KEPT.ResourceProperties as object) ?? {},
    });
    expect(all['WorkerRole']?.DependsOn).toContain('UpdateGuard');
  });

  it('the deletion’s guard goes before everything else, the update’s guard included', () => {
    const others = Object.entries(all).filter(
      ([id, { Type }]) => id !== 'DeletionGuard' && !Type.startsWith('AWS::CDK'),
    );
    // Alarms, metric filters and the dashboard end nothing: they may go at any time.
    const watching = /^AWS::(CloudWatch|SNS)::|^AWS::Logs::MetricFilter$/;
    // By name, and by its token: the function that it calls.
    const guard = all['DeletionGuard'];
    if (!guard) throw new Error('there is no guard against deletion');
    const [called] = (guard.Properties as { ServiceToken: { 'Fn::GetAtt': [string, string] } }).ServiceToken[
      'Fn::GetAtt'
    ];
    expect(all[called]?.Type).toBe('AWS::Lambda::Function');
    const first = new Set([...(guard.DependsOn ?? []), called]);
    expect(others.filter(([id, { Type }]) => !first.has(id) && !watching.test(Type)).map(([id]) => id)).toEqual([]);
    expect(first.has('UpdateGuard')).toBe(true);
  });

  it('in a cluster account the guard goes before everything else, too, and is the reaper', () => {
    const here = resourcesOf(made.clusters) as unknown as Record<string, Ordered>;
    const guard = here['DeletionGuard'];
    if (!guard) throw new Error('there is no guard against deletion');
    const { ServiceToken } = guard.Properties as { ServiceToken: { 'Fn::GetAtt': [string, string] } };
    const [called] = ServiceToken['Fn::GetAtt'];
    expect(here[called]?.Properties).toMatchObject({ FunctionName: 'hallpass-laptop-reaper' });
    const others = Object.keys(here).filter((id) => id !== 'DeletionGuard' && !here[id]?.Type.startsWith('AWS::CDK'));
    expect(others.filter((id) => ![called, ...(guard.DependsOn ?? [])].includes(id))).toEqual([]);
  });

  it('another cluster is another property: CloudFormation asks', () => {
    expect(deploying('a b').ResourceProperties).not.toEqual(KEPT.ResourceProperties);
    const two = synthesise(exampleConfig((text) => text.replace('role/hallpass-executor', 'role/another-executor')));
    expect(resourcesOf(two.hub)['UpdateGuard']?.Properties).not.toEqual(all['UpdateGuard']?.Properties);
  });
});
