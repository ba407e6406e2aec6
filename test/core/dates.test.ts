/**
 * Catches a moment that is off by one step: a late delete of ours forgotten too soon, an end that is raised and not looked
 * at again in time, a total that is exceeded or not reached, a date that belongs to the other kind of principal.
 */
import { describe, expect, it } from 'vitest';
import { sameAccess } from '../../src/core/access.ts';
import type { EventBody } from '../../src/core/event.ts';
import { evolve } from '../../src/core/evolve.ts';
import { evaluateExtension } from '../../src/core/extension.ts';
import type { Active, Grant } from '../../src/core/grant.ts';
import { datesSettledAt, deleteLingers, tasksOf } from '../../src/core/task.ts';
import { widerThan } from '../../src/core/trust.ts';
import { at, configWith, HOUR, IN_STATE, KUBERNETES_ADMIN } from './fixtures.ts';

const following = (grant: Active, ...bodies: readonly EventBody[]): Active => {
  const next = bodies.reduce<Grant>((before, body) => evolve(before, body, at(30)), grant);
  return next.state === 'active' ? next : expect.fail(next.state);
};
const ASKED: EventBody = { type: 'extensionRequested', expiresAt: at(100), justification: 'more' };
const EXTENDED: readonly EventBody[] = [
  ASKED,
  { type: 'extensionGranted', autoApproved: false },
  { type: 'extended', expiresAt: at(100), lookAgain: true },
];
const VERIFIED: Active = { ...IN_STATE.active, verified: true };
const ON_ROLE: Active = {
  ...VERIFIED,
  principal: { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [], opensTo: [] },
};

describe('a delete of ours may still come', () => {
  it.each([
    [undefined, false],
    [0, true],
    [7.99, true],
    [8, false],
    [60, false],
  ])('sent %s minutes ago: %s', (ago, expected) => {
    expect(deleteLingers(ago === undefined ? undefined : at(100 - ago), at(100))).toBe(expected);
  });
});

describe('the tags are settled six minutes after the end was last moved', () => {
  it.each([
    ['never moved, shared with nobody', {}, false, undefined],
    ['never moved, shared', {}, true, at(16)],
    ['moved, shared with nobody', { extendedAt: at(30) }, false, at(36)],
    ['moved, and shared', { extendedAt: at(30) }, true, at(36)],
  ])('%s', (_what, more, shared, expected) => {
    expect(datesSettledAt({ armedAt: at(10), ...more }, shared)).toBe(expected);
  });
});

describe('what an extension leaves', () => {
  it('has nobody’s approval at first, and no rule’s', () => {
    expect(following(VERIFIED, ASKED).extension).toEqual({
      ...{ requestedAt: at(30), expiresAt: at(100), justification: 'more' },
      ...{ approvals: [], autoApproved: false, granted: false },
    });
  });
  it('is looked at once more, and dates a grant’s own role', () => {
    const extended = following(VERIFIED, ...EXTENDED);
    expect(extended).toMatchObject({
      verified: false,
      extendedAt: at(30),
      assumableUntil: at(100),
      expiresAt: at(100),
    });
    expect(tasksOf(extended).map(({ kind }) => kind)).toContain('verify');
  });
  it('dates no standing role', () => {
    expect(following(ON_ROLE, ...EXTENDED)).not.toHaveProperty('assumableUntil');
  });
  it('of a release that looked only once: nothing is owed, so that its record still adds up', () => {
    const extended = following(VERIFIED, ...EXTENDED.slice(0, 2), { type: 'extended', expiresAt: at(100) });
    expect(extended.verified).toBe(true);
    expect(extended).not.toHaveProperty('extendedAt');
  });
});

describe('an extension as it is asked for', () => {
  const rules = configWith({ extension: { maxTotal: (2 * HOUR) as typeof HOUR, autoApprove: false } });
  const input = { justification: 'the restore is not done yet' };
  it.each([
    ['to the very total', '1h', undefined],
    ['a minute beyond it', '61m', 'extensionTooLong'],
  ])('%s', (_what, duration, reason) => {
    const plan = evaluateExtension({ ...input, duration }, IN_STATE.active, rules);
    expect(plan.ok ? undefined : plan.error.reason).toBe(reason);
    // Counted from when it was armed, at minute 10.
    if (plan.ok) expect(plan.value.expiresAt).toBe(at(130));
  });
  it('of an entitlement that is there no more', () => {
    expect(evaluateExtension(input, IN_STATE.active, { ...rules, entitlements: {} })).toMatchObject({ ok: false });
  });
});

describe('the same access', () => {
  const groups = (...kubernetesGroups: readonly string[]) => ({ kind: 'groups', kubernetesGroups }) as const;
  const policy = { kind: 'policy', policyArn: 'p', accessScope: { type: 'cluster' } } as const;
  it.each([
    [groups('a', 'b'), groups('b', 'a'), true],
    [groups('a'), groups('a', 'a'), false],
    [groups('a', 'b'), groups('a\nb'), false],
    [groups('a'), policy, false],
    [policy, groups('a'), false],
    [policy, policy, true],
  ])('%j and %j: %s', (one, other, same) => expect(sameAccess(one, other)).toBe(same));
});

describe('whom a trust names', () => {
  const trusting = (AWS: unknown) => ({
    Statement: [{ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' }],
  });
  it.each([
    ['an account’s root is the account', 'arn:aws:iam::111111111111:root', ['111111111111'], []],
    ['in another partition, too', 'arn:aws-us-gov:iam::111111111111:root', ['111111111111'], []],
    [
      'text around it makes it something else',
      'xarn:aws:iam::111111111111:root',
      ['111111111111'],
      ['xarn:aws:iam::111111111111:root'],
    ],
    ['and after it', 'arn:aws:iam::111111111111:rooted', ['111111111111'], ['arn:aws:iam::111111111111:rooted']],
  ])('%s', (_what, named, listed, wider) => expect(widerThan(trusting(named), listed)).toEqual(wider));
  it('nobody, when there is no statement', () => expect(widerThan({}, [])).toEqual([]));
  it('everybody, in one word', () => {
    expect(widerThan({ Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' } }, [])).toEqual(['*']);
  });
});
