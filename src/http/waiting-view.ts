/** Whom an undecided grant waits for, as people and machines are shown it. */
import type { Configuration } from '../core/configuration.ts';
import type { Grant } from '../core/grant.ts';
import { peopleAmong } from '../core/identity.ts';
import { type Instant, plus, toIso } from '../core/time.ts';
import { decidersIn, waitingFor } from '../core/waiting.ts';
import type { GrantView } from './schemas.ts';

export function waitingView(grant: Grant, rules: Configuration, now: Instant): GrantView['waitingFor'] {
  const waiting = waitingFor(grant, rules);
  if (!waiting) return undefined;
  const { step, steps, have, needed, escalated, nudges, rule } = waiting;
  const later = escalated ? [] : peopleAmong(rule.escalateTo ?? [], rules.directory).map(({ name }) => name);
  return {
    step,
    steps,
    have,
    needed,
    people: decidersIn(waiting, rules, now).map(({ person: { id, name }, onBehalfOf }) => ({
      id,
      name,
      ...(onBehalfOf && { onBehalfOf: onBehalfOf.name }),
    })),
    channels: [...rule.channels],
    escalated,
    ...(nudges?.escalateAfter !== undefined &&
      later.length > 0 && { escalatesAt: toIso(plus(nudges.since, nudges.escalateAfter)), escalatesTo: later }),
    ...(nudges && { reminders: nudges.reminders }),
  };
}
