/**
 * Catches break-glass whose limits are off by one, that keeps what only a request with time has to keep, that is offered
 * by the wrong list of people, or that opens for an incident which only looks like one.
 */
import { describe, expect, it } from 'vitest';
import {
  type BreakGlassInput,
  evaluateBreakGlass,
  mayReview,
  offeredTo,
  permitsBreakGlass,
  type Use,
  workingDaysAfter,
} from '../../src/core/break-glass.ts';
import type { BreakGlassRule, Configuration, Entitlement } from '../../src/core/configuration.ts';
import type { Review } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Duration, days, type Instant, minus, plus } from '../../src/core/time.ts';
import {
  at,
  CONFIG,
  configFor,
  configWith,
  entitlement,
  FACTS,
  group,
  HOUR,
  MINUTE,
  one,
  peopleOf,
  person,
} from './fixtures.ts';

const RULE: BreakGlassRule = {
  eligible: [group('security')],
  maxDuration: (2 * HOUR) as Duration,
  minReason: 20,
  perWeek: 2,
  reviewWithin: 3,
};
/** Developers may ask for it; dan and cyd, of security, may break its glass. */
const offering = (rule: Partial<BreakGlassRule> = {}, more: Partial<Entitlement> = {}): Configuration => ({
  ...configWith({ ...more, breakGlass: { ...RULE, ...rule } }),
  reviewers: [one('eve'), one('dan')],
});
const NOW = at(0);
const INPUT = { entitlement: 'prod-view', reason: 'API server down, nobody answers', incident: ' INC-4211 ' };
const evaluate = (
  input: Partial<BreakGlassInput> = {},
  config = offering(),
  { who = person('dan'), uses = [] }: { readonly who?: typeof CONFIG.directory.people.ada; readonly uses?: Use[] } = {},
) => evaluateBreakGlass({ ...INPUT, ...input }, who ?? person('dan'), config, uses, NOW);
const outcome = (answer: ReturnType<typeof evaluate>): unknown => (answer.ok ? answer.value : answer.error);

