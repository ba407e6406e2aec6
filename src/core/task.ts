/**
 * What a grant is waiting for, and when: data from which the sparse `due` index, the workflow's time-outs and the
 * sweeper's work all come.
 */
import { SETTLE_PASSES } from './evolve.ts';
import { type Active, type Extension, type Grant, isArmed, type OverGrant } from './grant.ts';
import { between, type Duration, days, earliest, type Instant, latest, minus, minutes, plus, seconds } from './time.ts';

export type TaskKind =
  | 'prepare'
  | 'lapse'
  | 'remind'
  | 'escalate'
  | 'start'
  | 'activate'
  | 'verify'
  | 'narrow'
  | 'warn'
  | 'extend'
  | 'expire'
  | 'revoke'
  | 'settle'
  | 'deleteRole'
  | 'remindReview';

export type Task = { readonly kind: TaskKind; readonly at: Instant };

/** A task that failed is tried again later; everything else about the grant goes on. */
export type Retry = { readonly attempts: number; readonly at: Instant };
export type Retries = Readonly<Partial<Record<TaskKind, Retry>>>;

/** The workflow normally does these at once; so much later the sweeper does them. */
export const WORKFLOW_HEAD_START = seconds(20);
export const VERIFY_AFTER = minutes(2);
export const SETTLE_AFTER: readonly Duration[] = [minutes(2), minutes(10)];
const FIRST_RETRY = minutes(1);
export const LONGEST_RETRY = minutes(15);

/** A write that we sent, and that EKS or IAM took, has had its effect after this long: a function lives for a minute. */
export const OWN_WRITES_LINGER = minutes(6);

export function tasksOf(grant: Grant, retries: Retries = {}): Task[] {
  return naturalTasks(grant).map((task) => {
    const retry = retries[task.kind];
    return retry && retry.at > task.at ? { ...task, at: retry.at } : task;
  });
}

/** The next moment at which somebody has to look at the grant; undefined when nothing is owed any more. */
export function dueAt(grant: Grant, retries: Retries = {}): Instant | undefined {
  const times = tasksOf(grant, retries).map((task) => task.at);
  return times.length > 0 ? (Math.min(...times) as Instant) : undefined;
}

/** From a late delete until it is seen: a look a minute, by a sweep a minute. */
const LATEST_LOOK = minutes(2);

/** 1, 2, 4, 8, then every 15 minutes. */
export function retryAt(attempts: number, now: Instant): Instant {
  return plus(now, Math.min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY) as Duration);
}

/** From when on the grant's access is where it should no longer be. Unlike the due time, putting a task off does not move it. */
export function overdueFrom(grant: Grant): Instant | undefined {
  if (!isArmed(grant)) return undefined;
  return grant.state === 'revoking' ? earliest(grant.since, grant.expiresAt) : grant.expiresAt;
}

/** Since when the grant's access is where it should no longer be. */
export function overdueSince(grant: Grant, now: Instant): Instant | undefined {
  const from = overdueFrom(grant);
  return from !== undefined && from <= now ? from : undefined;
}

/** May an entry be missing because of a delete of our own, rather than somebody's will? */
export const deleteLingers = (deletedAt: Instant | undefined, now: Instant): boolean =>
  deletedAt !== undefined && between(deletedAt, now) < OWN_WRITES_LINGER + LATEST_LOOK;

/**
 * When no tag or date that was decided before this grant's end was last moved can come any more: until then a lower one
 * may overwrite it. Only where somebody else dates the same thing, or this grant did so before; the reaper's grace is longer.
 */
export function datesSettledAt(
  { armedAt, extendedAt }: Pick<Active, 'armedAt' | 'extendedAt'>,
  shared: boolean,
): Instant | undefined {
  return extendedAt !== undefined || shared ? plus(extendedAt ?? armedAt, OWN_WRITES_LINGER) : undefined;
}

