/**
 * Catches I1 where live access is to last longer: more time that is asked for too late, for another or in another table;
 * a yes by somebody who may not say it, or one where two are needed; a no without its reason.
 */
import { describe, expect, test } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import type { Decision } from '../../src/broker/decisionRequest.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { type Change, type Commit, type Deps, NotReady } from '../../src/broker/ports.ts';
import type { Entitlement } from '../../src/core/configuration.ts';
import type { GrantId } from '../../src/core/id.ts';
import { at, configWith, ENTITLEMENT, group, HOUR, MINUTE } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const MOMENT = 1 / 60_000;
const extension = { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false };
const by = (world: World, who: string) =>
  ({ person: world.person(who), channel: 'cli', proof: `test:${who}` }) as const;
const bodies = (world: World, id: GrantId) => world.events(id).map(({ body }) => body);
const ask = (world: World, id: GrantId, who = 'ada', deps: Deps = world.deps) =>
  extendGrant(deps, { ...by(world, who), id, input: { duration: '30m', justification: 'not done yet' } });
const decide = (world: World, id: GrantId, who: string, decision: Decision = { kind: 'approve' }) =>
  decideGrant(world.deps, { ...by(world, who), id, decision });

async function live(more: Partial<Entitlement> = {}): Promise<{ world: World; id: GrantId }> {
  const world = newWorld();
  world.config = configWith({ extension }, WORLD_CONFIG);
  const id = await world.live('dedicated');
  world.config = configWith({ extension, ...more }, WORLD_CONFIG);
  world.advance(10);
  return { world, id };
}
const stepsOf = (...needed: readonly number[]): Partial<Entitlement> => ({
  approval: {
    ...ENTITLEMENT.approval,
    steps: needed.map((approvalsNeeded) => ({
      approvers: [group('leads')],
      approvalsNeeded,
      channels: [],
      remindEvery: (30 * MINUTE) as typeof MINUTE,
    })),
  },
});

describe('asked for', () => {
  test('by the requester, on record, and nothing is longer yet', async () => {
    const { world, id } = await live();
    expect(await ask(world, id)).toMatchObject({ ok: true, value: { grant: { expiresAt: at(60) } } });
    expect(world.events(id).at(-1)).toMatchObject({
      actor: { kind: 'person', id: 'ada', name: 'Ada', channel: 'cli', proof: 'test:ada' },
      body: { type: 'extensionRequested', expiresAt: at(90), justification: 'not done yet' },
    });
  });

  test('where the rule says yes by itself it is granted at once, and whoever waits is told', async () => {
    const { world, id } = await live({ extension: { ...extension, autoApprove: true } });
    await world.deps.store.putToken(id, { step: 'Hold', value: 'token' });
    world.signals.length = 0;
    await ask(world, id);
    expect(bodies(world, id).at(-1)).toEqual({ type: 'extensionGranted', autoApproved: true });
    expect(world.signals).toHaveLength(1);
  });

  test('what waits for people says when they are reminded; what nobody is reminded of does not', async () => {
    const { world, id } = await live(stepsOf(1));
    await ask(world, id);
    expect(bodies(world, id).at(-1)).toHaveProperty('begins');
    const other = await live();
    await ask(other.world, other.id);
    expect(bodies(other.world, other.id).at(-1)).not.toHaveProperty('begins');
  });

  test('until the end and no longer', async () => {
    const { world, id } = await live();
    world.advance(50 - MOMENT);
    expect(await ask(world, id)).toMatchObject({ ok: true });
    const late = await live();
    late.world.advance(50);
    expect(await ask(late.world, late.id)).toEqual({ ok: false, error: { reason: 'windowOver', expiresAt: at(60) } });
  });

  test('of what is not there, not live or not theirs: refused by name', async () => {
    const { world, id } = await live();
    expect(await ask(world, NOBODYS)).toEqual({ ok: false, error: { reason: 'unknownGrant', grantId: NOBODYS } });
    expect(await ask(world, id, 'bob')).toEqual({ ok: false, error: { reason: 'notRequester', requester: 'Ada' } });
    await endGrant(world.deps, { ...by(world, 'ada'), id });
    expect(await ask(world, id)).toEqual({
      ok: false,
      error: { reason: 'notPending', state: 'revoking', wanted: 'only live access can be extended' },
    });
  });

  test('F7: not in another table', async () => {
    const { world, id } = await live();
    world.tableId = 'table-2';
    expect(await ask(world, id)).toEqual({ ok: false, error: { reason: 'restored', madeIn: 'table-1' } });
  });

  test('not while it is frozen, nor where a condition does not hold', async () => {
    const { world, id } = await live();
    await freeze(world.deps, { ...by(world, 'fay'), scope: { kind: 'all' }, reason: 'INC-1', breakGlass: false });
    expect(await ask(world, id)).toMatchObject({ ok: false, error: { reason: 'frozen' } });
    const window = { kind: 'window', timeZone: 'UTC', open: ['tue'], covers: 'whole' } as const;
    const closed = await live({ conditions: [{ ...window, hours: [{ day: 2, from: 180, to: 250 }] }] });
    expect(await ask(closed.world, closed.id)).toMatchObject({ ok: false, error: { reason: 'windowTooShort' } });
  });

  test('overtaken four times it is asked for all the same; five times it says that it was not', async () => {
    const { world, id } = await live();
    let tries = 0;
    const losing = (times: number): Deps => {
      tries = 0;
      const lost: Commit = { ok: false, conflict: 'grant' };
      const commit = async (change: Change) => (++tries > times ? world.deps.store.commit(change) : lost);
      return { ...world.deps, store: { ...world.deps.store, commit } };
    };
    const trying = ask(world, id, 'ada', losing(99));
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(`changes of grant ${id} keep overtaking each other`);
    expect(tries).toBe(5);
    expect(bodies(world, id).at(-1)).not.toMatchObject({ type: 'extensionRequested' });
    expect(await ask(world, id, 'ada', losing(4))).toMatchObject({ ok: true });
  });
});

