/**
 * Brings a grant's messages in Slack to where they should be. At least once: a record of each message, claimed before Slack
 * is called and completed after, keeps what was said from being said again, but for a crash between the two.
 *
 * Timeline of two workers on one grant: the one that claims the record first speaks; the other finds it claimed, comes
 * again later, renders anew, and edits only if something changed meanwhile. A claim lasts no longer than a function.
 */
import { rulesInForce } from '../broker/delegations.ts';
import type { LinkStore } from '../broker/linkPorts.ts';
import type { Again, Outlet } from '../broker/outlets.ts';
import { DirectoryUnreachable, type RecordDeps } from '../broker/ports.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { AuditEvent } from '../core/event.ts';
import type { Grant } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { between, type Duration, type Instant, plus, seconds, toSeconds } from '../core/time.ts';
import { type Message, plain, section } from './blocks.ts';
import { CARD, type Destination, type Planned, planMessages } from './plan.ts';
import { type Slack, SlackAway, SlackRefused } from './ports.ts';

/** Where one message of a grant stands. */
export type Notice = {
  /** `<destination>#<slot>`. */
  readonly key: string;
  /** The message in Slack, once it is there. */
  readonly at?: { readonly channel: string; readonly ts: string };
  /** Of what it shows. */
  readonly digest?: string;
  /** Slack says that it can never be said, or it was deleted there: nobody tries again. */
  readonly given?: 'up';
};

export type Notices = {
  read(id: GrantId): Promise<readonly Notice[]>;
  /** False when another has it. `was`: the record that this is decided by; if it changed, false as well. */
  claim(id: GrantId, key: string, was: Notice | undefined, until: Instant): Promise<boolean>;
  /** Writes it and lets go of it. */
  keep(id: GrantId, notice: Notice): Promise<void>;
};

export type TellDeps = Pick<RecordDeps, 'config' | 'ready' | 'delegations' | 'now' | 'sha256' | 'log'> & {
  readonly links: Pick<LinkStore, 'readRecord'>;
  readonly slack: Slack;
  readonly notices: Notices;
  readonly channels: ChannelCache;
  readonly pause: Pause;
};

/** Done, or when to come again. */
export type Told = { readonly again?: Again };

/** What Slack last said of how long to leave it alone: kept by a warm function, for all grants. */
export type Pause = { until?: Instant };

export type ChannelCache = Map<string, { readonly shared: boolean; readonly until: Instant }>;

const CLAIMED_FOR: Duration = seconds(60);
const CHANNEL_KEPT_FOR: Duration = seconds(60);
const SOON = 5;
const LATER = 60;
const MUCH_LATER = 900;

/** Nothing else will work either. */
const NOTHING_WORKS = [
  ...['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired', 'missing_scope'],
  ...['access_denied', 'org_login_required', 'team_access_not_granted'],
];
/** This person cannot be told, and nobody of ours can change that. */
const NOT_THIS_ONE = ['user_not_found', 'user_disabled', 'cannot_dm_bot', 'messages_tab_disabled', 'user_not_visible'];
const GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found'];

export const slackOutlet = (deps: TellDeps): Outlet => ({
  name: 'slack',
  wants: () => true,
  async tell({ grant, events }) {
    const away = await withoutDirectory(deps);
    // Break-glass waits for nobody: whoever the configuration names is told at once, and everybody later.
    if (away && !grant.breakGlass) return away;
    return (await tellSlack(deps, grant, events)).again ?? away;
  },
});

/** When to come again, if it cannot be read who there is: told now, some would never be. */
async function withoutDirectory(deps: TellDeps): Promise<Again | undefined> {
  try {
    await deps.ready();
    return undefined;
  } catch (error) {
    if (!(error instanceof DirectoryUnreachable)) throw error;
    return { seconds: LATER, why: error.message };
  }
}

async function tellSlack(deps: TellDeps, grant: Grant, events: readonly AuditEvent[]): Promise<Told> {
  const { id } = grant;
  const { until } = deps.pause;
  if (until !== undefined && deps.now() < until)
    return {
      again: { seconds: Math.ceil(toSeconds(between(deps.now(), until))), why: 'Slack wants to be left alone' },
    };
  const known = new Map((await deps.notices.read(id)).map((notice) => [notice.key, notice]));
  const look = { config: await rulesInForce(deps), sha256: deps.sha256, now: deps.now() };
  let told: Told = {};
  for (const planned of planMessages(grant, events, look)) {
    try {
      if (!(await bringUpToDate(deps, id, planned, known))) told = later(told, SOON, 'another worker has it');
    } catch (error) {
      const again = failed(deps, id, planned, error);
      told = later(told, again.seconds, again.why);
      if (again.stop) break;
    }
  }
  return told;
}

const later = ({ again }: Told, afterSeconds: number, why: string): Told => ({
  again: again && again.seconds <= afterSeconds ? again : { seconds: afterSeconds, why },
});

type Failed = { readonly seconds: number; readonly why: string; readonly stop: boolean };

