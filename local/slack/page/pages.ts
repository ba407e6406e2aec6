/**
 * The page on which people use the simulated Slack. It answers only under loopback names and takes orders only from
 * itself, because a browser may be led anywhere; who somebody is, they choose.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SlackApp } from '../app.ts';
import { isRecord } from '../block-kit/problem.ts';
import type { Click, Done, Hands } from '../hands.ts';
import type { Filled, User } from '../records.ts';
import type { Pages } from '../server.ts';
import type { Store } from '../store.ts';
import { topView } from '../views.ts';
import { SlackError } from '../web-api-error.ts';
import type { Team } from '../workspace.ts';
import { type Html, html, raw } from './html.ts';
import { linkTo, screen } from './screen.ts';

export type PagesDeps = {
  readonly store: Store;
  readonly app: () => SlackApp;
  readonly team: Team;
  readonly hands: Hands;
};

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

const ASSETS: Readonly<Record<string, string>> = { 'script.js': 'text/javascript', 'style.css': 'text/css' };
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\]):\d+$/;

type Answer = { status: number; type: string; body: string; location?: string };
const page = (content: Html, status = 200): Answer => ({ status, type: 'text/html', body: content.html });
const json = (body: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

export function pages(deps: PagesDeps): Pages {
  return async (request, response, url, body) => {
    const refused = foreign(request);
    if (refused) return send(response, { status: 403, type: 'text/plain', body: `${refused}\n` });
    const [, area = '', id = '', rest = ''] = url.pathname.split('/');
    if (request.method === 'GET' && area in ASSETS && id === '') return send(response, asset(area));
    if (request.method === 'GET' && area === '') return send(response, page(chooser(deps, 'app')));
    if (request.method === 'GET' && area === 'archives') return send(response, page(chooser(deps, id, rest)));
    const user = area === 'people' ? deps.store.users.get(id) : undefined;
    if (!user || !isPerson(user)) return false;
    if (request.method === 'GET' && rest === 'live') return live(request, response, deps.store);
    if (request.method === 'GET') return send(response, page(shell(deps, user, rest || 'app')));
    if (request.method !== 'POST') return false;
    return send(response, await order(deps, user, rest, parse(body)));
  };
}

/** Another site, or another name for this machine, has no business here. */
function foreign({ headers, method }: IncomingMessage): string | undefined {
  const host = headers.host ?? '';
  if (!LOOPBACK.test(host)) return 'only under a loopback address';
  if (method !== 'POST') return undefined;
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) return 'not from another site';
  return headers['content-type'] === 'application/json' ? undefined : 'not from a form';
}

const isPerson = (user: User): boolean => user.membership !== 'bot' && !user.deleted;

function send(response: ServerResponse, { status, type, body }: Answer): boolean {
  response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` });
  response.end(body);
  return true;
}

const asset = (name: string): Answer => ({
  status: 200,
  type: ASSETS[name] ?? 'text/plain',
  body: readFileSync(new URL(name, import.meta.url), 'utf8'),
});

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Says each time that something changed; the page then asks what. */
function live(request: IncomingMessage, response: ServerResponse, store: Store): boolean {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  response.write(': here\n\n');
  let waiting = false;
  const stop = store.onChange(() => {
    if (waiting) return;
    waiting = true;
    setImmediate(() => {
      waiting = false;
      response.write('data: changed\n\n');
    });
  });
  request.on('close', stop);
  return true;
}

async function order(deps: PagesDeps, user: User, what: string, given: Record<string, unknown>): Promise<Answer> {
  const filled = (isRecord(given['filled']) ? given['filled'] : {}) as Filled;
  if (what === 'screen') {
    const top = topView(deps.store, user.id);
    const unsent = top && given['view'] === top.id ? filled : {};
    return json(screen({ ...deps, app: deps.app() }, user, String(given['place']), unsent));
  }
  try {
    if (what === 'suggest')
      return json({
        options: await deps.hands.suggest(
          user.id,
          String(given['view']),
          String(given['block']),
          String(given['action']),
          String(given['value']),
        ),
      });
    return what === 'do'
      ? json(await perform(deps.hands, user.id, given, filled))
      : json({ ok: false, problem: 'not found' }, 404);
  } catch (error) {
    if (error instanceof SlackError) return json({ ok: false, problem: error.code });
    throw error;
  }
}

function perform(hands: Hands, user: string, given: Record<string, unknown>, filled: Filled): Promise<Done> {
  const view = String(given['view']);
  switch (given['kind']) {
    case 'type':
      return hands.type(user, String(given['channel']), String(given['text']));
    case 'click':
      return hands.click(user, given['click'] as Click);
    case 'submit':
      return hands.submit(user, view, filled);
    case 'close':
      return hands.close(user, view, given['all'] === true);
    case 'shortcut':
      return hands.shortcut(
        user,
        String(given['callbackId']),
        given['message'] as { channel: string; ts: string } | undefined,
      );
    case 'home':
      return hands.openHome(user);
    default:
      throw new SlackError('unknown_order');
  }
}

const document = (title: string, body: Html, attributes: Html = raw('')): Html =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · simulated Slack</title><link rel="stylesheet" href="/style.css"></head><body${attributes}>${body}</body></html>`;

function shell({ store, team, app }: PagesDeps, user: User, place: string): Html {
  const shown = place === 'app' ? app().name : (store.channels.get(place)?.name ?? place);
  return document(
    shown,
    html`<header class="top"><strong>${team.name}</strong><span class="about">simulated Slack, on this machine only</span><label>You are <select id="who">${people(
      store,
    ).map(
      (one) =>
        html`<option value="${one.id}"${one.id === user.id && raw(' selected')}>${one.realName}${ROLE[one.membership]}</option>`,
    )}</select></label></header>
    <nav id="sidebar" aria-label="Channels"></nav><main id="main"></main><dialog id="dialog"></dialog>
    <dialog id="asking"><h2></h2><p></p><div class="buttons"><button class="button" value="no"></button><button class="button" value="yes"></button></div></dialog>
    <div id="toast" role="status" hidden></div><script type="module" src="/script.js"></script>`,
    html` data-user="${user.id}" data-place="${place}"`,
  );
}

const ROLE = {
  full: '',
  multiChannelGuest: ' (guest)',
  singleChannelGuest: ' (guest of one channel)',
  external: ' (other organisation)',
  bot: ' (bot)',
} as const;

const people = (store: Store): User[] =>
  store.users
    .list()
    .map(({ value }) => value)
    .filter(isPerson)
    .sort((a, b) => standing(a) - standing(b) || a.realName.localeCompare(b.realName));

/** Colleagues first. */
const standing = (user: User): number => Object.keys(ROLE).indexOf(user.membership);

/** Who is it? Then on to the place, and to the message that a link named. */
function chooser({ store, team }: PagesDeps, place: string, message = ''): Html {
  return document(
    'Who are you?',
    html`<header class="top"><strong>${team.name}</strong><span class="about">simulated Slack, on this machine only</span></header>
    <main class="choose"><h1>Who are you?</h1><ul>${people(store).map(
      (user) =>
        html`<li><a href="${linkTo(user, place)}${message && `#${message}`}"><span><strong>${user.realName}</strong><small>@${user.name}${
          ROLE[user.membership]
        }${!user.emailConfirmed && ' (e-mail not confirmed)'}</small></span></a></li>`,
    )}</ul></main>`,
  );
}
