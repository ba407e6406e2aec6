/**
 * Catches what a grant may lose on its way to the end: a start, a ticket, a preparation, who said no; and a live grant
 * that begins as if it had been read back or warned of already.
 */
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/core/event.ts';
import { evolve } from '../../src/core/evolve.ts';
import type { Grant } from '../../src/core/grant.ts';
import { at, FACTS, IN_STATE } from './fixtures.ts';

const ASKED = { ...FACTS, startAt: at(5), ticket: 'INC-4211' };
const PREPARED: EventBody = { type: 'prepared', clusterCreatedAt: at(-1_000), roleId: 'AROADEDICATED0000001' };
const life = (...bodies: readonly EventBody[]): Grant =>
  bodies.reduce<Grant>(
    (grant, body) => evolve(grant, body, at(30)),
    evolve(undefined, { type: 'requested', facts: ASKED }, at(0)),
  );

describe('facts stay to the end', () => {
  test.each([
    ['denied', [{ type: 'denied', reason: 'not today', by: 'Bob' }]],
    ['withdrawn', [{ type: 'withdrawn' }]],
    ['lapsed', [{ type: 'lapsed' }]],
    [
      'ended',
      [
        { type: 'armed', expiresAt: at(70) },
        { type: 'activated', entryArn: 'arn:entry/1' },
        { type: 'revoking', outcome: { state: 'ended', reason: 'endedEarly', by: 'Bob', note: 'solved' } },
        { type: 'ended' },
      ],
    ],
  ] as const)('%s', (state, bodies) => {
    const grant = life(PREPARED, ...(bodies as readonly EventBody[]));
    expect(grant).toMatchObject({
      ...ASKED,
      state,
      preparation: { clusterCreatedAt: at(-1_000), roleId: 'AROADEDICATED0000001' },
    });
  });

  test('without a start and a ticket there is none of either', () => {
    const grant = evolve(IN_STATE.pending, { type: 'lapsed' }, at(480));
    expect(Object.keys(grant)).not.toContain('startAt');
    expect(Object.keys(grant)).not.toContain('ticket');
  });
});

test('who denied is kept; nobody is nobody', () => {
  expect(life({ type: 'denied', reason: 'no', by: 'Bob' })).toMatchObject({ by: 'Bob' });
  expect(Object.keys(life({ type: 'denied', reason: 'no' }))).not.toContain('by');
});

test('live access begins neither read back nor warned of', () => {
  expect(
    life(PREPARED, { type: 'armed', expiresAt: at(70) }, { type: 'activated', entryArn: 'arn:entry/1' }),
  ).toMatchObject({
    state: 'active',
    verified: false,
    warned: false,
  });
});

test('why it ended is kept: by whom, and the note', () => {
  const outcome = { state: 'ended', reason: 'endedEarly', by: 'Bob', note: 'solved' } as const;
  const grant = life(PREPARED, { type: 'armed', expiresAt: at(70) }, { type: 'revoking', outcome }, { type: 'ended' });
  expect(grant).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Bob', note: 'solved', expiresAt: at(70) });
});
