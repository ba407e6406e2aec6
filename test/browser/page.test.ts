/** Catches a page that shows something else than Slack would, lets typed text become markup, or swallows a click. */
import type { KnownBlock, ModalView } from '@slack/web-api';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf, type TestSlack, testSlack } from '../local-slack/harness.ts';
import { browserPath, launch, visit } from './browser.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const option = (value: string) => ({ text: plain(value), value });

const request: KnownBlock[] = [
  { type: 'header', text: plain('Alice Archer asks for access') },
  {
    type: 'section',
    text: { type: 'mrkdwn', text: '*Cluster admin* on `prod` for 1 hour, <https://example.com/INC-4211|INC-4211>' },
    fields: [
      { type: 'mrkdwn', text: '*Requester*\n<@U0ALICE0000>' },
      { type: 'mrkdwn', text: '*Ends*\n<!date^1764000000^{date_short} {time}|later>' },
    ],
  },
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      { type: 'button', action_id: 'approve', text: plain('Approve'), style: 'primary', value: 'g1' },
      {
        type: 'button',
        action_id: 'deny',
        text: plain('Deny'),
        style: 'danger',
        value: 'g1',
        confirm: {
          title: plain('Deny?'),
          text: plain('Alice is told.'),
          confirm: plain('Yes, deny'),
          deny: plain('Back'),
        },
      },
    ],
  },
  { type: 'context', elements: [{ type: 'mrkdwn', text: 'Waits until 18:00 · :hourglass_flowing_sand: 2 of 3' }] },
];

const form: ModalView = {
  type: 'modal',
  callback_id: 'request',
  title: plain('Ask for access'),
  submit: plain('Ask'),
  blocks: [
    {
      type: 'section',
      block_id: 'entitlement',
      text: { type: 'mrkdwn', text: '*Entitlement*' },
      accessory: { type: 'static_select', action_id: 'pick', options: [option('view'), option('admin')] },
    },
    {
      type: 'input',
      block_id: 'where',
      label: plain('Namespaces'),
      element: { type: 'multi_static_select', action_id: 'pick', options: [option('dev'), option('prod')] },
    },
    {
      type: 'input',
      block_id: 'start',
      label: plain('Start'),
      optional: true,
      element: { type: 'datetimepicker', action_id: 'pick' },
    },
    {
      type: 'input',
      block_id: 'day',
      label: plain('Day'),
      optional: true,
      element: { type: 'datepicker', action_id: 'pick' },
    },
    {
      type: 'input',
      block_id: 'how',
      label: plain('How'),
      element: { type: 'radio_buttons', action_id: 'pick', options: [option('quick'), option('slow')] },
    },
    {
      type: 'input',
      block_id: 'told',
      label: plain('Also tell'),
      optional: true,
      element: { type: 'checkboxes', action_id: 'pick', options: [option('platform'), option('security')] },
    },
    {
      type: 'input',
      block_id: 'why',
      label: plain('Justification'),
      hint: plain('At least five characters'),
      element: { type: 'plain_text_input', action_id: 'text', multiline: true },
    },
  ],
};

