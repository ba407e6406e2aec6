/** Which ends are many at once: by the index of what is due before anything is read, and by each grant when it was. */
import type { GrantId } from '../core/id.ts';
import type { Instant } from '../core/time.ts';
import type { Place } from './drainPorts.ts';
import type { Due, Stored } from './ports.ts';

/** From so many on that end at once in one place, one function ends them all. */
export const CROWD = 8;

export const isOverdue = ({ overdueFrom }: Due, now: Instant): boolean =>
  overdueFrom !== undefined && overdueFrom <= now;

/** Of what is due, what ends in crowds, by place. */
export function crowdsAmong(due: readonly Due[], now: Instant): Map<Place, GrantId[]> {
  const ending = Map.groupBy(
    due.filter((one) => isOverdue(one, now)),
    ({ place = '' }) => place,
  );
  const crowds = [...ending].filter(([place, those]) => place !== '' && those.length >= CROWD);
  return new Map(crowds.map(([place, those]) => [place, those.map(({ id }) => id)]));
}

/** May it be ended together with others? Its time is over, and its entry is its own. */
export const endsInCrowd = ({ grant }: Stored, now: Instant): boolean =>
  grant.principal.mode === 'dedicated' &&
  grant.preparation !== undefined &&
  (grant.state === 'revoking' ||
    ((grant.state === 'active' || grant.state === 'activating') && grant.expiresAt <= now));
