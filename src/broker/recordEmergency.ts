/**
 * An emergency's access on the record, under the id that it was made with: as a use of break-glass with its review owed.
 * It never lives longer for it. What EKS still shows is live and ends as any grant does; what is gone is over at once.
 */
import { accessPolicyArn, hasWildcard } from '../core/access.ts';
import { UNKNOWN_ROLE, workingDaysAfter } from '../core/break-glass.ts';
import type { BreakGlassRule, Cluster, Configuration, Entitlement } from '../core/configuration.ts';
import { derivedId, type Emergency, emergencyEnd, emergencyIdOf } from '../core/emergency.ts';
import { claimOf, type EntryKey, type ObservedPolicy, scopeOf, TAGS } from '../core/entry.ts';
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant, GrantFacts, Requester } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { identifiersOf } from '../core/identity.ts';
import { between, type Duration, type Instant, minutes } from '../core/time.ts';
import { trustedIn } from '../core/trust.ts';
import { ledgerFor, liveOthers } from './arm.ts';
import type { Change, Deps } from './ports.ts';
import { draft, openKey } from './record.ts';

export type ImportDeps = Pick<Deps, 'store' | 'eks' | 'config' | 'now' | 'sha256' | 'log'>;

/** A role that an entitlement offers by break-glass, on one cluster. */
export type Offer = {
  readonly rule: Entitlement & { readonly breakGlass: BreakGlassRule };
  readonly role: string;
  readonly cluster: Cluster;
};

/** `later`: it could not be written now; whoever calls has to come back to it. */
export type Imported = { readonly kind: 'imported'; readonly id: GrantId } | { readonly kind: 'known' | 'later' };

/** Each role of each cluster once. */
export function offersOf({ entitlements, clusters }: Configuration): Offer[] {
  const offers = Object.values(entitlements).flatMap((rule) => {
    const { breakGlass, principal } = rule;
    if (!breakGlass || principal.mode !== 'role') return [];
    return rule.clusters.flatMap((name) => {
      const cluster = clusters[name];
      return cluster ? [{ rule: { ...rule, breakGlass }, role: principal.role, cluster }] : [];
    });
  });
  return [...new Map(offers.map((offer) => [`${offer.cluster.arn} ${offer.role}`, offer])).values()];
}

/** `there`: EKS shows this very entry now. */
export async function recordEmergency(
  deps: ImportDeps,
  offer: Offer,
  emergency: Emergency,
  there: boolean,
  actor: Actor,
): Promise<Imported> {
  const id = await freeId(deps, offer, emergency);
  if (id === undefined) return { kind: 'known' };
  const key: EntryKey = { clusterArn: offer.cluster.arn, principalArn: offer.role };
  const eks = deps.eks(offer.cluster);
  const [entry, cluster, tableId, policies] = await Promise.all([
    deps.store.readEntry(key),
    eks.describeCluster(),
    deps.store.tableId(),
    there ? eks.listPolicies(offer.role) : undefined,
  ]);
  if (there && (cluster?.arn !== offer.cluster.arn || liveOthers(entry.claims, { grantId: id, tableId }).length > 0))
    return { kind: 'later' };
  const facts = {
    ...factsOf(deps, offer, emergency, id, tableId),
    access: accessOf(offer.rule, deps.config(), policies),
  };
  const bodies = eventsOf(facts, emergency, cluster?.createdAt ?? emergency.madeAt);
  const change = there
    ? withEntry(draft(deps, undefined, actor, bodies), entry, emergency)
    : draft(deps, undefined, actor, [...bodies, ...ending(emergency, deps.now())]);
  const { closes: _, ...whole } = change;
  const commit = await deps.store.commit({ ...whole, person: { put: await personOf(deps, facts, there) } });
  if (!commit.ok) return { kind: 'later' };
  deps.log('alarm', 'access that was made with the hub down is on record now', {
    grantId: id,
    cluster: offer.cluster.name,
    principalArn: offer.role,
    person: emergency.tags[TAGS.person],
    ...(emergency.madeBy !== undefined && { madeBy: emergency.madeBy }),
    live: there,
  });
  return { kind: 'imported', id };
}

/**
 * The id in its tag, unless another grant has it: whoever made the entry wrote that. Undefined when this very entry is on
 * record already.
 */
async function freeId(deps: ImportDeps, offer: Offer, emergency: Emergency): Promise<GrantId | undefined> {
  const tagged = emergencyIdOf(emergency);
  for (const id of [...(tagged ? [tagged] : []), derivedId(emergency.entryArn, deps.sha256)]) {
    const known = await deps.store.readGrant(id);
    if (!known) return id;
    if (isSame(known.grant, offer, emergency)) return undefined;
  }
  throw new Error(`no id is left for the emergency ${emergency.entryArn}`);
}

const ABOUT_THEN = minutes(1);

/** CloudTrail may have left out what EKS calls the entry: then it is the one of that role that was made at that time. */
function isSame({ breakGlass, cluster, principal }: Grant, offer: Offer, { entryArn, madeAt }: Emergency): boolean {
  const known = breakGlass?.emergency;
  if (!known || cluster.arn !== offer.cluster.arn || principal.arn !== offer.role) return false;
  const named = [known.entryArn, entryArn].every((name) => !name.startsWith('cloudtrail:'));
  return known.entryArn === entryArn || (!named && Math.abs(between(known.madeAt, madeAt)) <= ABOUT_THEN);
}

