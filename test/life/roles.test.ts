/**
 * A pipeline asks, people decide. Would catch a role whose other sessions use its grant, an owner who approves, a role
 * that anybody could have become, and Kubernetes groups that never reach RBAC.
 */
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedSession } from '../../local/aws/iam/seed.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ask, callAs, exampleConfig, replacing, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { ACCOUNT, assume, entryOf, iamOf, trustOf } from './operator.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/deployer`;
const config = exampleConfig(
  replacing(
    [
      '  groups:\n',
      `  roles:\n    deployer: { role: "${ROLE}", owners: [bob], description: Deploys from the main branch }\n\n  groups:\n`,
    ],
    [
      'access: { policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }',
      'access: { groups: [deployers, watchers] }',
    ],
    [
      'eligible: [alice, group:platform]\n    maxDuration: 24h',
      'eligible: [alice, role:deployer]\n    maxDuration: 24h',
    ],
  ),
);

let world: TestWorld;
let id: string;
beforeAll(async () => {
  world = await testWorld({ config });
});
afterAll(() => world.close());

describe('a role that is not a person', () => {
  it('is told who it is and what it may ask for', async () => {
    expect((await world.call('deployer', 'GET', '/v1/whoami')).body).toMatchObject({ id: 'role:deployer', groups: [] });
    const { body } = await world.call('deployer', 'GET', '/v1/entitlements');
    expect((body['entitlements'] as { id: string }[]).map((one) => one.id)).toEqual(['mycluster-view-dev']);
  });

  it('asks; neither it nor its owner may approve, somebody else may', async () => {
    id = await ask(world, 'deployer', VIEW);
    const approve = (profile: string) => world.call(profile, 'POST', `/v1/grants/${id}/approve`, {});
    expect((await approve('deployer')).body).toMatchObject({ rule: 'roleNeverDecides' });
    expect((await approve('bob')).body).toMatchObject({ rule: 'ownerApproval' });
    expect((await approve('carol')).status).toBe(200);
    await world.pass(seconds(1));
    expect(await show(world, id, 'deployer')).toMatchObject({ state: 'active', requester: { id: 'role:deployer' } });
  });

  it('its role is assumed by the session that asked, and by no other of the same role', async () => {
    const { principal } = await show(world, id, 'deployer');
    const seeding = { storage: world.storage, now: world.clock.now() };
    const other = seedSession(seeding, { account: ACCOUNT, roleName: 'deployer', sessionName: 'another-build' });
    expect(await assume(world, world.profiles['deployer'], principal.arn, 'EKSGetTokenAuth')).toBe('ok');
    expect(await assume(world, other, principal.arn, 'deployer')).toBe('AccessDenied');
    // The same caller to the API: it sees and may end what the role asked for.
    expect((await callAs(world, other, 'GET', `/v1/grants/${id}`)).status).toBe(200);
  });

  it('F15: the entry has the groups of the entitlement, no policy, and a name that tells who', async () => {
    const { principal } = await show(world, id, 'deployer');
    const found = await entryOf(world, principal.arn);
    expect(found?.policies).toEqual([]);
    expect(found?.entry).toMatchObject({
      kubernetesGroups: ['deployers', 'watchers'],
      username: `hallpass:${id}:role:deployer`,
    });
  });

  it('its owner may end what it asked for', async () => {
    expect((await world.call('bob', 'POST', `/v1/grants/${id}/end`, {})).status).toBe(200);
    await world.pass(seconds(2));
    expect(await show(world, id, 'deployer')).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Bob Baker' });
  });

  it('F3: once its trust lets in a whole account, it is nobody', async () => {
    const before = await trustOf(world, ROLE);
    const open = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }],
    };
    const trust = (PolicyDocument: string) =>
      iamOf(world).send(new UpdateAssumeRolePolicyCommand({ RoleName: 'deployer', PolicyDocument }));
    await trust(JSON.stringify(open));
    await world.pass(minutes(5));
    expect((await world.call('deployer', 'GET', '/v1/whoami')).status).toBe(403);
    await trust(before);
    await world.pass(minutes(5));
    expect((await world.call('deployer', 'GET', '/v1/whoami')).status).toBe(200);
  });
});
