/** Reading is authorised too: the requester, approvers of the entitlement, responders and auditors. */
import type { Configuration, Person } from '../core/configuration.ts';
import { expiryOf, type Grant } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { isAmong } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Instant } from '../core/time.ts';
import { deciderIn, waitingFor } from '../core/waiting.ts';
import { rulesInForce } from './delegations.ts';
import { mayEnd } from './endGrant.ts';
import type { Page, RecordDeps, Stored, StoredWithEvents } from './ports.ts';

export type Listing = {
  /** `waiting`: what waits for this person's decision. */
  readonly view: 'mine' | 'all' | 'waiting';
  readonly state?: string;
  readonly limit: number;
  readonly cursor?: string;
};

/** To whoever may not read a grant, it does not exist. */
export async function showGrant(
  deps: RecordDeps,
  person: Person,
  id: GrantId,
): Promise<Result<StoredWithEvents, Refusal>> {
  const [stored, rules] = await Promise.all([deps.store.readGrant(id), rulesInForce(deps)]);
  return stored && mayRead(person, stored.grant, rules, deps.now())
    ? ok(stored)
    : no({ reason: 'unknownGrant', grantId: id });
}

/** A page may hold fewer than `limit` grants, even none, and still have a cursor: what may not be seen is left out. */
export async function listGrants(
  deps: RecordDeps,
  person: Person,
  { view, state, limit, cursor }: Listing,
): Promise<Page<Stored>> {
  const [page, config] = await Promise.all([pageOf(deps, person, view, limit, cursor), rulesInForce(deps)]);
  const now = deps.now();
  const wanted = (grant: Grant): boolean =>
    view === 'waiting' ? isWaitedFor(person, grant, config, now) : mayRead(person, grant, config, now);
  const items = page.items.filter(({ grant }) => (state === undefined || grant.state === state) && wanted(grant));
  return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
}

function pageOf({ store }: RecordDeps, { id }: Person, view: Listing['view'], limit: number, cursor?: string) {
  if (view === 'mine') return store.grantsOfPerson(id, limit, cursor);
  return view === 'waiting' ? store.undecidedGrants(limit, cursor) : store.grantsByTime(limit, cursor);
}

function isWaitedFor(person: Person, grant: Grant, config: Configuration, now: Instant): boolean {
  const until = grant.state === 'pending' ? grant.decideBy : expiryOf(grant);
  const waiting = until !== undefined && until > now ? waitingFor(grant, config) : undefined;
  return waiting !== undefined && deciderIn(waiting, person, config, now) !== undefined;
}

/** Whoever may end access may see it, and so may auditors. */
export const mayRead = (person: Person, grant: Grant, config: Configuration, now: Instant): boolean =>
  mayEnd(person, grant, config, now) ||
  isAmong(person.id, config.auditors, config.directory) ||
  (grant.review !== undefined && isAmong(person.id, config.reviewers ?? [], config.directory));
