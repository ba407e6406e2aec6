/**
 * Catches I6 and F20: a chain that somebody changed, shortened in the middle, reordered or added to, and that still
 * looks whole. (A cut tail and a consistent rewrite cannot be seen by the chain: the anchor outside the table is for that.)
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, emptyChain, faultsOf, headOf } from '../../src/core/audit.ts';
import type { AuditEvent, EventBody } from '../../src/core/event.ts';
import type { Actor } from '../../src/core/grant.ts';
import { at, FACTS, ID } from './fixtures.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const API: Actor = { kind: 'system', part: 'api' };
const BOB: Actor = { kind: 'person', id: 'bob', name: 'Bob', channel: 'cli', proof: 'iam:x' };
const BODIES: readonly EventBody[] = [
  { type: 'requested', facts: FACTS },
  { type: 'prepared', clusterCreatedAt: at(-1_000), roleId: 'AROADEDICATED0000001' },
  { type: 'approved', approval: { personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(3) } },
  { type: 'armed', expiresAt: at(63) },
  { type: 'activated', entryArn: 'arn:entry/1' },
  { type: 'revoking', outcome: { state: 'ended', reason: 'expired' } },
  { type: 'ended' },
];

function chained(id: string): AuditEvent[] {
  let head = emptyChain(id);
  return BODIES.map((body, i) => {
    const event = chain(id, head, at(i), i === 2 ? BOB : API, body, sha256);
    head = headOf(event);
    return event;
  });
}
const EVENTS = chained(ID);
const found = (events: readonly AuditEvent[]) => faultsOf(ID, events, sha256);
const event = (n: number): AuditEvent => EVENTS[n - 1] ?? (undefined as never);

describe('I6: the chain of events', () => {
  test('of nothing, and whole, has no fault', () => {
    expect(found([])).toEqual([]);
    expect(found(EVENTS)).toEqual([]);
  });

  test('begins with the grant’s id, so that no chain can be passed off as another’s', () => {
    expect(event(1).previous).toBe(ID);
    expect(event(2).previous).toBe(event(1).hash);
    expect(found(chained('01khw0000000000000000000bb'))[0]).toEqual({ n: 1, fault: 'foreign' });
  });

  test('shows an event that was changed', () => {
    const changed = { ...event(3), actor: { ...BOB, id: 'cyd' } };
    expect(found(EVENTS.with(2, changed))).toEqual([{ n: 3, fault: 'changed' }]);
  });

  test('shows an event that was changed with its hash made anew: the next one does not follow any more', () => {
    const { hash: _, ...rest } = { ...event(3), at: at(99) };
    const rewritten = chain(ID, { n: 2, hash: rest.previous }, at(99), rest.actor, rest.body, sha256);
    expect(found(EVENTS.with(2, rewritten))).toEqual([{ n: 4, fault: 'changed' }]);
  });

  test('shows an event that was dropped, swapped, repeated or slipped in', () => {
    expect(found(EVENTS.toSpliced(2, 1))).toEqual([{ n: 3, fault: 'missing' }]);
    expect(found(EVENTS.slice(1))).toEqual([{ n: 1, fault: 'missing' }]);
    expect(found(EVENTS.with(2, event(4)).with(3, event(3)))[0]).toEqual({ n: 3, fault: 'missing' });
    expect(found(EVENTS.toSpliced(3, 0, event(3)))[0]).toEqual({ n: 4, fault: 'missing' });
    const foreign = chained('01khw0000000000000000000bb')[2] ?? event(3);
    expect(found(EVENTS.toSpliced(3, 0, foreign))[0]).toEqual({ n: 3, fault: 'foreign' });
  });

  test('any single change of any single event is found', () => {
    const mutations: Record<string, (one: AuditEvent, x: number) => AuditEvent> = {
      grantId: (one) => ({ ...one, grantId: `${one.grantId.slice(0, -1)}z` }),
      n: (one, x) => ({ ...one, n: one.n + 1 + x }),
      at: (one, x) => ({ ...one, at: (one.at + 1 + x) as AuditEvent['at'] }),
      actor: (one) => ({ ...one, actor: { kind: 'system', part: 'sweeper' } }),
      body: (one) => ({ ...one, body: { type: 'settled', found: [] } }),
      previous: (one, x) => ({ ...one, previous: sha256(String(x)) }),
      hash: (one, x) => ({ ...one, hash: sha256(String(x)) }),
      more: (one) => ({ ...one, note: 'x' }) as AuditEvent,
    };
    const edit = fc.tuple(fc.constantFrom(...Object.values(mutations)), fc.nat(EVENTS.length - 1), fc.nat(1_000));
    fc.assert(
      fc.property(edit, ([mutate, i, x]) => {
        expect(found(EVENTS.with(i, mutate(event(i + 1), x)))).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('any drop but of the tail, any swap and any insertion is found', () => {
    const place = fc.nat(EVENTS.length - 1);
    fc.assert(
      fc.property(place, place, fc.constantFrom('drop', 'swap', 'insert'), (i, j, how) => {
        const one = event(i + 1);
        const other = event(j + 1);
        if ((how === 'drop' && i === EVENTS.length - 1) || (how === 'swap' && i === j)) return;
        const edited =
          how === 'drop'
            ? EVENTS.toSpliced(i, 1)
            : how === 'swap'
              ? EVENTS.with(i, other).with(j, one)
              : EVENTS.toSpliced(j, 0, one);
        expect(found(edited)).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
