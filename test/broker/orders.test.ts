/**
 * Catches an order to end that answers other than it did, begins anew each time, is closed too early or never, or is lost
 * to another one (F31); a leaver who stays because of somebody else; a batch whose decision is lost or wakes nobody.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { actTogether, readSiblings } from '../../src/broker/batch.ts';
import { carryOutOrders, endingBy, endMany } from '../../src/broker/endMany.ts';
import { freeze, thaw } from '../../src/broker/freeze.ts';
import { endLeavers } from '../../src/broker/leavers.ts';
import { type Deps, NotReady, type Stored } from '../../src/broker/ports.ts';
import { draft } from '../../src/broker/record.ts';
import type { State } from '../../src/core/grant.ts';
import type { Scope } from '../../src/core/hub.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { ok } from '../../src/core/result.ts';
import { at } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

let world: World;
beforeEach(() => {
  world = newWorld();
});

const SECOND = 1 / 60;
const SWEEPER = { kind: 'system', part: 'sweeper' } as const;
const ALL: Scope = { kind: 'all' };
const PROD: Scope = { kind: 'cluster', name: 'prod' };
const TEST: Scope = { kind: 'cluster', name: 'test' };
const by = (who: string) => ({ person: world.person(who), channel: 'cli', proof: `test:${who}` }) as const;
const order = (scope: Scope, deps: Deps = world.deps, note?: string) =>
  endMany(deps, { ...by('fay'), scope, ...(note !== undefined && { note }) });
const value = <T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T => {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result.value;
};
const withStore = (store: Partial<Deps['store']>): Deps => ({
  ...world.deps,
  store: { ...world.deps.store, ...store },
});
const orders = () => world.hub.stored.state.orders;
const stateOf = async (id: GrantId): Promise<State> => (await world.grant(id)).state;
const typesOf = (id: GrantId): string[] => world.events(id).map(({ body }) => body.type);
/** The first commits of this grant are overtaken by a change that leaves it as it is. */
const overtaken = (id: GrantId, times: number): Deps => {
  let left = times;
  return withStore({
    commit: async (change) =>
      change.stored.grant.id === id && left-- > 0 ? { ok: false, conflict: 'grant' } : world.deps.store.commit(change),
  });
};

