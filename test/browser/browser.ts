/** The browser of these tests. Where there is none, the tests are skipped, and say why. */
import { accessSync, constants } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CANDIDATES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

function runnable(path: string | undefined): path is string {
  try {
    accessSync(path ?? '', constants.X_OK);
    return path !== undefined;
  } catch {
    return false;
  }
}

export const browserPath = CANDIDATES.find(runnable);

if (browserPath === undefined)
  console.log('[skipped] no browser: install chromium (Debian: apt-get install chromium), or name one in CHROMIUM');

/** As root, without a display, and silent towards the network. Playwright gives it a fresh profile. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath ?? '', args: ARGS, headless: true });

/** A page of one person's, at `place`: `home`, `app` (the app's direct messages) or a channel's id. */
export async function visit(browser: Browser, url: string, userId: string, place: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_180, height: 760 } });
  // Locators wait for what they name: no test sleeps. A machine under load is slow.
  page.setDefaultTimeout(30_000);
  await page.goto(`${url}people/${userId}/${place}`);
  return page;
}
