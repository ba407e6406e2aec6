/**
 * Catches: more time that is carried out though it is not owed, not decided or not true any more, that moves the wrong
 * entry's tag or lowers another's, that is not told to whoever waits, or that leaves a refusal without its reason.
 */
import { describe, expect, test } from 'vitest';
import { entryKeyOf } from '../../src/broker/arm.ts';
import { carryOutExtension, isExtensionOwed } from '../../src/broker/carryOutExtension.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { type Change, type Commit, type Deps, DirectoryUnreachable, NotReady } from '../../src/broker/ports.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { entryKeyText } from '../../src/core/entry.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, HOUR, IN_STATE } from '../core/fixtures.ts';
import { MODES, type Mode, newWorld, WORKFLOW, WORLD_CONFIG, type World } from './fake-world.ts';

const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const EXTENDABLE: Configuration = {
  ...WORLD_CONFIG,
  entitlements: Object.fromEntries(
    Object.entries(WORLD_CONFIG.entitlements).map(([id, rule]) => [
      id,
      { ...rule, extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false } },
    ]),
  ),
};
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const bodies = (world: World, id: GrantId) => world.events(id).map(({ body }) => body);
const carryOut = (world: World, id: GrantId, deps: Deps = world.deps) => carryOutExtension(deps, id, WORKFLOW);

/** Live from 0 to 60, with half an hour more asked for at 10, and granted unless it is not to be. */
async function extending(mode: Mode, granted = true): Promise<{ world: World; id: GrantId }> {
  const world = newWorld();
  world.config = EXTENDABLE;
  const id = await world.live(mode);
  world.advance(10);
  const input = { duration: '30m', justification: 'not done yet' };
  expect((await extendGrant(world.deps, { ...by(world, 'ada'), id, input })).ok).toBe(true);
  if (granted) expect((await world.approve('bob', id)).ok).toBe(true);
  return { world, id };
}
const tagOf = async (world: World, id: GrantId): Promise<string | undefined> =>
  world.prod.entries.get((await world.grant(id)).principal.arn)?.entry.tags['hallpass:expires'];

describe.each(MODES)('carried out, mode %s', (mode) => {
  test('tag, date, claim, and then the record; whoever waits is told', async () => {
    const { world, id } = await extending(mode);
    await world.deps.store.putToken(id, { step: 'AwaitStart', value: 'token' });
    world.signals.length = 0;
    await carryOut(world, id);
    expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(90), extendedAt: at(10) });
    expect(world.events(id).at(-1)).toMatchObject({
      actor: WORKFLOW,
      body: { type: 'extended', expiresAt: at(90), lookAgain: true },
    });
    expect(await tagOf(world, id)).toBe(toIso(at(90)));
    const claims = world.tables.claims.get(entryKeyText(entryKeyOf(await world.grant(id))));
    expect(claims?.get(id)?.expiresAt).toBe(at(90));
    expect([...world.aws.dedicated.values()].map(({ until }) => until)).toEqual(mode === 'dedicated' ? [at(90)] : []);
    expect(world.signals).toHaveLength(1);
    expect(world.lines.join()).not.toContain('not extended');
  });

  test('twice is once', async () => {
    const { world, id } = await extending(mode);
    await carryOut(world, id);
    await carryOut(world, id);
    expect(bodies(world, id).filter(({ type }) => type === 'extended')).toHaveLength(1);
  });

  test('the recorded entry is the one that is tagged: it may have been made again since', async () => {
    const { world, id } = await extending(mode);
    const key = entryKeyText(entryKeyOf(await world.grant(id)));
    const ledger = world.tables.ledgers.get(key);
    const entry = world.prod.entries.get((await world.grant(id)).principal.arn);
    if (!ledger || !entry) throw new Error('not live');
    entry.entry = { ...entry.entry, entryArn: 'again' };
    world.tables.ledgers.set(key, { ...ledger, entryArn: 'again' });
    await carryOut(world, id);
    expect(await tagOf(world, id)).toBe(toIso(at(90)));
  });

  test('with no ledger the grant knows its entry', async () => {
    const { world, id } = await extending(mode);
    world.tables.ledgers.delete(entryKeyText(entryKeyOf(await world.grant(id))));
    await carryOut(world, id);
    expect(await tagOf(world, id)).toBe(toIso(at(90)));
  });

  test('overtaken four times it is carried out all the same; five times it says that it was not', async () => {
    const { world, id } = await extending(mode);
    let tries = 0;
    const losing = (times: number): Deps => {
      tries = 0;
      const lost: Commit = { ok: false, conflict: 'grant' };
      const commit = async (change: Change) => (++tries > times ? world.deps.store.commit(change) : lost);
      return { ...world.deps, store: { ...world.deps.store, commit } };
    };
    const trying = carryOut(world, id, losing(99));
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(`changes of grant ${id} keep overtaking its extension`);
    expect(tries).toBe(5);
    expect(await world.grant(id)).toMatchObject({ expiresAt: at(60) });
    await carryOut(world, id, losing(4));
    expect(await world.grant(id)).toMatchObject({ expiresAt: at(90) });
  });
});

