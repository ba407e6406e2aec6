/**
 * Catches access out of hours, off call or too soon after a no; a condition that nobody could evaluate and that counts
 * as held; and a refusal that does not say when it would be satisfied.
 */
import { describe, expect, it } from 'vitest';
import {
  conditionsHold,
  describeCondition,
  type Known,
  type Moment,
  schedulesToAsk,
} from '../../src/core/condition.ts';
import type { Condition } from '../../src/core/condition-rule.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Instant, instant, plus } from '../../src/core/time.ts';
import { CONFIG, countCases, entitlement, HOUR, MINUTE } from './fixtures.ts';

const when = (iso: string): Instant => instant(Date.parse(iso));
const hours = [1, 2, 3, 4, 5].map((day) => ({ day, from: 540, to: 1_080 }));
const WINDOW = {
  kind: 'window',
  timeZone: 'Europe/Berlin',
  open: ['mon-fri 09:00-18:00'],
  hours,
  covers: 'whole',
} as const;
const START_ONLY = { ...WINDOW, covers: 'start' } as const;
const SHIFT = { kind: 'onCall', schedule: 'platform' } as const;
const ASKED = { kind: 'onCall', schedule: 'payments' } as const;
const COOLDOWN = { kind: 'cooldown', length: HOUR } as const;
const config: Configuration = {
  ...CONFIG,
  onCall: {
    platform: {
      kind: 'shifts',
      shifts: [
        { from: when('2026-11-23T08:00:00Z'), to: when('2026-11-30T08:00:00Z'), person: 'bob' },
        { from: when('2026-11-30T08:00:00Z'), to: when('2026-12-07T08:00:00Z'), person: 'ada' },
      ],
    },
    payments: { kind: 'provider', url: 'https://oncall.example.com', secret: 'arn' },
  },
};

const NOW = when('2026-11-30T16:30:00Z'); // Monday, 17:30 in Berlin
const ask = (condition: Condition, starts: Instant, more: { ends?: Instant; moment?: Moment; known?: Known } = {}) => {
  const { moment = 'request', known = {}, ends = plus(starts, HOUR) } = more;
  const situation = { moment, now: NOW, requester: { id: 'ada', name: 'Ada' }, starts, ends };
  return conditionsHold(entitlement({ conditions: [condition] }), situation, known, config);
};
const answered = (...people: string[]): Known => ({ onCall: new Map([['payments', { ok: true, people }]]) });

describe('weekly windows', () => {
  it('all of the access lies in it', () => {
    expect(ask(WINDOW, NOW, { ends: plus(NOW, (30 * MINUTE) as typeof HOUR) })).toEqual({ ok: true, value: true });
    expect(ask(WINDOW, NOW)).toEqual({
      ok: false,
      error: {
        reason: 'windowTooShort',
        entitlement: 'prod-view',
        closes: 'Monday 2026-11-30 18:00 Europe/Berlin',
        longest: 1_800_000,
        next: 'Tuesday 2026-12-01 09:00 Europe/Berlin',
      },
    });
  });
  it('or only its beginning, where the rule says so', () => {
    expect(ask(START_ONLY, NOW).ok).toBe(true);
    expect(ask(START_ONLY, when('2026-11-30T17:00:00Z')).ok).toBe(false);
  });
  it('says when it opens', () => {
    expect(ask(WINDOW, when('2026-11-28T12:00:00Z'))).toMatchObject({
      error: {
        reason: 'windowClosed',
        at: 'Saturday 2026-11-28 13:00 Europe/Berlin',
        next: 'Monday 2026-11-30 09:00 Europe/Berlin',
      },
    });
  });
  it('asked at night for the next morning: it is the beginning that counts', () => {
    expect(ask(WINDOW, when('2026-12-01T08:00:00Z')).ok).toBe(true);
  });
  it.each(['request', 'approval', 'activation', 'extension'] as const)('counts at %s', (moment) => {
    expect(ask(WINDOW, when('2026-11-28T12:00:00Z'), { moment }).ok).toBe(false);
  });
  it('an extension may not reach beyond it, unless only the beginning counts', () => {
    expect(ask(WINDOW, NOW, { moment: 'extension' })).toMatchObject({ error: { reason: 'windowTooShort' } });
    expect(ask(START_ONLY, when('2026-11-30T20:00:00Z'), { moment: 'extension' }).ok).toBe(true);
  });
  it('one that never closes is never too short, and one that never opens names no opening', () => {
    const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: 0, to: 1_440 }));
    expect(ask({ ...WINDOW, hours: always }, NOW, { ends: plus(NOW, (200 * HOUR) as typeof HOUR) }).ok).toBe(true);
    const answer = ask({ ...WINDOW, hours: [] }, NOW);
    expect(answer).toMatchObject({ error: { reason: 'windowClosed', open: ['mon-fri 09:00-18:00'] } });
    expect(answer.ok ? {} : answer.error).not.toHaveProperty('next');
  });
  it('a fault of ours is no answer', () => {
    expect(() => ask({ ...WINDOW, hours: undefined as never }, NOW)).toThrow(TypeError);
  });
  it('a zone that this engine does not know is not open: nobody can tell', () => {
    expect(ask({ ...WINDOW, timeZone: 'Europe/Atlantis' }, NOW)).toMatchObject({
      error: { reason: 'conditionFailed', why: 'the time zone Europe/Atlantis is not known here' },
    });
  });
});

