/** Catches: somebody who searches other people's rights, and a "yes" that the next request would refuse. */
import { expect, test } from 'vitest';
import { type CanRequest, canRequest } from '../../src/broker/canRequest.ts';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { hours } from '../../src/core/time.ts';
import { one } from '../core/fixtures.ts';
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

test('F18: whoever may not ask for it makes nobody ask who is on call', async () => {
  const world = newWorld();
  const rule = world.config.entitlements['prod-view'];
  if (!rule) throw new Error('no such entitlement');
  world.config = {
    ...world.config,
    onCall: { payments: { kind: 'provider', url: 'https://oncall.example.com/', secret: 'arn' } },
    entitlements: { 'prod-view': { ...rule, conditions: [{ kind: 'onCall', schedule: 'payments' }] } },
  };
  let questions = 0;
  const deps = { ...world.deps, ask: async () => ({ ok: true, answer: { onCall: [] }, n: questions++ }) as const };
  const asking = (who: string) =>
    canRequest(deps, {
      ...{ channel: 'cli', proof: 'x', input: { entitlement: 'prod-view' } },
      person: world.person(who),
    });
  expect(await asking('fay')).toMatchObject({ value: { prospect: { refusal: { reason: 'notEligible' } } } });
  expect(questions).toBe(0);
  expect(await asking('ada')).toMatchObject({ value: { prospect: { refusal: { reason: 'notOnCall' } } } });
  expect(questions).toBeGreaterThan(0);
});

test('I7: limits of now are part of the answer, and none of another time', async () => {
  const world = newWorld();
  world.config = { ...world.config, limits: { ...world.config.limits, openGrantsPerPerson: 1 } };
  await world.request('ada', { entitlement: 'admin' });
  const now = await ask(world, 'ada');
  expect(now.ok && now.value.obstacles.map(({ reason }) => reason)).toEqual(['tooManyOpenGrants']);
  const tomorrow = await ask(world, 'ada', { at: '2026-11-25T03:00:00Z' });
  expect(tomorrow.ok && [tomorrow.value.prospect.refusal, tomorrow.value.obstacles]).toEqual([undefined, []]);
  expect(tomorrow.ok && tomorrow.value.prospect.plan?.decideBy).toBe(Date.parse('2026-11-25T11:00:00Z'));
  const unreadable = await ask(world, 'ada', { at: 'tomorrow' });
  expect(!unreadable.ok && unreadable.error.reason).toBe('startUnreadable');
  expect(world.tables.grants.size, 'nothing is made').toBe(1);
});

const FROZEN = { scope: { kind: 'all' }, reason: 'INC-1', breakGlass: false } as const;

test('everything that stands in the way is told at once, also of a request that lacks something; and what it would come to', async () => {
  const world = newWorld();
  world.config = { ...world.config, limits: { ...world.config.limits, openGrantsPerPerson: 1 } };
  await world.request('ada', { entitlement: 'admin' });
  await freeze(world.deps, { person: world.person('fay'), channel: 'cli', proof: 'test:fay', ...FROZEN });
  const answer = await ask(world, 'ada', { input: { entitlement: 'prod-view' } });
  if (!answer.ok) throw new Error(answer.error.reason);
  const { prospect, obstacles } = answer.value;
  expect(obstacles.map(({ reason }) => reason)).toEqual(['frozen', 'tooManyOpenGrants']);
  expect(prospect.missing.map(({ reason }) => reason)).toEqual(['justificationMissing']);
  expect(prospect.decision?.steps[0]?.approvers.length).toBeGreaterThan(0);
});

test('what is open already is named, and no limit counts for it', async () => {
  const world = newWorld();
  world.config = { ...world.config, limits: { ...world.config.limits, openGrantsPerPerson: 1 } };
  const { grant } = await world.request('ada');
  const answer = await ask(world, 'ada');
  expect(answer).toMatchObject({ ok: true, value: { open: grant.id, obstacles: [] } });
});

test('a denial not long ago, and a quota that is full', async () => {
  const world = newWorld();
  const rule = world.config.entitlements['prod-view'];
  if (!rule) throw new Error('the fixtures have no such entitlement');
  const conditions = [{ kind: 'cooldown', length: hours(1) }] as const;
  world.config = {
    ...world.config,
    limits: { ...world.config.limits, pendingPerEntitlement: 1 },
    entitlements: { ...world.config.entitlements, 'prod-view': { ...rule, conditions } },
  };
  const { grant } = await world.request('ada');
  await decideGrant(world.deps, {
    ...{ person: world.person('bob'), channel: 'cli', proof: 'test:bob', id: grant.id },
    decision: { kind: 'deny', reason: 'not today' },
  } as Parameters<typeof decideGrant>[1]);
  await world.request('cyd');
  const answer = await ask(world, 'ada');
  expect(answer.ok && answer.value.obstacles.map(({ reason }) => reason)).toEqual(['coolingDown', 'tooManyPending']);
});

test('break-glass: who may, and whether this person could now, by what was used before', async () => {
  const world = newWorld();
  const rule = world.config.entitlements['admin'];
  if (!rule) throw new Error('the fixtures have no such entitlement');
  const breakGlass = { eligible: [one('ada')], maxDuration: hours(1), minReason: 20, perWeek: 3, reviewWithin: 3 };
  world.config = {
    ...world.config,
    reviewers: [one('eve')],
    entitlements: { ...world.config.entitlements, admin: { ...rule, breakGlass } },
  };
  const glass = async (who: string) => {
    const answer = await ask(world, who, { input: { entitlement: 'admin' } });
    return answer.ok ? answer.value.breakGlass : undefined;
  };
  expect(await glass('ada')).toMatchObject({ eligible: [{ id: 'ada' }], may: { ok: true } });
  expect(await glass('bob')).toMatchObject({ may: { ok: false, error: { reason: 'breakGlassNotOffered' } } });
  await freeze(world.deps, { person: world.person('fay'), channel: 'cli', proof: 'test:fay', ...FROZEN });
  expect(await glass('ada')).toMatchObject({ may: { ok: false, error: { reason: 'frozen' } } });
  expect((await ask(world, 'ada')).ok && (await ask(world, 'ada'))).not.toHaveProperty('value.breakGlass');
});
