/** conversations.*: channels, their members, and direct messages. */
import { type Arguments, type Context, flag, type Method, needScope, page, required, text } from '../method.ts';
import { channelObject } from '../objects.ts';
import { TIERS } from '../rate-limits.ts';
import type { Channel } from '../records.ts';
import { SlackError } from '../web-api-error.ts';
import { BOT_USER, directChannel } from '../workspace.ts';

const READ = { scopes: [], json: false, write: false } as const;
const SCOPE_OF = { public: 'channels:read', private: 'groups:read', im: 'im:read' } as const;
const KIND_OF: Readonly<Record<string, Channel['kind']>> = {
  public_channel: 'public',
  private_channel: 'private',
  im: 'im',
};
const TYPES = [...Object.keys(KIND_OF), 'mpim'];

/** What the app can see: public channels, and others that it is in. */
export function visible({ store }: Pick<Context, 'store'>, id: string): Channel {
  const channel = store.channels.get(id);
  if (!channel || (channel.kind !== 'public' && !channel.members.includes(BOT_USER)))
    throw new SlackError('channel_not_found');
  return channel;
}

export const info: Method = {
  ...READ,
  tier: TIERS.tier3,
  run(args, context) {
    needScope(context, 'channels:read', 'groups:read', 'im:read', 'mpim:read');
    const channel = visible(context, required(args, 'channel'));
    needScope(context, SCOPE_OF[channel.kind]);
    const { num_members, ...object } = channelObject(channel, context.team);
    return { channel: { ...object, ...(flag(args, 'include_num_members') && { num_members }) } };
  },
};

export const members: Method = {
  ...READ,
  tier: TIERS.tier4,
  run(args, context) {
    needScope(context, 'channels:read', 'groups:read', 'im:read', 'mpim:read');
    const channel = visible(context, required(args, 'channel'));
    needScope(context, SCOPE_OF[channel.kind]);
    const { items, next } = page(args, channel.members);
    return { members: items, response_metadata: { next_cursor: next } };
  },
};

export const list: Method = {
  ...READ,
  tier: TIERS.tier2,
  run: (args, context) =>
    listed(args, context, (channel) => channel.kind === 'public' || channel.members.includes(BOT_USER)),
};

/** The channels of `user` (the app itself if left out) that the app can see. */
export const ofUser: Method = {
  ...READ,
  tier: TIERS.tier3,
  run(args, context) {
    const user = text(args, 'user') ?? BOT_USER;
    if (!context.store.users.get(user)) throw new SlackError('user_not_found');
    return listed(args, context, (channel) => {
      const seen = channel.kind === 'public' || channel.members.includes(BOT_USER);
      return seen && channel.members.includes(user);
    });
  },
};

function listed(args: Arguments, context: Context, fits: (channel: Channel) => boolean): Record<string, unknown> {
  const types = (text(args, 'types') ?? 'public_channel').split(',').map((type) => type.trim());
  if (types.some((type) => !TYPES.includes(type))) throw new SlackError('invalid_types');
  const kinds = types.flatMap((type) => KIND_OF[type] ?? []);
  for (const kind of kinds) needScope(context, SCOPE_OF[kind]);
  const archived = !flag(args, 'exclude_archived');
  const all = context.store.channels
    .list()
    .map(({ value }) => value)
    .filter((channel) => kinds.includes(channel.kind) && (archived || !channel.archived) && fits(channel));
  const { items, next } = page(args, all);
  return {
    channels: items.map((channel) => channelObject(channel, context.team)),
    response_metadata: { next_cursor: next },
  };
}

export const open: Method = {
  scopes: ['im:write', 'mpim:write', 'channels:manage', 'groups:write'],
  json: true,
  write: true,
  tier: TIERS.tier3,
  run(args, context) {
    const { store, now } = context;
    const existing = text(args, 'channel');
    if (existing !== undefined)
      return { no_op: true, already_open: true, channel: channelObject(visible(context, existing), context.team) };
    const users = usersIn(args['users']);
    if (users.length === 0) throw new SlackError('users_list_not_supplied');
    if (users.length > 8) throw new SlackError('too_many_users');
    // Conversations of several people at once are not simulated.
    if (users.length > 1) throw new SlackError('method_not_supported_for_channel_type');
    needScope(context, 'im:write');
    const user = store.users.get(users[0] ?? '');
    if (!user) throw new SlackError('user_not_found');
    if (user.deleted) throw new SlackError('user_disabled');
    if (user.membership === 'bot') throw new SlackError('cannot_dm_bot');
    const { channel, made } = directChannel(store, user.id, now);
    return {
      ...(!made && { no_op: true, already_open: true }),
      channel: flag(args, 'return_im') ? channelObject(channel, context.team) : { id: channel.id },
    };
  },
};

/** A comma-separated list; a JSON body may have a list. */
const usersIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value.map(String) : String(value ?? '').split(',')).map((one) => one.trim()).filter(Boolean);

export const join: Method = {
  scopes: ['channels:join'],
  json: true,
  write: true,
  tier: TIERS.tier3,
  run(args, context) {
    const channel = visible(context, required(args, 'channel'));
    if (channel.kind !== 'public') throw new SlackError('method_not_supported_for_channel_type');
    if (channel.archived) throw new SlackError('is_archived');
    const joined = { ...channel, members: [...new Set([...channel.members, BOT_USER])] };
    context.store.change(() => context.store.channels.put(joined.id, joined));
    return { channel: channelObject(joined, context.team) };
  },
};
