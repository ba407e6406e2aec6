/** May this person have this? Preview, enforcement and every later look (`admits`) are this one evaluation. */
import { type Access, accessPolicyArn, hasWildcard, isDnsLabel, matchesPattern, sameAccess } from './access.ts';
import type { Cluster, Configuration, Entitlement, Person } from './configuration.ts';
import type { GrantFacts } from './grant.ts';
import { isAmong, peopleAmong } from './identity.ts';
import type { Refusal } from './refusal.ts';
import { no, ok, type Result } from './result.ts';
import { isLetInBy, requesterIn } from './role-identity.ts';
import { type Duration, days, type Instant, minutes, parseDuration, parseInstant, plus } from './time.ts';

/** A request as it was typed, parsed no further than its shape. */
export type RequestInput = {
  readonly entitlement: string;
  readonly cluster?: string;
  /** Several at once, in place of `cluster`: a grant for each. */
  readonly clusters?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly duration?: string;
  readonly startAt?: string;
  readonly justification?: string;
  readonly ticket?: string;
};

/** What would be granted. */
export type Plan = {
  readonly entitlement: Entitlement;
  readonly cluster: Cluster;
  readonly access: Access;
  readonly duration: Duration;
  readonly startAt?: Instant;
  readonly decideBy: Instant;
  readonly justification: string;
  readonly ticket?: string;
  /** Where the ticket is kept, if its system is to be asked. */
  readonly ticketSystem?: string;
};

/** Of a grant, and of an extension. */
export const SHORTEST = minutes(1);
const FARTHEST_START = days(30);
const LONGEST_JUSTIFICATION = 1_000;

/** Entitlements that the person may request at all, in the configuration's order. */
export function requestableBy(person: Person, config: Configuration): Entitlement[] {
  return Object.values(config.entitlements).filter((entitlement) =>
    isAmong(person.id, entitlement.eligible, config.directory),
  );
}

/** One plan for each cluster that was named, or the first refusal: what is asked for together is refused together. */
export function evaluateRequests(
  { clusters, ...input }: RequestInput,
  person: Person,
  config: Configuration,
  now: Instant,
): Result<readonly [Plan, ...Plan[]], Refusal> {
  const [first, ...others] = [...new Set(clusters)].map((cluster) => ({ ...input, cluster }));
  const plan = evaluateRequest(first ?? input, person, config, now);
  if (!plan.ok) return plan;
  const plans: [Plan, ...Plan[]] = [plan.value];
  for (const other of others) {
    const next = evaluateRequest(other, person, config, now);
    if (!next.ok) return next;
    plans.push(next.value);
  }
  return ok(plans);
}

export function evaluateRequest(
  input: RequestInput,
  person: Person,
  config: Configuration,
  now: Instant,
): Result<Plan, Refusal> {
  const entitlement = eligibleFor(input.entitlement, person, config);
  if (!entitlement.ok) return entitlement;
  const rule = entitlement.value;
  const cluster = chosenCluster(input.cluster, rule, config);
  if (!cluster.ok) return cluster;
  const access = chosenAccess(input.namespaces, rule, config.partition);
  if (!access.ok) return access;
  const duration = chosenDuration(input.duration, rule);
  if (!duration.ok) return duration;
  const startAt = chosenStart(input.startAt, now);
  if (!startAt.ok) return startAt;
  const justification = checkedJustification(input.justification, rule);
  if (!justification.ok) return justification;
  const ticket = checkedTicket(input.ticket, rule);
  if (!ticket.ok) return ticket;
  return ok({
    entitlement: rule,
    cluster: cluster.value,
    access: access.value,
    duration: duration.value,
    ...(startAt.value !== undefined && { startAt: startAt.value }),
    decideBy: plus(now, rule.approval.window),
    justification: justification.value,
    ...(ticket.value !== undefined && { ticket: ticket.value }),
    ...(ticket.value !== undefined && rule.ticket.hook !== undefined && { ticketSystem: rule.ticket.hook }),
  });
}

/** Does the configuration in force still admit what was asked for, for whoever asked? Approvals are `decision.ts`'s. */
export function admits(facts: GrantFacts, config: Configuration): Result<Entitlement, Refusal> {
  const changed = (what: string): Result<never, Refusal> => no({ reason: 'entitlementChanged', what });
  const rule = Object.hasOwn(config.entitlements, facts.entitlement.id)
    ? config.entitlements[facts.entitlement.id]
    : undefined;
  const person = requesterIn(config.directory, facts.requester);
  if (!rule) return changed(`the entitlement ${facts.entitlement.id} is no longer there`);
  if (!person) return changed(`${facts.requester.name} is no longer in the directory`);
  if (!isAmong(person.id, rule.eligible, config.directory))
    return changed(`${facts.requester.name} is no longer eligible`);
  const cluster = rule.clusters.includes(facts.cluster.name) ? config.clusters[facts.cluster.name] : undefined;
  if (cluster?.arn !== facts.cluster.arn) return changed(`the cluster ${facts.cluster.name} is no longer covered`);
  if (facts.duration > rule.maxDuration) return changed(`the maximum duration is shorter now`);
  const namespaces =
    facts.access.kind === 'policy' && facts.access.accessScope.type === 'namespace'
      ? facts.access.accessScope.namespaces
      : undefined;
  const access = chosenAccess(namespaces, rule, config.partition);
  if (!access.ok || !sameAccess(access.value, facts.access)) return changed('it gives other access now');
  if (!samePrincipal(facts, rule)) return changed('it uses another principal now');
  return ok(rule);
}

/**
 * Asked besides, before anything is opened or prolonged: is the session that the grant's own role lets in still the
 * requester's? Its name is their user name, which may have become another's since.
 */
