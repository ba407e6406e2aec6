/** Catches requests to the app that are not what Slack sends, and answers of the app that Slack would not obey so. */
import type { KnownBlock, ModalView } from '@slack/web-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { expectedSignature, payloadOf, refusalOf, START, TEAM, type TestSlack, testSlack } from './harness.ts';

let slack: TestSlack;
beforeEach(async () => {
  slack = await testSlack();
});
afterEach(() => slack.close());

const alice = () => slack.user('alice').id;
const access = () => slack.channel('access').id;
const last = () => slack.stub.received.at(-1) ?? { headers: {}, body: '' };
const texts = (asName?: string) => slack.messages(access(), asName).map((message) => message.text);

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const option = (value: string) => ({ text: plain(value.toUpperCase()), value });
const input = (id: string, more: object = {}): KnownBlock => ({
  type: 'input',
  block_id: id,
  label: plain(id),
  element: { type: 'plain_text_input', action_id: 'text', ...more },
});
const modal = (blocks: KnownBlock[], more: Partial<ModalView> = {}): ModalView => ({
  type: 'modal',
  callback_id: 'request',
  private_metadata: 'kept by Slack',
  title: plain('Ask for access'),
  submit: plain('Ask'),
  blocks,
  ...more,
});

/** Alice types the command, and the app opens this modal. Answers the view's id. */
async function opened(view: ModalView): Promise<string> {
  slack.stub.answer = async ({ body }) => {
    const trigger_id = new URLSearchParams(body).get('trigger_id') ?? '';
    await slack.client.views.open({ trigger_id, view });
    return {};
  };
  await slack.hands.type(alice(), access(), '/hallpass');
  slack.stub.answer = () => ({});
  return slack.modal('alice')?.id ?? '';
}

test('a slash command is a signed form with everything that Slack tells', async () => {
  slack.stub.answer = () => ({ text: 'Only you see <this>' });
  await slack.hands.type(alice(), access(), '/hallpass  prod admin & more');
  const { headers, body } = last();
  expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
    team_id: TEAM.id,
    team_domain: 'example',
    channel_id: access(),
    channel_name: 'access',
    user_id: alice(),
    user_name: 'alice',
    command: '/hallpass',
    text: 'prod admin & more',
    api_app_id: 'A0HALLPASS0',
    is_enterprise_install: 'false',
    trigger_id: expect.stringMatching(/^\d+\.\d+\.[0-9a-f]{32}$/),
    response_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/actions\/[0-9a-z]{20}$/),
  });
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(headers['x-slack-request-timestamp']).toBe(String(START / 1_000));
  expect(headers['x-slack-signature']).toBe(expectedSignature(last()));
  expect(texts('alice')).toEqual(['Only you see <this>']);
  expect(texts('bob')).toEqual([]);
});

test('an answer for the channel is for everybody; one that is late or an error is told by Slackbot to one', async () => {
  slack.stub.answer = () => ({ json: { response_type: 'in_channel', text: 'all of you' } });
  await slack.hands.type(alice(), access(), '/hallpass');
  expect(texts('bob')).toEqual(['all of you']);
  slack.stub.answer = () => ({ status: 500 });
  await slack.hands.type(alice(), access(), '/hallpass');
  slack.stub.answer = () => 'never';
  const late = slack.hands.type(alice(), access(), '/hallpass');
  await slack.clock.advanceBy(seconds(2.999));
  expect(texts('alice')).toHaveLength(2);
  await slack.clock.advanceBy(seconds(0.001));
  await late;
  expect(texts('alice').slice(1)).toEqual([
    '/hallpass failed with the error "dispatch_failed"',
    '/hallpass failed with the error "operation_timeout"',
  ]);
  expect(texts('bob')).toHaveLength(1);
});

