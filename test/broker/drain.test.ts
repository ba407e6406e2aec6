/**
 * Catches what ending many at once could break that ending one keeps: an effect before its record (I2), "gone" without
 * EKS having shown it, access that stays because a list was stale or a function died, two that drain at once, and an
 * account that does not answer and takes others with it.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { drain } from '../../src/broker/drain.ts';
import { type EndingDeps, type Place, placeOf } from '../../src/broker/drainPorts.ts';
import { Draining, performStep } from '../../src/broker/performStep.ts';
import type { Stored } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Duration, plus, seconds } from '../../src/core/time.ts';
import { at } from '../core/fixtures.ts';
import { copier } from './copies.ts';
import { type Fault, newWorld, type World } from './fake-world.ts';

const MANY = 12;
const ME = { name: 'me', comesBack: false };

/** As many live grants in one cluster, whose end is in ten minutes. */
async function crowdIn(world: World, count = MANY): Promise<GrantId[]> {
  const first = await world.live('dedicated', { duration: '10m' });
  const copy = copier(world.tables, world.prod, first);
  const others = Array.from({ length: count - 1 }, (_, n) =>
    copy(grantId(at(0), Uint8Array.of(9, n, 0, 0, 0, 0, 0, 0, 0, 0))),
  );
  return [first, ...others];
}

