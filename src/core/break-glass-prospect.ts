/** Who could break the glass of an entitlement, under what, and could this person, now? By the rule that is enforced. */
import { type BreakGlassInput, evaluateBreakGlass, reviewerNames, type Use } from './break-glass.ts';
import type { BreakGlassRule, Configuration, Person } from './configuration.ts';
import { type HubState, unlessFrozen } from './hub.ts';
import { peopleAmong } from './identity.ts';
import type { Refusal } from './refusal.ts';
import type { Result } from './result.ts';
import type { Instant } from './time.ts';

export type BreakGlassProspect = {
  readonly rule: BreakGlassRule;
  readonly eligible: readonly Person[];
  readonly reviewers: readonly string[];
  /** With a reason and an incident: whoever asks has them to say only then. */
  readonly may: Result<true, Refusal>;
};

/** Undefined where the entitlement has no glass to be broken. */
export function breakGlassProspect(
  input: Omit<BreakGlassInput, 'reason' | 'incident'>,
  person: Person,
  config: Configuration,
  now: Instant,
  seen: { readonly uses: readonly Use[]; readonly hub: Pick<HubState, 'freezes' | 'orders'> },
): BreakGlassProspect | undefined {
  const rule = Object.hasOwn(config.entitlements, input.entitlement)
    ? config.entitlements[input.entitlement]
    : undefined;
  if (!rule?.breakGlass) return undefined;
  const { incidentPattern: _, ...anyIncident } = rule.breakGlass;
  const supposed = {
    ...config,
    entitlements: { ...config.entitlements, [rule.id]: { ...rule, breakGlass: anyIncident } },
  };
  const asked = { ...input, reason: 'x'.repeat(anyIncident.minReason), incident: 'x' };
  const plan = evaluateBreakGlass(asked, person, supposed, seen.uses, now);
  return {
    rule: rule.breakGlass,
    eligible: peopleAmong(rule.breakGlass.eligible, config.directory),
    reviewers: reviewerNames(config),
    may: plan.ok ? unlessFrozen({ ...plan.value, requester: person, breakGlass: true }, seen.hub) : plan,
  };
}
