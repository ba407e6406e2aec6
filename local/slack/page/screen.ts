/** One person's Slack: the channels, what is in the one that is open, and the modal on top. */
import type { SlackApp } from '../app.ts';
import { seesChannel } from '../hands.ts';
import type { Channel, Filled, Message, User, View } from '../records.ts';
import type { Store } from '../store.ts';
import { topView } from '../views.ts';
import { BOT_USER, directChannelOf, SLACKBOT, type Team } from '../workspace.ts';
import { blocks } from './blocks.ts';
import { clockTime, isoTime } from './dates.ts';
import type { Drawing } from './elements.ts';
import { type Html, html, raw } from './html.ts';
import { mrkdwn, type Names } from './mrkdwn.ts';

export type Showing = { readonly store: Store; readonly app: SlackApp; readonly team: Team };

/** `home`, `app` (the direct channel with it) or a channel's id. */
export type Place = string;

export type Screen = {
  readonly title: string;
  readonly sidebar: string;
  readonly main: string;
  /** `stamp` changes when what is shown must change. */
  readonly modal: { readonly stamp: string; readonly html: string } | null;
};

export function screen(showing: Showing, user: User, place: Place, unsent: Filled = {}): Screen {
  const top = topView(showing.store, user.id);
  const channel = channelAt(showing, user, place);
  return {
    title: place === 'home' ? showing.app.name : channel ? nameOf(channel, showing) : 'Not found',
    sidebar: sidebar(showing, user, place).html,
    main: (place === 'home' ? home(showing, user) : channel ? conversation(showing, user, channel) : empty(place)).html,
    modal: top
      ? { stamp: `${top.id} ${top.hash} ${JSON.stringify(top.errors)}`, html: modal(showing, top, unsent).html }
      : null,
  };
}

export const namesIn = ({ store }: Pick<Showing, 'store'>): Names => ({
  user: (id) => store.users.get(id)?.realName ?? id,
  channel: (id) => store.channels.get(id)?.name ?? id,
});

export const linkTo = (user: User, place: Place): string => `/people/${user.id}/${place}`;

function channelAt({ store }: Showing, user: User, place: Place): Channel | undefined {
  const channel = place === 'app' ? directChannelOf(store, user.id) : store.channels.get(place);
  return channel && seesChannel(user, channel) ? channel : undefined;
}

const nameOf = (channel: Channel, { app }: Showing): string => (channel.kind === 'im' ? app.name : channel.name);

/** Drawn, not typed: not every machine has a font with pictures. */
const icon = (path: string): Html =>
  raw(
    `<svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">${path}</svg>`,
  );

const LOCK = icon('<rect x="3" y="7" width="10" height="7" rx="1.5"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>');
const TALK = icon('<path d="M2 3h12v8H7l-3 3v-3H2z"/>');
const HOUSE = icon('<path d="M2 8l6-5 6 5M4 7v6h8V7"/>');
const APP_MARK = raw('<span class="avatar app" aria-hidden="true">H</span>');
const KIND = { public: raw('#'), private: LOCK, im: TALK } as const;

function sidebar(showing: Showing, user: User, place: Place): Html {
  const { store, app, team } = showing;
  const channels = store.channels
    .list('C')
    .map(({ value }) => value)
    .filter((channel) => seesChannel(user, channel) && channel.members.includes(user.id))
    .sort((a, b) => a.name.localeCompare(b.name));
  const direct = directChannelOf(store, user.id);
  const item = (to: Place, mark: Html, label: string, badge: string | undefined, latest: string): Html =>
    html`<li><a href="${linkTo(user, to)}" data-place="${to}" data-latest="${latest}"${to === place && raw(' aria-current="page"')}><span class="mark" aria-hidden="true">${mark}</span>${label}${
      badge !== undefined && html` <span class="badge">${badge}</span>`
    }</a></li>`;
  const latest = (channel: Channel | undefined): string =>
    channel ? (shown(store, user, channel).at(-1)?.ts ?? '') : '';
  return html`<p class="team">${team.name}</p>
    <h2>Channels</h2><ul>${channels.map((channel) =>
      item(
        channel.id,
        KIND[channel.kind],
        channel.name,
        channel.archived ? 'archived' : channel.externallyShared ? 'shared' : undefined,
        latest(channel),
      ),
    )}</ul>
    <h2>Direct messages</h2><ul>${item('app', TALK, app.name, 'APP', latest(direct))}</ul>
    <h2>Apps</h2><ul>${item('home', HOUSE, `${app.name} · Home`, undefined, '')}</ul>`;
}

const shown = (store: Store, user: User, channel: Channel): Message[] =>
  store.messages
    .list(`${channel.id}/`)
    .map(({ value }) => value)
    .filter((message) => message.onlyFor === undefined || message.onlyFor === user.id);

function conversation(showing: Showing, user: User, channel: Channel): Html {
  const { store, app } = showing;
  const messages = shown(store, user, channel);
  const replies = Map.groupBy(messages, (message) => (message.thread === undefined ? '' : message.thread));
  const top = replies.get('') ?? [];
  const about = channel.kind === 'im' ? 'Messages from the app to you' : aboutChannel(channel);
  return html`<header class="place"><h1>${KIND[channel.kind]} ${nameOf(channel, showing)}</h1><p>${about}</p></header>
    <div class="messages" role="log" aria-label="Messages" tabindex="0">${
      top.length === 0 &&
      html`<p class="nothing">Nothing here yet. Type <code>${app.commands[0]?.command ?? '/'}</code> below.</p>`
    }${top.map(
      (message) =>
        html`${article(showing, message)}${
          replies.has(message.ts) &&
          html`<div class="thread" role="group" aria-label="Thread">${replies.get(message.ts)?.map((reply) => article(showing, reply))}</div>`
        }`,
    )}</div>${composer(showing, channel, user)}`;
}

