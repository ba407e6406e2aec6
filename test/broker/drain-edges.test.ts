/**
 * Catches what a drain may do at its edges: end on record what nobody has shown gone, delete what was not begun, go on
 * when others drain, press a place that does not answer, put off what was only throttled, or begin what it cannot finish.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { type Drained, drain } from '../../src/broker/drain.ts';
import { type EksOnce, type EndingDeps, type Lease, type Place, placeOf } from '../../src/broker/drainPorts.ts';
import { NotReady, type Stored } from '../../src/broker/ports.ts';
import { entryKeyText } from '../../src/core/entry.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { between, type Duration, plus, seconds } from '../../src/core/time.ts';
import { at } from '../core/fixtures.ts';
import { copier } from './copies.ts';
import { newWorld, type World } from './fake-world.ts';

const MANY = 12;
const ACTOR = { kind: 'system', part: 'sweeper' } as const;
const ME = { name: 'me', comesBack: false };
const SECOND = 1 / 60;
/** Three lanes. */
const SLOW = { callsPerSecond: 0.5, pages: 1 };

let world: World;
let ids: GrantId[];
let place: Place;
beforeEach(() => crowd(MANY));

async function crowd(count: number): Promise<void> {
  world = newWorld();
  const first = await world.live('dedicated', { duration: '10m' });
  const copy = copier(world.tables, world.prod, first);
  const others = Array.from({ length: count - 1 }, (_, n) => grantId(at(0), Uint8Array.of(9, n, ...Array(8).fill(0))));
  ids = [first, ...others.map((id) => copy(id))];
  place = placeOf(stored(first).grant.cluster);
  world.advance(10);
  world.calls.length = 0;
}

const stored = (id: GrantId): Stored => world.tables.grants.get(id) as Stored;
const arnOf = (id: GrantId): string => stored(id).grant.principal.arn;
const states = (): Record<string, number> => {
  const all = Object.groupBy(ids, (id) => stored(id).grant.state);
  return Object.fromEntries(Object.entries(all).map(([state, those]) => [state, those.length]));
};
const oursLeft = (): number => [...world.prod.entries.keys()].filter((arn) => arn.includes('/hallpass/')).length;
const typesOf = (id: GrantId): string[] => world.events(id).map(({ body }) => body.type);

type Changes = Partial<Omit<EndingDeps['drain'], 'eksOnce'>> & {
  readonly eks?: (eks: EksOnce) => Partial<EksOnce>;
  readonly store?: Partial<EndingDeps['store']>;
};
const but = ({ eks, store, ...ports }: Changes): EndingDeps => ({
  ...world.deps,
  store: { ...world.deps.store, ...store },
  drain: {
    ...world.deps.drain,
    ...ports,
    eksOnce: (target) => {
      const plain = world.deps.drain.eksOnce(target);
      return { ...plain, ...eks?.(plain) };
    },
  },
});
const drained = (changes: Changes, those: readonly GrantId[] = ids, holder = ME): Promise<Drained | undefined> =>
  drain(but(changes), place, async () => those, ACTOR, holder);

/** Deletes that are counted by principal and answered by `answer`; `sent` ones take effect if it says so. */
function deletes(answer: (arn: string, nth: number, eks: EksOnce) => ReturnType<EksOnce['deleteEntry']>) {
  const counts = new Map<string, number>();
  const eks = (plain: EksOnce): Partial<EksOnce> => ({
    async deleteEntry(arn) {
      const nth = (counts.get(arn) ?? 0) + 1;
      counts.set(arn, nth);
      return answer(arn, nth, plain);
    },
  });
  return { eks, counts, all: () => [...counts.values()].reduce((sum, one) => sum + one, 0) };
}
const named = (name: string): Error => Object.assign(new Error(name), { name });

