/** A person asks. Nothing is opened; what was asked for is on record, and the workflow takes it from there. */
import { digestOf } from '../core/canonical.ts';
import type { Channel, Configuration, Entitlement, Person } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, GrantFacts, Principal } from '../core/grant.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId } from '../core/id.ts';
import { identifiersOf, type RoleIds, userIdOf } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { evaluateRequest, type Plan, type RequestInput } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { hours, type Instant, minus, plus } from '../core/time.ts';
import { trustedIn } from '../core/trust.ts';
import type { PersonRecord, RecordDeps, RequestRecord, Stored } from './ports.ts';
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

/** What would be granted, or why not: the same evaluation, with nothing written. */
export function previewRequest(deps: RecordDeps, request: RequestGrant): Result<Plan, Refusal> {
  return evaluateRequest(request.input, request.person, deps.config(), deps.now());
}

export async function requestGrant(
  deps: RecordDeps,
  request: RequestGrant,
): Promise<Result<Requested, Refusal | KeyReused>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await tryRequest(deps, request);
    if (answer !== 'again') return answer;
  }
  throw new Error(`${request.person.id}'s requests keep overtaking each other`);
}

async function tryRequest(
  deps: RecordDeps,
  request: RequestGrant,
): Promise<Result<Requested, Refusal | KeyReused> | 'again'> {
  const { person, idempotencyKey } = request;
  const config = deps.config();
  const bodyDigest = digestOf(request.input, deps.sha256);
  const [record, earlier, tableId, roleIds] = await Promise.all([
    deps.store.readPerson(person.id),
    idempotencyKey === undefined ? undefined : deps.store.readRequest(person.id, ROUTE, idempotencyKey),
    deps.store.tableId(),
    deps.identities.roleIds(),
  ]);
  if (earlier && earlier.expiresAt > deps.now()) return repeated(deps, earlier, bodyDigest);

  const plan = evaluateRequest(request.input, person, config, deps.now());
  if (!plan.ok) return plan;
  const open = record?.open[openKey({ entitlement: plan.value.entitlement, cluster: { ...plan.value.cluster } })];
  if (open !== undefined) return existing(deps, open as GrantId);
  const within = withinLimits(record, config, deps.now());
  if (!within.ok) return within;

  const facts = factsOf(deps, request, plan.value, config, tableId, roleIds);
  if (!facts.ok) return facts;
  const change = draft(deps, undefined, actorOf(request), opening(facts.value, plan.value));
  const commit = await deps.store.commit({
    ...change,
    person: { put: opened(record, facts.value, deps.now()) },
    ...(idempotencyKey !== undefined && {
      request: {
        personId: person.id,
        route: ROUTE,
        key: idempotencyKey,
        bodyDigest,
        grantId: facts.value.id,
        expiresAt: plus(deps.now(), hours(24)),
      },
    }),
  });
  if (!commit.ok) return 'again';
  await startWorkflow(deps, facts.value.id);
  return ok({ stored: change.stored, created: true });
}

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

function factsOf(
  deps: RecordDeps,
  { person, channel }: RequestGrant,
  plan: Plan,
  config: Configuration,
  tableId: string,
  roleIds: RoleIds,
): Result<GrantFacts, Refusal> {
  const id = grantId(deps.now(), deps.random(GRANT_ID_RANDOM_BYTES));
  const principal = principalOf(id, person, plan.entitlement, config, roleIds);
  if (!principal.ok) return principal;
  const { name, arn, account, region, executor } = plan.cluster;
  return ok({
    id,
    hub: config.hub,
    tableId,
    requester: { id: person.id, name: person.name, identifiers: identifiersOf(person), channel },
    entitlement: { id: plan.entitlement.id, digest: plan.entitlement.digest },
    configuration: config.digest,
    cluster: { name, arn, account, region, executor },
    access: plan.access,
    principal: principal.value,
    duration: plan.duration,
    requestedAt: deps.now(),
    decideBy: plan.decideBy,
    ...(plan.startAt !== undefined && { startAt: plan.startAt }),
    justification: plan.justification,
    ...(plan.ticket !== undefined && { ticket: plan.ticket }),
    warnBefore: config.warnBefore,
  });
}

function principalOf(
  id: GrantId,
  person: Person,
  rule: Entitlement,
  config: Configuration,
  roleIds: RoleIds,
): Result<Principal, Refusal> {
  const plan = rule.principal;
  if (plan.mode === 'role') {
    return ok({
      mode: 'role',
      arn: plan.role,
      assumableBy: plan.assumableBy,
      opensTo: trustedIn(plan.assumableBy, config.directory),
    });
  }
  for (const identity of person.iam) {
    const userId = userIdOf(identity, roleIds);
    if (userId === undefined) continue;
    const path = `/hallpass/${config.hub}/`;
    const roleName = `hallpass-${config.hub}-${id}`;
    const arn = `arn:${config.partition}:iam::${config.account}:role${path}${roleName}`;
    return ok({ mode: 'dedicated', arn, path, roleName, trusts: { role: identity.role, userId } });
  }
  return no({ reason: 'noIamIdentity', name: person.name });
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