describe('what would be given', () => {
  it('is the entitlement’s own access, on one cluster, with the incident and when the review is due', () => {
    expect(outcome(evaluate({ cluster: 'prod', duration: '90m' }))).toMatchObject({
      access: { policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy' },
      cluster: { name: 'prod' },
      duration: 90 * MINUTE,
      incident: 'INC-4211',
      justification: 'API server down, nobody answers',
      // Tuesday, and three working days.
      reviewBy: plus(NOW, days(3)),
    });
  });

  it.each([
    ['its own default', { maxDuration: (2 * HOUR) as Duration }, HOUR],
    ['no longer than an emergency may be', { maxDuration: (30 * MINUTE) as Duration }, 30 * MINUTE],
  ])('lasts, when nothing is said, %s', (_what, rule, duration) => {
    expect(outcome(evaluate({}, offering(rule)))).toMatchObject({ duration });
  });

  it.each([
    ['longer than the entitlement’s own', '5h', { maxDuration: (6 * HOUR) as Duration }, { duration: 5 * HOUR }],
    ['shorter than it', '3h', {}, { reason: 'durationTooLong', max: 2 * HOUR }],
  ])('its longest may be %s', (_what, duration, rule, wanted) => {
    expect(outcome(evaluate({ duration }, offering(rule)))).toMatchObject(wanted);
  });

  it('needs a reason where a request needs none, and no ticket where a request does', () => {
    const config = offering({}, { justification: { required: false, minLength: 0 }, ticket: { required: true } });
    expect(evaluate({}, config).ok).toBe(true);
    const { reason: _, ...silent } = INPUT;
    expect(evaluateBreakGlass(silent, person('dan'), config, [], NOW)).toMatchObject({
      error: { reason: 'justificationMissing' },
    });
  });

  it('keeps no condition that is for requests with time', () => {
    const config = offering({}, { conditions: [{ kind: 'onCall', schedule: 'gone' }] });
    const answer = evaluate({}, config);
    expect(answer.ok && answer.value.entitlement).not.toHaveProperty('conditions');
  });

  it('is on the cluster that was asked for', () => {
    const config = offering({}, { clusters: ['prod', 'test'] });
    expect(outcome(evaluate({ cluster: 'test' }, config))).toMatchObject({ cluster: { name: 'test' } });
    expect(outcome(evaluate({}, config))).toMatchObject({ reason: 'clusterNeeded' });
  });

  it('is of the namespaces that were asked for', () => {
    const access = { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces: ['a-*'] } as const;
    const config = offering({}, { access });
    expect(outcome(evaluate({ namespaces: ['a-b'] }, config))).toMatchObject({
      access: { accessScope: { type: 'namespace', namespaces: ['a-b'] } },
    });
    expect(outcome(evaluate({ namespaces: ['b'] }, config))).toMatchObject({ reason: 'namespaceNotOffered' });
  });
});

describe('to whom', () => {
  it('by its own list of people alone', () => {
    expect(evaluate().ok).toBe(true);
    expect(outcome(evaluate({}, offering(), { who: person('ada') }))).toEqual({
      reason: 'breakGlassNotOffered',
      entitlement: 'prod-view',
      offered: [],
    });
  });

  it('to no role that is not a person, though it is listed', () => {
    expect(offeredTo(person('dan'), offering())).toHaveLength(1);
    expect(offeredTo(person('dan', { owners: [one('bob')] }), offering())).toEqual([]);
  });

  it('what has no glass is told with what has', () => {
    const config = offering();
    const both = { ...config, entitlements: { ...config.entitlements, other: entitlement({ id: 'other' }) } };
    expect(outcome(evaluate({ entitlement: 'other' }, both))).toEqual({
      reason: 'breakGlassNotOffered',
      entitlement: 'other',
      offered: ['prod-view'],
    });
  });
});

describe('the incident', () => {
  const pattern = 'INC-\\d+|OPS-\\d+';
  it.each([
    ['INC-1', true],
    ['OPS-22', true],
    ['INC-1x', false],
    ['xOPS-1', false],
    ['', false],
  ])('%j by the pattern: %s', (incident, taken) => {
    const answer = evaluate({ incident }, offering({ incidentPattern: pattern }));
    if (taken) expect(answer.ok).toBe(true);
    else expect(outcome(answer)).toEqual({ reason: 'incidentMissing', entitlement: 'prod-view', pattern });
  });

  it('one character of the pattern is one character, whatever it takes to write it', () => {
    expect(evaluate({ incident: '\u{1F525}' }, offering({ incidentPattern: '.' })).ok).toBe(true);
  });

  it('none at all', () => {
    const { incident: _, ...silent } = INPUT;
    expect(evaluateBreakGlass(silent, person('dan'), offering(), [], NOW)).toEqual({
      ok: false,
      error: { reason: 'incidentMissing', entitlement: 'prod-view' },
    });
    // A pattern that nothing at all would match.
    expect(evaluate({ incident: ' ' }, offering({ incidentPattern: '.*' })).ok).toBe(false);
  });
});

describe('what was used before', () => {
  let n = 0;
  const use = (when: Instant, more: Partial<Use> = {}): Use => ({
    id: `use-${++n}` as GrantId,
    at: when,
    over: true,
    review: undefined,
    ...more,
  });
  const owed = (dueBy: Instant, more: Partial<Review> = {}): Review => ({
    owedSince: minus(dueBy, days(3)),
    dueBy,
    reminders: 0,
    ...more,
  });
  const later = (ms: number): Instant => plus(NOW, ms as Duration);
  const WEEK = days(7);

  it('one that still lives: named', () => {
    const live = use(later(-1), { over: false });
    expect(outcome(evaluate({}, offering(), { uses: [use(later(-2)), live] }))).toEqual({
      reason: 'breakGlassLive',
      grantId: live.id,
    });
  });

  it.each([
    ['due this very moment', owed(NOW), false],
    ['due in a millisecond', owed(later(1)), true],
    [
      'overdue, and done',
      owed(later(-1), { done: { at: NOW, by: 'Eve', byId: 'eve', verdict: 'ok', note: 'x' } }),
      true,
    ],
  ])('its review is %s: %s', (_what, review, taken) => {
    const uses = [use(minus(NOW, days(30)), { review })];
    const answer = evaluate({}, offering(), { uses });
    if (taken) expect(answer.ok).toBe(true);
    else
      expect(outcome(answer)).toEqual({
        reason: 'reviewOverdue',
        grantId: uses[0]?.id,
        dueBy: review.dueBy,
        reviewers: ['Dan', 'Eve'],
      });
  });

  it('as many in seven days as there may be: again when the oldest of them is seven days old', () => {
    const uses = [later(-100), minus(NOW, days(1)), later(-200)].map((when) => use(when));
    expect(outcome(evaluate({}, offering(), { uses }))).toEqual({
      reason: 'breakGlassTooOften',
      uses: 3,
      limit: 2,
      // Two are allowed: the younger two count, in whatever order they are on record.
      again: plus(later(-200), WEEK),
    });
  });

  it.each([
    ['one fewer', [later(-1)], true],
    ['as many', [later(-1), later(1 - WEEK)], false],
    ['one of them seven days ago', [later(-1), later(-WEEK)], true],
    ['none', [], true],
  ])('%s: %s', (_what, when, taken) => {
    expect(evaluate({}, offering(), { uses: when.map((moment) => use(moment)) }).ok).toBe(taken);
  });
});

describe('asked again before anything is opened', () => {
  const review: Review = { owedSince: NOW, dueBy: at(60), reminders: 0 };
  const requester = { ...FACTS.requester, id: 'dan', name: 'Dan', identifiers: ['person:dan'] };
  const grant = { ...FACTS, requester, review };
  it('by the rule of emergencies', () => {
    expect(permitsBreakGlass(grant, offering()).ok).toBe(true);
    expect(permitsBreakGlass(grant, offering({ eligible: [group('leads')] }))).toMatchObject({
      error: { reason: 'entitlementChanged', what: 'Dan is no longer eligible' },
    });
    expect(permitsBreakGlass(grant, offering({ maxDuration: MINUTE }))).toMatchObject({
      error: { what: 'the maximum duration is shorter now' },
    });
  });

  it.each([
    ['has no glass any more', CONFIG, 'prod-view'],
    ['is gone', { ...offering(), entitlements: {} }, 'prod-view'],
    ['is the name of a property', offering(), 'constructor'],
  ])('an entitlement that %s', (_what, config, id) => {
    expect(permitsBreakGlass({ ...grant, entitlement: { id, digest: '' } }, config)).toEqual({
      ok: false,
      error: { reason: 'entitlementChanged', what: `${id} no longer offers break-glass` },
    });
  });

  it('no event says that the glass was broken', () => {
    const { review: _, ...silent } = grant;
    expect(permitsBreakGlass(silent, offering())).toEqual({
      ok: false,
      error: { reason: 'approvalsMissing', step: 1, have: 0, needed: 1 },
    });
  });
});

describe('who may review', () => {
  const used = { ...FACTS, requester: { ...FACTS.requester, id: 'dan', name: 'Dan', identifiers: ['email:d@x'] } };
  const may = (who: string, config: Configuration) => {
    const answer = mayReview(config.directory.people[who] ?? person(who), used, config);
    return answer.ok ? 'may' : answer.error;
  };
  it('a reviewer who did not use it', () => {
    expect(may('eve', offering())).toBe('may');
    expect(may('bob', offering())).toMatchObject({ reason: 'notReviewer', own: false });
    expect(may('bob', { ...offering(), reviewers: [group('leads')] })).toBe('may');
  });
  it('not whoever used it, by the id alone or by another identifier alone', () => {
    expect(may('dan', offering())).toMatchObject({ reason: 'notReviewer', own: true });
    const people = { ...CONFIG.directory.people, ...peopleOf(person('eve', { email: 'd@x' })) };
    expect(may('eve', configFor({ people }, offering()))).toMatchObject({ own: true });
  });
  it('the refusal names whoever else may', () => {
    const known = { ...used, requester: { ...used.requester, identifiers: ['person:dan'] } };
    expect(mayReview(person('bob'), known, offering())).toMatchObject({ error: { own: false, reviewers: ['Eve'] } });
  });
  it('nobody, where there are no reviewers', () => {
    expect(may('eve', configWith({ breakGlass: RULE }))).toEqual({ reason: 'notReviewer', own: false, reviewers: [] });
  });
});

it.each([
  ['2026-11-24T03:00:00Z', 3, '2026-11-27T03:00:00.000Z'],
  ['2026-11-27T03:00:00Z', 1, '2026-11-30T03:00:00.000Z'],
  ['2026-11-28T23:59:00Z', 1, '2026-11-30T23:59:00.000Z'],
  ['2026-11-29T00:00:00Z', 1, '2026-11-30T00:00:00.000Z'],
  ['2026-11-24T03:00:00Z', 0, '2026-11-24T03:00:00.000Z'],
])('from %s, %i working days later is %s', (from, count, until) => {
  expect(new Date(workingDaysAfter(Date.parse(from) as Instant, count)).toISOString()).toBe(until);
});
