/**
 * Conditions of an entitlement: data in the configuration, and this one evaluation of them. What it has to know of the
 * world is given to it (`Known`); what is not known, or cannot be evaluated, is a no of its own kind.
 */
import type { Condition, Shift } from './condition-rule.ts';
import type { Configuration, Entitlement } from './configuration.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import { between, type Duration, formatDuration, type Instant, minutes, plus } from './time.ts';
import { closesAfter, isOpen, opensAfter, zonedText } from './week.ts';

/** Ids of people; or why it cannot be said. */
export type OnCallAnswer =
  | { readonly ok: true; readonly people: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** What only others know, found out before: on-call answers for the moment when access would begin, by schedule. */
export type Known = {
  readonly onCall?: ReadonlyMap<string, OnCallAnswer>;
  /** When a person last denied the requester this entitlement on this cluster. */
  readonly deniedAt?: Instant;
};

/** When a condition is looked at. Which of them count when is `COUNTS`. */
export type Moment = 'request' | 'approval' | 'activation' | 'extension';

export type Situation = {
  readonly moment: Moment;
  readonly now: Instant;
  readonly requester: { readonly id: string; readonly name: string };
  /** From when to when the access would be there; of an extension, from now to the new end. */
  readonly starts: Instant;
  readonly ends: Instant;
};

/** A cool-down is about asking again. All else has to be true when access begins, whenever that is found to be. */
const COUNTS = {
  window: ['request', 'approval', 'activation', 'extension'],
  onCall: ['request', 'approval', 'activation', 'extension'],
  cooldown: ['request'],
} as const satisfies Record<Condition['kind'], readonly Moment[]>;

type Kinds = Pick<Configuration, 'onCall' | 'directory'>;
const counts = (condition: Condition, moment: Moment): boolean =>
  (COUNTS[condition.kind] as readonly Moment[]).includes(moment);

/** Schedules that somebody else has to be asked about before the conditions can be evaluated. */
export const schedulesToAsk = (rule: Entitlement, moment: Moment, { onCall = {} }: Kinds): string[] =>
  (rule.conditions ?? []).flatMap((condition) =>
    condition.kind === 'onCall' && counts(condition, moment) && onCall[condition.schedule]?.kind === 'provider'
      ? [condition.schedule]
      : [],
  );

/** Do all conditions hold that count at this moment? The first that does not is told of. */
export function conditionsHold(
  rule: Entitlement,
  situation: Situation,
  known: Known,
  config: Kinds,
): Result<true, Refusal> {
  for (const condition of rule.conditions ?? []) {
    if (!counts(condition, situation.moment)) continue;
    const held = holds(condition, rule, situation, known, config);
    if (!held.ok) return held;
  }
  return ok(true);
}

function holds(
  condition: Condition,
  rule: Entitlement,
  situation: Situation,
  known: Known,
  config: Kinds,
): Result<true, Refusal> {
  switch (condition.kind) {
    case 'window':
      return withinWindow(condition, rule, situation);
    case 'onCall':
      return isOnCall(condition.schedule, rule, situation, known, config);
    case 'cooldown':
      return hasCooledDown(condition.length, rule, situation, known);
  }
}

type Window = Extract<Condition, { kind: 'window' }>;

function withinWindow(window: Window, rule: Entitlement, situation: Situation): Result<true, Refusal> {
  const { timeZone, hours, covers } = window;
  const { moment, starts, ends } = situation;
  // More time for access that has begun: when it began was looked at then.
  if (moment === 'extension' && covers === 'start') return ok(true);
  try {
    if (!isOpen(hours, timeZone, starts)) return no(closed(window, rule, situation));
    if (covers === 'start') return ok(true);
    const closes = closesAfter(hours, timeZone, starts);
    if (closes === undefined || ends <= closes) return ok(true);
    return no({
      reason: 'windowTooShort',
      entitlement: rule.id,
      closes: zonedText(timeZone, closes),
      longest: between(starts, closes),
      ...opening(window, starts),
    });
  } catch (error) {
    // The engine may know fewer time zones than the one that checked the configuration.
    if (!(error instanceof RangeError)) throw error;
    return failed(rule, `the time zone ${timeZone} is not known here`);
  }
}

const closed = (window: Window, rule: Entitlement, { starts }: Situation): Refusal => ({
  reason: 'windowClosed',
  entitlement: rule.id,
  open: window.open,
  timeZone: window.timeZone,
  at: zonedText(window.timeZone, starts),
  ...opening(window, starts),
});

function opening({ hours, timeZone }: Window, after: Instant): { readonly next?: string } {
  const next = opensAfter(hours, timeZone, after);
  return next === undefined ? {} : { next: zonedText(timeZone, next) };
}

function isOnCall(
  name: string,
  rule: Entitlement,
  { requester, starts }: Situation,
  known: Known,
  { onCall = {}, directory }: Kinds,
): Result<true, Refusal> {
  const schedule = Object.hasOwn(onCall, name) ? onCall[name] : undefined;
  if (!schedule) return failed(rule, `there is no on-call schedule ${name}`);
  const answer = schedule.kind === 'shifts' ? onShift(schedule.shifts, starts) : known.onCall?.get(name);
  if (!answer) return failed(rule, `nobody was asked who is on call in ${name}`);
  if (!answer.ok) return failed(rule, `who is on call in ${name} could not be found out: ${answer.why}`);
  if (answer.people.includes(requester.id)) return ok(true);
  const next = schedule.kind === 'shifts' ? nextShift(schedule.shifts, requester.id, starts) : undefined;
  return no({
    reason: 'notOnCall',
    entitlement: rule.id,
    schedule: name,
    requester: requester.name,
    at: starts,
    onCall: answer.people.map(
      (id) => (Object.hasOwn(directory.people, id) ? directory.people[id]?.name : undefined) ?? id,
    ),
    ...(next !== undefined && { next }),
  });
}

/** From a shift's beginning until its end, which is not in it. */
export const onShift = (shifts: readonly Shift[], at: Instant): OnCallAnswer => ({
  ok: true,
  people: [...new Set(shifts.filter(({ from, to }) => from <= at && at < to).map(({ person }) => person))],
});

const nextShift = (shifts: readonly Shift[], person: string, after: Instant): Instant | undefined =>
  shifts
    .filter((shift) => shift.person === person && shift.from > after)
    .map(({ from }) => from)
    .sort((a, b) => a - b)[0];

function hasCooledDown(
  length: Duration,
  rule: Entitlement,
  { now }: Situation,
  { deniedAt }: Known,
): Result<true, Refusal> {
  const again = deniedAt === undefined ? undefined : plus(deniedAt, length);
  if (deniedAt === undefined || again === undefined || again <= now) return ok(true);
  return no({ reason: 'coolingDown', entitlement: rule.id, deniedAt, length, again });
}

const failed = (rule: Entitlement, why: string): Result<never, Refusal> =>
  no({ reason: 'conditionFailed', entitlement: rule.id, why });

/** How long a denial is remembered: no cool-down is longer. */
export const LONGEST_COOLDOWN: Duration = minutes(30 * 24 * 60);

/** For people, as the configuration has it. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'window':
      return `${condition.covers === 'whole' ? 'only' : 'beginning only'} ${condition.open.join(', ')} ${condition.timeZone}`;
    case 'onCall':
      return `only while on call in ${condition.schedule}`;
    case 'cooldown':
      return `not within ${formatDuration(condition.length)} of a denial`;
  }
}
