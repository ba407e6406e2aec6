/**
 * Catches I5, I9 and F14 in what is done about a grant while nobody waits: live access that reads back wrong and is
 * called fine, or is fine and is ended; what somebody removed made again; a tag or a date that ends access too early; and
 * what came late after an end and stays.
 */
import { describe, expect, test } from 'vitest';
import { entryKeyOf } from '../../src/broker/arm.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import type { Deps } from '../../src/broker/ports.ts';
import { deleteRole, narrowRole, settleGrant, undoLateWrites, verifyGrant } from '../../src/broker/tendGrant.ts';
import { entryKeyText, type Ledger } from '../../src/core/entry.ts';
import type { Active, Grant, OverGrant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { instant, toIso } from '../../src/core/time.ts';
import { at, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { type Entry, foreignEntry } from './fake-aws.ts';
import { MODES, type Mode, newWorld, WORKFLOW, type World } from './fake-world.ts';

const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const bodies = (world: World, id: GrantId) => world.events(id).map(({ body }) => body);
const lastOf = (world: World, id: GrantId) => bodies(world, id).at(-1);
const keyOf = async (world: World, id: GrantId) => entryKeyText(entryKeyOf(await world.grant(id)));
const ledgerOf = async (world: World, id: GrantId): Promise<Ledger | undefined> =>
  world.tables.ledgers.get(await keyOf(world, id));
async function setLedger(world: World, id: GrantId, more: Partial<Ledger>): Promise<void> {
  const ledger = await ledgerOf(world, id);
  if (ledger) world.tables.ledgers.set(await keyOf(world, id), { ...ledger, ...more });
}
async function entryOf(world: World, id: GrantId): Promise<Entry> {
  const entry = world.prod.entries.get((await world.grant(id)).principal.arn);
  if (!entry) throw new Error('no entry');
  return entry;
}
async function read(world: World, id: GrantId) {
  const stored = await world.deps.store.readGrant(id);
  if (!stored) throw new Error('no grant');
  return stored;
}
async function verify(world: World, id: GrantId, deps: Deps = world.deps) {
  const stored = await read(world, id);
  return verifyGrant(deps, stored, stored.grant as Active, WORKFLOW);
}
const REMOVED = { type: 'revoking', outcome: { state: 'ended', reason: 'removedExternally' } };
const ADDED = {
  policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy',
  accessScope: { type: 'cluster', namespaces: [] },
};

describe.each(MODES)('read back, mode %s', (mode) => {
  test('as it was made: verified, and nothing is written to EKS', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(2);
    world.calls.length = 0;
    expect(await verify(world, id)).toBeUndefined();
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
    expect(world.events(id).at(-1)?.actor).toEqual(WORKFLOW);
    expect(world.calls.filter((name) => /^(eks\.(create|associate|disassociate|delete|tag)|roles)/.test(name))).toEqual(
      [],
    );
    expect(world.alarms).toEqual([]);
    expect(
      world.calls.filter((name) => name === 'eks.describeEntry'),
      'one look is enough',
    ).toHaveLength(1);
  });

  test('whoever waits is told of what ends it, and only if it is written', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    await world.deps.store.putToken(id, { step: 'Hold', value: 'token' });
    world.signals.length = 0;
    await verify(world, id);
    expect(world.signals, 'live as before').toEqual([]);
    world.prod.entries.clear();
    const commit: Deps['store']['commit'] = async () => ({ ok: false, conflict: 'grant' });
    await verify(world, id, { ...world.deps, store: { ...world.deps.store, commit } });
    expect(world.signals, 'somebody else was first').toEqual([]);
    await verify(world, id);
    expect(world.signals.map(({ token }) => token.value)).toEqual(['token']);
  });

  const GONE: readonly (readonly [string, string, (world: World, entry: Entry) => void])[] = [
    ['the entry is gone', '{"kind":"missing","wrong":[]}', ({ prod }) => prod.entries.clear()],
    [
      'its policy was taken off',
      '"kind":"changed","wrong":["policy',
      (_world, entry) => {
        entry.policies = [];
      },
    ],
    [
      'its scope was narrowed',
      '"kind":"changed","wrong":[',
      (_world, entry) => {
        entry.policies = entry.policies.map((one) => ({
          ...one,
          accessScope: { type: 'namespace', namespaces: ['x'] },
        }));
      },
    ],
    [
      'its groups were changed',
      '"kind":"changed","wrong":[',
      (_world, entry) => {
        entry.entry = { ...entry.entry, kubernetesGroups: ['x'] };
      },
    ],
    [
      'another entry is in its place',
      '"kind":"replaced","wrong":["other"]',
      (_world, entry) => {
        entry.entry = { ...entry.entry, entryArn: 'other' };
      },
    ],
  ];
  test.each(GONE)('removed-by-others-stays-removed: %s', async (_what, found, change) => {
    const world = newWorld();
    const id = await world.live(mode);
    const { made } = world.aws;
    change(world, await entryOf(world, id));
    world.calls.length = 0;
    await verify(world, id);
    expect(lastOf(world, id)).toEqual(REMOVED);
    expect(world.alarms).toEqual(['live access does not read back as it was made']);
    expect(world.lines.join()).toContain(found);
    expect(world.lines.join()).toContain(`"grantId":"${id}"`);
    expect(world.aws.made).toBe(made);
    expect(
      world.calls.filter((name) => name === 'eks.describeEntry'),
      'one read may be stale',
    ).toHaveLength(2);
  });

  test('one stale read ends nobody’s access', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    let reads = 0;
    const deps: Deps = {
      ...world.deps,
      eks: (target) => ({
        ...world.deps.eks(target),
        describeEntry: async (arn) => (++reads === 1 ? undefined : world.deps.eks(target).describeEntry(arn)),
      }),
    };
    await verify(world, id, deps);
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
  });

  test('a claim or a ledger that is gone is a removal, too', async () => {
    for (const table of ['claims', 'ledgers'] as const) {
      const world = newWorld();
      const id = await world.live(mode);
      world.tables[table].delete(await keyOf(world, id));
      await verify(world, id);
      expect(lastOf(world, id)).toEqual(REMOVED);
      expect(world.lines.join()).toContain('{"kind":"missing","wrong":["its claim"]}');
    }
  });

  test('a policy that somebody added is taken off, and the access stays as decided', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    const entry = await entryOf(world, id);
    const before = [...entry.policies];
    entry.policies = [...before, ADDED];
    // What was taken off is seen gone by the next look.
    await verify(world, id).catch(() => {});
    await verify(world, id);
    expect(entry.policies).toEqual(before);
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
    expect(world.alarms).toEqual(['live access was changed and is made as it was decided']);
    expect(world.lines.join()).toContain('"kind":"wider"');
  });

  test('a policy that was added where ours was taken off is no reason to make ours again', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    (await entryOf(world, id)).policies = [ADDED];
    await verify(world, id);
    expect(lastOf(world, id)).toEqual(REMOVED);
  });
});

