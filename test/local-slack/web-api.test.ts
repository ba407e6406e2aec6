/** Catches a simulated Slack that is kinder, or stricter, than what the official client meets in the real one. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { METHODS } from '../../local/slack/web-api.ts';
import { EXTERNAL_TEAM } from '../../local/slack/workspace.ts';
import { type Duration, minutes, seconds } from '../../src/core/time.ts';
import { countCases } from '../core/fixtures.ts';
import { APP, clientFor, refusalOf, TEAM, type TestSlack, testSlack } from './harness.ts';

let slack: TestSlack;
beforeEach(async () => {
  slack = await testSlack();
});
afterEach(() => slack.close());

const access = () => slack.channel('access').id;

test('auth.test: who the token is', async () => {
  expect(await slack.client.auth.test()).toMatchObject({
    ok: true,
    team_id: TEAM.id,
    bot_id: APP.botId,
    url: slack.url,
    response_metadata: { scopes: [...APP.scopes] },
  });
});

test('a message is posted, answered in its thread, edited, linked to and deleted', async () => {
  const posted = await slack.client.chat.postMessage({
    channel: access(),
    text: 'fallback',
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*hello*' } }],
  });
  const ts = posted.ts ?? '';
  expect(posted).toMatchObject({ ok: true, channel: access(), message: { text: 'fallback', bot_id: APP.botId } });
  const reply = await slack.client.chat.postMessage({ channel: access(), text: 'in the thread', thread_ts: ts });
  expect(reply.message).toMatchObject({ thread_ts: ts });
  const edited = await slack.client.chat.update({ channel: access(), ts, text: 'changed', blocks: [] });
  expect(edited).toMatchObject({ ok: true, ts, text: 'changed' });
  expect(slack.messages(access()).map((message) => [message.text, message.blocks.length])).toEqual([
    ['changed', 0],
    ['in the thread', 0],
  ]);
  const link = await slack.client.chat.getPermalink({ channel: access(), message_ts: ts });
  expect(link.permalink).toBe(`${slack.url}archives/${access()}/p${ts.replace('.', '')}`);
  await slack.client.chat.delete({ channel: access(), ts });
  expect(slack.messages(access())).toHaveLength(1);
});

test('timestamps are never the same twice, however fast', async () => {
  const posted = [];
  for (let i = 0; i < 4; i++) posted.push((await slack.client.chat.postMessage({ channel: access(), text: 'x' })).ts);
  expect(new Set(posted).size).toBe(4);
  expect([...posted].sort()).toEqual(posted);
});

test('a user id as channel is the direct channel with the app, the same as conversations.open gives', async () => {
  const user = slack.user('alice').id;
  const posted = await slack.client.chat.postMessage({ channel: user, text: 'psst' });
  const opened = await slack.client.conversations.open({ users: user });
  expect(opened.channel?.id).toBe(posted.channel);
  expect(posted.channel).toMatch(/^D/);
  expect(slack.messages(String(posted.channel)).map((message) => message.text)).toEqual(['psst']);
});

test('an ephemeral message is for one person, and to the app it does not exist', async () => {
  const alice = slack.user('alice').id;
  const { message_ts: ts } = await slack.client.chat.postEphemeral({
    channel: access(),
    user: alice,
    text: 'only you',
  });
  expect(slack.messages(access(), 'alice')).toHaveLength(1);
  expect(slack.messages(access(), 'bob')).toHaveLength(0);
  const update = slack.client.chat.update({ channel: access(), ts: String(ts), text: 'x' });
  expect((await refusalOf(update)).error).toBe('message_not_found');
});

test('every refusal has the code that Slack has for it', async () => {
  const { client } = slack;
  const id = (name: string) => slack.channel(name).id;
  const user = (name: string) => slack.user(name).id;
  const cases: readonly [string, () => Promise<unknown>][] = [
    ['not_authed', () => clientFor(slack.apiUrl, '').auth.test()],
    ['invalid_auth', () => clientFor(slack.apiUrl, 'xoxb-other').auth.test()],
    ['unknown_method', () => client.apiCall('chat.shout', {})],
    ['channel_not_found', () => client.chat.postMessage({ channel: 'C0NONE', text: 'x' })],
    ['channel_not_found', () => client.chat.postMessage({ channel: id('secret'), text: 'x' })],
    ['channel_not_found', () => client.chat.postMessage({ channel: user('dora'), text: 'x' })],
    ['not_in_channel', () => client.chat.postMessage({ channel: id('general'), text: 'x' })],
    ['is_archived', () => client.chat.postMessage({ channel: id('old-access'), text: 'x' })],
    ['no_text', () => client.apiCall('chat.postMessage', { channel: id('access') })],
    ['user_not_in_channel', () => client.chat.postEphemeral({ channel: id('access'), user: user('pia'), text: 'x' })],
    ['message_not_found', () => client.chat.update({ channel: id('access'), ts: '1.000001', text: 'x' })],
    ['message_not_found', () => client.chat.getPermalink({ channel: id('access'), message_ts: '1.000001' })],
    ['channel_not_found', () => client.conversations.info({ channel: id('secret') })],
    ['user_not_found', () => client.conversations.open({ users: 'U0NONE' })],
    ['user_disabled', () => client.conversations.open({ users: user('dora') })],
    ['users_list_not_supplied', () => client.apiCall('conversations.open', {})],
    ['user_not_found', () => client.users.info({ user: 'U0NONE' })],
    ['users_not_found', () => client.users.lookupByEmail({ email: 'nobody@example.com' })],
    ['users_not_found', () => client.users.lookupByEmail({ email: 'pia@partner.example' })],
    ['invalid_types', () => client.users.conversations({ types: 'everything' })],
    ['invalid_cursor', () => client.conversations.members({ channel: id('access'), cursor: 'bm9uZQ==' })],
    ['not_found', () => client.views.update({ view_id: 'V0NONE', view: home() })],
    ['invalid_arguments', () => client.views.publish({ user_id: user('dora'), view: home() })],
    ['invalid_trigger_id', () => client.views.open({ trigger_id: 'made.up', view: modal() })],
    ['missing_scope', () => client.apiCall('conversations.join', { channel: id('general') })],
    ['missing_scope', () => client.team.info()],
  ];
  for (const [code, call] of cases) expect((await refusalOf(call())).error).toBe(code);
  countCases('refusals of the Web API', cases.length);
});

test("a message of somebody else's cannot be edited, one in an archived channel neither", async () => {
  await slack.hands.type(slack.user('alice').id, access(), 'mine');
  const [typed] = slack.messages(access());
  const update = slack.client.chat.update({ channel: access(), ts: typed?.ts ?? '', text: 'x' });
  expect((await refusalOf(update)).error).toBe('cant_update_message');
  const own = await slack.client.chat.postMessage({ channel: access(), text: 'x' });
  slack.admin.archive('access');
  const late = slack.client.chat.update({ channel: access(), ts: own.ts ?? '', text: 'y' });
  expect((await refusalOf(late)).error).toBe('is_inactive');
});

test('missing_scope says what is needed and what there is', async () => {
  slack.admin.reinstall({ scopes: ['commands'] });
  expect(await refusalOf(slack.client.chat.postMessage({ channel: access(), text: 'x' }))).toMatchObject({
    error: 'missing_scope',
    needed: 'chat:write',
    provided: 'commands',
  });
});

test('without users:read.email nobody has an address', async () => {
  const user = slack.user('alice').id;
  expect((await slack.client.users.info({ user })).user?.profile?.email).toBe('alice@example.com');
  slack.admin.reinstall({ scopes: ['users:read'] });
  expect((await slack.client.users.info({ user })).user?.profile).not.toHaveProperty('email');
});

test('what users.info says of each kind of user', async () => {
  const of = async (name: string) => (await slack.client.users.info({ user: slack.user(name).id })).user;
  expect(await of('alice')).toMatchObject({
    team_id: TEAM.id,
    deleted: false,
    is_bot: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_email_confirmed: true,
  });
  expect(await of('gwen')).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
  expect(await of('gus')).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
  expect(await of('una')).toMatchObject({ is_email_confirmed: false });
  expect(await of('dora')).toMatchObject({ deleted: true });
  expect(await of('robot')).toMatchObject({ is_bot: true });
  // In a channel that the app shares, somebody of another organisation is no stranger: only the team gives them away.
  expect(await of('pia')).toMatchObject({ team_id: EXTERNAL_TEAM.id, is_stranger: false });
  expect(await of('sam')).toMatchObject({ team_id: EXTERNAL_TEAM.id, is_stranger: true });
  expect(await of('pia')).not.toHaveProperty('is_restricted');
});

test('an externally shared channel says so, and channels come in pages', async () => {
  const shared = await slack.client.conversations.info({ channel: slack.channel('with-partner').id });
  expect(shared.channel).toMatchObject({ is_ext_shared: true, is_member: true });
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await slack.client.users.conversations({
      types: 'public_channel,private_channel',
      exclude_archived: true,
      limit: 2,
      ...(cursor && { cursor }),
    });
    names.push(...(page.channels ?? []).map((channel) => String(channel.name)));
    cursor = page.response_metadata?.next_cursor;
  } while (cursor);
  expect(names.sort()).toEqual(['access', 'platform', 'with-partner']);
});

test('methods that read find nothing in a JSON body, as in Slack', async () => {
  const call = async (method: string, body: object) => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${APP.botToken}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { ok: boolean; error?: string };
  };
  expect(await call('users.info', { user: slack.user('alice').id })).toMatchObject({
    ok: false,
    error: 'invalid_arguments',
  });
  expect(await call('chat.postMessage', { channel: access(), text: 'x', blocks: [] })).toMatchObject({ ok: true });
  // A token in a JSON body is none.
  const inBody = await fetch(`${slack.apiUrl}auth.test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: APP.botToken }),
  });
  expect(await inBody.json()).toMatchObject({ error: 'not_authed' });
});

test('a channel takes a burst, then one message a second; the wait is in Retry-After', async () => {
  const post = () => slack.client.chat.postMessage({ channel: access(), text: 'x' });
  for (let i = 0; i < 5; i++) await post();
  await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 });
  await slack.client.chat.postMessage({ channel: slack.channel('platform').id, text: 'another channel is free' });
  await slack.clock.advanceBy(seconds(1));
  await post();
  await expect(post()).rejects.toMatchObject({ retryAfter: 1 });
});

test("each method has its tier: users.info a hundred a minute, then again as the minute's share refills", async () => {
  const user = slack.user('alice').id;
  const call = () =>
    fetch(`${slack.apiUrl}users.info?user=${user}`, { headers: { authorization: `Bearer ${APP.botToken}` } });
  for (let i = 0; i < 100; i++) expect((await call()).status).toBe(200);
  const refused = await call();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.json()).toEqual({ ok: false, error: 'ratelimited' });
  await slack.clock.advanceBy(minutes(1));
  for (let i = 0; i < 100; i++) expect((await call()).status).toBe(200);
});

test('faults strike as everywhere: 429, 500, lost answers, late ones, refusals', async () => {
  const { faults, client, clock } = slack;
  const post = (text: string) => client.chat.postMessage({ channel: access(), text });
  const texts = () => slack.messages(access()).map((message) => message.text);
  const on = { service: 'slack', operation: 'chat.postMessage' } as const;
  faults.add({ fault: { kind: 'throttle' }, on });
  await expect(post('throttled')).rejects.toMatchObject({ retryAfter: 30 });
  faults.add({ fault: { kind: 'failBefore' }, on });
  await expect(post('500')).rejects.toThrow();
  faults.add({ fault: { kind: 'accessDenied' }, on });
  expect((await refusalOf(post('denied'))).error).toBe('access_denied');
  expect(texts()).toEqual([]);
  faults.add({ fault: { kind: 'failAfter' }, on });
  await expect(post('lost')).rejects.toThrow();
  expect(texts()).toEqual(['lost']);
  faults.add({ fault: { kind: 'delayed', by: seconds(30) }, on });
  await expect(post('late')).rejects.toThrow();
  expect(texts()).toEqual(['lost']);
  await clock.advanceBy(seconds(30));
  expect(texts()).toEqual(['lost', 'late']);
  faults.add({ fault: { kind: 'twice' }, on });
  await post('twice');
  expect(texts()).toEqual(['lost', 'late', 'twice', 'twice']);
  expect(faults.calls.filter((call) => call.operation === 'chat.postMessage').length).toBe(6);
});

test('a call that hangs hangs until the caller gives up', async () => {
  slack.faults.add({ fault: { kind: 'hang' }, on: { service: 'slack' } });
  const giveUp = AbortSignal.timeout(50);
  await expect(fetch(`${slack.apiUrl}auth.test`, { method: 'POST', signal: giveUp })).rejects.toThrow();
});

test('an unknown fault is a mistake, not silence', async () => {
  const other = await testSlack({ faults: faultPlan([{ fault: { kind: 'stale', by: 0 as Duration }, on: {} }]) });
  await expect(other.client.auth.test()).rejects.toThrow();
  await other.close();
});

test('what happened is still there after a restart', async () => {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const folder = mkdtempSync('/tmp/hallpass-slack-');
  const path = `${folder}/slack.db`;
  const before = await testSlack({ path });
  await before.client.chat.postMessage({ channel: before.channel('access').id, text: 'kept' });
  await before.client.views.publish({ user_id: before.user('alice').id, view: home() });
  before.admin.archive('general');
  await before.close();
  const after = await testSlack({ path });
  expect(after.messages(after.channel('access').id).map((message) => message.text)).toEqual(['kept']);
  expect(after.home('alice')?.definition.blocks).toHaveLength(1);
  expect(after.channel('general').archived).toBe(true);
  const next = await after.client.chat.postMessage({ channel: after.channel('access').id, text: 'later' });
  expect(Number(next.ts)).toBeGreaterThan(Number(after.messages(after.channel('access').id)[0]?.ts));
  await after.close();
  rmSync(folder, { recursive: true });
});

test('every method has a tier, and whether it takes JSON', () => {
  for (const method of Object.values(METHODS)) expect(method.tier.perMinute).toBeGreaterThan(0);
});

function home() {
  return { type: 'home' as const, blocks: [{ type: 'divider' as const }] };
}

function modal() {
  return {
    type: 'modal' as const,
    title: { type: 'plain_text' as const, text: 'A modal' },
    blocks: [{ type: 'divider' as const }],
  };
}
