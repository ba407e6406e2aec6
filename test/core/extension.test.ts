/**
 * Catches: an extension nobody decided, one beyond the total, one that survives a change of the rules, and an order of
 * events in which the expiry moves without a yes.
 */
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/core/event.ts';
import { evolve, ImpossibleTransition } from '../../src/core/evolve.ts';
import { evaluateExtension, permitsExtension } from '../../src/core/extension.ts';
import type { Active, Grant } from '../../src/core/grant.ts';
import { tasksOf } from '../../src/core/task.ts';
import { at, configWith, HOUR, IN_STATE, MINUTE } from './fixtures.ts';

const ACTIVE: Active = IN_STATE.active;
const END = ACTIVE.expiresAt;
const LATER = (END + 30 * MINUTE) as Active['expiresAt'];
const OFFERED = configWith({ extension: { maxTotal: (8 * HOUR) as typeof HOUR, autoApprove: false } });
const BY_RULE = configWith({ extension: { maxTotal: (8 * HOUR) as typeof HOUR, autoApprove: true } });

const asked: EventBody = { type: 'extensionRequested', expiresAt: LATER, justification: 'not done yet' };
const granted: EventBody = { type: 'extensionGranted', autoApproved: false };
function following(...bodies: readonly EventBody[]): Active {
  const grant = bodies.reduce<Grant>((before, body) => evolve(before, body, at(30)), ACTIVE);
  return grant.state === 'active' ? grant : expect.fail(`the grant is ${grant.state}`);
}

describe('what may be asked for', () => {
  const input = { duration: '30m', justification: 'the restore is not done yet' };
  test.each([
    ['no extension in the rules', input, configWith({}), 'extensionNotOffered'],
    ['longer than the total', { ...input, duration: '8h' }, OFFERED, 'extensionTooLong'],
    ['unreadable', { ...input, duration: 'a while' }, OFFERED, 'durationUnreadable'],
    // By the second, the grant's record would grow by thousands of events, which every end has to read.
    ['too short to be worth an event', { ...input, duration: '59s' }, BY_RULE, 'durationTooShort'],
  ] as const)('%s', (_name, request, config, reason) => {
    expect(evaluateExtension(request, ACTIVE, config)).toMatchObject({ ok: false, error: { reason } });
  });
  test('the new end is the old one and so much more', () => {
    expect(evaluateExtension(input, ACTIVE, OFFERED)).toMatchObject({
      ok: true,
      value: { expiresAt: LATER, autoApproved: false },
    });
    expect(evaluateExtension(input, ACTIVE, BY_RULE)).toMatchObject({ ok: true, value: { autoApproved: true } });
  });
  test('one at a time', () => {
    expect(evaluateExtension(input, following(asked), OFFERED)).toMatchObject({
      ok: false,
      error: { reason: 'extensionOpen' },
    });
  });
});

describe('the order of events', () => {
  test('the expiry moves by the last one, to what was granted', () => {
    expect(following(asked).expiresAt).toBe(END);
    expect(following(asked, granted).expiresAt).toBe(END);
    const extended = following(asked, granted, { type: 'extended', expiresAt: LATER });
    expect(extended).toMatchObject({ expiresAt: LATER, warned: false });
    expect(extended.extension).toBeUndefined();
  });
  test.each([
    ['granted without being asked for', [granted]],
    ['carried out without being granted', [asked, { type: 'extended', expiresAt: LATER }]],
    ['carried out to another end', [asked, granted, { type: 'extended', expiresAt: at(100_000) }]],
    ['asked for twice', [asked, asked]],
    ['denied without being asked for', [{ type: 'extensionDenied', reason: 'no' }]],
  ] as const)('%s: impossible', (_name, bodies) => {
    expect(() => following(...(bodies as readonly EventBody[]))).toThrow(ImpossibleTransition);
  });
  test('it is due as soon as it is granted, and not before', () => {
    expect(tasksOf(following(asked)).map((task) => task.kind)).not.toContain('extend');
    expect(tasksOf(following(asked, granted)).map((task) => task.kind)).toContain('extend');
  });
});

describe('decided again when it is carried out', () => {
  const extension = (grant: Active) => grant.extension ?? expect.fail('there is no extension');
  test('without approvals: no, whatever is on record as granted', () => {
    const grant = following(asked, granted);
    expect(permitsExtension(grant, extension(grant), OFFERED)).toMatchObject({
      ok: false,
      error: { reason: 'approvalsMissing' },
    });
  });
  test('by rule: only while the rule is in force', () => {
    const grant = following(asked, { type: 'extensionGranted', autoApproved: true });
    expect(permitsExtension(grant, extension(grant), BY_RULE).ok).toBe(true);
    expect(permitsExtension(grant, extension(grant), OFFERED)).toMatchObject({
      ok: false,
      error: { reason: 'approvalsMissing' },
    });
    expect(permitsExtension(grant, extension(grant), configWith({}))).toMatchObject({
      ok: false,
      error: { reason: 'extensionNotOffered' },
    });
  });
});
