/**
 * What a person does in Slack, and what Slack makes of the app's answer. Whatever a page or a test claims is looked up
 * in what the app offered: nobody clicks a button that is not there, or one of a message that they cannot see.
 */
import type { Clock } from '../clock.ts';
import type { RequestUrls, SlackApp } from './app.ts';
import { elementsOf } from './block-kit/blocks.ts';
import { isRecord } from './block-kit/problem.ts';
import { viewDefinition } from './definition.ts';
import type { Deliver, Delivery } from './deliver.ts';
import type { Events } from './events.ts';
import * as payloads from './payloads.ts';
import type { Block, Channel, Filled, Message, User, View } from './records.ts';
import { newResponseUrl, say as sayAs } from './response-urls.ts';
import { optionWith, stateOf, stateValue, valueIn } from './state.ts';
import { messageKey, type Store } from './store.ts';
import { newTrigger } from './triggers.ts';
import { clearScreen, popView, pushView, replaceView, topView } from './views.ts';
import { SlackError } from './web-api-error.ts';
import { directChannel, SLACKBOT, type Team } from './workspace.ts';

/** `problem` is what Slack would show the person. */
export type Done = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Where an element is: in a message, or in a view. */
export type Place = { readonly channel: string; readonly ts: string } | { readonly view: string };

export type Click = {
  readonly place: Place;
  readonly block: string;
  readonly action: string;
  /** For an overflow menu: which option. */
  readonly option?: string;
  readonly filled?: Filled;
};

export type Hands = {
  /** Types into a channel: a message, or one of the app's slash commands. */
  type(user: string, channel: string, text: string): Promise<Done>;
  click(user: string, click: Click): Promise<Done>;
  submit(user: string, view: string, filled: Filled): Promise<Done>;
  /** Closes the top modal, or all of them. */
  close(user: string, view: string, all?: boolean): Promise<Done>;
  shortcut(user: string, callbackId: string, message?: { channel: string; ts: string }): Promise<Done>;
  /** What the app offers for what was typed into an external menu. */
  suggest(user: string, view: string, block: string, action: string, value: string): Promise<Record<string, unknown>[]>;
  openHome(user: string, tab?: 'home' | 'messages'): Promise<Done>;
};

export type HandsDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly app: () => SlackApp;
  readonly team: Team;
  readonly url: () => string;
  readonly urls: () => RequestUrls | undefined;
  readonly deliver: Deliver;
  readonly events: Events;
};

const DONE: Done = { ok: true };
const FORM = 'application/x-www-form-urlencoded';
const not = (problem: string): Done => ({ ok: false, problem });
const trouble: Done = not('We had some trouble connecting. Try again?');

