/** A grant asked for, approved, extended and ended by clicking in the simulated Slack, and nothing else. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { alarmsOf, show } from '../life/harness.ts';
import { browserPath, launch } from './browser.ts';
import { linkAccount, type Scenario, startScenario, typeCommand, withButton } from './scenario.ts';

describe.skipIf(browserPath === undefined)('in Slack, by clicking', () => {
  let browser: Browser;
  let scenario: Scenario;
  beforeAll(async () => {
    browser = await launch();
    scenario = await startScenario(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await scenario?.close();
  });

  test('asked for, approved, warned of, extended and ended', async () => {
    const { does, slack, world } = scenario;
    const channel = slack.channel('access').id;
    const alice = await scenario.as('alice', channel);
    const bob = await scenario.as('bob', channel);
    await linkAccount(scenario, 'alice', alice);
    await linkAccount(scenario, 'bob', bob);

    await typeCommand(scenario, alice);
    const form = alice.getByRole('dialog');
    await does(alice, () => form.getByLabel('What do you need?').selectOption('mycluster-admin'));
    await form.getByText('Everything on mycluster, for incidents').waitFor();
    await form.getByLabel('For how long').selectOption('30m');
    await form.getByLabel('Why').fill('INC-4211: the <ingress> is down & *out*');
    await does(alice, () => form.getByRole('button', { name: 'Ask', exact: true }).click());
    const id = await grantOf(scenario);
    expect(await show(world, id)).toMatchObject({ state: 'pending', entitlement: 'mycluster-admin' });
    await dismiss(scenario, alice);

    // In the channel everybody sees the request; what Alice wrote is for those who decide.
    await withButton(bob, 'Approve').waitFor();
    expect(await bob.getByText('INC-4211').count()).toBe(0);
    await bob.goto(`${slack.url}people/${slack.user('bob').id}/app`);
    const request = withButton(bob, 'Approve');
    await request.getByText('INC-4211: the <ingress> is down & *out*').waitFor();
    await does(bob, () => request.getByRole('button', { name: 'Approve', exact: true }).click());
    const approved = { state: 'active', approvals: [{ by: 'Bob Baker', channel: 'slack' }] };
    expect(await show(world, id)).toMatchObject(approved);
    await expect.poll(() => bob.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);

    await alice.goto(`${slack.url}people/${slack.user('alice').id}/app`);
    await alice.getByText('hallpass kubeconfig').first().waitFor();
    await world.pass(minutes(21));
    await world.sweep();
    await scenario.quiet();
    const before = (await show(world, id)).expiresAt ?? '';
    await does(alice, () => withButton(alice, 'Extend …').getByRole('button', { name: 'Extend …' }).click());
    const more = alice.getByRole('dialog');
    await more.getByLabel('How much more').selectOption('1h');
    await more.getByRole('textbox').fill('not mended yet');
    await does(alice, () => more.getByRole('button', { name: 'Ask for it' }).click());
    await dismiss(scenario, alice);
    await does(bob, () => withButton(bob, 'Approve').getByRole('button', { name: 'Approve', exact: true }).click());
    const after = (await show(world, id)).expiresAt ?? '';
    expect(Date.parse(after) - Date.parse(before)).toBe(minutes(60));

    await alice.reload();
    await withButton(alice, 'End now').getByRole('button', { name: 'End now' }).click();
    await does(alice, () => alice.getByRole('button', { name: 'End it' }).click());
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Alice Archer' });
    await alice.getByText('A token made before the end may live up to 15 minutes').last().waitFor();
    await expect.poll(() => alice.getByRole('button', { name: 'End now' }).count()).toBe(0);
    expect(alarmsOf(world)).toEqual([]);
    await alice.close();
    await bob.close();
  });

  test('App Home offers the form, and shows an approver what waits', async () => {
    const { does } = scenario;
    const home = await scenario.as('alice', 'home');
    const ask = home.getByRole('button', { name: 'Ask for access' });
    await published(scenario, 'alice');
    await does(home, () => ask.click());
    const form = home.getByRole('dialog');
    await does(home, () => form.getByLabel('What do you need?').selectOption('mycluster-view-dev'));
    await form.getByLabel('Why').fill('reading the logs');
    await does(home, () => form.getByRole('button', { name: 'Ask', exact: true }).click());
    const bob = await scenario.as('bob', 'home');
    await published(scenario, 'bob');
    await bob.getByText('reading the logs').waitFor();
    expect(await bob.getByRole('button', { name: 'Approve' }).count()).toBe(1);
    await home.close();
    await bob.close();
  });

  test('nobody who is no full member of the workspace gets as far as a form', async () => {
    for (const name of ['gwen', 'gus', 'una']) {
      const page = await scenario.as(name, scenario.slack.channel('access').id);
      await typeCommand(scenario, page);
      expect(scenario.slack.modal(name)).toBeUndefined();
      expect(await page.getByText(/hallpass link [0-9A-Z-]{14}/).count()).toBe(0);
      await page.close();
    }
  });
});

/** Closes the form that says what came of it. */
const dismiss = ({ does }: Scenario, page: Page): Promise<void> =>
  does(page, () => page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click());

/** The page has told the app that Home was opened, and the app has published it. */
const published = ({ slack, quiet }: Scenario, name: string) =>
  expect.poll(async () => slack.home(name) ?? (await quiet())).toBeDefined();

async function grantOf({ world }: Scenario): Promise<string> {
  const { body } = await world.call('alice', 'GET', '/v1/grants');
  return (body as unknown as { grants: { id: string }[] }).grants[0]?.id ?? '';
}
