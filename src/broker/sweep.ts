/**
 * Does whatever is due and was not done, with the same use cases as the workflow: alone it is sufficient. Its cost
 * follows what is due, not what is stored; one account that does not answer holds up no other.
 */
import type { Actor, Grant } from '../core/grant.ts';
import { isOver } from '../core/grant.ts';
import { HUB } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { LONGEST_RETRY, type Retry, retryAt, type Task, type TaskKind, tasksOf } from '../core/task.ts';
import { between, type Duration, earliest, type Instant, plus, seconds, toSeconds } from '../core/time.ts';
import { activateGrant } from './activateGrant.ts';
import { carryOutExtension } from './carryOutExtension.ts';
import { crowdsAmong, isOverdue } from './crowds.ts';
import { drain } from './drain.ts';
import type { EndingDeps, Place } from './drainPorts.ts';
import { inLanes } from './lanes.ts';
import { lapseGrant } from './lapseGrant.ts';
import { escalateStep, remindApprovers } from './nudge.ts';
import { type Deps, type Due, NotReady, type Stored } from './ports.ts';
import { prepareGrant } from './prepareGrant.ts';
import { revokeGrant } from './revokeGrant.ts';
import { settleMany, settlesTogether, TOGETHER } from './settleMany.ts';
import { deleteRole, narrowRole, remindReview, settleGrant, verifyGrant, warnRequester } from './tendGrant.ts';

export type Swept = {
  readonly due: number;
  readonly done: number;
  readonly failed: number;
  readonly left: number;
  /** Of all access that should be gone and is not, whether or not its next try is due yet. */
  readonly oldestOverdueSeconds: number;
};

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
/** More than one dead account can hold: whatever is due elsewhere is seen too. */
const BATCH = 2_000;
const READ_LANES = 16;
const LANES_PER_ACCOUNT = 4;
/** Longer than a lease that nobody prolongs. */
const WAITS_FOR_LEASE = 6;
const LEASE_LOOK = seconds(3);
const BREAKER = 3;
const ROUNDS_PER_GRANT = 4;
/** Thousands that are to be ended leave time for what is due. */
const ORDERS_SHARE = seconds(20);
const CLOCKS_AGREE_WITHIN = seconds(60);

/** What gives access, or may give it again: not done by a clock that may be wrong (F40). */
const GIVING: ReadonlySet<TaskKind> = new Set([
  'prepare',
  'escalate',
  'start',
  'activate',
  'extend',
  'verify',
  'narrow',
]);

type Sweeping = {
  readonly deps: EndingDeps;
  readonly startedAt: Instant;
  /** By the earlier of both clocks: what failed is not to wait for the time of one that is fast. */
  readonly retryFrom: Instant;
  readonly mayGive: boolean;
  readonly enough: () => boolean;
};

/**
 * Works off what is due until `enough` says that there is no time for another call. Never throws for one grant's sake.
 * `scheduledAt` is the time that the schedule meant: a second clock.
 */
