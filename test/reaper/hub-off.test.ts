/**
 * The hub, its trust and its functions are gone (F10). Would catch access that stays because only the hub knew of it, a
 * reaper that needs anything of the hub, one that comes too early, and a dedicated role that outlives its grant (I9).
 */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { type TestWorld, testWorld } from '../life/harness.ts';
import { activeGrant, entryOf, KUBERNETES_ADMIN, logsOf, principalsIn, REAPER } from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

describe.each([
  ['role', 'mycluster-admin', '30m'],
  ['dedicated', 'mycluster-view-dev', '12h'],
] as const)('I9-hub-off, mode %s', (_mode, entitlement, duration) => {
  it('the entry is gone by expiry + 15 min, and not before expiry + 10 min, by the reaper alone', async () => {
    world = await testWorld({ schedule: ['reaper'] });
    const before = await principalsIn(world);
    const grant = await activeGrant(world, entitlement, duration);
    const expiresAt = Date.parse(grant.expiresAt ?? '');
    world.stopHub();

    await world.clock.advanceTo((expiresAt + minutes(10)) as never);
    expect(await principalsIn(world)).toContain(grant.principal.arn);
    await world.clock.advanceTo((expiresAt + minutes(15)) as never);
    expect(await principalsIn(world)).toEqual(before);
    const ended = logsOf(world, REAPER).filter((line) => line.message === 'the reaper ended an overdue entry');
    expect(ended).toMatchObject([{ level: 'alarm', principalArn: grant.principal.arn }]);
    expect((await world.call('alice', 'GET', `/v1/grants/${grant.id}`)).status).toBe(500);
  });
});

it('I9-hub-off: a dedicated role can be assumed until expiry and not after it', async () => {
  world = await testWorld({ schedule: ['sweeper', 'reaper'] });
  const grant = await activeGrant(world, 'mycluster-view-dev', '2h');
  await world.pass(minutes(2));
  world.stopHub();
  const sts = new STSClient({
    endpoint: world.awsUrl,
    region: 'eu-west-1',
    credentials: world.profiles['alice'] ?? { accessKeyId: '', secretAccessKey: '' },
  });
  const assume = () =>
    sts.send(new AssumeRoleCommand({ RoleArn: grant.principal.arn, RoleSessionName: 'alice', DurationSeconds: 900 }));
  const expiresAt = Date.parse(grant.expiresAt ?? '');

  await world.clock.advanceTo((expiresAt - seconds(1)) as never);
  expect((await assume()).Credentials?.AccessKeyId).toMatch(/^ASIA/);
  await world.clock.advanceTo((expiresAt + seconds(1)) as never);
  await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
});

it('while the hub works the reaper ends nothing, and says so every five minutes', async () => {
  world = await testWorld({ schedule: ['sweeper', 'reaper'] });
  await activeGrant(world, 'mycluster-admin', '30m');
  await world.pass(hours(1));
  const lines = logsOf(world, REAPER);
  expect(lines.filter((line) => line.level === 'alarm')).toEqual([]);
  expect(lines).toHaveLength(12);
  for (const line of lines)
    expect(line).toMatchObject({ level: 'info', message: 'ReaperCompleted', ended: 0, oldestOverdueSeconds: 0 });
  expect(lines.map((line) => line.ours)).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});

describe('I9-extension-raises-tag-first: a later claim on the same entry', () => {
  const expiresTag = async (): Promise<string | undefined> =>
    (await entryOf(world, KUBERNETES_ADMIN)).tags?.['hallpass:expires'];

  it('has raised the tag when it is active, and the reaper waits for it', async () => {
    world = await testWorld({ schedule: ['reaper'] });
    const first = await activeGrant(world, 'mycluster-admin', '30m');
    expect(await expiresTag()).toBe(first.expiresAt);
    const second = await activeGrant(world, 'mycluster-admin', '2h', { person: 'bob', approver: 'carol' });
    expect(await expiresTag()).toBe(second.expiresAt);
    world.stopHub();
    await world.clock.advanceTo((Date.parse(second.expiresAt ?? '') + minutes(10)) as never);
    expect(await principalsIn(world)).toContain(KUBERNETES_ADMIN);
    await world.pass(minutes(5));
    expect(await principalsIn(world)).not.toContain(KUBERNETES_ADMIN);
  });

  it('is not active while the tag cannot be raised', async () => {
    world = await testWorld({ schedule: ['sweeper'] });
    const first = await activeGrant(world, 'mycluster-admin', '30m');
    world.faults.add({
      on: { service: 'eks', operation: 'TagResource' },
      fault: { kind: 'accessDenied' },
      times: 1_000,
    });
    const second = activeGrant(world, 'mycluster-admin', '2h', { person: 'bob', approver: 'carol' });
    await expect(second).rejects.toThrow(/not active/);
    await world.pass(minutes(5));
    expect(await expiresTag()).toBe(first.expiresAt);
    const { body } = await world.call('bob', 'GET', '/v1/grants');
    expect(JSON.stringify(body)).toContain('"state":"activating"');
    world.faults.clear();
    await world.pass(minutes(20));
    expect(Date.parse((await expiresTag()) ?? '')).toBeGreaterThan(Date.parse(first.expiresAt ?? ''));
  });

  it('is never lowered by a later claim that ends earlier', async () => {
    world = await testWorld();
    const long = await activeGrant(world, 'mycluster-admin', '2h');
    await activeGrant(world, 'mycluster-admin', '30m', { person: 'bob', approver: 'carol' });
    expect(await expiresTag()).toBe(long.expiresAt);
  });
});
