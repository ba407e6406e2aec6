/**
 * Catches: a role that opens to somebody its trust does not mean (a session name that anyone can make up, a role of the
 * same name elsewhere or later), or credentials that outlive what was asked for.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListClustersCommand } from '@aws-sdk/client-eks';
import { CreateRoleCommand, DeleteRoleCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Credentials,
  seedAccessKey,
  seedManagedPolicy,
  seedOrganization,
  seedRole,
  seedSession,
  seedUser,
} from '../../local/aws/iam/seed.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { ALLOW_ALL, at, HUB, MEMBER, makeWorld, trusting, trustText, type World } from './world.ts';

const TARGET = `arn:aws:iam::${HUB}:role/target`;
const SSO = 'AWSReservedSSO_Engineer_0123456789abcdef';
const SSO_PATH = '/aws-reserved/sso.amazonaws.com/eu-west-1/';
const SSO_TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${HUB}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE` },
      Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
    },
  ],
};
const MAY_ASSUME = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${HUB}:role/*` }],
};

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const assume = (credentials: Credentials, input: Partial<AssumeRoleCommandInput> = {}) =>
  world.sts(credentials).send(new AssumeRoleCommand({ RoleArn: TARGET, RoleSessionName: 'session', ...input }));
const identity = async (credentials: Credentials) => world.sts(credentials).send(new GetCallerIdentityCommand({}));
const credentialsOf = (answer: Awaited<ReturnType<typeof assume>>): Credentials => ({
  accessKeyId: answer.Credentials?.AccessKeyId ?? '',
  secretAccessKey: answer.Credentials?.SecretAccessKey ?? '',
  sessionToken: answer.Credentials?.SessionToken ?? '',
});
const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

/** The sign-on role of people, in an account. */
const signOn = (account: string) =>
  seedRole(world.seeding, { account, name: SSO, path: SSO_PATH, trust: SSO_TRUST, policies: { assume: MAY_ASSUME } });
const person = (account: string, name: string) =>
  seedSession(world.seeding, { account, roleName: SSO, sessionName: name });

test('I1-only-the-requester-can-assume', async () => {
  const role = signOn(HUB);
  signOn(MEMBER);
  const alice = person(HUB, 'alice@example.com');
  const bob = person(HUB, 'bob@example.com');
  const stranger = person(MEMBER, 'alice@example.com');
  const conditions = {
    StringEquals: { 'aws:userid': `${role.id}:alice@example.com` },
    DateLessThan: { 'aws:CurrentTime': '2026-11-24T10:00:00Z' },
  };
  await world
    .iam()
    .send(new CreateRoleCommand({ RoleName: 'target', AssumeRolePolicyDocument: trustText(role.arn, conditions) }));

  await assume(alice, { RoleSessionName: 'alice@example.com' });
  await assume(alice, { RoleSessionName: 'EKSGetTokenAuth' });
  await expect(assume(bob, { RoleSessionName: 'alice@example.com' })).rejects.toMatchObject(denied);
  await expect(assume(stranger, { RoleSessionName: 'alice@example.com' })).rejects.toMatchObject(denied);
  await world.clock.advanceTo(at('2026-11-24T10:00:00Z'));
  await expect(assume(alice)).rejects.toMatchObject(denied);
});

const signIn = (policies: Parameters<typeof seedUser>[1]['policies'] = {}, account = HUB): Credentials => {
  seedUser(world.seeding, { account, name: 'carol', policies });
  return seedAccessKey(world.seeding, { account, userName: 'carol' });
};
const carol = (account = HUB) => `arn:aws:iam::${account}:user/carol`;
const root = (account = HUB) => `arn:aws:iam::${account}:root`;
const DENY = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }] };