describe('an order to end', () => {
  test('answers whose access it ended and what it was, and how many were ending', async () => {
    const [mine, theirs] = [await world.live('dedicated'), (await world.request('bob')).grant.id];
    const before = await world.live('role', {}, 'cyd');
    world.config = { ...world.config, clusters: {} };
    expect(value(await order({ kind: 'person', name: 'cyd' }))).toMatchObject({ ended: [{ id: before }], ending: 0 });
    const passed = value(await order(PROD));
    expect(passed.ended.toSorted((a, b) => (a.was < b.was ? -1 : 1))).toEqual([
      { id: mine, requester: 'Ada', was: 'active' },
      { id: theirs, requester: 'Bob', was: 'pending' },
    ]);
    expect([passed.ending, passed.left]).toEqual([1, []]);
    expect(await world.grant(theirs)).toMatchObject({ reason: 'ended by a responder before it began', by: 'Fay' });
  });

  test('of a name that the configuration no longer has is none that was mistyped, if only one ends and one is left or ending', async () => {
    const ending = await world.live('dedicated');
    value(await order({ kind: 'person', name: 'ada' }));
    await world.live('role', {}, 'bob');
    world.config = { ...world.config, clusters: {} };
    expect(value(await order(PROD))).toMatchObject({ ending: 1, ended: [{}] });
    expect(await stateOf(ending)).toBe('revoking');

    world = newWorld();
    const bad = await world.live('dedicated');
    await world.live('role', {}, 'bob');
    world.config = { ...world.config, clusters: {} };
    expect(value(await order(PROD, overtaken(bad, 99)))).toMatchObject({ left: [bad], ended: [{}], ending: 0 });
  });

  test('a later one of the same scope takes the place of the earlier, and of no other', async () => {
    value(await order(PROD));
    value(await order(TEST));
    world.advance(1);
    value(await order(PROD));
    expect(orders().map(({ scope, since }) => [scope, since])).toEqual([
      [TEST, at(0)],
      [PROD, at(1)],
    ]);
  });

  test.each([
    [4, 'revoking', 0],
    [5, 'active', 1],
  ] as const)('overtaken %i times: %s, and said so', async (times, state, left) => {
    const id = await world.live('dedicated');
    const passed = value(await order(ALL, overtaken(id, times)));
    expect([await stateOf(id), passed.left.length, passed.ended.length]).toEqual([state, left, 1 - left]);
    expect(world.lines.join('\n')).not.toContain('could not be ended');
  });

  test('an outage at one is on the log, and ends the others', async () => {
    const [bad, other] = [await world.live('dedicated'), await world.live('role', {}, 'bob')];
    const deps = withStore({
      readGrant: async (id) => (id === bad ? Promise.reject(new Error('the table')) : world.deps.store.readGrant(id)),
    });
    expect(value(await order(ALL, deps))).toMatchObject({ left: [bad], ended: [{ id: other }] });
    expect(world.lines.join('\n')).toMatch(new RegExp(`error a grant could not be ended .*${bad}.*the table`));
  });

  test('is closed by a pass that finds nothing left and ends nothing, a minute after it was given', async () => {
    const id = await world.live('dedicated');
    const pass = (deps: Deps = world.deps) => carryOutOrders(deps, SWEEPER, () => false);
    value(await order(ALL, overtaken(id, 99)));
    world.advance(2);
    await pass(overtaken(id, 99));
    expect(orders(), 'one is left').toHaveLength(1);
    await pass();
    expect([await stateOf(id), orders().length], 'one was ended just now').toEqual(['revoking', 1]);
    await pass();
    expect(orders()).toEqual([]);

    value(await order(TEST));
    world.advance(59 * SECOND);
    await pass();
    expect(orders(), 'the index may not show everything yet').toHaveLength(1);
    world.advance(SECOND);
    await carryOutOrders(world.deps, SWEEPER, () => true);
    expect(orders(), 'there is no time').toHaveLength(1);
    await pass();
    expect(orders()).toEqual([]);
  });

  test('that another took the place of meanwhile is not closed in its stead', async () => {
    value(await order(PROD));
    value(await order(TEST));
    world.advance(2);
    let again = true;
    const deps: Deps = {
      ...world.deps,
      hub: {
        ...world.deps.hub,
        openGrants: async () => {
          if (again) {
            again = false;
            value(await order(PROD));
          }
          return world.deps.hub.openGrants();
        },
      },
    };
    await carryOutOrders(deps, SWEEPER, () => false);
    expect(orders().map(({ scope, since }) => [scope, since])).toEqual([[PROD, at(2)]]);
    const closed = world.hub.events.flatMap(({ body }) => (body.type === 'endOrderDone' ? [body.order] : []));
    expect(new Set(closed).size, 'each is closed once').toBe(closed.length);
  });

  test('more than there is time for: the rest is named, gone on with from there, and looked at whole before it is closed', async () => {
    const first = await world.live('dedicated');
    const model = world.tables.grants.get(first) as Stored;
    const ids = Array.from({ length: 299 }, (_, n) =>
      grantId(at(0), Uint8Array.of(9, n >> 8, n & 255, ...Array(7).fill(0))),
    );
    for (const id of ids) world.tables.grants.set(id, { ...model, grant: { ...model.grant, id } } as Stored);
    const all = [first, ...ids].toSorted();
    let reads: string[] = [];
    const slow = withStore({
      readGrant: async (id) => {
        reads.push(id);
        if (reads.length === 128) world.advance(8 * SECOND);
        return world.deps.store.readGrant(id);
      },
    });
    const passed = value(await order(ALL, slow));
    expect([passed.ended.length, passed.left, passed.after]).toEqual([128, all.slice(128), all[127]]);
    expect(orders()).toMatchObject([{ after: all[127] }]);
    reads = Array(1_000).fill('');
    world.advance(2);
    await carryOutOrders(slow, SWEEPER, () => false);
    expect(reads.slice(1_000).toSorted()).toEqual(all.slice(128));
    expect(orders()).toHaveLength(1);
    expect(orders()[0]).not.toHaveProperty('after');
    await carryOutOrders(slow, SWEEPER, () => false);
    expect(reads.slice(1_000 + 172).toSorted()).toEqual(all);
    expect(orders()).toEqual([]);
    expect(world.hub.events.map(({ body }) => body.type)).toEqual([
      'endOrdered',
      'endOrderAdvanced',
      'endOrderAdvanced',
      'endOrderDone',
    ]);
    for (const id of all) expect(typesOf(id).filter((type) => type === 'revoking').length, id).toBe(1);
  });

  /** So many live at once; at the read of that number time is over. */
  async function many(count: number): Promise<{ all: GrantId[]; slow: (nth: number) => Deps }> {
    const first = await world.live('dedicated');
    const model = world.tables.grants.get(first) as Stored;
    const ids = Array.from({ length: count - 1 }, (_, n) => grantId(at(0), Uint8Array.of(9, n, ...Array(8).fill(0))));
    for (const id of ids) world.tables.grants.set(id, { ...model, grant: { ...model.grant, id } } as Stored);
    const slow = (nth: number): Deps => {
      let reads = 0;
      return withStore({
        readGrant: async (id) => {
          if (++reads === nth) world.advance(8 * SECOND);
          return world.deps.store.readGrant(id);
        },
      });
    };
    return { all: [first, ...ids].toSorted(), slow };
  }

  test('its function died before the first: the sweeper notes how far it came, beside another order, and begins anew when it is through', async () => {
    const { all, slow } = await many(140);
    value(await order(TEST));
    const dead: Deps = {
      ...world.deps,
      hub: { ...world.deps.hub, openGrants: () => Promise.reject(new Error('dead')) },
    };
    await expect(order(PROD, dead)).rejects.toThrow('dead');
    const begun = world.now();
    await carryOutOrders(slow(140 + 128), SWEEPER, () => world.now() > begun);
    expect(orders().map(({ after }) => after)).toEqual([undefined, all[127]]);
    world.advance(SECOND);
    await carryOutOrders(world.deps, SWEEPER, () => false);
    expect(orders().map(({ after }) => after)).toEqual([undefined, undefined]);
    expect(new Set(await Promise.all(all.map(stateOf)))).toEqual(new Set(['revoking']));
  });

  test('that another took the place of while it was worked on is not gone on with', async () => {
    const { slow } = await many(140);
    const deps = slow(128);
    let again = true;
    const hub: Deps['hub'] = {
      ...deps.hub,
      openGrants: async () => {
        const open = await deps.hub.openGrants();
        if (again) {
          again = false;
          world.advance(SECOND);
          value(await order(ALL));
        }
        return open;
      },
    };
    expect(value(await order(ALL, { ...deps, hub })).ending).toBeGreaterThan(0);
    expect(orders()).toHaveLength(1);
    expect(world.hub.events.map(({ body }) => body.type)).toEqual(['endOrdered', 'endOrderDone', 'endOrdered']);
  });

  test.each<[State, string | undefined]>([
    ['pending', 'denied'],
    ['scheduled', 'denied'],
    ['activating', 'revoking'],
    ['active', 'revoking'],
    ['revoking', undefined],
    ['ended', undefined],
    ['failed', undefined],
    ['denied', undefined],
    ['withdrawn', undefined],
    ['lapsed', undefined],
  ])('makes what is %s %s', (state, type) => {
    expect(endingBy({ state }, { by: 'Fay' })?.type).toBe(type);
    const said = endingBy({ state }, { by: 'Fay', note: 'INC-1' });
    if (said) expect(JSON.stringify(said)).toContain('INC-1');
  });
});

