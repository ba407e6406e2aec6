/**
 * Everything of a kind ends: somebody's, a cluster's, an entitlement's, or all. The order is on record first, so that
 * the sweeper finishes what this function does not live to see; what it covers is what there was when it was given.
 * Once given, it asks no rule, no configuration and no directory (I8).
 */
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant, State } from '../core/grant.ts';
import { type EndOrder, isWithin, type Scope, sameScope } from '../core/hub.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { ok, type Result } from '../core/result.ts';
import { between, minutes, seconds } from '../core/time.ts';
import { knownTarget } from './freeze.ts';
import { actorOf, changeHub, mayRespond, type Responder } from './hubRecord.ts';
import { inLanes } from './lanes.ts';
import { NotReady, type RecordDeps } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

export type EndMany = Responder & { readonly scope: Scope; readonly note?: string };

/** What one pass over the open grants did. */
export type Pass = {
  readonly order: EndOrder;
  /** Grants that this pass turned towards their end. */
  readonly ended: readonly { readonly id: GrantId; readonly requester: string; readonly was: State }[];
  /** Found on the way out already. */
  readonly ending: number;
  /** Ids of those that could not be reached in this pass; the sweeper goes on with them. */
  readonly left: readonly GrantId[];
  /** There was no time for those behind this id. */
  readonly after?: string;
};

type OrderDeps = Omit<RecordDeps, 'config' | 'identities' | 'random'>;

const LANES = 16;
/** So many are worked on before it is asked whether there is time for more. */
const CHUNK = 128;
/** A responder is answered after so long, whatever is left by then. */
const PROMPT = seconds(8);
/** An index shows a grant at the latest so long after it was written. */
const SHOWN_AFTER = minutes(1);

export async function endMany(deps: RecordDeps, request: EndMany): Promise<Result<Pass, Refusal>> {
  const allowed = mayRespond(request.person, deps.config());
  if (!allowed.ok) return allowed;
  const { person, scope, note } = request;
  const order: EndOrder = {
    id: grantId(deps.now(), deps.random(GRANT_ID_RANDOM_BYTES)),
    scope,
    by: person.name,
    byId: person.id,
    ...(note && { note }),
    since: deps.now(),
  };
  // A later order of the same scope covers more, and takes the earlier one's place.
  const given = await changeHub(deps, actorOf(request), ({ orders }) =>
    ok([
      ...orders
        .filter((one) => sameScope(one.scope, scope))
        .map((one) => ({ type: 'endOrderDone', order: one.id }) as const),
      { type: 'endOrdered', order },
    ]),
  );
  if (!given.ok) return given;
  const begun = deps.now();
  const passed = await pass(deps, order, actorOf(request), () => between(begun, deps.now()) >= PROMPT);
  if (passed.after !== undefined) await advance(deps, order, actorOf(request), passed.after);
  // Grants of what the configuration no longer has are ended by name; a name that nothing goes by was mistyped.
  const isNothing = passed.ended.length + passed.ending + passed.left.length === 0;
  const known = isNothing ? knownTarget(scope, deps.config()) : ok(true as const);
  return known.ok ? ok(passed) : known;
}

/** Works on every order that is on record, and closes those of which nothing is left. */
export async function carryOutOrders(deps: OrderDeps, actor: Actor, enough: () => boolean): Promise<void> {
  const { state } = await deps.hub.read();
  for (const order of state.orders) {
    if (enough()) return;
    const begun = deps.now();
    const { ended, ending, left, after } = await pass(deps, order, actor, enough);
    deps.log('info', 'an order to end was worked on', { order: order.id, ended: ended.length, left: left.length });
    if (after !== undefined || order.after !== undefined) {
      await advance(deps, order, actor, after);
      continue;
    }
    const complete = left.length === 0 && ended.length === 0 && between(order.since, begun) >= SHOWN_AFTER;
    if (!complete) continue;
    await changeHub(deps, actor, ({ orders }) =>
      ok(orders.some(({ id }) => id === order.id) ? [{ type: 'endOrderDone', order: order.id }] : []),
    );
    deps.log('info', 'an order to end is done', { order: order.id, ending });
  }
}

/** Whoever goes on need not look again at what was turned. An order that is lost or done meanwhile stays so. */
async function advance(deps: OrderDeps, { id }: EndOrder, actor: Actor, after: string | undefined): Promise<void> {
  await changeHub(deps, actor, ({ orders }) => {
    const known = orders.find((one) => one.id === id);
    if (!known || known.after === after) return ok([]);
    return ok([{ type: 'endOrderAdvanced', order: id, ...(after !== undefined && { after }) }]);
  });
}

/** In the order of their ids, which never change: what was reached is behind, whatever becomes due meanwhile. */
async function pass(deps: OrderDeps, order: EndOrder, actor: Actor, enough: () => boolean): Promise<Pass> {
  const ids = (await deps.hub.openGrants()).filter((id) => id > (order.after ?? '')).toSorted();
  const ended: Pass['ended'][number][] = [];
  const failed: GrantId[] = [];
  let ending = 0;
  let reached = 0;
  for (; reached < ids.length && !enough(); reached += CHUNK)
    await inLanes(ids.slice(reached, reached + CHUNK), LANES, async (id) => {
      try {
        const done = await endByOrder(deps, id, order, actor);
        if (done === 'ending') ending++;
        else if (done) ended.push({ id, requester: done.requester, was: done.was });
      } catch (error) {
        failed.push(id);
        if (!(error instanceof NotReady))
          deps.log('error', 'a grant could not be ended and will be tried again', {
            grantId: id,
            error: String(error),
          });
      }
    });
  const left = [...failed, ...ids.slice(reached)];
  const after = reached < ids.length ? (ids[reached - 1] ?? order.after) : undefined;
  return { order, ended, ending, left, ...(after !== undefined && { after }) };
}

const ATTEMPTS = 5;

/** Undefined where the order does not reach. */
async function endByOrder(
  deps: OrderDeps,
  id: GrantId,
  order: EndOrder,
  actor: Actor,
): Promise<{ readonly requester: string; readonly was: State } | 'ending' | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    if (!stored || !isWithin(stored.grant, order.scope) || stored.grant.requestedAt > order.since) return undefined;
    if (stored.grant.state === 'revoking') return 'ending';
    const body = endingBy(stored.grant, order);
    if (!body) return undefined;
    const change = draft(deps, stored, actor, [body]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return { requester: stored.grant.requester.name, was: stored.grant.state };
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its end`);
}

/** Undefined for a grant that is over. */
export function endingBy(
  { state }: Pick<Grant, 'state'>,
  { by, note }: Pick<EndOrder, 'by' | 'note'>,
): EventBody | undefined {
  switch (state) {
    case 'pending':
    case 'scheduled':
      return { type: 'denied', reason: note ?? 'ended by a responder before it began', by };
    case 'activating':
    case 'active':
      return { type: 'revoking', outcome: { state: 'ended', reason: 'endedEarly', by, ...(note && { note }) } };
    case 'revoking':
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return undefined;
  }
}
