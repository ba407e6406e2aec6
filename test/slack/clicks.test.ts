/**
 * F19, PEERS 11 and 13: every way in which a click could count that is not provably the person's, could count twice, or
 * could count for something else than what was shown. Whatever is sent: one decision or none.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedSecret } from '../../local/aws/secrets.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, ask, replacing, show } from '../life/harness.ts';
import { channel, member, TEAM } from './fake-slack.ts';
import {
  buttonsOf,
  CHANNEL,
  clickBody,
  commandBody,
  type Delivery,
  payloadBody,
  SECRET,
  type SlackWorld,
  signatureOf,
  slackConfig,
  slackWorld,
  stateOf,
  textOf,
  trigger,
  USERS,
  who,
} from './harness.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await slackWorld();
});
afterEach(() => world.close());

/** Asked for by Alice with the command line; the channel's message has its buttons. */
async function pending(): Promise<{ readonly id: string; readonly approve: string; readonly deny: string }> {
  const id = await ask(world, 'alice', ADMIN);
  await world.quiet();
  const buttons = buttonsOf(world.fake.of('chat.postMessage').find(({ args }) => args['channel'] === CHANNEL));
  return { id, approve: buttons['hallpass_approve'] ?? '', deny: buttons['hallpass_deny'] ?? '' };
}
const decided = async (id: string): Promise<unknown[]> => (await show(world, id)).approvals;
const told = (): string => world.fake.of('chat.postEphemeral').map(textOf).join('\n');
const body = (value: string, user: string = USERS.bob): string => clickBody(user, 'hallpass_approve', value);

describe('what Slack did not sign, or not just now', () => {
  const now = (): number => Math.floor(world.clock.now() / 1_000);
  const cases: readonly [string, () => Delivery, number][] = [
    ['forged: another secret', () => ({ secret: 'f'.repeat(32) }), 401],
    ['no signature', () => ({ signature: '' }), 401],
    ['a signature of another form', () => ({ signature: 'v1=00' }), 401],
    ['a signature of the right form', () => ({ signature: `v0=${'0'.repeat(64)}` }), 401],
    ['six minutes old', () => ({ timestamp: now() - 360 }), 401],
    ['six minutes ahead', () => ({ timestamp: now() + 360 }), 401],
    ['no time', () => ({ timestamp: Number.NaN }), 401],
  ];
  test.each(cases)('%s', async (_what, delivery, status) => {
    await world.link('bob');
    const { id, approve } = await pending();
    const answer = await world.deliver(body(approve), delivery());
    await world.quiet();
    expect(answer).toEqual({ status, text: '' });
    expect(await decided(id)).toEqual([]);
  });

  test('cut off, added to, oversized', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    const whole = body(approve);
    const at = String(now());
    const signature = signatureOf(world.slack?.signingSecret ?? '', at, whole);
    for (const text of [whole.slice(0, -1), `${whole}&x=1`])
      expect((await world.deliver(text, { signature, timestamp: now() })).status).toBe(401);
    expect((await world.deliver(`${whole}&x=${'x'.repeat(160_000)}`)).status).toBe(413);
    expect((await world.deliver(`${whole}&x=${'x'.repeat(400_000)}`)).status).toBe(413);
    await world.quiet();
    expect(await decided(id)).toEqual([]);
  });

  test('the raw bytes count, encoded or not', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    const whole = body(approve);
    const at = String(now());
    const event = {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': at,
        'x-slack-signature': signatureOf(world.slack?.signingSecret ?? '', at, whole),
      },
      body: Buffer.from(whole).toString('base64'),
      isBase64Encoded: true,
    };
    const answer = await world.functions.invoke('slack', event);
    expect(answer).toMatchObject({ ok: true, payload: { statusCode: 200 } });
    await world.quiet();
    expect(await decided(id)).toHaveLength(1);
  });

  test('what is no payload of Slack’s is answered and does nothing', async () => {
    const odd = [
      '',
      'payload=%7B',
      'payload=null',
      'payload=%5B%5D',
      'payload=%22x%22',
      'a=b',
      payloadBody({ type: 'block_actions' }),
    ];
    for (const text of odd) expect((await world.deliver(text)).status).toBe(200);
    const json = { contentType: 'application/json' };
    for (const text of [
      '',
      'null',
      '[]',
      '{"event":7}',
      '{"type":"event_callback","event":{"type":"app_home_opened"}}',
    ])
      expect((await world.deliver(text, json)).status).toBe(200);
    expect(await world.deliver('{"type":"url_verification","challenge":"3eZbrw"}', json)).toEqual({
      status: 200,
      text: '{"challenge":"3eZbrw"}',
    });
    await world.quiet();
    expect(world.fake.calls).toEqual([]);
  });

  test('a rotated secret: the new one and the one before it sign, the one before that does not', async () => {
    const rotate = (text: string) =>
      seedSecret(
        { storage: world.storage, now: world.clock.now() },
        SECRET,
        JSON.stringify({ signingSecret: text, botToken: 'xoxb-2' }),
      );
    const first = world.slack?.signingSecret ?? '';
    const status = async (secret: string) => (await world.deliver(commandBody(USERS.bob, 'help'), { secret })).status;
    expect(await status(first)).toBe(200);
    rotate('second'.repeat(4));
    await world.pass(seconds(31));
    expect(await status('second'.repeat(4))).toBe(200);
    expect(await status(first)).toBe(200);
    rotate('third'.repeat(4));
    await world.pass(seconds(31));
    expect(await status('third'.repeat(4))).toBe(200);
    expect(await status(first)).toBe(401);
  });
});