export function letsInRequester(
  { principal, requester }: GrantFacts,
  { directory }: Configuration,
): Result<true, Refusal> {
  const person = requesterIn(directory, requester);
  if (principal.mode !== 'dedicated' || (person && isLetInBy(principal.trusts, person.id, directory))) return ok(true);
  const what = `${requester.name} comes through another session now than the one that it was asked for`;
  return no({ reason: 'entitlementChanged', what });
}

function samePrincipal(facts: GrantFacts, rule: Entitlement): boolean {
  const { principal } = facts;
  if (principal.mode === 'dedicated' || rule.principal.mode === 'dedicated')
    return principal.mode === rule.principal.mode;
  return principal.arn === rule.principal.role;
}

function eligibleFor(id: string, person: Person, config: Configuration): Result<Entitlement, Refusal> {
  const rule = Object.hasOwn(config.entitlements, id) ? config.entitlements[id] : undefined;
  if (!rule) {
    return no({
      reason: 'unknownEntitlement',
      entitlement: id,
      requestable: requestableBy(person, config).map((one) => one.id),
    });
  }
  if (isAmong(person.id, rule.eligible, config.directory)) return ok(rule);
  const eligible = peopleAmong(rule.eligible, config.directory).map((one) => one.name);
  return no({ reason: 'notEligible', entitlement: id, eligible });
}

function chosenCluster(name: string | undefined, rule: Entitlement, config: Configuration): Result<Cluster, Refusal> {
  const [first, ...others] = rule.clusters;
  if (name === undefined && others.length > 0)
    return no({ reason: 'clusterNeeded', entitlement: rule.id, clusters: rule.clusters });
  const chosen = name ?? first ?? '';
  const cluster = rule.clusters.includes(chosen) ? config.clusters[chosen] : undefined;
  return cluster
    ? ok(cluster)
    : no({ reason: 'clusterNotOffered', cluster: chosen, entitlement: rule.id, clusters: rule.clusters });
}

function chosenAccess(
  namespaces: readonly string[] | undefined,
  rule: Entitlement,
  partition: string,
): Result<Access, Refusal> {
  const offered = rule.access;
  if (offered.kind === 'groups' || offered.scope === 'cluster') {
    if (namespaces !== undefined) return no({ reason: 'namespacesNotApplicable', entitlement: rule.id });
    if (offered.kind === 'groups') return ok(offered);
    return ok({
      kind: 'policy',
      policyArn: accessPolicyArn(partition, offered.policy),
      accessScope: { type: 'cluster' },
    });
  }
  if (namespaces === undefined && offered.namespaces.some(hasWildcard))
    return no({ reason: 'namespacesNeeded', offered: offered.namespaces });
  const chosen = [...new Set(namespaces ?? offered.namespaces)].sort();
  if (chosen.length === 0) return no({ reason: 'namespacesNeeded', offered: offered.namespaces });
  for (const namespace of chosen) {
    if (!isDnsLabel(namespace)) return no({ reason: 'namespaceInvalid', namespace });
    if (!offered.namespaces.some((pattern) => matchesPattern(pattern, namespace))) {
      return no({ reason: 'namespaceNotOffered', namespace, offered: offered.namespaces });
    }
  }
  return ok({
    kind: 'policy',
    policyArn: accessPolicyArn(partition, offered.policy),
    accessScope: { type: 'namespace', namespaces: chosen },
  });
}

function chosenDuration(given: string | undefined, rule: Entitlement): Result<Duration, Refusal> {
  const duration = given === undefined ? rule.defaultDuration : parseDuration(given);
  if (duration === undefined) return no({ reason: 'durationUnreadable', given: given ?? '' });
  if (duration < SHORTEST) return no({ reason: 'durationTooShort', asked: duration, min: SHORTEST });
  if (duration > rule.maxDuration)
    return no({ reason: 'durationTooLong', asked: duration, max: rule.maxDuration, entitlement: rule.id });
  return ok(duration);
}

function chosenStart(given: string | undefined, now: Instant): Result<Instant | undefined, Refusal> {
  if (given === undefined) return ok(undefined);
  const startAt = parseInstant(given);
  if (startAt === undefined) return no({ reason: 'startUnreadable', given });
  if (startAt < now) return no({ reason: 'startInPast', startAt, now });
  const farthest = plus(now, FARTHEST_START);
  return startAt > farthest ? no({ reason: 'startTooFar', startAt, latest: farthest }) : ok(startAt);
}

export function checkedJustification(given: string | undefined, rule: Entitlement): Result<string, Refusal> {
  const text = (given ?? '').trim();
  const { required, minLength } = rule.justification;
  if (text === '' && required) return no({ reason: 'justificationMissing', entitlement: rule.id });
  if (text !== '' && text.length < minLength) {
    return no({ reason: 'justificationTooShort', length: text.length, minLength, entitlement: rule.id });
  }
  if (text.length > LONGEST_JUSTIFICATION) {
    return no({ reason: 'justificationTooLong', length: text.length, maxLength: LONGEST_JUSTIFICATION });
  }
  return ok(text);
}

function checkedTicket(given: string | undefined, rule: Entitlement): Result<string | undefined, Refusal> {
  const ticket = given?.trim() || undefined;
  const { required, pattern } = rule.ticket;
  if (ticket === undefined) {
    return required
      ? no({ reason: 'ticketMissing', entitlement: rule.id, ...(pattern && { pattern }) })
      : ok(undefined);
  }
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(ticket))
    return no({ reason: 'ticketMismatch', ticket, pattern });
  return ok(ticket);
}