describe('gone only when it was shown gone', () => {
  test.each([
    ['each is described', 3, 'eks.describeEntry', 'eks.listEntries'],
    ['one list is read', 4, 'eks.listEntries', 'eks.describeEntry'],
  ])(
    '%s: what EKS keeps is deleted twice, then looked at by itself, and is not on record as ended',
    async (_what, count, asked, not) => {
      const those = ids.slice(0, count);
      const { eks, counts } = deletes(async () => 'sent');
      const only = world.deps.eks;
      const deps = but({ eks });
      const keeps = {
        ...deps,
        eks: (target: Parameters<typeof only>[0]) => ({ ...only(target), deleteEntry: async () => {} }),
      };
      const answer = await drain(keeps, place, async () => those, ACTOR, ME);
      expect(answer).toEqual({ done: 0, failed: count, left: 0 });
      expect(those.map((id) => stored(id).grant.state)).toEqual(those.map(() => 'revoking'));
      expect([...counts.values()]).toEqual(those.map(() => 2));
      expect(world.calls.indexOf(asked)).toBeGreaterThan(-1);
      // By itself each is described: not by the drain, whose reads come first.
      if (not === 'eks.listEntries') expect(world.calls).not.toContain(not);
      else expect(world.calls.indexOf(not)).toBeGreaterThan(world.calls.indexOf(asked));
    },
  );

  test('a list is read to its end: what is on its last page is not gone', async () => {
    const [entry] = [...world.prod.entries.values()];
    for (let n = 0; n < 150; n++)
      world.prod.entries.set(`arn:aws:iam::111111111111:role/a${n}`, entry as NonNullable<typeof entry>);
    const kept = [...world.prod.entries].filter(([arn]) => arn.includes('/hallpass/'));
    let lists = 0;
    world.afterCall = (name) => {
      if (name === 'eks.listEntries') lists++;
      if (name === 'eks.deleteEntry' && lists === 0) for (const [arn, one] of kept) world.prod.entries.set(arn, one);
      if (name === 'eks.listEntries') expect(states()['ended']).toBeUndefined();
    };
    expect(await drained({})).toEqual({ done: MANY, failed: 0, left: 0 });
    expect(lists).toBe(4);
    expect([oursLeft(), states()]).toEqual([0, { ended: MANY }]);
  });

  test('a list that fails once is asked for again at once; one that fails on ends nothing, and says what is left', async () => {
    let fails = 1;
    const eks = (plain: EksOnce): Partial<EksOnce> => ({
      listEntries: async (cursor) => (fails-- > 0 ? Promise.reject(new Error('500')) : plain.listEntries(cursor)),
    });
    expect(await drained({ eks }, ids.slice(0, 6))).toEqual({ done: 6, failed: 0, left: 0 });
    fails = 9;
    expect(await drained({ eks }, ids.slice(6))).toEqual({ done: 0, failed: 0, left: 6 });
    expect(states()).toEqual({ ended: 6, revoking: 6 });
    expect(world.lines.join('\n')).toContain('could not be shown gone yet');
  });

  test('a record that fails puts off its own grant alone', async () => {
    const bad = ids[4] as GrantId;
    const commit: EndingDeps['store']['commit'] = async (change) =>
      change.stored.grant.id === bad && change.stored.grant.state === 'ended'
        ? Promise.reject(new Error('the table'))
        : world.deps.store.commit(change);
    expect(await drained({ store: { commit } })).toEqual({ done: MANY - 1, failed: 1, left: 0 });
    expect(states()).toEqual({ ended: MANY - 1, revoking: 1 });
    expect(stored(bad).retries).toMatchObject({ revoke: { attempts: 1 } });
  });

  test('somebody else wrote it since: it is ended once, by itself', async () => {
    const other = ids[2] as GrantId;
    let first = true;
    const commit: EndingDeps['store']['commit'] = async (change) => {
      if (change.stored.grant.id !== other || change.stored.grant.state !== 'ended' || !first)
        return world.deps.store.commit(change);
      first = false;
      return { ok: false, conflict: 'ledger' };
    };
    expect(await drained({ store: { commit } })).toEqual({ done: MANY, failed: 0, left: 0 });
    expect(states()).toEqual({ ended: MANY });
    expect(typesOf(other).filter((type) => type === 'ended')).toHaveLength(1);
  });

  test('the ledger remembers the delete, which may still arrive', async () => {
    await drained({});
    for (const id of ids) {
      const ledger = [...world.tables.ledgers.values()].find(({ principalArn }) => principalArn === arnOf(id));
      expect(ledger?.deletedAt, 'a create that comes later has to know').toBeDefined();
    }
  });
});

