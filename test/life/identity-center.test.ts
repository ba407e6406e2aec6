/**
 * F39: people from IAM Identity Center. Would catch a decision made without the directory or with an old one, a leaver
 * who is still somebody, and access that does not end because the directory cannot be read.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedRole, seedSession } from '../../local/aws/iam/seed.ts';
import { type SeededStore, seedIdentityStore } from '../../local/aws/identitystore.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, callAs, exampleConfig, replacing, show, type TestWorld, testWorld } from './harness.ts';

const STORE = 'd-1234567890';
const GUS = '906700a1b2-22222222-2222-4222-8222-222222222222';
const HAL = '906700a1b2-33333333-3333-4333-8333-333333333333';
const ALICE = '906700a1b2-11111111-1111-4111-8111-111111111111';

const configWith = (role = '') =>
  exampleConfig(
    replacing(
      [
        'identities:\n',
        `identities:
  directory:
    identityCenter: { identityStoreId: ${STORE}, region: eu-central-1, ${role}groups: { oncall: On-call engineers } }\n`,
      ],
      ['iam: [{ session: alice@example.com }]', `userId: ${ALICE}`],
      [
        '- approvers: [group:platform]\n          approvalsNeeded: 1',
        '- approvers: [group:oncall]\n          approvalsNeeded: 1',
      ],
      ['responders: [group:platform]', 'responders: [carol]'],
    ),
  );
const config = configWith();

const users = [
  { userId: ALICE, userName: 'alice@example.com', displayName: 'Alice Archer' },
  { userId: GUS, userName: 'gus@example.com', displayName: 'Gus Green' },
  { userId: HAL, userName: 'hal@example.com', displayName: 'Hal Hill' },
];
// More users than a page has: whoever stands on the last one is somebody, too.
const many = Array.from({ length: 230 }, (_, n) => ({
  userId: `906700a1b2-44444444-4444-4444-8444-${String(n).padStart(12, '0')}`,
  userName: `user${n}@example.com`,
  displayName: `User ${n}`,
}));
const store = (more: Partial<SeededStore> = {}): SeededStore => ({
  identityStoreId: STORE,
  region: 'eu-central-1',
  users: [...many, ...users],
  groups: [
    { groupId: '906700a1b2-99999999-9999-4999-8999-999999999999', displayName: 'On-call engineers', members: [GUS] },
  ],
  ...more,
});

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ config, workflow: false });
  seedIdentityStore(world.storage, store());
});
afterAll(() => world.close());

const as = (sessionName: string, method: string, path: string, body?: object) => {
  const seeding = { storage: world.storage, now: world.clock.now() };
  const keys = seedSession(seeding, {
    account: '111122223333',
    roleName: 'AWSReservedSSO_Hallpass_0123456789abcdef',
    sessionName,
  });
  return callAs(world, keys, method, path, body);
};
const asked = async (): Promise<string> => {
  const reply = await as('alice@example.com', 'POST', '/v1/grants', ADMIN);
  expect(reply.body.rule).toBeUndefined();
  return reply.body.id;
};
const swept = async (times: number): Promise<void> => {
  for (let n = 0; n < times; n++) {
    await world.pass(seconds(60));
    await world.sweep();
  }
};

it('a member of a mapped group is somebody by the id that the store gave, and may decide', async () => {
  expect((await as('gus@example.com', 'GET', '/v1/whoami')).body).toMatchObject({
    id: GUS,
    name: 'Gus Green',
    groups: ['oncall'],
  });
  expect((await as('hal@example.com', 'GET', '/v1/whoami')).body.rule).toBe('notRecognised');
  expect((await as('user229@example.com', 'GET', '/v1/whoami')).body.rule).toBe('notRecognised');
  const id = await asked();
  await swept(1);
  const approved = await as('gus@example.com', 'POST', `/v1/grants/${id}/approve`, {});
  expect(approved.status).toBe(200);
  await swept(1);
  expect((await show(world, id, 'carol')).state).toBe('active');
  await as('carol@example.com', 'POST', `/v1/grants/${id}/end`, {});
  await swept(1);
  expect((await show(world, id, 'carol')).state).toBe('ended');
});

it('what changes there is in force five minutes later: who joins the group, who leaves the company', async () => {
  const groups = store().groups.map((one) => ({ ...one, members: [HAL, many[229]?.userId ?? ''] }));
  seedIdentityStore(
    world.storage,
    store({ groups, users: [...many, ...users.map((one) => ({ ...one, disabled: one.userId === ALICE }))] }),
  );
  await world.pass(minutes(5));
  expect((await as('hal@example.com', 'GET', '/v1/whoami')).body.id).toBe(HAL);
  expect((await as('user229@example.com', 'GET', '/v1/whoami')).body.groups).toEqual(['oncall']);
  expect((await as('gus@example.com', 'GET', '/v1/whoami')).body.rule).toBe('notRecognised');
  expect((await as('alice@example.com', 'GET', '/v1/whoami')).body.rule).toBe('notRecognised');
  seedIdentityStore(world.storage, store());
  await world.pass(minutes(5));
});

it('unreachable: nothing is decided, in words; a responder ends access, and what is over ends by itself', async () => {
  const ending = await asked();
  await swept(1);
  await as('gus@example.com', 'POST', `/v1/grants/${ending}/approve`, {});
  await swept(1);
  expect((await show(world, ending, 'carol')).state).toBe('active');
  await world.pass(minutes(6));
  world.faults.add({ fault: { kind: 'failBefore' }, on: { service: 'identitystore' }, times: 1_000 });
  for (const [method, path, body] of [
    ['POST', '/v1/grants', ADMIN],
    ['POST', `/v1/grants/${ending}/extend`, { duration: '1h', justification: 'not mended yet' }],
    ['GET', '/v1/whoami', undefined],
  ] as const)
    expect(await as('alice@example.com', method, path, body)).toMatchObject({
      status: 503,
      body: { rule: 'directoryUnreachable' },
    });
  const ended = await as('carol@example.com', 'POST', `/v1/grants/${ending}/end`, {});
  expect(ended.status).toBe(200);
  await swept(1);
  world.faults.clear();
  expect((await show(world, ending, 'carol')).state).toBe('ended');
});

it('unreachable when it is to begin: the grant waits, is neither given nor denied, and begins when it can', async () => {
  const id = await asked();
  await swept(1);
  await as('gus@example.com', 'POST', `/v1/grants/${id}/approve`, {});
  await world.pass(minutes(6));
  world.faults.add({ fault: { kind: 'failBefore' }, on: { service: 'identitystore' }, times: 1_000 });
  await swept(2);
  world.faults.clear();
  expect(['scheduled', 'activating']).toContain((await show(world, id, 'carol')).state);
  await swept(8);
  expect((await show(world, id, 'carol')).state).toBe('active');
  // It ends while the directory is gone: nothing is asked of it.
  world.faults.add({ fault: { kind: 'failBefore' }, on: { service: 'identitystore' }, times: 1_000 });
  await world.pass(minutes(31));
  await swept(2);
  world.faults.clear();
  expect((await show(world, id, 'carol')).state).toBe('ended');
});

it('F39: through a role in the delegated administrator’s account, in Identity Center’s own region', async () => {
  const elsewhere = '999999999999';
  const reader = `arn:aws:iam::${elsewhere}:role/hallpass-directory-reader`;
  const other = await testWorld({ config: configWith(`role: ${reader}, `), workflow: false });
  try {
    seedIdentityStore(other.storage, store());
    const whoami = () => other.call('alice', 'GET', '/v1/whoami');
    expect((await whoami()).body.rule).toBe('directoryUnreachable');
    const trusts = ['hallpass-api', 'hallpass-laptop-worker'].map((name) => `arn:aws:iam::111122223333:role/${name}`);
    seedRole(
      { storage: other.storage, now: other.clock.now() },
      {
        account: elsewhere,
        name: 'hallpass-directory-reader',
        trust: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { AWS: trusts }, Action: 'sts:AssumeRole' }],
        },
        policies: {
          Read: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'identitystore:*', Resource: '*' }] },
        },
      },
    );
    expect((await whoami()).body.id).toBe('alice');
    // The store answers in its own region and in no other.
    seedIdentityStore(other.storage, store({ region: 'us-east-1' }));
    await other.pass(minutes(6));
    expect((await whoami()).body.rule).toBe('directoryUnreachable');
  } finally {
    await other.close();
  }
});