const aboutChannel = (channel: Channel): string =>
  [
    `${channel.members.length} members`,
    channel.kind === 'private' && 'private',
    channel.externallyShared && 'shared with another organisation',
    channel.archived && 'archived',
    !channel.members.includes(BOT_USER) && 'the app is not a member',
  ]
    .filter(Boolean)
    .join(' · ');

function composer(showing: Showing, channel: Channel, user: User): Html {
  const { app } = showing;
  if (channel.archived || !channel.members.includes(user.id)) return html`<p class="closed">You cannot post here.</p>`;
  const where = `Message ${channel.kind === 'im' ? app.name : `#${channel.name}`}`;
  return html`<form class="composer" data-channel="${channel.id}"><input type="text" name="text" aria-label="${where}" placeholder="${where}, or type ${
    app.commands[0]?.command ?? ''
  }" autocomplete="off"><button class="button primary">Send</button>${app.shortcuts
    .filter((one) => one.type === 'global')
    .map(
      (one) =>
        html`<button type="button" class="button" data-shortcut="${one.callbackId}" title="Shortcut">⚡ ${one.name}</button>`,
    )}</form>`;
}

function article(showing: Showing, message: Message): Html {
  const { store, app } = showing;
  const author = store.users.get(message.author);
  const name = message.author === SLACKBOT ? 'Slackbot' : (author?.realName ?? message.author);
  const fromApp = message.by === 'app';
  const drawing: Drawing = { names: namesIn(showing), filled: {}, errors: {} };
  return html`<article class="message${message.onlyFor !== undefined && ' private'}" data-channel="${message.channel}" data-ts="${message.ts}" id="p${message.ts.replace('.', '')}">
    <span class="avatar${fromApp && ' app'}" data-tint="${tint(message.author)}" aria-hidden="true">${fromApp ? 'H' : initials(name)}</span>
    <div class="body"><p class="who"><strong>${name}</strong>${(fromApp || author?.membership === 'bot') && raw(' <span class="badge">APP</span>')}${
      author?.membership === 'external' && raw(' <span class="badge">EXTERNAL</span>')
    } <time datetime="${isoTime(message.ts)}" title="UTC">${clockTime(message.ts)}</time>${
      message.onlyFor !== undefined && raw(' <span class="only">Only visible to you</span>')
    }</p><div class="content">${
      message.blocks.length > 0
        ? blocks(message.blocks, drawing)
        : html`<p>${raw(mrkdwn(message.text, drawing.names))}</p>`
    }</div>${message.edited !== undefined && raw('<span class="edited">(edited)</span>')}${app.shortcuts
      .filter((one) => one.type === 'message')
      .map(
        (one) =>
          html`<button type="button" class="button small" data-shortcut="${one.callbackId}">${one.name}</button>`,
      )}</div></article>`;
}

const initials = (name: string): string =>
  name.split(' ').map((word) => word.slice(0, 1)).slice(0, 2).join(''); // biome-ignore format: one thing

const tint = (id: string): number => [...id].reduce((sum, one) => sum + one.charCodeAt(0), 0) % 6;

function home(showing: Showing, user: User): Html {
  const view = showing.store.views.get(showing.store.homes.get(user.id)?.view ?? '');
  const drawing: Drawing = { names: namesIn(showing), filled: view?.filled ?? {}, errors: {} };
  return html`<header class="place"><h1>${HOUSE} ${showing.app.name}</h1><p>Home</p></header><div class="home" data-view="${view?.id ?? ''}" tabindex="0" role="region" aria-label="App Home">${
    view
      ? blocks(view.definition.blocks, drawing)
      : html`<p class="nothing">The app has not published its Home yet.</p>`
  }</div>`;
}

const empty = (place: Place): Html =>
  html`<header class="place"><h1>${place === 'app' ? 'No messages from the app yet' : 'No such channel'}</h1></header><div class="messages"></div>`;

const label = (value: unknown, otherwise: string): string =>
  typeof value === 'object' && value !== null && 'text' in value ? String(value.text) : otherwise;

function modal(showing: Showing, view: View, unsent: Filled): Html {
  const { definition } = view;
  const drawing: Drawing = { names: namesIn(showing), filled: { ...view.filled, ...unsent }, errors: view.errors };
  const back = view.previous !== undefined;
  return html`<form class="modal" data-view="${view.id}" novalidate aria-labelledby="modal-title">
    <header>${APP_MARK}<h2 id="modal-title">${label(definition['title'], '')}</h2><button type="button" class="button bare" data-close="all" aria-label="Close all">✕</button></header>
    <div class="blocks">${blocks(definition.blocks, drawing)}</div>
    <footer><span class="trouble" role="alert"></span><button type="button" class="button" data-close="one">${label(definition['close'], back ? 'Back' : 'Close')}</button>${
      definition['submit'] !== undefined &&
      html`<button class="button primary">${label(definition['submit'], 'Submit')}</button>`
    }</footer></form>`;
}
