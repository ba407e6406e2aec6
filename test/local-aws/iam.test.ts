/**
 * Catches: an IAM that is kinder than AWS's (names differing in capitals, unknown principals, roles deleted with their
 * policies) or that forgets that a trust policy means a unique id and not a name.
 */
import {
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  paginateListRoles,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedAccessKey, seedRole, seedSession, seedUser } from '../../local/aws/iam/seed.ts';
import { ALLOW_ALL, HUB, MEMBER, makeWorld, trusting, trustText, type World } from './world.ts';

const ROOT = `arn:aws:iam::${HUB}:root`;
let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const create = (input: Partial<CreateRoleCommandInput> = {}) =>
  world.iam().send(new CreateRoleCommand({ RoleName: 'made', AssumeRolePolicyDocument: trustText(ROOT), ...input }));
const shownTrust = async (name = 'made') =>
  JSON.parse(
    decodeURIComponent(
      (await world.iam().send(new GetRoleCommand({ RoleName: name }))).Role?.AssumeRolePolicyDocument ?? '',
    ),
  );

test('a role is shown as it was made', async () => {
  await create({
    Path: '/hallpass/hub/',
    Description: 'é',
    MaxSessionDuration: 7200,
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  const { Role } = await world.iam().send(new GetRoleCommand({ RoleName: 'MADE' }));
  expect(Role).toMatchObject({
    Arn: `arn:aws:iam::${HUB}:role/hallpass/hub/made`,
    Path: '/hallpass/hub/',
    Description: 'é',
    MaxSessionDuration: 7200,
    Tags: [{ Key: 'a', Value: 'b' }],
    CreateDate: new Date('2026-11-24T09:00:00Z'),
  });
  expect(Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
  expect(await shownTrust()).toEqual(trusting(ROOT));
});

test('names are unique whatever their capitals', async () => {
  await create();
  await expect(create({ RoleName: 'Made' })).rejects.toMatchObject({
    name: 'EntityAlreadyExistsException',
    $metadata: { httpStatusCode: 409 },
  });
});

const refusals: [string, Partial<CreateRoleCommandInput>, string][] = [
  ['name of 65', { RoleName: 'x'.repeat(65) }, 'ValidationError'],
  ['name with a slash', { RoleName: 'a/b' }, 'ValidationError'],
  ['path without its end', { Path: '/a' }, 'ValidationError'],
  ['session of 59 minutes', { MaxSessionDuration: 3599 }, 'ValidationError'],
  ['session of 13 hours', { MaxSessionDuration: 46_800 }, 'ValidationError'],
  ['description with a bell', { Description: '\u0007' }, 'ValidationError'],
  [
    'unknown role trusted',
    { AssumeRolePolicyDocument: trustText(`arn:aws:iam::${HUB}:role/nobody`) },
    'MalformedPolicyDocumentException',
  ],
  ['resource in a trust', { AssumeRolePolicyDocument: JSON.stringify(ALLOW_ALL) }, 'MalformedPolicyDocumentException'],
  ['no JSON', { AssumeRolePolicyDocument: '{' }, 'MalformedPolicyDocumentException'],
  [
    'trust of 2049',
    { AssumeRolePolicyDocument: trustText(ROOT, { StringEquals: { 'aws:userid': 'x'.repeat(1_950) } }) },
    'LimitExceededException',
  ],
  ['51 tags', { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })) }, 'LimitExceededException'],
  [
    'unknown operator',
    { AssumeRolePolicyDocument: trustText(ROOT, { StringEqualz: { 'aws:userid': 'x' } }) },
    'NotImplemented',
  ],
  [
    'IpAddress',
    { AssumeRolePolicyDocument: trustText(ROOT, { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }) },
    'NotImplemented',
  ],
  [
    'date that is none',
    { AssumeRolePolicyDocument: trustText(ROOT, { DateLessThan: { 'aws:CurrentTime': 'soon' } }) },
    'MalformedPolicyDocumentException',
  ],
];
test.each(refusals)('create is refused: %s', async (_what, input, name) => {
  await expect(create(input)).rejects.toMatchObject({ name });
});

