/**
 * Catches: an access entry that takes what EKS refuses, merges scopes where EKS replaces them, keeps associations that
 * EKS would have removed, or follows a name where EKS follows a unique id.
 */
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  type CreateAccessEntryCommandInput,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  DisassociateAccessPolicyCommand,
  ListAccessPoliciesCommand,
  ListAssociatedAccessPoliciesCommand,
  ListClustersCommand,
  ListTagsForResourceCommand,
  paginateListAccessEntries,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAccessEntryCommand,
} from '@aws-sdk/client-eks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accessEntriesOf, removeCluster, seedCluster } from '../../local/aws/eks/seed.ts';
import { seedRole } from '../../local/aws/iam/seed.ts';
import { findRole, putRole, removeRole } from '../../local/aws/iam/store.ts';
import { minus, minutes, seconds } from '../../src/core/time.ts';
import { CLUSTER, clusterSeed, HUB, MEMBER, makeWorld, START, trusting, type World } from './world.ts';

const ADMIN = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const VIEW = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
const ROLE = `arn:aws:iam::${HUB}:role/team/KubernetesAdmin`;
const ROOT = `arn:aws:iam::${HUB}:root`;
const entry = { clusterName: 'prod', principalArn: ROLE };

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  seedRole(world.seeding, { account: HUB, name: 'KubernetesAdmin', path: '/team/', trust: trusting(ROOT) });
});
afterEach(() => world.close());

const create = (input: Partial<CreateAccessEntryCommandInput> = {}) =>
  world.eks().send(new CreateAccessEntryCommand({ ...entry, ...input }));
const associate = (accessScope: { type: 'cluster' | 'namespace'; namespaces?: string[] }, policyArn = ADMIN) =>
  world.eks().send(new AssociateAccessPolicyCommand({ ...entry, policyArn, accessScope }));
const associated = async () =>
  (await world.eks().send(new ListAssociatedAccessPoliciesCommand(entry))).associatedAccessPolicies;

test('a new entry has EKS defaults, an ARN without the path and times as dates', async () => {
  const { accessEntry } = await create({ tags: { team: 'a' } });
  expect(accessEntry).toMatchObject({
    clusterName: 'prod',
    principalArn: ROLE,
    type: 'STANDARD',
    username: `arn:aws:sts::${HUB}:assumed-role/KubernetesAdmin/{{SessionName}}`,
    kubernetesGroups: [],
    tags: { team: 'a' },
    createdAt: new Date('2026-11-24T09:00:00.000Z'),
  });
  expect(accessEntry?.accessEntryArn).toMatch(
    /^arn:aws:eks:eu-west-1:111111111111:access-entry\/prod\/role\/111111111111\/KubernetesAdmin\/[0-9a-f-]{36}$/,
  );
});

test('associating again replaces the scope and keeps the time of the first', async () => {
  await create();
  await associate({ type: 'namespace', namespaces: ['dev-*', 'web'] });
  await world.clock.advanceBy(minutes(1));
  await associate({ type: 'cluster' });
  expect(await associated()).toEqual([
    {
      policyArn: ADMIN,
      accessScope: { type: 'cluster', namespaces: [] },
      associatedAt: new Date('2026-11-24T09:00:00.000Z'),
      modifiedAt: new Date('2026-11-24T09:01:00.000Z'),
    },
  ]);
});

test('deleting an entry removes its associations: a new one begins with none', async () => {
  await create();
  await associate({ type: 'cluster' });
  await world.eks().send(new DeleteAccessEntryCommand(entry));
  await create();
  expect(await associated()).toEqual([]);
});

