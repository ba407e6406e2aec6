/**
 * Catches I3 and I4 at the one place that takes access away: an end that comes early, that is said and not done, that asks
 * a rule, that wakes nobody, that removes what others hold, or that a race makes twice.
 */
import { describe, expect, test } from 'vitest';
import { entryKeyOf } from '../../src/broker/arm.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { type Change, type Commit, type Deps, NotReady } from '../../src/broker/ports.ts';
import { removalOf, revokeGrant } from '../../src/broker/revokeGrant.ts';
import { entryKeyText, type Ledger } from '../../src/core/entry.ts';
import type { Actor, Grant, Outcome } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { foreignEntry } from './fake-aws.ts';
import { ENTITLEMENT_OF, MODES, type Mode, newWorld, WORKFLOW, type World } from './fake-world.ts';

const SWEEPER: Actor = { kind: 'system', part: 'sweeper' };
const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const MOMENT = 1 / 60_000;
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const bodies = (world: World, id: GrantId) => world.events(id).map(({ body }) => body);
const revoke = (world: World, id: GrantId, actor: Actor = SWEEPER, deps: Deps = world.deps) =>
  revokeGrant(deps, id, actor);
const hold = (world: World, id: GrantId) => world.deps.store.putToken(id, { step: 'Hold', value: 'token' });
const keyOf = async (world: World, id: GrantId) => entryKeyText(entryKeyOf(await world.grant(id)));
async function ledgerOf(world: World, id: GrantId): Promise<Ledger> {
  const ledger = world.tables.ledgers.get(await keyOf(world, id));
  if (!ledger) throw new Error('no ledger');
  return ledger;
}
const claimsOn = async (world: World, id: GrantId): Promise<string[]> => [
  ...(world.tables.claims.get(await keyOf(world, id))?.keys() ?? []),
];
const withCommit = (world: World, commit: Deps['store']['commit']): Deps => ({
  ...world.deps,
  store: { ...world.deps.store, commit },
});
const LOST: Commit = { ok: false, conflict: 'grant' };

async function decided(world: World, mode: Mode, startAt?: number): Promise<GrantId> {
  const input = { entitlement: ENTITLEMENT_OF[mode], ...(startAt !== undefined && { startAt: toIso(at(startAt)) }) };
  const { grant } = await world.request('ada', input);
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return grant.id;
}

describe('when', () => {
  test('what nobody decided lapses at the end of its window, and not before', async () => {
    const world = newWorld();
    const { id } = (await world.request('ada')).grant;
    world.advance(480 - MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'notYet', at: at(480), undecided: true });
    world.advance(MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'over' });
    expect(world.events(id).at(-1)).toMatchObject({ actor: SWEEPER, body: { type: 'lapsed' } });
  });

  test('what never began is denied at the end of its window, and not before', async () => {
    const world = newWorld();
    const id = await decided(world, 'dedicated', 30);
    await hold(world, id);
    world.advance(90 - MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'notYet', at: at(90) });
    expect(world.signals).toEqual([]);
    world.advance(MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'over' });
    const reason = `The time asked for ended at ${toIso(at(90))}. A new request is needed.`;
    expect(world.events(id).at(-1)).toMatchObject({ actor: SWEEPER, body: { type: 'denied', reason } });
    expect(world.signals.map(({ token }) => token.value)).toEqual(['token']);
  });

  test('somebody else denied it first: nobody is woken for what did not happen', async () => {
    const world = newWorld();
    const id = await decided(world, 'dedicated', 30);
    await hold(world, id);
    world.advance(90);
    let tries = 0;
    const commit = async (change: Change): Promise<Commit> => (++tries === 1 ? LOST : world.deps.store.commit(change));
    await revoke(world, id, SWEEPER, withCommit(world, commit));
    expect([tries, world.signals.length]).toEqual([2, 1]);
  });

  test.each(['activating', 'active'] as const)('what is %s ends at its end, and not before', async (state) => {
    const world = newWorld();
    const id = await (state === 'active' ? world.live('dedicated') : decided(world, 'dedicated'));
    world.advance(60 - MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'notYet', at: at(60) });
    expect(world.calls).not.toContain('eks.deleteEntry');
    world.advance(MOMENT);
    expect(await revoke(world, id)).toEqual({ kind: 'over' });
    const outcome: Outcome =
      state === 'active' ? { state: 'ended', reason: 'expired' } : { state: 'failed', reason: 'neverActive' };
    expect(bodies(world, id).slice(-2)).toEqual([{ type: 'revoking', outcome }, { type: outcome.state }]);
    expect(world.events(id).at(-1)?.actor).toEqual(SWEEPER);
    expect(await world.grant(id)).toMatchObject({ state: outcome.state, reason: outcome.reason });
  });

  test.each(['ended', 'failed', 'denied', 'withdrawn', 'lapsed'] as const)(
    'what is %s is over: no call',
    async (state) => {
      const world = newWorld();
      const { grant } = await world.request('ada');
      const stored = world.tables.grants.get(grant.id);
      if (stored)
        world.tables.grants.set(grant.id, { ...stored, grant: { ...IN_STATE[state], id: grant.id } as Grant });
      world.calls.length = 0;
      expect(await revoke(world, grant.id)).toEqual({ kind: 'over' });
      expect(world.calls.filter((name) => !/^store\.read/.test(name))).toEqual([]);
    },
  );

  test('what is not there is over', async () => {
    expect(await revoke(newWorld(), NOBODYS)).toEqual({ kind: 'over' });
  });
});

