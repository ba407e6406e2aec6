/** chat.*: what the app says in channels. */
import { LIMITS } from '../block-kit/limits.ts';
import { isRecord } from '../block-kit/problem.ts';
import { messageBlocks } from '../definition.ts';
import { type Arguments, type Context, flag, json, type Method, required, text } from '../method.ts';
import { messageObject } from '../objects.ts';
import { TIERS } from '../rate-limits.ts';
import type { Channel, Message } from '../records.ts';
import { messageKey } from '../store.ts';
import { SlackError } from '../web-api-error.ts';
import { BOT_USER, directChannel } from '../workspace.ts';

const WRITE = { scopes: ['chat:write'], json: true, write: true } as const;

export const postMessage: Method = {
  ...WRITE,
  tier: TIERS.hundreds,
  run(args, context) {
    const { store } = context;
    const channel = postable(required(args, 'channel'), context);
    const content = contentOf(args, context);
    const thread = threadOf(args, channel, context);
    // What is refused does not count against the channel's limit of one a second.
    context.limit(`post:${channel.id}`, TIERS.posting);
    const message: Message = {
      channel: channel.id,
      ts: store.timestamp(),
      author: BOT_USER,
      by: 'app',
      ...content,
      ...(thread !== undefined && { thread, ...(flag(args, 'reply_broadcast') && { broadcast: true }) }),
    };
    store.change(() => store.messages.put(messageKey(message), message));
    return { channel: channel.id, ts: message.ts, message: messageObject(message, context) };
  },
};

export const postEphemeral: Method = {
  ...WRITE,
  tier: TIERS.tier4,
  run(args, context) {
    const { store } = context;
    const channel = postable(required(args, 'channel'), context);
    const user = required(args, 'user');
    if (!channel.members.includes(user)) throw new SlackError('user_not_in_channel');
    const thread = threadOf(args, channel, context);
    const message: Message = {
      channel: channel.id,
      ts: store.timestamp(),
      author: BOT_USER,
      by: 'app',
      ...contentOf(args, context),
      onlyFor: user,
      ...(thread !== undefined && { thread }),
    };
    store.change(() => store.messages.put(messageKey(message), message));
    return { message_ts: message.ts };
  },
};

export const update: Method = {
  ...WRITE,
  tier: TIERS.tier3,
  run(args, context) {
    const { store } = context;
    const message = messageIn(required(args, 'channel'), required(args, 'ts'), context);
    if (message.author !== BOT_USER) throw new SlackError('cant_update_message');
    if (store.channels.get(message.channel)?.archived) throw new SlackError('is_inactive');
    const given = text(args, 'text');
    if (given !== undefined && given.length > LIMITS.updatedText) throw new SlackError('msg_too_long');
    // Without `blocks`, a new text takes the old blocks' place; without `text`, the old text stays beneath new blocks.
    const content = contentOf(
      args['blocks'] !== undefined && given === undefined ? { ...args, text: message.text } : args,
      context,
    );
    const edited: Message = { ...message, ...content, edited: store.timestamp() };
    store.change(() => store.messages.put(messageKey(edited), edited));
    return { channel: edited.channel, ts: edited.ts, text: edited.text, message: messageObject(edited, context) };
  },
};

export const deleteMessage: Method = {
  ...WRITE,
  tier: TIERS.tier3,
  run(args, context) {
    const message = messageIn(required(args, 'channel'), required(args, 'ts'), context);
    if (message.author !== BOT_USER) throw new SlackError('cant_delete_message');
    context.store.change(() => context.store.messages.delete(messageKey(message)));
    return { channel: message.channel, ts: message.ts };
  },
};

export const getPermalink: Method = {
  scopes: [],
  json: false,
  write: false,
  tier: TIERS.hundreds,
  run(args, context) {
    const message = messageIn(required(args, 'channel'), required(args, 'message_ts'), context);
    const thread = message.thread === undefined ? '' : `?thread_ts=${message.thread}&cid=${message.channel}`;
    const permalink = `${context.url}archives/${message.channel}/p${message.ts.replace('.', '')}${thread}`;
    return { channel: message.channel, permalink };
  },
};

type Content = Pick<Message, 'text' | 'blocks' | 'metadata'>;

function contentOf(args: Arguments, { store }: Context): Content {
  const blocks = messageBlocks(
    json(args, 'blocks', () => new SlackError('invalid_blocks_format')),
    () => store.id('').slice(0, 5),
  );
  const given = text(args, 'text') ?? '';
  if (given === '' && blocks.length === 0) throw new SlackError('no_text');
  const metadata = json(args, 'metadata', () => new SlackError('invalid_metadata_format'));
  if (
    metadata !== undefined &&
    !(isRecord(metadata) && typeof metadata['event_type'] === 'string' && isRecord(metadata['event_payload']))
  )
    throw new SlackError('invalid_metadata_format');
  return { text: given.slice(0, LIMITS.messageText), blocks, ...(metadata !== undefined && { metadata }) };
}

/** Where the app may post: channels it is in, public ones with `chat:write.public`, and anybody by user id. */
function postable(target: string, { store, app, now }: Context): Channel {
  if (/^[UW]/.test(target)) return directWith(target, { store, now });
  const channel = store.channels.get(target);
  if (!channel || (channel.kind !== 'public' && !channel.members.includes(BOT_USER)))
    throw new SlackError('channel_not_found');
  if (channel.archived) throw new SlackError('is_archived');
  if (!channel.members.includes(BOT_USER) && !app.scopes.includes('chat:write.public'))
    throw new SlackError('not_in_channel');
  return channel;
}

function directWith(user: string, { store, now }: Pick<Context, 'store' | 'now'>): Channel {
  const found = store.users.get(user);
  if (!found || found.deleted || found.membership === 'bot') throw new SlackError('channel_not_found');
  return directChannel(store, user, now).channel;
}

/** A message that the app can see. To nobody's app does an ephemeral message exist. */
function messageIn(channelId: string, ts: string, { store }: Context): Message {
  const channel = store.channels.get(channelId);
  if (!channel || (channel.kind !== 'public' && !channel.members.includes(BOT_USER)))
    throw new SlackError('channel_not_found');
  const message = store.messages.get(messageKey({ channel: channelId, ts }));
  if (!message || message.onlyFor !== undefined) throw new SlackError('message_not_found');
  return message;
}

/** Slack takes any timestamp for a thread's; one of no message is answered in the channel, as here. */
function threadOf(args: Arguments, channel: Channel, { store }: Context): string | undefined {
  const wanted = text(args, 'thread_ts');
  const parent = wanted === undefined ? undefined : store.messages.get(messageKey({ channel: channel.id, ts: wanted }));
  return parent && (parent.thread ?? parent.ts);
}