/** The first when it is overdue, then each day, after ten days each week. */
function reviewTasks({ review }: Grant): Task[] {
  if (!review || review.done) return [];
  const { dueBy, reminders } = review;
  return [{ kind: 'remindReview', at: plus(dueBy, days(reminders < 10 ? reminders : (reminders - 8) * 7)) }];
}

const naturalTasks = (grant: Grant): Task[] => [...tasksOfState(grant), ...reviewTasks(grant)];

function tasksOfState(grant: Grant): Task[] {
  switch (grant.state) {
    case 'pending': {
      const tasks: Task[] = [{ kind: 'lapse', at: grant.decideBy }, ...nudges(grant, grant.decideBy)];
      if (!grant.preparation) tasks.push({ kind: 'prepare', at: plus(grant.requestedAt, WORKFLOW_HEAD_START) });
      return tasks;
    }
    case 'scheduled':
      return [{ kind: 'start', at: grant.startsAt }];
    case 'activating':
      return [
        { kind: 'activate', at: plus(grant.armedAt, WORKFLOW_HEAD_START) },
        { kind: 'expire', at: grant.expiresAt },
      ];
    case 'active': {
      const tasks: Task[] = [{ kind: 'expire', at: grant.expiresAt }];
      if (!grant.verified) tasks.push({ kind: 'verify', at: plus(grant.activatedAt, VERIFY_AFTER) });
      if (!grant.warned)
        tasks.push({ kind: 'warn', at: warningAt(grant.activatedAt, grant.expiresAt, grant.warnBefore) });
      const owesDate = grant.principal.mode === 'dedicated' && grant.assumableUntil !== grant.expiresAt;
      if (owesDate) tasks.push({ kind: 'narrow', at: plus(grant.activatedAt, WORKFLOW_HEAD_START) });
      if (grant.extension?.granted)
        tasks.push({ kind: 'extend', at: plus(grant.extension.requestedAt, WORKFLOW_HEAD_START) });
      if (grant.extension) tasks.push(...nudges(grant.extension, grant.expiresAt));
      return tasks;
    }
    case 'revoking':
      // By a clock that was wrong it may have begun in the future: its end is on record, too.
      return [{ kind: 'revoke', at: plus(earliest(grant.since, grant.expiresAt), WORKFLOW_HEAD_START) }];
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return aftercareTasks(grant);
  }
}

/** So often at most are people told of one step: whoever did not answer by then is not there. */
export const MOST_REMINDERS = 5;

/** What keeps an undecided step moving, while there is time for it. */
function nudges({ waiting, escalated = [] }: Pick<Extension, 'waiting' | 'escalated'>, until: Instant): Task[] {
  if (!waiting) return [];
  const { step, since, remindedAt = since, reminders, remindEvery, escalateAfter } = waiting;
  const tasks: Task[] = [];
  if (remindEvery !== undefined && reminders < MOST_REMINDERS)
    tasks.push({ kind: 'remind', at: plus(remindedAt, remindEvery) });
  if (escalateAfter !== undefined && !escalated.includes(step))
    tasks.push({ kind: 'escalate', at: plus(since, escalateAfter) });
  return tasks.filter((task) => task.at < until);
}

function aftercareTasks(grant: OverGrant): Task[] {
  const tasks: Task[] = [];
  const after = SETTLE_AFTER[grant.aftercare.settlePasses];
  if (grant.aftercare.settlePasses < SETTLE_PASSES && after !== undefined)
    tasks.push({ kind: 'settle', at: plus(grant.at, after) });
  // Where a look back is to come, it goes with the first: one change of the grant instead of two.
  const looked = grant.aftercare.settlePasses > 0 || after === undefined;
  if (grant.aftercare.role === 'owed')
    tasks.push({ kind: 'deleteRole', at: looked ? grant.at : plus(grant.at, after) });
  return tasks;
}

/** A short grant is warned of halfway, rather than as it begins. */
function warningAt(activatedAt: Instant, expiresAt: Instant, before: Duration): Instant {
  const halfway = plus(activatedAt, (between(activatedAt, expiresAt) / 2) as Duration);
  return latest(minus(expiresAt, before), Math.round(halfway) as Instant);
}
