/**
 * Access at once, without anybody's approval: activated by the request itself, with the table and EKS and nothing else.
 * What will be written and when it ends is on record first (I2), and the activation decides again (I1). IAM, the
 * workflow and every channel may be down: of roles it takes what was last known, and says how old that is.
 */
import { type BreakGlassInput, evaluateBreakGlass, type Use } from '../core/break-glass.ts';
import { digestOf } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import { factsOf } from '../core/facts.ts';
import type { BrokenGlass, GrantFacts, Preparation } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { between, days, hours, type Instant, minus, plus } from '../core/time.ts';
import { CannotActivate } from './access.ts';
import { activateGrant } from './activateGrant.ts';
import { arming } from './arm.ts';
import { type Ground, groundOf } from './breakGlassGround.ts';
import { actorOf, type Responder } from './hubRecord.ts';
import { withLinks } from './linkedAccounts.ts';
import { type Deps, type Known, NotReady, type PersonRecord, type RequestRecord, type Stored } from './ports.ts';
import { openKey } from './record.ts';
import type { KeyReused } from './requestGrant.ts';
import { usesOf } from './uses.ts';

export type BreakGlassDeps = Deps & {
  readonly known: Known;
  /** Before the n-th further try. */
  readonly pause: (attempt: number) => Promise<void>;
};

export type BreakGlass = Responder & {
  readonly input: BreakGlassInput;
  /** Same key and same body: the first answer again. */
  readonly idempotencyKey?: string;
};

const ROUTE = 'POST /v1/break-glass';
const ATTEMPTS = 5;
/** EKS shows what it has made within seconds; what it does not show by then, the sweeper reads back. */
const OPENINGS = 4;

export async function breakGlass(
  deps: BreakGlassDeps,
  given: BreakGlass,
): Promise<Result<Stored, Refusal | KeyReused>> {
  const request = { ...given, person: await withLinks(deps, given.person) };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await tryOnce(deps, request);
    if (answer !== 'again') return answer;
  }
  throw new NotReady(`${request.person.id}'s requests keep overtaking each other`);
}

async function tryOnce(
  deps: BreakGlassDeps,
  request: BreakGlass,
): Promise<Result<Stored, Refusal | KeyReused> | 'again'> {
  const { person, input, idempotencyKey: key } = request;
  const config = deps.config();
  const [earlier, record, uses, hub] = await Promise.all([
    key === undefined ? undefined : deps.store.readRequest(person.id, ROUTE, key),
    deps.store.readPerson(person.id),
    usesOf(deps, person, config),
    deps.hub.read(),
  ]);
  if (key !== undefined && earlier && earlier.expiresAt > deps.now()) return repeated(deps, request, earlier, key);
  const plan = evaluateBreakGlass(input, person, config, uses, deps.now());
  if (!plan.ok) return plan;
  const thawed = unlessFrozen({ ...plan.value, requester: person, breakGlass: true }, hub.state);
  if (!thawed.ok) return thawed;
  const ground = await groundOf(deps, plan.value);
  if (!ground.ok) return ground;
  const facts = await recorded(deps, request, plan.value, ground.value, config);
  if (!facts.ok) return facts;
  const armed = await arm(deps, request, facts.value, ground.value, opened(record, facts.value, uses, deps.now()));
  if (armed === 'again' || !armed.ok) return armed;
  deps.log('alarm', 'break-glass was used', {
    grantId: facts.value.id,
    person: person.id,
    entitlement: facts.value.entitlement.id,
    cluster: facts.value.cluster.name,
    incident: plan.value.incident,
    trust: ground.value.trustCheckedAt === undefined ? 'not known' : 'known',
  });
  return ok(await open(deps, armed.value));
}

