/**
 * The pictures in docs/images, taken from the simulated Slack: `node scripts/slack-pictures.ts [FOLDER]`. Needs chromium;
 * makes them smaller if `pngquant` is there. They change only when what is shown does: times are those of a virtual clock.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { minutes } from '../src/core/time.ts';
import { browserPath, launch } from '../test/browser/browser.ts';
import { linkAccount, type Scenario, startScenario, typeCommand, withButton } from '../test/browser/scenario.ts';

const folder = process.argv[2] ?? new URL('../docs/images', import.meta.url).pathname;

async function take(name: string, what: Locator): Promise<void> {
  const path = join(folder, `slack-${name}.png`);
  // The pointer is elsewhere, and nothing is in focus.
  await what.page().mouse.move(0, 0);
  await what.evaluate('document.activeElement?.blur()');
  await what.screenshot({ path, animations: 'disabled', caret: 'hide' });
  try {
    execFileSync('pngquant', ['--force', '--ext', '.png', '--speed', '1', '64', path]);
  } catch {
    console.error(`${path}: left as it is, there is no pngquant`);
  }
}

const newest = (page: Page): Locator => page.getByRole('article').last();
const saying = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('article').filter({ hasText: text }).last();

async function play(scenario: Scenario): Promise<void> {
  const { slack, world, does, quiet } = scenario;
  const channel = slack.channel('access').id;
  const alice = await scenario.as('alice', channel);
  const bob = await scenario.as('bob', channel);
  for (const page of [alice, bob]) await page.setViewportSize({ width: 980, height: 1_000 });
  await linkAccount(scenario, 'alice', alice);
  await take('link', newest(alice));
  await linkAccount(scenario, 'bob', bob);

  await typeCommand(scenario, alice, '/hallpass mycluster-admin');
  const form = alice.getByRole('dialog');
  await form.getByLabel('For how long').selectOption('30m');
  await form.getByLabel('Why').fill('INC-4211: the ingress is down');
  await take('request', alice.locator('form.modal'));
  await does(alice, () => form.getByRole('button', { name: 'Ask', exact: true }).click());
  await does(alice, () => form.getByRole('button', { name: 'Close', exact: true }).click());

  await bob.goto(`${slack.url}people/${slack.user('bob').id}/home`);
  await bob.getByText('INC-4211').waitFor();
  await bob.setViewportSize({ width: 980, height: 660 });
  await take('home', bob.getByRole('region', { name: 'App Home' }));
  await bob.setViewportSize({ width: 980, height: 1_000 });
  await bob.goto(`${slack.url}people/${slack.user('bob').id}/app`);
  await take('approval', withButton(bob, 'Approve'));
  await does(bob, () => withButton(bob, 'Approve').getByRole('button', { name: 'Approve', exact: true }).click());

  await alice.goto(`${slack.url}people/${slack.user('alice').id}/app`);
  await take('active', saying(alice, 'hallpass kubeconfig'));
  await world.pass(minutes(21));
  await world.sweep();
  await quiet();
  await take('warning', withButton(alice, 'Extend …'));
  await withButton(alice, 'End now').getByRole('button', { name: 'End now' }).click();
  await does(alice, () => alice.getByRole('button', { name: 'End it' }).click());
  await take('ended', newest(alice));
}

if (browserPath === undefined) process.exitCode = 1;
else {
  mkdirSync(folder, { recursive: true });
  const browser = await launch();
  const scenario = await startScenario(browser);
  try {
    await play(scenario);
  } finally {
    await browser.close();
    await scenario.close();
  }
}
