/** What was deleted shown gone, many by one list, and only then on record as ended. */

import { seconds } from '../core/time.ts';
import { showsClusterGone } from './access.ts';
import { lookForEntries, type Seen } from './bulkAbsence.ts';
import {
  again,
  alone,
  type Cluster,
  type Draining,
  failed,
  over,
  PAGE,
  pagesOf,
  type Sent,
  timeToList,
} from './draining.ts';
import { inLanes } from './lanes.ts';
import { close, removalOf } from './revokeGrant.ts';

const CLOSING_LANES = 8;
const LAST_RECORD = seconds(16);
/** Of one entry that EKS took and that shows no effect, before the grant is looked at by itself. */
const DELETES = 2;
/** Calls that proving may cost, for each call that it proves. */
const PROOF_SHARE = 1 / 60;

/** A list is as long as what is left: early proofs cost more than they are worth. */
export const isWorthProving = (draining: Draining, cluster: Cluster): boolean =>
  cluster.sent.length * PROOF_SHARE >= pagesOf(draining, cluster) + 1;

/** "Gone" is recorded of what the cluster shows gone; what it still shows is deleted again. */
export async function prove(draining: Draining, cluster: Cluster): Promise<void> {
  const { deps, pace } = draining;
  const batch = cluster.sent;
  if (batch.length === 0 || deps.drain.timeLeft() < LAST_RECORD + timeToList(draining, cluster)) return;
  cluster.sent = [];
  try {
    const principals = batch.map(({ grant }) => grant.principal.arn);
    const seen = await lookForEntries(cluster.eks, pace, cluster.target, principals);
    cluster.pages = Math.max(1, Math.ceil(seen.present.size / PAGE));
    const recorded = await inLanes(
      batch,
      CLOSING_LANES,
      (one) => record(draining, one, seen),
      () => deps.drain.timeLeft() < LAST_RECORD,
    );
    cluster.sent.push(...batch.slice(recorded.length));
  } catch (error) {
    cluster.sent.push(...batch);
    draining.failedInARow++;
    const about = { cluster: cluster.target.arn, grants: batch.length, error: String(error) };
    deps.log('error', 'what was deleted could not be shown gone yet', about);
  }
}

async function record(
  draining: Draining,
  { stored, grant, ledger, deletes }: Sent,
  { present, cluster }: Seen,
): Promise<void> {
  const { deps, actor } = draining;
  try {
    if (present.has(grant.principal.arn)) {
      if (deletes < DELETES) again(draining, { id: grant.id, deletes, tries: 0 });
      else await alone(draining, grant.id);
      return;
    }
    const clusterGone = showsClusterGone(cluster, removalOf(grant, ledger));
    const closed = await close(deps, stored, grant, actor, ledger, { sent: true, clusterGone });
    if (closed === 'again') await alone(draining, grant.id);
    else over(draining);
  } catch (error) {
    await failed(draining, grant.id, stored, error);
  }
}
