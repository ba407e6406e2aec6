/**
 * Asked before what ends access in an account is taken away from it: is any access of this hub still there? It changes
 * nothing, and like the reaper it knows no table, no grant and no configuration.
 */
import type { ObservedEntry } from '../core/entry.ts';
import { judge, mayBeOurs } from '../core/overdue.ts';
import { toIso } from '../core/time.ts';
import { inLanes } from './lanes.ts';
import type { ReaperDeps, ReaperEks } from './reap.ts';

type LeavingDeps = Pick<ReaperDeps, 'mark' | 'clusters' | 'now'>;

const LANES = 8;
/** CloudFormation takes 4 kB in all. */
const NAMED = 10;

/** Why not, naming the entries and what to do; undefined if none is left. Throws when a cluster does not answer (I8). */
export async function guardLeaving(deps: LeavingDeps): Promise<string | undefined> {
  const found = await Promise.all(Object.entries(deps.clusters).map(([name, eks]) => entriesIn(deps, name, eks)));
  const left = found.flat();
  if (left.length === 0) return undefined;
  const more = left.length > NAMED ? [`and ${left.length - NAMED} more`] : [];
  return [
    `Access that Hallpass gave is still there, and nothing in this account would end it any more: ${[...left.slice(0, NAMED), ...more].join(', ')}.`,
    'End it (hallpass end, or hallpass drain for all) or wait until it is over; then delete again. With the hub gone the reaper ends it 10 minutes after its end.',
  ].join(' ');
}

async function entriesIn({ mark, now }: LeavingDeps, cluster: string, eks: ReaperEks): Promise<readonly string[]> {
  const principals = (await eks.listPrincipals()).filter((arn) => mayBeOurs(arn, mark));
  const read = await inLanes(principals, LANES, (arn) => eks.describeEntry(arn));
  return read.flatMap((entry) => describe(entry, cluster));

  /** What lies under the hub's own path is the hub's, whatever its tags say: nobody else would end it. */
  function describe(entry: ObservedEntry | undefined, name: string): string[] {
    if (!entry) return [];
    const verdict = judge(entry, mark, now());
    if (verdict.kind !== 'untouchable') return [`${entry.principalArn} on ${name} until ${toIso(verdict.expiresAt)}`];
    return entry.principalArn.startsWith(mark.path) ? [`${entry.principalArn} on ${name}: ${verdict.why}`] : [];
  }
}
