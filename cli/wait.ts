/** `--wait`: looks until a grant is where it should be, and says on stderr what happens on the way. */
import type { GrantView } from '../src/http/schemas.ts';
import type { Answered, Api } from './api/client.ts';
import { interruptedFailure, Unreachable } from './api/send.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { type Progress, startProgress } from './terminal/progress.ts';
import { moment } from './views/moment.ts';

type State = GrantView['state'];
export type Goal = 'active' | 'over';

const OVER: readonly State[] = ['ended', 'failed', 'denied', 'withdrawn', 'lapsed'];
const ARRIVED: Readonly<Record<Goal, readonly State[]>> = { active: ['active', ...OVER], over: OVER };
/** A server that is restarted meanwhile is no reason to give up. */
const FAILURES_IN_A_ROW = 10;

/** Answers the grant as it was seen last: at its goal, or over. Throws what `api` throws, and `interrupted`. */
export async function waitFor(
  io: Io,
  api: Api,
  from: Answered<GrantView>,
  { goal, intervalMs }: { readonly goal: Goal; readonly intervalMs: number },
): Promise<Answered<GrantView>> {
  const progress = startProgress(io);
  try {
    let seen = from;
    for (;;) {
      progress.say(sentence(seen.value));
      if (ARRIVED[goal].includes(seen.value.state)) return seen;
      seen = await look(io, api, seen.value.id, intervalMs, progress);
    }
  } finally {
    progress.stop();
  }
}

async function look(
  io: Io,
  api: Api,
  id: string,
  intervalMs: number,
  progress: Progress,
): Promise<Answered<GrantView>> {
  for (let failures = 1; ; failures++) {
    try {
      await io.sleep(intervalMs, io.interrupted);
      return await api('showGrant', 200, { id });
    } catch (error) {
      if (io.interrupted.aborted) throw interruptedFailure();
      if (!(error instanceof Failure) || error.exit !== 'unavailable' || failures === FAILURES_IN_A_ROW) throw error;
      progress.say(
        error instanceof Unreachable ? `${error.message} Still trying.` : 'Hallpass is in trouble; still trying.',
      );
    }
  }
}

function sentence(grant: GrantView): string {
  const { state } = grant;
  switch (state) {
    case 'pending':
      return `pending: waiting for approval, until ${moment(grant.decideBy)}`;
    case 'scheduled':
      return `scheduled: access begins ${grant.startsAt === undefined ? 'later' : `at ${moment(grant.startsAt)}`}`;
    case 'activating':
      return 'activating: the access is being made and read back';
    case 'active':
      return `active: access until ${grant.expiresAt === undefined ? 'its end' : moment(grant.expiresAt)}`;
    case 'revoking':
      return 'revoking: the access is being removed and read back';
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return outcome(grant);
  }
}

/** `denied by Bob Baker: not today` */
export function outcome({ state, reason, by, note }: GrantView): string {
  const why = [reason, note].filter((part) => part !== undefined).join(': ');
  return [state, by === undefined ? '' : ` by ${by}`, why === '' ? '' : `: ${why}`].join('');
}
