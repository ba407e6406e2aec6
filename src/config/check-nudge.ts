/** Rules on what keeps an undecided step moving: it has to come before the request lapses, and to reach somebody new. */
import { formatDuration, minutes, parseDuration } from '../core/time.ts';
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import type { FileEntitlement, FileStep } from './schema.ts';
import { checkSubjects, livingAmong } from './subject.ts';

/** The sweeper looks once a minute, and nobody reads what comes every minute. */
const SHORTEST = minutes(5);

export function checkNudges(path: Path, step: FileStep, rule: FileEntitlement, context: Context): void {
  const { remindEvery, escalateAfter, escalateTo } = step;
  if (remindEvery !== undefined) checkNudge([...path, 'remindEvery'], remindEvery, rule, context);
  if (escalateAfter !== undefined) checkNudge([...path, 'escalateAfter'], escalateAfter, rule, context);
  if (escalateAfter !== undefined && !escalateTo)
    context.report([...path, 'escalateAfter'], 'nobody to escalate to; name them in escalateTo');
  if (!escalateTo) return;
  checkSubjects([...path, 'escalateTo'], escalateTo, context);
  if (escalateAfter === undefined)
    context.report([...path, 'escalateTo'], 'it never comes to these; say after how long, in escalateAfter');
  const [more, already] = [livingAmong(escalateTo, context), livingAmong(step.approvers, context)];
  if (more && already && [...more].every((id) => already.has(id)))
    context.report(
      [...path, 'escalateTo'],
      'all of these, disabled people left out, may approve from the beginning; name others',
    );
}

export function checkNudge(path: Path, text: string, { approval }: FileEntitlement, { report }: Context): void {
  const length = parseDuration(text);
  const window = parseDuration(approval.window);
  if (length === undefined) report(path, `${quote(text)} is not a duration; write it like 45m, 4h or 1h30m`);
  else if (length < SHORTEST) report(path, `${text} is too short; the least is ${formatDuration(SHORTEST)}`);
  else if (window !== undefined && length >= window)
    report(path, `${text} never comes: the request lapses after ${approval.window}, the approval's window`);
}
