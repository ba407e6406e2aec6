/**
 * Conditions where they are asked: catches an approval that begins access out of hours, a denial that a condition stops, a
 * scheduled start that nobody looks at again, and a doubt that opens or that ends a grant for good.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type ConditionDeps, conditionsNow } from '../../src/broker/conditions.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import type { Condition } from '../../src/core/condition-rule.ts';
import type { RequestInput } from '../../src/core/request.ts';
import { type Instant, instant } from '../../src/core/time.ts';
import { at, configWith, entitlement, HOUR } from '../core/fixtures.ts';
import { newWorld, type World } from './fake-world.ts';

// The clock of these worlds begins on Tuesday 2026-11-24, 03:00 UTC.
const window = (from: number, to: number, covers: 'start' | 'whole' = 'whole'): Condition => ({
  kind: 'window',
  timeZone: 'UTC',
  open: ['tue'],
  hours: [{ day: 2, from, to }],
  covers,
});
const PROVIDER = { kind: 'provider', url: 'https://oncall.example.com/now', secret: 'arn' } as const;

let world: World;
let answers: readonly unknown[] | undefined;
let asked: object[];
beforeEach(() => {
  world = newWorld();
  answers = [];
  asked = [];
  Object.assign(world.deps, {
    ask: async ({ body }: { body: object }) => {
      asked.push(body);
      return answers ? { ok: true, answer: { onCall: answers } } : { ok: false, why: 'it did not answer in time' };
    },
  });
});
const under = (...conditions: Condition[]): void => {
  world.config = { ...configWith({ conditions }, world.config), onCall: { payments: PROVIDER } };
};
const ask = (input: Partial<RequestInput> = {}) =>
  requestGrant(world.deps, {
    person: world.person('ada'),
    channel: 'cli',
    proof: 'test',
    input: { entitlement: 'prod-view', justification: 'INC-4211', ...input },
  });

describe('a window', () => {
  it('keeps the last approval until it opens, and never a denial', async () => {
    under(window(180, 250)); // 03:00 to 04:10
    const { grant } = await world.request('ada');
    world.advance(30);
    expect(await world.approve('bob', grant.id)).toMatchObject({ error: { reason: 'windowTooShort' } });
    expect((await world.grant(grant.id)).state).toBe('pending');
    expect(world.events(grant.id)).toHaveLength(1);
    expect(await world.decide('bob', grant.id, { kind: 'deny', reason: 'tomorrow' })).toMatchObject({ ok: true });
  });

  it('the same approval is good as soon as it is open', async () => {
    under(window(240, 420)); // 04:00 to 07:00
    const asking = await ask();
    expect(asking).toMatchObject({ error: { reason: 'windowClosed', next: 'Tuesday 2026-11-24 04:00 UTC' } });
    const later = await ask({ startAt: '2026-11-24T04:00:00Z' });
    expect(later).toMatchObject({ ok: true });
  });

  it('is looked at again when a scheduled start has come', async () => {
    const { grant } = await world.request('ada', { startAt: '2026-11-24T04:00:00Z' });
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    under(window(180, 200, 'start'));
    world.advance(60);
    await world.activate(grant.id);
    expect(await world.grant(grant.id)).toMatchObject({
      state: 'denied',
      reason: expect.stringMatching(/^windowClosed: /),
    });
    expect(world.calls.filter((call) => call.startsWith('eks.create'))).toEqual([]);
  });

  it('does not end access that began in it', async () => {
    under(window(180, 200, 'start'));
    const id = await world.live('dedicated');
    world.advance(30);
    await world.sweep();
    expect((await world.grant(id)).state).toBe('active');
  });
});

describe('on call, by somebody who is asked', () => {
  beforeEach(() => under({ kind: 'onCall', schedule: 'payments' }));

  it('by id or address, in the directory, alive', async () => {
    const check = async (list: readonly unknown[] | undefined): Promise<string> => {
      answers = list;
      const answer = await ask();
      return answer.ok ? 'ok' : answer.error.reason;
    };
    expect(await check(['bob'])).toBe('notOnCall');
    expect(await check(['stranger@example.com', 'ADA@Example.com'])).toBe('ok');
    expect(asked[0]).toEqual({
      type: 'onCall.question',
      data: { hub: 'main', schedule: 'payments', at: '2026-11-24T03:00:00.000Z' },
    });
  });

  it.each([
    ['no answer', undefined],
    ['a list of something else', [7]],
    ['too many', Array(101).fill('ada')],
  ])('closed on doubt (I8): %s', async (_what, list) => {
    answers = list;
    expect(await ask()).toMatchObject({ ok: false, error: { reason: 'conditionFailed' } });
  });

  it('is asked again at the last approval, and a doubt then leaves the request as it was', async () => {
    answers = ['ada'];
    const { grant } = await world.request('ada');
    answers = undefined;
    expect(await world.approve('bob', grant.id)).toMatchObject({ error: { reason: 'conditionFailed' } });
    answers = ['bob'];
    expect(await world.approve('bob', grant.id)).toMatchObject({ error: { reason: 'notOnCall' } });
    answers = ['ada'];
    expect(await world.approve('bob', grant.id)).toMatchObject({ ok: true });
  });

  it('a doubt at a scheduled start opens nothing and ends nothing: it is tried again', async () => {
    answers = ['ada'];
    const { grant } = await world.request('ada', { startAt: '2026-11-24T04:00:00Z' });
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    world.advance(60);
    answers = undefined;
    await expect(world.activate(grant.id)).rejects.toThrow(/could not be evaluated/);
    expect((await world.grant(grant.id)).state).toBe('scheduled');
    answers = ['ada'];
    expect(await world.activate(grant.id)).toMatchObject({ kind: 'active' });
  });

  it('nobody is asked about people who may not ask, and none of it is asked when access ends', async () => {
    const stranger = await requestGrant(world.deps, {
      person: world.person('eve'),
      channel: 'cli',
      proof: 'test',
      input: { entitlement: 'prod-view', justification: 'INC-4211' },
    });
    expect(stranger).toMatchObject({ error: { reason: 'notEligible' } });
    expect(asked).toEqual([]);
    answers = ['ada'];
    const id = await world.live('dedicated');
    asked = [];
    world.advance(61);
    await world.sweepFor(3);
    expect((await world.grant(id)).state).toBe('ended');
    expect(asked).toEqual([]);
  });
});

describe('a cool-down', () => {
  beforeEach(() => under({ kind: 'cooldown', length: HOUR }));
  const denied = async (who = 'bob'): Promise<void> => {
    const { grant } = await world.request('ada');
    await world.decide(who, grant.id, { kind: 'deny', reason: 'not today' });
  };

  it('an hour after a denial, and not a minute less', async () => {
    await denied();
    expect(await ask()).toMatchObject({ error: { reason: 'coolingDown', again: at(60) } });
    world.advance(59);
    expect(await ask()).toMatchObject({ error: { reason: 'coolingDown' } });
    world.advance(1);
    expect(await ask()).toMatchObject({ ok: true });
  });

  it('is remembered through other requests, and is about one entitlement on one cluster', async () => {
    world.config = {
      ...world.config,
      entitlements: {
        ...world.config.entitlements,
        other: entitlement({ id: 'other', conditions: [{ kind: 'cooldown', length: HOUR }] }),
      },
    };
    await denied();
    expect(await ask({ entitlement: 'other' })).toMatchObject({ ok: true });
    expect(await ask()).toMatchObject({ error: { reason: 'coolingDown' } });
  });

  it('withdrawing or lapsing is no denial, nor is a rule', async () => {
    const { grant } = await world.request('ada');
    world.config = configWith({ maxDuration: (HOUR / 2) as typeof HOUR }, world.config);
    world.advance(480);
    await world.sweep();
    expect((await world.grant(grant.id)).state).toBe('lapsed');
    expect(await ask({ duration: '20m' })).toMatchObject({ ok: true });
  });
});

it('preview is the same consideration', async () => {
  under(window(600, 700));
  const deps: ConditionDeps = world.deps;
  const starts: Instant = instant(at(0));
  const rule = world.config.entitlements['prod-view'];
  if (!rule) throw new Error('no rule');
  const situation = { moment: 'request', requester: { id: 'ada', name: 'Ada' }, starts, ends: at(60) } as const;
  expect(await conditionsNow(deps, rule, situation)).toMatchObject({ error: { reason: 'windowClosed' } });
});
