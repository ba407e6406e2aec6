/** How much one person may ask for: open grants, and requests in an hour. */
import type { Configuration } from './configuration.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import { hours, type Instant, minus, plus } from './time.ts';

/** What a person has asked for: open grants now, and when they last asked. */
export type Asked = { readonly open: number; readonly requestedAt: readonly Instant[] };

/** Each cluster of a request counts as one. */
export function withinLimits(
  { open, requestedAt }: Asked,
  wanted: number,
  { limits }: Pick<Configuration, 'limits'>,
  now: Instant,
): Result<true, Refusal> {
  const { openGrantsPerPerson, requestsPerPersonAndHour } = limits;
  const more = wanted > 1 && { wanted };
  if (open + wanted > openGrantsPerPerson)
    return no({ reason: 'tooManyOpenGrants', open, limit: openGrantsPerPerson, ...more });
  const recent = recentRequests(requestedAt, now);
  // The one whose hour has to be over before there is room again.
  const inTheWay = recent[recent.length + wanted - requestsPerPersonAndHour - 1] ?? recent.at(-1);
  if (recent.length + wanted <= requestsPerPersonAndHour) return ok(true);
  return no({
    reason: 'tooManyRequests',
    inLastHour: recent.length,
    limit: requestsPerPersonAndHour,
    again: plus(inTheWay ?? now, hours(1)),
    ...more,
  });
}

export const recentRequests = (requestedAt: readonly Instant[], now: Instant): Instant[] =>
  requestedAt.filter((at) => at > minus(now, hours(1)));