describe('only what is its own, and only what was begun', () => {
  test('an entry that another grant has a claim on stays; the claim alone goes', async () => {
    const id = ids[3] as GrantId;
    const [key, claims] = [...world.tables.claims].find(([, held]) => held.has(id)) as [string, Map<string, never>];
    const claim = claims.get(id) as unknown as object;
    claims.set('other', { ...claim, grantId: 'other', until: at(90) } as never);
    expect(entryKeyText({ clusterArn: stored(id).grant.cluster.arn, principalArn: arnOf(id) })).toBe(key);
    expect(await drained({})).toEqual({ done: MANY, failed: 0, left: 0 });
    expect([...world.prod.entries.keys()].filter((arn) => arn.includes('/hallpass/'))).toEqual([arnOf(id)]);
    expect([...(world.tables.claims.get(key)?.keys() ?? [])]).toEqual(['other']);
  });

  test('a grant that is not there is over, and no failure', async () => {
    const nobody = grantId(at(0), Uint8Array.of(7, 7, ...Array(8).fill(0)));
    expect(await drained({}, [nobody])).toEqual({ done: 1, failed: 0, left: 0 });
    expect(world.lines.join('\n')).not.toContain('tried again');
  });

  test.each([
    [1, 2],
    [9, 1],
  ])('its turn was overtaken %i times: no delete without its record, and no failure', async (times, turns) => {
    const other = ids[2] as GrantId;
    let left = times;
    let asked = 0;
    const commit: EndingDeps['store']['commit'] = async (change) => {
      if (change.stored.grant.id !== other || change.stored.grant.state !== 'revoking')
        return world.deps.store.commit(change);
      asked++;
      if (left-- > 0) return { ok: false, conflict: 'grant' };
      return world.deps.store.commit(change);
    };
    const sent = deletes(async (arn, _nth, eks) => {
      expect(typesOf(ids.find((id) => arnOf(id) === arn) as GrantId)).toContain('revoking');
      return eks.deleteEntry(arn);
    });
    const answer = await drained({ store: { commit }, eks: sent.eks });
    if (times === 1) {
      expect([answer, asked]).toEqual([{ done: MANY, failed: 0, left: 0 }, turns]);
      expect(states()).toEqual({ ended: MANY });
    } else {
      // Twice here, and by itself as often as one alone is tried.
      expect(asked).toBeGreaterThan(2);
      expect(sent.counts.has(arnOf(other))).toBe(false);
      expect(states()).toEqual({ ended: MANY - 1, active: 1 });
    }
  });
});

