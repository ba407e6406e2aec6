/** Tells a waiting workflow that there is something to look at. Lost signals are healed by whoever looks next. */
import { between, toSeconds } from '../core/time.ts';
import type { RecordDeps, Stored, Waiting } from './ports.ts';

/** Seconds until the access may be made; 0 unless its start lies ahead. */
export function startsInSeconds(deps: Pick<RecordDeps, 'now'>, { grant }: Waiting): number {
  if (grant.state !== 'scheduled') return 0;
  return Math.max(0, Math.ceil(toSeconds(between(deps.now(), grant.startsAt))));
}

/** Has the step that the workflow waits in nothing more to wait for? */
export function isAwaited({ grant, token }: Waiting): boolean {
  switch (token?.step) {
    case undefined:
      return false;
    case 'AwaitApproval':
      return grant.state === 'pending';
    case 'AwaitStart':
      return grant.state === 'pending' || grant.state === 'scheduled';
    case 'Hold':
      if (grant.state === 'active') return !grant.extension?.granted;
      return grant.state === 'pending' || grant.state === 'scheduled' || grant.state === 'activating';
  }
}

export async function wakeWorkflow(deps: Pick<RecordDeps, 'workflow' | 'now' | 'log'>, stored: Stored): Promise<void> {
  if (!stored.token || isAwaited(stored)) return;
  try {
    await deps.workflow.signal(stored.token, { startsInSeconds: startsInSeconds(deps, stored) });
  } catch (error) {
    deps.log('warn', 'the workflow was not woken; the sweeper goes on', {
      grantId: stored.grant.id,
      error: String(error),
    });
  }
}
