/**
 * Linking a Slack account: `beginLink` gives somebody in Slack a code, `linkIdentity` takes it from whoever is signed in
 * elsewhere. Letting go is the person's own right, and a responder's.
 */
import type { Channel, Configuration, Person, SlackIdentity } from '../core/configuration.ts';
import type { Actor } from '../core/grant.ts';
import { isAmong } from '../core/identity.ts';
import {
  attempted,
  begun,
  hashOfCode,
  isAccount,
  isGood,
  LINK_CODE_RANDOM_BYTES,
  type LinkedAccount,
  type LinkRecord,
  linkCode,
  linked,
  mayLink,
  type PersonEvent,
  parseLinkCode,
  type SlackAccount,
  unlinked,
} from '../core/link.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Instant } from '../core/time.ts';
import { NotReady, type RecordDeps } from './ports.ts';

type Deps = Pick<RecordDeps, 'config' | 'links' | 'now' | 'random' | 'sha256' | 'log'>;
export type Caller = { readonly person: Person; readonly channel: Channel; readonly proof: string };

const ATTEMPTS = 5;

/** Does it again on what the winner of a race left. */
async function retried<T>(what: string, attempt: () => Promise<T | 'again'>): Promise<T> {
  for (let n = 0; n < ATTEMPTS; n++) {
    const answer = await attempt();
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`${what} keeps being overtaken`);
}

export type BegunLink = { readonly code: string; readonly expiresAt: Instant };

/**
 * A code for this account, to be shown to its owner and to nobody else; `name` is how Slack shows them. What is passed
 * in must have been signed by Slack.
 */
export const beginLink = (
  deps: Deps,
  who: SlackIdentity & { readonly name?: string },
): Promise<Result<BegunLink, Refusal>> =>
  retried(`a code for ${who.userId}`, async () => {
    const { slack, hub } = deps.config();
    if (slack?.teamId !== who.teamId) return no({ reason: 'notRecognised' });
    const code = linkCode(deps.random(LINK_CODE_RANDOM_BYTES));
    const hash = hashOfCode(code, hub, deps.sha256);
    const account = begun(await deps.links.readAccount(who), who, hash, deps.now());
    if (!account.ok) return account;
    const expiresAt = account.value.code?.expiresAt ?? deps.now();
    const { teamId, userId } = who;
    const committed = await deps.links.commit({
      account: account.value,
      code: { hash, account: { teamId, userId }, expiresAt },
    });
    return committed ? ok({ code, expiresAt }) : 'again';
  });

type Said = { readonly account: SlackAccount; readonly record: LinkRecord };

/** Whose code was said, if it is good. Every look is an attempt, and is on record before the code is looked at. */
async function lookUp(deps: Deps, person: Person, text: string): Promise<Result<Said, Refusal>> {
  const { hub, slack } = deps.config();
  if (!slack) return no({ reason: 'slackNotConfigured' });
  if (person.owners) return no({ reason: 'roleNeverLinks', role: person.name });
  const record = await reserve(deps, person.id);
  if (!record.ok) return record;
  const code = parseLinkCode(text);
  const hash = code === undefined ? undefined : hashOfCode(code, hub, deps.sha256);
  const who = hash === undefined ? undefined : await deps.links.accountOfCode(hash);
  const account = who && (await deps.links.readAccount(who));
  // Said again after its answer was lost: the account is theirs already.
  if (account?.personId === person.id) return ok({ account, record: record.value });
  if (hash === undefined || !isGood(account, hash, deps.now()) || account.teamId !== slack.teamId) {
    deps.log('warn', 'a code for linking was not good', { person: person.id });
    return no({ reason: 'linkCodeNotGood' });
  }
  return ok({ account, record: record.value });
}

const reserve = (deps: Deps, personId: string): Promise<Result<LinkRecord, Refusal>> =>
  retried(`an attempt of ${personId}`, async () => {
    const record = attempted(await deps.links.readRecord(personId), personId, deps.now());
    if (!record.ok) return record;
    return (await deps.links.commit({ record: record.value })) ? record : 'again';
  });

export type LinkRequest = Caller & { readonly code: string };

/** Whose account it is, with nothing linked: for the person to look at before they say yes. */
export async function previewLink(deps: Deps, { person, code }: LinkRequest): Promise<Result<SlackAccount, Refusal>> {
  const said = await lookUp(deps, person, code);
  if (!said.ok) return said;
  const { account, record } = said.value;
  const may = account.personId === person.id ? ok(true) : mayLink(account, record);
  return may.ok ? ok(account) : may;
}

export async function linkIdentity(deps: Deps, request: LinkRequest): Promise<Result<LinkedAccount, Refusal>> {
  const said = await lookUp(deps, request.person, request.code);
  if (!said.ok) return said;
  const { account, record } = said.value;
  const own = account.personId === record.personId && record.accounts.find((one) => isAccount(one, account));
  if (own) return ok(own);
  const may = mayLink(account, record);
  if (!may.ok) return may;
  const change = linked(account, record, { actor: actorOf(request), at: deps.now(), sha256: deps.sha256 });
  // Overtaken: the code was said elsewhere or replaced, or another account came first. It is not good any more.
  if (!(await deps.links.commit(change))) return no({ reason: 'linkCodeNotGood' });
  return ok(change.event.body.account);
}

export type UnlinkRequest = Caller & { readonly userId: string };

export const unlinkIdentity = (deps: Deps, request: UnlinkRequest): Promise<Result<LinkedAccount, Refusal>> =>
  retried(`unlinking ${request.userId}`, async () => {
    const config = deps.config();
    if (!config.slack) return no({ reason: 'slackNotConfigured' });
    const who = { teamId: config.slack.teamId, userId: request.userId };
    const account = await deps.links.readAccount(who);
    const mayEndAnyones = isAmong(request.person.id, config.responders, config.directory);
    if (account?.personId === undefined || (account.personId !== request.person.id && !mayEndAnyones))
      return no({ reason: 'notLinked', userId: request.userId, responders: mayEndAnyones });
    const record = await deps.links.readRecord(account.personId);
    if (!record) throw new Error(`${who.userId} is linked to ${account.personId}, who has no record of it`);
    const change = unlinked(account, record, { actor: actorOf(request), at: deps.now(), sha256: deps.sha256 });
    return (await deps.links.commit(change)) ? ok(change.event.body.account) : 'again';
  });

export type ShownLinks = { readonly accounts: readonly LinkedAccount[]; readonly events: readonly PersonEvent[] };

/** What somebody has linked, and what became of earlier links: for themselves, responders and auditors. */
export async function readLinks(
  deps: Deps,
  caller: Person,
  personId: string = caller.id,
): Promise<Result<ShownLinks, Refusal>> {
  if (personId !== caller.id && !mayReadAnyones(caller, deps.config())) return no({ reason: 'notAllowedToReadLinks' });
  const [record, events] = await Promise.all([deps.links.readRecord(personId), deps.links.readEvents(personId)]);
  return ok({ accounts: record?.accounts ?? [], events });
}

const mayReadAnyones = ({ id }: Person, { responders, auditors, directory }: Configuration): boolean =>
  isAmong(id, [...responders, ...auditors], directory);

const actorOf = ({ person, channel, proof }: Caller): Actor => ({
  kind: 'person',
  id: person.id,
  name: person.name,
  channel,
  proof,
});
