/** F6, F34: would catch a deployment that strands access, and one that is refused for what is over. */
import { describe, expect, it } from 'vitest';
import { SETTLE_PASSES } from '../../src/core/evolve.ts';
import type { Grant, State } from '../../src/core/grant.ts';
import { isKept, leavesTraces, needsCluster } from '../../src/core/leaving.ts';
import { countCases, IN_STATE } from './fixtures.ts';

const settled = (grant: Grant, settlePasses: number, role: 'owed' | 'deleted'): Grant =>
  ({ ...grant, aftercare: { settlePasses, role } }) as Grant;

/** State, or an end with so many looks back and its role: does the end need the cluster; are traces left? */
const TABLE: readonly (readonly [State, number | undefined, 'owed' | 'deleted' | undefined, boolean, boolean])[] = [
  ['pending', undefined, undefined, false, true],
  ['scheduled', undefined, undefined, false, true],
  ['activating', undefined, undefined, true, true],
  ['active', undefined, undefined, true, true],
  ['revoking', undefined, undefined, true, true],
  ['ended', 0, 'owed', true, true],
  ['ended', 1, 'deleted', true, true],
  ['ended', SETTLE_PASSES, 'owed', false, true],
  ['ended', SETTLE_PASSES, 'deleted', false, false],
  ['failed', 1, 'deleted', true, true],
  ['failed', SETTLE_PASSES, 'deleted', false, false],
  ['denied', SETTLE_PASSES, 'owed', false, true],
  ['denied', SETTLE_PASSES, 'deleted', false, false],
  ['withdrawn', SETTLE_PASSES, 'deleted', false, false],
  ['lapsed', SETTLE_PASSES, 'owed', false, true],
];
countCases('grants in the way of a deployment', TABLE.length);

it.each(TABLE)(
  '%s, looked back at %s times, role %s: needs the cluster %s, leaves traces %s',
  (state, passes, role, needs, traces) => {
    const grant = passes === undefined || !role ? IN_STATE[state] : settled(IN_STATE[state], passes, role);
    expect([needsCluster(grant), leavesTraces(grant)]).toEqual([needs, traces]);
  },
);

describe('a cluster is kept', () => {
  const { cluster } = IN_STATE.active;
  const { arn, executor } = cluster;
  it.each([
    ['as it is', [{ arn, executor }], true],
    [
      'among others',
      [
        { arn: 'a', executor: 'b' },
        { arn, executor },
      ],
      true,
    ],
    ['not through another executor', [{ arn, executor: `${executor}2` }], false],
    ['not by the executor alone', [{ arn: `${arn}2`, executor }], false],
    ['not if there is none', [], false],
  ])('%s', (_how, kept, expected) => expect(isKept({ cluster }, kept)).toBe(expected));
});
