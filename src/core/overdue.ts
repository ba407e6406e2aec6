/**
 * What an access entry says of itself to somebody who has no record of it: is it this hub's, and should it be gone? The
 * reaper goes by this alone. A tag by itself makes nothing ours (anybody with `eks:TagResource` can write one): the
 * principal has to be ours as well, and the entry of type STANDARD (I4).
 */
import { emergencyEnd, isEmergency } from './emergency.ts';
import { type ObservedEntry, TAGS } from './entry.ts';
import { type Instant, minutes, parseInstant, plus } from './time.ts';

/** Whose entries may be this hub's. */
export type Mark = {
  readonly hub: string;
  /** ARN up to and including the hub's own path: `arn:aws:iam::111122223333:role/hallpass/laptop/`. */
  readonly path: string;
  /** ARNs of the roles that entitlements of mode `role` name. */
  readonly standingRoles: ReadonlySet<string>;
};

/** The hub itself takes 90 seconds, and looks again after 2 and 10 minutes: whoever comes later finds it not working. */
const GRACE = minutes(10);

export type Verdict =
  /** Ours, and more than `GRACE` past its end. */
  | { readonly kind: 'overdue'; readonly expiresAt: Instant }
  /** Ours, and not to be touched yet; it may be past its end already. */
  | { readonly kind: 'live'; readonly expiresAt: Instant }
  /** Not to be touched whatever the clock says. `alarming`: somebody has to look at it, for nothing else will end it. */
  | { readonly kind: 'untouchable'; readonly why: string; readonly alarming: boolean };

/** Recognised by the principal's ARN alone, so that an inventory need not read every entry of the cluster. */
export const mayBeOurs = (
  principalArn: string,
  { path, standingRoles }: Pick<Mark, 'path' | 'standingRoles'>,
): boolean => isUnderPath(principalArn, path) || standingRoles.has(principalArn);

const isUnderPath = (principalArn: string, path: string): boolean =>
  principalArn.startsWith(path) && principalArn.length > path.length;

/** When it ends by its tags alone; undefined where they cannot be read. An emergency's say no more than four hours. */
export const markedEnd = (observed: Pick<ObservedEntry, 'tags' | 'createdAt'>): Instant | undefined =>
  isEmergency(observed) ? emergencyEnd(observed) : parseInstant(observed.tags[TAGS.expires] ?? '');

export function judge(observed: ObservedEntry, mark: Mark, now: Instant): Verdict {
  const { principalArn, tags, type } = observed;
  const own = isUnderPath(principalArn, mark.path);
  const tagged = tags[TAGS.hub] === mark.hub;
  if (!mayBeOurs(principalArn, mark)) return untouchable('the principal is none of this hub', tagged);
  if (type !== 'STANDARD') return untouchable(`it is of type ${type}`, own || tagged);
  if (tags[TAGS.hub] === undefined) return untouchable(`it has no tag ${TAGS.hub}`, own);
  if (!tagged) return untouchable(`its tag ${TAGS.hub} names another hub`, own);
  const expiresAt = markedEnd(observed);
  if (expiresAt === undefined) return untouchable(`its tag ${TAGS.expires} cannot be read`, true);
  return plus(expiresAt, GRACE) < now ? { kind: 'overdue', expiresAt } : { kind: 'live', expiresAt };
}

const untouchable = (why: string, alarming: boolean): Verdict => ({ kind: 'untouchable', why, alarming });
