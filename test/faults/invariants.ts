/**
 * What must be true of a world whatever happened in it, read from what EKS held at every moment and from the record of
 * each grant, and not from what the code says of itself.
 */
import { faultsOf } from '../../src/core/audit.ts';
import type { AuditEvent } from '../../src/core/event.ts';
import { replay } from '../../src/core/evolve.ts';
import type { Grant } from '../../src/core/grant.ts';
import { dueAt } from '../../src/core/task.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Entry } from '../broker/fake-aws.ts';
import type { Tables } from '../broker/fake-store.ts';
import { isTheirs } from './company.ts';
import { sha256, type World } from './world.ts';

type Span = { readonly from: number; readonly to: number };

/** From when until when a grant's access was decided and armed. An early end ends it too. */
export type Window = Span & {
  readonly grantId: string;
  readonly principal: string;
  readonly expiresAt: number;
  readonly activated?: number;
};

const TERMINAL = ['ended', 'failed', 'denied', 'withdrawn', 'lapsed'];

export function windowsOf(tables: Tables): Window[] {
  return [...tables.grants.values()].flatMap(({ grant }) => {
    const events = tables.events.get(grant.id) ?? [];
    const armed = events.find((event) => event.body.type === 'armed');
    if (!armed || !isDecided(events, armed.n, grant)) return [];
    const revoking = events.find((event) => event.body.type === 'revoking');
    const activated = events.find((event) => event.body.type === 'activated');
    const ends = events.flatMap(({ body }) =>
      body.type === 'armed' || body.type === 'extended' ? body.expiresAt : [],
    );
    const expiresAt = Math.max(...ends);
    return {
      grantId: grant.id,
      principal: `${keyOf(grant)} ${grant.principal.arn}`,
      from: armed.at,
      expiresAt,
      to: Math.min(expiresAt, revoking?.at ?? Number.POSITIVE_INFINITY),
      ...(activated && { activated: activated.at }),
    };
  });
}

const keyOf = ({ cluster }: Grant): string => `${cluster.account}/${cluster.region}/${cluster.name}`;

/** I1: somebody else than the requester said yes before anything was armed, and again before anything was extended. */
function isDecided(events: readonly AuditEvent[], armed: number, { requester }: Grant): boolean {
  const others = (type: 'approved' | 'extensionApproved') =>
    events.filter(
      ({ body }) =>
        body.type === type &&
        body.approval.personId !== requester.id &&
        body.approval.onBehalfOf?.personId !== requester.id,
    );
  const extended = events.filter(({ body }) => body.type === 'extended').length;
  return others('approved').some(({ n }) => n < armed) && others('extensionApproved').length >= extended;
}

const opens = ({ entry, policies }: Entry): boolean => policies.length > 0 || entry.kubernetesGroups.length > 0;

/** When each principal had access through an entry that is not theirs, as `<cluster> <principal>`. */
function accessOf(world: World): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  const open = new Map<string, number>();
  const shut = (name: string, to: number): void => {
    const from = open.get(name);
    open.delete(name);
    if (from !== undefined && from < to) spans.set(name, [...(spans.get(name) ?? []), { from, to }]);
  };
  for (const { at, clusters } of world.past) {
    const now = new Set<string>();
    for (const [key, cluster] of clusters)
      for (const [principal, entry] of cluster.entries)
        if (opens(entry) && !isTheirs(entry)) now.add(`${key} ${principal}`);
    for (const name of [...open.keys()]) if (!now.has(name)) shut(name, at);
    for (const name of now) if (!open.has(name)) open.set(name, at);
  }
  for (const name of [...open.keys()]) shut(name, world.time.now());
  return spans;
}

export type Findings = {
  readonly violations: readonly string[];
  /** How long access was there after the last grant that wanted it had ended, in seconds: the longest of all. */
  readonly afterEnd: number;
  /** How long a live grant was without its access, in seconds: the longest of all. */
  readonly without: number;
};