test('a role with inline policies cannot be deleted', async () => {
  await create();
  const policy = { RoleName: 'made', PolicyName: 'p' };
  await world.iam().send(new PutRolePolicyCommand({ ...policy, PolicyDocument: JSON.stringify(ALLOW_ALL) }));
  const { PolicyDocument = '' } = await world.iam().send(new GetRolePolicyCommand(policy));
  expect(JSON.parse(decodeURIComponent(PolicyDocument))).toEqual(ALLOW_ALL);
  expect((await world.iam().send(new ListRolePoliciesCommand({ RoleName: 'made' }))).PolicyNames).toEqual(['p']);
  const attached = await world.iam().send(new ListAttachedRolePoliciesCommand({ RoleName: 'made' }));
  expect(attached.AttachedPolicies).toEqual([]);
  await expect(world.iam().send(new DeleteRoleCommand({ RoleName: 'made' }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    $metadata: { httpStatusCode: 409 },
  });
  await world.iam().send(new DeleteRolePolicyCommand(policy));
  await expect(world.iam().send(new GetRolePolicyCommand({ ...policy, PolicyName: 'toString' }))).rejects.toMatchObject(
    {
      name: 'NoSuchEntityException',
    },
  );
  await world.iam().send(new DeleteRoleCommand({ RoleName: 'made' }));
  await expect(world.iam().send(new GetRoleCommand({ RoleName: 'made' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    $metadata: { httpStatusCode: 404 },
  });
});

test('a trust keeps the unique id: it dangles after deletion and does not match a successor', async () => {
  const trusted = seedRole(world.seeding, { account: HUB, name: 'trusted', trust: trusting(ROOT) });
  await create({ AssumeRolePolicyDocument: trustText(trusted.arn) });
  expect((await shownTrust()).Statement[0].Principal).toEqual({ AWS: trusted.arn });
  await world.iam().send(new DeleteRoleCommand({ RoleName: 'trusted' }));
  expect((await shownTrust()).Statement[0].Principal).toEqual({ AWS: trusted.id });
  seedRole(world.seeding, { account: HUB, name: 'trusted', trust: trusting(ROOT) });
  const successor = seedSession(world.seeding, { account: HUB, roleName: 'trusted', sessionName: 'late' });
  const assume = new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${HUB}:role/made`, RoleSessionName: 'late' });
  await expect(world.sts(successor).send(assume)).rejects.toMatchObject({ name: 'AccessDenied' });
  await world
    .iam()
    .send(new UpdateAssumeRolePolicyCommand({ RoleName: 'made', PolicyDocument: trustText(trusted.arn) }));
  await world.sts(successor).send(assume);
});

test('tags are replaced by key whatever its capitals, removed and listed', async () => {
  await create({ Tags: [{ Key: 'Team', Value: 'a' }] });
  await world.iam().send(
    new TagRoleCommand({
      RoleName: 'made',
      Tags: [
        { Key: 'team', Value: 'b' },
        { Key: 'x', Value: '' },
      ],
    }),
  );
  await world.iam().send(new UntagRoleCommand({ RoleName: 'made', TagKeys: ['x'] }));
  const { Tags } = await world.iam().send(new ListRoleTagsCommand({ RoleName: 'made' }));
  expect(Tags).toEqual([{ Key: 'team', Value: 'b' }]);
});

test('a list by path comes in pages, shows no tags and no other account', async () => {
  for (let i = 0; i < 5; i++) await create({ RoleName: `r${i}`, Path: '/p/', Tags: [{ Key: 'a', Value: 'b' }] });
  await create({ Path: '/q/' });
  const sizes: number[] = [];
  for await (const page of paginateListRoles({ client: world.iam(), pageSize: 2 }, { PathPrefix: '/p/' })) {
    sizes.push(page.Roles?.length ?? 0);
    for (const role of page.Roles ?? []) expect(role.Tags ?? []).toEqual([]);
  }
  expect(sizes).toEqual([2, 2, 1]);
});

test('UpdateRole changes the longest session, and keeps the rest', async () => {
  await create({ Description: 'kept' });
  await world.iam().send(new UpdateRoleCommand({ RoleName: 'made', MaxSessionDuration: 43_200 }));
  const { Role } = await world.iam().send(new GetRoleCommand({ RoleName: 'made' }));
  expect(Role).toMatchObject({ MaxSessionDuration: 43_200, Description: 'kept' });
});

test('a caller without the right is refused by name of user, action and resource', async () => {
  seedUser(world.seeding, { account: HUB, name: 'nobody' });
  const nobody = seedAccessKey(world.seeding, { account: HUB, userName: 'nobody' });
  await expect(world.iam(nobody).send(new GetRoleCommand({ RoleName: 'made' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: `User: arn:aws:iam::${HUB}:user/nobody is not authorized to perform: iam:GetRole on resource: arn:aws:iam::${HUB}:role/made because no identity-based policy allows the iam:GetRole action`,
    $metadata: { httpStatusCode: 403 },
  });
});

test('GetUser answers the caller when no one is named', async () => {
  const { User } = await world.iam(world.member).send(new GetUserCommand({}));
  expect(User).toMatchObject({ UserName: 'operator', Arn: `arn:aws:iam::${MEMBER}:user/operator` });
});

test('seeding again keeps ids and secrets and renews policies', () => {
  const { seeding, storage } = world;
  const seed = () => ({
    user: seedUser(seeding, { account: HUB, name: 'u' }).id,
    key: seedAccessKey(seeding, { account: HUB, userName: 'u' }),
    role: seedRole(seeding, { account: HUB, name: 'r', trust: trusting(ROOT) }).id,
    session: seedSession(seeding, { account: HUB, roleName: 'r', sessionName: 'alice@example.com' }),
  });
  expect(seed()).toEqual(seed());
  seedUser(seeding, { account: HUB, name: 'u', policies: { all: ALLOW_ALL } });
  expect(storage.collection<{ policies: object }>('iam/user').get(`${HUB}/u`)?.policies).toEqual({
    all: JSON.stringify(ALLOW_ALL),
  });
});
