/**
 * DynamoDB shows a transaction to a query item by item
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation), and the
 * workflow reads a grant at the very moment when its decision is written. Catches an approved grant that is denied as
 * forged because it was read half.
 */
import { describe, expect, test } from 'vitest';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { carryOutExtension } from '../../src/broker/carryOutExtension.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { type Deps, NotReady, type StoredWithEvents } from '../../src/broker/ports.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { Duration } from '../../src/core/time.ts';
import { HOUR } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, WORLD_CONFIG, type World } from './fake-world.ts';

type Half = (whole: StoredWithEvents) => StoredWithEvents;
const HALVES: readonly (readonly [string, Half])[] = [
  ['its state before its last event', (whole) => ({ ...whole, events: whole.events.slice(0, -1) })],
  ['one event before the other', (whole) => ({ ...whole, events: whole.events.toSpliced(-2, 1) })],
  ['its state before both events', (whole) => ({ ...whole, events: whole.events.slice(0, -2) })],
];

/** Reads so many times half, then whole. */
function reading(world: World, id: GrantId, half: Half, times: number): Deps {
  let left = times;
  const readGrant: Deps['store']['readGrant'] = async (asked) => {
    const whole = await world.deps.store.readGrant(asked);
    return whole && asked === id && left-- > 0 ? half(whole) : whole;
  };
  return { ...world.deps, store: { ...world.deps.store, readGrant } };
}

async function approved(): Promise<{ world: World; id: GrantId }> {
  const world = newWorld();
  const { grant } = await world.request('ada');
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return { world, id: grant.id };
}

describe.each(HALVES)('it shows %s', (_what, half) => {
  test('an approved grant is not turned back: whoever comes again makes it', async () => {
    const { world, id } = await approved();
    await expect(activateGrant(reading(world, id, half, 1), id, WORKFLOW)).rejects.toThrow(NotReady);
    expect([(await world.grant(id)).state, world.alarms]).toEqual(['activating', []]);
    expect(world.aws.created).toEqual([]);
    expect((await world.activate(id)).kind).toBe('active');
  });

  test('for good: then it is forged', async () => {
    const { world, id } = await approved();
    expect(await activateGrant(reading(world, id, half, Number.POSITIVE_INFINITY), id, WORKFLOW)).toEqual({
      kind: 'over',
    });
    expect(world.aws.created).toEqual([]);
    expect(world.lines.join('\n')).toMatch(/alarm not activated .*recordForged/);
  });

  test('more time that was granted is not refused', async () => {
    const world = newWorld();
    const rule = WORLD_CONFIG.entitlements['prod-view'];
    if (!rule) throw new Error('the fixtures have no such entitlement');
    const extension = { maxTotal: (8 * HOUR) as Duration, autoApprove: true };
    world.config = { ...WORLD_CONFIG, entitlements: { 'prod-view': { ...rule, extension } } };
    const id = await world.live('dedicated');
    const by = { person: world.person('ada'), channel: 'cli', proof: 'test' } as const;
    const input = { duration: '1h', justification: 'INC-4211' };
    expect(await extendGrant(world.deps, { ...by, id, input })).toMatchObject({ ok: true });
    await expect(carryOutExtension(reading(world, id, half, 1), id, WORKFLOW)).rejects.toThrow(NotReady);
    expect(world.alarms).toEqual([]);
    await carryOutExtension(world.deps, id, WORKFLOW);
    expect(world.events(id).at(-1)?.body.type).toBe('extended');
  });
});
