/**
 * What others are asked about who is on call, and what is made of their answer. Catches a question for each person and
 * second instead of one a minute, somebody who has left and counts as on call, and an answer of another shape that opens.
 */
import { expect, test } from 'vitest';
import { askedOnCall, type ConditionDeps, conditionsNow } from '../../src/broker/conditions.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, minutes, plus } from '../../src/core/time.ts';
import { at, CONFIG, entitlement, HOUR, peopleOf, person } from '../core/fixtures.ts';

const RULE = entitlement({ conditions: [{ kind: 'onCall', schedule: 'payments' }] });
const config: Configuration = {
  ...CONFIG,
  directory: {
    ...CONFIG.directory,
    people: {
      ...CONFIG.directory.people,
      ...peopleOf(person('gus', { disabled: true }), person('ida', { email: 'Ｉda@Example.com' })),
    },
  },
  onCall: {
    payments: { kind: 'provider', url: 'https://oncall.example.com', secret: 'arn:secret' },
    search: { kind: 'provider', url: 'https://search.example.com', secret: 'arn:other' },
    platform: { kind: 'shifts', shifts: [] },
  },
};
const asking = (answer: Awaited<ReturnType<ConditionDeps['ask']>>) => {
  const asked: unknown[] = [];
  const deps: ConditionDeps = {
    ask: async (question) => {
      asked.push(question);
      return answer;
    },
    config: () => config,
    now: () => at(0),
  };
  return { deps, asked };
};
const peopleOn = async (onCall: unknown): Promise<unknown> => {
  const { deps } = asking({ ok: true, answer: onCall });
  return (await askedOnCall(deps, RULE, 'request', at(0))).get('payments');
};
const SHAPE = { ok: false, why: 'its answer is not {"onCall": [people]}' };

test('one question for each schedule and minute, kept for a minute', async () => {
  const { deps, asked } = asking({ ok: true, answer: { onCall: ['ada'] } });
  const both = entitlement({
    conditions: [
      { kind: 'onCall', schedule: 'payments' },
      { kind: 'onCall', schedule: 'platform' },
      { kind: 'cooldown', length: HOUR },
      { kind: 'onCall', schedule: 'search' },
    ],
  });
  const starts = plus(at(7), 59_999 as Duration);
  expect([...(await askedOnCall(deps, both, 'request', starts)).keys()]).toEqual(['payments', 'search']);
  expect(asked).toEqual(
    [
      ['payments', 'https://oncall.example.com', 'arn:secret'],
      ['search', 'https://search.example.com', 'arn:other'],
    ].map(([schedule, url, secret]) => ({
      to: { url, secret },
      id: `onCall-main-${schedule}-${at(7)}`,
      body: { type: 'onCall.question', data: { hub: 'main', schedule, at: '2026-11-24T03:07:00.000Z' } },
      keepFor: minutes(1),
    })),
  );
});

test.each<[string, unknown, readonly string[]]>([
  ['nobody', [], []],
  ['an id', ['bob'], ['bob']],
  ['an address, however it is written', ['BOB@example.COM', 'ida@example.com'], ['bob', 'ida']],
  ['an id is taken as it is written', ['BOB'], []],
  ['twice the same', ['bob', 'bob@example.com'], ['bob']],
  ['strangers, and whoever has left', ['zoe', 'gus', 'gus@example.com', 'ada'], ['ada']],
  ['a hundred', Array(100).fill('ada'), ['ada']],
])('an answer: %s', async (_what, onCall, people) => {
  expect(await peopleOn({ onCall })).toEqual({ ok: true, people });
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['nothing at all', undefined],
  ['a text', 'ada'],
  ['a list', ['ada']],
  ['a text for the list', { onCall: 'ada' }],
  ['something like a list', { onCall: { length: 0 } }],
  ['a list with something else in it', { onCall: ['ada', { id: 'ada' }] }],
  ['more than a hundred', { onCall: Array(101).fill('ada') }],
])('no answer: %s', async (_what, answer) => expect(await peopleOn(answer)).toEqual(SHAPE));

test('why nobody answered is told', async () => {
  const why = { ok: false, why: 'it did not answer in time' } as const;
  const { deps } = asking(why);
  expect((await askedOnCall(deps, RULE, 'request', at(0))).get('payments')).toEqual(why);
});

test('the conditions with all of it: who is on call, the last denial, and the time', async () => {
  const about = {
    moment: 'request',
    requester: { id: 'ada', name: 'Ada' },
    starts: at(0),
    ends: at(60),
  } as const;
  const { deps } = asking({ ok: true, answer: { onCall: ['ada'] } });
  expect(await conditionsNow(deps, RULE, about)).toEqual({ ok: true, value: true });
  const cooling = entitlement({ conditions: [...(RULE.conditions ?? []), { kind: 'cooldown', length: HOUR }] });
  expect(await conditionsNow(deps, cooling, about, { deniedAt: at(-59) })).toMatchObject({
    error: { reason: 'coolingDown', again: at(1) },
  });
  expect((await conditionsNow(deps, cooling, about, { deniedAt: at(-60) })).ok).toBe(true);
  const nobody = asking({ ok: true, answer: { onCall: ['bob'] } });
  expect(await conditionsNow(nobody.deps, RULE, about)).toMatchObject({ error: { reason: 'notOnCall' } });
});