/** Rethrows what is a bug of ours. */
function failed(deps: TellDeps, id: GrantId, { slot, to }: Planned, error: unknown): Failed {
  if (error instanceof SlackAway) {
    const { retryAfterSeconds: wait, message } = error;
    if (wait !== undefined) deps.pause.until = plus(deps.now(), seconds(wait));
    return { seconds: wait ?? LATER, why: message, stop: true };
  }
  if (!(error instanceof SlackRefused) || error.code.startsWith('invalid_block')) throw error;
  deps.log('alarm', 'Slack refuses a message that people are waiting for', {
    grantId: id,
    slot,
    to: keyOf(to, slot),
    method: error.method,
    code: error.code,
  });
  return { seconds: MUCH_LATER, why: error.message, stop: NOTHING_WORKS.includes(error.code) };
}

const keyOf = (to: Destination, slot: string): string =>
  `${to.kind === 'channel' ? to.channel : `person:${to.personId}`}#${slot}`;

/** False: another worker is at it. */
async function bringUpToDate(
  deps: TellDeps,
  id: GrantId,
  planned: Planned,
  known: Map<string, Notice>,
): Promise<boolean> {
  const key = keyOf(planned.to, planned.slot);
  const was = known.get(key);
  if (was?.given === 'up' || (planned.editOnly && !was?.at)) return true;
  const thread = planned.under === undefined ? undefined : known.get(keyOf(planned.to, planned.under))?.at?.ts;
  if (planned.under !== undefined && thread === undefined) return true;
  if (!(await isFitFor(deps, planned.to))) return tellNothing(deps, id, was, key);
  const digest = deps.sha256(canonicalJson(planned.message));
  if (was?.at && was.digest === digest) return true;
  const to = was?.at ? undefined : await addressOf(deps, planned.to);
  if (!was?.at && to === undefined) return true;
  if (!(await deps.notices.claim(id, key, was, plus(deps.now(), CLAIMED_FOR)))) return false;
  const notice = await speak(deps, planned, was, key, digest, to ?? '', thread);
  await deps.notices.keep(id, notice);
  known.set(key, notice);
  return true;
}

async function speak(
  { slack, log }: TellDeps,
  { message, editOnly, slot }: Planned,
  was: Notice | undefined,
  key: string,
  digest: string,
  to: string,
  thread: string | undefined,
): Promise<Notice> {
  try {
    if (was?.at) {
      await slack('chat.update', { channel: was.at.channel, ts: was.at.ts, ...message });
      return { key, at: was.at, digest };
    }
    const { channel, ts } = await slack('chat.postMessage', {
      channel: to,
      ...message,
      ...(thread !== undefined && { thread_ts: thread }),
      unfurl_links: false,
      unfurl_media: false,
    });
    return { key, at: { channel: String(channel), ts: String(ts) }, digest };
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    if (NOT_THIS_ONE.includes(error.code)) {
      log('warn', 'somebody cannot be told in Slack', { to: key, code: error.code });
      return { key, given: 'up' };
    }
    // Somebody deleted it. A card is said anew, because people decide by it; anything else is left.
    if (GONE.includes(error.code)) return editOnly || slot !== CARD ? { key, given: 'up' } : { key };
    throw error;
  }
}

/** What was said in a channel that is shared with others since then is taken back. */
async function tellNothing(deps: TellDeps, id: GrantId, was: Notice | undefined, key: string): Promise<boolean> {
  deps.log('alarm', 'a channel for grants is shared with other workspaces: nothing is said there', {
    grantId: id,
    key,
  });
  if (!was?.at) return true;
  const digest = deps.sha256(canonicalJson(WITHHELD));
  if (was.digest === digest) return true;
  if (!(await deps.notices.claim(id, key, was, plus(deps.now(), CLAIMED_FOR)))) return false;
  await deps.slack('chat.update', { channel: was.at.channel, ts: was.at.ts, ...WITHHELD });
  await deps.notices.keep(id, { key, at: was.at, digest });
  return true;
}

const WITHHELD: Message = {
  text: 'Withheld: this channel is shared with other workspaces.',
  blocks: [section(plain('Withheld: this channel is shared with other workspaces.'))],
};

/** F19: grants are never shown where people of other workspaces read. Unknown is no. */
async function isFitFor({ slack, channels, now }: TellDeps, to: Destination): Promise<boolean> {
  if (to.kind === 'person') return true;
  const kept = channels.get(to.channel);
  if (kept && now() < kept.until) return !kept.shared;
  const shared = await isShared(slack, to.channel);
  channels.set(to.channel, { shared, until: plus(now(), CHANNEL_KEPT_FOR) });
  return !shared;
}

/** https://docs.slack.dev/reference/objects/conversation-object: what is not said plainly counts as shared. */
export async function isShared(slack: Slack, id: string): Promise<boolean> {
  const { channel } = await slack('conversations.info', { channel: id });
  const flags = (typeof channel === 'object' && channel !== null ? channel : {}) as Readonly<Record<string, unknown>>;
  const pending = flags['pending_connected_team_ids'];
  return (
    flags['is_ext_shared'] !== false ||
    flags['is_org_shared'] === true ||
    flags['is_shared'] === true ||
    flags['is_pending_ext_shared'] === true ||
    (Array.isArray(pending) && pending.length > 0)
  );
}

/** A channel is its own; a person's is that of the account they linked in the configured workspace. */
async function addressOf({ links, config }: TellDeps, to: Destination): Promise<string | undefined> {
  if (to.kind === 'channel') return to.channel;
  const record = await links.readRecord(to.personId);
  return record?.accounts.find(({ teamId }) => teamId === config().slack?.teamId)?.userId;
}
