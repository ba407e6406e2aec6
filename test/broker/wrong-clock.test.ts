/**
 * A clock that was wrong for one run (F40). Catches an end that was begun by it, failed, and is then put off until that
 * clock's time has come.
 */
import { describe, expect, test } from 'vitest';
import type { EndingDeps } from '../../src/broker/drainPorts.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { NotReady } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { minutes, plus } from '../../src/core/time.ts';
import { at } from '../core/fixtures.ts';
import { copier } from './copies.ts';
import { MODES, newWorld, type World } from './fake-world.ts';

const deaf = (world: World): EndingDeps => ({
  ...world.deps,
  eks: (target) => ({
    ...world.deps.eks(target),
    deleteEntry: () => Promise.reject(new NotReady('throttled')),
    describeEntry: () => Promise.reject(new NotReady('throttled')),
  }),
});
const ahead = (deps: EndingDeps): EndingDeps => ({ ...deps, now: () => plus(deps.now(), minutes(600)) });

test.each(MODES)('the sweeper’s, while EKS refuses, mode %s: gone on time all the same', async (mode) => {
  const world = newWorld();
  const id = await world.live(mode);
  world.advance(30);
  // Twice: what it begins, and what it finds begun.
  for (let run = 0; run < 2; run++) {
    await sweep(ahead(deaf(world)), () => false, world.now());
    world.advance(1);
  }
  expect(await world.grant(id)).toMatchObject({ state: 'revoking' });
  await world.sweepFor(29 + 1);
  expect((await world.grant(id)).state).toBe('ended');
  expect(world.prod.entries.size).toBe(0);
});

test('the schedule’s, while EKS refuses', async () => {
  const world = newWorld();
  const id = await world.live('dedicated');
  world.advance(30);
  for (let run = 0; run < 2; run++) {
    await sweep(deaf(world), () => false, plus(world.now(), minutes(600)));
    world.advance(1);
  }
  await world.sweepFor(29 + 1);
  expect((await world.grant(id)).state).toBe('ended');
});

test('of whoever ended it early, and the workflow is down: at its end at the latest', async () => {
  const world = newWorld();
  const id = await world.live('dedicated');
  world.workflowIsDown = true;
  const by = { person: world.person('ada'), channel: 'cli', proof: 'test' } as const;
  await endGrant(ahead(world.deps), { ...by, id });
  await world.sweepFor(60 + 1);
  expect((await world.grant(id)).state).toBe('ended');
});

describe('many that end at once', () => {
  const crowd = async (world: World, who: string, nth: number): Promise<GrantId[]> => {
    const first = await world.live('dedicated', { duration: '10m' }, who);
    const copy = copier(world.tables, world.prod, first);
    return [
      first,
      ...Array.from({ length: 11 }, (_, n) => copy(grantId(at(0), Uint8Array.of(nth, n, ...Array(8).fill(0))))),
    ];
  };
  const states = (world: World, ids: readonly GrantId[]): Set<string> =>
    new Set(ids.map((id) => world.tables.grants.get(id)?.grant.state ?? 'lost'));

  test('were ended by a fast clock: those that end next wait for nobody', async () => {
    const world = newWorld();
    const first = await crowd(world, 'ada', 1);
    world.advance(10);
    await sweep(world.deps, () => false, plus(world.now(), minutes(120)));
    expect(states(world, first)).toEqual(new Set(['ended']));
    const second = await crowd(world, 'cyd', 2);
    await world.sweepFor(11);
    expect(states(world, second)).toEqual(new Set(['ended']));
  });

  test('could not be ended by a fast clock: they are not put off by it', async () => {
    const world = newWorld();
    const ids = await crowd(world, 'ada', 1);
    world.advance(5);
    const refusing: EndingDeps = {
      ...deaf(world),
      drain: {
        ...world.deps.drain,
        eksOnce: (target) => ({
          ...world.deps.drain.eksOnce(target),
          deleteEntry: () => Promise.reject(new Error('AccessDenied')),
        }),
      },
    };
    for (let run = 0; run < 2; run++) {
      await sweep(refusing, () => false, plus(world.now(), minutes(120)));
      world.advance(1);
    }
    await world.sweepFor(4);
    expect(states(world, ids)).toEqual(new Set(['ended']));
  });
});
