/** A person asks. Nothing is opened; what was asked for is on record, and the workflow takes it from there. */
import { digestOf } from '../core/canonical.ts';
import { LONGEST_COOLDOWN } from '../core/condition.ts';
import type { Channel, Person } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import { factsOf } from '../core/facts.ts';
import type { Actor, GrantFacts } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId } from '../core/id.ts';
import { type Asked, recentRequests, withinLimits } from '../core/limits.ts';
import type { Refusal } from '../core/refusal.ts';
import { evaluateRequests, type Plan, type RequestInput } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { firstStep } from '../core/step.ts';
import { between, hours, type Instant, plus } from '../core/time.ts';
import { commitTogether } from './batch.ts';
import { conditionsNow } from './conditions.ts';
import { withLinks } from './linkedAccounts.ts';
import { type Change, NotReady, type PersonRecord, type RecordDeps, type RequestRecord, type Stored } from './ports.ts';
import { type Newcomer, placesLeft, returnPlaces, takePlaces } from './quota.ts';
import { type Draft, draft, openKey } from './record.ts';
import { ticketIsOpen } from './tickets.ts';

export type RequestGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly input: RequestInput;
  /** Same key and same body: the first answer again. */
  readonly idempotencyKey?: string;
};

/** `stored` and `created` are those of the first; `all` are the grants of every cluster that was named, in that order. */
export type Requested = Answered & { readonly all: readonly [Answered, ...Answered[]] };
type Answered = { readonly stored: Stored; readonly created: boolean };
export type KeyReused = { readonly reason: 'idempotencyKeyReused'; readonly key: string };

const ROUTE = 'POST /v1/grants';
const ATTEMPTS = 5;

/** What a request comes to on one cluster: a new grant, or the open one that it would repeat. */
type Considered =
  | { readonly kind: 'new'; readonly plan: Plan; readonly facts: GrantFacts }
  | { readonly kind: 'open'; readonly plan: Plan; readonly grantId: GrantId };
type Consideration = {
  readonly each: readonly [Considered, ...Considered[]];
  readonly record: PersonRecord | undefined;
  /** When it was found out that the ticket is open. */
  readonly askedAt: Instant | undefined;
};

export type Preview = { readonly plan: Plan; readonly openGrant?: GrantId };

/** What would be granted on each cluster, or why not: the same consideration, with nothing written. */
export async function previewRequest(
  deps: RecordDeps,
  request: RequestGrant,
): Promise<Result<Preview & { readonly all: readonly [Preview, ...Preview[]] }, Refusal>> {
  const considered = await consider(deps, request);
  if (!considered.ok) return considered;
  const left = await placesLeft(deps, newcomersIn(considered.value.each));
  if (!left.ok) return left;
  const [first, ...others] = considered.value.each;
  return ok({ ...previewOf(first), all: [previewOf(first), ...others.map(previewOf)] });
}

const previewOf = (considered: Considered): Preview => ({
  plan: considered.plan,
  ...(considered.kind === 'open' && { openGrant: considered.grantId }),
});

async function consider(deps: RecordDeps, request: RequestGrant): Promise<Result<Consideration, Refusal>> {
  const config = deps.config();
  const plans = evaluateRequests(request.input, request.person, config, deps.now());
  if (!plans.ok) return plans;
  const [record, tableId, roleIds, person, hub] = await Promise.all([
    deps.store.readPerson(request.person.id),
    deps.store.tableId(),
    deps.identities.roleIds(),
    withLinks(deps, request.person),
    deps.hub.read(),
  ]);
  const openOf = (plan: Plan): string | undefined => record?.open[openKey(plan)];
  const fresh = plans.value.filter((plan) => openOf(plan) === undefined);
  const wanted = fresh.length;
  for (const plan of fresh) {
    const thawed = unlessFrozen({ ...plan, requester: request.person }, hub.state);
    if (!thawed.ok) return thawed;
  }
  const within = wanted > 0 ? withinLimits(askedBy(record), wanted, config, deps.now()) : ok(true as const);
  if (!within.ok) return within;
  const held = await conditionsOf(deps, request, fresh, record);
  if (!held.ok) return held;
  const askedAt = await ticketIsOpen(deps, { person, plans: fresh });
  if (!askedAt.ok) return askedAt;
  const newFacts = (plan: Plan) => {
    const id = grantId(deps.now(), deps.random(GRANT_ID_RANDOM_BYTES));
    return factsOf({ ...request, person, id, tableId, roleIds, now: deps.now() }, plan, config);
  };
  const each: Considered[] = [];
  for (const plan of plans.value) {
    const open = openOf(plan);
    const facts = open === undefined ? newFacts(plan) : undefined;
    if (facts && !facts.ok) return facts;
    each.push(
      facts ? { kind: 'new', plan, facts: facts.value } : { kind: 'open', plan, grantId: String(open) as GrantId },
    );
  }
  return ok({ each: together(each), record, askedAt: askedAt.value });
}