describe('a delete of our own that came late', () => {
  const lost = async (deletedAt: number | undefined, now: number) => {
    const world = newWorld();
    const id = await world.live('role', { duration: '2h' });
    if (deletedAt !== undefined) await setLedger(world, id, { deletedAt: at(deletedAt) });
    world.prod.entries.clear();
    world.advance(now);
    return { world, id };
  };

  test('is made good: the entry is made again, once, and the ledger knows it', async () => {
    const { world, id } = await lost(1, 5);
    const before = await ledgerOf(world, id);
    expect(await verify(world, id)).toBeUndefined();
    const [entry] = world.prod.entries.values();
    expect(entry?.policies).toHaveLength(1);
    const { deletedAt: _, ...rest } = before as Ledger;
    expect(await ledgerOf(world, id)).toEqual({
      ...rest,
      entryArn: entry?.entry.entryArn,
      version: (before?.version ?? 0) + 1,
    });
    expect(world.alarms).toEqual(['live access was changed and is made as it was decided']);
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
    world.prod.entries.clear();
    await verify(world, id);
    expect(lastOf(world, id), 'who removes it after this is somebody else').toEqual(REMOVED);
  });

  test('takes no policy: what was changed is not made again by it', async () => {
    const world = newWorld();
    const id = await world.live('role', { duration: '2h' });
    await setLedger(world, id, { deletedAt: at(1) });
    (await entryOf(world, id)).policies = [];
    world.advance(5);
    await verify(world, id);
    expect(lastOf(world, id)).toEqual(REMOVED);
  });

  test('what is made again gets a token of its own, and is the one that is looked for from then on', async () => {
    const { world, id } = await lost(1, 5);
    const tokens: string[] = [];
    const deps: Deps = {
      ...world.deps,
      eks: (target) => ({
        ...world.deps.eks(target),
        createEntry: async (entry, token) => {
          tokens.push(token);
          return world.deps.eks(target).createEntry(entry, token);
        },
      }),
    };
    await verify(world, id, deps);
    expect(tokens).toEqual([`${id}-${at(5)}`]);
    await verify(world, id);
    expect(bodies(world, id).slice(-2)).toEqual([{ type: 'verified' }, { type: 'verified' }]);
    expect((await world.grant(id)).state).toBe('active');
  });

  test('is not what was removed when none can come any more, or none was ever sent', async () => {
    for (const [deletedAt, now] of [
      [1, 9],
      [undefined, 5],
    ] as const) {
      const { world, id } = await lost(deletedAt, now);
      await verify(world, id);
      expect(lastOf(world, id)).toEqual(REMOVED);
      expect(world.prod.entries.size).toBe(0);
    }
  });

  test('F7: is not made good in another table', async () => {
    const { world, id } = await lost(1, 5);
    world.tableId = 'table-2';
    await verify(world, id);
    expect(lastOf(world, id)).toEqual(REMOVED);
    expect(world.prod.entries.size).toBe(0);
  });

  test.each([
    ['the cluster was made again', (world: World) => Object.assign(world.prod, { createdAt: instant(1) })],
    ['the cluster is gone', (world: World) => world.aws.clusters.clear()],
    [
      'the role was made again',
      (world: World) => Object.assign(world.aws.standing.get(KUBERNETES_ADMIN) ?? {}, { roleId: 'AROAOTHER' }),
    ],
    ['the role is gone', (world: World) => world.aws.standing.clear()],
  ])('is not made good where %s', async (_what, change) => {
    const { world, id } = await lost(1, 5);
    const { made } = world.aws;
    change(world);
    await verify(world, id);
    expect(lastOf(world, id)).toEqual(REMOVED);
    expect(world.aws.made).toBe(made);
    const [line] = world.lines.filter((one) => one.startsWith('alarm'));
    expect(line).toMatch(/"found":\{"kind":"missing","wrong":\["The (cluster|role) .+"\]\}/);
  });

  test('may still come: looked at again in a minute, and not called verified yet', async () => {
    const world = newWorld();
    const id = await world.live('role');
    await setLedger(world, id, { deletedAt: at(1) });
    world.advance(5);
    const before = bodies(world, id);
    expect(await verify(world, id)).toEqual({ attempts: 0, at: at(6) });
    expect(bodies(world, id)).toEqual(before);
    world.advance(4);
    expect(await verify(world, id)).toBeUndefined();
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
  });

  test('what cannot be found out is no answer: it is tried again', async () => {
    const { world, id } = await lost(1, 5);
    const inspect = async (): Promise<never> => {
      throw new Error('IAM is down');
    };
    const deps = { ...world.deps, roles: { ...world.deps.roles, inspect } };
    await expect(verify(world, id, deps)).rejects.toThrow('IAM is down');
    expect((await world.grant(id)).state).toBe('active');
  });
});

