/**
 * Ending thousands at once. Catches an order that its responder waits for until the connection is cut, one that says that
 * everything is done when it is not, one that begins from the first again each time it dies and so comes to no end, and
 * one that leaves something out for it.
 */
import { beforeEach, expect, test } from 'vitest';
import { carryOutOrders, endMany } from '../../src/broker/endMany.ts';
import { hubStatus, progressOf } from '../../src/broker/hubStatus.ts';
import type { Deps, Stored } from '../../src/broker/ports.ts';
import type { Actor, Grant } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { newWorld, type World } from './fake-world.ts';

const MANY = 3_200;
const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const ALL = { kind: 'all' } as const;

let world: World;
let reads: string[];
/** Each read of a grant takes so long; sixteen are under way at once. */
let readTakes: number;
let clock: Instant;
beforeEach(async () => {
  world = newWorld();
  await crowd();
  [reads, readTakes, clock] = [[], 0, world.deps.now()];
});

/** Copies of one live grant, under ids and for people of their own. */
async function crowd(): Promise<void> {
  const live = await world.live('dedicated');
  const stored = world.tables.grants.get(live);
  if (!stored) throw new Error('there is no grant');
  for (let n = 1; n < MANY; n++) {
    const id = grantId(
      plus(stored.grant.requestedAt, minutes(0)),
      new Uint8Array(10).map((_, byte) => (byte === 8 ? n >> 8 : byte === 9 ? n & 255 : n % 251)),
    );
    const grant = { ...stored.grant, id, requester: { ...stored.grant.requester, id: `p${n}` } } as Grant;
    world.tables.grants.set(id, { ...stored, grant } as Stored);
  }
}

const slow = (): Deps => ({
  ...world.deps,
  now: () => clock,
  store: {
    ...world.deps.store,
    readGrant: async (id) => {
      reads.push(id);
      clock = plus(clock, seconds(readTakes / 16));
      return world.deps.store.readGrant(id);
    },
  },
});
const order = () =>
  endMany(slow(), { person: world.person('fay'), channel: 'cli', proof: 'test:fay', scope: ALL, note: 'INC-1' });
const states = () => Object.groupBy(world.tables.grants.values(), ({ grant }) => grant.state);
const count = (state: Grant['state']): number => states()[state]?.length ?? 0;
/** As the sweeper does, a minute later, with the time that it has. */
const sweepOrders = async (length = 20): Promise<void> => {
  clock = plus(clock, minutes(1));
  const until = plus(clock, seconds(length));
  await carryOutOrders(slow(), ACTOR, () => clock >= until);
};

test('answered within seconds, with what is left; gone on with from there; done only when a whole look finds nothing', async () => {
  readTakes = 0.2;
  const begun = clock;
  const given = await order();
  if (!given.ok) throw new Error('refused');
  const { ended, left, ending } = given.value;
  expect(clock - begun).toBeLessThan(seconds(11));
  expect(ended.length).toBeGreaterThan(300);
  expect(ended.length + left.length + ending).toBe(MANY);
  expect(count('revoking')).toBe(ended.length);

  const { state, remaining } = await hubStatus(world.deps, world.person('fay'));
  const [given0] = state.orders;
  if (!given0 || !remaining) throw new Error('no order');
  expect(progressOf(given0, remaining)).toEqual({ open: left.length, ending: ended.length });

  const before = new Set(ended.map(({ id }) => id as string));
  reads = [];
  await sweepOrders();
  // What was turned already is not looked at again.
  expect(reads.filter((id) => before.has(id))).toEqual([]);
  for (let n = 0; n < 6 && count('active') > 0; n++) await sweepOrders();
  expect(count('active')).toBe(0);
  expect(world.hub.stored.state.orders).toHaveLength(1);
  for (let n = 0; n < 6 && world.hub.stored.state.orders.length > 0; n++) await sweepOrders(60);
  expect(world.hub.stored.state.orders).toEqual([]);
  expect(world.hub.events.at(-1)?.body.type).toBe('endOrderDone');
});

test('it dies over and over: it comes to its end, and every grant is turned just once', async () => {
  readTakes = 0.2;
  const before = [...world.tables.grants.values()][0]?.chain.n ?? 0;
  let calls = 0;
  const dying: Deps = {
    ...slow(),
    store: {
      ...slow().store,
      commit: async (change) => {
        if (++calls % 700 === 0) throw new DOMException('the process is gone', 'AbortError');
        return world.deps.store.commit(change);
      },
    },
  };
  const die = (): boolean => calls > 0 && calls % 700 > 600;
  await endMany(dying, { person: world.person('fay'), channel: 'cli', proof: 'test:fay', scope: ALL }).catch(() => {});
  for (let n = 0; n < 40 && world.hub.stored.state.orders.length > 0; n++) {
    clock = plus(clock, minutes(1));
    calls++;
    await carryOutOrders(dying, ACTOR, die).catch(() => {});
    calls += 50;
  }
  expect(count('active')).toBe(0);
  expect(count('revoking')).toBe(MANY);
  expect(world.hub.stored.state.orders).toEqual([]);
  const lengths = new Set([...world.tables.grants.values()].map(({ chain }) => chain.n));
  expect([...lengths]).toEqual([before + 1]);
});

test('one that cannot be written is found again by the last look, whatever came after it', async () => {
  const stubborn = [...world.tables.grants.keys()].toSorted()[40] as GrantId;
  let refusals = 3;
  const deps: Deps = {
    ...world.deps,
    store: {
      ...world.deps.store,
      commit: (change) =>
        change.stored.grant.id === stubborn && refusals-- > 0
          ? Promise.reject(new Error('throttled'))
          : world.deps.store.commit(change),
    },
  };
  const given = await endMany(deps, { person: world.person('fay'), channel: 'cli', proof: 'test:fay', scope: ALL });
  expect(given).toMatchObject({ ok: true, value: { left: [stubborn] } });
  for (let n = 0; n < 6; n++) {
    world.advance(1);
    await carryOutOrders(deps, ACTOR, () => false);
  }
  expect(await world.grant(stubborn)).toMatchObject({ state: 'revoking' });
  expect(world.hub.stored.state.orders).toEqual([]);
});
