/**
 * PEERS 15: messages to everyone, dead links, history gone after expiry. And what must not happen when Slack is slow, away
 * or says no: a grant held up, a message lost, one said twice, others waiting behind it.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messagesOf } from '../../local/aws/sqs.ts';
import { UNDELIVERED } from '../../local/world/chat.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, ask, replacing, show, VIEW } from '../life/harness.ts';
import { channel } from './fake-slack.ts';
import { buttonsOf, CHANNEL, type SlackWorld, slackConfig, slackWorld, textOf, USERS } from './harness.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await slackWorld();
});
afterEach(() => world.close());

const inChannel = () => world.fake.of('chat.postMessage').filter(({ args }) => args['channel'] === CHANNEL);
const to = (user: string) => world.fake.of('chat.postMessage').filter(({ args }) => args['channel'] === user);
const approve = (id: string) => world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
const parked = () => messagesOf(world.storage, UNDELIVERED).list();
const warnings = () => world.logs.filter((line) => /"level":"(warn|error|alarm)"/.test(line) && line.includes('Slack'));

describe('who is told', () => {
  test('PEERS 15: those who ask and decide, and a channel only where the entitlement names one', async () => {
    await world.link('alice', 'bob', 'carol');
    await ask(world, 'alice', VIEW);
    await world.quiet();
    expect(inChannel()).toEqual([]);
    expect(to(USERS.bob)).toHaveLength(1);
    expect(to(USERS.carol)).toHaveLength(1);
    expect(to(USERS.alice)).toHaveLength(1);
    expect(world.fake.of('chat.postMessage')).toHaveLength(3);
  });

  test('PEERS 15: the history stays: one thread a grant, its card says how it ended, and the id leads to the record', async () => {
    await world.link('alice', 'bob');
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    await approve(id);
    await world.quiet();
    await world.pass(minutes(31));
    await world.sweep();
    await world.quiet();
    const [card, ...notes] = inChannel();
    expect(card?.args['thread_ts']).toBeUndefined();
    expect(notes.length).toBeGreaterThanOrEqual(3);
    const ts = notes[0]?.args['thread_ts'];
    expect(ts).toMatch(/^1764/);
    for (const note of notes) expect(note.args['thread_ts']).toBe(ts);
    const edits = world.fake.of('chat.update').filter(({ args }) => args['channel'] === CHANNEL);
    expect(edits.every(({ args }) => args['ts'] === ts)).toBe(true);
    expect(textOf(edits.at(-1))).toContain('It ran out');
    expect(buttonsOf(edits.at(-1))).toEqual({});
    expect(textOf(edits.at(-1))).toContain(`hallpass grant ${id}`);
    expect((await world.call('alice', 'GET', `/v1/grants/${id}`)).status).toBe(200);
    // Nothing links to anything that could be dead; every name of a person or thing is text.
    expect(world.fake.calls.map(textOf).join('')).not.toMatch(/https?:\/\/|<#|<@/);
    expect(to(USERS.alice).map(textOf).join('\n')).toContain('A token made before the end may live up to 15 minutes');
  });

  test('justification only where configured', async () => {
    for (const [shown, bob, all] of [
      ['nobody', false, false],
      ['approvers', true, false],
      ['channel', true, true],
    ] as const) {
      await world.close();
      const config = slackConfig(replacing([`channel: ${CHANNEL}`, `channel: ${CHANNEL}, justification: ${shown}`]));
      world = await slackWorld({ config });
      await world.link('bob');
      await ask(world, 'alice', ADMIN);
      await world.quiet();
      expect(textOf(to(USERS.bob)[0]).includes('the ingress is down'), shown).toBe(bob);
      expect(textOf(inChannel()[0]).includes('the ingress is down'), shown).toBe(all);
    }
  });

  test('approvers are left alone where the entitlement says so', async () => {
    await world.close();
    world = await slackWorld({
      config: slackConfig(replacing([`channel: ${CHANNEL}`, `channel: ${CHANNEL}, approvers: false`])),
    });
    await world.link('bob');
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect(to(USERS.bob)).toEqual([]);
    expect(inChannel()).toHaveLength(1);
  });

  test('F19 a channel that others can read is told nothing, and what it was told is taken back', async () => {
    for (const flags of [
      { is_ext_shared: true },
      { is_org_shared: true },
      { is_pending_ext_shared: true },
      { is_ext_shared: undefined },
    ]) {
      world.fake.channels[CHANNEL] = channel(CHANNEL, flags);
      const id = await ask(world, 'alice', ADMIN);
      await world.quiet();
      expect(inChannel(), JSON.stringify(flags)).toEqual([]);
      await world.call('alice', 'POST', `/v1/grants/${id}/withdraw`, {});
      await world.pass(minutes(2));
    }
    world.fake.channels[CHANNEL] = channel(CHANNEL);
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect(inChannel()).toHaveLength(1);
    world.fake.channels[CHANNEL] = channel(CHANNEL, { is_ext_shared: true });
    await world.pass(minutes(2));
    const [open] = ((await world.call('alice', 'GET', '/v1/grants')).body as unknown as { grants: { id: string }[] })
      .grants;
    await approve(open?.id ?? '');
    await world.quiet();
    const last = world.fake.of('chat.update').at(-1);
    expect(last?.args['channel']).toBe(CHANNEL);
    expect(textOf(last)).toContain('Withheld');
    expect(textOf(last)).not.toContain('Alice');
  });
});

describe('Slack slow, away, or saying no', () => {
  test('Retry-After is kept', async () => {
    await world.link('bob');
    world.fake.next('chat.postMessage', { status: 429, headers: { 'retry-after': '120' } });
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect(world.fake.of('chat.postMessage')).toHaveLength(1);
    await world.pass(seconds(110));
    expect(world.fake.of('chat.postMessage')).toHaveLength(1);
    await world.pass(seconds(20));
    await world.quiet();
    expect(world.fake.of('chat.postMessage').length).toBeGreaterThan(1);
  });

  test('nothing at all: given up after its time, told later', async () => {
    await world.close();
    world = await slackWorld({ calls: { callTimeout: seconds(0.4) as never } });
    world.fake.next('conversations.info', 'silence');
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    await new Promise((done) => setTimeout(done, 600));
    for (let n = 0; n < 4; n++) await world.pass(minutes(1));
    await world.quiet();
    expect(inChannel()).toHaveLength(1);
  });

  test.each(['channel_not_found', 'not_in_channel', 'is_archived', 'missing_scope'])(
    '%s: somebody is called, everyone else is told, and once it is mended the channel is too',
    async (error) => {
      await world.link('alice', 'bob');
      const method = error === 'channel_not_found' ? 'conversations.info' : 'chat.postMessage';
      world.fake.next(method, { ok: false, error });
      await ask(world, 'alice', ADMIN);
      await world.quiet();
      expect(warnings().join('\n')).toContain(error);
      expect(world.logs.some((line) => line.includes('"level":"alarm"') && line.includes(error))).toBe(true);
      if (error !== 'missing_scope') expect(to(USERS.bob)).toHaveLength(1);
      await world.pass(minutes(16));
      await world.quiet();
      expect(inChannel().length).toBeGreaterThan(0);
      expect(to(USERS.bob)).toHaveLength(1);
      expect(parked()).toEqual([]);
    },
  );

  test('invalid_auth: somebody is called, and nothing is lost until the token is mended', async () => {
    await world.link('bob');
    world.fake.always('conversations.info', { ok: false, error: 'invalid_auth' });
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect(warnings().join('')).toContain('invalid_auth');
    expect(world.fake.of('chat.postMessage')).toEqual([]);
    world.fake.always('conversations.info', undefined);
    await world.pass(minutes(16));
    await world.quiet();
    expect(to(USERS.bob)).toHaveLength(1);
    expect((await show(world, id)).state).toBe('pending');
  });

  test('somebody who cannot be written to is left alone, the others are told', async () => {
    await world.link('alice', 'bob');
    world.fake.next(
      'chat.postMessage',
      { ok: true, channel: CHANNEL, ts: '1764000000.1' },
      { ok: false, error: 'user_disabled' },
    );
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    await world.pass(minutes(20));
    await world.quiet();
    expect(to(USERS.bob)).toHaveLength(1);
    expect(to(USERS.alice)).toHaveLength(1);
  });

  test('a card that somebody deleted is said anew', async () => {
    await world.link('bob');
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    world.fake.next('chat.update', { ok: false, error: 'message_not_found' });
    await approve(id);
    await world.quiet();
    await world.pass(minutes(3));
    await world.sweep();
    await world.quiet();
    expect(inChannel().filter(({ args }) => args['thread_ts'] === undefined)).toHaveLength(2);
  });

  test('a poison record is put aside after five times, and holds up nobody', async () => {
    await world.link('bob');
    const { queueUrl, chatName } = await import('../../src/aws/deployment.ts');
    const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs');
    const config = slackConfig();
    const operator = world.profiles['operator'];
    if (!operator) throw new Error('no operator');
    const sqs = new SQSClient({ endpoint: world.awsUrl, region: config.region, credentials: operator });
    await sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl(config, 'notices'), MessageBody: '{"grantId":"poison"}' }),
    );
    await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect(to(USERS.bob)).toHaveLength(1);
    expect(parked()).toEqual([]);
    await world.pass(minutes(31));
    await world.quiet();
    expect(parked()).toHaveLength(1);
    expect(chatName(config, 'notices')).toBe('hallpass-laptop-notices');
  });

  test('delivered twice and all at once: said once', async () => {
    await world.link('alice', 'bob');
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    await approve(id);
    await world.quiet();
    const before = world.fake.calls.length;
    const { notificationText } = await import('../../src/broker/outlets.ts');
    const body = notificationText({ grantId: id as never, n: 1, since: world.clock.now(), tries: 0 });
    const event = { Records: [1, 2, 3].map((n) => ({ messageId: String(n), body })) };
    await Promise.all([world.functions.invoke('notifier', event), world.functions.invoke('notifier', event)]);
    await world.quiet();
    expect(world.fake.calls.slice(before).filter(({ method }) => method.startsWith('chat.'))).toEqual([]);
  });

  test('two workers on one grant from its first moment: one message each', async () => {
    const { notificationText } = await import('../../src/broker/outlets.ts');
    await world.link('alice', 'bob');
    world.fake.always('conversations.info', { status: 500 });
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    world.fake.always('conversations.info', undefined);
    world.fake.calls.length = 0;
    const body = notificationText({ grantId: id as never, n: 1, since: world.clock.now(), tries: 0 });
    const event = { Records: [{ messageId: '1', body }] };
    await Promise.all([1, 2, 3].map(() => world.functions.invoke('notifier', event)));
    await world.pass(minutes(3));
    await world.quiet();
    for (const address of [CHANNEL, USERS.bob, USERS.alice]) expect(to(address), address).toHaveLength(1);
  });
});

test('without Slack in the configuration nothing of it is there', async () => {
  await world.close();
  const { exampleConfig } = await import('../life/harness.ts');
  const { testWorld } = await import('../life/harness.ts');
  const plain = await testWorld({ config: exampleConfig() });
  try {
    expect(plain.slack).toBeUndefined();
    await expect(plain.functions.invoke('slack', {})).rejects.toThrow('there is no function slack');
    expect((await plain.functions.invoke('publisher', { Records: [] })).ok).toBe(true);
  } finally {
    await plain.close();
  }
  world = await slackWorld();
});
