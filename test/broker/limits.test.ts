/**
 * Catches F18: nine hundred requests that make nine hundred roles, messages and executions; a cap that a race gets past;
 * and one that, after a crash at the wrong moment, refuses for ever.
 */
import { describe, expect, test } from 'vitest';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import type { Configuration, Limits } from '../../src/core/configuration.ts';
import type { GrantId } from '../../src/core/id.ts';
import { countCases, peopleOf, person } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const CROWD = Array.from({ length: 120 }, (_, n) => `dev${n}`);

/** A crowd that may ask, and bob and cyd who may approve. */
function worldOf(limits: Partial<Limits>): World {
  const world = newWorld();
  const { people, groups } = WORLD_CONFIG.directory;
  world.config = {
    ...WORLD_CONFIG,
    directory: {
      people: { ...people, ...peopleOf(...CROWD.map((id) => person(id))) },
      groups: { ...groups, developers: [...(groups['developers'] ?? []), ...CROWD] },
    },
    limits: { ...WORLD_CONFIG.limits, ...limits },
  } satisfies Configuration;
  return world;
}

const ask = (world: World, who: string, entitlement = 'prod-view') =>
  requestGrant(world.deps, {
    person: world.person(who),
    channel: 'cli',
    proof: `test:${who}`,
    input: { entitlement, justification: 'INC-4211' },
  });

const reasons = async (asked: Promise<Awaited<ReturnType<typeof ask>>>[]): Promise<Record<string, number>> => {
  const counted: Record<string, number> = {};
  for (const answer of await Promise.all(asked)) {
    const what = answer.ok ? 'asked' : answer.error.reason;
    counted[what] = (counted[what] ?? 0) + 1;
  }
  return counted;
};
const pending = (world: World): number =>
  [...world.tables.grants.values()].filter(({ grant }) => grant.state === 'pending').length;

describe('F18: requests that wait for one entitlement', () => {
  test('the fifty-first is refused by the name of the limit, whoever asks; another entitlement has places of its own', async () => {
    const world = worldOf({});
    expect(await reasons(CROWD.slice(0, 50).map((who) => ask(world, who)))).toEqual({ asked: 50 });
    const refused = await ask(world, 'dev50');
    expect(refused).toMatchObject({
      ok: false,
      error: { reason: 'tooManyPending', entitlement: 'prod-view', pending: 50, limit: 50 },
    });
    expect((await ask(world, 'dev50', 'admin')).ok).toBe(true);
    expect((await ask(world, 'dev0')).ok, 'asking again for what is open takes no place').toBe(true);
    expect(pending(world)).toBe(51);
  });

  test('in a race exactly as many are let in as there are places', async () => {
    const world = worldOf({ pendingPerEntitlement: 7 });
    expect(await reasons(CROWD.map((who) => ask(world, who)))).toEqual({ asked: 7, tooManyPending: 113 });
  });

  test.each(['approve', 'deny', 'withdraw', 'lapse'] as const)(
    'a place is free again once one is over: %s',
    async (how) => {
      const world = worldOf({ pendingPerEntitlement: 1 });
      const { grant } = await world.request('dev0');
      expect((await ask(world, 'dev1')).ok).toBe(false);
      if (how === 'approve') await world.approve('bob', grant.id);
      if (how === 'deny') await world.decide('bob', grant.id, { kind: 'deny', reason: 'no' });
      if (how === 'withdraw') {
        const { withdrawGrant } = await import('../../src/broker/withdrawGrant.ts');
        await withdrawGrant(world.deps, { person: world.person('dev0'), channel: 'cli', proof: 'test', id: grant.id });
      }
      if (how === 'lapse') await world.sweepFor(481);
      expect(await ask(world, 'dev1')).toMatchObject({ ok: true });
      expect((await ask(world, 'dev2')).ok).toBe(false);
    },
  );
});

