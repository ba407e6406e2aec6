/** May this approver let others decide in their place, and for how long? */
import type { Configuration, Delegation, Person } from './configuration.ts';
import { approversOf } from './decision.ts';
import { circleThrough, parseDay } from './delegation.ts';
import { identifiersOf, isSamePerson } from './identity.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import { days, formatDuration, type Instant, latest, plus, toIso } from './time.ts';

/** As it was typed. A date is a whole day, in UTC. */
export type DelegationInput = {
  readonly to: readonly string[];
  readonly starts?: string;
  readonly ends: string;
  readonly entitlements?: readonly string[];
};

export const LONGEST_DELEGATION = days(30);
const FARTHEST_DELEGATION = days(90);
const MOST_DELEGATIONS = 10;

/** `config` holds every delegation there is, however it was made. */
export function evaluateDelegation(
  input: DelegationInput,
  id: string,
  person: Person,
  config: Configuration,
  now: Instant,
): Result<Delegation, Refusal> {
  const { entitlements } = input;
  const has = Object.values(config.entitlements).filter((rule) =>
    approversOf(rule, config).some((approver) => approver.id === person.id),
  );
  const lacking = (entitlements ?? []).filter((wanted) => !has.some((rule) => rule.id === wanted));
  if (has.length === 0 || lacking.length > 0)
    return no({ reason: 'nothingToDelegate', name: person.name, entitlements: lacking });
  const to = checkedDelegates([...new Set(input.to)], person, config);
  if (!to.ok) return to;
  const times = checkedTimes(input, now);
  if (!times.ok) return times;
  const delegation = { id, from: person.id, to: to.value, ...times.value, ...(entitlements && { entitlements }) };
  const others = (config.delegations ?? []).filter((one) => one.ends > now);
  const circle = circleThrough(delegation, others);
  if (circle) return no({ reason: 'delegationCyclic', circle });
  const open = others.filter((one) => one.from === person.id).length;
  return open < MOST_DELEGATIONS ? ok(delegation) : no({ reason: 'tooManyDelegations', open, limit: MOST_DELEGATIONS });
}

function checkedDelegates(
  to: readonly string[],
  person: Person,
  { directory }: Configuration,
): Result<readonly string[], Refusal> {
  const known = identifiersOf(person);
  for (const id of to) {
    const delegate = Object.hasOwn(directory.people, id) ? directory.people[id] : undefined;
    if (!delegate || delegate.disabled) return no({ reason: 'delegateUnknown', person: id });
    if (isSamePerson(known, id, directory)) return no({ reason: 'delegateSelf' });
  }
  return ok(to);
}

function checkedTimes(
  input: DelegationInput,
  now: Instant,
): Result<{ readonly starts: Instant; readonly ends: Instant }, Refusal> {
  const times = (why: string): Result<never, Refusal> => no({ reason: 'delegationTimes', why });
  const given = input.starts === undefined ? now : parseDay(input.starts)?.from;
  const ends = parseDay(input.ends)?.until;
  const unreadable = given === undefined ? input.starts : ends === undefined ? input.ends : undefined;
  if (given === undefined || ends === undefined)
    return times(`"${unreadable}" is no date. Write 2026-12-14 (the whole day, in UTC) or 2026-12-14T18:00:00+01:00.`);
  // Today's date began before now: nothing stands before it was made.
  const starts = latest(given, now);
  if (ends <= starts) return times(`It would end (${toIso(ends)}) before it begins (${toIso(starts)}).`);
  if (starts > plus(now, FARTHEST_DELEGATION))
    return times(
      `${toIso(starts)} is too far ahead; it may begin no later than ${toIso(plus(now, FARTHEST_DELEGATION))}.`,
    );
  if (ends > plus(starts, LONGEST_DELEGATION))
    return times(
      `It may last ${formatDuration(LONGEST_DELEGATION)} at most, until ${toIso(plus(starts, LONGEST_DELEGATION))}. Longer ones belong into hallpass.yaml.`,
    );
  return ok({ starts, ends });
}
