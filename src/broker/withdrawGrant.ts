/** The requester, or an owner of a role that asked, takes the request back before there is access. */
import type { Channel, Person } from '../core/configuration.ts';
import type { GrantId } from '../core/id.ts';
import { isSamePerson } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { isOwner } from '../core/role-identity.ts';
import { NotReady, type RecordDeps, type Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

export type WithdrawGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly id: GrantId;
};

const ATTEMPTS = 5;

export async function withdrawGrant(
  deps: RecordDeps,
  { person, channel, proof, id }: WithdrawGrant,
): Promise<Result<Stored, Refusal>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    if (!stored) return no({ reason: 'unknownGrant', grantId: id });
    const { grant } = stored;
    const { directory } = deps.config();
    const own = isSamePerson(grant.requester.identifiers, person.id, directory);
    if (!own && !isOwner(grant.requester, person.id, directory)) {
      return no({ reason: 'notRequester', requester: grant.requester.name });
    }
    if (grant.state !== 'pending' && grant.state !== 'scheduled') {
      return no({
        reason: 'notPending',
        state: grant.state,
        wanted: 'only what has not begun can be withdrawn; end live access instead',
      });
    }
    const change = draft(deps, stored, { kind: 'person', id: person.id, name: person.name, channel, proof }, [
      { type: 'withdrawn' },
    ]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return ok(change.stored);
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}