function factsOf(
  deps: ImportDeps,
  { rule, role, cluster }: Offer,
  { entryArn, madeAt, madeBy, tags }: Emergency,
  id: GrantId,
  tableId: string,
): Omit<GrantFacts, 'access'> {
  const now = deps.now();
  const config = deps.config();
  const { name, arn, account, region, executor } = cluster;
  const assumableBy = rule.principal.mode === 'role' ? rule.principal.assumableBy : [];
  const person = tags[TAGS.person] ?? 'nobody says who';
  return {
    id,
    hub: config.hub,
    tableId,
    requester: requesterOf(person, config),
    entitlement: { id: rule.id, digest: rule.digest },
    configuration: config.digest,
    cluster: { name, arn, account, region, executor },
    principal: { mode: 'role', arn: role, assumableBy, opensTo: trustedIn(assumableBy, config.directory) },
    duration: Math.max(0, between(madeAt, endOf({ tags, madeAt }))) as Duration,
    requestedAt: now,
    decideBy: now,
    justification: 'Made with the hub down.',
    warnBefore: config.warnBefore,
    breakGlass: {
      incident: `emergency-${id}`,
      reviewBy: workingDaysAfter(now, rule.breakGlass.reviewWithin),
      emergency: { madeAt, person, entryArn, ...(madeBy !== undefined && { madeBy }) },
    },
  };
}

const endOf = ({ tags, madeAt }: Pick<Emergency, 'tags' | 'madeAt'>): Instant =>
  emergencyEnd({ tags, createdAt: madeAt });

/** The tag is what its maker wrote: it names somebody of the directory, or nobody that is known here. */
function requesterOf(text: string, { directory }: Configuration): Requester {
  const person = Object.hasOwn(directory.people, text) ? directory.people[text] : undefined;
  return person
    ? { id: person.id, name: person.name, identifiers: identifiersOf(person), channel: 'cli' }
    : { id: `emergency:${text}`, name: text, identifiers: [], channel: 'cli' };
}

/** What EKS shows that was given; where it shows nothing any more, or nothing yet, what the entitlement gives. */
function accessOf(
  { access }: Entitlement,
  { partition }: Configuration,
  policies: readonly ObservedPolicy[] = [],
): GrantFacts['access'] {
  if (access.kind === 'groups') return access;
  const policyArn = accessPolicyArn(partition, access.policy);
  const seen = policies.find((policy) => policy.policyArn === policyArn) ?? policies[0];
  if (seen) return { kind: 'policy', policyArn: seen.policyArn, accessScope: scopeOf(seen) };
  if (access.scope === 'cluster') return { kind: 'policy', policyArn, accessScope: { type: 'cluster' } };
  const namespaces = access.namespaces.filter((namespace) => !hasWildcard(namespace));
  return { kind: 'policy', policyArn, accessScope: { type: 'namespace', namespaces } };
}

/** From asked for to active. */
const eventsOf = (
  facts: GrantFacts,
  emergency: Emergency,
  clusterCreatedAt: Instant,
): readonly [EventBody, ...EventBody[]] => [
  { type: 'requested', facts },
  { type: 'brokeGlass', incident: facts.breakGlass?.incident ?? '' },
  { type: 'prepared', clusterCreatedAt, roleId: UNKNOWN_ROLE },
  { type: 'armed', expiresAt: endOf(emergency) },
  { type: 'activated', entryArn: emergency.entryArn },
];

/** Gone before its end: somebody took it away. */
const ending = (emergency: Emergency, now: Instant): readonly EventBody[] => [
  {
    type: 'revoking',
    outcome: { state: 'ended', reason: endOf(emergency) <= now ? 'expired' : 'removedExternally' },
  },
  { type: 'ended' },
];

/** One transaction: the grant, its claim, and in the ledger the entry that is ours from here on. */
function withEntry(
  change: ReturnType<typeof draft>,
  entry: Parameters<typeof ledgerFor>[1],
  { entryArn }: Emergency,
): Change {
  const { grant } = change.stored;
  if (grant.state !== 'active') throw new Error(`importing made grant ${grant.id} ${grant.state}`);
  const claim = claimOf(grant);
  const ledger = { ...ledgerFor(claim, entry), entryArn };
  return { ...change, claim: { put: claim }, ledger: { was: entry.ledger?.version ?? 0, put: ledger } };
}

async function personOf(deps: ImportDeps, facts: GrantFacts, open: boolean) {
  const record = await deps.store.readPerson(facts.requester.id);
  return {
    ...record,
    personId: facts.requester.id,
    version: (record?.version ?? 0) + 1,
    open: { ...record?.open, ...(open && { [openKey(facts)]: facts.id }) },
    requestedAt: record?.requestedAt ?? [],
    uses: [...(record?.uses ?? []), { id: facts.id, at: facts.requestedAt }],
  };
}
