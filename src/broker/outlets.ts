/**
 * Telling people and machines of a grant. Each event waits in a queue; every outlet is tried by itself, so that none holds
 * up another, and nothing here holds up a grant. What fails comes again, later and later, for a day; then it is put aside.
 */
import type { AuditEvent } from '../core/event.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import { between, type Duration, days, type Instant } from '../core/time.ts';
import type { Log, Queue, Store, StoredWithEvents } from './ports.ts';

/** What waits. Without `n` only what shows a grant's state is told, and not what tells of single events. */
export type Notification = {
  readonly grantId: GrantId;
  readonly n?: number;
  /** One outlet alone: the others are done. */
  readonly outlet?: string;
  readonly since: Instant;
  readonly tries: number;
};

export type Again = { readonly seconds: number; readonly why: string };

export type Outlet = {
  readonly name: string;
  /** Is there anything to tell here of the event? */
  readonly wants: (event: AuditEvent | undefined) => boolean;
  /** Done, or when to come again. What it throws is a bug or something that nobody foresaw. */
  readonly tell: (about: StoredWithEvents, event: AuditEvent | undefined) => Promise<Again | undefined>;
};

export type OutletDeps = {
  readonly store: Pick<Store, 'readGrant'>;
  readonly queue: Queue;
  readonly outlets: readonly Outlet[];
  readonly now: () => Instant;
  readonly log: Log;
};

const GIVEN_UP_AFTER: Duration = days(1);
/** The longest that the queue keeps a message back. */
const LONGEST_WAIT_SECONDS = 900;
const FIRST_WAIT_SECONDS = 5;

export const notificationText = (notification: Notification): string => JSON.stringify(notification);

/** Throws for what cannot be read: nobody can make sense of it later either. */
export function parseNotification(text: string): Notification {
  const { grantId, n, outlet, since, tries } = JSON.parse(text) as Partial<Notification>;
  const id = parseGrantId(String(grantId));
  if (!id || typeof since !== 'number') throw new Error('a notification that nobody here wrote');
  return {
    grantId: id,
    ...(typeof n === 'number' && { n }),
    ...(typeof outlet === 'string' && { outlet }),
    since,
    tries: typeof tries === 'number' ? tries : 0,
  };
}

/** Tells every outlet, or the one that is named. Throws when that one has to be given up, and its message be put aside. */
export async function notify(deps: OutletDeps, notification: Notification): Promise<void> {
  const about = await deps.store.readGrant(notification.grantId);
  if (!about) return;
  const event = about.events.find(({ n }) => n === notification.n);
  const chosen = deps.outlets.filter(
    ({ name, wants }) => (notification.outlet === undefined || notification.outlet === name) && wants(event),
  );
  const told = await Promise.allSettled(chosen.map((outlet) => tell(deps, notification, outlet, about, event)));
  const failed = told.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function tell(
  deps: OutletDeps,
  notification: Notification,
  outlet: Outlet,
  about: StoredWithEvents,
  event: AuditEvent | undefined,
): Promise<void> {
  let again: Again | undefined;
  try {
    again = await outlet.tell(about, event);
  } catch (error) {
    // By itself the queue counts how often, and puts it aside; together with others it would repeat theirs.
    if (notification.outlet !== undefined) throw error;
    deps.log('warn', 'an outlet failed', { grantId: about.grant.id, outlet: outlet.name, error: String(error) });
    again = { seconds: FIRST_WAIT_SECONDS, why: String(error) };
  }
  if (again) await comeAgain(deps, { ...notification, outlet: outlet.name, tries: notification.tries + 1 }, again);
}

async function comeAgain(deps: OutletDeps, next: Notification, { seconds, why }: Again): Promise<void> {
  if (between(next.since, deps.now()) > GIVEN_UP_AFTER)
    throw new Error(`${next.outlet} could not be told of ${next.grantId} for a day: ${why}`);
  const backoff = FIRST_WAIT_SECONDS * 2 ** Math.min(next.tries - 1, 8);
  const wait = Math.min(LONGEST_WAIT_SECONDS, Math.max(seconds, backoff));
  deps.log('info', 'told later', { grantId: next.grantId, outlet: next.outlet, tries: next.tries, seconds: wait, why });
  await deps.queue.send(notificationText(next), wait);
}