test('a command that nobody has, or in a shared channel somebody of another organisation types, reaches no app', async () => {
  await slack.hands.type(alice(), access(), '/shrug');
  await slack.hands.type(slack.user('pia').id, slack.channel('with-partner').id, '/hallpass');
  expect(slack.stub.received).toEqual([]);
});

test('a trigger opens one modal, within three seconds', async () => {
  const triggers: string[] = [];
  slack.stub.answer = ({ body }) => {
    triggers.push(new URLSearchParams(body).get('trigger_id') ?? '');
    return {};
  };
  const view = modal([input('why')]);
  await slack.hands.type(alice(), access(), '/hallpass');
  await slack.hands.type(alice(), access(), '/hallpass');
  const [first = '', second = ''] = triggers;
  await slack.client.views.open({ trigger_id: first, view });
  const open = (trigger_id: string) => refusalOf(slack.client.views.open({ trigger_id, view }));
  expect((await open(first)).error).toBe('exchanged_trigger_id');
  await slack.clock.advanceBy(seconds(4));
  expect((await open(second)).error).toBe('expired_trigger_id');
});

test('a submission carries what was filled in, and the metadata as it was stored', async () => {
  const view = await opened(
    modal([
      input('why'),
      {
        type: 'input',
        block_id: 'what',
        label: plain('what'),
        element: { type: 'static_select', action_id: 'menu', options: [option('view'), option('admin')] },
      },
      {
        type: 'input',
        block_id: 'where',
        label: plain('where'),
        optional: true,
        element: { type: 'multi_static_select', action_id: 'menu', options: [option('dev'), option('prod')] },
      },
    ]),
  );
  await slack.hands.submit(alice(), view, {
    why: { text: 'the ingress <is> down' },
    what: { menu: 'admin' },
    where: { menu: ['prod', 'not offered'] },
  });
  expect(last().headers['x-slack-signature']).toBe(expectedSignature(last()));
  expect(payloadOf(last())).toMatchObject({
    type: 'view_submission',
    team: { id: TEAM.id, domain: 'example' },
    user: { id: alice(), name: 'alice', team_id: TEAM.id },
    view: {
      id: view,
      callback_id: 'request',
      private_metadata: 'kept by Slack',
      root_view_id: view,
      previous_view_id: null,
      state: {
        values: {
          why: { text: { type: 'plain_text_input', value: 'the ingress <is> down' } },
          what: { menu: { type: 'static_select', selected_option: { text: { text: 'ADMIN' }, value: 'admin' } } },
          where: { menu: { type: 'multi_static_select', selected_options: [{ value: 'prod' }] } },
        },
      },
    },
  });
  expect(slack.modal('alice')).toBeUndefined();
});

test('Slack itself asks for what is missing or too long, and the app is not told', async () => {
  const view = await opened(modal([input('why', { min_length: 5, max_length: 10 }), input('ticket')]));
  const before = slack.stub.received.length;
  await slack.hands.submit(alice(), view, { why: { text: 'abc' }, ticket: { text: '' } });
  expect(slack.modal('alice')?.errors).toEqual({
    why: 'This field must be at least 5 characters.',
    ticket: 'Please complete this required field.',
  });
  await slack.hands.submit(alice(), view, { why: { text: 'abcdefghijk' }, ticket: { text: 'x' } });
  expect(slack.modal('alice')?.errors).toEqual({ why: 'This field must be at most 10 characters.' });
  expect(slack.stub.received).toHaveLength(before);
});