describe('decided', () => {
  const asked = async (more: Partial<Entitlement> = {}): Promise<{ world: World; id: GrantId }> => {
    const begun = await live(more);
    expect((await ask(begun.world, begun.id)).ok).toBe(true);
    return begun;
  };

  test('a yes grants it: by whom is on record', async () => {
    const { world, id } = await asked();
    expect(await decide(world, id, 'bob')).toMatchObject({ ok: true });
    expect(bodies(world, id).slice(-2)).toEqual([
      { type: 'extensionApproved', approval: expect.objectContaining({ personId: 'bob', step: 1, channel: 'cli' }) },
      { type: 'extensionGranted', autoApproved: false },
    ]);
  });

  test('where two are needed one is not enough', async () => {
    const { world, id } = await asked(stepsOf(2));
    await decide(world, id, 'bob');
    expect(bodies(world, id).at(-1)).toMatchObject({ type: 'extensionApproved' });
    expect(bodies(world, id).at(-1)).not.toHaveProperty('begins');
    expect(await world.grant(id)).toMatchObject({ extension: { granted: false } });
    await decide(world, id, 'cyd');
    expect(await world.grant(id)).toMatchObject({ extension: { granted: true } });
  });

  test('the last yes of a step begins the next one', async () => {
    const { world, id } = await asked(stepsOf(1, 1));
    await decide(world, id, 'bob');
    expect(bodies(world, id).at(-1)).toMatchObject({ type: 'extensionApproved', begins: { step: 2 } });
  });

  test('a no needs its reason, and somebody who may say it', async () => {
    const { world, id } = await asked();
    expect(await decide(world, id, 'bob', { kind: 'deny', reason: ' ' })).toEqual({
      ok: false,
      error: { reason: 'denialReasonMissing' },
    });
    expect(await decide(world, id, 'dan', { kind: 'deny', reason: 'no' })).toMatchObject({
      ok: false,
      error: { reason: 'notApprover' },
    });
    expect(await world.grant(id)).toMatchObject({ extension: { granted: false } });
    await decide(world, id, 'bob', { kind: 'deny', reason: ' enough ' });
    expect(world.events(id).at(-1)).toMatchObject({
      actor: { kind: 'person', id: 'bob' },
      body: { type: 'extensionDenied', reason: 'enough', by: 'Bob' },
    });
    expect(await world.grant(id)).not.toHaveProperty('extension');
  });

  test.each([{ kind: 'approve' }, { kind: 'deny', reason: 'no' }] as const)(
    'at the end it is too late: %j',
    async (decision) => {
      const { world, id } = await asked();
      world.advance(50);
      expect(await decide(world, id, 'bob', decision)).toEqual({
        ok: false,
        error: { reason: 'windowOver', expiresAt: at(60) },
      });
    },
  );

  test('a rule that would not admit it any more admits no yes', async () => {
    const { world, id } = await asked();
    world.config = { ...world.config, entitlements: {} };
    expect((await decide(world, id, 'bob')).ok).toBe(false);
    expect(await world.grant(id)).toMatchObject({ extension: { granted: false }, expiresAt: at(60) });
  });
});
