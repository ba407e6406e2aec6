/** Items of the table, and back. Every item is parsed here once; above this file there are only the core's types. */

import type { Due, PersonRecord, RequestRecord, Stored, TaskToken } from '../broker/ports.ts';
import { type Claim, type EntryKey, entryKeyText, type Ledger } from '../core/entry.ts';
import type { AuditEvent } from '../core/event.ts';
import type { GrantId } from '../core/id.ts';
import { dueAt, overdueFrom } from '../core/task.ts';
import { instant, parseInstant, toIso } from '../core/time.ts';
import { openIn } from '../core/waiting.ts';
import { type AttributeValue, marshall, unmarshall } from './attributes.ts';

export type Item = Record<string, AttributeValue>;
type Key = { readonly pk: string; readonly sk: string };

export const key = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } });
export const grantKey = (id: GrantId): Key => ({ pk: `grant#${id}`, sk: 'grant' });
export const eventKey = (id: string, n: number): Key => ({
  pk: `grant#${id}`,
  sk: `event#${String(n).padStart(6, '0')}`,
});
export const ledgerKey = (entry: EntryKey): Key => ({ pk: `entry#${entryKeyText(entry)}`, sk: 'entry' });
export const claimKey = (entry: EntryKey, grantId: string): Key => ({
  pk: `entry#${entryKeyText(entry)}`,
  sk: `claim#${grantId}`,
});
export const personKey = (personId: string): Key => ({ pk: `person#${personId}`, sk: 'person' });
export const requestKey = (r: Pick<RequestRecord, 'personId' | 'route' | 'key'>): Key => ({
  pk: `request#${r.personId}#${r.route}#${r.key}`,
  sk: 'request',
});

/** All that is due hangs on one partition of a sparse index: reading it costs what is due. */
export const DUE_PARTITION = 'due';
export const TIME_PARTITION = 'grant';
export const UNDECIDED_PARTITION = 'undecided';

/** The attributes of a grant's item, without its key and without the workflow's token, which is written apart. */
export function grantAttributes({ grant, chain, version, retries }: Stored): Item {
  const due = dueAt(grant, retries);
  const { account, region } = grant.cluster;
  return marshall({
    kind: 'grant',
    version,
    grant,
    chain,
    retries,
    personPk: grant.requester.id,
    personSk: grant.id,
    timePk: TIME_PARTITION,
    timeSk: grant.id,
    ...(openIn(grant) && { undecidedPk: UNDECIDED_PARTITION, undecidedSk: grant.id }),
    ...(due !== undefined && { duePk: DUE_PARTITION, dueAt: `${toIso(due)}#${grant.id}` }),
    place: `${account}/${region}`,
    overdueFrom: overdueFrom(grant),
  });
}

/** The attributes that a grant has at times only. */
export const PASSING = ['duePk', 'dueAt', 'overdueFrom', 'undecidedPk', 'undecidedSk'] as const;

/** An entry of the index of what is due. The hub's own record sorts before every time. */
export function dueFrom(item: Item): Due {
  const {
    pk = '',
    dueAt: at = '',
    place,
    overdueFrom: from,
  } = unmarshall(item) as Record<string, string> & Item & { overdueFrom?: number };
  return {
    id: String(pk).slice('grant#'.length) as GrantId,
    at: parseInstant(String(at).split('#')[0] ?? '') ?? instant(0),
    ...(place !== undefined && { place: String(place) }),
    ...(from !== undefined && { overdueFrom: instant(from) }),
  };
}

export function storedOf(item: Item): Stored {
  const { grant, chain, version, retries, token } = unmarshall(item) as Stored & { token?: TaskToken };
  return { grant, chain, version, retries, ...(token && { token }) };
}

export const eventItem = (event: AuditEvent): Item => ({
  ...key(eventKey(event.grantId, event.n)),
  ...marshall({ kind: 'event', event }),
});
export const eventOf = (item: Item): AuditEvent => (unmarshall(item) as { event: AuditEvent }).event;

export const claimItem = (claim: Claim): Item => ({
  ...key(claimKey(claim, claim.grantId)),
  ...marshall({ kind: 'claim', claim }),
});
export const claimFrom = (item: Item): Claim => (unmarshall(item) as { claim: Claim }).claim;

export const ledgerItem = (ledger: Ledger): Item => ({
  ...key(ledgerKey(ledger)),
  ...marshall({ kind: 'entry', version: ledger.version, ledger }),
});
export const ledgerFrom = (item: Item): Ledger => (unmarshall(item) as { ledger: Ledger }).ledger;

/** Each open grant is an attribute of its own, so that closing one needs no condition and meets no other. */
const OPEN = 'open:';
export const openAttribute = (open: string): string => `${OPEN}${open}`;

const DENIED = 'denied:';
export const deniedAttribute = (open: string): string => `${DENIED}${open}`;

export function personItem({ personId, version, open, requestedAt, denied = {}, uses }: PersonRecord): Item {
  const grants = Object.fromEntries(Object.entries(open).map(([key, id]) => [openAttribute(key), id]));
  const denials = Object.fromEntries(Object.entries(denied).map(([key, at]) => [deniedAttribute(key), at]));
  return {
    ...key(personKey(personId)),
    ...marshall({ kind: 'person', version, requestedAt, ...(uses && { uses }), ...grants, ...denials }),
  };
}

export function personFrom(personId: string, item: Item): PersonRecord {
  const {
    version,
    requestedAt = [],
    uses,
    ...rest
  } = unmarshall(item) as Pick<PersonRecord, 'version'> & Partial<PersonRecord>;
  const open = Object.entries(rest).filter(([name]) => name.startsWith(OPEN));
  const denied = Object.entries(rest).filter(([name]) => name.startsWith(DENIED));
  return {
    personId,
    version,
    requestedAt,
    ...(uses && { uses }),
    open: Object.fromEntries(open.map(([name, id]) => [name.slice(OPEN.length), String(id)])),
    ...(denied.length > 0 && {
      denied: Object.fromEntries(denied.map(([name, at]) => [name.slice(DENIED.length), instant(Number(at))])),
    }),
  };
}

export const requestItem = (request: RequestRecord): Item => ({
  ...key(requestKey(request)),
  ...marshall({ kind: 'request', request, until: request.expiresAt, expires: Math.ceil(request.expiresAt / 1_000) }),
});
export const requestFrom = (item: Item): RequestRecord => (unmarshall(item) as { request: RequestRecord }).request;
