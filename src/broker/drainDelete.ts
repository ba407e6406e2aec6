/** One grant of many: its end on record, and then its entry's delete, sent in its turn. */
import { isOver } from '../core/grant.ts';
import { entryKeyOf } from './arm.ts';
import { endsInCrowd } from './crowds.ts';
import {
  again,
  alone,
  type Cluster,
  clusterOf,
  type Draining,
  failed,
  over,
  timeToProve,
  type Waiting,
} from './draining.ts';
import { readWithEntry } from './lookAhead.ts';
import { TooLate } from './paced.ts';
import { NotReady, type Stored } from './ports.ts';
import { holders, type Turned, turn } from './revokeGrant.ts';

/** Of one grant in one drain: a single fault is to cost no minute of somebody's access. */
const TRIES = 2;
const TRIES_THROTTLED = 4;

/** Answers where, if EKS took the delete. Never throws. */
export async function sendDelete(draining: Draining, waiting: Waiting): Promise<Cluster | undefined> {
  const { deps } = draining;
  let known: Stored | undefined;
  try {
    const { stored, entry: ahead } = await readWithEntry(deps, waiting.id);
    known = stored;
    if (!stored || isOver(stored.grant)) return over(draining);
    const entry = ahead ?? (await deps.store.readEntry(entryKeyOf(stored.grant)));
    const shared = (await holders(deps, stored.grant, entry.claims)).length > 0;
    if (shared || !endsInCrowd(stored, deps.now())) return await alone(draining, waiting.id);
    const sent = await turnThenDelete(draining, stored);
    known = sent.turned?.stored ?? stored;
    if (sent.answer === 'throttled') return again(draining, waiting);
    if (!sent.turned) return await changed(draining, waiting);
    draining.failedInARow = 0;
    draining.answers = true;
    const cluster = clusterOf(draining, stored.grant.cluster);
    cluster.sent.push({ ...sent.turned, ledger: entry.ledger, deletes: waiting.deletes + 1 });
    return cluster;
  } catch (error) {
    return judge(draining, waiting, known, error);
  }
}

type Attempt = { readonly turned?: Turned; readonly answer?: 'sent' | 'throttled' };

/** On record only when its turn has come: whatever is on record and was not sent waits for the next one who drains. */
async function turnThenDelete(draining: Draining, stored: Stored): Promise<Attempt> {
  const { deps, actor, pace } = draining;
  let turned: Turned | undefined;
  const answer = await pace.once(async () => {
    turned = await turn(deps, stored, actor);
    return turned && clusterOf(draining, turned.grant.cluster).eks.deleteEntry(turned.grant.principal.arn);
  }, timeToProve(draining));
  return { ...(turned && { turned }), ...(answer && { answer }) };
}

async function judge(
  draining: Draining,
  waiting: Waiting,
  known: Stored | undefined,
  error: unknown,
): Promise<undefined> {
  if (error instanceof TooLate) return again(draining, waiting);
  const tries = waiting.tries + 1;
  // Too many calls say nothing of the account: when the others have ended, there are fewer.
  if (isThrottling(error) && tries < TRIES_THROTTLED) return void draining.waiting.push({ ...waiting, tries });
  // Nor does what is merely not ready.
  if (!(error instanceof NotReady) && !isThrottling(error)) draining.failedInARow++;
  return tries < TRIES ? again(draining, { ...waiting, tries }) : failed(draining, waiting.id, known, error);
}

const isThrottling = (error: unknown): boolean =>
  error instanceof Error && /throttl|toomanyrequests|limitexceeded/i.test(error.name);

/** Somebody else wrote it since it was read. */
const changed = (draining: Draining, waiting: Waiting): Promise<undefined> | undefined =>
  waiting.tries + 1 < TRIES ? again(draining, { ...waiting, tries: waiting.tries + 1 }) : alone(draining, waiting.id);
