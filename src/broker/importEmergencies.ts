/**
 * Takes what was made with the hub down onto the record, under the id that it was made with: as live access by
 * break-glass, with its review owed. It never lives longer for it. Only entries of roles that an entitlement offers by
 * break-glass, of type STANDARD, with this hub's tag and an emergency's id are taken; nothing else is touched (I4).
 */
import { accessPolicyArn, hasWildcard } from '../core/access.ts';
import { UNKNOWN_ROLE, workingDaysAfter } from '../core/break-glass.ts';
import type { BreakGlassRule, Cluster, Configuration, Entitlement } from '../core/configuration.ts';
import { emergencyEnd, emergencyIdOf } from '../core/emergency.ts';
import { claimOf, type EntryKey, type ObservedEntry, TAGS } from '../core/entry.ts';
import type { Actor, GrantFacts, Requester } from '../core/grant.ts';
import { type GrantId, grantIdTime } from '../core/id.ts';
import { identifiersOf } from '../core/identity.ts';
import { between, type Duration } from '../core/time.ts';
import { trustedIn } from '../core/trust.ts';
import { type Entry, ledgerFor, liveOthers } from './arm.ts';
import type { Change, Deps } from './ports.ts';
import { draft, openKey } from './record.ts';

type ImportDeps = Pick<Deps, 'store' | 'eks' | 'config' | 'now' | 'sha256' | 'log'>;

type Offer = {
  readonly rule: Entitlement & { readonly breakGlass: BreakGlassRule };
  readonly role: string;
  readonly cluster: Cluster;
};

/** Answers the ids of the grants that it made. One cluster that does not answer holds up no other. */
export async function importEmergencies(
  deps: ImportDeps,
  actor: Actor,
  enough: () => boolean,
): Promise<readonly GrantId[]> {
  const config = deps.config();
  const imported: GrantId[] = [];
  for (const offer of offersOf(config)) {
    if (enough()) break;
    try {
      const observed = await deps.eks(offer.cluster).describeEntry(offer.role);
      const id = observed && idOf(observed, config);
      if (observed && id && (await importEntry(deps, config, offer, observed, id, actor))) imported.push(id);
    } catch (error) {
      const { name } = offer.cluster;
      deps.log('warn', 'a cluster could not be looked at for emergencies', { cluster: name, error: String(error) });
    }
  }
  return imported;
}

