/**
 * Catches: an operation that pretends to be there, a right that is not asked for where AWS asks, or an event that is lost.
 */
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  ListNodegroupsCommand,
  UpdateAccessEntryCommand,
} from '@aws-sdk/client-eks';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateUserCommand } from '@aws-sdk/client-iam';
import { GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BusEvent, eventBus, storedEvents } from '../../local/aws/events.ts';
import { type Credentials, seedAccessKey, seedRole, seedUser } from '../../local/aws/iam/seed.ts';
import { implementedOperations, simulatedServices } from '../../local/aws/operations.ts';
import { HUB, makeWorld, trusting, type World } from './world.ts';

let world: World;
const events = eventBus({ keep: 3 });
beforeEach(async () => {
  world = await makeWorld({ events });
});
afterEach(() => world.close());

const ROOT = `arn:aws:iam::${HUB}:root`;
const bus = () => new EventBridgeClient(world.configuration(world.hub));

test('what is not implemented is answered 501 by name, in the form of its service', async () => {
  const notThere = (call: Promise<unknown>, message: string) =>
    expect(call).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 501 },
    });
  await notThere(
    world.eks().send(new ListNodegroupsCommand({ clusterName: 'prod' })),
    'eks:GET /clusters/prod/node-groups',
  );
  await notThere(world.iam().send(new CreateUserCommand({ UserName: 'x' })), 'iam:CreateUser');
  await notThere(world.sts().send(new GetSessionTokenCommand({})), 'sts:GetSessionToken');
  await notThere(bus().send(new ListRulesCommand({})), 'events:ListRules');
});

test('the list of what is implemented is read off the services', () => {
  const list = implementedOperations(simulatedServices());
  const services = Object.groupBy(list, (operation) => operation.split(':')[0] ?? '');
  expect(Object.fromEntries(Object.entries(services).map(([name, all]) => [name, all?.length]))).toEqual({
    cloudtrail: 1,
    eks: 14,
    events: 1,
    iam: 16,
    identitystore: 3,
    lambda: 1,
    secretsmanager: 1,
    sqs: 2,
    sts: 2,
  });
  expect(list).toContain('eks:AssociateAccessPolicy');
  expect(list).toContain('iam:UpdateAssumeRolePolicy');
});

test('an executor may touch entries under its path alone, with the policies it is given', async () => {
  const ours = seedRole(world.seeding, {
    account: HUB,
    name: 'ours',
    path: '/hallpass/hub/',
    trust: trusting(ROOT),
  }).arn;
  const theirs = seedRole(world.seeding, { account: HUB, name: 'theirs', trust: trusting(ROOT) }).arn;
  const view = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
  const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
  const ourPrincipals = { ArnLike: { 'eks:principalArn': 'arn:aws:iam::*:role/hallpass/hub/*' } };
  const statement = (Action: string | string[], Condition: object) => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    Condition,
  });
  seedUser(world.seeding, {
    account: HUB,
    name: 'executor',
    policies: {
      entries: {
        Version: '2012-10-17',
        Statement: [
          statement('eks:CreateAccessEntry', { ...ourPrincipals, Null: { 'eks:kubernetesGroups': 'true' } }),
          statement('eks:DeleteAccessEntry', ourPrincipals),
          statement('eks:AssociateAccessPolicy', { ...ourPrincipals, ArnEquals: { 'eks:policyArn': view } }),
        ],
      },
    },
  });
  const executor: Credentials = seedAccessKey(world.seeding, { account: HUB, userName: 'executor' });
  const eks = world.eks(executor);
  const entry = { clusterName: 'prod', principalArn: ours };
  const accessScope = { type: 'cluster' as const };
  const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };

  await expect(eks.send(new CreateAccessEntryCommand({ ...entry, principalArn: theirs }))).rejects.toMatchObject(
    denied,
  );
  await expect(eks.send(new CreateAccessEntryCommand({ ...entry, kubernetesGroups: ['g'] }))).rejects.toMatchObject(
    denied,
  );
  await eks.send(new CreateAccessEntryCommand(entry));
  await expect(eks.send(new UpdateAccessEntryCommand({ ...entry, kubernetesGroups: ['g'] }))).rejects.toMatchObject(
    denied,
  );
  await expect(
    eks.send(new AssociateAccessPolicyCommand({ ...entry, accessScope, policyArn: admin })),
  ).rejects.toMatchObject(denied);
  await eks.send(new AssociateAccessPolicyCommand({ ...entry, accessScope, policyArn: view }));
  await world.eks().send(new CreateAccessEntryCommand({ ...entry, principalArn: theirs }));
  await expect(eks.send(new DeleteAccessEntryCommand({ ...entry, principalArn: theirs }))).rejects.toMatchObject(
    denied,
  );
  await eks.send(new DeleteAccessEntryCommand(entry));
});

test('events are heard once each, kept in number, and refused one by one', async () => {
  const heard: BusEvent[] = [];
  const stop = events.onEvent((event) => heard.push(event));
  const put = (Detail: string, more: object = {}) => ({
    Source: 'hallpass',
    DetailType: 'GrantActivated',
    Detail,
    ...more,
  });
  const answer = await bus().send(
    new PutEventsCommand({ Entries: [put('{"n":1}'), put('no JSON'), put('{"n":2}', { EventBusName: 'none' })] }),
  );
  expect(answer.FailedEntryCount).toBe(2);
  expect(answer.Entries).toEqual([
    { EventId: heard[0]?.id },
    { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
    { ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'Event bus none does not exist.' },
  ]);
  expect(heard).toMatchObject([
    {
      'detail-type': 'GrantActivated',
      source: 'hallpass',
      account: HUB,
      time: '2026-11-24T09:00:00Z',
      detail: { n: 1 },
    },
  ]);
  stop();
  await bus().send(new PutEventsCommand({ Entries: [3, 4, 5].map((n) => put(`{"n":${n}}`)) }));
  expect(heard).toHaveLength(1);
  expect(storedEvents(world.storage).map(({ detail }) => detail)).toEqual([{ n: 3 }, { n: 4 }, { n: 5 }]);
});

test('an error in the simulation is told and answered as the service fails', async () => {
  await world.close();
  const told: unknown[] = [];
  const broken = { PutEvents: { write: true, authorize: () => [], run: () => JSON.parse('{') } };
  world = await makeWorld({
    services: { ...simulatedServices(), events: broken },
    report: (error) => told.push(error),
  });
  await expect(bus().send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({
    name: 'InternalException',
    $metadata: { httpStatusCode: 500 },
  });
  expect(told).toHaveLength(1);
});
