/** The addresses under /v1/delegations. */
import { delegate, listDelegations, revokeDelegation } from '../broker/delegate.ts';
import type { RecordDeps } from '../broker/ports.ts';
import type { Delegation } from '../core/configuration.ts';
import type { DelegationInput } from '../core/delegating.ts';
import { stood } from '../core/delegation.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Result } from '../core/result.ts';
import { toIso } from '../core/time.ts';
import type { Caller } from './caller.ts';
import { problemOf } from './problem.ts';
import type { Answer, HttpRequest } from './request.ts';
import type { DelegationRequest } from './requests.ts';
import type { DelegationView } from './schemas.ts';

type Handler = (deps: RecordDeps, caller: Caller, request: HttpRequest) => Promise<Answer>;

export const DELEGATION_HANDLERS = {
  async listDelegations(deps, { person }) {
    const delegations = await listDelegations(deps, person);
    return { status: 200, body: { delegations: delegations.map((one) => delegationView(deps, one)) } };
  },

  async createDelegation(deps, caller, { body }) {
    const { to, starts, ends, entitlements } = body as DelegationRequest;
    const input: DelegationInput = {
      to,
      ends,
      ...(starts !== undefined && { starts }),
      ...(entitlements && { entitlements }),
    };
    return answer(deps, await delegate(deps, { ...caller, input }), 201);
  },

  revokeDelegation: async (deps, caller, { id }) => answer(deps, await revokeDelegation(deps, { ...caller, id }), 200),
} satisfies Record<string, Handler>;

const answer = (deps: RecordDeps, result: Result<Delegation, Refusal>, status: number): Answer =>
  result.ok ? { status, body: delegationView(deps, result.value) } : { problem: problemOf(result.error) };

function delegationView(deps: RecordDeps, delegation: Delegation): DelegationView {
  const { id, from, to, starts, ends, entitlements } = delegation;
  const { people } = deps.config().directory;
  const named = (person: string) => ({ id: person, name: people[person]?.name ?? person });
  return {
    id,
    from: named(from),
    to: to.map(named),
    starts: toIso(starts),
    ends: toIso(ends),
    ...(entitlements && { entitlements: [...entitlements] }),
    configured: id.startsWith('configuration:'),
    stands: stood(delegation, deps.now()),
  };
}
