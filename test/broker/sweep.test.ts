/**
 * Catches F12: a sweep that one account, one grant or one task holds up, that costs what is stored, or that gives up.
 */
import { describe, expect, test } from 'vitest';
import type { EndingDeps } from '../../src/broker/drainPorts.ts';
import type { Stored } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { at, PROD_ACCOUNT } from '../core/fixtures.ts';
import { newWorld, type World } from './fake-world.ts';

/** As many live grants in an account, all of which end at the same minute. */
async function liveIn(world: World, account: string, count: number, expiresAt: number): Promise<GrantId[]> {
  const [known] = world.tables.grants.keys();
  const model = world.tables.grants.get(known ?? (await world.live('dedicated', { duration: '4h' }))) as Stored;
  return Array.from({ length: count }, (_, n) => {
    const id = grantId(at(n), Uint8Array.of(Number(account[0]), n % 256, n >> 8, 1, 0, 0, 0, 0, 0, 0));
    const cluster = {
      ...model.grant.cluster,
      account,
      executor: `arn:aws:iam::${account}:role/hallpass-executor`,
      arn: model.grant.cluster.arn.replace(PROD_ACCOUNT, account),
    };
    const grant = {
      ...model.grant,
      id,
      cluster,
      state: 'revoking',
      since: at(expiresAt),
      armedAt: at(0),
      expiresAt: at(expiresAt),
      outcome: { state: 'ended', reason: 'expired' },
    } as Stored['grant'];
    world.tables.grants.set(id, { ...model, grant });
    return id;
  });
}

function withDeadAccount(deps: EndingDeps, account: string, calls: { n: number }): EndingDeps {
  const dead = async (): Promise<never> => {
    calls.n++;
    throw new Error('AccessDeniedException');
  };
  return {
    ...deps,
    eks: (target) =>
      target.account === account
        ? {
            describeCluster: dead,
            createEntry: dead,
            describeEntry: dead,
            listPolicies: dead,
            associatePolicy: dead,
            disassociatePolicy: dead,
            deleteEntry: dead,
            tagEntry: dead,
          }
        : deps.eks(target),
    drain: {
      ...deps.drain,
      eksOnce: (target) =>
        target.account === account
          ? { describeCluster: dead, describeEntry: dead, listEntries: dead, deleteEntry: dead }
          : deps.drain.eksOnce(target),
    },
  };
}

describe('F12', () => {
  test('one-dead-account: 500 due in A, 5 in B → B’s five end in one sweep', async () => {
    const world = newWorld();
    await liveIn(world, '999999999999', 500, 10);
    const five = await liveIn(world, PROD_ACCOUNT, 5, 20);
    world.advance(30);
    const calls = { n: 0 };
    await sweep(withDeadAccount(world.deps, '999999999999', calls), () => false);
    expect(await Promise.all(five.map(async (id) => (await world.grant(id)).state))).toEqual(
      Array.from({ length: 5 }, () => 'ended'),
    );
    expect(calls.n, 'the breaker').toBeLessThan(40);
  });

  test('one grant that always fails delays no other, and is tried again ever more rarely, but for ever', async () => {
    const world = newWorld();
    const [bad] = await liveIn(world, '999999999999', 1, 10);
    const calls = { n: 0 };
    const deps = withDeadAccount(world.deps, '999999999999', calls);
    world.advance(11);
    const tries: number[] = [];
    for (let minute = 0; minute < 120; minute++) {
      const before = calls.n;
      await sweep(deps, () => false);
      if (calls.n > before) tries.push(minute);
      world.advance(1);
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 30, 45, 60, 75, 90, 105]);
    expect(bad && (await world.grant(bad)).state).toBe('revoking');
  });

  test('what is overdue is said, from the first second it is', async () => {
    const world = newWorld();
    await liveIn(world, '999999999999', 1, 10);
    world.advance(40);
    const swept = await sweep(withDeadAccount(world.deps, '999999999999', { n: 0 }), () => false);
    expect(swept).toMatchObject({ due: expect.any(Number), failed: 1, oldestOverdueSeconds: 30 * 60 });
    expect((await newWorld().sweep()).oldestOverdueSeconds).toBe(0);
  });

  test('it begins nothing when there is no time left', async () => {
    const world = newWorld();
    await liveIn(world, PROD_ACCOUNT, 3, 10);
    world.advance(30);
    world.calls.length = 0;
    const swept = await sweep(world.deps, () => true);
    expect(swept).toMatchObject({ done: 0, failed: 0 });
    expect(world.calls.filter((name) => name.startsWith('eks'))).toEqual([]);
  });

  test('its cost follows what is due, not what is stored', async () => {
    const cost = async (stored: number): Promise<number> => {
      const world = newWorld();
      await liveIn(world, PROD_ACCOUNT, 5, 10);
      for (const id of await liveIn(world, '999999999999', stored, 10)) {
        const kept = world.tables.grants.get(id) as Stored;
        world.tables.grants.set(id, {
          ...kept,
          grant: {
            ...kept.grant,
            state: 'ended',
            at: at(11),
            reason: 'expired',
            aftercare: { settlePasses: 2, role: 'deleted' },
          } as Stored['grant'],
        });
      }
      world.advance(30);
      world.calls.length = 0;
      await world.sweep();
      return world.calls.length;
    };
    expect(await cost(1_000)).toBe(await cost(10));
  });

  test('two sweeps at once do no harm', async () => {
    const world = newWorld();
    const ids = await liveIn(world, PROD_ACCOUNT, 5, 10);
    world.advance(30);
    await Promise.all([world.sweep(), world.sweep()]);
    for (const id of ids) {
      expect((await world.grant(id)).state).toBe('ended');
      expect(world.events(id).filter((event) => event.body.type === 'ended')).toHaveLength(1);
    }
  });
});
