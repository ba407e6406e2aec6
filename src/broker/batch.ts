/**
 * Grants that were asked for together are decided together: each on its own chain (I6), all of them in one transaction.
 * Only the deciding is shared. What Prepare, Activate or the end make of one changes nothing about the others.
 */
import { type Grant, siblingsOf } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { type Change, type Commit, NotReady, type RecordDeps, type Stored, type StoredWithEvents } from './ports.ts';
import { wakeWorkflow } from './wake.ts';

const ATTEMPTS = 5;

export const commitTogether = (deps: RecordDeps, changes: readonly [Change, ...Change[]]): Promise<Commit> => {
  const [first, ...others] = changes;
  return others.length === 0 ? deps.store.commit(first) : deps.store.commitAll(changes);
};

/** The other grants of the same request, as they are now; none for one that was asked for by itself. */
export async function readSiblings(deps: RecordDeps, grant: Grant): Promise<readonly StoredWithEvents[]> {
  const read = await Promise.all(siblingsOf(grant).map((id) => deps.store.readGrant(id)));
  return read.filter((stored) => stored !== undefined);
}

type Act = {
  /** What is to become of a grant, or why nothing may. */
  readonly change: (stored: StoredWithEvents) => Promise<Result<Change, Refusal>>;
  /** Is this one of its batch still open to the same? */
  readonly reaches: (sibling: Grant, named: Grant) => boolean;
};

/**
 * Does it to the named grant and to all of its batch that are still open to it. Where the named one is past it, those
 * that are left are done all the same: that is how what a crash or a race left undecided is decided. Loses a race by
 * looking again at what the winner left. Answers the named grant as it is then, or why nothing was done.
 */
export async function actTogether(deps: RecordDeps, id: GrantId, act: Act): Promise<Result<Stored, Refusal>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const named = await deps.store.readGrant(id);
    if (!named) return no({ reason: 'unknownGrant', grantId: id });
    const siblings = (await readSiblings(deps, named.grant)).filter(({ grant }) => act.reaches(grant, named.grant));
    const [own, ...theirs] = await Promise.all([act.change(named), ...siblings.map(act.change)]);
    const [first, ...others] = [own, ...theirs].flatMap((result) => (result?.ok ? [result.value] : []));
    if (!first) return own && !own.ok ? own : no({ reason: 'unknownGrant', grantId: id });
    const commit = await commitAndWake(deps, [first, ...others]);
    if (!commit.ok) continue;
    return ok(own?.ok ? own.value.stored : named);
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}

/**
 * The workflow is called while the decision is written: by the time that it has a function to ask the table with, the
 * answer is there. If it was quicker than the table, it found a pending grant and waits again, with another token,
 * which is looked for afterwards: either it is seen here, or it was stored after the decision, and whoever stored it
 * saw that. If the decision was lost to another, the workflow has asked in vain and waits.
 */
async function commitAndWake(deps: RecordDeps, changes: readonly [Change, ...Change[]]): Promise<Commit> {
  const all = changes.map(({ stored }) => stored);
  const atOnce = all.filter(isActivating);
  const after = all.filter((stored) => !isActivating(stored));
  const [commit] = await Promise.all([
    commitTogether(deps, changes),
    ...atOnce.map((stored) => wakeWorkflow(deps, stored)),
  ]);
  if (!commit.ok) return commit;
  await Promise.all([
    ...atOnce.map((stored) => wakeIfItWaitsAgain(deps, stored)),
    ...after.map((stored) => wakeWorkflow(deps, stored)),
  ]);
  return commit;
}

const isActivating = ({ grant }: Stored): boolean => grant.state === 'activating';

async function wakeIfItWaitsAgain(deps: RecordDeps, { grant, token }: Stored): Promise<void> {
  const now = await deps.store.readGrant(grant.id).catch(() => undefined);
  if (now?.token && now.token.value !== token?.value) await wakeWorkflow(deps, now);
}
