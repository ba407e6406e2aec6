/**
 * More time for live access: would catch an extension without a decision, one that outgrows its bound, one that counts
 * before tag and role have moved, and one that keeps access when it comes too late.
 */
import { DescribeAccessEntryCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { exampleConfig, type Reply, type TestWorld, testWorld } from './harness.ts';

const withExtension = (more = '') =>
  exampleConfig((text) =>
    text.replace('    maxDuration: 24h\n', `    maxDuration: 24h\n    extension: { maxTotal: 25h${more} }\n`),
  );

let world: TestWorld;
const faults = faultPlan([], { record: true });
afterEach(() => world?.close());
beforeEach(() => faults.clear());

const client = () => ({
  endpoint: world.awsUrl,
  region: 'eu-west-1',
  credentials: world.profiles['operator'] ?? { accessKeyId: '', secretAccessKey: '' },
});
const tagOf = async (principalArn: string): Promise<string | undefined> =>
  (await new EKSClient(client()).send(new DescribeAccessEntryCommand({ clusterName: 'mycluster', principalArn })))
    .accessEntry?.tags?.['hallpass:expires'];
const exists = (principalArn: string): Promise<boolean> =>
  tagOf(principalArn).then(
    () => true,
    () => false,
  );
const trustDate = async (roleArn: string): Promise<string> => {
  const { Role } = await new IAMClient(client()).send(
    new GetRoleCommand({ RoleName: roleArn.split('/').at(-1) ?? '' }),
  );
  return JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).Statement[0].Condition.DateLessThan[
    'aws:CurrentTime'
  ];
};

async function live(entitlement: string, duration = '1h'): Promise<Reply['body']> {
  const asked = await world.call('alice', 'POST', '/v1/grants', {
    entitlement,
    duration,
    justification: 'a longer test',
  });
  await world.pass(seconds(1));
  await world.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
  await world.pass(seconds(1));
  return show(asked.body.id);
}
const show = async (id: string): Promise<Reply['body']> => (await world.call('alice', 'GET', `/v1/grants/${id}`)).body;
const extend = (id: string, body: object = { duration: '30m', justification: 'not done yet' }): Promise<Reply> =>
  world.call('alice', 'POST', `/v1/grants/${id}/extend`, body);
const sweep = async (): Promise<void> =>
  void (await world.functions.invoke('sweeper', { scheduledTime: new Date(world.clock.now()).toISOString() }));