test('each answer to a submission does what Slack does with it', async () => {
  const trouble = { ok: false, problem: 'We had some trouble connecting. Try again?' };
  const view = await opened(modal([input('why')]));
  const filled = { why: { text: 'because' } };
  const answering = (json: unknown, status = 200) => {
    slack.stub.answer = () => ({ status, json });
    return slack.hands.submit(alice(), slack.modal('alice')?.id ?? '', filled);
  };
  await answering({ response_action: 'errors', errors: { why: 'too short a reason' } });
  expect(slack.modal('alice')).toMatchObject({ id: view, errors: { why: 'too short a reason' }, filled });
  expect(await answering({ response_action: 'errors', errors: { nothing: 'no such block' } })).toEqual(trouble);
  expect(await answering({}, 500)).toEqual(trouble);
  expect(await answering({ response_action: 'push', view: modal([], { blocks: [] }) })).toEqual(trouble);
  await answering({ response_action: 'update', view: modal([input('why'), input('ticket')]) });
  expect(slack.modal('alice')).toMatchObject({ id: view, errors: {}, filled });
  filled.why.text = 'because of';
  await slack.hands.submit(alice(), view, { ...filled, ticket: { text: 'INC-1' } });
  const second = slack.modal('alice');
  expect(second?.definition.blocks).toHaveLength(2);
  await answering({ response_action: 'push', view: modal([input('why')]) });
  expect(slack.modal('alice')).toMatchObject({ previous: view, root: view, depth: 2 });
  await answering({ response_action: 'push', view: modal([input('why')]) });
  expect(await answering({ response_action: 'push', view: modal([input('why')]) })).toEqual(trouble);
  await answering({});
  expect(slack.modal('alice')?.depth).toBe(2);
  await answering({ response_action: 'clear' });
  expect(slack.modal('alice')).toBeUndefined();
});

test('views.update by hash: what changed meanwhile is not overwritten, what is still there keeps what was filled in', async () => {
  const menu = (...values: string[]): KnownBlock => ({
    type: 'section',
    block_id: 'pick',
    text: plain('pick'),
    accessory: { type: 'static_select', action_id: 'menu', options: values.map(option) },
  });
  const view = await opened(modal([menu('a', 'b'), input('why')]));
  const place = { view };
  const filled = { pick: { menu: 'b' }, why: { text: 'because' } };
  await slack.hands.click(alice(), { place, block: 'pick', action: 'menu', filled });
  expect(payloadOf(last())).toMatchObject({
    type: 'block_actions',
    container: { type: 'view', view_id: view },
    actions: [{ type: 'static_select', block_id: 'pick', action_id: 'menu', selected_option: { value: 'b' } }],
    view: { state: { values: { why: { text: { value: 'because' } } } } },
  });
  const hash = (payloadOf(last())['view'] as { hash: string }).hash;
  await slack.client.views.update({ view_id: view, hash, view: modal([menu('b', 'c'), input('why')]) });
  expect(slack.modal('alice')?.filled).toEqual(filled);
  const stale = slack.client.views.update({ view_id: view, hash, view: modal([menu('c')]) });
  expect((await refusalOf(stale)).error).toBe('hash_conflict');
  await slack.client.views.update({ view_id: view, view: modal([menu('c'), input('why')]) });
  expect(slack.modal('alice')?.filled).toEqual({ why: { text: 'because' } });
});

test('closing tells the app only where it asked to be told', async () => {
  const silent = await opened(modal([input('why')]));
  const before = slack.stub.received.length;
  await slack.hands.close(alice(), silent);
  expect(slack.stub.received).toHaveLength(before);
  const told = await opened(modal([input('why')], { notify_on_close: true }));
  await slack.hands.close(alice(), told);
  expect(payloadOf(last())).toMatchObject({ type: 'view_closed', is_cleared: false, view: { id: told } });
});