describe('F18: roles', () => {
  test('refused by name, and free again when a role is deleted', async () => {
    const world = worldOf({ roles: 2 });
    const first = await world.live('dedicated', {}, 'dev0');
    await world.request('dev1');
    expect(await ask(world, 'dev2')).toMatchObject({
      ok: false,
      error: { reason: 'tooManyRoles', roles: 2, limit: 2 },
    });
    expect((await ask(world, 'dev2', 'admin')).ok, 'a standing role is none of them').toBe(true);
    await world.sweepFor(61);
    expect((await world.grant(first)).state).toBe('ended');
    await world.sweepFor(20);
    expect((await ask(world, 'dev2')).ok).toBe(true);
  });

  test('the sets of quotas stay about as small as what is alive in them, and hardly any request looks', async () => {
    const world = worldOf({ pendingPerEntitlement: 200, openGrantsPerPerson: 5, requestsPerPersonAndHour: 1_000 });
    let largest = 0;
    world.calls.length = 0;
    for (let n = 0; n < 100; n++) {
      const asked = await ask(world, CROWD[n % CROWD.length] ?? '');
      if (!asked.ok) throw new Error(asked.error.reason);
      await world.decide('bob', asked.value.stored.grant.id, { kind: 'deny', reason: 'no' });
      largest = Math.max(
        largest,
        ...[...world.tables.quotas.entries()].flatMap(([name, set]) => (name.startsWith('pending#') ? [set.size] : [])),
      );
    }
    expect(largest).toBeLessThan(32);
    // Of the pending, three times; of the roles, which are not deleted yet, at 32 and at 64.
    expect(world.calls.filter((name) => name === 'quotas.members')).toHaveLength(5);
  });

  test('with the table failing just then, the request is made all the same', async () => {
    const world = worldOf({ pendingPerEntitlement: 200, requestsPerPersonAndHour: 1_000 });
    const full = new Set(Array.from({ length: 31 }, (_, n) => `none-${n}` as GrantId));
    for (const name of ['pending#prod-view', 'roles']) world.tables.quotas.set(name, new Set(full));
    world.afterCall = (name) => {
      if (name === 'quotas.members') throw new Error('throttled');
    };
    expect((await ask(world, CROWD[0] ?? '')).ok).toBe(true);
    expect(world.lines.filter((line) => line.startsWith('warn a quota was not tidied'))).not.toEqual([]);
  });

  test('role count under its cap in a storm with crashes, and no place is lost for good', async () => {
    const CAP = 6;
    const world = worldOf({
      roles: CAP,
      pendingPerEntitlement: 50,
      openGrantsPerPerson: 5,
      requestsPerPersonAndHour: 1_000,
    });
    let most = 0;
    let struck = 0;
    world.afterCall = () => {
      most = Math.max(most, world.aws.dedicated.size);
    };
    for (let round = 0; round < 150; round++) {
      const who = CROWD[round % CROWD.length] ?? '';
      if (round % 3 === 0) world.strike(1 + (round % 11), round % 2 === 0 ? 'crashAfter' : 'crashBefore');
      await ask(world, who).catch(() => {});
      if (round % 3 === 0 && world.wasStruck()) struck++;
      world.restart();
      world.calm();
      for (const [id, { grant }] of world.tables.grants)
        if (grant.state === 'pending' && round % 20 === 19)
          await world.decide('bob', id as GrantId, { kind: 'deny', reason: 'no' });
      await world.sweepFor(1);
      expect(world.aws.dedicated.size).toBeLessThanOrEqual(CAP);
    }
    countCases('requests that a crash struck', struck);
    expect(struck).toBeGreaterThan(30);
    expect(most, 'the cap was reached, so that it was tried').toBe(CAP);
    // What the crashes left in the sets is dropped by whoever finds them full.
    await world.sweepFor(600);
    expect(world.aws.dedicated.size).toBe(0);
    expect(await reasons(CROWD.slice(0, CAP).map((who) => ask(world, who)))).toEqual({ asked: CAP });
  });

  test('a place taken for a grant that may still be written counts; five minutes later nobody can write it', async () => {
    const world = worldOf({ pendingPerEntitlement: 1 });
    world.afterCall = (name) => {
      if (name === 'quotas.take') world.strike(1, 'crashBefore');
    };
    await ask(world, 'dev0').catch(() => {});
    world.afterCall = () => {};
    world.restart();
    world.calm();
    expect(world.tables.grants.size, 'the place was taken and the grant not written').toBe(0);
    expect(await ask(world, 'dev1')).toMatchObject({ ok: false, error: { reason: 'tooManyPending' } });
    world.advance(6);
    expect((await ask(world, 'dev1')).ok).toBe(true);
  });
});
