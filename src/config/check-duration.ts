/** Lengths of time: readable, and within bounds. */
import { type Duration, formatDuration, minutes, parseDuration } from '../core/time.ts';
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';

const SHORTEST = minutes(1);

export function checkDuration(path: Path, text: string, max: Duration, { report }: Context): Duration | undefined {
  const length = parseDuration(text);
  if (length === undefined) report(path, `${quote(text)} is not a duration; write it like 45m, 4h or 1h30m`);
  else if (length < SHORTEST) report(path, `${text} is too short; the least is ${formatDuration(SHORTEST)}`);
  else if (length > max) report(path, `${text} is too long; the most is ${formatDuration(max)}`);
  return length;
}