export async function sweep(deps: EndingDeps, enough: () => boolean, scheduledAt?: Instant): Promise<Swept> {
  const clock = clockOf(deps, scheduledAt);
  const sweeping: Sweeping = {
    deps: { ...deps, now: clock.now },
    startedAt: clock.now(),
    retryFrom: earliest(deps.now(), scheduledAt ?? deps.now()),
    mayGive: clock.agree,
    enough,
  };
  const { startedAt } = sweeping;
  // What waits for its next try is due within the longest backoff; that it is put off makes it no less overdue.
  const soon = await deps.store.due(plus(startedAt, LONGEST_RETRY), BATCH);
  const all = soon.filter(({ at }) => at <= startedAt);
  if (all.some(({ id }) => id === HUB)) await orders(sweeping);
  const due = all.filter(({ id }) => id !== HUB);
  const accounts = Map.groupBy(due, accountOf);
  const results = await Promise.all([...accounts.values()].map((those) => sweepAccount(sweeping, those)));
  const sum = (of: (result: AccountResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const swept = {
    due: due.length,
    done: sum((result) => result.done),
    failed: sum((result) => result.failed),
    left: due.length - sum((result) => result.done + result.failed),
    oldestOverdueSeconds: oldestOverdue(sweeping, soon),
  };
  // Each minute, whether there was anything to do or not: then it says no more than its alarms read.
  deps.log('info', 'SweepCompleted', swept.due > 0 ? swept : { oldestOverdueSeconds: swept.oldestOverdueSeconds });
  return swept;
}

/** Orders to end are due before anything else. What they turn towards its end is due with the next sweep. */
async function orders({ deps, enough, startedAt }: Sweeping): Promise<void> {
  const share = (): boolean => enough() || between(startedAt, deps.now()) >= ORDERS_SHARE;
  // Loaded when there is one: a sweep without orders is most of them.
  const carriedOut = import('./endMany.ts').then(({ carryOutOrders }) => carryOutOrders(deps, ACTOR, share));
  await carriedOut.catch((error: unknown) => {
    deps.log('error', 'an order to end could not be worked on and will be tried again', { error: String(error) });
  });
}

/** The later of the function's clock and the schedule's: access is taken away by either, and given by neither if they part. */
function clockOf({ now, log }: Deps, scheduledAt: Instant | undefined): { now: () => Instant; agree: boolean } {
  if (scheduledAt === undefined) return { now, agree: true };
  const off = between(scheduledAt, now());
  const agree = Math.abs(off) <= CLOCKS_AGREE_WITHIN;
  if (!agree) log('alarm', "the sweeper's clock and its schedule's differ", { offSeconds: toSeconds(off) });
  const ahead = Math.max(0, -off) as Duration;
  return { now: () => plus(now(), ahead), agree };
}

const accountOf = ({ place = '' }: Due): string => place.split('/')[0] ?? '';

function oldestOverdue({ deps, startedAt }: Sweeping, soon: readonly Due[]): number {
  const ends = soon.flatMap(({ overdueFrom: from }) => (from !== undefined && from <= startedAt ? [from] : []));
  return ends.length > 0 ? Math.floor(toSeconds(between(Math.min(...ends) as Instant, deps.now()))) : 0;
}

type AccountResult = { readonly done: number; readonly failed: number };
const NOTHING: AccountResult = { done: 0, failed: 0 };
type Attempt = 'done' | 'notReady' | 'failed';

/** What ends in a crowd is drained; what ends by itself waits for neither that nor for looks back after earlier ends. */
async function sweepAccount(sweeping: Sweeping, due: readonly Due[]): Promise<AccountResult> {
  const { startedAt } = sweeping;
  const crowds = crowdsAmong(due, startedAt);
  const inCrowds = new Set([...crowds.values()].flat());
  const [ending = [], others = []] = [true, false].map((overdue) =>
    due.filter((one) => !inCrowds.has(one.id) && isOverdue(one, startedAt) === overdue),
  );
  const results = await Promise.all([
    ...[...crowds].map(([place, ids]) => drainOrReport(sweeping, place, ids)),
    sweepEach(sweeping, ending),
    settleThenEach(sweeping, others),
  ]);
  return {
    done: results.reduce((sum, { done }) => sum + done, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  };
}

async function drainOrReport(
  { deps, startedAt, retryFrom }: Sweeping,
  place: Place,
  ids: readonly GrantId[],
): Promise<AccountResult> {
  const holder = { name: `sweeper ${startedAt}`, comesBack: false, retryFrom };
  try {
    // Whoever drains there may have died: its lease runs out within this sweep, and the next would be a minute late.
    for (let wait = 0; wait < WAITS_FOR_LEASE; wait++) {
      const due = wait === 0 ? ids : await deps.drain.endingIn(place, deps.now(), deps.now());
      const drained = due.length > 0 ? await drain(deps, place, async () => due, ACTOR, holder) : NOTHING;
      if (drained) return drained;
      await deps.drain.pause(LEASE_LOOK);
    }
  } catch (error) {
    deps.log('error', 'what ends at once could not be ended and will be tried again', { place, error: String(error) });
  }
  return NOTHING;
}

/** Where much is due besides, it may be looks back after many ends: one list of a cluster shows them all. */
async function settleThenEach(sweeping: Sweeping, due: readonly Due[]): Promise<AccountResult> {
  const { deps, enough } = sweeping;
  if (due.length < TOGETHER) return sweepEach(sweeping, due);
  const read = await inLanes(due, READ_LANES, ({ id }) => readOrReport(deps, id), enough);
  const stored = read.filter((one) => one !== undefined);
  const settled = await settleTogether(sweeping, stored);
  const { done, failed } = await sweepEach(
    sweeping,
    due.filter(({ id }) => !settled.has(id)),
    new Map(stored.map((one) => [one.grant.id, one])),
  );
  return { done: done + settled.size, failed };
}

async function settleTogether(sweeping: Sweeping, stored: readonly Stored[]): Promise<ReadonlySet<GrantId>> {
  const { deps, startedAt, enough } = sweeping;
  const settled = new Set<GrantId>();
  for (const [cluster, those] of settlesTogether(stored, startedAt)) {
    const seen = await settleMany(deps, cluster, those, ACTOR, enough).catch((error: unknown) => {
      deps.log('error', 'looks back failed and are made one by one', { cluster: cluster.arn, error: String(error) });
      return [];
    });
    for (const id of seen) settled.add(id);
  }
  return settled;
}

/** After a few failures in a row the account is left alone until the next sweep; the grants stay due. */
async function sweepEach(
  sweeping: Sweeping,
  due: readonly Due[],
  read: ReadonlyMap<GrantId, Stored> = new Map(),
): Promise<AccountResult> {
  let failedInARow = 0;
  let done = 0;
  let failed = 0;
  const work = async ({ id }: Due): Promise<void> => {
    const attempt = await sweepGrant(sweeping, id, read.get(id));
    if (attempt === 'done') done++;
    else failed++;
    // What is not ready says nothing of the account.
    if (attempt !== 'notReady') failedInARow = attempt === 'done' ? 0 : failedInARow + 1;
  };
  const broken = (): boolean => sweeping.enough() || failedInARow >= BREAKER;
  const byUrgency = due.toSorted((a, b) => urgencyOf(sweeping, a) - urgencyOf(sweeping, b));
  await inLanes(byUrgency, LANES_PER_ACCOUNT, work, broken);
  return { done, failed };
}

/** One thing done often makes the next one due at once: a few rounds, then the next sweep. */
async function sweepGrant(sweeping: Sweeping, id: GrantId, read?: Stored): Promise<Attempt> {
  for (let round = 0; round < ROUNDS_PER_GRANT; round++) {
    const stored = (round === 0 && read) || (await readOrReport(sweeping.deps, id));
    // It says nothing of its account, and keeps none of it waiting.
    if (!stored) return 'notReady';
    const [task] = dueOf(sweeping, stored);
    if (!task) return 'done';
    const attempt = await attemptTask(sweeping, stored, task);
    if (attempt !== 'done') return attempt;
  }
  return 'done';
}

/** What is due now, the most urgent first. */
function dueOf({ deps, mayGive }: Sweeping, { grant, retries }: Stored): Task[] {
  return tasksOf(grant, retries)
    .filter((task) => task.at <= deps.now() && (mayGive || !GIVING.has(task.kind)))
    .sort((a, b) => urgency(a) - urgency(b) || a.at - b.at);
}

/** Taking away comes before everything else. */
const urgency = ({ kind }: Task): number => (isRemoval(kind) ? 0 : 1);
const isRemoval = (kind: TaskKind): boolean => kind === 'expire' || kind === 'revoke';
const urgencyOf = ({ startedAt }: Sweeping, { overdueFrom }: Due): number =>
  overdueFrom !== undefined && overdueFrom <= startedAt ? 0 : 1;

async function attemptTask(sweeping: Sweeping, stored: Stored, task: Task): Promise<Attempt> {
  const { deps, enough } = sweeping;
  try {
    const again = await perform(deps, stored, task).catch((error: unknown) => {
      // A single fault is to cost no minute of somebody's access.
      if (!isRemoval(task.kind) || enough()) throw error;
      return perform(deps, stored, task);
    });
    if (again) await putOff(deps, stored, task, again);
    return 'done';
  } catch (error) {
    const attempts = (stored.retries[task.kind]?.attempts ?? 0) + 1;
    const about = { grantId: stored.grant.id, task: task.kind, attempts, error: String(error) };
    deps.log('error', 'a due task failed and will be tried again', about);
    // Counted from the sweep's start: a minute later is the next sweep, not the one after it.
    await putOff(deps, stored, task, { attempts, at: retryAt(attempts, sweeping.retryFrom) });
    return error instanceof NotReady ? 'notReady' : 'failed';
  }
}

async function putOff(deps: Deps, stored: Stored, task: Task, retry: Retry): Promise<void> {
  await deps.store.defer(stored, task.kind, retry).catch((error: unknown) => {
    deps.log('error', 'a task could not be put off', { grantId: stored.grant.id, error: String(error) });
  });
}

/** Answers when to come back, if the task is not over yet. */
async function perform(deps: Deps, stored: Stored, { kind }: Task): Promise<Retry | undefined> {
  const { grant } = stored;
  switch (kind) {
    case 'prepare':
      await prepareGrant(deps, grant.id, ACTOR);
      return;
    case 'lapse':
      await lapseGrant(deps, grant.id, ACTOR);
      return;
    case 'remind':
      return remindApprovers(deps, stored, ACTOR);
    case 'escalate':
      return escalateStep(deps, stored, ACTOR);
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
    case 'extend':
      await carryOutExtension(deps, grant.id, ACTOR);
      return;
    case 'warn':
      return warnRequester(deps, stored, ACTOR);
    case 'settle':
      if (isOver(grant)) await settleGrant(deps, stored, grant, ACTOR);
      return;
    case 'remindReview':
      return remindReview(deps, stored, ACTOR);
    case 'deleteRole':
      return isOver(grant) ? deleteRole(deps, stored, grant, ACTOR) : undefined;
  }
}

async function whileActive<T>(
  grant: Grant,
  work: (active: Extract<Grant, { state: 'active' }>) => Promise<T>,
): Promise<T | undefined> {
  return grant.state === 'active' ? work(grant) : undefined;
}

async function readOrReport(deps: Deps, id: GrantId): Promise<Stored | undefined> {
  try {
    return await deps.store.readGrant(id);
  } catch (error) {
    deps.log('error', 'a due grant could not be read', { grantId: id, error: String(error) });
    return undefined;
  }
}
