/** The whole of Hallpass with the simulated Slack beside it, under a virtual clock, and a person's page in a browser. */
import type { Browser, Locator, Page } from 'playwright-core';
import { virtualClock } from '../../local/clock.ts';
import type { Slack } from '../../local/slack/slack.ts';
import { connectSlack, startLocalSlack, withSimulatedSlack } from '../../local/world/slack.ts';
import { seconds } from '../../src/core/time.ts';
import { exampleConfig, START, type TestWorld, testWorld } from '../life/harness.ts';
import { visit } from './browser.ts';

export type Scenario = {
  readonly world: TestWorld;
  readonly slack: Slack;
  /** Opens Slack as somebody. */
  as(name: string, place: string): Promise<Page>;
  /** Does it on the page, and waits until all that follows from it has happened. */
  does(page: Page, deed: () => Promise<unknown>): Promise<void>;
  /** Everything that waits has been done and told. */
  quiet(): Promise<void>;
  close(): Promise<void>;
};

export async function startScenario(browser: Browser): Promise<Scenario> {
  const clock = virtualClock(START);
  const config = withSimulatedSlack(exampleConfig());
  const slack = await startLocalSlack({ config, clock });
  const world = await testWorld({ config, clock, slackApiUrl: slack.apiUrl });
  if (!world.slack) throw new Error('the world has no Slack');
  connectSlack(slack, world.slack);
  const quiet = async (): Promise<void> => {
    for (let n = 0; n < 3; n++) {
      await world.pass(seconds(1));
      await world.drain();
      await slack.idle();
      await clock.settle();
    }
  };
  return {
    world,
    slack,
    quiet,
    as: (name, place) => visit(browser, slack.url, slack.user(name).id, place),
    async does(page, deed) {
      // Slack has the app's answer when the page has Slack's.
      const answered = page.waitForResponse((response) => response.url().endsWith('/do'));
      await deed();
      await answered;
      await quiet();
    },
    async close() {
      await world.close();
      await slack.close();
    },
  };
}

/** Types `/hallpass` in the channel that is open. */
export async function typeCommand({ does }: Scenario, page: Page, text = '/hallpass'): Promise<void> {
  const field = page.getByPlaceholder(/^Message /);
  await field.fill(text);
  await does(page, () => page.keyboard.press('Enter'));
}

/** Links the account of whoever's page it is, with the code that they are shown. */
export async function linkAccount(scenario: Scenario, name: string, page: Page): Promise<void> {
  await typeCommand(scenario, page);
  const told = page.getByText(/hallpass link [0-9A-Z-]{14}/).last();
  const code = /hallpass link ([0-9A-Z-]{14})/.exec((await told.textContent()) ?? '')?.[1];
  const linked = await scenario.world.call(name, 'POST', '/v1/links', { code });
  if (linked.status >= 300) throw new Error(JSON.stringify(linked.body));
}

/** The newest message of a page that has this button. */
export const withButton = (page: Page, name: string): Locator =>
  page
    .getByRole('article')
    .filter({ has: page.getByRole('button', { name, exact: true }) })
    .last();