describe('whoever left', () => {
  const leave = (deps: Deps, enough = () => false) => {
    const { ada: _, ...people } = world.config.directory.people;
    return endLeavers({ ...deps, directory: async () => ({ ...world.config.directory, people }) }, SWEEPER, enough);
  };

  test.each([
    [4, 'revoking'],
    [5, 'active'],
  ] as const)('overtaken %i times: %s', async (times, state) => {
    const id = await world.live('dedicated');
    expect(await leave(overtaken(id, times))).toEqual(state === 'revoking' ? [id] : []);
    expect(await stateOf(id)).toBe(state);
    if (state === 'active') expect(world.lines.join('\n')).toMatch(new RegExp(`error a leaver's grant .*${id}`));
    else expect(world.lines.join('\n')).toMatch(new RegExp(`warn somebody left.*${id}.*ada`));
  });

  test('one that fails keeps none of the others', async () => {
    const [bad, other] = [await world.live('dedicated'), await world.live('role')];
    const deps = withStore({
      readGrant: async (id) => (id === bad ? Promise.reject(new Error('the table')) : world.deps.store.readGrant(id)),
    });
    expect(await leave(deps)).toEqual([other]);
  });

  test('what is gone since the list was made, or over, is none', async () => {
    const id = await world.live('dedicated');
    expect(await leave(withStore({ readGrant: async () => undefined }))).toEqual([]);
    await leave(world.deps);
    expect(await leave(world.deps)).toEqual([]);
    expect(typesOf(id).filter((type) => type === 'revoking')).toHaveLength(1);
    expect(world.lines.join('\n')).not.toContain('could not be ended');
  });

  test('what they have scheduled is denied; an emergency that was found, not made, is not theirs', async () => {
    const { grant } = await world.request('ada', { startAt: '2026-11-24T04:00:00Z' });
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    const found = await world.live('role');
    const stored = world.tables.grants.get(found) as Stored;
    const imported = { ...stored.grant, breakGlass: { emergency: { foundAt: at(0) } } };
    world.tables.grants.set(found, { ...stored, grant: imported } as never);
    expect(await leave(world.deps)).toEqual([grant.id]);
    expect([await stateOf(grant.id), await stateOf(found)]).toEqual(['denied', 'active']);
  });

  test('what is being made for them ends, too', async () => {
    const { id } = (await world.request('ada')).grant;
    await world.prepare(id);
    await world.approve('bob', id);
    expect(await stateOf(id)).toBe('activating');
    expect(await leave(world.deps)).toEqual([id]);
    expect(await stateOf(id)).toBe('revoking');
  });

  test.each([
    [
      'cannot be read',
      () => Promise.reject(new Error('timed out')),
      [],
      /warn the directory cannot be read.*timed out/,
    ],
    [
      'has nobody in it',
      async () => ({ people: {}, groups: {} }),
      ['the directory has nobody in it: nobody is taken for a leaver'],
      /alarm/,
    ],
  ])('a directory that %s is on the log, and no grant is', async (_what, directory, alarms, line) => {
    await world.live('dedicated');
    world.alarms.length = 0;
    world.lines.length = 0;
    expect(await endLeavers({ ...world.deps, directory }, SWEEPER, () => false)).toEqual([]);
    expect([world.alarms, world.lines.length]).toEqual([alarms, 1]);
    expect(world.lines[0]).toMatch(line);
  });

  test('when there is no time nobody is ended', async () => {
    await world.live('dedicated');
    expect(await leave(world.deps, () => true)).toEqual([]);
  });
});