describe('I9: tag and date', () => {
  test('a tag that is too early is raised, and said', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const entry = await entryOf(world, id);
    entry.entry = { ...entry.entry, tags: { ...entry.entry.tags, 'hallpass:expires': toIso(at(30)) } };
    await verify(world, id);
    expect((await entryOf(world, id)).entry.tags['hallpass:expires']).toBe(toIso(at(60)));
    expect(world.lines).toContain(`warn the end in an entry's tags was not the one on record {"grantId":"${id}"}`);
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
  });

  test('F7: a claim of another table holds nothing: its later end raises no tag', async () => {
    const world = newWorld();
    const id = await world.live('role');
    const claims = world.tables.claims.get(await keyOf(world, id));
    const own = claims?.get(id);
    if (own) claims?.set('other', { ...own, grantId: 'other', tableId: 'table-0', expiresAt: at(999) });
    await verify(world, id);
    expect((await entryOf(world, id)).entry.tags['hallpass:expires']).toBe(toIso(at(60)));
    expect(world.calls).not.toContain('eks.tagEntry');
  });

  test('a tag that is right is left alone', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.calls.length = 0;
    await verify(world, id);
    expect(world.calls).not.toContain('eks.tagEntry');
    expect(world.lines.join()).not.toContain('on record');
  });

  async function extended(mode: Mode, more: Partial<Active>): Promise<{ world: World; id: GrantId }> {
    const world = newWorld();
    const id = await world.live(mode);
    const stored = world.tables.grants.get(id);
    if (!stored) throw new Error('not live');
    world.tables.grants.set(id, { ...stored, grant: { ...stored.grant, ...more } as Grant });
    return { world, id };
  }

  test('extended: looked at once more when no lower one can come any more, and then dated again', async () => {
    const { world, id } = await extended('dedicated', { extendedAt: at(10) });
    world.advance(12);
    expect(await verify(world, id)).toEqual({ attempts: 0, at: at(16) });
    expect(world.calls.filter((name) => name === 'roles.setAssumableUntil')).toHaveLength(1);
    const [role] = world.aws.dedicated.values();
    if (role) role.until = at(40);
    world.advance(4);
    expect(await verify(world, id)).toBeUndefined();
    expect(role?.until).toBe(at(60));
  });

  test('never extended, its date is not written again', async () => {
    const { world, id } = await extended('dedicated', {});
    world.advance(12);
    world.calls.length = 0;
    await verify(world, id);
    expect(world.calls).not.toContain('roles.setAssumableUntil');
  });

  test('a standing role has no date', async () => {
    const { world, id } = await extended('role', { extendedAt: at(10) });
    world.advance(20);
    await verify(world, id);
    expect(world.calls).not.toContain('roles.setAssumableUntil');
    expect(lastOf(world, id)).toMatchObject({ type: 'verified' });
  });

  test('while more time is being carried out the date is somebody else’s', async () => {
    const extension = {
      ...{ requestedAt: at(15), expiresAt: at(90), justification: 'INC-4211', approvals: [] },
      ...{ autoApproved: true, granted: true },
    };
    const { world, id } = await extended('dedicated', { extendedAt: at(1), extension });
    world.advance(20);
    world.calls.length = 0;
    await verify(world, id);
    expect(world.calls).not.toContain('roles.setAssumableUntil');
  });

  test.each([
    ['another claim on the entry', true],
    ['another grant on the ledger', false],
  ])('shared with %s: looked at again six minutes after it was armed', async (_how, claimed) => {
    const world = newWorld();
    const id = await world.live('role', { duration: '2h' });
    const other = await world.live('role', {}, 'cyd');
    if (claimed) await setLedger(world, id, { makers: [id] });
    if (!claimed) {
      await endGrant(world.deps, { ...by(world, 'cyd'), id: other });
      await world.revoke(other);
    }
    world.advance(3);
    expect(await verify(world, id)).toEqual({ attempts: 0, at: at(6) });
    world.advance(3);
    expect(await verify(world, id)).toBeUndefined();
    expect(lastOf(world, id)).toEqual({ type: 'verified' });
  });

  test('on a ledger that names no maker but itself, it is not shared', async () => {
    for (const makers of [undefined, 'own'] as const) {
      const world = newWorld();
      const id = await world.live('role');
      const ledger = (await ledgerOf(world, id)) as Ledger;
      const { makers: _, ...rest } = ledger;
      world.tables.ledgers.set(await keyOf(world, id), makers === 'own' ? { ...rest, makers: [id] } : rest);
      world.advance(3);
      expect(await verify(world, id)).toBeUndefined();
    }
  });

  test('narrowed: the role ends with the access, and the record says so', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const [role] = world.aws.dedicated.values();
    if (role) role.until = at(999);
    const stored = await read(world, id);
    await narrowRole(world.deps, stored, stored.grant as Active, WORKFLOW);
    expect(role?.until).toBe(at(60));
    expect(lastOf(world, id)).toEqual({ type: 'narrowed', until: at(60) });
  });

  test('a standing role is narrowed by nobody', async () => {
    const world = newWorld();
    const id = await world.live('role');
    const before = bodies(world, id);
    const stored = await read(world, id);
    await narrowRole(world.deps, stored, stored.grant as Active, WORKFLOW);
    expect(world.calls).not.toContain('roles.setAssumableUntil');
    expect(bodies(world, id)).toEqual(before);
  });
});

