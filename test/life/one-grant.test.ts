/** The main job, over the real protocols: would catch anything that keeps a grant from being asked for, made or removed. */
import {
  DescribeAccessEntryCommand,
  EKSClient,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { afterEach, describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { type TestWorld, testWorld } from './harness.ts';

const KUBERNETES_ADMIN = 'arn:aws:iam::111122223333:role/KubernetesAdmin';

let world: TestWorld;
afterEach(() => world?.close());

const eks = (): EKSClient =>
  new EKSClient({
    endpoint: world.awsUrl,
    region: 'eu-west-1',
    credentials: world.profiles['operator'] ?? { accessKeyId: '', secretAccessKey: '' },
  });
const principals = async (): Promise<string[]> =>
  (await eks().send(new ListAccessEntriesCommand({ clusterName: 'mycluster' }))).accessEntries ?? [];

describe.each([
  ['role', 'mycluster-admin', '30m', minutes(30)],
  ['dedicated', 'mycluster-view-dev', '12h', hours(12)],
] as const)('a grant of mode %s', (mode, entitlement, duration, length) => {
  it('is asked for, approved, made, read back, and gone on time', async () => {
    world = await testWorld();
    const before = await principals();
    const asked = await world.call('alice', 'POST', '/v1/grants', {
      entitlement,
      duration,
      justification: 'INC-4211: ingress down',
    });
    expect(asked.status).toBe(201);
    expect(asked.body.state).toBe('pending');
    await world.pass(seconds(1));
    expect(await principals()).toEqual(before);

    const approved = await world.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
    expect(approved.status).toBe(200);
    expect(approved.body.state).toBe('activating');
    await world.pass(seconds(1));
    const live = await world.call('alice', 'GET', `/v1/grants/${asked.body.id}`);
    expect(live.body.state).toBe('active');
    const principalArn = live.body.principal.arn;
    expect(principalArn).toMatch(
      mode === 'role' ? KUBERNETES_ADMIN : /^arn:aws:iam::111122223333:role\/hallpass\/laptop\/hallpass-laptop-/,
    );
    expect(await principals()).toContain(principalArn);
    const { accessEntry } = await eks().send(
      new DescribeAccessEntryCommand({ clusterName: 'mycluster', principalArn }),
    );
    expect(accessEntry?.tags).toMatchObject({ 'hallpass:grant': asked.body.id });
    const policies = await eks().send(
      new ListAssociatedAccessPoliciesCommand({ clusterName: 'mycluster', principalArn }),
    );
    expect(policies.associatedAccessPolicies).toHaveLength(1);

    await world.pass((length - 2_000) as never);
    expect(await principals()).toContain(principalArn);
    await world.pass(seconds(5));
    expect(await principals()).toEqual(before);
    const ended = await world.call('alice', 'GET', `/v1/grants/${asked.body.id}`);
    expect(ended.body).toMatchObject({ state: 'ended', reason: 'expired' });
    expect(ended.body.timeline.map((event) => event.type)).toEqual([
      'requested',
      'prepared',
      'approved',
      'armed',
      'activated',
      ...(mode === 'dedicated' ? ['narrowed'] : []),
      'revoking',
      'ended',
    ]);
  });
});