const stateOf = (world: World, id: GrantId): string => (world.tables.grants.get(id) as Stored).grant.state;
const statesOf = (world: World, ids: readonly GrantId[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[stateOf(world, id)] = (counts[stateOf(world, id)] ?? 0) + 1;
  return counts;
};
const oursLeft = (world: World): string[] => [...world.prod.entries.keys()].filter((arn) => arn.includes('/hallpass/'));
const placeIn = (world: World, id: GrantId): Place => placeOf((world.tables.grants.get(id) as Stored).grant.cluster);
const revoke = (world: World, grant: GrantId): Promise<unknown> =>
  performStep(world.deps, { step: 'Revoke', grantId: grant });

let world: World;
let ids: GrantId[];
beforeEach(async () => {
  world = newWorld();
  ids = await crowdIn(world);
  world.advance(10);
  world.calls.length = 0;
});

describe('a crowd', () => {
  test('the first workflow that wakes ends them all; the others call nobody', async () => {
    await revoke(world, ids[3] as GrantId);
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
    expect(oursLeft(world)).toEqual([]);
    const eks = world.calls.filter((name) => name.startsWith('eks.'));
    expect(eks.filter((name) => name === 'eks.deleteEntry')).toHaveLength(MANY);
    expect(eks.filter((name) => name !== 'eks.deleteEntry').sort()).toEqual(['eks.describeCluster', 'eks.listEntries']);

    world.calls.length = 0;
    await revoke(world, ids[4] as GrantId);
    expect(world.calls.filter((name) => name.startsWith('eks.'))).toEqual([]);
  });

  test('while somebody drains, the others leave it at that', async () => {
    await world.deps.drain.take(placeIn(world, ids[0] as GrantId), {
      holder: 'they',
      until: plus(world.now(), seconds(20)),
    });
    world.calls.length = 0;
    await revoke(world, ids[1] as GrantId);
    expect(world.calls.filter((name) => /^eks\.|commit/.test(name))).toEqual([]);
    expect((await world.sweep()).left).toBe(MANY);
    world.advance(1);
    await world.sweep();
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
  });

  test('I3: whoever drained died; a sweep that falls into its lease waits for its end, and not for the next sweep', async () => {
    const place = placeIn(world, ids[0] as GrantId);
    await world.deps.drain.take(place, { holder: 'the dead', until: plus(world.now(), seconds(12)) });
    let waited = 0;
    const deps: EndingDeps = {
      ...world.deps,
      drain: {
        ...world.deps.drain,
        pause: async (length) => {
          waited += length;
          world.advance(length / 60_000);
        },
      },
    };
    await sweep(deps, () => false);
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
    expect(waited).toBeLessThanOrEqual(15_000);
  });

  test('I3: an end of its own waits for no looks back, though their list is refused all the time', async () => {
    await world.sweep();
    const copy = copier(world.tables, world.prod, await world.live('dedicated', { duration: '10m' }));
    const alone = copy(grantId(at(0), Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
    world.advance(10);
    let refusals = 0;
    const deps: EndingDeps = {
      ...world.deps,
      drain: {
        ...world.deps.drain,
        timeLeft: () => seconds(refusals < 100 ? 60 : 20),
        eksOnce: (target) => ({
          ...world.deps.drain.eksOnce(target),
          async listEntries() {
            refusals++;
            if (refusals === 50) expect(stateOf(world, alone)).toBe('ended');
            return 'throttled';
          },
        }),
      },
    };
    await sweep(deps, () => false);
    expect(refusals).toBeGreaterThanOrEqual(50);
    // And those are looked at one by one.
    for (const id of ids) expect(world.events(id).map(({ body }) => body.type)).toContain('settled');
  });

  test('a cluster that answers and does not say what it holds has ended nothing', async () => {
    let silent = true;
    const deps: EndingDeps = {
      ...world.deps,
      drain: {
        ...world.deps.drain,
        eksOnce: (target) => {
          const eks = world.deps.drain.eksOnce(target);
          return { ...eks, listEntries: async (cursor) => (silent ? undefined : eks.listEntries(cursor)) };
        },
      },
    };
    await sweep(deps, () => false);
    expect(statesOf(world, ids)).toEqual({ revoking: MANY });
    silent = false;
    world.advance(1);
    await sweep(deps, () => false);
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
  });

  test('the sweeper alone ends it', async () => {
    await world.sweep();
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
    expect(world.calls.filter((name) => name === 'eks.listEntries')).toHaveLength(1);
  });

  test('a crowd over many accounts is seen, though none of the newest is in the same one', async () => {
    const elsewhere = Array.from({ length: 50 }, (_, n) => ({
      id: grantId(at(0), Uint8Array.of(3, n, 0, 0, 0, 0, 0, 0, 0, 0)),
      at: at(10),
      place: `${n}/eu-west-1`,
      overdueFrom: at(10),
    }));
    const deps: EndingDeps = { ...world.deps, drain: { ...world.deps.drain, newestDue: async () => elsewhere } };
    await performStep(deps, { step: 'Revoke', grantId: ids[0] as GrantId });
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
  });

  test('a few that end at once are ended one by one, as ever', async () => {
    const few = newWorld();
    const [first] = await crowdIn(few, 4);
    few.advance(10);
    await revoke(few, first as GrantId);
    expect(few.calls).toContain('eks.describeEntry');
    expect(few.calls.filter((name) => name.startsWith('drain.'))).toEqual(['drain.newestDue']);
  });

  test('whoever is not to end yet is not ended with them', async () => {
    const other = ids[5] as GrantId;
    const stored = world.tables.grants.get(other) as Stored;
    world.tables.grants.set(other, { ...stored, grant: { ...stored.grant, expiresAt: at(60) } as Stored['grant'] });
    await revoke(world, ids[0] as GrantId);
    expect(statesOf(world, ids)).toEqual({ ended: MANY - 1, active: 1 });
    expect(oursLeft(world)).toHaveLength(1);
  });
});

describe('I2, and gone only when seen gone', () => {
  test('each end is on record before its delete, and "ended" only after a list that was read after its delete', async () => {
    const seen: string[] = [];
    const watched: EndingDeps = {
      ...world.deps,
      store: {
        ...world.deps.store,
        commit: async (change) => {
          const answer = await world.deps.store.commit(change);
          seen.push(`${change.stored.grant.state} ${change.stored.grant.principal.arn}`);
          return answer;
        },
      },
      drain: {
        ...world.deps.drain,
        eksOnce: (target) => {
          const eks = world.deps.drain.eksOnce(target);
          return {
            ...eks,
            async deleteEntry(arn) {
              seen.push(`delete ${arn}`);
              return eks.deleteEntry(arn);
            },
            async listEntries(cursor) {
              seen.push('list');
              return eks.listEntries(cursor);
            },
          };
        },
      },
    };
    await drain(watched, placeIn(world, ids[0] as GrantId), async () => ids, { kind: 'system', part: 'sweeper' }, ME);
    for (const id of ids) {
      const { arn } = (world.tables.grants.get(id) as Stored).grant.principal;
      const order = ['revoking', 'delete', 'ended'].map((what) => seen.indexOf(`${what} ${arn}`));
      expect(order.every((place) => place >= 0)).toBe(true);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(seen.slice(order[1], order[2])).toContain('list');
    }
  });

  test('what the list still shows is deleted again, and not recorded as ended meanwhile', async () => {
    const kept = [...world.prod.entries].filter(([arn]) => arn.includes('/hallpass/')).slice(0, 3);
    let lists = 0;
    world.afterCall = (name) => {
      // The deletes of three were taken and had no effect, once.
      if (name === 'eks.deleteEntry' && lists === 0)
        for (const [arn, entry] of kept) world.prod.entries.set(arn, entry);
      if (name === 'eks.listEntries') lists++;
    };
    await world.sweep();
    expect(lists).toBe(1);
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
    expect(oursLeft(world)).toEqual([]);
  });

  test('wrong-account-404-is-not-gone: whoever answers for another cluster shows nothing gone', async () => {
    world.prod.arn = world.prod.arn.replace('cluster/prod', 'cluster/other');
    await world.sweep();
    expect(statesOf(world, ids)).toEqual({ revoking: MANY });
  });

  test('cluster-replaced: the cluster is gone, and the access with it', async () => {
    world.aws.clusters.delete('222222222222/eu-west-1/prod');
    await world.sweep();
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
    expect(world.lines.join()).toContain('the cluster is gone');
  });
});

describe('F4: a create that comes late, after the end', () => {
  const late = (): string => {
    const arn = (world.tables.grants.get(ids[2] as GrantId) as Stored).grant.principal.arn;
    const entry = {
      entryArn: 'late',
      principalArn: arn,
      type: 'STANDARD',
      username: 'late',
      kubernetesGroups: [],
      tags: {},
    };
    world.prod.entries.set(arn, { entry, policies: [] });
    return arn;
  };

  test('is found by the list two minutes later, removed, and an alarm', async () => {
    await world.sweep();
    world.advance(1);
    late();
    await world.sweepFor(2);
    expect(oursLeft(world)).toEqual([]);
    expect(world.alarms).toContain('access was there after its end and has been removed');
  });

  test.each([1, 2])(
    'is found ten minutes later though the first list, and then the %i. one, was stale',
    async (nth) => {
      await world.sweep();
      late();
      let lists = 0;
      const blindAt = (n: number): void => {
        world.aws.blind = n === 1 || n === 1 + nth;
      };
      blindAt(1);
      world.afterCall = (name) => {
        if (name === 'eks.listEntries') blindAt(++lists + 1);
      };
      await world.sweepFor(3);
      expect(oursLeft(world), 'the first list hid it').toHaveLength(1);
      await world.sweepFor(9);
      expect(lists).toBeGreaterThanOrEqual(3);
      expect(oursLeft(world)).toEqual([]);
      expect(world.alarms).toContain('access was there after its end and has been removed');
    },
  );

  test('many looks back cost a list each, not four calls a grant', async () => {
    await world.sweep();
    world.calls.length = 0;
    await world.sweepFor(12);
    const eks = world.calls.filter((name) => name.startsWith('eks.'));
    expect(eks.filter((name) => name === 'eks.listEntries')).toHaveLength(3);
    expect(eks.filter((name) => name !== 'eks.listEntries' && name !== 'eks.describeCluster')).toEqual([]);
    for (const id of ids) expect(world.events(id).filter(({ body }) => body.type === 'settled')).toHaveLength(2);
  });
});

describe('a drain that is struck', () => {
  const FAULTS: readonly Fault[] = ['crashBefore', 'crashAfter', 'failBefore', 'failAfter', 'twice', { delayed: 30 }];

  test('every call × every fault: all are ended at the next sweep but one, and nothing is left', async () => {
    let cases = 0;
    const clean = newWorld();
    await crowdIn(clean, 8);
    clean.advance(10);
    clean.calls.length = 0;
    await clean.sweep();
    // The calls of one grant in the middle, and whatever comes before and after all of them.
    const total = clean.calls.length;
    const nths = [
      ...Array(6).keys(),
      ...Array.from({ length: 12 }, (_, n) => Math.floor(total / 3) + n),
      ...Array.from({ length: 24 }, (_, n) => total - n - 1),
    ];
    for (const nth of new Set(nths.map((n) => Math.min(total, n + 1)))) {
      for (const fault of FAULTS) {
        const one = newWorld();
        const those = await crowdIn(one, 8);
        one.advance(10);
        one.strike(nth, fault);
        await one.sweep().catch(() => {});
        one.calm();
        await one.sweepFor(3);
        expect(statesOf(one, those), `${nth} ${JSON.stringify(fault)}`).toEqual({ ended: 8 });
        expect(oursLeft(one)).toEqual([]);
        for (const id of those) expect(one.events(id).filter(({ body }) => body.type === 'ended')).toHaveLength(1);
        cases++;
      }
    }
    console.log(`${cases} cases`);
  }, 60_000);

  test('EKS that refuses most calls is asked again, and nobody is put off for it', async () => {
    let n = 0;
    const deps: EndingDeps = {
      ...world.deps,
      drain: {
        ...world.deps.drain,
        eksOnce: (target) => {
          const eks = world.deps.drain.eksOnce(target);
          return { ...eks, deleteEntry: async (arn) => (n++ % 4 === 0 ? eks.deleteEntry(arn) : 'throttled') };
        },
      },
    };
    const drained = await drain(
      deps,
      placeIn(world, ids[0] as GrantId),
      async () => ids,
      { kind: 'system', part: 'sweeper' },
      ME,
    );
    expect(drained).toEqual({ done: MANY, failed: 0, left: 0 });
    expect(n).toBeGreaterThanOrEqual(4 * MANY - 3);
  });

  test('with too little time nothing is begun, and the workflow is told to come back', async () => {
    let left: Duration = seconds(10);
    const deps: EndingDeps = { ...world.deps, drain: { ...world.deps.drain, timeLeft: () => left } };
    const step = { step: 'Revoke', grantId: ids[0] as GrantId } as const;
    await expect(performStep(deps, step)).rejects.toBeInstanceOf(Draining);
    expect(statesOf(world, ids)).toEqual({ active: MANY });
    left = seconds(60);
    await performStep(deps, step);
    expect(statesOf(world, ids)).toEqual({ ended: MANY });
  });

  test('whoever comes back after its own end goes on with what is left, however few', async () => {
    await revoke(world, ids[0] as GrantId);
    const late = await crowdIn(world, 2);
    world.advance(10);
    await revoke(world, ids[0] as GrantId);
    expect(statesOf(world, late)).toEqual({ ended: 2 });
  });
});