describe.each(MODES)('after the end, mode %s', (mode) => {
  async function over(): Promise<{ world: World; id: GrantId; late: () => Promise<void> }> {
    const world = newWorld();
    const id = await world.live(mode);
    const entry = structuredClone(await entryOf(world, id));
    const { arn } = (await world.grant(id)).principal;
    world.advance(60);
    await world.revoke(id);
    world.advance(2);
    return { world, id, late: async () => void world.prod.entries.set(arn, structuredClone(entry)) };
  }
  const settle = async (world: World, id: GrantId, deps: Deps = world.deps) => {
    const stored = await read(world, id);
    return settleGrant(deps, stored, stored.grant as OverGrant, WORKFLOW);
  };

  test('nothing is there: settled, twice; the last takes the ledger', async () => {
    const { world, id } = await over();
    const before = await ledgerOf(world, id);
    await settle(world, id);
    expect(lastOf(world, id)).toEqual({ type: 'settled', found: [] });
    expect(await ledgerOf(world, id)).toEqual(before);
    await settle(world, id);
    expect(bodies(world, id).filter(({ type }) => type === 'settled')).toHaveLength(2);
    expect(await ledgerOf(world, id)).toBeUndefined();
    expect(world.alarms).toEqual([]);
  });

  test('what came late is removed, named, and an alarm; nobody waits for it any more', async () => {
    const { world, id, late } = await over();
    await world.deps.store.putToken(id, { step: 'Hold', value: 'token' });
    world.signals.length = 0;
    await late();
    const { entryArn } = (await entryOf(world, id)).entry;
    await settle(world, id);
    expect(world.prod.entries.size).toBe(0);
    expect(lastOf(world, id)).toEqual({ type: 'settled', found: [entryArn] });
    expect(world.lines.filter((line) => line.startsWith('alarm'))).toEqual([
      `alarm access was there after its end and has been removed {"grantId":"${id}","found":["${entryArn}"]}`,
    ]);
    expect(await ledgerOf(world, id)).toMatchObject({ deletedAt: at(62) });
    expect(await ledgerOf(world, id)).not.toHaveProperty('removingSince');
    expect(world.signals).toEqual([]);
  });

  test('whoever holds the entry now keeps it, and undoes what came late', async () => {
    const { world, id, late } = await over();
    await late();
    const claim = {
      ...(world.tables.claims
        .get(await keyOf(world, id))
        ?.values()
        .next().value ?? {}),
    };
    const held = { ...claim, grantId: 'other', tableId: 'table-1' } as never;
    world.tables.claims.set(await keyOf(world, id), new Map([['other', held]]));
    const before = await ledgerOf(world, id);
    await settle(world, id);
    expect(world.prod.entries.size).toBe(1);
    expect(lastOf(world, id)).toEqual({ type: 'settled', found: [] });
    expect(await ledgerOf(world, id)).toEqual(before);
  });

  test('makers that may still write keep the ledger, without this one', async () => {
    const { world, id } = await over();
    await setLedger(world, id, { makers: [id, 'other'] });
    const before = await ledgerOf(world, id);
    await settle(world, id);
    await settle(world, id);
    expect(await ledgerOf(world, id)).toEqual({ ...before, makers: ['other'], version: (before?.version ?? 0) + 1 });
  });

  test('a grant that was never prepared has nothing to undo', async () => {
    const { world, id, late } = await over();
    await late();
    const { preparation: _, ...grant } = (await world.grant(id)) as OverGrant;
    world.calls.length = 0;
    expect(await undoLateWrites(world.deps, grant as OverGrant)).toMatchObject({ found: [], removing: false });
    expect(world.calls.filter((name) => name.startsWith('eks.'))).toEqual([]);
  });
});