async function recorded(
  deps: BreakGlassDeps,
  request: BreakGlass,
  plan: Parameters<typeof factsOf>[1] & Pick<BrokenGlass, 'incident' | 'reviewBy'>,
  { trustCheckedAt }: Ground,
  config: Configuration,
): Promise<Result<GrantFacts, Refusal>> {
  const id = grantId(deps.now(), deps.random(GRANT_ID_RANDOM_BYTES));
  const tableId = await deps.store.tableId();
  const facts = factsOf({ ...request, id, tableId, roleIds: new Map(), now: deps.now() }, plan, config);
  if (!facts.ok) return facts;
  const { incident, reviewBy } = plan;
  const broken = { incident, reviewBy, ...(trustCheckedAt !== undefined && { trustCheckedAt }) };
  return ok({ ...facts.value, breakGlass: broken });
}

/** All that has to be on record before anything is written to EKS, in one transaction. */
async function arm(
  deps: BreakGlassDeps,
  request: BreakGlass,
  facts: GrantFacts,
  { preparation }: { readonly preparation: Preparation },
  person: PersonRecord,
): Promise<Result<Stored, Refusal> | 'again'> {
  const before: EventBody[] = [
    { type: 'requested', facts },
    { type: 'brokeGlass', incident: facts.breakGlass?.incident ?? '' },
    { type: 'prepared', ...preparation },
  ];
  const entry = await deps.store.readEntry({ clusterArn: facts.cluster.arn, principalArn: facts.principal.arn });
  try {
    const change = arming(deps, undefined, entry, actorOf(request), before, plus(facts.requestedAt, facts.duration));
    const { idempotencyKey: key } = request;
    const commit = await deps.store.commit({
      ...change,
      person: { put: person },
      ...(key !== undefined && { request: requestRecord(deps, request, facts.id, key) }),
    });
    return commit.ok ? ok(change.stored) : 'again';
  } catch (error) {
    if (!(error instanceof CannotActivate)) throw error;
    return no({ reason: 'cannotActivate', why: error.why, detail: error.message });
  }
}

function opened(record: PersonRecord | undefined, facts: GrantFacts, uses: readonly Use[], now: Instant): PersonRecord {
  const kept = new Set(
    uses.filter(({ at, review }) => at > minus(now, days(8)) || (review && !review.done)).map(({ id }) => id),
  );
  return {
    ...record,
    personId: facts.requester.id,
    version: (record?.version ?? 0) + 1,
    open: { ...record?.open, [openKey(facts)]: facts.id },
    requestedAt: record?.requestedAt ?? [],
    uses: [...(record?.uses ?? []).filter(({ id }) => kept.has(id)), { id: facts.id, at: now }],
  };
}

/** From here on the record carries it: whatever this does not live to do, the sweeper does. */
async function open(deps: BreakGlassDeps, armed: Stored): Promise<Stored> {
  const { id, requestedAt, decideBy } = armed.grant;
  for (let attempt = 1; attempt <= OPENINGS; attempt++) {
    try {
      await activateGrant(deps, id, { kind: 'system', part: 'api' });
      break;
    } catch (error) {
      deps.log('warn', 'break-glass access is not there yet', { grantId: id, attempt, error: String(error) });
      if (!(error instanceof NotReady) || attempt === OPENINGS) break;
      await deps.pause(attempt);
    }
  }
  await deps.workflow.start(id, between(requestedAt, decideBy)).catch((error: unknown) => {
    deps.log('warn', 'the workflow did not start; the sweeper carries the grant', {
      grantId: id,
      error: String(error),
    });
  });
  return (await deps.store.readGrant(id).catch(() => undefined)) ?? armed;
}

async function repeated(
  deps: BreakGlassDeps,
  { input }: BreakGlass,
  { bodyDigest, grantId: id }: RequestRecord,
  key: string,
): Promise<Result<Stored, KeyReused>> {
  if (bodyDigest !== digestOf(input, deps.sha256)) return no({ reason: 'idempotencyKeyReused', key });
  const stored = await deps.store.readGrant(id);
  if (!stored) throw new Error(`grant ${id} is on record and cannot be read`);
  return ok(stored);
}

const requestRecord = (deps: Deps, { person, input }: BreakGlass, id: GrantId, key: string): RequestRecord => ({
  personId: person.id,
  route: ROUTE,
  key,
  bodyDigest: digestOf(input, deps.sha256),
  grantId: id,
  madeAt: deps.now(),
  expiresAt: plus(deps.now(), hours(24)),
});