test('a click says who, where, on what, and gives a response URL that takes five answers in half an hour', async () => {
  const { ts = '' } = await slack.client.chat.postMessage({
    channel: access(),
    text: 'Alice asks',
    blocks: [
      {
        type: 'actions',
        block_id: 'decide',
        elements: [
          { type: 'button', action_id: 'approve', text: plain('Approve'), value: 'grant:digest', style: 'primary' },
        ],
      },
    ],
  });
  const bob = slack.user('bob').id;
  const place = { channel: access(), ts };
  expect(await slack.hands.click(bob, { place, block: 'decide', action: 'approve' })).toEqual({ ok: true });
  const payload = payloadOf(last());
  expect(payload).toMatchObject({
    type: 'block_actions',
    user: { id: bob, username: 'bob', team_id: TEAM.id },
    container: { type: 'message', message_ts: ts, channel_id: access(), is_ephemeral: false },
    channel: { id: access(), name: 'access' },
    message: { ts, text: 'Alice asks' },
    actions: [{ type: 'button', action_id: 'approve', block_id: 'decide', value: 'grant:digest' }],
  });
  const respond = (body: object) =>
    fetch(String(payload['response_url']), { method: 'POST', body: JSON.stringify(body) });
  await respond({ text: 'noted' });
  expect(texts('bob')).toEqual(['Alice asks', 'noted']);
  expect(texts('alice')).toEqual(['Alice asks']);
  await respond({ replace_original: true, text: 'Approved by Bob' });
  await respond({ response_type: 'in_channel', text: 'everybody' });
  expect(texts('alice')).toEqual(['Approved by Bob', 'everybody']);
  expect((await respond({})).status).toBe(400);
  await respond({ text: '4' });
  await respond({ delete_original: true });
  expect(texts('alice')).toEqual(['everybody']);
  const sixth = await respond({ text: '6' });
  expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }]);
});

test('a response URL is worth nothing after half an hour', async () => {
  await slack.hands.type(alice(), access(), '/hallpass');
  const url = new URLSearchParams(last().body).get('response_url') ?? '';
  await slack.clock.advanceBy(minutes(31));
  const late = await fetch(url, { method: 'POST', body: '{"text":"late"}' });
  expect(await late.json()).toEqual({ ok: false, error: 'expired_url' });
});

test('nobody clicks what is not there, what they cannot see, or what was taken away', async () => {
  const button = { type: 'button' as const, action_id: 'go', text: plain('Go') };
  const blocks = [{ type: 'actions' as const, block_id: 'b', elements: [button] }];
  const channel = slack.channel('platform').id;
  const { ts = '' } = await slack.client.chat.postMessage({ channel, text: 'x', blocks });
  const click = (name: string, action = 'go') =>
    slack.hands.click(slack.user(name).id, { place: { channel, ts }, block: 'b', action });
  await expect(click('gus')).rejects.toThrow('channel_not_found');
  await expect(click('dora')).rejects.toThrow('account_inactive');
  await expect(click('robot')).rejects.toThrow('user_not_found');
  await expect(click('alice', 'other')).rejects.toThrow('action_not_found');
  await slack.client.chat.update({ channel, ts, text: 'done', blocks: [] });
  await expect(click('alice')).rejects.toThrow('action_not_found');
  expect(slack.stub.received).toEqual([]);
  const view = await opened(modal([input('why')]));
  await expect(slack.hands.submit(slack.user('bob').id, view, {})).rejects.toThrow('not_found');
});

test("somebody of another organisation clicks in a shared channel, under their own team's id", async () => {
  const channel = slack.channel('with-partner').id;
  const elements = [{ type: 'button' as const, action_id: 'go', text: plain('Go') }];
  const blocks = [{ type: 'actions' as const, block_id: 'b', elements }];
  const { ts = '' } = await slack.client.chat.postMessage({ channel, text: 'x', blocks });
  await slack.hands.click(slack.user('pia').id, { place: { channel, ts }, block: 'b', action: 'go' });
  expect(payloadOf(last())).toMatchObject({ team: { id: TEAM.id }, user: { team_id: 'T0PARTNER00' } });
});

