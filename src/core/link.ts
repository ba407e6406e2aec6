/**
 * Linking a Slack account to a person: somebody in Slack is given a code, and whoever is signed in as a person elsewhere
 * says it. What Slack signed and what AWS or an OIDC issuer proved meet in that code and in nothing else.
 *
 * One account is one person, and a person has one account of a workspace; both have to be let go before another takes
 * their place. A code serves once, for ten minutes, and a newer one of the same account voids it.
 */
import type { ChainHead } from './audit.ts';
import { canonicalJson, type Sha256 } from './canonical.ts';
import type { Person, SlackIdentity } from './configuration.ts';
import type { Actor } from './grant.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import { hours, type Instant, minus, minutes, plus } from './time.ts';

/** What is known of one Slack account. */
export type SlackAccount = SlackIdentity & {
  /** Guards every write: one higher each time. */
  readonly version: number;
  /** As Slack shows it, for the person who says the code: whose account is this? It proves nothing. */
  readonly name?: string;
  readonly personId?: string;
  /** The one code that is good now, hashed. */
  readonly code?: { readonly hash: string; readonly expiresAt: Instant };
  /** When codes were given out, within the last hour. */
  readonly begunAt: readonly Instant[];
};

export type LinkedAccount = SlackIdentity & { readonly name?: string; readonly linkedAt: Instant };

/** What a person has linked, and how often they said a code lately. */
export type LinkRecord = {
  readonly personId: string;
  readonly version: number;
  readonly accounts: readonly LinkedAccount[];
  readonly attempts: readonly Instant[];
  /** Where the chain of the person's events stands (I6). */
  readonly chain: ChainHead;
};

export type PersonEventBody = { readonly type: 'linked' | 'unlinked'; readonly account: LinkedAccount };

/** An event in the chain of a person: what came to be another way of being them, or no longer is. */
export type PersonEvent = {
  readonly personId: string;
  readonly n: number;
  readonly at: Instant;
  readonly actor: Actor;
  readonly body: PersonEventBody;
  /** The hash of event n - 1; `person:<id>` for the first. */
  readonly previous: string;
  readonly hash: string;
};

export type Linking = { readonly account: SlackAccount; readonly record: LinkRecord; readonly event: PersonEvent };

const LONGEST_NAME = 100;
const CODE_LIVES = minutes(10);
const CODES_PER_HOUR = 5;
const ATTEMPTS_PER_HOUR = 10;

// 60 bits: with every person of a large company guessing at the limit all day, one in a million million.
const CODE_CHARACTERS = 12;
export const LINK_CODE_RANDOM_BYTES = CODE_CHARACTERS;
// Crockford's, which leaves out i, l, o and u: https://www.crockford.com/base32.html
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `K7QF-2M9X-TR40`, of so many random bytes: five bits of each. */
export function linkCode(random: Uint8Array): string {
  if (random.length < LINK_CODE_RANDOM_BYTES)
    throw new RangeError(`a code takes ${LINK_CODE_RANDOM_BYTES} random bytes`);
  const characters = [...random.subarray(0, CODE_CHARACTERS)].map((byte) => ALPHABET[byte & 31]).join('');
  return characters.replace(/(.{4})(?=.)/g, '$1-');
}

/** A code as people type it, in the one form that is hashed; undefined if it cannot be one. */
export function parseLinkCode(text: string): string | undefined {
  const characters = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(characters) ? characters.replace(/(.{4})(?=.)/g, '$1-') : undefined;
}

/** What is stored of a code. */
export const hashOfCode = (code: string, hub: string, sha256: Sha256): string =>
  sha256(`hallpass link\n${hub}\n${code}`);

const lately = (moments: readonly Instant[], now: Instant): Instant[] =>
  moments.filter((at) => at > minus(now, hours(1)));

function limited(moments: readonly Instant[], limit: number, now: Instant): Instant | undefined {
  const recent = lately(moments, now);
  const oldest = recent[recent.length - limit];
  return oldest === undefined ? undefined : plus(oldest, hours(1));
}

