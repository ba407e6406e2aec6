/**
 * Who can become the principal of a grant, and until when. Would catch a trust pinned by the session name that the caller
 * makes up (F2), a date that is not the expiry (I9), and a role that outlives its grant.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, seedRole, seedSession } from '../../local/aws/iam/seed.ts';
import { instant, minutes, seconds } from '../../src/core/time.ts';
import { ask, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import { assume, dedicatedRoles, principals, trustOf } from './operator.ts';

const SSO = { name: 'AWSReservedSSO_Hallpass_0123456789abcdef', path: '/aws-reserved/sso.amazonaws.com/eu-west-1/' };

let world: TestWorld;
let id: string;
let role: string;
let datedAtFirst: string | undefined;
const dateOf = async (): Promise<string | undefined> =>
  /"aws:CurrentTime":"([^"]+)"/.exec(await trustOf(world, role))?.[1];
beforeAll(async () => {
  world = await testWorld();
  id = await ask(world, 'alice', VIEW);
  role = (await show(world, id)).principal.arn;
  datedAtFirst = await dateOf();
  await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(seconds(1));
  expect((await show(world, id)).state).toBe('active');
});
afterAll(() => world.close());

/** Alice's name in a role of the permission set's name, in another account, with every right there. */
function stranger(): Credentials {
  const seeding = { storage: world.storage, now: world.clock.now() };
  const document = (Principal: object | undefined, Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, ...(Principal ? { Principal } : { Resource: '*' }) }],
  });
  const trust = document(
    { Federated: 'arn:aws:iam::444455556666:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE' },
    'sts:AssumeRoleWithSAML',
  );
  seedRole(seeding, { account: '444455556666', ...SSO, trust, policies: { All: document(undefined, '*') } });
  return seedSession(seeding, { account: '444455556666', roleName: SSO.name, sessionName: 'alice@example.com' });
}

describe('I1-only-the-requester-can-assume', () => {
  it('Alice, whatever she calls the session', async () => {
    for (const name of ['alice@example.com', 'EKSGetTokenAuth', 'bob@example.com'])
      expect(await assume(world, world.profiles['alice'], role, name)).toBe('ok');
  });
  it("Bob, in the same permission set, under Alice's name: no", async () => {
    for (const name of ['alice@example.com', 'EKSGetTokenAuth'])
      expect(await assume(world, world.profiles['bob'], role, name)).toBe('AccessDenied');
  });
  it('a role of the same name in another account, with the same session name: no', async () => {
    expect(await assume(world, stranger(), role, 'alice@example.com')).toBe('AccessDenied');
  });
  it('the administrator: no', async () => {
    expect(await assume(world, world.profiles['operator'], role, 'alice@example.com')).toBe('AccessDenied');
  });
});

describe('I9-date-equals-expiry', () => {
  it('is the latest possible end before anybody decides, and the expiry right after activation', async () => {
    expect(datedAtFirst).toBe('2026-11-25T09:30:00Z');
    expect((await show(world, id)).expiresAt).toBe('2026-11-24T09:30:01.000Z');
    expect(await dateOf()).toBe('2026-11-24T09:30:01Z');
    await world.pass(seconds(60));
    await world.sweep();
    expect(await dateOf()).toBe('2026-11-24T09:30:01Z');
    expect(await assume(world, world.profiles['alice'], role, 'EKSGetTokenAuth')).toBe('ok');
  });

  it('a moment before expiry yes, at the expiry no, though nothing of Hallpass has run', async () => {
    await world.clock.advanceTo(instant(Date.parse('2026-11-24T09:30:00.999Z')));
    expect(await assume(world, world.profiles['alice'], role, 'EKSGetTokenAuth')).toBe('ok');
    await world.clock.advanceTo(instant(Date.parse('2026-11-24T09:30:01Z')));
    expect(await assume(world, world.profiles['alice'], role, 'EKSGetTokenAuth')).toBe('AccessDenied');
  });

  it('the entry is gone at the expiry, the role with the first look back, and none of them finds anything', async () => {
    await world.pass(seconds(5));
    expect(await principals(world)).not.toContain(role);
    expect(await dedicatedRoles(world)).toEqual([role]);
    await world.pass(minutes(2));
    await world.sweep();
    expect(await dedicatedRoles(world)).toEqual([]);
    await world.pass(minutes(8));
    await world.sweep();
    const { state, timeline } = await show(world, id);
    expect(state).toBe('ended');
    expect(timeline.slice(-5).map(({ type, detail }) => [type, detail])).toEqual([
      ['revoking', 'expired'],
      ['ended', undefined],
      ['roleDeleted', undefined],
      ['settled', 'nothing left'],
      ['settled', 'nothing left'],
    ]);
  });
});
