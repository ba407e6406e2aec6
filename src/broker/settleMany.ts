/**
 * The looks back after many ends at once: by the cluster's list of entries instead of four calls each. What a list shows
 * is removed as ever, by itself. A list may be as stale as a description; but where a single look sends the delete
 * whatever it sees, here nothing is sent, so the last look reads the list twice: no single stale answer hides anything
 * from both looks.
 */
import { SETTLE_PASSES } from '../core/evolve.ts';
import { type Actor, isOver, type OverGrant, type TargetCluster } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { tasksOf } from '../core/task.ts';
import { type Instant, seconds } from '../core/time.ts';
import { showsClusterGone } from './access.ts';
import { entryKeyOf } from './arm.ts';
import { lookForEntries } from './bulkAbsence.ts';
import type { EndingDeps } from './drainPorts.ts';
import { inLanes } from './lanes.ts';
import { paced } from './paced.ts';
import type { Stored } from './ports.ts';
import { holders, removalOf } from './revokeGrant.ts';
import { recordSettled } from './tendGrant.ts';

/** Fewer are looked at one by one. */
export const TOGETHER = 8;
const LANES = 8;
/** Nobody waits for it, and others may be draining. */
const CALLS_PER_SECOND = 5;
/** What a list is not read in is used for looking at them one by one. */
const TIME_FOR_OTHERS = seconds(30);

type Settling = { readonly stored: Stored; readonly grant: OverGrant };

/** By cluster: those whose look back is due, if they are many. */
export function settlesTogether(due: readonly Stored[], now: Instant): Map<TargetCluster, Settling[]> {
  const settling = due.flatMap((stored): Settling[] => {
    const { grant, retries } = stored;
    const isDue = tasksOf(grant, retries).some(({ kind, at }) => kind === 'settle' && at <= now);
    const own = grant.principal.mode === 'dedicated' && grant.preparation !== undefined;
    return isDue && own && isOver(grant) ? [{ stored, grant }] : [];
  });
  const byCluster = Map.groupBy(settling, ({ grant }) => grant.cluster.arn);
  return new Map(
    [...byCluster.values()].flatMap((those) =>
      those[0] && those.length >= TOGETHER ? [[those[0].grant.cluster, those] as const] : [],
    ),
  );
}

/** Answers the ids of those that are settled; the others are to be looked at by themselves. Throws as EKS does. */
export async function settleMany(
  deps: EndingDeps,
  cluster: TargetCluster,
  settling: readonly Settling[],
  actor: Actor,
  enough: () => boolean,
): Promise<readonly GrantId[]> {
  const eks = deps.drain.eksOnce(cluster);
  const pace = paced(deps, CALLS_PER_SECOND, TIME_FOR_OTHERS);
  const principals = settling.map(({ grant }) => grant.principal.arn);
  const first = await lookForEntries(eks, pace, cluster, principals);
  const second = settling.some(isLast) ? await lookForEntries(eks, pace, cluster, principals) : first;
  const settled: GrantId[] = [];
  const settle = async ({ stored, grant }: Settling): Promise<void> => {
    if (first.present.has(grant.principal.arn) || second.present.has(grant.principal.arn)) return;
    const { ledger, claims } = await deps.store.readEntry(entryKeyOf(grant));
    if ((await holders(deps, grant, claims)).length > 0) return;
    // Throws when whoever answered cannot know.
    showsClusterGone(first.cluster, removalOf(grant, ledger));
    await recordSettled(deps, stored, grant, actor, { found: [], removing: false, ...(ledger && { ledger }) });
    settled.push(grant.id);
  };
  await inLanes(
    settling,
    LANES,
    (one) =>
      settle(one).catch((error: unknown) => {
        deps.log('warn', 'a look back failed and is made by itself', { grantId: one.grant.id, error: String(error) });
      }),
    enough,
  );
  return settled;
}

const isLast = ({ grant }: Settling): boolean => grant.aftercare.settlePasses + 1 >= SETTLE_PASSES;
