/** Nobody decided in time. */
import type { Actor } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import type { RecordDeps } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

/** Lapses the request if its window is over and it is still undecided; otherwise does nothing. */
export async function lapseGrant(deps: RecordDeps, id: GrantId, actor: Actor): Promise<void> {
  const stored = await deps.store.readGrant(id);
  if (stored?.grant.state !== 'pending' || stored.grant.decideBy > deps.now()) return;
  const change = draft(deps, stored, actor, [{ type: 'lapsed' }]);
  const commit = await deps.store.commit(change);
  if (commit.ok) await wakeWorkflow(deps, change.stored);
}