describe('after the end', () => {
  test('a grant’s own role: the delete is sent again though a read shows nothing', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const entry = structuredClone(await entryOf(world, id));
    world.advance(60);
    await world.revoke(id);
    world.prod.entries.set(entry.entry.principalArn, entry);
    world.aws.blind = true;
    const stored = await read(world, id);
    await settleGrant(world.deps, stored, stored.grant as OverGrant, WORKFLOW);
    expect(world.prod.entries.size).toBe(0);
  });

  test('I4: somebody’s own entry of a standing role is left alone', async () => {
    const world = newWorld();
    const id = await world.live('role');
    world.advance(60);
    await world.revoke(id);
    const theirs = structuredClone(foreignEntry(world.aws, world.prod, KUBERNETES_ADMIN));
    world.calls.length = 0;
    const stored = await read(world, id);
    await settleGrant(world.deps, stored, stored.grant as OverGrant, WORKFLOW);
    expect(world.prod.entries.get(KUBERNETES_ADMIN)).toEqual(theirs);
    expect(world.calls).not.toContain('eks.deleteEntry');
    expect(world.calls).not.toContain('store.commitLedger');
    expect(lastOf(world, id)).toEqual({ type: 'settled', found: [] });
  });

  test('on a standing role nobody begins while leftovers go; who overtakes the mark is waited for', async () => {
    const world = newWorld();
    const id = await world.live('role');
    const entry = structuredClone(await entryOf(world, id));
    world.advance(60);
    await world.revoke(id);
    world.prod.entries.set(KUBERNETES_ADMIN, entry);
    const stored = await read(world, id);
    const deps: Deps = {
      ...world.deps,
      store: { ...world.deps.store, commitLedger: async () => ({ ok: false, conflict: 'ledger' }) },
    };
    await expect(settleGrant(deps, stored, stored.grant as OverGrant, WORKFLOW)).rejects.toThrow(
      'another grant is changing the same entry',
    );
    expect(world.prod.entries.size).toBe(1);
  });
});

