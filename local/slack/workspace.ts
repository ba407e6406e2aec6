/**
 * The workspace: a member for each person of the configuration, one of each kind of user who must not count, the app's
 * bot, and channels of every kind. Seeding twice changes nothing that is there.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '../../src/core/time.ts';
import type { Channel, Membership, User } from './records.ts';
import type { Store } from './store.ts';

export type Team = { readonly id: string; readonly domain: string; readonly name: string };

export const EXTERNAL_TEAM: Team = { id: 'T0PARTNER00', domain: 'partner', name: 'Partner' };

export type PersonSeed = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly disabled?: boolean;
};

export type ChannelSeed = {
  /** Made of the name if left out. */
  readonly id?: string;
  readonly name: string;
  readonly kind?: 'public' | 'private';
  readonly archived?: boolean;
  readonly externallyShared?: boolean;
  /** Whether the app is a member. */
  readonly app?: boolean;
};

export const BOT_USER = 'U0HALLPASSB';
export const SLACKBOT = 'USLACKBOT';

/** A Slack id that can be read: `U0ALICE0000`; one of a digest where the id does not fit. */
export function slackId(prefix: 'U' | 'C', name: string): string {
  const plain = name.toUpperCase().replaceAll(/[-_.]/g, '');
  const fits = /^[A-Z0-9]{1,9}$/.test(plain);
  const body = fits ? plain : createHash('sha256').update(name).digest('hex').toUpperCase().slice(0, 9);
  return `${prefix}0${body.padEnd(9, '0')}`;
}

/** One of each kind who is no full, confirmed, living, human member of this workspace. */
const OTHERS: readonly (Pick<User, 'name' | 'realName' | 'membership'> & Partial<User>)[] = [
  { name: 'gwen', realName: 'Gwen Guest', membership: 'multiChannelGuest' },
  { name: 'gus', realName: 'Gus Guest', membership: 'singleChannelGuest' },
  { name: 'sam', realName: 'Sam Stranger', membership: 'external', teamId: EXTERNAL_TEAM.id },
  { name: 'pia', realName: 'Pia Partner', membership: 'external', teamId: EXTERNAL_TEAM.id },
  { name: 'una', realName: 'Una Unconfirmed', membership: 'full', emailConfirmed: false },
  { name: 'dora', realName: 'Dora Departed', membership: 'full', deleted: true },
  { name: 'robot', realName: 'Robot', membership: 'bot' },
];

const CHANNELS: readonly ChannelSeed[] = [
  { name: 'general', app: false },
  { name: 'access' },
  { name: 'platform', kind: 'private' },
  { name: 'secret', kind: 'private', app: false },
  { name: 'with-partner', externallyShared: true },
  { name: 'old-access', archived: true },
];

/** Who of the others is in which channel: a guest of one channel in one, the partner in the shared one. */
const GUESTS: Readonly<Record<string, readonly string[]>> = {
  access: ['gwen', 'gus', 'una'],
  platform: ['gwen'],
  'with-partner': ['pia'],
};

export type Seed = {
  readonly team: Team;
  readonly people: readonly PersonSeed[];
  readonly channels?: readonly ChannelSeed[];
  readonly appName: string;
  readonly now: Instant;
};

export function seedWorkspace(store: Store, seed: Seed): void {
  store.change(() => {
    const users = usersOf(seed);
    for (const user of users) if (!store.users.get(user.id)) store.users.put(user.id, user);
    const everyone = users.filter((user) => user.membership === 'full' && user.emailConfirmed && !user.deleted);
    for (const channel of [...CHANNELS, ...(seed.channels ?? [])]) {
      const id = channel.id ?? slackId('C', channel.name);
      if (!store.channels.get(id)) store.channels.put(id, channelOf(channel, id, everyone, seed.now));
    }
  });
}

function usersOf({ people, team, appName }: Seed): User[] {
  const base = { teamId: team.id, emailConfirmed: true, deleted: false } as const;
  const taken = new Set(people.map((person) => person.id));
  return [
    ...people.map((person) => ({
      ...base,
      id: slackId('U', person.id),
      name: person.id,
      realName: person.name,
      email: person.email,
      membership: 'full' as Membership,
      deleted: person.disabled === true,
    })),
    ...OTHERS.filter((other) => !taken.has(other.name)).map((other) => ({
      ...base,
      id: slackId('U', other.name),
      email: `${other.name}@${other.teamId ? 'partner.example' : 'example.com'}`,
      ...other,
    })),
    { ...base, id: BOT_USER, name: appName.toLowerCase(), realName: appName, email: '', membership: 'bot' },
    { ...base, id: SLACKBOT, name: 'slackbot', realName: 'Slackbot', email: '', membership: 'bot' },
  ];
}

function channelOf(seed: ChannelSeed, id: string, everyone: readonly User[], created: Instant): Channel {
  const guests = (GUESTS[seed.name] ?? []).map((name) => slackId('U', name));
  const members = [...everyone.map((user) => user.id), ...guests, ...(seed.app === false ? [] : [BOT_USER])];
  return {
    id,
    name: seed.name,
    kind: seed.kind ?? 'public',
    members,
    archived: seed.archived ?? false,
    externallyShared: seed.externallyShared ?? false,
    created,
  };
}

/** The direct channel between the app and somebody, made if there is none. */
export function directChannel(store: Store, user: string, now: Instant): { channel: Channel; made: boolean } {
  const found = directChannelOf(store, user);
  if (found) return { channel: found, made: false };
  const channel: Channel = {
    id: store.id('D'),
    name: user,
    kind: 'im',
    members: [user, BOT_USER],
    archived: false,
    externallyShared: false,
    created: now,
  };
  store.change(() => store.channels.put(channel.id, channel));
  return { channel, made: true };
}

export const directChannelOf = (store: Store, user: string): Channel | undefined =>
  store.channels.list('D').find(({ value }) => value.members[0] === user)?.value;