test('disassociating what is not associated is a 404', async () => {
  await create();
  await associate({ type: 'cluster' });
  await world.eks().send(new DisassociateAccessPolicyCommand({ ...entry, policyArn: ADMIN }));
  expect(await associated()).toEqual([]);
  await expect(
    world.eks().send(new DisassociateAccessPolicyCommand({ ...entry, policyArn: ADMIN })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a second create is in use, unless it repeats token and members', async () => {
  const first = await create({ clientRequestToken: 'once' });
  const again = await create({ clientRequestToken: 'once' });
  expect(again.accessEntry?.accessEntryArn).toBe(first.accessEntry?.accessEntryArn);
  const inUse = {
    name: 'ResourceInUseException',
    message: 'The specified access entry resource is already in use on this cluster.',
    $metadata: { httpStatusCode: 409 },
  };
  await expect(create({ clientRequestToken: 'once', username: 'other' })).rejects.toMatchObject(inUse);
  await expect(create({ clientRequestToken: 'twice' })).rejects.toMatchObject(inUse);
});

const refusals: [string, Partial<CreateAccessEntryCommandInput>, string][] = [
  ['username system:', { username: 'system:admin' }, 'The username must not begin with system:'],
  ['username iam:', { username: 'iam:x' }, 'The username must not begin with iam:'],
  [
    'group eks:',
    { kubernetesGroups: ['a', 'eks:x'] },
    'The kubernetes group name eks:x is invalid, it cannot start with eks:',
  ],
  [
    'session name without a colon',
    { username: '{{SessionName}}' },
    'The username must contain a colon before {{SessionName}}',
  ],
  [
    'unknown role',
    { principalArn: `arn:aws:iam::${HUB}:role/nobody` },
    'The specified principalArn is invalid: invalid principal.',
  ],
  [
    'role without its path',
    { principalArn: `arn:aws:iam::${HUB}:role/KubernetesAdmin` },
    'The specified principalArn is invalid: invalid principal.',
  ],
  [
    'session',
    { principalArn: `arn:aws:sts::${HUB}:assumed-role/KubernetesAdmin/x` },
    'The specified principalArn is invalid: invalid principal.',
  ],
  ['account', { principalArn: ROOT }, 'The specified principalArn is invalid: invalid principal.'],
  [
    'node groups',
    { type: 'EC2_LINUX', kubernetesGroups: ['a'] },
    'The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the type is "EC2_LINUX"',
  ],
  [
    'node of a user',
    { type: 'EC2_LINUX', principalArn: `arn:aws:iam::${HUB}:user/operator` },
    'AccessEntry principalArn must be IAM role when using types [EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]',
  ],
  [
    'node elsewhere',
    { type: 'EC2', principalArn: `arn:aws:iam::${MEMBER}:role/n` },
    'AccessEntry principalArn must be from the same account as the cluster when using types [EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]',
  ],
  [
    'service-linked role',
    { principalArn: `arn:aws:iam::${HUB}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS` },
    'The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role',
  ],
];
test.each(refusals)('create is refused: %s', async (_name, input, message) => {
  await expect(create(input)).rejects.toMatchObject({ name: 'InvalidParameterException', message });
});

test('username and groups are checked before the cluster is looked for', async () => {
  await expect(create({ clusterName: 'none', username: 'aws:x' })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  await expect(create({ clusterName: 'none' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a cluster in CONFIG_MAP mode keeps no entries', async () => {
  seedCluster(world.seeding, { ...clusterSeed, authenticationMode: 'CONFIG_MAP' });
  await expect(create()).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message:
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
  });
});

const policyRefusals: [string, string, string][] = [
  [
    'arn:aws:eks::aws:cluster-access-policy/NoSuchPolicy',
    'ResourceNotFoundException',
    'The specified policyArn could not be found.',
  ],
  [
    'arn:aws:eks:::cluster-access-policy/AmazonEKSViewPolicy',
    'ResourceNotFoundException',
    'The specified policyArn could not be found.',
  ],
  [
    'arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
    'ResourceNotFoundException',
    'The specified policyArn could not be found.',
  ],
  [
    'arn:aws:iam::aws:policy/AdministratorAccess',
    'InvalidParameterException',
    'The policyArn parameter format is not valid',
  ],
];
test.each(policyRefusals)('associating %s is refused', async (policyArn, name, message) => {
  await create();
  await expect(associate({ type: 'cluster' }, policyArn)).rejects.toMatchObject({ name, message });
});

test('scopes need what their type says', async () => {
  await create();
  await expect(associate({ type: 'namespace' })).rejects.toMatchObject({
    message: 'At least 1 namespace must be provided if the type is set as namespace',
  });
  await expect(associate({ type: 'cluster', namespaces: ['a'] })).rejects.toMatchObject({
    message: 'accessScope should not include namespaces if the type is not set as namespace',
  });
});

test('associating without an entry is a 404 of the principal', async () => {
  await expect(associate({ type: 'cluster' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('The specified principalArn could not be found'),
    $metadata: { httpStatusCode: 404 },
  });
});

test('an entry means the role it was made for, not its successor of the same name', async () => {
  await create();
  const before = accessEntriesOf(world.storage, CLUSTER)[0]?.principalId;
  const role = findRole(world.storage, HUB, 'KubernetesAdmin');
  if (!role) throw new Error('seeded above');
  removeRole(world.storage, role);
  putRole(world.storage, { ...role, id: 'AROASUCCESSOR23456789' });
  expect(accessEntriesOf(world.storage, CLUSTER)[0]?.principalId).toBe(before);
  expect(before).toMatch(/^AROA/);
});

test('the cluster sees entries as they were a moment ago, if it asks for that', async () => {
  await world.clock.advanceBy(minutes(1));
  await create();
  const ago = (length: number) => world.storage.asOf(minus(world.clock.now(), seconds(length)));
  expect(accessEntriesOf(ago(5), CLUSTER)).toEqual([]);
  await world.clock.advanceBy(seconds(5));
  expect(accessEntriesOf(ago(5), CLUSTER).map((each) => each.principalArn)).toEqual([ROLE]);
  await world.eks().send(new DeleteAccessEntryCommand(entry));
  await world.clock.advanceBy(seconds(4));
  expect(accessEntriesOf(ago(5), CLUSTER)).toHaveLength(1);
  await world.clock.advanceBy(seconds(1));
  expect(accessEntriesOf(ago(5), CLUSTER)).toEqual([]);
});

test('lists come in pages and can be asked for one policy', async () => {
  for (let i = 0; i < 5; i++) {
    seedRole(world.seeding, { account: HUB, name: `role-${i}`, trust: trusting(ROOT) });
    await create({ principalArn: `arn:aws:iam::${HUB}:role/role-${i}` });
  }
  await create();
  await associate({ type: 'cluster' }, VIEW);
  const pages: number[] = [];
  const found: string[] = [];
  for await (const page of paginateListAccessEntries({ client: world.eks(), pageSize: 2 }, { clusterName: 'prod' })) {
    pages.push(page.accessEntries?.length ?? 0);
    found.push(...(page.accessEntries ?? []));
  }
  expect(pages).toEqual([2, 2, 2]);
  expect(new Set(found).size).toBe(6);
  const viewers: string[] = [];
  for await (const page of paginateListAccessEntries(
    { client: world.eks() },
    { clusterName: 'prod', associatedPolicyArn: VIEW },
  )) {
    viewers.push(...(page.accessEntries ?? []));
  }
  expect(viewers).toEqual([ROLE]);
});

test('update replaces groups whole, and a node entry cannot be written back', async () => {
  const node = seedRole(world.seeding, { account: HUB, name: 'node', trust: trusting(ROOT) });
  const admin = seedRole(world.seeding, { account: HUB, name: 'creator', trust: trusting(ROOT) });
  removeCluster(world.storage, CLUSTER);
  seedCluster(world.seeding, { ...clusterSeed, nodeRoleArn: node.arn, creatorArn: admin.arn });
  await create({ kubernetesGroups: ['a', 'b'] });
  const { accessEntry } = await world.eks().send(new UpdateAccessEntryCommand({ ...entry, kubernetesGroups: ['c'] }));
  expect(accessEntry?.kubernetesGroups).toEqual(['c']);
  const nodeEntry = await world.eks().send(new DescribeAccessEntryCommand({ ...entry, principalArn: node.arn }));
  expect(nodeEntry.accessEntry).toMatchObject({ type: 'EC2_LINUX', username: 'system:node:{{EC2PrivateDNSName}}' });
  await expect(
    world.eks().send(new UpdateAccessEntryCommand({ ...entry, principalArn: node.arn, username: 'system:node:x' })),
  ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(
    world.eks().send(
      new AssociateAccessPolicyCommand({
        ...entry,
        principalArn: node.arn,
        policyArn: VIEW,
        accessScope: { type: 'cluster' },
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidRequestException' });
});

test('tags can be set, read and removed on entries and clusters', async () => {
  const { accessEntry } = await create({ tags: { a: '1' } });
  for (const resourceArn of [accessEntry?.accessEntryArn ?? '', CLUSTER]) {
    await world.eks().send(new TagResourceCommand({ resourceArn, tags: { b: '2', c: '3' } }));
    await world.eks().send(new UntagResourceCommand({ resourceArn, tagKeys: ['a', 'c'] }));
    const { tags } = await world.eks().send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual({ b: '2' });
  }
  await expect(
    world.eks().send(new ListTagsForResourceCommand({ resourceArn: `${CLUSTER}-other` })),
  ).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('clusters are described and listed per account and region', async () => {
  const { cluster } = await world.eks().send(new DescribeClusterCommand({ name: 'prod' }));
  expect(cluster).toMatchObject({
    arn: CLUSTER,
    status: 'ACTIVE',
    accessConfig: { authenticationMode: 'API' },
    createdAt: new Date('2026-01-02T03:04:05.000Z'),
  });
  expect((await world.eks().send(new ListClustersCommand({}))).clusters).toEqual(['prod']);
  expect((await world.eks(world.member).send(new ListClustersCommand({}))).clusters).toEqual([]);
  const { accessPolicies } = await world.eks().send(new ListAccessPoliciesCommand({}));
  expect(accessPolicies).toHaveLength(33);
});

test('seeding a cluster again renews its endpoint and keeps its entries and creation time', async () => {
  await create();
  seedCluster(world.seeding, { ...clusterSeed, endpoint: 'https://127.0.0.1:7443', createdAt: START });
  const { cluster } = await world.eks().send(new DescribeClusterCommand({ name: 'prod' }));
  expect(cluster?.endpoint).toBe('https://127.0.0.1:7443');
  expect(cluster?.createdAt).toEqual(new Date('2026-01-02T03:04:05.000Z'));
  expect(accessEntriesOf(world.storage, CLUSTER)).toHaveLength(1);
});

test('a new entry stays unseen for as long as EKS is said to take', async () => {
  await world.close();
  world = await makeWorld({ delays: { eks: seconds(8), iam: seconds(0) } });
  seedRole(world.seeding, { account: HUB, name: 'KubernetesAdmin', path: '/team/', trust: trusting(ROOT) });
  await create();
  await expect(associate({ type: 'cluster' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await world.clock.advanceBy(seconds(8));
  await associate({ type: 'cluster' });
  expect(await associated()).toHaveLength(1);
});

test('an entry that is not seen yet can be deleted all the same', async () => {
  await world.close();
  world = await makeWorld({ delays: { eks: seconds(8) } });
  seedRole(world.seeding, { account: HUB, name: 'KubernetesAdmin', path: '/team/', trust: trusting(ROOT) });
  await create();
  await world.eks().send(new DeleteAccessEntryCommand(entry));
  await world.clock.advanceBy(seconds(8));
  expect(accessEntriesOf(world.storage, CLUSTER)).toEqual([]);
});
