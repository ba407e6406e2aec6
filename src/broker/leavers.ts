/**
 * Somebody leaves: disabled in the directory, or no longer in it. Their access ends, and what they asked for is denied.
 * A directory that cannot be read, or that has nobody in it, ends nothing: that is only reported. The ending itself
 * asks no configuration.
 */
import type { Directory } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { requesterIn } from '../core/role-identity.ts';
import { inLanes } from './lanes.ts';
import { NotReady, type RecordDeps } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

export type LeaverDeps = Pick<RecordDeps, 'store' | 'hub' | 'workflow' | 'now' | 'sha256' | 'log'> & {
  /** As it is now. Rejects when it cannot be read. */
  readonly directory: () => Promise<Directory>;
};

const LANES = 8;
const ATTEMPTS = 5;

/** Answers the ids of grants that it turned towards their end. */
export async function endLeavers(deps: LeaverDeps, actor: Actor, enough: () => boolean): Promise<readonly GrantId[]> {
  const directory = await readable(deps);
  if (!directory) return [];
  const ended: GrantId[] = [];
  await inLanes(
    await deps.hub.openGrants(),
    LANES,
    async (id) => {
      try {
        if (await endIfLeft(deps, id, directory, actor)) ended.push(id);
      } catch (error) {
        deps.log('error', "a leaver's grant could not be ended and will be tried again", {
          grantId: id,
          error: String(error),
        });
      }
    },
    enough,
  );
  return ended;
}

async function readable({ directory, log }: LeaverDeps): Promise<Directory | undefined> {
  try {
    const found = await directory();
    if (Object.keys(found.people).length > 0) return found;
    log('alarm', 'the directory has nobody in it: nobody is taken for a leaver', {});
  } catch (error) {
    log('warn', 'the directory cannot be read: nobody is taken for a leaver', { error: String(error) });
  }
  return undefined;
}

async function endIfLeft(deps: LeaverDeps, id: GrantId, directory: Directory, actor: Actor): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.store.readGrant(id);
    const body = stored && !isThere(stored.grant, directory) ? leaving(stored.grant) : undefined;
    if (!stored || !body) return false;
    const change = draft(deps, stored, actor, [body]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    deps.log('warn', 'somebody left, and their access ends', { grantId: id, person: stored.grant.requester.id });
    await wakeWorkflow(deps, change.stored);
    return true;
  }
  throw new NotReady(`changes of grant ${id} keep overtaking its end`);
}

/** Of an imported emergency it is EKS's tag that says who made it: whoever that is has not left by it. */
const isThere = ({ requester, breakGlass }: Grant, directory: Directory): boolean =>
  breakGlass?.emergency !== undefined || requesterIn(directory, requester) !== undefined;

function leaving({ state, requester }: Grant): EventBody | undefined {
  switch (state) {
    case 'pending':
    case 'scheduled':
      return { type: 'denied', reason: `personLeft: ${requester.name} is no longer in the directory` };
    case 'activating':
    case 'active':
      return { type: 'revoking', outcome: { state: 'ended', reason: 'personLeft' } };
    case 'revoking':
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return undefined;
  }
}
