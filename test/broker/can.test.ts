/** Catches: somebody who searches other people's rights, and a "yes" that the next request would refuse. */
import { expect, test } from 'vitest';
import { type CanRequest, canRequest } from '../../src/broker/canRequest.ts';
import { newWorld, type World } from './fake-world.ts';

const ask = (world: World, who: string, more: Partial<CanRequest> = {}) =>
  canRequest(world.deps, {
    person: world.person(who),
    channel: 'cli',
    proof: `test:${who}`,
    input: { entitlement: 'prod-view', justification: 'looking' },
    ...more,
  });

test.each([
  ['ada', undefined, 'ada'],
  ['ada', 'ada', 'ada'],
  ['ada', 'bob', 'notYoursToAsk'],
  ['ada', 'nobody', 'notYoursToAsk'],
  ['fay', 'ada', 'ada'],
  ['eve', 'ada', 'ada'],
  ['eve', 'nobody', 'unknownPerson'],
  ['eve', '__proto__', 'unknownPerson'],
  ['bob', 'ada', 'notYoursToAsk'],
])('%s asks about %s: %s', async (who, about, expected) => {
  const world = newWorld();
  const answer = await ask(world, who, about === undefined ? {} : { about });
  expect(answer.ok ? answer.value.about.id : answer.error.reason).toBe(expected);
});

test('I7: limits of now are part of the answer, and none of another time', async () => {
  const world = newWorld();
  world.config = { ...world.config, limits: { ...world.config.limits, openGrantsPerPerson: 1 } };
  await world.request('ada', { entitlement: 'admin' });
  const now = await ask(world, 'ada');
  expect(now.ok && now.value.prospect.refusal?.reason).toBe('tooManyOpenGrants');
  const tomorrow = await ask(world, 'ada', { at: '2026-11-25T03:00:00Z' });
  expect(tomorrow.ok && tomorrow.value.prospect.refusal).toBeUndefined();
  expect(tomorrow.ok && tomorrow.value.prospect.plan?.decideBy).toBe(Date.parse('2026-11-25T11:00:00Z'));
  const unreadable = await ask(world, 'ada', { at: 'tomorrow' });
  expect(!unreadable.ok && unreadable.error.reason).toBe('startUnreadable');
  expect(world.tables.grants.size, 'nothing is made').toBe(1);
});