describe('not owed', () => {
  test.each([
    ['not there', async () => ({ world: newWorld(), id: NOBODYS })],
    [
      'not asked for',
      async () => {
        const world = newWorld();
        return { world, id: await world.live('dedicated') };
      },
    ],
    ['not decided', () => extending('dedicated', false)],
    [
      'ended meanwhile',
      async () => {
        const { world, id } = await extending('dedicated');
        await endGrant(world.deps, { ...by(world, 'ada'), id });
        return { world, id };
      },
    ],
    [
      'over, to the millisecond',
      async () => {
        const { world, id } = await extending('dedicated');
        world.advance(50);
        return { world, id };
      },
    ],
  ] as const)('%s: nothing happens', async (_what, begin) => {
    const { world, id } = await begin();
    const before = world.events(id).length;
    world.calls.length = 0;
    await carryOut(world, id);
    expect(world.events(id)).toHaveLength(before);
    expect(world.calls.filter((name) => !name.startsWith('store.read'))).toEqual([]);
  });

  const { active } = IN_STATE;
  const extension = {
    ...{ requestedAt: at(20), expiresAt: at(90), justification: 'INC-4211', approvals: [] },
    ...{ autoApproved: false, granted: true },
  };
  test.each([
    ['granted, a moment before the end', { ...active, extension }, 70 - 1 / 60_000, true],
    ['granted, at the end', { ...active, extension }, 70, false],
    ['asked for', { ...active, extension: { ...extension, granted: false } }, 20, false],
    ['not asked for', active, 20, false],
    ['over', { ...IN_STATE.revoking, extension } as Grant, 20, false],
  ] as const)('%s: %s', (_what, grant, now, owed) => {
    expect(isExtensionOwed({ now: () => at(now) }, grant)).toBe(owed);
  });
});

describe('I1: decided again', () => {
  const REFUSED: readonly (readonly [string, RegExp, (world: World, id: GrantId) => unknown])[] = [
    [
      'another table',
      /^The grant was made in another table \(table-1\); it can only be ended\.$/,
      (world) => {
        world.tableId = 'table-2';
      },
    ],
    [
      'frozen',
      /^frozen: /,
      (world) =>
        freeze(world.deps, { ...by(world, 'fay'), scope: { kind: 'all' }, reason: 'INC-1', breakGlass: false }),
    ],
    [
      'no longer offered',
      /^\w+: /,
      (world) => {
        world.config = WORLD_CONFIG;
      },
    ],
    [
      'a record that somebody wrote',
      /^The grant's record and its events disagree/,
      (world, id) => {
        const stored = world.tables.grants.get(id);
        if (stored) world.tables.grants.set(id, { ...stored, grant: { ...stored.grant, justification: 'other' } });
      },
    ],
  ];
  test.each(REFUSED)(
    '%s: refused with its reason, and what an earlier try moved is moved back',
    async (what, reason, change) => {
      const { world, id } = await extending('dedicated');
      await change(world, id);
      const entry = world.prod.entries.get((await world.grant(id)).principal.arn);
      const [role] = world.aws.dedicated.values();
      if (entry) entry.entry = { ...entry.entry, tags: { ...entry.entry.tags, 'hallpass:expires': toIso(at(90)) } };
      if (role) role.until = at(90);
      await carryOut(world, id);
      const last = bodies(world, id).at(-1);
      expect(last).toEqual({ type: 'extensionDenied', reason: expect.stringMatching(reason) });
      expect(await tagOf(world, id)).toBe(toIso(at(60)));
      expect(role?.until).toBe(at(60));
      const { reason: detail } = last as { reason: string };
      expect(world.lines).toContain(`warn not extended ${JSON.stringify({ grantId: id, detail })}`);
      expect(world.alarms).toEqual(what.startsWith('a record') ? ['the record does not add up'] : []);
    },
  );

  test('nobody can tell who people are: tried again, and the old end stands', async () => {
    const { world, id } = await extending('dedicated');
    const ready = async (): Promise<never> => {
      throw new DirectoryUnreachable('gone');
    };
    await expect(carryOut(world, id, { ...world.deps, ready })).rejects.toThrow(DirectoryUnreachable);
    expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(60), extension: { granted: true } });
    expect(await tagOf(world, id)).toBe(toIso(at(60)));
  });

  test('nor whether a condition holds: the same', async () => {
    const { world, id } = await extending('dedicated');
    const conditions = [{ kind: 'onCall', schedule: 'payments' }] as const;
    const rules = Object.entries(world.config.entitlements).map(([name, rule]) => [name, { ...rule, conditions }]);
    const onCall = { payments: { kind: 'provider', url: 'https://oncall.example.com/now', secret: 'arn' } } as const;
    world.config = { ...world.config, entitlements: Object.fromEntries(rules), onCall };
    await expect(carryOut(world, id)).rejects.toThrow(NotReady);
    expect(bodies(world, id).at(-1)).not.toMatchObject({ type: 'extensionDenied' });
  });
});

test('a standing role that another holds longer keeps the later end in its tag', async () => {
  const { world, id } = await extending('role');
  await world.live('role', { duration: '3h' }, 'cyd');
  await carryOut(world, id);
  expect(await world.grant(id)).toMatchObject({ expiresAt: at(90) });
  expect(await tagOf(world, id)).toBe(toIso(at(190)));
});