describe('who is told', () => {
  const ended = async (actor: Actor): Promise<World> => {
    const world = newWorld();
    const id = await world.live('dedicated');
    await hold(world, id);
    world.advance(60);
    await revoke(world, id, actor);
    return world;
  };
  test('the workflow that does it itself is not woken; by anybody else it is', async () => {
    expect((await ended(WORKFLOW)).signals).toEqual([]);
    expect((await ended(SWEEPER)).signals.map(({ token }) => token)).toContainEqual({ step: 'Hold', value: 'token' });
    const person: Actor = { kind: 'person', id: 'fay', name: 'Fay', channel: 'cli', proof: 'x' };
    expect((await ended(person)).signals.length).toBeGreaterThan(0);
  });

  test('it is told of the removal of what somebody ended before', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    await endGrant(world.deps, { ...by(world, 'ada'), id });
    await hold(world, id);
    world.signals.length = 0;
    await revoke(world, id);
    expect(world.signals).toHaveLength(1);
  });
});

describe.each(MODES)('gone, mode %s', (mode) => {
  test('claim and entry; the ledger says when, and stays for the looks back', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    const before = await ledgerOf(world, id);
    world.advance(60);
    await revoke(world, id);
    expect(world.prod.entries.size).toBe(0);
    expect(await claimsOn(world, id)).toEqual([]);
    expect(await ledgerOf(world, id)).toEqual({
      ...before,
      deletedAt: at(60),
      version: before.version + (mode === 'role' ? 2 : 1),
    });
  });

  test('I8: no configuration, no directory, no rule', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    const refuse = (): never => {
      throw new Error('asked');
    };
    await revoke(world, id, SWEEPER, { ...world.deps, config: refuse, ready: refuse, ask: refuse });
    expect((await world.grant(id)).state).toBe('ended');
  });

  test('what somebody ended early says so, and by whom', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    await endGrant(world.deps, { ...by(world, 'fay'), id, note: 'INC-1' });
    await revoke(world, id);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Fay', note: 'INC-1' });
    expect(bodies(world, id).at(-1)).toEqual({ type: 'ended' });
    expect(world.prod.entries.size).toBe(0);
  });

  test('what was turned back after it was armed is denied, with its reason', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    world.config = { ...world.config, entitlements: {} };
    await world.activate(id);
    const { outcome } = (await world.grant(id)) as Extract<Grant, { state: 'revoking' }>;
    await revoke(world, id);
    expect(outcome).toMatchObject({ state: 'denied', reason: expect.stringMatching(/./) });
    expect(bodies(world, id).at(-1)).toEqual({ type: 'denied', reason: (outcome as { reason: string }).reason });
  });

  test('it is not said before EKS shows it', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    const deps: Deps = {
      ...world.deps,
      eks: (target) => ({ ...world.deps.eks(target), deleteEntry: async () => {} }),
    };
    await expect(revoke(world, id, SWEEPER, deps)).rejects.toThrow(/is still there/);
    expect((await world.grant(id)).state).toBe('revoking');
    expect(await claimsOn(world, id)).toEqual([id]);
    await revoke(world, id);
    expect((await world.grant(id)).state).toBe('ended');
  });

  test('with the cluster gone it is gone, and the record and the log say so', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.aws.clusters.clear();
    world.advance(60);
    await revoke(world, id);
    expect(bodies(world, id).at(-1)).toEqual({ type: 'ended', clusterGone: true });
    expect(world.lines).toContain(`warn the cluster is gone, and the access with it {"grantId":"${id}"}`);
  });

  test('with the cluster there nothing of the kind is said', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    await revoke(world, id);
    expect(bodies(world, id).at(-1)).toEqual({ type: 'ended' });
    expect(world.lines.join()).not.toContain('cluster is gone');
  });

  test('overtaken five times it ends all the same; six times it says that it did not', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    let tries = 0;
    const losing = (times: number): Deps => {
      tries = 0;
      return withCommit(world, async (change) => (++tries > times ? world.deps.store.commit(change) : LOST));
    };
    const trying = revoke(world, id, SWEEPER, losing(99));
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(`changes of grant ${id} keep overtaking its revocation`);
    expect(tries).toBe(6);
    expect((await world.grant(id)).state).toBe('active');
    expect(await revoke(world, id, SWEEPER, losing(5))).toEqual({ kind: 'over' });
    expect((await world.grant(id)).state).toBe('ended');
    expect(bodies(world, id).filter(({ type }) => type === 'revoking' || type === 'ended')).toHaveLength(2);
  });

  test('its last write lost to another: looked at again, and said once', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(60);
    let lost = false;
    const commit = async (change: Change): Promise<Commit> => {
      const last = change.events.some(({ body }) => body.type === 'ended');
      if (lost || !last) return world.deps.store.commit(change);
      lost = true;
      return LOST;
    };
    expect(await revoke(world, id, SWEEPER, withCommit(world, commit))).toEqual({ kind: 'over' });
    expect(lost).toBe(true);
    expect((await world.grant(id)).state).toBe('ended');
  });

  test('a grant that was never prepared has nothing to remove: somebody wrote it', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    const stored = world.tables.grants.get(id);
    if (!stored) throw new Error('not live');
    const { preparation: _, ...grant } = stored.grant;
    world.tables.grants.set(id, { ...stored, grant: grant as Grant });
    world.advance(60);
    world.calls.length = 0;
    await revoke(world, id);
    expect((await world.grant(id)).state).toBe('ended');
    expect(world.calls.filter((name) => name.startsWith('eks.'))).toEqual([]);
    expect(() => removalOf(grant as Grant, undefined)).toThrow(`grant ${id} was never armed`);
  });
});