describe('what fails', () => {
  const failing = (error: Error, who: (arn: string) => boolean = () => true) =>
    deletes(async (arn, _nth, eks) => (who(arn) ? Promise.reject(error) : eks.deleteEntry(arn)));

  test('a place that does not answer is asked three times, one after the other', async () => {
    const sent = failing(new Error('no answer'));
    expect(await drained({ eks: sent.eks })).toEqual({ done: 0, failed: 1, left: MANY - 1 });
    expect(sent.all()).toBe(3);
    expect(states()).toEqual({ active: MANY - 2, revoking: 2 });
  });

  test('one that cannot be deleted is tried twice and put off; all the others end', async () => {
    const arn = arnOf(ids[5] as GrantId);
    const sent = failing(new Error('no answer'), (one) => one === arn);
    expect(await drained({ eks: sent.eks })).toEqual({ done: MANY - 1, failed: 1, left: 0 });
    expect([sent.counts.get(arn), sent.all()]).toEqual([2, MANY + 1]);
    expect(stored(ids[5] as GrantId)).toMatchObject({
      grant: { state: 'revoking' },
      retries: { revoke: { attempts: 1 } },
    });
  });

  test('what is merely not ready says nothing of the place: each has its two tries', async () => {
    const sent = failing(new NotReady('being made'));
    expect(await drained({ eks: sent.eks })).toEqual({ done: 0, failed: MANY, left: 0 });
    expect(sent.all()).toBe(2 * MANY);
  });

  test.each(['ThrottlingException', 'TooManyRequestsException', 'LimitExceededException'])(
    '%s says nothing of the place either: each is asked four times, and the others first',
    async (name) => {
      const sent = failing(named(name));
      expect(await drained({ eks: sent.eks })).toEqual({ done: 0, failed: MANY, left: 0 });
      expect(sent.all()).toBe(4 * MANY);
    },
  );

  test('throttled three times, taken the fourth: it is ended, and not put off', async () => {
    const order: string[] = [];
    const arn = arnOf(ids[0] as GrantId);
    const sent = deletes(async (one, nth, eks) => {
      order.push(one);
      return one === arn && nth < 4 ? Promise.reject(named('ThrottlingException')) : eks.deleteEntry(one);
    });
    expect(await drained({ eks: sent.eks })).toEqual({ done: MANY, failed: 0, left: 0 });
    expect(sent.counts.get(arn)).toBe(4);
    expect(order.slice(0, 2)).toEqual([arn, arnOf(ids[1] as GrantId)]);
    expect(states()).toEqual({ ended: MANY });
  });

  test('before its end is on record it is put off as one that is to expire', async () => {
    const bad = ids[4] as GrantId;
    const commit: EndingDeps['store']['commit'] = async (change) =>
      change.stored.grant.id === bad ? Promise.reject(new Error('the table')) : world.deps.store.commit(change);
    expect(await drained({ store: { commit } })).toEqual({ done: MANY - 1, failed: 1, left: 0 });
    expect(stored(bad).retries).toMatchObject({ expire: { attempts: 1 } });
  });

  test.each(['readGrant', 'defer'] as const)(
    'the table fails at %s: the others end, and the log says so',
    async (call) => {
      const bad = ids[4] as GrantId;
      const store: Partial<EndingDeps['store']> =
        call === 'readGrant'
          ? {
              readGrant: async (id) =>
                id === bad ? Promise.reject(new Error('table')) : world.deps.store.readGrant(id),
            }
          : { defer: () => Promise.reject(new Error('table')) };
      const arn = arnOf(bad);
      const { eks } = failing(new Error('no answer'), (one) => one === arn);
      expect(await drained({ store, eks })).toEqual({ done: MANY - 1, failed: 1, left: 0 });
      const lines = world.lines.join('\n');
      expect(lines).toMatch(new RegExp(`error a due task failed and will be tried again .*${bad}`));
      if (call === 'defer') expect(lines).toMatch(new RegExp(`error a task could not be put off .*${bad}.*table`));
    },
  );

  test('two that fail with another between them close no place', async () => {
    const bad = new Set([1, 3, 5, 7].map((n) => arnOf(ids[n] as GrantId)));
    const sent = failing(new Error('no answer'), (arn) => bad.has(arn));
    expect(await drained({ eks: sent.eks, take: async () => SLOW })).toMatchObject({ left: 0 });
    expect(states()).toEqual({ ended: MANY - 4, revoking: 4 });
  });
});

