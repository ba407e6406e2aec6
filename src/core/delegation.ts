/**
 * An approver who is away lets others decide in their place, for a time. A delegation lends what its giver may do by
 * themself and nothing more: what they may do only for somebody else is never passed on.
 */
import type { Configuration, Delegation } from './configuration.ts';
import type { Chained } from './event.ts';
import { type Instant, parseInstant } from './time.ts';

/** What became of a delegation: a record and a chain of its own, beside those of grants. */
export type DelegationBody =
  | { readonly type: 'delegated'; readonly delegation: Delegation }
  | { readonly type: 'delegationRevoked'; readonly ends: Instant };
export type DelegationEvent = Chained<DelegationBody>;

type Lent = Pick<Delegation, 'starts' | 'ends'>;

export const stood = ({ starts, ends }: Lent, at: Instant): boolean => starts <= at && at < ends;

const overlap = (a: Lent, b: Lent): Lent | undefined => {
  const both = { starts: Math.max(a.starts, b.starts) as Instant, ends: Math.min(a.ends, b.ends) as Instant };
  return both.starts < both.ends ? both : undefined;
};

export const covers = ({ entitlements }: Delegation, entitlement: string): boolean =>
  entitlements === undefined || entitlements.includes(entitlement);

/** Those that let this person decide about the entitlement at that moment, in somebody else's place. */
export const delegationsTo = (
  personId: string,
  entitlement: string,
  at: Instant,
  { delegations = [] }: Configuration,
): readonly Delegation[] =>
  delegations.filter((one) => one.to.includes(personId) && stood(one, at) && covers(one, entitlement));

/**
 * The people of a circle that the delegation would close, itself first: each is away and sends people to the next, and
 * at some moment all of them do. Undefined when there is none.
 */
export function circleThrough(delegation: Delegation, others: readonly Delegation[]): readonly string[] | undefined {
  const search = (at: string, during: Lent, path: readonly string[]): readonly string[] | undefined => {
    if (at === delegation.from) return path;
    if (path.indexOf(at) < path.length - 1) return undefined;
    for (const other of others) {
      const both = other.from === at && meets(other, delegation) ? overlap(during, other) : undefined;
      if (!both) continue;
      for (const next of other.to) {
        const found = search(next, both, [...path, next]);
        if (found) return found;
      }
    }
    return undefined;
  };
  for (const first of delegation.to) {
    const found = search(first, delegation, [delegation.from, first]);
    if (found) return found;
  }
  return undefined;
}

/** Are both about some one entitlement? */
const meets = (a: Delegation, b: Delegation): boolean =>
  !a.entitlements || !b.entitlements || a.entitlements.some((id) => b.entitlements?.includes(id));

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY = 86_400_000;

/** A moment with its zone, or a date: the whole day, in UTC. Undefined if it is neither. */
export function parseDay(text: string): { readonly from: Instant; readonly until: Instant } | undefined {
  const at = parseInstant(DATE.test(text) ? `${text}T00:00:00Z` : text);
  if (at === undefined) return undefined;
  return { from: at, until: DATE.test(text) ? ((at + DAY) as Instant) : at };
}