describe('PEERS 11: a Slack identity is not MFA, and not everybody in a workspace is one of ours', () => {
  const STRANGERS: readonly [string, Record<string, unknown>][] = [
    ['a guest', { is_restricted: true }],
    ['a single-channel guest', { is_restricted: true, is_ultra_restricted: true }],
    ['a Connect stranger', { is_stranger: true, team_id: 'T0ELSEWHERE' }],
    ['a member of another workspace', { team_id: 'T0ELSEWHERE' }],
    ['a bot', { is_bot: true }],
    ['somebody deactivated', { deleted: true }],
    ['an unconfirmed e-mail address', { is_email_confirmed: false }],
    ['somebody of whom Slack does not say', { is_email_confirmed: undefined, is_restricted: undefined }],
    ['another id than was asked for', { id: USERS.carol }],
  ];
  test.each(STRANGERS)('%s counts for nothing, linked or not', async (_what, flags) => {
    await world.link('bob');
    const { id, approve } = await pending();
    // What Slack said before is kept for a minute.
    await world.pass(minutes(2));
    world.fake.users[USERS.bob] = member(USERS.bob, flags);
    await world.click('bob', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    expect(told()).toContain('You are not recognised');
  });

  test('Slack does not answer who it is: closed, and tried again', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    await world.pass(minutes(2));
    world.fake.next('users.info', { status: 500 });
    await world.click('bob', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    await world.pass(minutes(7));
    await world.quiet();
    expect(await decided(id)).toHaveLength(1);
  });

  test('clicks from another workspace', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    const elsewhere = { actions: [{ action_id: 'hallpass_approve', value: approve }], channel: { id: CHANNEL } };
    for (const from of [
      who(USERS.bob, 'T0ELSEWHERE'),
      { ...who(USERS.bob), user: { id: USERS.bob, team_id: 'T0ELSEWHERE' } },
    ]) {
      const answer = await world.deliver(
        payloadBody({ type: 'block_actions', ...from, trigger_id: trigger(), ...elsewhere }),
      );
      expect(answer.status).toBe(200);
    }
    expect((await world.deliver(commandBody(USERS.bob, '', 'T0ELSEWHERE'))).status).toBe(200);
    await world.quiet();
    expect(await decided(id)).toEqual([]);
  });

  test('somebody without a link is given a code, by a message that nobody else sees', async () => {
    const { id, approve } = await pending();
    await world.click('carol', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    const [said] = world.fake.of('chat.postEphemeral');
    expect(said?.args).toMatchObject({ channel: CHANNEL, user: USERS.carol });
    expect(textOf(said)).toMatch(/hallpass link [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/);
  });

  test('an entitlement that is not decided in Slack shows no buttons, and a click is refused by the rule', async () => {
    await world.close();
    const config = slackConfig(
      replacing(['approvalsNeeded: 1', 'approvalsNeeded: 1\n          channels: [console, cli, api]']),
    );
    world = await slackWorld({ config });
    const { id } = await pending();
    const card = world.fake.of('chat.postMessage').find(({ args }) => args['channel'] === CHANNEL);
    expect(buttonsOf(card)).toEqual({});
    expect(textOf(card)).toContain('This cannot be decided in Slack; use: console, cli, api');
    expect(await decided(id)).toEqual([]);
  });

  test('a message from before the rule forbade it: its click is refused by the rule', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    world.deploy(
      slackConfig(replacing(['approvalsNeeded: 1', 'approvalsNeeded: 1\n          channels: [console, cli, api]'])),
    );
    await world.click('bob', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    expect(told()).toContain('A decision cannot be made through slack here; use: console, cli, api.');
  });

  test('nothing is decided in a channel that has come to be shared', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    world.fake.channels[CHANNEL] = channel(CHANNEL, { is_ext_shared: true });
    await world.click('bob', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    expect(told()).toContain('shared with other workspaces');
  });

  test('the requester’s own click', async () => {
    await world.link('alice');
    const { id, approve } = await pending();
    await world.click('alice', 'hallpass_approve', approve);
    expect(await decided(id)).toEqual([]);
    expect(told()).toContain('Self-approval');
  });
});

describe('PEERS 13: twice clicked, twice delivered, clicked at once', () => {
  test('the same delivery again, and again by an attacker within five minutes, is one decision', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    const text = body(approve);
    const timestamp = Math.floor(world.clock.now() / 1_000);
    for (const headers of [{}, { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }, {}]) {
      expect(await world.deliver(text, { timestamp, headers })).toEqual({ status: 200, text: '' });
      await world.quiet();
    }
    expect(await decided(id)).toHaveLength(1);
    expect(told()).toBe('');
    const { timeline } = await show(world, id);
    expect(timeline.filter(({ type }) => type === 'approved')).toHaveLength(1);
    expect(timeline.filter(({ type }) => type === 'armed')).toHaveLength(1);
  });

  test('two approvers at the same moment: one decision, one access, one end; the other is told', async () => {
    await world.link('bob', 'carol');
    const { id, approve } = await pending();
    await Promise.all([world.deliver(body(approve)), world.deliver(body(approve, USERS.carol))]);
    await world.quiet();
    expect(await decided(id)).toHaveLength(1);
    expect(told()).toContain('only a pending request can be decided');
    await world.pass(minutes(31));
    await world.sweep();
    await world.quiet();
    const { timeline } = await show(world, id);
    for (const type of ['armed', 'activated', 'revoking', 'ended'])
      expect(
        timeline.filter((event) => event.type === type),
        type,
      ).toHaveLength(1);
  });

  test('a double click is one decision, and says so', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    await world.click('bob', 'hallpass_approve', approve);
    await world.click('bob', 'hallpass_approve', approve);
    expect(await decided(id)).toHaveLength(1);
    expect(told()).toContain('Too late or too early');
  });
});