describe('a grant’s own role', () => {
  test('the delete is sent whatever a read shows', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.aws.blind = true;
    world.advance(60);
    await revoke(world, id);
    expect(world.prod.entries.size).toBe(0);
  });

  test('the ledger is told of no removal under way: nobody else can build on the entry', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(60);
    world.calls.length = 0;
    await revoke(world, id);
    expect(world.calls).not.toContain('store.commitLedger');
  });
});

describe('a standing role', () => {
  const live = (world: World, who: string, duration = '1h') => world.live('role', { duration }, who);

  test('the ledger says that a removal is under way before the delete is sent', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    world.advance(60);
    let marked: Ledger | undefined;
    const deps: Deps = {
      ...world.deps,
      eks: (target) => ({
        ...world.deps.eks(target),
        deleteEntry: async (arn) => {
          marked = await ledgerOf(world, id);
          return world.deps.eks(target).deleteEntry(arn);
        },
      }),
    };
    const before = await ledgerOf(world, id);
    await revoke(world, id, SWEEPER, deps);
    expect(marked).toEqual({ ...before, removingSince: at(60), version: before.version + 1 });
  });

  test('a mark that is there already stays as it was', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    const before = await ledgerOf(world, id);
    world.tables.ledgers.set(await keyOf(world, id), { ...before, removingSince: at(50) });
    world.advance(60);
    world.calls.length = 0;
    await revoke(world, id);
    expect(world.calls).not.toContain('store.commitLedger');
    expect(await ledgerOf(world, id)).toMatchObject({ deletedAt: at(60), version: before.version + 1 });
  });

  test('a mark that somebody overtakes: looked at again before anything is deleted', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    world.advance(60);
    const steps: string[] = [];
    let first = true;
    const deps: Deps = {
      ...world.deps,
      store: {
        ...world.deps.store,
        commitLedger: async (ledger, was) => {
          steps.push('mark');
          if (!first) return world.deps.store.commitLedger(ledger, was);
          first = false;
          return { ok: false, conflict: 'ledger' };
        },
      },
      eks: (target) => ({
        ...world.deps.eks(target),
        deleteEntry: async (arn) => {
          steps.push('delete');
          return world.deps.eks(target).deleteEntry(arn);
        },
      }),
    };
    await revoke(world, id, SWEEPER, deps);
    expect(steps).toEqual(['mark', 'mark', 'delete']);
  });

  test('pain 1: what others hold stays, and only the claim goes; the last one out takes the entry', async () => {
    const world = newWorld();
    const [first, second] = [await live(world, 'ada'), await live(world, 'cyd', '2h')];
    const before = await ledgerOf(world, first);
    world.advance(60);
    world.calls.length = 0;
    expect(await revoke(world, first)).toEqual({ kind: 'over' });
    expect((await world.grant(first)).state).toBe('ended');
    expect(bodies(world, first).at(-1)).toEqual({ type: 'ended' });
    expect(world.calls.filter((name) => name.startsWith('eks.'))).toEqual([]);
    expect(await claimsOn(world, first)).toEqual([second]);
    expect(await ledgerOf(world, first)).toEqual({ ...before, version: before.version + 1 });
    expect(world.prod.entries.get(KUBERNETES_ADMIN)?.policies).toHaveLength(1);
    world.advance(60);
    await revoke(world, second);
    expect(world.prod.entries.size).toBe(0);
  });

  test('a claim of another table holds nothing', async () => {
    const world = newWorld();
    const [first, second] = [await live(world, 'ada'), await live(world, 'cyd', '2h')];
    const claims = world.tables.claims.get(await keyOf(world, first));
    const theirs = claims?.get(second);
    if (theirs) claims?.set(second, { ...theirs, tableId: 'table-0' });
    world.advance(60);
    await revoke(world, first);
    expect(world.prod.entries.size).toBe(0);
  });

  test('alone on the entry, nobody asks which table this is', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    world.advance(60);
    world.calls.length = 0;
    await revoke(world, id);
    expect(world.calls).not.toContain('store.tableId');
  });

  test('I4: what somebody made for the role since is theirs', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    world.prod.entries.clear();
    const theirs = structuredClone(foreignEntry(world.aws, world.prod, KUBERNETES_ADMIN));
    world.advance(60);
    await revoke(world, id);
    expect(world.prod.entries.get(KUBERNETES_ADMIN)).toEqual(theirs);
    expect((await world.grant(id)).state).toBe('ended');
  });

  test('I4: with its tags taken off, ours is known by its record; unrecorded, by the tag of a grant on the ledger', async () => {
    for (const how of ['recorded', 'tagged'] as const) {
      const world = newWorld();
      const id = await live(world, 'ada');
      const ledger = await ledgerOf(world, id);
      const entry = world.prod.entries.get(KUBERNETES_ADMIN);
      if (!entry) throw new Error('not made');
      if (how === 'recorded') entry.entry = { ...entry.entry, tags: {} };
      const { entryArn: _, ...unrecorded } = ledger;
      if (how === 'tagged') {
        entry.entry = { ...entry.entry, tags: { ...entry.entry.tags, 'hallpass:grant': 'other' } };
        world.tables.ledgers.set(await keyOf(world, id), { ...unrecorded, makers: ['other'] });
      }
      world.advance(60);
      await revoke(world, id);
      expect(world.prod.entries.size, how).toBe(0);
    }
  });

  test('with no ledger at all the claim goes, and what carries this grant’s tag', async () => {
    const world = newWorld();
    const id = await live(world, 'ada');
    world.tables.ledgers.delete(await keyOf(world, id));
    world.advance(60);
    await revoke(world, id);
    expect((await world.grant(id)).state).toBe('ended');
    expect(world.prod.entries.size).toBe(0);
    expect(world.tables.ledgers.size).toBe(0);
  });
});

test('what the caller has just read is not read again, but for the second try', async () => {
  const world = newWorld();
  const id = await world.live('dedicated');
  world.advance(60);
  const stored = await world.deps.store.readGrant(id);
  const entry = await world.deps.store.readEntry(entryKeyOf(await world.grant(id)));
  world.calls.length = 0;
  await revokeGrant(world.deps, id, SWEEPER, { stored, entry });
  expect(world.calls.filter((name) => name.startsWith('store.read'))).toEqual([]);
  expect((await world.grant(id)).state).toBe('ended');

  const other = await world.live('dedicated', {}, 'cyd');
  const old = await world.deps.store.readGrant(other);
  await endGrant(world.deps, { ...by(world, 'cyd'), id: other });
  world.advance(60);
  await revokeGrant(world.deps, other, SWEEPER, { stored: old });
  expect(await world.grant(other), 'what was read was old').toMatchObject({ state: 'ended', reason: 'endedEarly' });
});
