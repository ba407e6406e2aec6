/**
 * Access without prior approval, in an emergency: loudly, within narrow limits, and reviewed afterwards. The rule is the
 * entitlement's own with its approval replaced; asking and activating evaluate this one form of it (I1).
 */
import type { Configuration, Entitlement, Person } from './configuration.ts';
import type { Grant, GrantFacts, Review } from './grant.ts';
import type { GrantId } from './id.ts';
import { areConnected, identifiersOf, isAmong, isSamePerson, peopleAmong } from './identity.ts';
import type { Refusal } from './refusal.ts';
import { admits, evaluateRequest, type Plan } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { type Duration, days, type Instant, minus, plus } from './time.ts';

export type BreakGlassInput = {
  readonly entitlement: string;
  readonly cluster?: string;
  readonly namespaces?: readonly string[];
  readonly duration?: string;
  readonly reason?: string;
  readonly incident?: string;
};

/** What a person has used of break-glass lately, as the record has it. */
export type Use = {
  readonly id: GrantId;
  readonly at: Instant;
  readonly over: boolean;
  readonly review: Review | undefined;
};

export type BreakGlassPlan = Plan & { readonly incident: string; readonly reviewBy: Instant };

/** The role's unique id where nothing was known of the role: it could not be asked for. */
export const UNKNOWN_ROLE = 'unknown';

/** What would be given, or why not. */
export function evaluateBreakGlass(
  input: BreakGlassInput,
  person: Person,
  config: Configuration,
  uses: readonly Use[],
  now: Instant,
): Result<BreakGlassPlan, Refusal> {
  const offered = offeredTo(person, config);
  const rule = offered.find((one) => one.id === input.entitlement);
  if (!rule?.breakGlass)
    return no({ reason: 'breakGlassNotOffered', entitlement: input.entitlement, offered: offered.map(({ id }) => id) });
  const { incidentPattern, perWeek, reviewWithin } = rule.breakGlass;
  const incident = input.incident?.trim() ?? '';
  const matches = incidentPattern === undefined || new RegExp(`^(?:${incidentPattern})$`, 'u').test(incident);
  if (incident === '' || !matches)
    return no({
      reason: 'incidentMissing',
      entitlement: rule.id,
      ...(incidentPattern && { pattern: incidentPattern }),
    });
  const { reason, entitlement, cluster, namespaces, duration } = input;
  const asked = {
    entitlement,
    ...(cluster !== undefined && { cluster }),
    ...(namespaces !== undefined && { namespaces }),
    ...(duration !== undefined && { duration }),
    ...(reason !== undefined && { justification: reason }),
  };
  const plan = evaluateRequest(asked, person, underBreakGlass(config, rule.id), now);
  if (!plan.ok) return plan;
  const within = withinUses(uses, perWeek, config, now);
  if (!within.ok) return within;
  return ok({ ...plan.value, incident, reviewBy: workingDaysAfter(now, reviewWithin) });
}

/** Entitlements whose glass the person may break. A role that is not a person may break none. */
export function offeredTo(person: Person, { entitlements, directory }: Configuration): Entitlement[] {
  if (person.owners) return [];
  return Object.values(entitlements).filter(
    ({ breakGlass }) => breakGlass !== undefined && isAmong(person.id, breakGlass.eligible, directory),
  );
}

/** Asked again before anything is opened: does the configuration in force still offer this, and was the glass broken? */
export function permitsBreakGlass(
  grant: GrantFacts & Pick<Grant, 'review'>,
  config: Configuration,
): Result<Entitlement, Refusal> {
  const rule = Object.hasOwn(config.entitlements, grant.entitlement.id)
    ? config.entitlements[grant.entitlement.id]
    : undefined;
  if (!rule?.breakGlass)
    return no({ reason: 'entitlementChanged', what: `${grant.entitlement.id} no longer offers break-glass` });
  if (!grant.review) return no({ reason: 'approvalsMissing', step: 1, have: 0, needed: 1 });
  return admits(grant, underBreakGlass(config, rule.id));
}

/** The configuration in which the entitlement is as it stands in an emergency. */
function underBreakGlass(config: Configuration, id: string): Configuration {
  const rule = config.entitlements[id];
  if (!rule?.breakGlass) return config;
  const { eligible, maxDuration, minReason } = rule.breakGlass;
  // Windows, on-call and cool-down are for requests that somebody has time to decide.
  const { conditions: _, ...rest } = rule as Entitlement & { readonly conditions?: unknown };
  const emergency: Entitlement = {
    ...rest,
    eligible,
    maxDuration,
    defaultDuration: Math.min(rule.defaultDuration, maxDuration) as Duration,
    justification: { required: true, minLength: minReason },
    ticket: { required: false },
  };
  return { ...config, entitlements: { ...config.entitlements, [id]: emergency } };
}

function withinUses(uses: readonly Use[], perWeek: number, config: Configuration, now: Instant): Result<true, Refusal> {
  const live = uses.find((use) => !use.over);
  if (live) return no({ reason: 'breakGlassLive', grantId: live.id });
  const unreviewed = uses.find(({ review }) => review && !review.done && review.dueBy <= now);
  if (unreviewed?.review) {
    const { dueBy } = unreviewed.review;
    return no({ reason: 'reviewOverdue', grantId: unreviewed.id, dueBy, reviewers: reviewerNames(config) });
  }
  const lately = uses.filter(({ at }) => at > minus(now, days(7))).sort((a, b) => a.at - b.at);
  const [oldest] = lately.slice(-perWeek);
  if (!oldest || lately.length < perWeek) return ok(true);
  return no({ reason: 'breakGlassTooOften', uses: lately.length, limit: perWeek, again: plus(oldest.at, days(7)) });
}

/** Never whoever used it, under any identity. */
export function mayReview(person: Person, grant: GrantFacts, config: Configuration): Result<true, Refusal> {
  const { reviewers = [], directory } = config;
  const asked = [`person:${grant.requester.id}`, ...grant.requester.identifiers];
  const own = areConnected(asked, identifiersOf(person), directory);
  if (!own && isAmong(person.id, reviewers, directory)) return ok(true);
  const others = peopleAmong(reviewers, directory).filter(
    ({ id }) => !isSamePerson(grant.requester.identifiers, id, directory),
  );
  return no({ reason: 'notReviewer', own, reviewers: others.map(({ name }) => name) });
}

export const reviewerNames = ({ reviewers = [], directory }: Configuration): string[] =>
  peopleAmong(reviewers, directory).map(({ name }) => name);

/** Monday to Friday, in UTC: so many full working days later, at the same time of day. */
export function workingDaysAfter(from: Instant, count: number): Instant {
  let at = from;
  for (let left = count; left > 0; ) {
    at = plus(at, days(1));
    const day = new Date(at).getUTCDay();
    if (day !== 0 && day !== 6) left--;
  }
  return at;
}
