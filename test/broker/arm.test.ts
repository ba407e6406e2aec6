/** Catches I2: an entry that is made, shared or taken over with the wrong thing on record. */
import { describe, expect, it } from 'vitest';
import { arming, type Entry, liveOthers, readEntryBeforeArming } from '../../src/broker/arm.ts';
import { NotReady, type RecordDeps, type Stored } from '../../src/broker/ports.ts';
import { type Claim, claimOf, type Ledger } from '../../src/core/entry.ts';
import type { Pending, Principal } from '../../src/core/grant.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { sha256, WORKFLOW } from './fake-world.ts';

const principal: Principal = { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [], opensTo: [] };
const pending: Pending = {
  ...IN_STATE.pending,
  principal,
  preparation: IN_STATE.active.preparation ?? never(),
};
const stored: Stored = { grant: pending, chain: { n: 3, hash: 'h' }, version: 3, retries: {} };
const deps = { now: () => at(5), sha256 } as unknown as RecordDeps;
const arm = (entry: Entry) => arming(deps, stored, entry, WORKFLOW, [], at(60));

const mine: Claim = { ...claimOf({ ...IN_STATE.active, principal }), grantId: pending.id };
const other = (more: Partial<Claim> = {}): Claim => ({ ...mine, grantId: 'other', expiresAt: at(90), ...more });
const ledger = (more: Partial<Ledger> = {}): Ledger => ({
  ...{ clusterArn: mine.clusterArn, principalArn: mine.principalArn, mode: 'role', version: 7 },
  ...more,
});
const kept = (entry: Entry) => {
  const { ledger: change } = arm(entry);
  return change && 'put' in change ? { was: change.was, ...change.put } : undefined;
};

it('nobody else there: the ledger begins with this grant as its maker, and must not have been there', () => {
  const change = arm({ claims: [] });
  expect(change.stored.grant).toMatchObject({ state: 'activating', expiresAt: at(60) });
  expect(change.claim).toMatchObject({ put: { grantId: pending.id, expiresAt: at(60) } });
  expect(kept({ claims: [] })).toEqual({
    ...{ was: 0, clusterArn: mine.clusterArn, principalArn: KUBERNETES_ADMIN, mode: 'role' },
    ...{ makers: [pending.id], version: 1 },
  });
});

describe('what is on record already', () => {
  it('held by another: its entry stays the recorded one, and both are makers', () => {
    const entry = { claims: [other()], ledger: ledger({ entryArn: 'e', makers: ['other'], deletedAt: at(1) }) };
    expect(kept(entry)).toMatchObject({
      was: 7,
      version: 8,
      entryArn: 'e',
      makers: ['other', pending.id],
      deletedAt: at(1),
    });
  });
  it('held by another and not made yet: none is recorded', () => {
    expect(kept({ claims: [other()], ledger: ledger() })).not.toHaveProperty('entryArn');
    expect(kept({ claims: [other()] })).not.toHaveProperty('entryArn');
  });
  it('held by nobody any more, or by a claim that a restored table brought back: whatever is made next is ours', () => {
    for (const claims of [[], [mine], [other({ tableId: 'an older one' })]])
      expect(kept({ claims, ledger: ledger({ entryArn: 'e' }) })).not.toHaveProperty('entryArn');
  });
  it('a maker is named once', () => {
    expect(kept({ claims: [], ledger: ledger({ makers: [pending.id] }) })?.makers).toEqual([pending.id]);
  });
});

describe('refused', () => {
  it('while the entry is being removed', () => {
    expect(() => arm({ claims: [], ledger: ledger({ removingSince: at(1) }) })).toThrow(NotReady);
    expect(() => arm({ claims: [], ledger: ledger({ removingSince: at(1) }) })).toThrow(
      /being removed for an earlier grant/,
    );
  });
  it('F5: other access on one role, by the name of the grant that has it', () => {
    const access = { kind: 'groups', kubernetesGroups: ['x'] } as const;
    expect(() => arm({ claims: [other({ access })] })).toThrow(
      expect.objectContaining({ why: 'principalInUse', message: expect.stringContaining('grant other') }),
    );
    expect(() => arm({ claims: [other({ access, tableId: 'an older one' })] })).not.toThrow();
  });
  it('F14: a role that was made again while another grant uses it', () => {
    expect(() => arm({ claims: [other({ principalId: 'AROABEFORE' })] })).toThrow(
      expect.objectContaining({ why: 'roleReplaced', message: expect.stringContaining('grant other') }),
    );
  });
  it('but not one that nobody could ask IAM about: in an emergency its id is unknown, on either side', () => {
    const unknown = { ...stored, grant: { ...pending, preparation: { clusterCreatedAt: at(0), roleId: 'unknown' } } };
    expect(() => arm({ claims: [other({ principalId: 'unknown' })] })).not.toThrow();
    expect(() => arming(deps, unknown, { claims: [other()] }, WORKFLOW, [], at(60))).not.toThrow();
    expect(() => arm({ claims: [other({ principalId: 'unknown' }), other({ principalId: 'AROABEFORE' })] })).toThrow(
      expect.objectContaining({ why: 'roleReplaced' }),
    );
  });
  it('a grant that is past arming', () => {
    const active = { ...stored, grant: { ...IN_STATE.active, principal } };
    expect(() => arming(deps, active, { claims: [] }, WORKFLOW, [], at(60))).toThrow(/cannot happen/);
  });
});

it('claims of others: neither the grant’s own, nor one of another table', () => {
  const own = { grantId: mine.grantId, tableId: mine.tableId };
  expect(liveOthers([mine, other(), other({ tableId: 'x' })], own)).toEqual([other()]);
});

it('a grant’s own role is nobody else’s: nothing is read before its first claim', async () => {
  const entry: Entry = { claims: [other()] };
  const reading = { ...deps, store: { readEntry: async () => entry } } as unknown as RecordDeps;
  expect(await readEntryBeforeArming(reading, IN_STATE.pending)).toEqual({ claims: [] });
  expect(await readEntryBeforeArming(reading, pending)).toBe(entry);
});

function never(): never {
  throw new Error('not prepared');
}
