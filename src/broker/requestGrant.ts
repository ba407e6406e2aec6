/** A person asks. Nothing is opened; what was asked for is on record, and the workflow takes it from there. */
import { digestOf } from '../core/canonical.ts';
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import { factsOf } from '../core/facts.ts';
import type { Actor, GrantFacts } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { evaluateRequest, type Plan, type RequestInput } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { hours, type Instant, minus, plus } from '../core/time.ts';
import { withLinks } from './linkedAccounts.ts';
import { NotReady, type PersonRecord, type RecordDeps, type RequestRecord, type Stored } from './ports.ts';
import { draft, openKey } from './record.ts';

export type RequestGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly input: RequestInput;
  /** Same key and same body: the first answer again. */
  readonly idempotencyKey?: string;
};

export type Requested = { readonly stored: Stored; readonly created: boolean };
export type KeyReused = { readonly reason: 'idempotencyKeyReused'; readonly key: string };

const ROUTE = 'POST /v1/grants';
const ATTEMPTS = 5;

/** What a request comes to: a new grant, or the open one that it would repeat. */
type Considered =
  | { readonly kind: 'new'; readonly plan: Plan; readonly facts: GrantFacts; readonly record: PersonRecord | undefined }
  | { readonly kind: 'open'; readonly plan: Plan; readonly grantId: GrantId };

export type Preview = { readonly plan: Plan; readonly openGrant?: GrantId };

/** What would be granted, or why not: the same consideration, with nothing written. */
export async function previewRequest(deps: RecordDeps, request: RequestGrant): Promise<Result<Preview, Refusal>> {
  const considered = await consider(deps, request);
  if (!considered.ok) return considered;
  const { plan } = considered.value;
  return ok({ plan, ...(considered.value.kind === 'open' && { openGrant: considered.value.grantId }) });
}

async function consider(deps: RecordDeps, request: RequestGrant): Promise<Result<Considered, Refusal>> {
  const config = deps.config();
  const plan = evaluateRequest(request.input, request.person, config, deps.now());
  if (!plan.ok) return plan;
  const [record, tableId, roleIds, person, hub] = await Promise.all([
    deps.store.readPerson(request.person.id),
    deps.store.tableId(),
    deps.identities.roleIds(),
    withLinks(deps, request.person),
    deps.hub.read(),
  ]);
  const open = record?.open[openKey(plan.value)];
  if (open !== undefined) return ok({ kind: 'open', plan: plan.value, grantId: open as GrantId });
  const thawed = unlessFrozen({ ...plan.value, requester: request.person }, hub.state);
  if (!thawed.ok) return thawed;
  const within = withinLimits(record, config, deps.now());
  if (!within.ok) return within;
  const id = grantId(deps.now(), deps.random(GRANT_ID_RANDOM_BYTES));
  const facts = factsOf({ ...request, person, id, tableId, roleIds, now: deps.now() }, plan.value, config);
  return facts.ok ? ok({ kind: 'new', plan: plan.value, facts: facts.value, record }) : facts;
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
  if (considered.value.kind === 'open') {
    const { grantId: id } = considered.value;
    const kept =
      idempotencyKey === undefined || (await deps.store.keepRequest(requestRecord(deps, request, id, idempotencyKey)));
    return kept ? existing(deps, id) : 'again';
  }
  const { plan, facts, record } = considered.value;
  const change = draft(deps, undefined, actorOf(request), opening(facts, plan));
  const commit = await deps.store.commit({
    ...change,
    person: { put: opened(record, facts, deps.now()) },
    ...(idempotencyKey !== undefined && { request: requestRecord(deps, request, facts.id, idempotencyKey) }),
  });
  if (!commit.ok) return 'again';
  await startWorkflow(deps, facts.id);
  return ok({ stored: change.stored, created: true });
}

const requestRecord = (deps: RecordDeps, { person, input }: RequestGrant, id: GrantId, key: string): RequestRecord => ({
  personId: person.id,
  route: ROUTE,
  key,
  bodyDigest: digestOf(input, deps.sha256),
  grantId: id,
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
  const requested: EventBody = { type: 'requested', facts };
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
  return existing(deps, earlier.grantId);
}

async function existing(deps: RecordDeps, id: GrantId): Promise<{ ok: true; value: Requested }> {
  const stored = await deps.store.readGrant(id);
  if (!stored) throw new Error(`grant ${id} is on record as open but cannot be read`);
  return ok({ stored, created: false });
}

function withinLimits(record: PersonRecord | undefined, config: Configuration, now: Instant): Result<true, Refusal> {
  const open = Object.keys(record?.open ?? {}).length;
  const { openGrantsPerPerson, requestsPerPersonAndHour } = config.limits;
  if (open >= openGrantsPerPerson) return no({ reason: 'tooManyOpenGrants', open, limit: openGrantsPerPerson });
  const recent = recentRequests(record, now);
  const [oldest] = recent;
  if (oldest === undefined || recent.length < requestsPerPersonAndHour) return ok(true);
  return no({
    reason: 'tooManyRequests',
    inLastHour: recent.length,
    limit: requestsPerPersonAndHour,
    again: plus(oldest, hours(1)),
  });
}

const recentRequests = (record: PersonRecord | undefined, now: Instant): Instant[] =>
  (record?.requestedAt ?? []).filter((at) => at > minus(now, hours(1)));

function opened(record: PersonRecord | undefined, facts: GrantFacts, now: Instant): PersonRecord {
  return {
    personId: facts.requester.id,
    version: (record?.version ?? 0) + 1,
    open: { ...record?.open, [openKey(facts)]: facts.id },
    requestedAt: [...recentRequests(record, now), now],
  };
}

/** Without the workflow the sweeper does every step, a little later. */
async function startWorkflow(deps: RecordDeps, id: GrantId): Promise<void> {
  try {
    await deps.workflow.start(id);
  } catch (error) {
    deps.log('warn', 'the workflow did not start; the sweeper carries the grant', {
      grantId: id,
      error: String(error),
    });
  }
}
