/**
 * Does whatever is due and was not done, with the same use cases as the workflow: alone it is sufficient. Its cost
 * follows what is due, not what is stored; one account that does not answer holds up no other.
 */
import type { Actor, Grant } from '../core/grant.ts';
import { isOver } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { overdueSince, retryAt, type Task, tasksOf } from '../core/task.ts';
import { between, type Instant, toSeconds } from '../core/time.ts';
import { activateGrant } from './activateGrant.ts';
import { lapseGrant } from './lapseGrant.ts';
import type { Deps, Stored } from './ports.ts';
import { prepareGrant } from './prepareGrant.ts';
import { revokeGrant } from './revokeGrant.ts';
import { deleteRole, narrowRole, settleGrant, verifyGrant, warnRequester } from './tendGrant.ts';

export type Swept = {
  readonly due: number;
  readonly done: number;
  readonly failed: number;
  readonly left: number;
  readonly oldestOverdueSeconds: number;
};

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const BATCH = 500;
const LANES_PER_ACCOUNT = 4;
const BREAKER = 3;
const ROUNDS_PER_GRANT = 4;

/** Works off what is due until `enough` says that there is no time for another call. Never throws for one grant's sake. */
export async function sweep(deps: Deps, enough: () => boolean): Promise<Swept> {
  const ids = await deps.store.due(deps.now(), BATCH);
  const grants = (await inLanes(ids, LANES_PER_ACCOUNT, (id) => readOrReport(deps, id), enough)).filter(
    (one) => one !== undefined,
  );
  const accounts = Map.groupBy(grants, (stored) => stored.grant.cluster.account);
  const results = await Promise.all([...accounts.values()].map((due) => sweepAccount(deps, due, enough)));
  const oldest = Math.min(
    ...grants.map((stored) => overdueSince(stored.grant, deps.now()) ?? Number.POSITIVE_INFINITY),
  ) as Instant;
  const sum = (of: (result: AccountResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const swept = {
    due: ids.length,
    done: sum((result) => result.done),
    failed: sum((result) => result.failed),
    left: ids.length - sum((result) => result.done + result.failed),
    oldestOverdueSeconds: Number.isFinite(oldest) ? Math.floor(toSeconds(between(oldest, deps.now()))) : 0,
  };
  deps.log('info', 'SweepCompleted', swept);
  return swept;
}

type AccountResult = { readonly done: number; readonly failed: number };

/** After a few failures in a row the account is left alone until the next sweep; the grants stay due. */
async function sweepAccount(deps: Deps, due: readonly Stored[], enough: () => boolean): Promise<AccountResult> {
  let failedInARow = 0;
  let done = 0;
  let failed = 0;
  const broken = (): boolean => enough() || failedInARow >= BREAKER;
  await inLanes(
    due,
    LANES_PER_ACCOUNT,
    async (stored) => {
      const fine = await sweepGrant(deps, stored.grant.id);
      failedInARow = fine ? 0 : failedInARow + 1;
      if (fine) done++;
      else failed++;
    },
    broken,
  );
  return { done, failed };
}

/** One thing done often makes the next one due at once: a few rounds, then the next sweep. */
async function sweepGrant(deps: Deps, id: GrantId): Promise<boolean> {
  for (let round = 0; round < ROUNDS_PER_GRANT; round++) {
    const stored = await readOrReport(deps, id);
    if (!stored) return false;
    const due = tasksOf(stored.grant, stored.retries).filter((task) => task.at <= deps.now());
    const [task] = due.sort((a, b) => urgency(a) - urgency(b) || a.at - b.at);
    if (!task) return true;
    if (!(await attempt(deps, stored, task))) return false;
  }
  return true;
}

/** Taking away comes before everything else. */
const urgency = (task: Task): number => (task.kind === 'expire' || task.kind === 'revoke' ? 0 : 1);

async function attempt(deps: Deps, stored: Stored, task: Task): Promise<boolean> {
  try {
    await perform(deps, stored, task);
    return true;
  } catch (error) {
    const attempts = (stored.retries[task.kind]?.attempts ?? 0) + 1;
    const at = retryAt(attempts, deps.now());
    deps.log('error', 'a due task failed and will be tried again', {
      grantId: stored.grant.id,
      task: task.kind,
      attempts,
      error: String(error),
    });
    await deps.store.defer(stored, task.kind, { attempts, at }).catch((cause: unknown) => {
      deps.log('error', 'and could not be put off', { grantId: stored.grant.id, error: String(cause) });
    });
    return false;
  }
}

async function perform(deps: Deps, stored: Stored, { kind }: Task): Promise<void> {
  const { grant } = stored;
  switch (kind) {
    case 'prepare':
      await prepareGrant(deps, grant.id, ACTOR);
      return;
    case 'lapse':
      return lapseGrant(deps, grant.id, ACTOR);
    case 'start':
    case 'activate':
      await activateGrant(deps, grant.id, ACTOR);
      return;
    case 'expire':
    case 'revoke':
      await revokeGrant(deps, grant.id, ACTOR);
      return;
    case 'verify':
      return whileActive(grant, (active) => verifyGrant(deps, stored, active, ACTOR));
    case 'narrow':
      return whileActive(grant, (active) => narrowRole(deps, stored, active, ACTOR));
    case 'warn':
      return warnRequester(deps, stored, ACTOR);
    case 'settle':
      return isOver(grant) ? settleGrant(deps, stored, grant, ACTOR) : undefined;
    case 'deleteRole':
      return isOver(grant) ? deleteRole(deps, stored, grant, ACTOR) : undefined;
  }
}

async function whileActive(
  grant: Grant,
  work: (active: Extract<Grant, { state: 'active' }>) => Promise<void>,
): Promise<void> {
  if (grant.state === 'active') await work(grant);
}

async function readOrReport(deps: Deps, id: GrantId): Promise<Stored | undefined> {
  try {
    return await deps.store.readGrant(id);
  } catch (error) {
    deps.log('error', 'a due grant could not be read', { grantId: id, error: String(error) });
    return undefined;
  }
}

/** Runs the work over the items, so many at a time, until `stop` says so; answers what was worked. */
async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
  stop: () => boolean,
): Promise<R[]> {
  const waiting = [...items];
  const results: R[] = [];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !stop(); item = waiting.shift())
      results.push(await work(item));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