test('a shortcut, and an external menu', async () => {
  slack.stub.answer = async ({ body }) => {
    const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '{}') as Record<string, string>;
    if (payload['type'] === 'block_suggestion') return { json: { options: [option(String(payload['value']))] } };
    const external = { type: 'external_select' as const, action_id: 'menu', min_query_length: 0 };
    const blocks: KnownBlock[] = [{ type: 'input', block_id: 'what', label: plain('what'), element: external }];
    await slack.client.views.open({ trigger_id: payload['trigger_id'] ?? '', view: modal(blocks) });
    return {};
  };
  await slack.hands.shortcut(alice(), 'ask');
  const view = slack.modal('alice')?.id ?? '';
  const [offered] = await slack.hands.suggest(alice(), view, 'what', 'menu', 'adm');
  slack.stub.answer = () => ({});
  await slack.hands.submit(alice(), view, { what: { menu: JSON.stringify(offered) } });
  expect(payloadOf(last())).toMatchObject({
    view: { state: { values: { what: { menu: { selected_option: { value: 'adm', text: { text: 'ADM' } } } } } } },
  });
});

test('an event is sent again at once, after a minute and after five, and says why', async () => {
  slack.stub.answer = () => ({ status: 503 });
  await slack.hands.openHome(alice());
  await slack.idle();
  const attempt = async (by: number) => {
    await slack.clock.advanceBy(minutes(by));
    await slack.idle();
    return slack.stub.received.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]);
  };
  expect(await attempt(0)).toEqual([
    [undefined, undefined],
    ['1', 'http_error'],
  ]);
  expect(await attempt(1)).toHaveLength(3);
  expect((await attempt(5)).at(-1)).toEqual(['3', 'http_error']);
  expect(await attempt(60)).toHaveLength(4);
  const ids = slack.stub.received.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id);
  expect(new Set(ids).size).toBe(1);
  expect(JSON.parse(last().body)).toMatchObject({
    type: 'event_callback',
    team_id: TEAM.id,
    event: { type: 'app_home_opened', user: alice(), tab: 'home', channel: slack.direct('alice')?.id },
    authorizations: [{ team_id: TEAM.id, is_bot: true }],
  });
  expect(last().headers['x-slack-signature']).toBe(expectedSignature(last()));
});

test('an event that is answered late is repeated for http_timeout; x-slack-no-retry is heeded', async () => {
  const arrived = new Promise<void>((done) => {
    slack.stub.answer = () => {
      done();
      return 'never';
    };
  });
  await slack.hands.openHome(alice());
  await arrived;
  await slack.clock.advanceBy(seconds(3));
  await slack.idle();
  slack.stub.answer = () => ({ status: 500, headers: { 'x-slack-no-retry': '1' } });
  await slack.clock.advanceBy(seconds(1));
  await slack.idle();
  expect(last().headers['x-slack-retry-reason']).toBe('http_timeout');
  await slack.clock.advanceBy(minutes(10));
  expect(slack.stub.received).toHaveLength(2);
});

test('url_verification holds only if the challenge comes back', async () => {
  slack.stub.answer = ({ body }) => ({ json: { challenge: (JSON.parse(body) as { challenge: string }).challenge } });
  expect(await slack.verifyUrl()).toBe(true);
  slack.stub.answer = () => ({ json: { challenge: 'another' } });
  expect(await slack.verifyUrl()).toBe(false);
});

test('a request can be sent twice, or late with its old timestamp: replays', async () => {
  const on = { service: 'slack', operation: 'request.command' } as const;
  slack.faults.add({ fault: { kind: 'twice' }, on });
  await slack.hands.type(alice(), access(), '/hallpass');
  const [one, two] = slack.stub.received;
  expect(one?.headers['x-slack-signature']).toBe(two?.headers['x-slack-signature']);
  slack.faults.add({ fault: { kind: 'delayed', by: minutes(6) }, on });
  await slack.hands.type(alice(), access(), '/hallpass');
  expect(slack.stub.received).toHaveLength(2);
  await slack.clock.advanceBy(minutes(6));
  expect(last().headers['x-slack-request-timestamp']).toBe(String(START / 1_000));
});