/** On every cluster on which something new is asked for. */
async function conditionsOf(
  deps: RecordDeps,
  { person }: RequestGrant,
  plans: readonly Plan[],
  record: PersonRecord | undefined,
): Promise<Result<true, Refusal>> {
  for (const plan of plans) {
    const starts = plan.startAt ?? deps.now();
    const deniedAt = record?.denied?.[openKey(plan)];
    const situation = { moment: 'request', requester: person, starts, ends: plus(starts, plan.duration) } as const;
    const held = await conditionsNow(deps, plan.entitlement, situation, deniedAt === undefined ? {} : { deniedAt });
    if (!held.ok) return held;
  }
  return ok(true);
}

/** Each new grant knows the others: whoever decides one of them decides them all. */
function together(each: readonly Considered[]): Consideration['each'] {
  const grants = each.flatMap((one) =>
    one.kind === 'new' ? { id: one.facts.id, cluster: one.plan.cluster.name } : [],
  );
  const [leader] = grants;
  const [first, ...others] = each.map((one) =>
    leader && grants.length > 1 && one.kind === 'new'
      ? { ...one, facts: { ...one.facts, batch: { id: leader.id, grants } } }
      : one,
  );
  if (!first) throw new Error('a request is for one cluster at least');
  return [first, ...others];
}

export async function requestGrant(
  deps: RecordDeps,
  request: RequestGrant,
): Promise<Result<Requested, Refusal | KeyReused>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await tryRequest(deps, request);
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`${request.person.id}'s requests keep overtaking each other`);
}

/** Kept with the grant, so that it can be found when the ticket is closed. */
function withTicket(change: Draft, askedAt: Instant | undefined): Change {
  const { ticket, ticketSystem: system } = change.stored.grant;
  const known = ticket !== undefined && system !== undefined && askedAt !== undefined;
  return known ? { ...change, ticket: { system, ticket, askedAt } } : change;
}

async function tryRequest(
  deps: RecordDeps,
  request: RequestGrant,
): Promise<Result<Requested, Refusal | KeyReused> | 'again'> {
  const { person, idempotencyKey } = request;
  const [earlier, considered] = await Promise.all([
    idempotencyKey === undefined ? undefined : deps.store.readRequest(person.id, ROUTE, idempotencyKey),
    consider(deps, request),
  ]);
  if (earlier && earlier.expiresAt > deps.now()) return repeated(deps, earlier, digestOf(request.input, deps.sha256));
  if (!considered.ok) return considered;
  const { each, record, askedAt } = considered.value;
  const ids = each.map((one) => (one.kind === 'new' ? one.facts.id : one.grantId));
  const kept = idempotencyKey === undefined ? undefined : requestRecord(deps, request, ids, idempotencyKey);
  const drafts = each.map((one) =>
    one.kind === 'new' ? draft(deps, undefined, actorOf(request), opening(one.facts, one.plan)) : undefined,
  );
  const [first, ...others] = drafts.filter((one) => one !== undefined);
  if (!first) return !kept || (await deps.store.keepRequest(kept)) ? existing(deps, ids) : 'again';
  const newcomers = newcomersIn(each);
  const places = await takePlaces(deps, newcomers);
  if (!places.ok) return places;
  const commit = await commitTogether(deps, [
    {
      ...withTicket(first, askedAt),
      person: {
        put: opened(
          record,
          person.id,
          [first, ...others].map((one) => one.stored.grant),
          deps.now(),
        ),
      },
      ...(kept && { request: kept }),
    },
    ...others.map((other) => withTicket(other, askedAt)),
  ]);
  if (!commit.ok) {
    await returnPlaces(deps, newcomers);
    return 'again';
  }
  await Promise.all([first, ...others].map((one) => startWorkflow(deps, one.stored.grant)));
  return answered(
    await Promise.all(
      ids.map(async (id, index) => {
        const made = drafts[index];
        return made ? { stored: made.stored, created: true } : { stored: await readOpen(deps, id), created: false };
      }),
    ),
  );
}

