/**
 * Access made with the hub down: an entry that says of itself that it is an emergency's. It lives four hours at most,
 * whatever its tag says: whoever may make it may write its tag.
 */
import type { Configuration, Entitlement } from './configuration.ts';
import { type ObservedEntry, TAGS } from './entry.ts';
import { type GrantId, grantIdTime, parseGrantId } from './id.ts';
import { earliest, hours, type Instant, parseInstant, plus } from './time.ts';

export const LONGEST_EMERGENCY = hours(4);
const PREFIX = 'emergency-';

/** The value of the grant's tag: the hub imports it under the same id. */
export const emergencyTag = (id: GrantId): string => `${PREFIX}${id}`;

/** The id in the tag of an emergency's entry; undefined for any other entry. */
export function emergencyIdOf({ tags }: Pick<ObservedEntry, 'tags'>): GrantId | undefined {
  const tag = tags[TAGS.grant] ?? '';
  return tag.startsWith(PREFIX) ? parseGrantId(tag.slice(PREFIX.length)) : undefined;
}

/** When it ends: as its tag says, and four hours after EKS made it at the latest. */
export function emergencyEnd(observed: Pick<ObservedEntry, 'tags' | 'createdAt'>, id: GrantId): Instant {
  const latestEnd = plus(observed.createdAt ?? grantIdTime(id), LONGEST_EMERGENCY);
  const tagged = parseInstant(observed.tags[TAGS.expires] ?? '');
  return tagged === undefined ? latestEnd : earliest(tagged, latestEnd);
}

/** Entitlements that the emergency role of an account may give: break-glass, in whole policies of named scope. */
export function emergencyRules(config: Configuration, account: string): Entitlement[] {
  if (!config.emergency) return [];
  return Object.values(config.entitlements).filter(
    ({ breakGlass, clusters }) =>
      breakGlass !== undefined && clusters.some((name) => config.clusters[name]?.account === account),
  );
}
