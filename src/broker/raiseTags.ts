/**
 * The reaper goes by an entry's tags: they are put right before anybody relies on a later end. EKS has no conditional
 * writes, so a write that was decided before a claim was made or prolonged may come after it and lower the end again.
 * Hence whoever raises an end looks at the tags once more when no such write can be under way any longer
 * (`datesSettledAt`), which is before the reaper takes an end for overdue.
 */
import { isEmergency } from '../core/emergency.ts';
import { type DesiredEntry, type ObservedEntry, TAGS } from '../core/entry.ts';
import { markedEnd } from '../core/overdue.ts';
import { parseInstant, toIso } from '../core/time.ts';
import type { Eks } from './ports.ts';

/**
 * An expiry that cannot be read, or a hub's mark that was stripped, would keep the reaper away; a later expiry is never
 * lowered here. Answers whether anything had to be written.
 */
export async function raiseTags(
  eks: Pick<Eks, 'tagEntry'>,
  observed: ObservedEntry,
  desired: Pick<DesiredEntry, 'tags'>,
): Promise<boolean> {
  const wanted = parseInstant(desired.tags[TAGS.expires] ?? '');
  const marked = markedEnd(observed);
  const isMarked = observed.tags[TAGS.hub] === desired.tags[TAGS.hub];
  if (isMarked && marked !== undefined && wanted !== undefined && marked >= wanted) return false;
  const later = marked !== undefined && wanted !== undefined && marked > wanted ? marked : wanted;
  await eks.tagEntry(observed.entryArn, {
    [TAGS.hub]: desired.tags[TAGS.hub] ?? '',
    ...(later !== undefined && { [TAGS.expires]: toIso(later) }),
    // By an emergency's mark it would end four hours after it was made, whoever has come to hold it since.
    ...(isEmergency(observed) && { [TAGS.grant]: desired.tags[TAGS.grant] ?? '' }),
  });
  return true;
}
