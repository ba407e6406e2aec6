/** Items of the table, and back. Every item is parsed here once; above this file there are only the core's types. */

import type { Due, PersonRecord, RequestRecord, Stored, StoredWithEvents, Waiting } from '../broker/ports.ts';
import { canonicalJson } from '../core/canonical.ts';
import { type Claim, type EntryKey, entryKeyText, type Ledger } from '../core/entry.ts';
import type { AuditEvent } from '../core/event.ts';
import { preparationOf } from '../core/evolve.ts';
import type { Fixed, Grant, Standing } from '../core/grant.ts';
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

/** In the grant's item is what changes. What does not is in the events that said it, and written once. */
const FIXED = {
  ...{ id: true, hub: true, tableId: true, requester: true, entitlement: true, configuration: true, cluster: true },
  ...{ access: true, principal: true, duration: true, requestedAt: true, decideBy: true, startAt: true },
  ...{ justification: true, ticket: true, ticketSystem: true, warnBefore: true, batch: true, breakGlass: true },
  preparation: true,
} as const satisfies Record<Fixed, true>;

const standingOf = (grant: Grant): Standing =>
  Object.fromEntries(Object.entries(grant).filter(([name]) => !(name in FIXED))) as Standing;

/** The attributes of a grant's item, without its key and without the workflow's token, which is written apart. */
export function grantAttributes({ grant, chain, version, retries }: Stored): Item {
  const due = dueAt(grant, retries);
  const { account, region } = grant.cluster;
  return marshall({
    kind: 'grant',
    version,
    grant: standingOf(grant),
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

type DueItem = { readonly dueAt: string; readonly place?: string; readonly overdueFrom?: number };

export const idIn = ({ pk }: Item): GrantId => (pk?.S ?? '').slice('grant#'.length) as GrantId;

/** An entry of the index of what is due. The hub's own record sorts before every time. */
export function dueFrom(item: Item): Due {
  const { dueAt: at, place, overdueFrom: from } = unmarshall(item) as DueItem;
  return {
    id: idIn(item),
    at: parseInstant(at.split('#')[0] ?? '') ?? instant(0),
    ...(place !== undefined && { place }),
    ...(from !== undefined && { overdueFrom: instant(from) }),
  };
}

type GrantItem = Omit<Stored, 'grant'> & { readonly grant: Standing };

/** The hash of the last event that the item knows of. */
export const lastHashIn = (item: Item): string => (unmarshall(item) as GrantItem).chain.hash;

export function waitingOf(item: Item): Waiting {
  const { grant, token } = unmarshall(item) as GrantItem;
  return { grant, ...(token && { token }) };
}

/**
 * A grant from all the items of its partition; undefined when there is none. Transactions show themselves to a query
 * item by item, so events and state may be of different moments: `torn`.
 */
export function grantOf(items: readonly Item[]): (StoredWithEvents & { readonly torn: boolean }) | undefined {
  const item = items.find(({ sk }) => sk?.S === 'grant');
  if (!item) return undefined;
  const { grant: standing, chain, version, retries, token } = unmarshall(item) as GrantItem;
  const events = items.filter(({ sk }) => sk?.S?.startsWith('event#')).map(eventOf);
  const fixed = fixedIn(events);
  const grant = { ...standing, ...fixed } as Grant;
  const altered = alteredIn(standing, fixed);
  const torn = events.at(-1)?.hash !== chain.hash || events.some(({ n }, before) => n !== before + 1);
  const known = { grant, chain, version, retries, ...(token && { token }), events };
  return { ...known, ...(altered !== undefined && { altered }), torn };
}

/** Items of earlier releases repeat what the events say; nothing else may stand there. */
const alteredIn = (standing: object, fixed: Partial<Grant>): string | undefined =>
  Object.entries(standing).find(
    ([name, value]) =>
      name in FIXED && canonicalJson(value) !== canonicalJson((fixed as Record<string, unknown>)[name] ?? null),
  )?.[0];

function fixedIn(events: readonly AuditEvent[]): Partial<Grant> {
  const [first] = events;
  const facts = first?.body.type === 'requested' ? first.body.facts : {};
  const prepared = events.flatMap(({ body }) => (body.type === 'prepared' ? [preparationOf(body)] : [])).at(-1);
  return { ...facts, ...(prepared && { preparation: prepared }) };
}

export const eventItem = (event: AuditEvent): Item => ({
  ...key(eventKey(event.grantId, event.n)),
  ...marshall({ kind: 'event', event }),
});
export const eventOf = (item: Item): AuditEvent => (unmarshall(item) as { event: AuditEvent }).event;

/** Whose claim it is, and on which entry, is in its keys: written twice, it would cost twice. */
export function claimItem(claim: Claim): Item {
  const { clusterArn, principalArn, grantId, cluster, ...rest } = claim;
  const { arn: _, ...place } = cluster;
  return { ...key(claimKey(claim, grantId)), ...marshall({ kind: 'claim', claim: { ...rest, cluster: place } }) };
}

export function claimFrom(item: Item): Claim {
  const { claim } = unmarshall(item) as { claim: Omit<Claim, keyof EntryKey | 'grantId'> };
  // No cluster's ARN has a `#` in it; a role's path may.
  const [, clusterArn = '', ...rest] = (item['pk']?.S ?? '').split('#');
  const grantId = (item['sk']?.S ?? '').slice('claim#'.length);
  return {
    ...claim,
    clusterArn,
    principalArn: rest.join('#'),
    grantId,
    cluster: { ...claim.cluster, arn: clusterArn },
  };
}

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
