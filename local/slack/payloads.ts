/**
 * The payloads of slash commands, interactions and events, field by field as Slack sends them.
 * Authority: https://docs.slack.dev/reference/interaction-payloads and
 * https://docs.slack.dev/interactivity/implementing-slash-commands
 */
import type { Instant } from '../../src/core/time.ts';
import type { SlackApp } from './app.ts';
import { messageObject, viewObject } from './objects.ts';
import type { Channel, Filled, Message, User, View } from './records.ts';
import { stateOf } from './state.ts';
import type { Team } from './workspace.ts';

export type About = { readonly app: SlackApp; readonly team: Team };
export type Payload = Readonly<Record<string, unknown>>;

/** The old verification token, which Slack goes on sending and nobody should rely on. */
const VERIFICATION_TOKEN = 'not-a-proof';

const teamOf = ({ team }: About) => ({ id: team.id, domain: team.domain });
const userOf = (user: User) => ({ id: user.id, username: user.name, name: user.name, team_id: user.teamId });
const envelope = (about: About, user: User) => ({
  team: teamOf(about),
  user: userOf(user),
  api_app_id: about.app.id,
  token: VERIFICATION_TOKEN,
  enterprise: null,
  is_enterprise_install: false,
});

const nameOf = (channel: Channel): string =>
  channel.kind === 'im' ? 'directmessage' : channel.kind === 'private' ? 'privategroup' : channel.name;

export const commandForm = (
  { app, team }: About,
  given: { user: User; channel: Channel; command: string; text: string; responseUrl: string; triggerId: string },
): string =>
  new URLSearchParams({
    token: VERIFICATION_TOKEN,
    team_id: team.id,
    team_domain: team.domain,
    channel_id: given.channel.id,
    channel_name: nameOf(given.channel),
    user_id: given.user.id,
    user_name: given.user.name,
    command: given.command,
    text: given.text,
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: given.responseUrl,
    trigger_id: given.triggerId,
  }).toString();

export const interactionForm = (payload: Payload): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

export const messageActions = (
  about: About,
  given: {
    user: User;
    channel: Channel;
    message: Message;
    filled: Filled;
    actions: readonly Payload[];
    responseUrl: string;
    triggerId: string;
  },
): Payload => ({
  type: 'block_actions',
  ...envelope(about, given.user),
  container: {
    type: 'message',
    message_ts: given.message.ts,
    channel_id: given.channel.id,
    is_ephemeral: given.message.onlyFor !== undefined,
    ...(given.message.thread !== undefined && { thread_ts: given.message.thread }),
  },
  trigger_id: given.triggerId,
  channel: { id: given.channel.id, name: nameOf(given.channel) },
  // Of an ephemeral message Slack does not give the content.
  ...(given.message.onlyFor === undefined && { message: messageObject(given.message, about) }),
  state: { values: stateOf(given.message.blocks, given.filled) },
  response_url: given.responseUrl,
  actions: given.actions,
});

export const viewActions = (
  about: About,
  given: { user: User; view: View; actions: readonly Payload[]; triggerId: string },
): Payload => ({
  type: 'block_actions',
  ...envelope(about, given.user),
  container: { type: 'view', view_id: given.view.id },
  trigger_id: given.triggerId,
  view: viewObject(given.view, about),
  actions: given.actions,
});

export const viewSubmission = (about: About, given: { user: User; view: View; triggerId: string }): Payload => ({
  type: 'view_submission',
  ...envelope(about, given.user),
  trigger_id: given.triggerId,
  view: viewObject(given.view, about),
  response_urls: [],
});

export const viewClosed = (about: About, given: { user: User; view: View; cleared: boolean }): Payload => ({
  type: 'view_closed',
  ...envelope(about, given.user),
  view: viewObject(given.view, about),
  is_cleared: given.cleared,
});

export const suggestion = (
  about: About,
  given: { user: User; view: View; blockId: string; actionId: string; value: string },
): Payload => ({
  type: 'block_suggestion',
  ...envelope(about, given.user),
  container: { type: 'view', view_id: given.view.id },
  action_id: given.actionId,
  block_id: given.blockId,
  value: given.value,
  view: viewObject(given.view, about),
});

export const shortcut = (
  about: About,
  given: { user: User; callbackId: string; triggerId: string; at: string },
): Payload => ({
  type: 'shortcut',
  ...envelope(about, given.user),
  action_ts: given.at,
  callback_id: given.callbackId,
  trigger_id: given.triggerId,
});

export const messageShortcut = (
  about: About,
  given: {
    user: User;
    channel: Channel;
    message: Message;
    callbackId: string;
    triggerId: string;
    responseUrl: string;
    at: string;
  },
): Payload => ({
  type: 'message_action',
  ...envelope(about, given.user),
  action_ts: given.at,
  callback_id: given.callbackId,
  trigger_id: given.triggerId,
  message_ts: given.message.ts,
  response_url: given.responseUrl,
  channel: { id: given.channel.id, name: nameOf(given.channel) },
  message: messageObject(given.message, about),
});

export const eventCallback = (
  { app, team }: About,
  given: { id: string; now: Instant; event: Payload; botUser: string },
): Payload => ({
  token: VERIFICATION_TOKEN,
  team_id: team.id,
  api_app_id: app.id,
  event: given.event,
  type: 'event_callback',
  event_id: given.id,
  event_time: Math.floor(given.now / 1_000),
  authorizations: [
    { enterprise_id: null, team_id: team.id, user_id: given.botUser, is_bot: true, is_enterprise_install: false },
  ],
  is_ext_shared_channel: false,
});

export const urlVerification = (challenge: string): Payload => ({
  token: VERIFICATION_TOKEN,
  challenge,
  type: 'url_verification',
});