/** Each role of each cluster once. */
function offersOf({ entitlements, clusters }: Configuration): Offer[] {
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

const idOf = (observed: ObservedEntry, { hub }: Configuration): GrantId | undefined =>
  observed.type === 'STANDARD' && observed.tags[TAGS.hub] === hub ? emergencyIdOf(observed) : undefined;

async function importEntry(
  deps: ImportDeps,
  config: Configuration,
  offer: Offer,
  observed: ObservedEntry,
  id: GrantId,
  actor: Actor,
): Promise<boolean> {
  const key: EntryKey = { clusterArn: offer.cluster.arn, principalArn: offer.role };
  const [known, entry, cluster, tableId] = await Promise.all([
    deps.store.readGrant(id),
    deps.store.readEntry(key),
    deps.eks(offer.cluster).describeCluster(),
    deps.store.tableId(),
  ]);
  if (known || cluster?.arn !== offer.cluster.arn) return false;
  if (liveOthers(entry.claims, { grantId: id, tableId }).length > 0) return false;
  const facts = factsOf(deps, config, offer, observed, id, tableId);
  const change = await recording(deps, facts, entry, observed, { createdAt: cluster.createdAt }, actor);
  const commit = await deps.store.commit(change);
  if (commit.ok)
    deps.log('alarm', 'access that was made with the hub down is on record now', {
      grantId: id,
      cluster: offer.cluster.name,
      principalArn: offer.role,
      person: observed.tags[TAGS.person],
    });
  return commit.ok;
}

function factsOf(
  deps: ImportDeps,
  config: Configuration,
  { rule, role, cluster }: Offer,
  observed: ObservedEntry,
  id: GrantId,
  tableId: string,
): GrantFacts {
  const now = deps.now();
  const { name, arn, account, region, executor } = cluster;
  const madeAt = observed.createdAt ?? grantIdTime(id);
  const assumableBy = rule.principal.mode === 'role' ? rule.principal.assumableBy : [];
  const person = observed.tags[TAGS.person] ?? 'nobody says who';
  return {
    id,
    hub: config.hub,
    tableId,
    requester: requesterOf(person, config),
    entitlement: { id: rule.id, digest: rule.digest },
    configuration: config.digest,
    cluster: { name, arn, account, region, executor },
    access: accessOf(rule, config),
    principal: { mode: 'role', arn: role, assumableBy, opensTo: trustedIn(assumableBy, config.directory) },
    duration: Math.max(0, between(madeAt, emergencyEnd(observed, id))) as Duration,
    requestedAt: now,
    decideBy: now,
    justification: 'Made with the hub down.',
    warnBefore: config.warnBefore,
    breakGlass: {
      incident: `emergency-${id}`,
      reviewBy: workingDaysAfter(now, rule.breakGlass.reviewWithin),
      emergency: { madeAt, person, entryArn: observed.entryArn },
    },
  };
}

/** The tag is what its maker wrote: it names somebody of the directory, or nobody that is known here. */
function requesterOf(text: string, { directory }: Configuration): Requester {
  const person = Object.hasOwn(directory.people, text) ? directory.people[text] : undefined;
  return person
    ? { id: person.id, name: person.name, identifiers: identifiersOf(person), channel: 'cli' }
    : { id: `emergency:${text}`, name: text, identifiers: [], channel: 'cli' };
}

function accessOf({ access }: Entitlement, { partition }: Configuration): GrantFacts['access'] {
  if (access.kind === 'groups') return access;
  const policyArn = accessPolicyArn(partition, access.policy);
  if (access.scope === 'cluster') return { kind: 'policy', policyArn, accessScope: { type: 'cluster' } };
  const namespaces = access.namespaces.filter((namespace) => !hasWildcard(namespace));
  return { kind: 'policy', policyArn, accessScope: { type: 'namespace', namespaces } };
}

/** One transaction: the grant, from asked for to active, its claim, and in the ledger the entry that is now ours. */
async function recording(
  deps: ImportDeps,
  facts: GrantFacts,
  entry: Entry,
  observed: ObservedEntry,
  cluster: { readonly createdAt: Parameters<typeof between>[0] },
  actor: Actor,
): Promise<Change> {
  const id = emergencyIdOf(observed) ?? facts.id;
  const change = draft(deps, undefined, actor, [
    { type: 'requested', facts },
    { type: 'brokeGlass', incident: facts.breakGlass?.incident ?? '' },
    { type: 'prepared', clusterCreatedAt: cluster.createdAt, roleId: UNKNOWN_ROLE },
    { type: 'armed', expiresAt: emergencyEnd(observed, id) },
    { type: 'activated', entryArn: observed.entryArn },
  ]);
  const { grant } = change.stored;
  if (grant.state !== 'active') throw new Error(`importing made grant ${grant.id} ${grant.state}`);
  const claim = claimOf(grant);
  const ledger = { ...ledgerFor(claim, entry), entryArn: observed.entryArn };
  const record = await deps.store.readPerson(facts.requester.id);
  const person = {
    ...record,
    personId: facts.requester.id,
    version: (record?.version ?? 0) + 1,
    open: { ...record?.open, [openKey(facts)]: facts.id },
    requestedAt: record?.requestedAt ?? [],
    uses: [...(record?.uses ?? []), { id: facts.id, at: facts.requestedAt }],
  };
  return {
    ...change,
    claim: { put: claim },
    ledger: { was: entry.ledger?.version ?? 0, put: ledger },
    person: { put: person },
  };
}
