/**
 * Who is told, beyond the approvers that the file names. Catches people of IAM Identity Center, stand-ins and those it was
 * escalated to who are told nothing; notices lost to a directory that cannot be read; break-glass that is told quietly.
 * One world: each test ends what it began.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { seedSession } from '../../local/aws/iam/seed.ts';
import { seedIdentityStore } from '../../local/aws/identitystore.ts';
import { days, hours, minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, ask, callAs, keysOf, type Reply, replacing, show, VIEW, withDave } from '../life/harness.ts';
import { member } from './fake-slack.ts';
import {
  buttonsOf,
  CHANNEL,
  clickBody,
  commandBody,
  homeBody,
  type SlackWorld,
  slackConfig,
  slackWorld,
  textOf,
  USERS,
} from './harness.ts';

const STORE = 'd-1234567890';
const GUS = '906700a1b2-22222222-2222-4222-8222-222222222222';
const [U_GUS, U_DAVE] = ['U0GUS', 'U0DAVE'];

/** Gus, whom only Identity Center knows, approves; carol after two hours; bob ends and reviews. */
const config = slackConfig((text) =>
  withDave(
    replacing(
      [
        'identities:\n',
        `identities:\n  directory:\n    identityCenter: { identityStoreId: ${STORE}, region: eu-central-1, groups: { oncall: On-call engineers } }\n`,
      ],
      ['responders: [group:platform]', 'responders: [bob]'],
      ['auditors: []', 'auditors: []\nreviewers: [bob]'],
      [
        '        - approvers: [group:platform]\n          approvalsNeeded: 1',
        '        - approvers: [group:oncall]\n          remindEvery: 30m\n          escalateAfter: 2h\n          escalateTo: [carol]',
      ],
      [
        '    # `hallpass extend`: approved like',
        '    breakGlass: { eligible: [alice] }\n    # `hallpass extend`: approved like',
      ],
      [
        'clusters:\n  mycluster:',
        'clusters:\n  second:\n    arn: arn:aws:eks:eu-west-1:111122223333:cluster/second\n    executor: arn:aws:iam::111122223333:role/hallpass-executor\n  mycluster:',
      ],
      [
        'namespace dev on mycluster, secrets left out\n    clusters: [mycluster]',
        'namespace dev on mycluster, secrets left out\n    clusters: [mycluster, second]',
      ],
    )(text),
  ),
);

let world: SlackWorld;
const gus = (method: string, path: string, body?: object): Promise<Reply> => {
  const seeding = { storage: world.storage, now: world.clock.now() };
  const roleName = 'AWSReservedSSO_Hallpass_0123456789abcdef';
  const keys = seedSession(seeding, { account: '111122223333', roleName, sessionName: 'gus@example.com' });
  return callAs(world, keys, method, path, body);
};
const dave = (method: string, path: string, body?: object) => callAs(world, keysOf(world, 'dave'), method, path, body);

async function link(user: string, call: typeof gus): Promise<void> {
  world.fake.users[user] = member(user);
  world.fake.calls.length = 0;
  await world.deliver(commandBody(user, ''));
  await world.quiet();
  const code = /hallpass link ([0-9A-Z-]{14})/.exec(JSON.stringify(world.fake.calls))?.[1];
  expect((await call('POST', '/v1/links', { code })).body).toMatchObject({ account: { userId: user } });
}

beforeAll(async () => {
  world = await slackWorld({ config });
  seedIdentityStore(world.storage, {
    identityStoreId: STORE,
    region: 'eu-central-1',
    users: [{ userId: GUS, userName: 'gus@example.com', displayName: 'Gus Green' }],
    groups: [
      { groupId: '906700a1b2-99999999-9999-4999-8999-999999999999', displayName: 'On-call engineers', members: [GUS] },
    ],
  });
  await world.link('alice', 'bob', 'carol');
  await link(U_GUS, gus);
  await link(U_DAVE, dave);
});
afterAll(() => world?.close());
beforeEach(() => {
  world.fake.calls.length = 0;
});

const to = (user: string) => world.fake.of('chat.postMessage').filter(({ args }) => args['channel'] === user);
const said = (user: string): string => to(user).map(textOf).join('\n');
const minutely = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
  await world.quiet();
};
const noDirectory = () =>
  world.faults.add({ fault: { kind: 'failBefore' }, on: { service: 'identitystore' }, times: 1_000 });

