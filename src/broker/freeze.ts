/** While something is frozen nothing of it opens; ending goes on. Only responders freeze and thaw. */
import type { Configuration } from '../core/configuration.ts';
import { type HubState, type Scope, sameScope, scopeText } from '../core/hub.ts';
import { roleCallerId } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { actorOf, changeHub, mayRespond, type Responder } from './hubRecord.ts';
import type { RecordDeps } from './ports.ts';

export type Freezing = Responder & { readonly scope: Scope; readonly reason: string; readonly breakGlass: boolean };
export type Thawing = Responder & { readonly scope: Scope; readonly reason?: string };

/** Frozen already, it stays as it was frozen first. */
export async function freeze(deps: RecordDeps, request: Freezing): Promise<Result<HubState, Refusal>> {
  const { person, scope, breakGlass } = request;
  const allowed = mayRespond(person, deps.config());
  if (!allowed.ok) return allowed;
  const known = knownTarget(scope, deps.config());
  if (!known.ok) return known;
  const reason = request.reason.trim();
  if (reason === '') return no({ reason: 'freezeReasonMissing' });
  const frozen = { scope, by: person.name, byId: person.id, reason, since: deps.now(), breakGlass };
  return changeHub(deps, actorOf(request), ({ freezes }) =>
    ok(freezes.some((one) => sameScope(one.scope, scope)) ? [] : [{ type: 'frozen', freeze: frozen }]),
  );
}

/** Takes back a freeze of just this scope: thawing a cluster does not lift a freeze of everything. */
export async function thaw(deps: RecordDeps, request: Thawing): Promise<Result<HubState, Refusal>> {
  const { person, scope, reason } = request;
  const allowed = mayRespond(person, deps.config());
  if (!allowed.ok) return allowed;
  return changeHub(deps, actorOf(request), ({ freezes }) =>
    freezes.some((one) => sameScope(one.scope, scope))
      ? ok([{ type: 'thawed', scope, ...(reason && { reason }) }])
      : no({
          reason: 'notFrozen',
          what: scopeText(scope),
          frozen: freezes.map((one) => scopeText(one.scope)),
        }),
  );
}

/** A freeze of a name that was mistyped would freeze nothing. */
export function knownTarget(scope: Scope, { clusters, entitlements, directory }: Configuration): Result<true, Refusal> {
  if (scope.kind === 'all') return ok(true);
  const callers = [...Object.keys(directory.people), ...Object.keys(directory.roles ?? {}).map(roleCallerId)];
  const known = { cluster: Object.keys(clusters), entitlement: Object.keys(entitlements), person: callers }[scope.kind];
  return known.includes(scope.name)
    ? ok(true)
    : no({ reason: 'unknownTarget', what: scope.kind, name: scope.name, known });
}