export function findingsOf(world: World, windows: readonly Window[]): Findings {
  const violations: string[] = [];
  let afterEnd = 0;
  let without = 0;
  const access = accessOf(world);
  for (const [principal, spans] of access) {
    const wanted = windows.filter((one) => one.principal === principal);
    for (const span of spans) {
      for (const rest of minus(span, wanted)) {
        const ended = Math.max(...wanted.map((one) => one.to).filter((to) => to <= rest.from));
        if (Number.isFinite(ended)) afterEnd = Math.max(afterEnd, (rest.to - ended) / 1_000);
        else violations.push(`I1: access of ${principal} without a decision`);
      }
    }
  }
  for (const { principal, activated, to } of windows) {
    if (activated === undefined) continue;
    for (const gap of minus({ from: activated, to: Math.min(to, world.time.now()) }, access.get(principal) ?? []))
      without = Math.max(without, (gap.to - gap.from) / 1_000);
  }
  return { violations, afterEnd, without };
}

/** What of the span none of the others covers. */
function minus(span: Span, others: readonly Span[]): Span[] {
  let rest: Span[] = [span];
  for (const other of others) {
    rest = rest.flatMap(({ from, to }) => [
      { from, to: Math.min(to, other.from) },
      { from: Math.max(from, other.to), to },
    ]);
    rest = rest.filter(({ from, to }) => from < to);
  }
  return rest;
}

/** I6 of every grant: one chain, one end at most, and a state that its events lead to. */
export function recordFaults({ grants, events }: Tables): string[] {
  return [...grants.values()].flatMap(({ grant, chain }) => {
    const own = events.get(grant.id) ?? [];
    const found: string[] = [];
    for (const { n, fault } of faultsOf(grant.id, own, sha256)) found.push(`I6: event ${n} of ${grant.id} is ${fault}`);
    if (own.at(-1)?.hash !== chain.hash) found.push(`I6: the chain of ${grant.id} does not end in its last event`);
    if (replay(own)?.state !== grant.state) found.push(`I6: the events of ${grant.id} do not lead to ${grant.state}`);
    if (own.filter((event) => TERMINAL.includes(event.body.type)).length > 1)
      found.push(`I6: ${grant.id} ended more than once`);
    return found;
  });
}

/** Nothing is owed any more: every grant is over, and neither table nor IAM remembers an entry. */
export function leftovers({ tables, aws }: World): string[] {
  const found: string[] = [];
  for (const { grant, retries } of tables.grants.values()) {
    if (!('aftercare' in grant)) found.push(`${grant.id} is still ${grant.state}`);
    else if (dueAt(grant, retries) !== undefined) found.push(`something of ${grant.id} is still due`);
  }
  for (const key of tables.ledgers.keys()) found.push(`the ledger of ${key} is left`);
  for (const [key, claims] of tables.claims) if (claims.size > 0) found.push(`claims on ${key} are left`);
  for (const [key, { entries }] of aws.clusters)
    for (const [principal, entry] of entries)
      if (!isTheirs(entry)) found.push(`an entry of ${principal} in ${key} is left`);
  for (const name of aws.dedicated.keys()) found.push(`the role ${name} is left`);
  return found;
}

/** I4: what others made is, at every moment, as they made it. */
export function touched(world: World, theirs: ReadonlyMap<string, string>, since: Instant): string[] {
  const found = new Set<string>();
  for (const { at, clusters } of world.past) {
    if (at < since) continue;
    const now = new Map(
      [...clusters].flatMap(([key, { entries }]) =>
        [...entries].map(([arn, entry]) => [`${key} ${arn}`, JSON.stringify(entry)]),
      ),
    );
    for (const [name, was] of theirs) if (now.get(name) !== was) found.add(`I4: ${name} was touched`);
  }
  return [...found];
}

export const theirsNow = ({ aws }: Pick<World, 'aws'>): Map<string, string> =>
  new Map(
    [...aws.clusters].flatMap(([key, { entries }]) =>
      [...entries].map(([arn, entry]) => [`${key} ${arn}`, JSON.stringify(entry)] as const),
    ),
  );