const matrix: [string, string, string, Parameters<typeof signIn>[0], boolean][] = [
  ['own account, principal named, no policy', HUB, carol(), {}, true],
  ['own account, principal named, policy denies', HUB, carol(), { deny: DENY }, false],
  ['own account, account named, no policy', HUB, root(), {}, false],
  ['own account, account named, policy allows', HUB, root(), { all: MAY_ASSUME }, true],
  ['own account, nobody named, policy allows', HUB, root(MEMBER), { all: ALLOW_ALL }, false],
  ['other account, principal named, no policy', MEMBER, carol(MEMBER), {}, false],
  ['other account, principal named, policy allows', MEMBER, carol(MEMBER), { all: MAY_ASSUME }, true],
  ['other account, account named, policy allows', MEMBER, root(MEMBER), { all: MAY_ASSUME }, true],
  ['other account, anyone trusted, no policy', MEMBER, '*', {}, false],
  ['other account, anyone trusted, policy allows', MEMBER, '*', { all: MAY_ASSUME }, true],
];
test.each(matrix)('trust and policies together: %s', async (_name, account, principal, policies, allowed) => {
  const credentials = signIn(policies, account);
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(principal) });
  const attempt = assume(credentials).then(
    () => true,
    (error: Error) => error.name,
  );
  expect(await attempt).toBe(allowed ? true : 'AccessDenied');
});

test('executors can be bound to a fixed role name and an organization', async () => {
  seedOrganization(world.seeding, { id: 'o-hallpass', accounts: [HUB] });
  seedRole(world.seeding, {
    account: HUB,
    name: 'hub',
    path: '/service/',
    trust: trusting(root()),
    policies: { all: ALLOW_ALL },
  });
  seedRole(world.seeding, { account: HUB, name: 'other', trust: trusting(root()), policies: { all: ALLOW_ALL } });
  const executor = `arn:aws:iam::${MEMBER}:role/executor`;
  seedRole(world.seeding, {
    account: MEMBER,
    name: 'executor',
    trust: trusting(root(), {
      ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${HUB}:role/service/hub` },
      StringEquals: { 'aws:PrincipalOrgID': 'o-hallpass' },
    }),
  });
  const session = (roleName: string) => seedSession(world.seeding, { account: HUB, roleName, sessionName: 'function' });
  await assume(session('hub'), { RoleArn: executor });
  await expect(assume(session('other'), { RoleArn: executor })).rejects.toMatchObject(denied);
});

test('a session says who it is, expires by the local clock, and is then told so', async () => {
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(root()), policies: { all: ALLOW_ALL } });
  const answer = await assume(world.hub, { DurationSeconds: 900 });
  expect(answer.Credentials?.Expiration).toEqual(new Date('2026-11-24T09:15:00Z'));
  expect(answer.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${HUB}:assumed-role/target/session`);
  const session = credentialsOf(answer);
  expect((await identity(session)).UserId).toBe(answer.AssumedRoleUser?.AssumedRoleId);
  await world.clock.advanceBy(minutes(15));
  await expect(identity(session)).rejects.toMatchObject({
    name: 'ExpiredToken',
    $metadata: { httpStatusCode: 403 },
  });
  await expect(world.eks(session).send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'ExpiredTokenException',
  });
});

test('a narrowed trust stops new sessions and not those there are', async () => {
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(root()) });
  const session = credentialsOf(await assume(world.hub));
  const past = trustText(root(), { DateLessThan: { 'aws:CurrentTime': '2026-11-24T08:00:00Z' } });
  await world.iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: 'target', PolicyDocument: past }));
  await expect(assume(world.hub)).rejects.toMatchObject(denied);
  expect((await identity(session)).Account).toBe(HUB);
});