test('somebody whom only Identity Center knows is asked, and their click decides', async () => {
  const id = await ask(world, 'alice', ADMIN);
  await world.quiet();
  expect(to(U_GUS)).toHaveLength(1);
  expect(said(USERS.alice)).toContain('Gus Green');
  // Not yet: it was not escalated.
  expect(to(USERS.carol)).toEqual([]);
  await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
});

test('a directory that cannot be read delays what is told, and loses nothing', async () => {
  await world.pass(minutes(7));
  const id = await ask(world, 'alice', ADMIN);
  await world.pass(minutes(7));
  world.fake.calls.length = 0;
  noDirectory();
  const { notificationText } = await import('../../src/broker/outlets.ts');
  const body = notificationText({ grantId: id as never, n: 1, since: world.clock.now(), tries: 0 });
  expect(await world.functions.invoke('notifier', { Records: [{ messageId: '1', body }] })).toMatchObject({ ok: true });
  await world.call('bob', 'GET', '/v1/whoami');
  expect(world.fake.calls).toEqual([]);
  world.faults.clear();
  await minutely(4);
  await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
  await world.quiet();
  expect(world.fake.of('chat.update').some(({ args }) => args['channel'] === `D${U_GUS.slice(1)}`)).toBe(true);
});

test('a stand-in is asked as the approver is, told in whose place, reminded, and may click', async () => {
  const ends = new Date(world.clock.now() + hours(3)).toISOString();
  const made = await gus('POST', '/v1/delegations', { to: ['dave'], ends });
  expect(made.status).toBe(201);
  const id = await ask(world, 'alice', ADMIN);
  await world.quiet();
  expect(said(U_DAVE)).toContain('in the place of Gus Green');
  expect(said(U_GUS)).not.toContain('in the place of');
  await minutely(32);
  expect(to(U_DAVE)).toHaveLength(2);
  expect(to(U_GUS)).toHaveLength(2);
  const { hallpass_approve: value = '' } = buttonsOf(to(U_DAVE).at(-1));
  await world.deliver(clickBody(U_DAVE, 'hallpass_approve', value, 'D0DAVE'));
  await world.quiet();
  expect(await show(world, id)).toMatchObject({
    state: 'active',
    approvals: [{ by: 'Dave Dunn', onBehalfOf: 'Gus Green' }],
  });
  // What the stand-in was shown is kept up to date, too.
  const edits = world.fake.of('chat.update').filter(({ args }) => args['channel'] === 'D0DAVE');
  expect(textOf(edits.at(-1))).toContain('Access live');
  await world.call('bob', 'POST', `/v1/grants/${id}/end`, {});
  await gus('POST', `/v1/delegations/${made.body.id}/revoke`, {});
  await world.quiet();
});

test('a stand-in may say no as well, and finds on the home page what waits for them', async () => {
  const ends = new Date(world.clock.now() + hours(3)).toISOString();
  const made = await gus('POST', '/v1/delegations', { to: ['dave'], ends });
  const id = await ask(world, 'alice', ADMIN);
  await world.quiet();
  await world.deliver(homeBody(U_DAVE, world.clock.now()), { contentType: 'application/json' });
  await world.quiet();
  expect(JSON.stringify(world.fake.of('views.publish').at(-1)?.args)).toContain(`hallpass_deny`);
  const { hallpass_deny: value = '' } = buttonsOf(to(U_DAVE).at(-1));
  await world.deliver(clickBody(U_DAVE, 'hallpass_deny', value, 'D0DAVE'));
  await world.quiet();
  const view = world.fake.of('views.open').at(-1)?.args['view'] as { callback_id: string } | undefined;
  expect(view?.callback_id).toBe('hallpass_denial');
  await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
  await gus('POST', `/v1/delegations/${made.body.id}/revoke`, {});
  await world.quiet();
});

test('after the escalation those who may decide now are asked', async () => {
  const id = await ask(world, 'alice', ADMIN);
  await world.quiet();
  await world.pass(minutes(31));
  await world.sweep();
  await world.pass(hours(2));
  await world.sweep();
  await world.quiet();
  expect(to(USERS.carol).length).toBeGreaterThan(0);
  expect(buttonsOf(to(USERS.carol)[0])).toHaveProperty('hallpass_approve');
  await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
  await world.quiet();
});

