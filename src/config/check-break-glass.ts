/** Break-glass: only where it works without IAM, and never where nobody could review it. */
import { formatDuration, hours, minutes, parseDuration } from '../core/time.ts';
import { type Context, checkDoubles } from './context.ts';
import type { Path } from './finding.ts';
import { checkAssumer } from './principal-arn.ts';
import { quote } from './printable.ts';
import type { FileEntitlement } from './schema.ts';
import { checkSubjects, livingAmong } from './subject.ts';
import { ticketPatternProblem } from './ticket-pattern.ts';

const LONGEST = hours(4);
const SHORTEST = minutes(1);

export function checkBreakGlass(path: Path, rule: FileEntitlement, context: Context): void {
  const { breakGlass, principal } = rule;
  if (!breakGlass) return;
  const { report } = context;
  if (principal.mode !== 'role')
    report(
      path,
      "break-glass needs `principal: { mode: role, … }`: a role of the grant's own would need IAM, which may be what is down",
    );
  if (breakGlass.eligible) checkSubjects([...path, 'eligible'], breakGlass.eligible, context);
  checkLength([...path, 'maxDuration'], breakGlass.maxDuration, context);
  if (breakGlass.incidentPattern !== undefined) {
    const problem = ticketPatternProblem(breakGlass.incidentPattern);
    if (problem) report([...path, 'incidentPattern'], problem);
  }
  checkReviewers(path, breakGlass.eligible ?? rule.eligible, context);
}

export function checkEmergency(context: Context): void {
  const { emergency, entitlements = {} } = context.draft;
  if (!emergency) return;
  checkDoubles(['emergency', 'assumableBy'], emergency.assumableBy, context.report);
  for (const [index, arn] of emergency.assumableBy.entries())
    checkAssumer(['emergency', 'assumableBy', index], arn, context);
  if (!Object.values(entitlements).some(({ breakGlass }) => breakGlass !== undefined))
    context.report(['emergency'], 'no entitlement offers breakGlass, so there is nothing that it could give');
}

export const checkReviewerList = (context: Context): void =>
  checkSubjects(['reviewers'], context.draft.reviewers ?? [], context);

function checkLength(path: Path, text: string, { report }: Context): void {
  const length = parseDuration(text);
  if (length === undefined) report(path, `${quote(text)} is not a duration; write it like 45m, 4h or 1h30m`);
  else if (length < SHORTEST) report(path, `${text} is too short; the least is ${formatDuration(SHORTEST)}`);
  else if (length > LONGEST) report(path, `${text} is too long; the most is ${formatDuration(LONGEST)}`);
}

/** Nobody reviews a use of their own: each who may use it needs somebody else. */
function checkReviewers(path: Path, users: readonly string[], context: Context): void {
  const reviewers = livingAmong(context.draft.reviewers ?? [], context);
  const people = livingAmong(
    users.filter((text) => !text.startsWith('role:')),
    context,
  );
  if (!reviewers || !people) return;
  if (reviewers.size === 0) context.report(path, 'nobody could review this: name `reviewers` at the top of the file');
  const alone = [...people].filter((id) => reviewers.size === 1 && reviewers.has(id));
  if (alone.length > 0)
    context.report(path, `nobody could review a use by ${alone.join(', ')}, who is the only reviewer; name another`);
}
