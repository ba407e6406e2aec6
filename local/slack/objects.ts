/** Users, channels, messages and views in the form in which Slack shows them to an app. */
import type { SlackApp } from './app.ts';
import type { Context } from './method.ts';
import type { Channel, Filled, Message, User, View } from './records.ts';
import { stateOf } from './state.ts';
import type { Store } from './store.ts';
import { BOT_USER, type Team } from './workspace.ts';

export function userObject(user: User, { store, app }: Pick<Context, 'store' | 'app'>): Record<string, unknown> {
  const profile = {
    real_name: user.realName,
    real_name_normalized: user.realName,
    display_name: user.name,
    display_name_normalized: user.name,
    team: user.teamId,
  };
  const shared = {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    real_name: user.realName,
    deleted: user.deleted,
  };
  if (user.membership === 'external')
    return { ...shared, is_bot: false, is_app_user: false, is_stranger: !sharesChannel(user, store), profile };
  const bot = user.membership === 'bot';
  return {
    ...shared,
    tz: 'Etc/UTC',
    tz_label: 'Coordinated Universal Time',
    tz_offset: 0,
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.membership === 'multiChannelGuest' || user.membership === 'singleChannelGuest',
    is_ultra_restricted: user.membership === 'singleChannelGuest',
    is_bot: bot,
    is_app_user: false,
    ...(!bot && { is_email_confirmed: user.emailConfirmed }),
    updated: 0,
    profile: {
      ...profile,
      ...(bot && user.id === BOT_USER && { api_app_id: app.id, bot_id: app.botId }),
      ...(!bot && app.scopes.includes('users:read.email') && { email: user.email }),
    },
  };
}

/** Slack calls an external person a stranger unless some shared channel has both that person and the app. */
const sharesChannel = (user: User, store: Store): boolean =>
  store.channels.list().some(({ value }) => value.members.includes(user.id) && value.members.includes(BOT_USER));

export function channelObject(channel: Channel, team: Team): Record<string, unknown> {
  const shared = { id: channel.id, created: Math.floor(channel.created / 1_000), is_archived: channel.archived };
  if (channel.kind === 'im')
    return { ...shared, is_im: true, is_org_shared: false, user: channel.members[0], priority: 0 };
  return {
    ...shared,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    is_general: channel.name === 'general',
    is_shared: channel.externallyShared,
    is_ext_shared: channel.externallyShared,
    is_org_shared: false,
    is_pending_ext_shared: false,
    is_member: channel.members.includes(BOT_USER),
    context_team_id: team.id,
    shared_team_ids: [team.id],
    creator: BOT_USER,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: channel.members.length,
  };
}

export function messageObject(message: Message, { app, team }: { app: SlackApp; team: Team }): Record<string, unknown> {
  return {
    type: 'message',
    ...(message.onlyFor !== undefined && { is_ephemeral: true }),
    user: message.author,
    ts: message.ts,
    text: message.text,
    team: team.id,
    ...(message.by === 'app' && { bot_id: app.botId, app_id: app.id }),
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.thread !== undefined && { thread_ts: message.thread }),
    ...(message.edited !== undefined && { edited: { user: message.author, ts: message.edited } }),
    ...(message.metadata !== undefined && { metadata: message.metadata }),
  };
}

/** With what is filled in, or as it was just defined. */
export function viewObject(
  view: View,
  { app, team }: { app: SlackApp; team: Team },
  filled: Filled = view.filled,
): Record<string, unknown> {
  const { definition } = view;
  return {
    id: view.id,
    team_id: team.id,
    callback_id: '',
    private_metadata: '',
    external_id: '',
    title: null,
    submit: null,
    close: null,
    clear_on_close: false,
    notify_on_close: false,
    ...definition,
    state: { values: stateOf(definition.blocks, filled) },
    hash: view.hash,
    previous_view_id: view.previous ?? null,
    root_view_id: view.root,
    app_id: app.id,
    app_installed_team_id: team.id,
    bot_id: app.botId,
  };
}