function answered(each: readonly Answered[]): { ok: true; value: Requested } {
  const [first, ...others] = each;
  if (!first) throw new Error('a request answers one grant at least');
  return ok({ ...first, all: [first, ...others] });
}

const newcomersIn = (each: readonly Considered[]): Newcomer[] =>
  each.flatMap((one) =>
    one.kind === 'new' ? { facts: one.facts, undecided: !one.plan.entitlement.approval.autoApprove } : [],
  );

const requestRecord = (
  deps: RecordDeps,
  { person, input }: RequestGrant,
  ids: readonly GrantId[],
  key: string,
): RequestRecord => ({
  personId: person.id,
  route: ROUTE,
  key,
  bodyDigest: digestOf(input, deps.sha256),
  grantId: ids[0] as GrantId,
  ...(ids.length > 1 && { grantIds: ids }),
  madeAt: deps.now(),
  expiresAt: plus(deps.now(), hours(24)),
});

const actorOf = ({ person, channel, proof }: RequestGrant): Actor => ({
  kind: 'person',
  id: person.id,
  name: person.name,
  channel,
  proof,
});

/** Auto-approval is a recorded decision like any other; the access still waits for Prepare and Activate. */
function opening(facts: GrantFacts, plan: Plan): [EventBody, ...EventBody[]] {
  const begins = firstStep(plan.entitlement);
  const requested: EventBody = { type: 'requested', facts, ...(begins && { begins }) };
  if (!plan.entitlement.approval.autoApprove) return [requested];
  const startsAt = facts.startAt ?? facts.requestedAt;
  return [
    requested,
    { type: 'autoApproved' },
    { type: 'scheduled', startsAt, expiresAt: plus(startsAt, facts.duration) },
  ];
}

async function repeated(
  deps: RecordDeps,
  earlier: RequestRecord,
  bodyDigest: string,
): Promise<Result<Requested, KeyReused>> {
  if (earlier.bodyDigest !== bodyDigest) return no({ reason: 'idempotencyKeyReused', key: earlier.key });
  return existing(deps, earlier.grantIds ?? [earlier.grantId]);
}

const existing = async (deps: RecordDeps, ids: readonly GrantId[]): Promise<{ ok: true; value: Requested }> =>
  answered(await Promise.all(ids.map(async (id) => ({ stored: await readOpen(deps, id), created: false }))));

async function readOpen(deps: RecordDeps, id: GrantId): Promise<Stored> {
  const stored = await deps.store.readGrant(id);
  if (!stored) throw new Error(`grant ${id} is on record as open but cannot be read`);
  return stored;
}

export const askedBy = (record: PersonRecord | undefined): Asked => ({
  open: Object.keys(record?.open ?? {}).length,
  requestedAt: record?.requestedAt ?? [],
});

function opened(
  record: PersonRecord | undefined,
  personId: string,
  made: readonly GrantFacts[],
  now: Instant,
): PersonRecord {
  return {
    personId,
    version: (record?.version ?? 0) + 1,
    open: { ...record?.open, ...Object.fromEntries(made.map((facts) => [openKey(facts), facts.id])) },
    requestedAt: [...recentRequests(record?.requestedAt ?? [], now), ...made.map(() => now)],
    ...(record?.denied && { denied: rememberedDenials(record.denied, now) }),
    ...(record?.uses && { uses: record.uses }),
  };
}

const rememberedDenials = (
  denied: NonNullable<PersonRecord['denied']>,
  now: Instant,
): PersonRecord['denied'] & object =>
  Object.fromEntries(Object.entries(denied).filter(([, at]) => plus(at, LONGEST_COOLDOWN) > now));

/** Without the workflow the sweeper does every step, a little later. */
async function startWorkflow(deps: RecordDeps, { id, requestedAt, decideBy }: GrantFacts): Promise<void> {
  try {
    await deps.workflow.start(id, between(requestedAt, decideBy));
  } catch (error) {
    deps.log('warn', 'the workflow did not start; the sweeper carries the grant', {
      grantId: id,
      error: String(error),
    });
  }
}
