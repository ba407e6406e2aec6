/**
 * Takes what was made with the hub down onto the record. Two looks: at the entries that EKS shows now, which are live
 * within minutes, and at what CloudTrail recorded, which also knows what ended before anybody here could see it. Only
 * entries of roles that an entitlement offers by break-glass, of type STANDARD, are taken; nothing else is touched (I4).
 */
import type { Configuration } from '../core/configuration.ts';
import { isEmergency } from '../core/emergency.ts';
import { type ObservedEntry, TAGS } from '../core/entry.ts';
import type { Actor } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { instant } from '../core/time.ts';
import { type ImportDeps, offersOf, recordEmergency } from './recordEmergency.ts';

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
      if (!observed || !isMarked(observed, config)) continue;
      const { entryArn, tags, createdAt = instant(0) } = observed;
      const done = await recordEmergency(deps, offer, { entryArn, tags, madeAt: createdAt }, true, actor);
      if (done.kind === 'imported') imported.push(done.id);
    } catch (error) {
      const { name } = offer.cluster;
      deps.log('warn', 'a cluster could not be looked at for emergencies', { cluster: name, error: String(error) });
    }
  }
  return imported;
}

const isMarked = (observed: ObservedEntry, { hub }: Configuration): boolean =>
  observed.type === 'STANDARD' && observed.tags[TAGS.hub] === hub && isEmergency(observed);
