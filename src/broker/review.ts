/** Every use of break-glass is looked at by somebody else, who says what they found. Until then it is owed. */
import { mayReview } from '../core/break-glass.ts';
import type { Person } from '../core/configuration.ts';
import { isOver, type Verdict } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { rulesInForce } from './delegations.ts';
import { actorOf, type Responder } from './hubRecord.ts';
import { inLanes } from './lanes.ts';
import { withLinks } from './linkedAccounts.ts';
import { NotReady, type RecordDeps, type Stored, type StoredWithEvents } from './ports.ts';
import { mayRead, showGrant } from './readGrants.ts';
import { draft } from './record.ts';

export type Reviewing = Responder & { readonly id: GrantId; readonly verdict: Verdict; readonly note: string };

const ATTEMPTS = 5;
const LANES = 16;

export async function reviewGrant(deps: RecordDeps, request: Reviewing): Promise<Result<Stored, Refusal>> {
  const { id, verdict } = request;
  const person = await withLinks(deps, request.person);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    if (!stored) return no({ reason: 'unknownGrant', grantId: id });
    const { grant } = stored;
    if (!grant.review) return no({ reason: 'nothingToReview', grantId: id });
    const allowed = mayReview(person, grant, deps.config());
    if (!allowed.ok) return allowed;
    if (grant.review.done) return no({ reason: 'nothingToReview', grantId: id, reviewedBy: grant.review.done.by });
    if (!isOver(grant)) return no({ reason: 'reviewTooEarly', state: grant.state });
    const note = request.note.trim();
    if (note === '') return no({ reason: 'reviewNoteMissing' });
    const change = draft(deps, stored, actorOf(request), [
      { type: 'reviewed', by: person.name, byId: person.id, verdict, note },
    ]);
    const commit = await deps.store.commit(change);
    if (commit.ok) return ok(change.stored);
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}

/** All that there is to go by. */
export async function showReview(
  deps: RecordDeps,
  person: Person,
  id: GrantId,
): Promise<Result<StoredWithEvents, Refusal>> {
  const shown = await showGrant(deps, person, id);
  return shown.ok && !shown.value.grant.review ? no({ reason: 'nothingToReview', grantId: id }) : shown;
}

/** Uses that nobody has reviewed, the oldest first, as far as the person may see them. */
export async function owedReviews(deps: RecordDeps, person: Person): Promise<readonly Stored[]> {
  const config = await rulesInForce(deps);
  const read = await inLanes(await deps.hub.openGrants(), LANES, (id) => deps.store.readGrant(id));
  return read
    .flatMap((stored) =>
      stored?.grant.review && !stored.grant.review.done && mayRead(person, stored.grant, config, deps.now())
        ? [stored]
        : [],
    )
    .sort((a, b) => (a.grant.id < b.grant.id ? -1 : 1));
}
