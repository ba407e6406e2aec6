/** Rules on conditions and on on-call schedules: what is written can be evaluated, and can come true. */
import { LONGEST_COOLDOWN } from '../core/condition.ts';
import { type Duration, formatDuration, hours, minutes, parseDuration, parseInstant } from '../core/time.ts';
import type { OpeningHours } from '../core/week.ts';
import { checkDuration } from './check-duration.ts';
import { type Context, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import { longestOpening, parseOpeningHours, timeZoneProblem } from './opening-hours.ts';
import { quote } from './printable.ts';
import type { FileCondition, FileEntitlement, FileSchedule } from './schema.ts';
import { checkSecretArn } from './secret-arn.ts';
import { checkServerUrl } from './server-url.ts';

export function checkConditions(path: Path, rule: FileEntitlement, context: Context): void {
  for (const [index, condition] of rule.conditions.entries()) {
    const here = [...path, index];
    const kinds = Object.keys(condition);
    if (kinds.length !== 1)
      context.report(
        here,
        `${kinds.length === 0 ? 'no condition' : 'several conditions'} in one place; write one of window, onCall and cooldown, and each in a line of its own`,
      );
    checkCondition(here, condition, rule, context);
  }
  const cooldowns = rule.conditions.filter(({ cooldown }) => cooldown !== undefined);
  if (cooldowns.length > 1) context.report(path, 'two cool-downs; keep the longer one');
}

function checkCondition(path: Path, condition: FileCondition, rule: FileEntitlement, context: Context): void {
  const { window, onCall, cooldown } = condition;
  if (window) checkWindow([...path, 'window'], window, rule, context);
  const schedules = context.names.onCall;
  if (onCall !== undefined && schedules && !schedules.includes(onCall))
    context.report([...path, 'onCall'], unknownName('on-call schedule', onCall, schedules));
  if (cooldown !== undefined) checkDuration([...path, 'cooldown'], cooldown, LONGEST_COOLDOWN, context);
}

type Window = NonNullable<FileCondition['window']>;

function checkWindow(path: Path, window: Window, rule: FileEntitlement, { report }: Context): void {
  const zone = timeZoneProblem(window.timeZone);
  if (zone) report([...path, 'timeZone'], zone);
  const read = window.open.map(parseOpeningHours);
  for (const [index, one] of read.entries()) if (!one.ok) report([...path, 'open', index], one.error);
  if (read.every((one) => one.ok))
    checkLength(
      path,
      window,
      read.flatMap((one) => one.value),
      rule,
      report,
    );
}

/** A window that is shorter than what is asked for by default refuses everybody who leaves the duration out. */
function checkLength(
  path: Path,
  { covers }: Window,
  open: readonly OpeningHours[],
  rule: FileEntitlement,
  report: Context['report'],
): void {
  const longest = minutes(longestOpening(open));
  const max = parseDuration(rule.maxDuration);
  const usual = rule.defaultDuration === undefined ? hours(1) : parseDuration(rule.defaultDuration);
  if (covers === 'start' || max === undefined || usual === undefined) return;
  const asked = Math.min(usual, max) as Duration;
  if (longest < asked)
    report(
      [...path, 'open'],
      `it is open for ${formatDuration(longest)} at most, and access takes ${formatDuration(asked)} unless somebody asks for less; set a shorter defaultDuration, open for longer, or write covers: start`,
    );
}

export function checkOnCall(context: Context): void {
  for (const [name, schedule] of Object.entries(context.draft.onCall ?? {}))
    checkSchedule(['onCall', name], schedule, context);
}

function checkSchedule(path: Path, { shifts, url, secret }: FileSchedule, context: Context): void {
  const { report } = context;
  if ((shifts === undefined) === (url === undefined))
    report(path, 'a schedule is either shifts, or the url of a server that knows it, with a secret');
  if (shifts === undefined && (url === undefined) !== (secret === undefined))
    report(path, 'url and secret go together: what is asked is signed');
  if (shifts !== undefined && secret !== undefined) report([...path, 'secret'], 'shifts need no secret; leave it out');
  if (url !== undefined) checkServerUrl([...path, 'url'], url, context);
  if (secret !== undefined) checkSecretArn([...path, 'secret'], secret, context);
  for (const [index, shift] of (shifts ?? []).entries()) checkShift([...path, 'shifts', index], shift, context);
}

type FileShift = NonNullable<FileSchedule['shifts']>[number];

function checkShift(path: Path, { from, to, person }: FileShift, { names, report }: Context): void {
  const [begins, ends] = [parseInstant(from), parseInstant(to)];
  for (const [key, text, at] of [
    ['from', from, begins],
    ['to', to, ends],
  ] as const)
    if (at === undefined)
      report([...path, key], `${quote(text)} is not a time; write it with its zone, like 2026-11-30T09:00:00+01:00`);
  if (begins !== undefined && ends !== undefined && ends <= begins)
    report([...path, 'to'], `the shift ends at ${to}, before it begins at ${from}`);
  if (names.people && !names.people.includes(person))
    report([...path, 'person'], unknownName('person', person, names.people));
}