describe('the role of its own goes', () => {
  async function ended(): Promise<{ world: World; id: GrantId; look: (deps?: Deps) => Promise<void> }> {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(60);
    await world.revoke(id);
    world.advance(2);
    const look = async (deps: Deps = world.deps): Promise<void> => {
      const stored = await read(world, id);
      return settleGrant(deps, stored, stored.grant as OverGrant, WORKFLOW);
    };
    return { world, id, look };
  }

  test('with the first look back, in one change of the grant', async () => {
    const { world, id, look } = await ended();
    const { version } = await read(world, id);
    await look();
    expect(world.aws.dedicated.size).toBe(0);
    expect(bodies(world, id).slice(-2)).toEqual([{ type: 'roleDeleted' }, { type: 'settled', found: [] }]);
    expect((await read(world, id)).version).toBe(version + 1);
  });

  test('with IAM down the look back is made all the same, and the role is owed by itself', async () => {
    const { world, id, look } = await ended();
    const remove = async (): Promise<never> => {
      throw new Error('IAM is down');
    };
    await look({ ...world.deps, roles: { ...world.deps.roles, remove } });
    expect(lastOf(world, id)).toEqual({ type: 'settled', found: [] });
    expect(await world.grant(id)).toMatchObject({ aftercare: { settlePasses: 1, role: 'owed' } });
    await world.sweep();
    expect(world.aws.dedicated.size).toBe(0);
    expect(lastOf(world, id)).toEqual({ type: 'roleDeleted' });
  });

  async function denied(): Promise<{ world: World; id: GrantId }> {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.decide('bob', grant.id, { kind: 'deny', reason: 'no' });
    return { world, id: grant.id };
  }
  const remove = async (world: World, id: GrantId) => {
    const stored = await read(world, id);
    return deleteRole(world.deps, stored, stored.grant as OverGrant, WORKFLOW);
  };

  test('at once, and again when one that was asked for may have been made late', async () => {
    const { world, id } = await denied();
    expect(await remove(world, id)).toEqual({ attempts: 0, at: at(6) });
    expect(world.aws.dedicated.size).toBe(0);
    expect(lastOf(world, id)).toMatchObject({ type: 'denied' });
    world.advance(6);
    expect(await remove(world, id)).toBeUndefined();
    expect(lastOf(world, id)).toEqual({ type: 'roleDeleted' });
  });

  test('it keeps no look back waiting: what IAM refuses then is said, and owed', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(60);
    await world.revoke(id);
    world.advance(2);
    const remove = async (): Promise<never> => {
      throw new Error('throttled');
    };
    const stored = await read(world, id);
    const deps = { ...world.deps, roles: { ...world.deps.roles, remove } };
    await settleGrant(deps, stored, stored.grant as OverGrant, WORKFLOW);
    expect(bodies(world, id).map(({ type }) => type)).toContain('settled');
    expect(bodies(world, id).map(({ type }) => type)).not.toContain('roleDeleted');
    expect(world.lines.filter((line) => line.startsWith('warn'))).toEqual([
      `warn the role was not deleted; the sweeper tries again {"grantId":"${id}","error":"Error: throttled"}`,
    ]);
    await world.sweepFor(12);
    expect(world.aws.dedicated.size).toBe(0);
  });

  test('a standing role stays', async () => {
    const world = newWorld();
    const id = await world.live('role');
    world.advance(60);
    await world.revoke(id);
    await world.sweepFor(15);
    expect(world.aws.standing.has(KUBERNETES_ADMIN)).toBe(true);
    expect(world.calls).not.toContain('roles.remove');
  });
});