describe('on call', () => {
  it('by a schedule in the configuration, at the moment when access begins', () => {
    expect(ask(SHIFT, NOW).ok).toBe(true);
    expect(ask(SHIFT, when('2026-11-30T08:00:00Z')).ok).toBe(true);
    expect(ask(SHIFT, when('2026-11-30T07:59:59.999Z'))).toEqual({
      ok: false,
      error: {
        reason: 'notOnCall',
        entitlement: 'prod-view',
        schedule: 'platform',
        requester: 'Ada',
        at: when('2026-11-30T07:59:59.999Z'),
        onCall: ['Bob'],
        next: when('2026-11-30T08:00:00Z'),
      },
    });
    expect(ask(SHIFT, when('2026-12-07T08:00:00Z'))).toMatchObject({ error: { onCall: [] } });
  });
  it('the next shift is the person’s own, the first that is still to come', () => {
    const shift = (from: string, who: string) => ({ from: when(from), to: plus(when(from), HOUR), person: who });
    const shifts = [
      shift('2026-12-03T08:00:00Z', 'ada'),
      shift('2026-12-01T08:00:00Z', 'bob'),
      shift('2026-12-02T08:00:00Z', 'ada'),
      shift('2026-11-29T08:00:00Z', 'ada'),
    ];
    const nextOf = (id: string): unknown => {
      const situation = { moment: 'request', now: NOW, requester: { id, name: id }, starts: NOW, ends: NOW } as const;
      const rules = { ...config, onCall: { platform: { kind: 'shifts', shifts } } } as const;
      const answer = conditionsHold(entitlement({ conditions: [SHIFT] }), situation, {}, rules);
      return !answer.ok && 'next' in answer.error ? answer.error.next : 'none';
    };
    expect([nextOf('ada'), nextOf('bob'), nextOf('cyd')]).toEqual([
      when('2026-12-02T08:00:00Z'),
      when('2026-12-01T08:00:00Z'),
      'none',
    ]);
  });
  it('by what somebody was asked', () => {
    expect(ask(ASKED, NOW, { known: answered('bob', 'ada') }).ok).toBe(true);
    expect(ask(ASKED, NOW, { known: answered('bob') })).toMatchObject({
      error: { reason: 'notOnCall', onCall: ['Bob'] },
    });
    expect(ask(ASKED, NOW, { known: answered() })).toMatchObject({ error: { reason: 'notOnCall', onCall: [] } });
  });
  it.each([
    ['nobody was asked', {}, ASKED, 'nobody was asked who is on call in payments'],
    [
      'no answer',
      { onCall: new Map([['payments', { ok: false, why: 'it did not answer in time' }]]) },
      ASKED,
      'who is on call in payments could not be found out: it did not answer in time',
    ],
    ['no such schedule', {}, { kind: 'onCall', schedule: 'gone' }, 'there is no on-call schedule gone'],
    [
      'a schedule by the name of something every object has',
      {},
      { kind: 'onCall', schedule: 'constructor' },
      'there is no on-call schedule constructor',
    ],
  ] as const)('closed on doubt (I8): %s', (_what, known, condition, why) => {
    expect(ask(condition, NOW, { known: known as Known })).toEqual({
      ok: false,
      error: { reason: 'conditionFailed', entitlement: 'prod-view', why },
    });
  });
  it('who has to be asked about is known beforehand', () => {
    const rule = entitlement({ conditions: [WINDOW, SHIFT, ASKED, COOLDOWN] });
    expect(schedulesToAsk(rule, 'request', config)).toEqual(['payments']);
    expect(schedulesToAsk(entitlement(), 'request', config)).toEqual([]);
    expect(schedulesToAsk(rule, 'request', { directory: config.directory })).toEqual([]);
  });
});

describe('cool-down after a denial', () => {
  const denied = (iso: string): Known => ({ deniedAt: when(iso) });
  it('until it is over', () => {
    expect(ask(COOLDOWN, NOW, { known: denied('2026-11-30T15:30:00Z') }).ok).toBe(true);
    expect(ask(COOLDOWN, NOW, { known: denied('2026-11-30T15:30:00.001Z') })).toEqual({
      ok: false,
      error: {
        reason: 'coolingDown',
        entitlement: 'prod-view',
        deniedAt: when('2026-11-30T15:30:00.001Z'),
        length: HOUR,
        again: when('2026-11-30T16:30:00.001Z'),
      },
    });
    expect(ask(COOLDOWN, NOW).ok).toBe(true);
  });
  it('is about asking, and about nothing that comes after it', () => {
    for (const moment of ['approval', 'activation', 'extension'] as const)
      expect(ask(COOLDOWN, NOW, { moment, known: denied('2026-11-30T16:29:00Z') }).ok).toBe(true);
  });
});

it.each<[Condition, string]>([
  [{ ...WINDOW, open: ['mon 09:00-18:00', 'sat 10:00-12:00'] }, 'only mon 09:00-18:00, sat 10:00-12:00 Europe/Berlin'],
  [START_ONLY, 'beginning only mon-fri 09:00-18:00 Europe/Berlin'],
  [SHIFT, 'only while on call in platform'],
  [COOLDOWN, 'not within 1h of a denial'],
])('for people: %j', (condition, words) => expect(describeCondition(condition)).toBe(words));

it('all of them have to hold, in whatever order', () => {
  const rows: readonly (readonly [readonly Condition[], boolean])[] = [
    [[], true],
    [[START_ONLY, SHIFT, COOLDOWN], true],
    [[START_ONLY, ASKED], false],
    [[ASKED, START_ONLY], false],
    [[SHIFT, WINDOW], false],
  ];
  for (const [conditions, expected] of rows) {
    const situation = {
      moment: 'request',
      now: NOW,
      requester: { id: 'ada', name: 'Ada' },
      starts: NOW,
      ends: plus(NOW, HOUR),
    } as const;
    expect(conditionsHold(entitlement({ conditions }), situation, {}, config).ok).toBe(expected);
  }
  countCases('conditions together', rows.length);
});