describe('when time is nearly up', () => {
  test('no more is begun than can be shown gone and recorded', async () => {
    let left: Duration = seconds(60);
    const sent = deletes(async (arn, _nth, eks) => {
      if (sent.all() === 4) left = seconds(19);
      return eks.deleteEntry(arn);
    });
    const answer = await drained({ eks: sent.eks, timeLeft: () => left, take: async () => SLOW });
    expect(answer).toMatchObject({ failed: 0 });
    expect(states()['active'], 'what was not sent is not on record either').toBe(MANY - sent.all());
    expect(states()['active']).toBeGreaterThan(0);
    expect((answer?.done ?? 0) + (answer?.left ?? 0)).toBe(MANY);
  });

  test('a long list takes its time, a page at a call: it is kept before a second delete', async () => {
    await drained({ timeLeft: () => seconds(49), take: async () => ({ callsPerSecond: 0.5, pages: 15 }) });
    const eks = world.calls.filter((name) => name.startsWith('eks.'));
    expect(eks.slice(0, 3)).toEqual(['eks.deleteEntry', 'eks.describeEntry', 'eks.describeCluster']);
    expect(states()).toEqual({ ended: MANY });
  });

  test('whoever waits for its turn until it is too late is not on record, and has not failed', async () => {
    let left: Duration = seconds(60);
    const pause = async (): Promise<void> => {
      left = seconds(10);
    };
    const sent = deletes((arn, _nth, eks) => eks.deleteEntry(arn));
    const answer = await drained({ eks: sent.eks, timeLeft: () => left, pause });
    expect(answer).toEqual({ done: 0, failed: 0, left: MANY });
    expect(states()).toEqual({ active: MANY - sent.all(), revoking: sent.all() });
    expect(sent.all()).toBe(1);
  });

  test('what cannot be shown gone in time is not asked for, and is left', async () => {
    let left: Duration = seconds(60);
    const sent = deletes(async (arn, _nth, eks) => {
      if (sent.all() === MANY) left = seconds(15);
      return eks.deleteEntry(arn);
    });
    expect(await drained({ eks: sent.eks, timeLeft: () => left })).toEqual({ done: 0, failed: 0, left: MANY });
    expect(world.calls).not.toContain('eks.listEntries');
    expect(states()).toEqual({ revoking: MANY });
  });

  test('what cannot be recorded in time is left to the next one, who records it', async () => {
    let left: Duration = seconds(60);
    let records = 0;
    const commit: EndingDeps['store']['commit'] = async (change) => {
      if (change.stored.grant.state === 'ended' && ++records === 3) left = seconds(15);
      return world.deps.store.commit(change);
    };
    const answer = await drained({ store: { commit }, timeLeft: () => left });
    expect([answer?.failed, (answer?.done ?? 0) + (answer?.left ?? 0)]).toEqual([0, MANY]);
    expect(answer?.left).toBeGreaterThan(0);
    expect(states()).toEqual({ ended: answer?.done, revoking: answer?.left });
    left = seconds(60);
    await drained({ timeLeft: () => left });
    expect(states()).toEqual({ ended: MANY });
    for (const id of ids) expect(typesOf(id).filter((type) => type === 'ended')).toHaveLength(1);
  });
});

