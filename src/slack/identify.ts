/**
 * Whose click is it (F19)? Slack's signature says which account; that counts only for a full, confirmed, living, human
 * member of the one configured workspace, whose account a signed-in person linked to themselves. Everybody else is nobody.
 */
import { beginLink } from '../broker/linkIdentity.ts';
import type { Person } from '../core/configuration.ts';
import { personOf, proofText, type SlackProof, slackText } from '../core/identity.ts';
import { withAccounts } from '../core/link.ts';
import { explain } from '../core/refusal.ts';
import { type Duration, type Instant, plus, seconds } from '../core/time.ts';
import type { Member } from './payload.ts';
import type { ChatDeps, Slack } from './ports.ts';
import { literal } from './text.ts';

export type Identified =
  | { readonly kind: 'person'; readonly person: Person; readonly proof: string }
  /** Told to nobody but the one who clicked. */
  | { readonly kind: 'nobody'; readonly say: string };

/** What Slack says of an account, for as long as a minute. */
export type MemberCache = Map<string, { readonly standing: Standing; readonly until: Instant }>;
const KEPT_FOR: Duration = seconds(60);

type Standing = { readonly ok: true; readonly name?: string } | { readonly ok: false; readonly why: string };

const NOT_RECOGNISED = 'You are not recognised.';

export async function identify(deps: ChatDeps, who: Member, cache: MemberCache): Promise<Identified> {
  // People of Identity Center are in the configuration only once it was read.
  await deps.ready();
  const config = deps.config();
  if (config.slack?.teamId !== who.team) return { kind: 'nobody', say: NOT_RECOGNISED };
  const identity = { teamId: who.team, userId: who.user };
  const [standing, account] = await Promise.all([standingOf(deps, who, cache), deps.links.readAccount(identity)]);
  if (!standing.ok) {
    deps.log('warn', 'somebody in Slack who counts for nothing clicked', { ...identity, why: standing.why });
    return { kind: 'nobody', say: NOT_RECOGNISED };
  }
  if (account?.personId === undefined) return { kind: 'nobody', say: await invitation(deps, identity, standing.name) };
  const proof: SlackProof = { kind: 'slack', ...identity };
  const links = new Map([[slackText(identity), account.personId]]);
  const person = personOf(proof, config.directory, new Map(), links);
  if (!person) return { kind: 'nobody', say: NOT_RECOGNISED };
  const record = await deps.links.readRecord(person.id);
  return { kind: 'person', person: withAccounts(person, record), proof: proofText(proof) };
}

async function standingOf({ slack, now }: ChatDeps, who: Member, cache: MemberCache): Promise<Standing> {
  const key = `${who.team} ${who.user}`;
  const kept = cache.get(key);
  if (kept && now() < kept.until) return kept.standing;
  const standing = await lookUp(slack, who);
  cache.set(key, { standing, until: plus(now(), KEPT_FOR) });
  return standing;
}

/** https://docs.slack.dev/reference/objects/user-object: what is not said plainly counts as no. */
async function lookUp(slack: Slack, who: Member): Promise<Standing> {
  const { user } = await slack('users.info', { user: who.user });
  const flags = (typeof user === 'object' && user !== null ? user : {}) as Readonly<Record<string, unknown>>;
  const no = (why: string): Standing => ({ ok: false, why });
  if (flags['id'] !== who.user) return no('another account');
  if (flags['team_id'] !== who.team) return no('another workspace');
  if (flags['deleted'] !== false) return no('deactivated');
  if (flags['is_bot'] !== false || who.user === 'USLACKBOT') return no('a bot');
  if (flags['is_restricted'] !== false || flags['is_ultra_restricted'] !== false) return no('a guest');
  if (flags['is_stranger'] === true) return no('a stranger');
  if (flags['is_invited_user'] === true) return no('invited only');
  if (flags['is_email_confirmed'] !== true) return no('e-mail unconfirmed');
  const { real_name: name } = flags;
  return { ok: true, ...(typeof name === 'string' && { name }) };
}

async function invitation(
  deps: ChatDeps,
  identity: { readonly teamId: string; readonly userId: string },
  name: string | undefined,
): Promise<string> {
  const begun = await beginLink(deps, { ...identity, ...(name !== undefined && { name }) });
  if (!begun.ok) return literal(explain(begun.error).detail);
  return [
    'Hallpass does not know yet who you are. On the machine where you use `hallpass`, type once:',
    `\`hallpass link ${literal(begun.value.code)}\``,
    'The code is yours alone and is good for ten minutes. Then do again what you just did.',
  ].join('\n');
}