test("a deleted role's session still says who it was, and may do nothing; its successor does not inherit it", async () => {
  const trust = trusting(root());
  seedRole(world.seeding, { account: HUB, name: 'target', trust });
  const session = credentialsOf(await assume(world.hub));
  const before = await identity(session);
  await world.iam().send(new DeleteRoleCommand({ RoleName: 'target' }));
  seedRole(world.seeding, { account: HUB, name: 'target', trust, policies: { all: ALLOW_ALL } });
  expect((await identity(session)).UserId).toBe(before.UserId);
  await expect(world.eks(session).send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

const invalid: [string, Partial<AssumeRoleCommandInput>][] = [
  ['one character', { RoleSessionName: 'x' }],
  ['a space', { RoleSessionName: 'a b' }],
  ['65 characters', { RoleSessionName: 'x'.repeat(65) }],
  ['14 minutes', { DurationSeconds: 840 }],
  ['more than the role allows', { DurationSeconds: 7_200 }],
  ['not a role', { RoleArn: `arn:aws:iam::${HUB}:user/carol` }],
];
test.each(invalid)('refused as invalid: %s', async (_what, input) => {
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(root()) });
  await expect(assume(world.hub, input)).rejects.toMatchObject({ name: 'ValidationError' });
});

test('chained sessions last an hour at most', async () => {
  seedRole(world.seeding, {
    account: HUB,
    name: 'target',
    trust: trusting(root()),
    policies: { all: ALLOW_ALL },
    maxSessionDuration: 43_200,
  });
  const session = credentialsOf(await assume(world.hub, { DurationSeconds: 43_200 }));
  await expect(assume(session, { DurationSeconds: 3_601 })).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  });
  await assume(session, { DurationSeconds: 3_600 });
});

test('a source identity needs a right of its own and stays', async () => {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: root() }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }],
  };
  seedRole(world.seeding, { account: HUB, name: 'target', trust });
  seedRole(world.seeding, { account: HUB, name: 'plain', trust: trusting(root()) });
  expect((await assume(world.hub, { SourceIdentity: 'alice' })).SourceIdentity).toBe('alice');
  await expect(
    assume(world.hub, { SourceIdentity: 'alice', RoleArn: `arn:aws:iam::${HUB}:role/plain` }),
  ).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('sts:SetSourceIdentity'),
  });
});

test('a session policy narrows what the role may do', async () => {
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(root()), policies: { all: ALLOW_ALL } });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }],
  });
  const session = credentialsOf(await assume(world.hub, { Policy }));
  await expect(world.eks(session).send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

test('a new role is not known at once where IAM is said to take its time', async () => {
  await world.close();
  world = await makeWorld({ delays: { iam: seconds(10) } });
  await world.iam().send(new CreateRoleCommand({ RoleName: 'target', AssumeRolePolicyDocument: trustText(root()) }));
  await expect(assume(world.hub)).rejects.toMatchObject(denied);
  await world.clock.advanceBy(seconds(10));
  await assume(world.hub);
});

test('a boundary limits, also where the trust alone would let in', async () => {
  const only = (Action: string) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
  const permissionsBoundary = `arn:aws:iam::${HUB}:policy/boundary`;
  seedManagedPolicy(world.seeding, { arn: permissionsBoundary, document: only('eks:*') });
  const bounded = { account: HUB, name: 'bounded', trust: trusting(root()), policies: { all: ALLOW_ALL } };
  const role = seedRole(world.seeding, { ...bounded, permissionsBoundary });
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(role.arn) });
  const session = seedSession(world.seeding, { account: HUB, roleName: 'bounded', sessionName: 'function' });
  await world.eks(session).send(new ListClustersCommand({}));
  await expect(assume(session)).rejects.toMatchObject(denied);
  seedManagedPolicy(world.seeding, { arn: permissionsBoundary, document: only('sts:*') });
  await assume(session);
});

test('sessions and ids survive a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'local-aws-'));
  const path = join(folder, 'state.db');
  await world.close();
  world = await makeWorld({ path });
  const operator = await identity(world.hub);
  seedRole(world.seeding, { account: HUB, name: 'target', trust: trusting(root()) });
  const session = credentialsOf(await assume(world.hub));
  const before = await identity(session);
  await world.close();
  world = await makeWorld({ path });
  expect((await identity(session)).UserId).toBe(before.UserId);
  expect((await identity(world.hub)).UserId).toBe(operator.UserId);
  await rm(folder, { recursive: true });
});

test('GetCallerIdentity cannot be denied', async () => {
  const credentials = signIn({
    deny: { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] },
  });
  expect((await identity(credentials)).Arn).toBe(carol());
  await world.clock.advanceBy(hours(1));
});