describe('what was shown', () => {
  test('a digest of something else decides nothing, and the message is renewed', async () => {
    await world.link('bob');
    const { id, approve } = await pending();
    const [, digest = ''] = approve.split('.');
    for (const value of [`${id}.${'0'.repeat(32)}`, `${id}.${digest.slice(0, 31)}`, `${id}.`, id]) {
      world.fake.calls.length = 0;
      await world.click('bob', 'hallpass_approve', value);
      expect(await decided(id)).toEqual([]);
      expect(told()).toContain('has changed since');
    }
    for (const value of ['', 'x', `${'0'.repeat(26)}.${digest}`, `${id}.${digest}.more`])
      await world.click('bob', 'hallpass_approve', value);
    expect(await decided(id)).toEqual([]);
  });

  test('denied with a reason, which the requester is told', async () => {
    await world.link('alice', 'bob');
    const { id, deny } = await pending();
    await world.click('bob', 'hallpass_deny', deny);
    const view = world.fake.of('views.open').at(-1)?.args['view'] as { private_metadata: string };
    await world.submit('bob', 'hallpass_denial', {
      id: 'V9',
      metadata: view.private_metadata,
      answers: { reason: 'Not today.' },
    });
    expect(await show(world, id)).toMatchObject({ state: 'denied', reason: 'Not today.', by: 'Bob Baker' });
    const last = world.fake.of('chat.postMessage').at(-1);
    expect(last?.args['channel']).toBe(USERS.alice);
    expect(textOf(last)).toContain('Not today.');
  });
});

