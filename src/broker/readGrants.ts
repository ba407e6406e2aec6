/** Reading is authorised too: the requester, approvers of the entitlement, responders and auditors. */
import type { Configuration, Person } from '../core/configuration.ts';
import type { Grant } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { isAmong } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { mayEnd } from './endGrant.ts';
import type { Page, RecordDeps, Stored, StoredWithEvents } from './ports.ts';

export type Listing = {
  readonly view: 'mine' | 'all';
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
  const stored = await deps.store.readGrant(id);
  return stored && mayRead(person, stored.grant, deps.config())
    ? ok(stored)
    : no({ reason: 'unknownGrant', grantId: id });
}

/** A page may hold fewer than `limit` grants, even none, and still have a cursor: what may not be seen is left out. */
export async function listGrants(
  deps: RecordDeps,
  person: Person,
  { view, state, limit, cursor }: Listing,
): Promise<Page<Stored>> {
  const page =
    view === 'mine'
      ? await deps.store.grantsOfPerson(person.id, limit, cursor)
      : await deps.store.grantsByTime(limit, cursor);
  const config = deps.config();
  const items = page.items.filter(
    ({ grant }) => (state === undefined || grant.state === state) && mayRead(person, grant, config),
  );
  return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
}

/** Whoever may end access may see it, and so may auditors. */
const mayRead = (person: Person, grant: Grant, config: Configuration): boolean =>
  mayEnd(person, grant, config) || isAmong(person.id, config.auditors, config.directory);
