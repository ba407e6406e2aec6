/** The requester, or an owner of a role that asked, takes the request back before there is access. */
import type { Channel, Person } from '../core/configuration.ts';
import type { GrantId } from '../core/id.ts';
import { isSamePerson } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { isOwner } from '../core/role-identity.ts';
import { actTogether } from './batch.ts';
import type { Change, RecordDeps, Stored } from './ports.ts';
import { draft } from './record.ts';

export type WithdrawGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly id: GrantId;
};

/** Of a request on several clusters, everything that has not begun is taken back. */
export const withdrawGrant = (deps: RecordDeps, request: WithdrawGrant): Promise<Result<Stored, Refusal>> =>
  actTogether(deps, request.id, {
    change: async (stored) => withdrawal(deps, stored, request),
    reaches: ({ state }) => state === 'pending' || state === 'scheduled',
  });

function withdrawal(
  deps: RecordDeps,
  stored: Stored,
  { person, channel, proof }: WithdrawGrant,
): Result<Change, Refusal> {
  const { grant } = stored;
  const { directory } = deps.config();
  const own = isSamePerson(grant.requester.identifiers, person.id, directory);
  if (!own && !isOwner(grant.requester, person.id, directory))
    return no({ reason: 'notRequester', requester: grant.requester.name });
  if (grant.state !== 'pending' && grant.state !== 'scheduled') {
    return no({
      reason: 'notPending',
      state: grant.state,
      wanted: 'only what has not begun can be withdrawn; end live access instead',
    });
  }
  const actor = { kind: 'person', id: person.id, name: person.name, channel, proof } as const;
  return ok(draft(deps, stored, actor, [{ type: 'withdrawn' }]));
}