describe.skipIf(browserPath === undefined)('the page of the simulated Slack', () => {
  let slack: TestSlack;
  let browser: Browser;
  beforeAll(async () => {
    slack = await testSlack();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await slack?.close();
  });
  const id = (name: string) => slack.user(name).id;
  const access = () => slack.channel('access').id;
  const last = () => payloadOf(slack.stub.received.at(-1) ?? { headers: {}, body: '' });

  test('a message is shown as its blocks say, changes while one looks, and its buttons reach the app', async () => {
    const page = await visit(browser, slack.url, id('bob'), access());
    const { ts = '' } = await slack.client.chat.postMessage({ channel: access(), text: 'Alice asks', blocks: request });
    const message = page.getByRole('article');
    await message.getByRole('heading', { name: 'Alice Archer asks for access' }).waitFor();
    expect(await message.locator('.mention').textContent()).toBe('@Alice Archer');
    expect(await message.getByRole('link', { name: 'INC-4211' }).getAttribute('href')).toBe(
      'https://example.com/INC-4211',
    );
    expect(await message.locator('.fields time').textContent()).toBe('24 Nov 2025 16:00');
    const before = slack.stub.received.length;
    await message.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('button', { name: 'Back' }).click();
    await message.getByRole('button', { name: 'Approve' }).click();
    await expect.poll(() => slack.stub.received.length).toBe(before + 1);
    expect(last()).toMatchObject({ user: { id: id('bob') }, actions: [{ action_id: 'approve', value: 'g1' }] });
    await slack.client.chat.update({ channel: access(), ts, text: 'Approved by Bob', blocks: [] });
    await message.getByText('Approved by Bob').waitFor();
    expect(await message.getByRole('button').count()).toBe(0);
    await page.close();
  });

  test('what is typed stays text: in messages, plain text, labels and attributes', async () => {
    const bad =
      '<script>alert(1)</script> <img src=x onerror=alert(1)> "\' &amp; &lt;!channel&gt; *bold* javascript:alert(1)';
    const page = await visit(browser, slack.url, id('alice'), access());
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => dialogs.push(dialog.message()));
    await page.getByPlaceholder('Message #access').fill(bad);
    await page.keyboard.press('Enter');
    await page.getByText('<script>alert(1)</script>').waitFor();
    await slack.client.chat.postMessage({
      channel: access(),
      text: 'x',
      blocks: [
        { type: 'section', text: plain(bad) },
        { type: 'section', text: { type: 'mrkdwn', text: '<javascript:alert(1)|innocent> <!channel> <@U0BOB000000>' } },
        { type: 'actions', elements: [{ type: 'button', action_id: '"><b>', text: plain('<b>"'), value: bad }] },
      ],
    });
    await page.getByRole('button', { name: '<b>"' }).waitFor();
    expect(await page.locator('.content script, .content img, .content b').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'innocent' }).count()).toBe(0);
    // A mention that is one is seen as one.
    expect(await page.locator('.mention').allTextContents()).toEqual(
      expect.arrayContaining(['@channel', '@Bob Baker']),
    );
    expect(dialogs).toEqual([]);
    await page.close();
  });

  test('the command opens a form; it is filled in, found wrong, changed by the app meanwhile, and sent', async () => {
    const page = await visit(browser, slack.url, id('alice'), access());
    slack.stub.answer = async ({ body }) => {
      const trigger_id = new URLSearchParams(body).get('trigger_id') ?? '';
      await slack.client.views.open({ trigger_id, view: form });
      return {};
    };
    await page.getByPlaceholder('Message #access').fill('/hallpass');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Ask for access' }).waitFor();
    slack.stub.answer = () => ({});

    await dialog.getByLabel('Justification').fill('the ingress is down');
    await dialog.getByRole('combobox').selectOption('admin');
    await expect.poll(() => last()['type']).toBe('block_actions');
    expect(last()).toMatchObject({ actions: [{ block_id: 'entitlement', selected_option: { value: 'admin' } }] });
    const view = slack.modal('alice')?.id ?? '';
    const narrowed = [...form.blocks, { type: 'context' as const, elements: [plain('Approved by Platform')] }];
    await slack.client.views.update({ view_id: view, view: { ...form, blocks: narrowed } });
    await dialog.getByText('Approved by Platform').waitFor();
    expect(await dialog.getByLabel('Justification').inputValue()).toBe('the ingress is down');

    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.getByText('Please complete this required field.').first().waitFor();
    await dialog.getByLabel('dev', { exact: true }).check();
    await dialog.getByLabel('slow').check();
    await dialog.getByLabel('security').check();
    await dialog.getByLabel('Start').fill('2026-11-25T08:30');
    await dialog.getByLabel('Day').fill('2026-11-25');
    slack.stub.answer = () => ({ json: { response_action: 'errors', errors: { why: 'Name the incident.' } } });
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.getByText('Name the incident.').waitFor();
    slack.stub.answer = () => ({});
    await dialog.getByLabel('Justification').fill('INC-4211');
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(last()).toMatchObject({
      type: 'view_submission',
      view: {
        state: {
          values: {
            entitlement: { pick: { selected_option: { value: 'admin' } } },
            where: { pick: { selected_options: [{ value: 'dev' }] } },
            start: { pick: { selected_date_time: Date.parse('2026-11-25T08:30Z') / 1_000 } },
            day: { pick: { selected_date: '2026-11-25' } },
            how: { pick: { selected_option: { value: 'slow' } } },
            told: { pick: { selected_options: [{ value: 'security' }] } },
            why: { text: { value: 'INC-4211' } },
          },
        },
      },
    });
    await page.close();
  });

  test('an app that does not answer is said so; Escape closes a form as its button does', async () => {
    const page = await visit(browser, slack.url, id('alice'), access());
    slack.stub.answer = () => ({ status: 500 });
    await page.getByPlaceholder('Message #access').fill('/hallpass');
    await page.keyboard.press('Enter');
    await page.getByText('/hallpass failed with the error "dispatch_failed"').waitFor();
    slack.stub.answer = async ({ body }) => {
      const trigger_id = new URLSearchParams(body).get('trigger_id') ?? '';
      await slack.client.views.open({ trigger_id, view: { ...form, notify_on_close: true } });
      return {};
    };
    await page.getByPlaceholder('Message #access').fill('/hallpass');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    slack.stub.answer = () => ({});
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await expect.poll(() => last()['type']).toBe('view_closed');
    await page.close();
  });

  test('App Home is opened, published, and private channels are only for their members', async () => {
    slack.stub.answer = async ({ body }) => {
      const { event } = JSON.parse(body) as { event: { user: string } };
      const blocks: KnownBlock[] = [{ type: 'section', text: plain('Nothing waits for you') }];
      await slack.client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
      return {};
    };
    const home = await visit(browser, slack.url, id('gus'), 'home');
    await home.getByText('Nothing waits for you').waitFor();
    expect(await home.getByRole('link', { name: 'platform' }).count()).toBe(0);
    await home.goto(`${slack.url}people/${id('gus')}/${slack.channel('platform').id}`);
    await home.getByRole('heading', { name: 'No such channel' }).waitFor();
    await home.close();
  });

  test('the page has no fault that a screen reader would stumble over: every control has a name', async () => {
    const page = await visit(browser, slack.url, id('bob'), access());
    await page.getByRole('button', { name: 'Approve' }).or(page.getByRole('article').first()).first().waitFor();
    // In the browser's own words: these tests know no DOM.
    const nameless = await page.evaluate(`[...document.querySelectorAll('button, input, select, textarea, a')]
      .filter((one) => one.checkVisibility())
      .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
      .map((one) => one.outerHTML)`);
    expect(nameless).toEqual([]);
    await page.close();
  });
});

test('the page answers only under loopback names and takes no orders from other sites', async () => {
  const slack = await testSlack();
  const path = `${slack.url}people/${slack.user('alice').id}/do`;
  const order = (headers: Record<string, string>) =>
    fetch(path, { method: 'POST', headers, body: '{"kind":"home"}' }).then(({ status }) => status);
  expect(await order({ 'content-type': 'application/json', origin: 'https://evil.example' })).toBe(403);
  expect(await order({ 'content-type': 'text/plain' })).toBe(403);
  expect(await order({ 'content-type': 'application/json' })).toBe(200);
  const { request } = await import('node:http');
  const status = await new Promise((done) => {
    request(slack.url, { headers: { host: 'rebound.example' } }, (answer) => done(answer.statusCode)).end();
  });
  expect(status).toBe(403);
  await slack.close();
});