describe('the lease', () => {
  const taking = (answer: (lease: Lease, nth: number) => ReturnType<EndingDeps['drain']['take']>) => {
    const leases: { readonly at: number; readonly lease: Lease }[] = [];
    const take: EndingDeps['drain']['take'] = async (_place, lease) => {
      leases.push({ at: world.now(), lease });
      return answer(lease, leases.length);
    };
    return { leases, take };
  };
  /** Each delete takes so long. */
  const slow = (length: number) =>
    deletes(async (arn, _nth, eks) => {
      world.advance(length * SECOND);
      return eks.deleteEntry(arn);
    });

  test('is prolonged every three seconds, by twelve, and given back with what was learnt of the place', async () => {
    let refusals = 1;
    const eks = (plain: EksOnce): Partial<EksOnce> => ({
      async deleteEntry(arn) {
        world.advance(SECOND);
        return refusals-- > 0 ? 'throttled' : plain.deleteEntry(arn);
      },
    });
    const { leases, take } = taking(async () => ({ ...SLOW, pages: 3 }));
    await drained({ eks, take });
    const length = ({ at: then, lease }: (typeof leases)[number]): number => between(then as never, lease.until);
    expect(leases.slice(0, -1).map(length)).toEqual(leases.slice(0, -1).map(() => 12_000));
    expect(leases.length).toBeGreaterThanOrEqual(4);
    expect(leases.length).toBeLessThanOrEqual(7);
    for (const [n, { at: then }] of leases.slice(1, -1).entries())
      expect(then - (leases[n]?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(leases.at(1)?.lease).toMatchObject({ holder: 'me', callsPerSecond: expect.any(Number), pages: 3 });
    expect(length(leases.at(-1) as (typeof leases)[number])).toBe(0);
    expect(leases.at(-1)?.lease).toMatchObject({ holder: 'me', callsPerSecond: expect.any(Number), pages: 1 });
  });

  test('is not prolonged before there is need; a place of which nothing was learnt has no rate', async () => {
    const { leases, take } = taking(async () => ({}));
    await drained({ take });
    expect(leases).toHaveLength(2);
    expect(leases[1]?.lease).toStrictEqual({ holder: 'me', until: world.now(), pages: 1 });
    await drained({ take }, []);
    expect(leases[3]?.lease).toStrictEqual({ holder: 'me', until: world.now() });
  });

  test('the length of the list is kept, a page for every hundred', async () => {
    const [entry] = [...world.prod.entries.values()];
    for (let n = 0; n < 250; n++)
      world.prod.entries.set(`arn:aws:iam::111111111111:role/a${n}`, entry as NonNullable<typeof entry>);
    const { leases, take } = taking(async () => ({ pages: 9 }));
    await drained({ take });
    expect(leases.at(-1)?.lease.pages).toBe(3);
  });

  test('was lost: nothing more is begun, and what was sent is shown gone', async () => {
    const { take } = taking(async (_lease, nth) => (nth === 2 ? undefined : SLOW));
    const sent = slow(4);
    const answer = await drained({ eks: sent.eks, take });
    expect(sent.all()).toBeLessThan(MANY);
    expect(answer).toEqual({ done: sent.all(), failed: 0, left: MANY - sent.all() });
    expect(states()).toEqual({ ended: sent.all(), active: MANY - sent.all() });
  });

  test('could neither be prolonged nor given back: what has to end ends all the same, and the log says so', async () => {
    const { take } = taking(async (_lease, nth) => (nth === 1 ? SLOW : Promise.reject(new Error('the table'))));
    expect(await drained({ eks: slow(4).eks, take })).toEqual({ done: MANY, failed: 0, left: 0 });
    const lines = world.lines.join('\n');
    expect(lines).toMatch(/warn a lease could not be prolonged .*the table/);
    expect(lines).toMatch(/warn a lease could not be given back .*the table/);
  });

  test.each([
    ['comes back to what is left: kept for ten seconds', true, 18, 10_000],
    ['comes back, and nothing is left', true, 60, 0],
    ['does not come back', false, 18, 0],
  ])('whoever %s', async (_what, comesBack, time, length) => {
    const { leases, take } = taking(async () => ({}));
    const answer = await drained({ take, timeLeft: () => seconds(time) }, ids, { name: 'me', comesBack });
    expect(answer?.left).toBe(time === 18 ? MANY : 0);
    expect(leases.at(-1)?.lease.until).toBe(plus(world.now(), length as Duration));
  });
});

describe('lanes', () => {
  /** The most grants that were between their reading and the answer to their delete at once. */
  async function busiest(known: object): Promise<number> {
    let now = 0;
    let most = 0;
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const readGrant: EndingDeps['store']['readGrant'] = async (id) => {
      now++;
      most = Math.max(most, now);
      await turn();
      return world.deps.store.readGrant(id);
    };
    const eks = (plain: EksOnce): Partial<EksOnce> => ({
      async deleteEntry(arn) {
        await turn();
        now--;
        return plain.deleteEntry(arn);
      },
    });
    await drained({ store: { readGrant }, eks, take: async () => known });
    expect(states()).toEqual({ ended: ids.length });
    return most;
  }

  test.each([
    ['a place whose rate nobody knows: sixteen', {}, 16],
    ['five calls a second: four', { callsPerSecond: 5 }, 4],
    ['nine: five', { callsPerSecond: 9 }, 5],
  ])('%s', async (_what, known, lanes) => {
    await crowd(40);
    expect(await busiest(known)).toBe(lanes);
  });
});

test('what was sent is shown gone while the rest is still being sent, as soon as a list is worth it', async () => {
  await crowd(140);
  const order: string[] = [];
  world.afterCall = (name) => {
    if (name === 'eks.deleteEntry' || name === 'eks.listEntries') order.push(name);
  };
  expect(await drained({ take: async () => ({ callsPerSecond: 1, pages: 1 }) })).toMatchObject({ done: 140, left: 0 });
  const first = order.indexOf('eks.listEntries');
  expect(first).toBeGreaterThanOrEqual(119);
  expect(order.slice(first)).toContain('eks.deleteEntry');
});
