/** What draining needs, in memory: the keys of what is due, leases, and EKS a call at a time with pages as EKS has them. */
import { isOverdue } from '../../src/broker/crowds.ts';
import { type DrainPorts, type EksOnce, type Lease, LONGEST_LEASE, type Place } from '../../src/broker/drainPorts.ts';
import type { Due, Store } from '../../src/broker/ports.ts';
import type { TargetCluster } from '../../src/core/grant.ts';
import { type Instant, plus } from '../../src/core/time.ts';
import { type Aws, fakeEks } from './fake-aws.ts';

export type Leases = Map<Place, Lease>;
const PAGE = 100;
const NEWEST = 50;

export function fakeEksOnce(aws: Aws, target: TargetCluster): EksOnce {
  const eks = fakeEks(aws, target);
  return {
    describeCluster: () => eks.describeCluster(),
    describeEntry: (principalArn) => eks.describeEntry(principalArn),
    async listEntries(cursor = '0') {
      const found = aws.clusters.get(`${target.executor.split(':')[4]}/${target.region}/${target.name}`);
      if (!found) return undefined;
      const all = aws.blind ? [] : [...found.entries.keys()].sort();
      const from = Number(cursor);
      return {
        principals: all.slice(from, from + PAGE),
        ...(from + PAGE < all.length && { cursor: String(from + PAGE) }),
      };
    },
    async deleteEntry(principalArn) {
      await eks.deleteEntry(principalArn);
      return 'sent';
    },
  };
}

export type FakeDrain = Pick<DrainPorts, 'newestDue' | 'endingIn' | 'lastHolder' | 'take'>;

/** `lag`: the index shows what is due as it was so many milliseconds ago at most. */
export function drainInMemory(
  store: Pick<Store, 'due'>,
  leases: Leases,
  now: () => Instant,
  lag?: { seen?: { readonly until: Instant; readonly due: readonly Due[] }; readonly ms: number },
): FakeDrain {
  const due = async (until: Instant): Promise<readonly Due[]> => {
    if (lag?.seen && lag.seen.until <= until && lag.seen.until + lag.ms >= until) return lag.seen.due;
    const found = await store.due(until, Number.POSITIVE_INFINITY);
    if (lag) lag.seen = { until, due: found };
    return found;
  };
  return {
    newestDue: async (until) => (await due(until)).toReversed().slice(0, NEWEST),
    endingIn: async (place, at, until) =>
      (await due(until)).flatMap((one) => (one.place === place && isOverdue(one, at) ? [one.id] : [])),
    lastHolder: async (place) => leases.get(place)?.holder,
    async take(place, lease) {
      const held = leases.get(place);
      const isHeld = held && held.until > now() && held.until <= plus(now(), LONGEST_LEASE);
      if (isHeld && held.holder !== lease.holder) return undefined;
      const { holder: _, until: __, ...known } = { ...held, ...lease };
      leases.set(place, lease);
      return known;
    },
  };
}