describe('private_metadata', () => {
  async function opened(name: 'alice' | 'bob'): Promise<string> {
    await world.command(name, 'mycluster-admin');
    const view = world.fake.of('views.open').at(-1)?.args['view'] as { private_metadata: string };
    return view.private_metadata;
  }
  const ANSWERS = {
    entitlement: { type: 'static_select', selected_option: { value: 'mycluster-admin' } },
    justification: 'INC-4211: the ingress is down',
  };
  const grants = async (profile: string): Promise<unknown[]> =>
    ((await world.call(profile, 'GET', '/v1/grants')).body as unknown as { grants: unknown[] }).grants;

  test('edited, made up, somebody else’s or stale: nothing is asked for', async () => {
    await world.link('alice', 'bob');
    const own = await opened('alice');
    const [text = '', mac = ''] = own.split('.');
    const forged = JSON.parse(Buffer.from(text, 'base64url').toString());
    const edited = `${Buffer.from(JSON.stringify({ ...forged, person: 'carol' })).toString('base64url')}.${mac}`;
    for (const metadata of [edited, `${own}x`, `${text}.`, '', '.', 'x.y.z', await opened('bob')]) {
      const answer = await world.submit('alice', 'hallpass_request', { id: 'V1', metadata, answers: ANSWERS });
      expect(JSON.stringify(answer), metadata).toContain('not as Hallpass made it');
    }
    await world.pass(hours(13));
    expect(
      JSON.stringify(await world.submit('alice', 'hallpass_request', { id: 'V2', metadata: own, answers: ANSWERS })),
    ).toContain('too old');
    expect(await grants('alice')).toEqual([]);
  });

  test('a form sent twice asks once', async () => {
    await world.link('alice');
    const metadata = await opened('alice');
    for (let n = 0; n < 2; n++)
      await world.submit('alice', 'hallpass_request', { id: 'V1', metadata, answers: ANSWERS });
    expect(await grants('alice')).toHaveLength(1);
    const results = world.fake.of('views.update').map(textOf);
    expect(results).toHaveLength(2);
    for (const text of results) expect(text).toContain('hallpass grant');
  });

  test('mistakes are shown beside their fields, in the answer itself', async () => {
    await world.link('alice');
    const metadata = await opened('alice');
    const send = (more: Record<string, unknown>) =>
      world.submit('alice', 'hallpass_request', { id: 'V1', metadata, answers: { ...ANSWERS, ...more } });
    expect(await send({ justification: 'x' })).toEqual({
      response_action: 'errors',
      errors: { justification: expect.stringContaining('needs at least 5') },
    });
    expect(await send({ justification: 'x'.repeat(3_001) })).toMatchObject({
      errors: { justification: expect.stringContaining('3001 characters; at most 1000') },
    });
    expect(await send({ 'duration/mycluster-admin': '9h' })).toMatchObject({
      errors: { 'duration/mycluster-admin': expect.stringContaining('at most 4h') },
    });
    expect(await send({ start: '1' })).toMatchObject({ errors: { start: expect.stringContaining('is past') } });
    expect(await send({ entitlement: 'payroll' })).toMatchObject({
      errors: { entitlement: expect.stringContaining('There is no entitlement') },
    });
    expect(await grants('alice')).toEqual([]);
  });

  test('the state of a view is only what somebody’s browser says', async () => {
    await world.link('alice');
    const metadata = await opened('alice');
    const view = { id: 'V3', hash: 'h', callback_id: 'hallpass_request', private_metadata: metadata };
    for (const state of [undefined, null, 7, { values: null }, { values: { entitlement: null } }, stateOf({})]) {
      const text = payloadBody({
        type: 'view_submission',
        ...who(USERS.alice),
        trigger_id: trigger(),
        view: { ...view, state },
      });
      expect((await world.deliver(text)).status).toBe(200);
    }
    await world.quiet();
    expect(await grants('alice')).toEqual([]);
  });
});

