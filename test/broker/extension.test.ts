/**
 * Catches: more time that nobody decided, an expiry that moves before the tag and the role's date do (with the hub gone
 * the reaper would end access that was promised, or nobody would end what was not), and an extension that was cut off in
 * the middle and leaves either of them behind.
 */
import { describe, expect, test } from 'vitest';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { at, countCases, HOUR, person } from '../core/fixtures.ts';
import { ENTITLEMENT_OF, type Fault, MODES, type Mode, newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const EXTENDABLE: Configuration = {
  ...WORLD_CONFIG,
  entitlements: Object.fromEntries(
    Object.entries(WORLD_CONFIG.entitlements).map(([id, rule]) => [
      id,
      { ...rule, extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false } },
    ]),
  ),
};

/** Live from 0 to 60, with half an hour more asked for at 10. */
async function asked(mode: Mode): Promise<{ world: World; id: GrantId }> {
  const world = newWorld();
  world.config = EXTENDABLE;
  const id = await world.live(mode);
  await world.sweepFor(10);
  const answer = await extend(world, 'ada', id);
  expect(answer.ok).toBe(true);
  return { world, id };
}
const extend = (world: World, who: string, id: GrantId) =>
  extendGrant(world.deps, {
    person: world.person(who),
    channel: 'cli',
    proof: 'test',
    id,
    input: { duration: '30m', justification: 'not done yet' },
  });

/** The ends that hold without the hub: the tag that the reaper goes by, and the date of the grant's own role. */
const endsOf = (world: World): (string | undefined)[] => [
  ...[...world.prod.entries.values()].map(({ entry }) => entry.tags['hallpass:expires']),
  ...[...world.aws.dedicated.values()].map((role) => new Date(role.until).toISOString()),
];
const OLD = '2026-11-24T04:00:00.000Z';
const NEW = '2026-11-24T04:30:00.000Z';
const both = (mode: Mode, end: string): string[] => (mode === 'dedicated' ? [end, end] : [end]);

