/** The store in memory: the same conditions as the table's, held by the same contract (`fake-store.test.ts`). */
import {
  BadCursor,
  type Change,
  type Commit,
  type Page,
  type PersonRecord,
  type RequestRecord,
  type Store,
  type Stored,
} from '../../src/broker/ports.ts';
import { type Claim, type EntryKey, entryKeyText, type Ledger } from '../../src/core/entry.ts';
import type { AuditEvent } from '../../src/core/event.ts';
import type { GrantId } from '../../src/core/id.ts';
import { dueAt, overdueFrom } from '../../src/core/task.ts';
import type { Instant } from '../../src/core/time.ts';
import { openIn } from '../../src/core/waiting.ts';

export type Tables = {
  readonly grants: Map<string, Stored>;
  readonly events: Map<string, AuditEvent[]>;
  readonly ledgers: Map<string, Ledger>;
  readonly claims: Map<string, Map<string, Claim>>;
  readonly people: Map<string, PersonRecord>;
  readonly requests: Map<string, RequestRecord>;
  readonly quotas: Map<string, Set<GrantId>>;
  /** By `<system>#<ticket>`. */
  readonly tickets: Map<string, { readonly grants: readonly GrantId[]; readonly closedAt?: Instant }>;
};

export const emptyTables = (): Tables => ({
  grants: new Map(),
  events: new Map(),
  ledgers: new Map(),
  claims: new Map(),
  people: new Map(),
  requests: new Map(),
  quotas: new Map(),
  tickets: new Map(),
});

