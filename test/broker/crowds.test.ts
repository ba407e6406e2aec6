/**
 * Catches I3 and I4 where many ends are made as one: access that lives on, that others hold or that is nobody's own,
 * ended with a crowd that it is none of.
 */
import { describe, expect, test } from 'vitest';
import { crowdsAmong, endsInCrowd } from '../../src/broker/crowds.ts';
import { drain } from '../../src/broker/drain.ts';
import { type Place, placeOf } from '../../src/broker/drainPorts.ts';
import type { Due, Stored } from '../../src/broker/ports.ts';
import type { Grant } from '../../src/core/grant.ts';
import { grantId } from '../../src/core/id.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { newWorld } from './fake-world.ts';

const storedOf = (grant: Grant): Stored => ({ grant, chain: { n: 1, hash: 'h' }, version: 1, retries: {} });
const { preparation: _, ...unprepared } = IN_STATE.revoking;
const onRole = { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [], opensTo: [] } as const;

test.each<[string, Grant, number, boolean]>([
  ['revoking, before its end', IN_STATE.revoking, 20, true],
  ['active, at its end', IN_STATE.active, 70, true],
  ['active, a moment before', IN_STATE.active, 70 - 1 / 60_000, false],
  ['activating, at its end', IN_STATE.activating, 70, true],
  ['activating, a moment before', IN_STATE.activating, 70 - 1 / 60_000, false],
  ['scheduled, past its end', IN_STATE.scheduled, 90, false],
  ['pending', IN_STATE.pending, 90, false],
  ['ended', IN_STATE.ended, 90, false],
  ['of a standing role', { ...IN_STATE.revoking, principal: onRole }, 90, false],
  ['never prepared', unprepared as Grant, 90, false],
])('ends in a crowd, %s', (_what, grant, now, wanted) => {
  expect(endsInCrowd(storedOf(grant), at(now))).toBe(wanted);
});

describe('a crowd', () => {
  const due = (place: string | undefined, overdueFrom: number | undefined, n: number): Due =>
    ({
      ...{ id: grantId(at(0), Uint8Array.of(n, 0, 0, 0, 0, 0, 0, 0, 0, 0)), at: at(0) },
      ...(place !== undefined && { place }),
      ...(overdueFrom !== undefined && { overdueFrom: at(overdueFrom) }),
    }) as Due;
  const many = (count: number, place: string | undefined, overdueFrom: number | undefined): Due[] =>
    Array.from({ length: count }, (_, n) => due(place, overdueFrom, n));
  const sizes = (all: readonly Due[]) => [...crowdsAmong(all, at(10))].map(([place, ids]) => [place, ids.length]);

  test.each<[string, readonly Due[], readonly (readonly [string, number])[]]>([
    ['eight that end in one place', many(8, 'a/r', 10), [['a/r', 8]]],
    ['seven are none', many(7, 'a/r', 10), []],
    ['eight in two places are none', [...many(4, 'a/r', 10), ...many(4, 'b/r', 10)], []],
    ['what is not to end yet counts for none', many(12, 'a/r', 10 + 1 / 60_000), []],
    ['what is due for something else counts for none', many(12, 'a/r', undefined), []],
    ['what has no place is in none', many(12, undefined, 10), []],
    ['what lives beside it is none of it', [...many(8, 'a/r', 9), ...many(5, 'a/r', 60)], [['a/r', 8]]],
  ])('%s', (_what, all, wanted) => {
    expect(sizes(all)).toEqual(wanted);
  });
});

test('whoever lives longer since the list was read, or is over, is not ended with the others', async () => {
  const world = newWorld();
  const id = await world.live('dedicated', { duration: '1h' });
  const place: Place = placeOf((await world.grant(id)).cluster);
  const holder = { name: 'me', comesBack: false, retryFrom: world.now() };
  const other = await world.live('dedicated', { duration: '10m' }, 'cyd');
  world.advance(10);
  const drained = await drain(world.deps, place, async () => [id, other], { kind: 'system', part: 'sweeper' }, holder);
  expect(drained).toMatchObject({ failed: 0, left: 0 });
  expect((await world.grant(id)).state).toBe('active');
  expect([...world.prod.entries.keys()].map((arn) => arn.endsWith(id))).toEqual([true]);
  expect((await world.grant(other)).state).toBe('ended');
  world.calls.length = 0;
  await drain(world.deps, place, async () => [other], { kind: 'system', part: 'sweeper' }, holder);
  expect(world.calls.filter((name) => name === 'eks.deleteEntry')).toEqual([]);
});