describe.each(MODES)('mode %s', (mode) => {
  test('asked for, approved, carried out, and over at the new end', async () => {
    const { world, id } = await asked(mode);
    expect(endsOf(world)).toEqual(both(mode, OLD));
    expect((await world.approve('bob', id)).ok).toBe(true);
    expect(await world.grant(id), 'decided is not carried out').toMatchObject({ expiresAt: at(60) });
    await world.sweepFor(2);
    expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(90), warned: false });
    expect(endsOf(world), 'I9-date-equals-expiry').toEqual(both(mode, NEW));
    await world.sweepFor(77);
    expect(world.prod.entries.size, 'a minute before').toBe(1);
    await world.sweepFor(1);
    expect(world.prod.entries.size).toBe(0);
    await world.sweepFor(15);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
    expect(world.chainFaults(id)).toEqual([]);
    expect(world.aws.created).toHaveLength(1);
  });

  test('I9-extension-raises-tag-first', async () => {
    const { world, id } = await asked(mode);
    await world.approve('bob', id);
    const seen: string[] = [];
    world.afterCall = (name) => {
      if (name === 'eks.tagEntry') seen.push('tag');
      if (name === 'roles.setAssumableUntil') seen.push('date');
      const grant = world.tables.grants.get(id)?.grant;
      if (name === 'store.commit' && grant?.state === 'active' && grant.expiresAt === at(90)) seen.push('expiry');
    };
    await world.sweepFor(1);
    expect(seen.slice(0, 3)).toEqual(mode === 'dedicated' ? ['tag', 'date', 'expiry'] : ['tag', 'expiry']);
  });

  test('while nobody has decided, the old end stands', async () => {
    const { world, id } = await asked(mode);
    await world.sweepFor(49);
    expect(world.prod.entries.size).toBe(1);
    await world.sweepFor(1);
    expect(world.prod.entries.size).toBe(0);
    expect((await world.approve('bob', id)).ok, 'and cannot be brought back').toBe(false);
  });

  const REFUSED: readonly (readonly [string, (world: World, id: GrantId) => Promise<unknown>])[] = [
    ['denied', (world, id) => world.decide('bob', id, { kind: 'deny', reason: 'enough' })],
    ['approved by the requester', (world, id) => world.approve('ada', id)],
    ['approved by somebody else', (world, id) => world.approve('dan', id)],
    [
      'approved, and the approver leads no more',
      async (world, id) => {
        await world.approve('bob', id);
        const { directory } = world.config;
        world.config = {
          ...world.config,
          directory: { ...directory, groups: { ...directory.groups, leads: ['cyd'] } },
        };
      },
    ],
    [
      'approved, and the requester has left',
      async (world, id) => {
        await world.approve('bob', id);
        const { directory } = world.config;
        const people = { ...directory.people, ada: person('ada', { disabled: true }) };
        world.config = { ...world.config, directory: { ...directory, people } };
      },
    ],
    [
      'approved, and extensions are no longer offered',
      async (world, id) => {
        await world.approve('bob', id);
        world.config = WORLD_CONFIG;
      },
    ],
    [
      'F7: approved, and the table is another one',
      async (world, id) => {
        await world.approve('bob', id);
        world.tableId = 'restored';
      },
    ],
    [
      'F16: written into the record by somebody',
      async (world, id) => {
        const stored = world.tables.grants.get(id);
        if (stored?.grant.state !== 'active' || !stored.grant.extension) throw new Error('there is no extension');
        const grant: Grant = { ...stored.grant, extension: { ...stored.grant.extension, granted: true } };
        world.tables.grants.set(id, { ...stored, grant });
      },
    ],
  ];
  countCases(`extensions refused, mode ${mode}`, REFUSED.length);
  test.each(REFUSED)('I1: %s: it ends at its old end, and so do tag and date', async (_what, deed) => {
    const { world, id } = await asked(mode);
    await deed(world, id);
    await world.sweepFor(3);
    expect(endsOf(world)).toEqual(both(mode, OLD));
    world.tableId = 'table-1';
    await world.sweepFor(62);
    expect(world.prod.entries.size).toBe(0);
    expect(world.events(id).map((event) => event.body.type)).not.toContain('extended');
  });

  test('I9: cut off in the middle and then refused, it leaves neither tag nor date behind', async () => {
    const { world, id } = await asked(mode);
    await world.approve('bob', id);
    world.afterCall = (name) => {
      if (name !== (mode === 'dedicated' ? 'roles.setAssumableUntil' : 'eks.tagEntry')) return;
      world.afterCall = () => {};
      world.strike(1, 'crashBefore');
    };
    await world.sweepFor(1);
    world.restart();
    world.config = WORLD_CONFIG;
    await world.sweepFor(10);
    expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(60) });
    expect(endsOf(world)).toEqual(both(mode, OLD));
  });

  test('I3: struck at any call, it ends: at the old end, or at the new one', async () => {
    const faults: readonly Fault[] = ['crashBefore', 'crashAfter', 'failBefore', 'failAfter', 'twice', { delayed: 61 }];
    const calls = async (): Promise<number> => {
      const { world, id } = await asked(mode);
      const before = world.calls.length;
      await world.approve('bob', id);
      await world.sweepFor(2);
      return world.calls.length - before;
    };
    const failures: string[] = [];
    const count = await calls();
    for (const fault of faults) {
      for (let n = 1; n <= count; n++) {
        const { world, id } = await asked(mode);
        world.strike(n, fault);
        await world.approve('bob', id).catch(() => {});
        await world.sweepFor(2);
        world.restart();
        await world.approve('bob', id).catch(() => {});
        if (!world.wasStruck()) failures.push(`${JSON.stringify(fault)} at ${n} never came`);
        await world.sweepFor(10);
        const { state, ...rest } = await world.grant(id);
        const what = `${JSON.stringify(fault)} at ${n}`;
        if (state !== 'active' || !('expiresAt' in rest) || rest.expiresAt !== at(90))
          failures.push(`${what}: not extended`);
        if (endsOf(world).join() !== both(mode, NEW).join()) failures.push(`${what}: ends ${endsOf(world)}`);
        await world.sweepFor(85);
        if (world.prod.entries.size > 0) failures.push(`${what}: access stays`);
      }
    }
    countCases(`faults in an extension, mode ${mode}`, faults.length * count);
    expect(count).toBeGreaterThan(6);
    expect(failures).toEqual([]);
  });
});

test('only the requester asks for more, once at a time, and not beyond the total', async () => {
  const { world, id } = await asked('dedicated');
  expect(await extend(world, 'cyd', id)).toMatchObject({ ok: false, error: { reason: 'notRequester' } });
  expect(await extend(world, 'ada', id)).toMatchObject({ ok: false, error: { reason: 'extensionOpen' } });
  await world.approve('bob', id);
  await world.sweepFor(2);
  const beyond = await extendGrant(world.deps, {
    person: world.person('ada'),
    channel: 'cli',
    proof: 'test',
    id,
    input: { duration: '3h', justification: 'not done yet' },
  });
  expect(beyond).toMatchObject({ ok: false, error: { reason: 'extensionTooLong' } });
});

test('two grants on one standing role: extending the shorter one never lowers the tag of the longer', async () => {
  const world = newWorld();
  world.config = EXTENDABLE;
  const shorter = await world.live('role', { duration: '1h' }, 'ada');
  await world.live('role', { duration: '3h', entitlement: ENTITLEMENT_OF.role }, 'cyd');
  await world.sweepFor(5);
  await extend(world, 'ada', shorter);
  await world.approve('bob', shorter);
  await world.sweepFor(2);
  expect(await world.grant(shorter)).toMatchObject({ expiresAt: at(90) });
  expect(endsOf(world)).toEqual(['2026-11-24T06:00:00.000Z']);
});
