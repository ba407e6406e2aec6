/**
 * Catches: work that nobody is due to do (access that stays because the sparse index forgot it), a warning after the end
 * or as the access begins, settle passes that come too late, and grants that stay due for ever.
 */
import { describe, expect, test } from 'vitest';
import type { Grant, State } from '../../src/core/grant.ts';
import { dueAt, overdueSince, type Retries, retryAt, type Task, tasksOf } from '../../src/core/task.ts';
import type { Duration } from '../../src/core/time.ts';
import { at, countCases, IN_STATE, MINUTE } from './fixtures.ts';

const kinds = (tasks: readonly Task[]): Record<string, number> =>
  Object.fromEntries(tasks.map((task) => [task.kind, (task.at - at(0)) / 1_000]));
const role = { mode: 'role', arn: 'arn:aws:iam::1:role/x', assumableBy: [], opensTo: [] } as const;
const PREPARATION = IN_STATE.active.preparation;
const over = (grant: Grant, settlePasses: number, owed: 'none' | 'owed' | 'deleted'): Grant =>
  ({ ...grant, aftercare: { settlePasses, role: owed } }) as Grant;

/** Seconds from the request; written by hand. Armed at 600, active from 660, expiring at 4200, ended at 4260. */
const DUE: readonly (readonly [string, Grant, Record<string, number>])[] = [
  ['pending, not prepared', IN_STATE.pending, { prepare: 20, lapse: 28_800 }],
  ['pending, prepared', { ...IN_STATE.pending, preparation: PREPARATION }, { lapse: 28_800 }],
  ['scheduled', IN_STATE.scheduled, { start: 600 }],
  ['activating', IN_STATE.activating, { activate: 620, expire: 4_200 }],
  ['active', IN_STATE.active, { expire: 4_200, verify: 780, warn: 3_600, narrow: 680 }],
  ['active, verified', { ...IN_STATE.active, verified: true }, { expire: 4_200, warn: 3_600, narrow: 680 }],
  ['active, warned', { ...IN_STATE.active, warned: true }, { expire: 4_200, verify: 780, narrow: 680 }],
  ['active, narrowed', { ...IN_STATE.active, assumableUntil: at(70) }, { expire: 4_200, verify: 780, warn: 3_600 }],
  [
    'active, narrowed to another end',
    { ...IN_STATE.active, assumableUntil: at(90) },
    { expire: 4_200, verify: 780, warn: 3_600, narrow: 680 },
  ],
  ['active on a standing role', { ...IN_STATE.active, principal: role }, { expire: 4_200, verify: 780, warn: 3_600 }],
  ['active, all done', { ...IN_STATE.active, verified: true, warned: true, assumableUntil: at(70) }, { expire: 4_200 }],
  ['revoking', IN_STATE.revoking, { revoke: 4_220 }],
  ['ended: the role goes with the first look back', IN_STATE.ended, { settle: 4_380, deleteRole: 4_380 }],
  ['ended, looked at once', over(IN_STATE.ended, 1, 'owed'), { settle: 4_860, deleteRole: 4_260 }],
  ['ended, looked at twice', over(IN_STATE.ended, 2, 'owed'), { deleteRole: 4_260 }],
  ['ended, role deleted', over(IN_STATE.ended, 0, 'deleted'), { settle: 4_380 }],
  ['ended, all done', over(IN_STATE.ended, 2, 'deleted'), {}],
  ['ended on a standing role, all done', over(IN_STATE.ended, 2, 'none'), {}],
  ['failed', IN_STATE.failed, { settle: 4_380, deleteRole: 4_380 }],
  ['denied before access', IN_STATE.denied, { deleteRole: 300 }],
  ['denied, role deleted', over(IN_STATE.denied, 2, 'deleted'), {}],
  ['denied after it was armed', over(IN_STATE.denied, 0, 'deleted'), { settle: 420 }],
  ['withdrawn', IN_STATE.withdrawn, { deleteRole: 300 }],
  ['lapsed', IN_STATE.lapsed, { deleteRole: 28_800 }],
];

describe('what is due when', () => {
  countCases('due times', DUE.length);
  test.each(DUE)('%s', (_what, grant, wanted) => {
    expect(kinds(tasksOf(grant))).toEqual(wanted);
    const first = Math.min(...Object.values(wanted));
    expect(dueAt(grant)).toBe(Number.isFinite(first) ? at(0) + first * 1_000 : undefined);
  });

  test('no state is forgotten here', () => {
    const states = new Set<State>(DUE.map(([, grant]) => grant.state));
    expect([...states].sort()).toEqual(Object.keys(IN_STATE).sort());
  });
});

describe('the warning', () => {
  const warned = (minutes: number, warnBefore: number): number => {
    const grant = {
      ...IN_STATE.active,
      activatedAt: at(0),
      expiresAt: at(minutes),
      warnBefore: (warnBefore * MINUTE) as Duration,
    };
    return kinds(tasksOf(grant))['warn'] ?? Number.NaN;
  };
  test.each([
    [60, 10, 3_000],
    [60, 30, 1_800],
    [60, 45, 1_800],
    [15, 10, 450],
    [1, 10, 30],
    [20, 10, 600],
  ])('of %d minutes, %d before the end, comes after %d s', (minutes, before, seconds) =>
    expect(warned(minutes, before)).toBe(seconds),
  );
});

describe('a task that failed', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 15],
    [6, 15],
    [40, 15],
    [2_000, 15],
  ])('%d times is tried again after %d minutes', (attempts, minutes) =>
    expect(retryAt(attempts, at(0))).toBe(at(minutes)),
  );

  test('waits, and holds up nothing else', () => {
    const retries: Retries = { narrow: { attempts: 3, at: at(30) } };
    expect(kinds(tasksOf(IN_STATE.active, retries))).toEqual({
      expire: 4_200,
      verify: 780,
      warn: 3_600,
      narrow: 1_800,
    });
    expect(dueAt(IN_STATE.active, retries)).toBe(at(13));
  });

  test('is never tried before it was due in the first place', () => {
    expect(kinds(tasksOf(IN_STATE.active, { expire: { attempts: 1, at: at(1) } }))['expire']).toBe(4_200);
  });
});

describe('overdue', () => {
  test.each<[string, Grant, number, number | undefined]>([
    ['active before its end', IN_STATE.active, 69, undefined],
    ['active at its end', IN_STATE.active, 70, 70],
    ['active long after', IN_STATE.active, 100, 70],
    ['activating after its end', IN_STATE.activating, 80, 70],
    ['revoking since its end', { ...IN_STATE.revoking, since: at(71) }, 90, 70],
    ['ended early and not gone yet', { ...IN_STATE.revoking, since: at(30) }, 31, 30],
    ['ended', IN_STATE.ended, 100, undefined],
    ['pending', IN_STATE.pending, 900, undefined],
    ['scheduled', IN_STATE.scheduled, 900, undefined],
  ])('%s', (_what, grant, now, since) =>
    expect(overdueSince(grant, at(now))).toBe(since === undefined ? undefined : at(since)),
  );
});
