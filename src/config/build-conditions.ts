/** Conditions and on-call schedules, as everything else reads them. */
import type { Condition, OnCallSchedule } from '../core/condition-rule.ts';
import { parseDuration, parseInstant } from '../core/time.ts';
import { checked } from './checked.ts';
import { parseOpeningHours } from './opening-hours.ts';
import type { FileCondition, FileSchedule } from './schema.ts';

export function buildCondition({ window, onCall, cooldown }: FileCondition): Condition {
  if (onCall !== undefined) return { kind: 'onCall', schedule: onCall };
  if (cooldown !== undefined) return { kind: 'cooldown', length: checked(parseDuration(cooldown), 'duration') };
  const { timeZone, open, covers } = checked(window, 'condition');
  const hours = open.flatMap((text) => {
    const read = parseOpeningHours(text);
    return checked(read.ok ? read.value : undefined, 'window');
  });
  return { kind: 'window', timeZone, open, hours, covers };
}

export function buildSchedule({ shifts, url, secret }: FileSchedule): OnCallSchedule {
  if (shifts === undefined) return { kind: 'provider', url: checked(url, 'url'), secret: checked(secret, 'secret') };
  return {
    kind: 'shifts',
    shifts: shifts.map(({ from, to, person }) => ({
      from: checked(parseInstant(from), 'time'),
      to: checked(parseInstant(to), 'time'),
      person,
    })),
  };
}
