/**
 * A clock that was wrong for one run (F40). Catches an end that was begun by it, failed, and is then put off until that
 * clock's time has come.
 */
import { expect, test } from 'vitest';
import type { EndingDeps } from '../../src/broker/drainPorts.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { NotReady } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import { minutes, plus } from '../../src/core/time.ts';
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