describe('together', () => {
  const approve = async (stored: Stored) =>
    ok(draft(world.deps, stored, WORKFLOW, [{ type: 'denied', reason: 'test' }]));
  const act = { change: approve, reaches: () => false } as const;

  test('a grant that is not there is refused by name', async () => {
    const id = grantId(at(0), new Uint8Array(10));
    expect(await actTogether(world.deps, id, act)).toEqual({
      ok: false,
      error: { reason: 'unknownGrant', grantId: id },
    });
  });

  test.each([4, 5])('overtaken %i times', async (times) => {
    const { id } = (await world.request('ada')).grant;
    const acted = actTogether(overtaken(id, times), id, act);
    if (times === 4) expect(await acted).toMatchObject({ ok: true, value: { grant: { state: 'denied' } } });
    else await expect(acted).rejects.toThrow(NotReady);
    expect(await stateOf(id)).toBe(times === 4 ? 'denied' : 'pending');
  });

  test('a refusal of the named one is the answer, and nothing is written', async () => {
    const { id } = (await world.request('ada')).grant;
    const refusal = { reason: 'unknownGrant', grantId: 'that' } as const;
    world.calls.length = 0;
    const answer = await actTogether(world.deps, id, { ...act, change: async () => ({ ok: false, error: refusal }) });
    expect(answer).toEqual({ ok: false, error: refusal });
    expect(world.calls.filter((name) => name.includes('commit'))).toEqual([]);
  });

  const waiting = (id: GrantId, token: string): void => {
    const stored = world.tables.grants.get(id) as Stored;
    world.tables.grants.set(id, { ...stored, token: { value: token, step: 'AwaitApproval' } } as never);
  };
  const woken = (): string[] => world.signals.map(({ token }) => (token as { value?: string }).value ?? String(token));

  test('one of the same request that is no longer in the table keeps none of the others', async () => {
    const { grant } = await world.request('ada');
    const nobody = grantId(at(0), new Uint8Array(10));
    const batch = {
      id: grant.id,
      grants: [
        { id: grant.id, cluster: 'prod' },
        { id: nobody, cluster: 'test' },
      ],
    };
    expect(await readSiblings(world.deps, { ...grant, batch })).toEqual([]);
  });

  test('whoever waits for a denial is woken when it is written, once', async () => {
    const { id } = (await world.request('ada')).grant;
    waiting(id, 'one');
    await world.decide('bob', id, { kind: 'deny', reason: 'no' });
    expect(woken()).toEqual(['one']);
  });

  test('a denial that was lost wakes nobody', async () => {
    const { id } = (await world.request('ada')).grant;
    waiting(id, 'one');
    await expect(actTogether(overtaken(id, 5), id, act)).rejects.toThrow(NotReady);
    expect(woken()).toEqual([]);
  });

  test.each([
    ['with the token that it had', 'one', ['one']],
    ['and again with a token that was stored meanwhile', 'two', ['one', 'two']],
    ['and with one that was stored meanwhile alone', 'two', ['two']],
    ['and the table that is not there afterwards undoes nothing', 'gone', ['one']],
  ])('whoever waits for an approval is woken while it is written, %s', async (_what, later, tokens) => {
    const { id } = (await world.request('ada')).grant;
    await world.prepare(id);
    if (tokens[0] === 'one') waiting(id, 'one');
    const { commit } = world.deps.store;
    world.deps.store.commit = async (change) => {
      const answer = await commit(change);
      if (later === 'gone') world.deps.store.readGrant = () => Promise.reject(new Error('the table'));
      else waiting(id, later);
      return answer;
    };
    expect((await world.approve('bob', id)).ok).toBe(true);
    expect(await stateOf(id)).toBe('activating');
    expect(woken()).toEqual(tokens);
  });
});

test('of two freezes the one is thawed that is named, and the chain says why', async () => {
  for (const scope of [PROD, TEST])
    await freeze(world.deps, { ...by('fay'), scope, reason: 'INC-1', breakGlass: false });
  expect(value(await thaw(world.deps, { ...by('fay'), scope: TEST, reason: 'over' })).freezes).toMatchObject([
    { scope: PROD },
  ]);
  value(await thaw(world.deps, { ...by('fay'), scope: PROD }));
  expect(world.hub.events.slice(-2).map(({ body }) => body)).toStrictEqual([
    { type: 'thawed', scope: TEST, reason: 'over' },
    { type: 'thawed', scope: PROD },
  ]);
});