export function hands(deps: HandsDeps): Hands {
  const { store, clock } = deps;
  const about = (): payloads.About => ({ app: deps.app(), team: deps.team });
  const trigger = (user: User, view?: string): string =>
    newTrigger({ store, now: clock.now(), random: deps.random }, user.id, view);
  const responseUrl = (user: User, channel: string, message?: string): string =>
    `${deps.url()}actions/${newResponseUrl(store, { channel, user: user.id, now: clock.now(), ...(message !== undefined && { message }) })}`;

  const interact = (payload: payloads.Payload): Promise<Delivery> => {
    const urls = deps.urls();
    if (!urls) return Promise.resolve({ ok: false, problem: 'dispatch_failed', detail: 'no request URL is set' });
    return deps.deliver({
      url: urls.interactions,
      contentType: FORM,
      body: payloads.interactionForm(payload),
      kind: 'interaction',
    });
  };

  const command = async (user: User, channel: Channel, name: string, text: string): Promise<Done> => {
    const given = {
      user,
      channel,
      command: name,
      text,
      responseUrl: responseUrl(user, channel.id),
      triggerId: trigger(user),
    };
    const url = deps.urls()?.commands;
    const delivery: Delivery = url
      ? await deps.deliver({ url, contentType: FORM, body: payloads.commandForm(about(), given), kind: 'command' })
      : { ok: false, problem: 'dispatch_failed', detail: 'no request URL is set' };
    const told = delivery.ok ? answerOf(delivery) : undefined;
    if (!delivery.ok) slackbot(user, channel, `${name} failed with the error "${delivery.problem}"`);
    else if (told) {
      try {
        store.change(() => sayAs(store, { channel: channel.id, user: user.id }, told));
      } catch (error) {
        if (!(error instanceof SlackError)) throw error;
        slackbot(user, channel, `${name} failed with the error "${error.code}"`);
      }
    }
    return DONE;
  };

  const slackbot = (user: User, channel: Channel, text: string): void => {
    const message: Message = {
      channel: channel.id,
      ts: store.timestamp(),
      author: SLACKBOT,
      by: 'slack',
      text,
      blocks: [],
      onlyFor: user.id,
    };
    store.change(() => store.messages.put(messageKey(message), message));
  };

  const person = (id: string): User => {
    const user = store.users.get(id);
    if (!user || user.membership === 'bot') throw new SlackError('user_not_found');
    if (user.deleted) throw new SlackError('account_inactive');
    return user;
  };
  const channelFor = (user: User, id: string): Channel => {
    const channel = store.channels.get(id);
    if (!channel || !seesChannel(user, channel)) throw new SlackError('channel_not_found');
    return channel;
  };
  const ownView = (user: User, id: string): View => {
    const view = store.views.get(id);
    if (!view || view.user !== user.id) throw new SlackError('not_found');
    return view;
  };
  const fill = (view: View, filled: Filled): View => {
    const next: View = { ...view, filled: { ...view.filled, ...filled }, errors: {} };
    store.change(() => store.views.put(view.id, next));
    return next;
  };

  return {
    async type(userId, channelId, text) {
      const user = person(userId);
      const channel = channelFor(user, channelId);
      if (channel.archived) return not('This channel is archived.');
      if (!channel.members.includes(user.id)) return not('Join the channel first.');
      const [, name = '', rest = ''] = /^(\/\S+)\s*([\s\S]*)$/.exec(text) ?? [];
      if (name === '') {
        const message: Message = {
          channel: channel.id,
          ts: store.timestamp(),
          author: user.id,
          by: 'person',
          text: typed(text),
          blocks: [],
        };
        store.change(() => store.messages.put(messageKey(message), message));
        return DONE;
      }
      // The other organisation's people do not have this one's commands in a shared channel.
      const known = user.membership !== 'external' && deps.app().commands.some((one) => one.command === name);
      if (known) return command(user, channel, name, rest.trim());
      slackbot(
        user,
        channel,
        `${name} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as slash commands.`,
      );
      return DONE;
    },

    async click(userId, click) {
      const user = person(userId);
      const filled = click.filled ?? {};
      if ('view' in click.place) {
        const view = fill(ownView(user, click.place.view), filled);
        const actions = [actionIn(view.definition.blocks, view.filled, click, store.timestamp())];
        const delivery = await interact(
          payloads.viewActions(about(), { user, view, actions, triggerId: trigger(user, view.id) }),
        );
        return delivery.ok ? DONE : not(delivery.problem);
      }
      const channel = channelFor(user, click.place.channel);
      const message = store.messages.get(messageKey(click.place));
      if (!message || (message.onlyFor !== undefined && message.onlyFor !== user.id))
        throw new SlackError('message_not_found');
      const actions = [actionIn(message.blocks, filled, click, store.timestamp())];
      const delivery = await interact(
        payloads.messageActions(about(), {
          user,
          channel,
          message,
          filled,
          actions,
          responseUrl: responseUrl(user, channel.id, message.ts),
          triggerId: trigger(user),
        }),
      );
      return delivery.ok ? DONE : not(delivery.problem);
    },

    async submit(userId, viewId, filled) {
      const user = person(userId);
      const view = fill(ownView(user, viewId), filled);
      const missing = missingIn(view);
      if (Object.keys(missing).length > 0) {
        store.change(() => store.views.put(view.id, { ...view, errors: missing }));
        return DONE;
      }
      const delivery = await interact(
        payloads.viewSubmission(about(), { user, view, triggerId: trigger(user, view.id) }),
      );
      return delivery.ok ? obey(delivery, user, view) : trouble;
    },

    async close(userId, viewId, all = false) {
      const user = person(userId);
      const view = ownView(user, viewId);
      const gone = all || view.definition['clear_on_close'] === true ? stackOf(store, view) : [view];
      if (gone.length > 1) clearScreen(store, user.id);
      else popView(store, view);
      for (const one of gone)
        if (one.definition['notify_on_close'] === true)
          await interact(payloads.viewClosed(about(), { user, view: one, cleared: gone.length > 1 }));
      return DONE;
    },

    async shortcut(userId, callbackId, at) {
      const user = person(userId);
      const known = deps.app().shortcuts.some((one) => one.callbackId === callbackId);
      if (!known || user.membership === 'external') throw new SlackError('not_found');
      const shared = { user, callbackId, triggerId: trigger(user), at: store.timestamp() };
      if (!at) {
        const delivery = await interact(payloads.shortcut(about(), shared));
        return delivery.ok ? DONE : not(delivery.problem);
      }
      const channel = channelFor(user, at.channel);
      const message = store.messages.get(messageKey(at));
      if (!message) throw new SlackError('message_not_found');
      const more = { channel, message, responseUrl: responseUrl(user, channel.id, message.ts) };
      const delivery = await interact(payloads.messageShortcut(about(), { ...shared, ...more }));
      return delivery.ok ? DONE : not(delivery.problem);
    },

    async suggest(userId, viewId, blockId, actionId, value) {
      const user = person(userId);
      const view = ownView(user, viewId);
      const delivery = await interact(payloads.suggestion(about(), { user, view, blockId, actionId, value }));
      const answer = delivery.ok ? answerOf(delivery) : undefined;
      const groups = Array.isArray(answer?.['option_groups']) ? answer['option_groups'] : [];
      return [answer, ...groups].flatMap((one) =>
        isRecord(one) && Array.isArray(one['options']) ? one['options'].filter(isRecord) : [],
      );
    },

    async openHome(userId, tab = 'home') {
      const user = person(userId);
      const { channel } = directChannel(store, user.id, clock.now());
      const home = store.views.get(store.homes.get(user.id)?.view ?? '');
      deps.events.send({
        type: 'app_home_opened',
        user: user.id,
        channel: channel.id,
        tab,
        event_ts: store.timestamp(),
        ...(tab === 'home' &&
          home && { view: payloads.viewSubmission(about(), { user, view: home, triggerId: '' })['view'] }),
      });
      return DONE;
    },
  };

  /** What the app's answer to a submission says: close, say what is wrong, show something else. */
  function obey(delivery: Delivery & { ok: true }, user: User, view: View): Done {
    const answer = answerOf(delivery);
    const action = answer?.['response_action'];
    if (answer && action === undefined && Object.keys(answer).length > 0) return trouble;
    try {
      if (action === undefined) popView(store, view);
      else if (action === 'clear') clearScreen(store, user.id);
      else if (action === 'errors') return showErrors(view, answer?.['errors']);
      else if (action === 'update') replaceView(store, view, modal(answer?.['view']));
      else if (action === 'push') pushView(store, user.id, topView(store, user.id) ?? view, modal(answer?.['view']));
      else return trouble;
      return DONE;
    } catch (error) {
      if (error instanceof SlackError) return trouble;
      throw error;
    }
  }

  function modal(definition: unknown) {
    return viewDefinition(definition, ['modal'], () => store.id('').slice(0, 5));
  }

  /** Only of blocks that are inputs in this view; anything else is trouble, as in Slack. */
  function showErrors(view: View, errors: unknown): Done {
    const inputs = view.definition.blocks.filter((block) => block.type === 'input').map((block) => block.block_id);
    if (!isRecord(errors) || Object.keys(errors).length === 0) return trouble;
    if (Object.entries(errors).some(([id, text]) => !inputs.includes(id) || typeof text !== 'string')) return trouble;
    store.change(() => store.views.put(view.id, { ...view, errors: errors as Record<string, string> }));
    return DONE;
  }
}