/** What is written is a copy without undefined properties, as in the table: nobody shares an object with it. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const made: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) made[name] = copy(member);
  return made as T;
}
const copyOf = <T>(value: T | undefined): T | undefined => (value === undefined ? undefined : copy(value));
const requestId = (r: Pick<RequestRecord, 'personId' | 'route' | 'key'>): string => `${r.personId}#${r.route}#${r.key}`;

export function storeInMemory(tables: Tables, tableId: string): Store {
  const { grants, events, ledgers, claims, people, requests, tickets } = tables;

  const ledgerIs = (key: EntryKey, version: number): boolean =>
    (ledgers.get(entryKeyText(key))?.version ?? 0) === version;

  const isFree = (request: RequestRecord): boolean =>
    (requests.get(requestId(request))?.expiresAt ?? 0) <= request.madeAt;

  function conflictOf({ stored, events: more, ledger, person, request, ticket }: Change): Commit {
    const before = grants.get(stored.grant.id);
    if ((before?.version ?? 0) !== stored.version - 1)
      return before?.chain.hash === stored.chain.hash ? { ok: true } : { ok: false, conflict: 'grant' };
    const known = new Set(events.get(stored.grant.id)?.map((event) => event.n));
    if (more.some((event) => known.has(event.n))) return { ok: false, conflict: 'grant' };
    if (ledger && !ledgerIs('put' in ledger ? ledger.put : ledger.remove, ledger.was))
      return { ok: false, conflict: 'ledger' };
    if (person && (people.get(person.put.personId)?.version ?? 0) !== person.put.version - 1)
      return { ok: false, conflict: 'person' };
    if (ticket && (tickets.get(`${ticket.system}#${ticket.ticket}`)?.closedAt ?? -1) >= ticket.askedAt)
      return { ok: false, conflict: 'ticket' };
    if (request && !isFree(request)) return { ok: false, conflict: 'request' };
    return { ok: true };
  }

  function write({ stored, events: more, claim, ledger, person, closes, request, ticket }: Change): void {
    if (ticket) {
      const at = `${ticket.system}#${ticket.ticket}`;
      const before = tickets.get(at);
      tickets.set(at, { ...before, grants: [...(before?.grants ?? []), stored.grant.id] });
    }
    const { token: _, ...rest } = stored;
    const token = grants.get(stored.grant.id)?.token;
    grants.set(stored.grant.id, copy({ ...rest, ...(token && { token }) }));
    events.set(stored.grant.id, [...(events.get(stored.grant.id) ?? []), ...copy(more)]);
    if (claim) {
      const at = entryKeyText('put' in claim ? claim.put : claim.remove);
      const held = claims.get(at) ?? new Map<string, Claim>();
      if ('put' in claim) held.set(claim.put.grantId, copy(claim.put));
      else held.delete(stored.grant.id);
      claims.set(at, held);
    }
    if (ledger && 'put' in ledger) ledgers.set(entryKeyText(ledger.put), copy(ledger.put));
    if (ledger && 'remove' in ledger) ledgers.delete(entryKeyText(ledger.remove));
    if (person) people.set(person.put.personId, copy(person.put));
    if (closes) {
      const record = people.get(closes.personId) ?? {
        personId: closes.personId,
        version: 0,
        open: {},
        requestedAt: [],
      };
      const { [closes.open]: __, ...open } = record.open;
      const denied =
        closes.deniedAt === undefined ? record.denied : { ...record.denied, [closes.open]: closes.deniedAt };
      people.set(closes.personId, { ...record, open, version: record.version + 1, ...(denied && { denied }) });
    }
    if (request) requests.set(requestId(request), copy(request));
  }

  function page(
    index: string,
    partition: string,
    all: readonly Stored[],
    limit: number,
    cursor?: string,
  ): Page<Stored> {
    const ids = all
      .map((stored) => stored.grant.id)
      .sort()
      .reverse();
    const begin = cursor === undefined ? undefined : after(index, partition, cursor);
    const from = begin === undefined ? 0 : ids.findIndex((id) => id < begin);
    const shown = from < 0 ? [] : ids.slice(from, from + limit);
    const last = shown.at(-1);
    const items = shown.map((id) => copy(grants.get(id) as Stored));
    const more = last !== undefined && shown.length === limit;
    return {
      items,
      ...(more && { cursor: Buffer.from(JSON.stringify([index, partition, last])).toString('base64url') }),
    };
  }

  const places = new Map<string, NonNullable<ReturnType<Store['recall']>>>();
  return {
    tableId: async () => tableId,
    recall: (id) => places.get(id),
    readGrant: async (id) => {
      const stored = copyOf(grants.get(id));
      if (stored) places.set(id, { cluster: stored.grant.cluster, principal: stored.grant.principal });
      return stored && { ...stored, events: copy(events.get(id) ?? []) };
    },
    readEntry: async (key) => {
      const at = entryKeyText(key);
      const ledger = copyOf(ledgers.get(at));
      const held = [...(claims.get(at)?.values() ?? [])].sort((a, b) => (a.grantId < b.grantId ? -1 : 1));
      return { ...(ledger && { ledger }), claims: copy(held) };
    },
    readPerson: async (id) => copyOf(people.get(id)),
    readRequest: async (personId, route, key) => copyOf(requests.get(requestId({ personId, route, key }))),
    keepRequest: async (request) => {
      if (!isFree(request)) return false;
      requests.set(requestId(request), copy(request));
      return true;
    },
    commit: async (change) => {
      const before = grants.get(change.stored.grant.id)?.version ?? 0;
      const answer = conflictOf(change);
      if (answer.ok && before === change.stored.version - 1) write(change);
      return answer;
    },
    commitAll: async (changes) => {
      const [first] = changes;
      if (grants.get(first.stored.grant.id)?.chain.hash === first.stored.chain.hash) return { ok: true };
      for (const change of changes) {
        const answer = conflictOf(change);
        if (!answer.ok) return answer;
        // Another version of it than the first's own: the whole is somebody else's.
        if (grants.get(change.stored.grant.id)?.chain.hash === change.stored.chain.hash)
          return { ok: false, conflict: 'grant' };
      }
      for (const change of changes) write(change);
      return { ok: true };
    },
    commitLedger: async (ledger, was) => {
      const now = ledgers.get(entryKeyText(ledger));
      if (!ledgerIs(ledger, was))
        return JSON.stringify(now) === JSON.stringify(copy(ledger)) ? { ok: true } : { ok: false, conflict: 'ledger' };
      ledgers.set(entryKeyText(ledger), copy(ledger));
      return { ok: true };
    },
    putToken: async (id, token) => {
      const stored = grants.get(id);
      if (!stored) return undefined;
      grants.set(id, { ...stored, token: copy(token) });
      return copy({ ...stored, token });
    },
    defer: async ({ grant, version, retries }, task, retry) => {
      const stored = grants.get(grant.id);
      if (stored?.version === version) grants.set(grant.id, { ...stored, retries: { ...retries, [task]: retry } });
    },
    due: async (until, limit) =>
      [...grants.values()]
        .flatMap(({ grant, retries }) => {
          const due = dueAt(grant, retries);
          if (due === undefined || due > until) return [];
          const from = overdueFrom(grant);
          const place = `${grant.cluster.account}/${grant.cluster.region}`;
          return { id: grant.id, at: due, place, ...(from !== undefined && { overdueFrom: from }) };
        })
        .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        .slice(0, limit),
    grantsOfPerson: async (id, limit, cursor) =>
      page(
        'byPerson',
        id,
        [...grants.values()].filter((stored) => stored.grant.requester.id === id),
        limit,
        cursor,
      ),
    undecidedGrants: async (limit, cursor) =>
      page(
        'undecided',
        'undecided',
        [...grants.values()].filter((stored) => openIn(stored.grant)),
        limit,
        cursor,
      ),
    grantsByTime: async (limit, cursor) => page('byTime', 'grant', [...grants.values()], limit, cursor),
  };
}

function after(index: string, partition: string, cursor: string): string {
  try {
    const [ofIndex, ofPartition, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
    if (ofIndex === index && ofPartition === partition && id?.length === 26) return id;
  } catch {
    // Not one of ours either.
  }
  throw new BadCursor('the cursor is not one of this listing');
}