describe.each(['mycluster-admin', 'mycluster-view-dev'])('%s', (entitlement) => {
  it('is extended once somebody has approved it, and ends at the new time', async () => {
    world = await testWorld({ config: withExtension(), faults });
    const grant = await live(entitlement);
    const end = Date.parse(grant.expiresAt ?? '');
    const asked = await extend(grant.id);
    expect(asked).toMatchObject({ status: 200, body: { expiresAt: grant.expiresAt, extension: { granted: false } } });
    expect((await extend(grant.id)).body.rule).toBe('extensionOpen');
    expect((await world.call('alice', 'POST', `/v1/grants/${grant.id}/approve`, {})).body.rule).toBe('selfApproval');

    expect((await world.call('bob', 'POST', `/v1/grants/${grant.id}/approve`, {})).status).toBe(200);
    await world.pass(seconds(2));
    const extended = await show(grant.id);
    expect(Date.parse(extended.expiresAt ?? '')).toBe(end + minutes(30));
    expect(extended.extension).toBeUndefined();
    expect(await tagOf(grant.principal.arn)).toBe(extended.expiresAt);
    if (grant.principal.mode === 'dedicated')
      expect(Date.parse(await trustDate(grant.principal.arn))).toBe(end + minutes(30) - ((end + minutes(30)) % 1000));

    await world.pass((end - world.clock.now() + minutes(29)) as never);
    expect(await exists(grant.principal.arn)).toBe(true);
    await world.pass(minutes(2));
    expect(await exists(grant.principal.arn)).toBe(false);
    expect(await show(grant.id)).toMatchObject({ state: 'ended', reason: 'expired' });
  });

  it('I9-extension-raises-tag-first: the expiry moves only after tag and role have', async () => {
    world = await testWorld({ config: withExtension(), faults });
    const grant = await live(entitlement);
    faults.add({
      on: { service: 'eks', operation: 'TagResource' },
      fault: { kind: 'accessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    await extend(grant.id);
    await world.call('bob', 'POST', `/v1/grants/${grant.id}/approve`, {});
    await world.pass(seconds(5));
    await sweep();
    expect((await show(grant.id)).expiresAt).toBe(grant.expiresAt);
    faults.clear();
    await world.pass(minutes(2));
    await sweep();
    expect(Date.parse((await show(grant.id)).expiresAt ?? '')).toBe(Date.parse(grant.expiresAt ?? '') + minutes(30));
    const written = faults.calls
      .filter((call) => call.write && call.operation !== 'AssumeRole')
      .map((call) => call.operation);
    expect(written.indexOf('TagResource')).toBeGreaterThanOrEqual(0);
    expect(written.indexOf('TagResource')).toBeLessThan(written.lastIndexOf('TransactWriteItems'));
  });
});

describe('what is refused', () => {
  it.each([
    ['more than the total', { duration: '24h', justification: 'for ever' }, 'extensionTooLong'],
    ['an unreadable length', { duration: 'soon', justification: 'for ever' }, 'durationUnreadable'],
    ['no justification', { duration: '30m' }, 'justificationMissing'],
  ])('%s', async (_name, body, rule) => {
    world = await testWorld({ config: withExtension() });
    const grant = await live('mycluster-view-dev', '2h');
    expect((await extend(grant.id, body)).body.rule).toBe(rule);
    expect(await show(grant.id)).toMatchObject({ state: 'active', expiresAt: grant.expiresAt });
  });

  it('an entitlement that offers none, somebody else, and what is not live', async () => {
    world = await testWorld();
    const grant = await live('mycluster-view-dev');
    expect((await extend(grant.id)).body.rule).toBe('extensionNotOffered');
    expect((await world.call('bob', 'POST', `/v1/grants/${grant.id}/extend`, { duration: '30m' })).body.rule).toBe(
      'notRequester',
    );
    await world.call('alice', 'POST', `/v1/grants/${grant.id}/end`, {});
    expect((await extend(grant.id)).body.rule).toBe('notPending');
  });

  it('a denial leaves the old end; a decision after the end does nothing', async () => {
    world = await testWorld({ config: withExtension() });
    const grant = await live('mycluster-view-dev');
    await extend(grant.id);
    expect(
      (await world.call('carol', 'POST', `/v1/grants/${grant.id}/deny`, { reason: 'enough for today' })).status,
    ).toBe(200);
    const after = await show(grant.id);
    expect(after).toMatchObject({ state: 'active', expiresAt: grant.expiresAt });
    expect(after.extension).toBeUndefined();
    await extend(grant.id);
    await world.pass(minutes(61));
    expect((await world.call('bob', 'POST', `/v1/grants/${grant.id}/approve`, {})).body.rule).toBe('notPending');
    expect(await show(grant.id)).toMatchObject({ state: 'ended', reason: 'expired', expiresAt: grant.expiresAt });
  });

  it('what the rules no longer admit when it is carried out', async () => {
    world = await testWorld({ config: withExtension(), workflow: false });
    const asked = await world.call('alice', 'POST', '/v1/grants', {
      entitlement: 'mycluster-view-dev',
      duration: '1h',
      justification: 'a longer test',
    });
    await world.pass(minutes(1));
    await sweep();
    await world.call('bob', 'POST', `/v1/grants/${asked.body.id}/approve`, {});
    await world.pass(minutes(1));
    await sweep();
    const grant = await show(asked.body.id);
    expect(grant.state).toBe('active');
    await extend(grant.id);
    await world.call('bob', 'POST', `/v1/grants/${grant.id}/approve`, {});
    world.deploy(exampleConfig());
    await world.pass(minutes(1));
    await sweep();
    const after = await show(grant.id);
    expect(after).toMatchObject({ state: 'active', expiresAt: grant.expiresAt });
    expect(after.timeline.at(-1)).toMatchObject({
      type: 'extensionDenied',
      detail: expect.stringContaining('extensionNotOffered'),
    });
  });

  it('an extension by rule needs nobody', async () => {
    world = await testWorld({ config: withExtension(', autoApprove: true') });
    const grant = await live('mycluster-view-dev');
    expect((await extend(grant.id)).body.extension).toMatchObject({ granted: true });
    await world.pass(seconds(3));
    expect(Date.parse((await show(grant.id)).expiresAt ?? '')).toBe(Date.parse(grant.expiresAt ?? '') + minutes(30));
  });
});