/** JSON if it says so, else text; undefined if there is none. */
function answerOf({ contentType, body }: Delivery & { ok: true }): Record<string, unknown> | undefined {
  if (body.trim() === '') return undefined;
  if (!contentType.includes('application/json')) return { text: body };
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return { text: body };
  }
}

/** Members see their channels; members of the workspace see public ones, too. */
export const seesChannel = (user: User, channel: Channel): boolean =>
  channel.members.includes(user.id) || (channel.kind === 'public' && user.membership === 'full');

/** What somebody types is sent with Slack's three escapes. */
const typed = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function actionIn(blocks: readonly Block[], filled: Filled, click: Click, at: string): payloads.Payload {
  const block = blocks.find((one) => one.block_id === click.block);
  const element = block && elementsOf([block]).find((one) => one['action_id'] === click.action);
  if (!block || !element) throw new SlackError('action_not_found');
  const shared = { action_id: click.action, block_id: block.block_id, type: element['type'], action_ts: at };
  if (element['type'] === 'button') {
    const { text, value, style } = element;
    return { ...shared, text, ...(value !== undefined && { value }), ...(style !== undefined && { style }) };
  }
  if (element['type'] === 'overflow') {
    const selected = optionWith(element, click.option);
    if (!selected) throw new SlackError('action_not_found');
    return { ...shared, selected_option: selected };
  }
  return { ...shared, ...stateValue(element, valueIn(block, element, filled)) };
}

/** Slack itself asks for what must be filled in, before the app hears of it. */
function missingIn(view: View): Record<string, string> {
  const values = stateOf(view.definition.blocks, view.filled);
  const required = view.definition.blocks.filter((block) => block.type === 'input' && block['optional'] !== true);
  return Object.fromEntries([
    ...required
      .filter((block) => Object.values(values[block.block_id] ?? {}).some((value) => isRecord(value) && isEmpty(value)))
      .map((block): [string, string] => [block.block_id, 'Please complete this required field.']),
    ...view.definition.blocks.flatMap((block) => lengthProblem(block, values[block.block_id])),
  ]);
}

const isEmpty = ({ type: _, ...value }: Record<string, unknown>): boolean =>
  Object.values(value).every((one) => one === null || (Array.isArray(one) && one.length === 0));

function lengthProblem(block: Block, values: Record<string, unknown> = {}): [string, string][] {
  const element = isRecord(block['element']) ? block['element'] : {};
  const holder = Object.values(values).find(isRecord);
  const text = typeof holder?.['value'] === 'string' ? holder['value'] : undefined;
  if (text === undefined) return [];
  const least = Number(element['min_length'] ?? 0);
  const most = Number(element['max_length'] ?? 3_000);
  if (text.length < least) return [[block.block_id, `This field must be at least ${least} characters.`]];
  return text.length > most ? [[block.block_id, `This field must be at most ${most} characters.`]] : [];
}

function stackOf(store: Store, top: View): View[] {
  const below = top.previous === undefined ? undefined : store.views.get(top.previous);
  return [top, ...(below ? stackOf(store, below) : [])];
}
