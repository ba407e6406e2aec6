/**
 * A Slack workspace on loopback: the Web API for the app, requests to the app for what people do, and a page on which
 * people do it. It knows nothing of Hallpass but what an app's settings in Slack would say.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { type Faults, faultPlan } from '../faults.ts';
import { openStorage } from '../storage.ts';
import type { RequestUrls, SlackApp } from './app.ts';
import { deliverer } from './deliver.ts';
import { eventSender } from './events.ts';
import { type Hands, hands } from './hands.ts';
import { pages } from './page/pages.ts';
import type { Channel, Message, User, View } from './records.ts';
import { startServer } from './server.ts';
import { slackStore } from './store.ts';
import { topView } from './views.ts';
import { webApi } from './web-api.ts';
import {
  BOT_USER,
  type ChannelSeed,
  directChannelOf,
  type PersonSeed,
  seedWorkspace,
  slackId,
  type Team,
} from './workspace.ts';

export type SlackOptions = {
  readonly port?: number;
  readonly clock: Clock;
  /** A file, or absent: in memory. */
  readonly path?: string;
  readonly faults?: Faults;
  readonly random?: (bytes: number) => Uint8Array;
  readonly team: Team;
  readonly app: SlackApp;
  readonly people: readonly PersonSeed[];
  /** Beside the channels that every simulated workspace has. */
  readonly channels?: readonly ChannelSeed[];
};

export type Slack = {
  /** The workspace's address, with a slash at its end; its Web API is under `api/`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly team: Team;
  readonly app: SlackApp;
  readonly faults: Faults;
  /** Where Slack sends what people do; until then it has nobody to send it to. */
  pointAt(urls: RequestUrls | string): void;
  /** Does what a person would do on the page. */
  readonly hands: Hands;
  /** Settles when no event is on its way to the app. */
  idle(): Promise<void>;
  /** Asks the app for the challenge, as Slack does when its address is entered. */
  verifyUrl(): Promise<boolean>;

  user(name: string): User;
  channel(name: string): Channel;
  /** The direct channel between somebody and the app, if there is one. */
  direct(name: string): Channel | undefined;
  /** What is in a channel, oldest first; as somebody sees it, if named: with what is only for them. */
  messages(channelId: string, asName?: string): Message[];
  /** The modal on top of somebody's screen. */
  modal(name: string): View | undefined;
  home(name: string): View | undefined;

  /** What an administrator, or time, does to a workspace. */
  readonly admin: {
    archive(channel: string): void;
    removeApp(channel: string): void;
    addMember(channel: string, user: string): void;
    changeUser(name: string, change: Partial<Omit<User, 'id'>>): void;
    changeChannel(name: string, change: Partial<Omit<Channel, 'id'>>): void;
    /** From now on another token or fewer scopes count. */
    reinstall(change: Partial<Pick<SlackApp, 'botToken' | 'scopes' | 'signingSecret'>>): void;
  };
  close(): Promise<void>;
};

export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { clock, team, faults = faultPlan(), random = (bytes: number) => randomBytes(bytes) } = options;
  const store = slackStore({ storage: openStorage(options.path ?? ':memory:'), clock, random });
  let app = options.app;
  let urls: RequestUrls | undefined;
  let url = '';
  seedWorkspace(store, {
    team,
    people: options.people,
    appName: app.name,
    now: clock.now(),
    ...(options.channels && { channels: options.channels }),
  });
  const deliver = deliverer({ clock, faults, team: team.id, signingSecret: () => app.signingSecret });
  const shared = { store, clock, team, app: () => app, urls: () => urls, url: () => url };
  const events = eventSender({ ...shared, deliver });
  const people = hands({ ...shared, random, deliver, events });
  const server = await startServer({
    port: options.port ?? 0,
    store,
    clock,
    faults,
    team: team.id,
    api: webApi(shared),
    pages: pages({ ...shared, hands: people }),
  }).catch((error: unknown) => {
    store.close();
    throw error;
  });
  url = server.url;

  const user = (name: string): User => store.users.get(slackId('U', name)) ?? fail(`nobody is called ${name}`);
  const channel = (name: string): Channel =>
    store.channels.get(slackId('C', name)) ?? fail(`no channel is called ${name}`);
  const changeChannel = (name: string, change: Partial<Channel>): void => {
    const next = { ...channel(name), ...change };
    store.change(() => store.channels.put(next.id, next));
  };
  return {
    url,
    apiUrl: `${url}api/`,
    team,
    get app() {
      return app;
    },
    faults,
    pointAt(to) {
      urls = typeof to === 'string' ? { commands: to, interactions: to, events: to } : to;
    },
    hands: people,
    idle: events.idle,
    verifyUrl: events.verify,
    user,
    channel,
    direct: (name) => directChannelOf(store, user(name).id),
    messages(channelId, asName) {
      const reader = asName === undefined ? undefined : user(asName).id;
      return store.messages
        .list(`${channelId}/`)
        .map(({ value }) => value)
        .filter((message) => message.onlyFor === undefined || message.onlyFor === reader);
    },
    modal: (name) => topView(store, user(name).id),
    home: (name) => store.views.get(store.homes.get(user(name).id)?.view ?? ''),
    admin: {
      archive: (name) => changeChannel(name, { archived: true }),
      removeApp: (name) => changeChannel(name, { members: channel(name).members.filter((one) => one !== BOT_USER) }),
      addMember: (name, who) =>
        changeChannel(name, { members: [...new Set([...channel(name).members, user(who).id])] }),
      changeUser(name, change) {
        const next = { ...user(name), ...change };
        store.change(() => store.users.put(next.id, next));
      },
      changeChannel,
      reinstall(change) {
        app = { ...app, ...change };
      },
    },
    async close() {
      await server.close();
      store.close();
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}