test('the 3-second answer: one AWS call before it, and that is not to the table', async () => {
  await world.link('bob');
  const { approve } = await pending();
  const calls: string[] = [];
  world.faults.clear();
  const before = world.fake.calls.length;
  await world.close();
  const { faultPlan } = await import('../../local/faults.ts');
  const faults = faultPlan([], { record: true });
  world = await slackWorld({ faults });
  await world.deliver(commandBody(USERS.bob, 'help'));
  await world.quiet();
  faults.clear();
  await world.deliver(body(approve));
  for (const call of faults.calls)
    if (call.caller.includes('hallpass-laptop-slack')) calls.push(`${call.service}:${call.operation}`);
  expect(calls).toEqual(['sqs:SendMessage']);
  expect(before).toBeGreaterThan(0);
});

test('a queue that takes nothing: the person is told, and nothing is done', async () => {
  await world.link('bob');
  world.faults.add({ on: { service: 'sqs' }, fault: { kind: 'failBefore' }, times: 9 });
  const answer = await world.deliver(commandBody(USERS.bob, ''));
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toMatchObject({
    response_type: 'ephemeral',
    text: expect.stringContaining('Nothing was done'),
  });
  expect((await world.deliver(body(`${'0'.repeat(26)}.x`))).status).toBe(503);
  await world.quiet();
  expect(world.fake.of('views.open')).toEqual([]);
});

test('what is in the queue is believed only if Slack signed it', async () => {
  await world.link('bob');
  const { id, approve } = await pending();
  const job = {
    body: Buffer.from(body(approve)).toString('base64'),
    timestamp: String(Math.floor(world.clock.now() / 1_000)),
    signature: `v0=${'1'.repeat(64)}`,
    contentType: 'application/x-www-form-urlencoded',
    receivedAt: world.clock.now(),
  };
  const Records = [{ messageId: 'm', body: JSON.stringify(job) }];
  expect(await world.functions.invoke('interactions', { Records })).toEqual({
    ok: true,
    payload: { batchItemFailures: [] },
  });
  expect(await decided(id)).toEqual([]);
  expect(world.logs.filter((line) => line.includes('did not sign'))).toHaveLength(1);
});

test('F19 nothing in the logs could be used by whoever reads them', async () => {
  await world.link('bob');
  const { approve } = await pending();
  await world.click('bob', 'hallpass_approve', approve);
  await world.deliver(body(approve), { secret: 'f'.repeat(32) });
  const logs = world.logs.join('\n');
  for (const secret of [
    world.slack?.signingSecret ?? '-',
    world.slack?.botToken ?? '-',
    'hooks.slack.com',
    'trigger.',
    'v0=',
  ])
    expect(logs).not.toContain(secret);
  expect(logs).not.toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/);
  expect(TEAM).toBe(world.slack?.team);
});
