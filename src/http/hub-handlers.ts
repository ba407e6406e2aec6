/** Endpoints of responders. */
import type * as z from 'zod/mini';
import { type EndMany, endMany, type Pass } from '../broker/endMany.ts';
import { freeze, thaw } from '../broker/freeze.ts';
import { hubStatus, progressOf, type Remaining } from '../broker/hubStatus.ts';
import type { Configuration } from '../core/configuration.ts';
import { type EndOrder, type HubState, type Scope, scopeText } from '../core/hub.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Result } from '../core/result.ts';
import { type Instant, toIso } from '../core/time.ts';
import type { EndedView, HubView } from './hub-schemas.ts';
import { invalid, problemOf } from './problem.ts';
import type { Answer, Handler } from './request.ts';
import type { EndRequest, FreezeRequest, ThawRequest } from './requests.ts';
import { grantView } from './views.ts';

export const HUB_HANDLERS = {
  async showHub(deps, { person }) {
    const { state, remaining } = await hubStatus(deps, person);
    const view = hubView(deps.config(), state, remaining);
    return { status: 200, body: { ...view, ...(remaining && { remaining: remainingView(remaining, deps.now()) }) } };
  },

  async endMany(deps, caller, { body }) {
    const { note, ...target } = body as z.infer<typeof EndRequest>;
    return forScope(target, async (scope) => {
      const request: EndMany = { ...caller, scope, ...(note !== undefined && { note }) };
      const passed = await endMany(deps, request);
      return passed.ok ? { status: 200, body: endedView(passed.value) } : { problem: problemOf(passed.error) };
    });
  },

  async freeze(deps, caller, { body }) {
    const { reason, breakGlass = false, ...target } = body as z.infer<typeof FreezeRequest>;
    return forScope(target, async (scope) =>
      shown(deps.config(), await freeze(deps, { ...caller, scope, reason, breakGlass })),
    );
  },

  async thaw(deps, caller, { body }) {
    const { reason, ...target } = body as z.infer<typeof ThawRequest>;
    return forScope(target, async (scope) =>
      shown(deps.config(), await thaw(deps, { ...caller, scope, ...(reason !== undefined && { reason }) })),
    );
  },
} as const satisfies Record<string, Handler>;

const MOST_GRANTS = 100;
const MOST_ENDED = 200;

type Target = Partial<Record<'cluster' | 'entitlement' | 'person', string | undefined>> & {
  readonly all?: true | undefined;
};

/** Nothing named is not everything: that has to be said. */
async function forScope(target: Target, work: (scope: Scope) => Promise<Answer>): Promise<Answer> {
  const scopes: Scope[] = target.all ? [{ kind: 'all' }] : [];
  for (const kind of ['cluster', 'entitlement', 'person'] as const) {
    const name = target[kind];
    if (name !== undefined) scopes.push({ kind, name });
  }
  const [scope, another] = scopes;
  if (scope && !another) return work(scope);
  return { problem: invalid('Name exactly one of all (true), cluster, entitlement and person.') };
}

const shown = (config: Configuration, result: Result<HubState, Refusal>): Answer =>
  result.ok ? { status: 200, body: hubView(config, result.value) } : { problem: problemOf(result.error) };

const hubView = (
  { hub }: Configuration,
  { freezes, orders, configuration }: HubState,
  remaining?: Remaining,
): HubView => ({
  hub,
  ...(configuration && {
    configuration: { ...configuration, since: toIso(configuration.since) },
  }),
  freezes: freezes.map(({ scope, by, reason, since, breakGlass }) => ({
    what: scopeText(scope),
    by,
    reason,
    since: toIso(since),
    breakGlass,
  })),
  orders: orders.map((order) => ({ ...orderView(order), ...(remaining && progressOf(order, remaining)) })),
});

const orderView = ({ id, scope, by, note, since }: EndOrder): HubView['orders'][number] => ({
  id,
  what: scopeText(scope),
  by,
  ...(note !== undefined && { note }),
  since: toIso(since),
});

const remainingView = ({ coming, live, ending, aftercare }: Remaining, now: Instant): HubView['remaining'] => ({
  coming: coming.length,
  live: live.length,
  ending: ending.length,
  aftercare,
  grants: [...ending, ...live, ...coming].slice(0, MOST_GRANTS).map((grant) => grantView(grant, now)),
});

const endedView = ({ order, ended, ending, left }: Pass): EndedView => ({
  order: orderView(order),
  ended: ended.length,
  ending,
  left: left.length,
  grants: ended.slice(0, MOST_ENDED).map(({ id, requester, was }) => ({ id, requester, was })),
});