/** The account with a new code, if it may have one. */
export function begun(
  account: SlackAccount | undefined,
  who: SlackIdentity & { readonly name?: string },
  hash: string,
  now: Instant,
): Result<SlackAccount, Refusal> {
  if (account?.personId !== undefined) return no({ reason: 'accountLinked', userId: who.userId });
  const again = limited(account?.begunAt ?? [], CODES_PER_HOUR, now);
  if (again !== undefined) return no({ reason: 'tooManyLinkCodes', limit: CODES_PER_HOUR, again });
  return ok({
    ...account,
    teamId: who.teamId,
    userId: who.userId,
    ...(who.name !== undefined && { name: who.name.slice(0, LONGEST_NAME) }),
    version: (account?.version ?? 0) + 1,
    code: { hash, expiresAt: plus(now, CODE_LIVES) },
    begunAt: [...lately(account?.begunAt ?? [], now), now],
  });
}

/** The record with one more attempt on it: counted before the code is looked at, so that guesses cannot race. */
export function attempted(record: LinkRecord | undefined, personId: string, now: Instant): Result<LinkRecord, Refusal> {
  const again = limited(record?.attempts ?? [], ATTEMPTS_PER_HOUR, now);
  if (again !== undefined) return no({ reason: 'tooManyLinkAttempts', limit: ATTEMPTS_PER_HOUR, again });
  const before = record ?? {
    personId,
    version: 0,
    accounts: [],
    attempts: [],
    chain: { n: 0, hash: `person:${personId}` },
  };
  return ok({ ...before, version: before.version + 1, attempts: [...lately(before.attempts, now), now] });
}

export const isGood = (account: SlackAccount | undefined, hash: string, now: Instant): account is SlackAccount =>
  account?.code?.hash === hash && account.code.expiresAt > now;

/** May this account, whose code was said, become this person's? */
export function mayLink(account: SlackAccount, record: LinkRecord): Result<true, Refusal> {
  if (account.personId !== undefined) return no({ reason: 'accountLinked', userId: account.userId });
  const [other] = record.accounts.filter((linked) => linked.teamId === account.teamId);
  return other ? no({ reason: 'personLinked', userId: other.userId }) : ok(true);
}

export function linked(
  account: SlackAccount,
  record: LinkRecord,
  by: { readonly actor: Actor; readonly at: Instant; readonly sha256: Sha256 },
): Linking {
  const { code: _used, ...rest } = account;
  const link = accountOf(account, by.at);
  return {
    account: { ...rest, version: account.version + 1, personId: record.personId },
    ...recorded({ ...record, accounts: [...record.accounts, link] }, { type: 'linked', account: link }, by),
  };
}

export function unlinked(
  account: SlackAccount,
  record: LinkRecord,
  by: { readonly actor: Actor; readonly at: Instant; readonly sha256: Sha256 },
): Linking {
  const { personId: _former, ...rest } = account;
  const link = record.accounts.find((one) => isAccount(one, account)) ?? accountOf(account, by.at);
  return {
    account: { ...rest, version: account.version + 1 },
    ...recorded(
      { ...record, accounts: record.accounts.filter((one) => !isAccount(one, account)) },
      { type: 'unlinked', account: link },
      by,
    ),
  };
}

export const isAccount = (one: SlackIdentity, other: SlackIdentity): boolean =>
  one.teamId === other.teamId && one.userId === other.userId;

const accountOf = ({ teamId, userId, name }: SlackAccount, linkedAt: Instant): LinkedAccount => ({
  teamId,
  userId,
  ...(name !== undefined && { name }),
  linkedAt,
});

function recorded(
  record: LinkRecord,
  body: PersonEventBody,
  { actor, at, sha256 }: { readonly actor: Actor; readonly at: Instant; readonly sha256: Sha256 },
): Pick<Linking, 'record' | 'event'> {
  const { personId, chain } = record;
  const event = { personId, n: chain.n + 1, at, actor, body, previous: chain.hash };
  const hash = sha256(canonicalJson(event));
  return {
    record: { ...record, version: record.version + 1, chain: { n: event.n, hash } },
    event: { ...event, hash },
  };
}

/** The person with what they have linked. */
export const withAccounts = (person: Person, record: LinkRecord | undefined): Person =>
  record && record.accounts.length > 0
    ? { ...person, slack: record.accounts.map(({ teamId, userId }) => ({ teamId, userId })) }
    : person;