test('several clusters: chosen in one form, shown as asked together, decided by one click', async () => {
  await world.command('alice', 'mycluster-view-dev');
  const view = world.fake.of('views.open').at(-1)?.args['view'] as { private_metadata: string; blocks: object[] };
  expect(JSON.stringify(view.blocks)).toContain('multi_static_select');
  await world.submit('alice', 'hallpass_request', {
    id: 'V77',
    metadata: view.private_metadata,
    answers: {
      entitlement: { type: 'static_select', selected_option: { value: 'mycluster-view-dev' } },
      'cluster/mycluster-view-dev': ['mycluster', 'second'],
      'duration/mycluster-view-dev': { type: 'static_select', selected_option: { value: '30m' } },
      justification: VIEW.justification,
    },
  });
  const { grants } = (await world.call('alice', 'GET', '/v1/grants?limit=2')).body as unknown as {
    grants: { id: string; cluster: string; state: string }[];
  };
  expect(grants.slice(0, 2).map(({ state }) => state)).toEqual(['pending', 'pending']);
  expect(JSON.stringify(world.fake.of('views.update').at(-1))).toContain('Asked on second');
  const asked = to(USERS.bob);
  expect(asked.map((call) => /Asked together with\*\\n(\w+)/.exec(textOf(call))?.[1]).sort()).toEqual([
    'mycluster',
    'second',
  ]);
  await world.click('bob', 'hallpass_approve', buttonsOf(asked[0])['hallpass_approve'] ?? '', 'D0BOB');
  for (const { id } of grants.slice(0, 2)) {
    expect((await show(world, id)).approvals).toHaveLength(1);
    await world.call('bob', 'POST', `/v1/grants/${id}/end`, {});
  }
  await world.quiet();
});

test('break-glass, with the directory away: everybody who may end it is told at once; its review is asked for until it is done', async () => {
  // What is known of the channel is old by then, so that Slack is asked.
  await world.pass(minutes(2));
  await world.sweep();
  world.fake.always('conversations.info', { status: 500 });
  const used = await world.call('alice', 'POST', '/v1/break-glass', {
    entitlement: 'mycluster-admin',
    reason: 'API server down, nobody answers',
    incident: 'INC-4211 <!channel>',
    duration: '2h',
  });
  expect(used.status, JSON.stringify(used.body)).toBe(201);
  // Slack is away until what the notifier knew of Identity Center is too old.
  await world.quiet();
  noDirectory();
  await world.pass(minutes(8));
  world.fake.calls.length = 0;
  world.fake.always('conversations.info', undefined);
  for (let n = 0; n < 4; n++) await world.pass(minutes(4));
  await world.quiet();
  // The file's people at once: a responder, an escalated approver, and the channel.
  for (const address of [USERS.bob, USERS.carol, CHANNEL]) {
    const loud = to(address)[0];
    expect(textOf(loud), address).toContain('BREAK-GLASS: ');
    expect(textOf(loud), address).toContain('Nobody approved this');
    expect(buttonsOf(loud), address).toHaveProperty('hallpass_end');
  }
  expect(to(U_GUS)).toEqual([]);
  expect(said(CHANNEL)).not.toContain('INC-4211');
  expect(said(USERS.bob)).toContain(`hallpass review ${used.body.id}`);
  expect(said(USERS.carol)).not.toContain('has to be reviewed');
  world.faults.clear();
  for (let n = 0; n < 4; n++) await world.pass(minutes(4));
  await world.quiet();
  expect(said(U_GUS)).toContain('BREAK-GLASS: ');
  await world.click('carol', 'hallpass_end', buttonsOf(to(USERS.carol)[0])['hallpass_end'] ?? '', 'D0CAROL');
  expect(await show(world, used.body.id)).toMatchObject({ state: 'ended', by: 'Carol Carter' });

  await world.pass(days(6));
  await world.sweep();
  await minutely(1);
  for (const address of [USERS.bob, USERS.carol, U_GUS, CHANNEL])
    expect(said(address), address).toContain('*REVIEW OVERDUE*');
  const verdict = { verdict: 'misuse', note: 'there was no incident' };
  expect((await world.call('bob', 'POST', `/v1/grants/${used.body.id}/review`, verdict)).status).toBe(200);
  await world.pass(seconds(1));
  await world.quiet();
  for (const address of [USERS.bob, USERS.carol, U_GUS, CHANNEL]) expect(said(address), address).toContain('*MISUSE*');
  // Nobody is told of their own.
  expect(said(USERS.alice)).not.toMatch(/MISUSE|OVERDUE/);
});
