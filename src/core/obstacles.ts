/**
 * What stands in the way of a request besides the rule itself: freezes, limits, a denial not long ago. All of it, where
 * enforcing tells of the first: whoever asks what they may have wants to know everything at once.
 */
import { conditionsHold, type Known } from './condition.ts';
import type { Configuration, Person } from './configuration.ts';
import { type HubState, unlessFrozen } from './hub.ts';
import { type Asked, withinLimits } from './limits.ts';
import type { Refusal } from './refusal.ts';
import type { Plan } from './request.ts';
import { type Instant, plus } from './time.ts';

export type Circumstances = {
  readonly hub: Pick<HubState, 'freezes' | 'orders'>;
  readonly asked: Asked;
  readonly known: Known;
};

/** In the order in which enforcing looks at them; empty when nothing does. */
export function obstaclesTo(
  plan: Plan,
  requester: Person,
  { hub, asked, known }: Circumstances,
  config: Configuration,
  now: Instant,
): Refusal[] {
  const starts = plan.startAt ?? now;
  const situation = { moment: 'request', now, requester, starts, ends: plus(starts, plan.duration) } as const;
  return [
    unlessFrozen({ ...plan, requester }, hub),
    withinLimits(asked, 1, config, now),
    conditionsHold(plan.entitlement, situation, known, config),
  ].flatMap((answer) => (answer.ok ? [] : [answer.error]));
}
