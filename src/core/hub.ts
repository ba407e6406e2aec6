/**
 * What responders do to the hub as a whole: freezing, so that nothing opens, and ordering that everything of a kind
 * ends. It is recorded as grants are: events in a chain of their own, under an id that no grant can have.
 */

import type { ConfigurationChanges } from './diff-summary.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import type { Instant } from './time.ts';

/** In the place of a grant's id. Those have 26 characters. */
export const HUB = 'hub';

export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'cluster'; readonly name: string }
  | { readonly kind: 'entitlement'; readonly name: string }
  | { readonly kind: 'person'; readonly name: string };

export type Freeze = {
  readonly scope: Scope;
  readonly by: string;
  /** The person's id. */
  readonly byId: string;
  readonly reason: string;
  readonly since: Instant;
  /** Break-glass stays possible. */
  readonly breakGlass: boolean;
};

/** Everything of the scope that there was at `since` ends. Kept until nothing of it is left to be ended. */
export type EndOrder = {
  readonly id: string;
  readonly scope: Scope;
  readonly by: string;
  readonly byId: string;
  readonly note?: string;
  readonly since: Instant;
  /** Grants up to this id were turned towards their end; absent: it begins at the first, or once more there. */
  readonly after?: string;
};

/** Which rules and which code decide; `since`: when that was first seen to be so. */
export type InForce = { readonly digest: string; readonly release: string; readonly since: Instant };

export type HubState = {
  readonly freezes: readonly Freeze[];
  readonly orders: readonly EndOrder[];
  /** Absent until the first sweep. */
  readonly configuration?: InForce;
};
export const QUIET: HubState = { freezes: [], orders: [] };

export type HubEventBody =
  | { readonly type: 'frozen'; readonly freeze: Freeze }
  | { readonly type: 'thawed'; readonly scope: Scope; readonly reason?: string }
  | { readonly type: 'endOrdered'; readonly order: EndOrder }
  /** There was no time for all of them: it goes on behind this id, or, having come to the end, once more from the first. */
  | { readonly type: 'endOrderAdvanced'; readonly order: string; readonly after?: string }
  | { readonly type: 'endOrderDone'; readonly order: string }
  /** `changes`: absent for the first, and where what was before cannot be read any more. */
  | {
      readonly type: 'configurationChanged';
      readonly was?: InForce;
      readonly now: InForce;
      readonly changes?: ConfigurationChanges;
    };

const HUB_TYPES = {
  frozen: true,
  thawed: true,
  endOrdered: true,
  endOrderAdvanced: true,
  endOrderDone: true,
  configurationChanged: true,
} as const satisfies Record<HubEventBody['type'], true>;
export const HUB_EVENT_TYPES = Object.keys(HUB_TYPES) as [HubEventBody['type'], ...HubEventBody['type'][]];

/** The hub after the event. */
export function evolveHub(hub: HubState, body: HubEventBody): HubState {
  switch (body.type) {
    case 'frozen':
      return { ...hub, freezes: [...hub.freezes, body.freeze] };
    case 'thawed':
      return { ...hub, freezes: hub.freezes.filter(({ scope }) => !sameScope(scope, body.scope)) };
    case 'endOrdered':
      return { ...hub, orders: [...hub.orders, body.order] };
    case 'endOrderAdvanced':
      return { ...hub, orders: hub.orders.map((one) => (one.id === body.order ? advanced(one, body.after) : one)) };
    case 'endOrderDone':
      return { ...hub, orders: hub.orders.filter(({ id }) => id !== body.order) };
    case 'configurationChanged':
      return { ...hub, configuration: body.now };
  }
}

const advanced = ({ after: _, ...order }: EndOrder, after: string | undefined): EndOrder => ({
  ...order,
  ...(after !== undefined && { after }),
});

export const sameScope = (a: Scope, b: Scope): boolean =>
  a.kind === 'all' || b.kind === 'all' ? a.kind === b.kind : a.kind === b.kind && a.name === b.name;

/** For people: `everything`, `the cluster prod`. */
export const scopeText = (scope: Scope): string =>
  scope.kind === 'all' ? 'everything' : `the ${scope.kind} ${scope.name}`;

type Target = {
  readonly cluster: { readonly name: string };
  readonly entitlement: { readonly id: string };
  readonly requester: { readonly id: string };
};

export function isWithin({ cluster, entitlement, requester }: Target, scope: Scope): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'cluster':
      return cluster.name === scope.name;
    case 'entitlement':
      return entitlement.id === scope.name;
    case 'person':
      return requester.id === scope.name;
  }
}

/** Refuses while a freeze stands. Asked when somebody asks, when somebody says yes, and again before anything opens. */
export function unlessFrozen(
  target: Target & { readonly breakGlass?: unknown },
  { freezes }: HubState,
): Result<true, Refusal> {
  const freeze = freezes.find(
    (one) => isWithin(target, one.scope) && !(target.breakGlass !== undefined && one.breakGlass),
  );
  if (!freeze) return ok(true);
  const { by, reason, since, scope } = freeze;
  return no({ reason: 'frozen', what: scopeText(scope), by, why: reason, since });
}
