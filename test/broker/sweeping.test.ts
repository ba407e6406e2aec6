/**
 * Catches F12 and F40 inside one sweep: one fault that costs somebody's access a minute, one grant that cannot be read
 * or put off and takes the others with it, access given by a clock that is wrong, and a sweep that does not say what it did.
 */
import { describe, expect, test } from 'vitest';
import type { EndingDeps } from '../../src/broker/drainPorts.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { NotReady } from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Instant, plus, seconds } from '../../src/core/time.ts';
import { at } from '../core/fixtures.ts';
import { copier } from './copies.ts';
import { newWorld, type World } from './fake-world.ts';

const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const never = (): boolean => false;
const stateOf = async (world: World, id: GrantId): Promise<string> => (await world.grant(id)).state;
const withEks = (
  world: World,
  strange: (real: ReturnType<EndingDeps['eks']>) => Partial<ReturnType<EndingDeps['eks']>>,
): EndingDeps => ({
  ...world.deps,
  eks: (target) => ({ ...world.deps.eks(target), ...strange(world.deps.eks(target)) }),
});

/** Live until 60, everything but the end done. */
async function ending(...who: readonly string[]): Promise<{ world: World; ids: GrantId[] }> {
  const world = newWorld();
  const ids = [];
  for (const one of who) ids.push(await world.live('dedicated', {}, one));
  world.advance(55);
  await world.sweep();
  world.advance(5);
  return { world, ids };
}

describe('a fault', () => {
  test('of a removal costs no minute: it is tried again in the same sweep', async () => {
    const { world, ids } = await ending('ada');
    let tries = 0;
    const deps = withEks(world, (real) => ({
      deleteEntry: async (arn) => {
        if (++tries === 1) throw new Error('throttled');
        await real.deleteEntry(arn);
      },
    }));
    expect(await sweep(deps, never)).toMatchObject({ due: 1, done: 1, failed: 0, left: 0 });
    expect(tries).toBe(2);
    expect(await stateOf(world, ids[0] as GrantId)).toBe('ended');
  });

  test('of a removal, with no time left for another try: not tried again, and put off by a minute', async () => {
    const { world, ids } = await ending('ada');
    await endGrant(world.deps, { ...by(world, 'ada'), id: ids[0] as GrantId });
    world.advance(1);
    let tries = 0;
    const deps = withEks(world, () => ({
      deleteEntry: async () => {
        tries++;
        throw new Error('throttled');
      },
    }));
    expect(await sweep(deps, () => tries > 0)).toMatchObject({ done: 0, failed: 1 });
    expect(tries).toBe(1);
    const { retries } = world.tables.grants.get(ids[0] as GrantId) ?? {};
    expect(retries).toEqual({ revoke: { attempts: 1, at: at(62) } });
    const about = { grantId: ids[0], task: 'revoke', attempts: 1, error: 'Error: throttled' };
    expect(world.lines).toContain(`error a due task failed and will be tried again ${JSON.stringify({ ...about })}`);
  });

  test('of anything else is tried again by the next sweep', async () => {
    const world = newWorld();
    const setAssumableUntil = async (): Promise<never> => {
      tries++;
      throw new Error('throttled');
    };
    let tries = 0;
    const deps: EndingDeps = { ...world.deps, roles: { ...world.deps.roles, setAssumableUntil } };
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    world.advance(1);
    await sweep(deps, never);
    expect(await stateOf(world, grant.id), 'the date is owed').toBe('active');
    world.advance(1);
    tries = 0;
    expect(await sweep(deps, never)).toMatchObject({ failed: 1 });
    expect(tries).toBe(1);
    expect(world.tables.grants.get(grant.id)?.retries).toEqual({ narrow: { attempts: 1, at: at(3) } });
  });

  test('in reading one grant takes no other with it', async () => {
    const { world, ids } = await ending('ada', 'cyd');
    const [bad, good] = ids as [GrantId, GrantId];
    const readGrant: EndingDeps['store']['readGrant'] = async (id) =>
      id === bad ? Promise.reject(new Error('throttled')) : world.deps.store.readGrant(id);
    const deps = { ...world.deps, store: { ...world.deps.store, readGrant } };
    const swept = await sweep(deps, never);
    expect(swept).toMatchObject({ due: 2, done: 1 });
    expect(await stateOf(world, good)).toBe('ended');
    expect(world.lines.join()).toContain(`error a due grant could not be read {"grantId":"${bad}"`);
  });

  test('in putting off what failed is said, and the sweep goes on', async () => {
    const { world, ids } = await ending('ada', 'cyd');
    const defer = async (): Promise<never> => {
      throw new Error('no table');
    };
    const broken = withEks(world, (real) => ({
      deleteEntry: async (arn) => {
        if (arn.endsWith(ids[0] ?? '')) throw new Error('throttled');
        await real.deleteEntry(arn);
      },
    }));
    const deps = { ...broken, store: { ...broken.store, defer } };
    expect(await sweep(deps, never)).toMatchObject({ done: 1, failed: 1 });
    expect(world.lines).toContain(
      `error a task could not be put off ${JSON.stringify({ grantId: ids[0], error: 'Error: no table' })}`,
    );
  });
});

describe('the breaker', () => {
  const tries = async (error: () => Error): Promise<number> => {
    const world = newWorld();
    const ids = [];
    for (const who of ['ada', 'bob', 'cyd']) {
      ids.push(await world.live('dedicated', {}, who));
      ids.push(await world.live('role', {}, who));
    }
    const [first] = ids;
    const model = world.tables.grants.get(first as GrantId);
    if (!model) throw new Error('not live');
    for (let n = 0; n < 12; n++) {
      const id = `01khw00000000000000000${String(n).padStart(4, '0')}` as GrantId;
      world.tables.grants.set(id, { ...model, grant: { ...model.grant, id } });
    }
    world.advance(60);
    const readEntry = async (): Promise<never> => {
      throw error();
    };
    await sweep({ ...world.deps, store: { ...world.deps.store, readEntry } }, never);
    return world.lines.filter((line) => line.includes('a due task failed')).length;
  };

  test('opens after three failures in a row, and not for what is merely not ready', async () => {
    const failing = await tries(() => new Error('AccessDenied'));
    const waiting = await tries(() => new NotReady('later'));
    // They end in a crowd, in which one is begun after another until the place answers: twice the first, and once the next.
    expect(failing).toBe(1);
    expect(waiting).toBe(18);
  });
});

describe('the breaker, of what does not end', () => {
  /** So many live grants that are to be read back, and what became of each. */
  const looks = async (answer: (nth: number) => Error | undefined): Promise<{ failed: number; verified: number }> => {
    const world = newWorld();
    const first = await world.live('dedicated', { duration: '2h' });
    const copy = copier(world.tables, world.prod, first);
    for (let n = 0; n < 23; n++) copy(grantId(at(0), Uint8Array.of(9, n, 0, 0, 0, 0, 0, 0, 0, 0)));
    world.advance(3);
    let nth = 0;
    const deps = withEks(world, (real) => ({
      describeEntry: async (arn) => {
        const error = answer(nth++);
        if (error) throw error;
        return real.describeEntry(arn);
      },
    }));
    await sweep(deps, never);
    return {
      failed: world.lines.filter((line) => line.includes('a due task failed')).length,
      verified: [...world.tables.grants.values()].filter(({ grant }) => grant.state === 'active' && grant.verified)
        .length,
    };
  };

  test('opens after three failures in a row: what had begun is finished, and nothing more is begun', async () => {
    const { failed, verified } = await looks(() => new Error('AccessDenied'));
    expect(verified).toBe(0);
    expect(failed).toBeGreaterThanOrEqual(3);
    expect(failed).toBeLessThanOrEqual(3 + 4);
  });

  test('stays shut while others are done, and for what is merely not ready', async () => {
    const mixed = await looks((nth) => (nth % 2 === 0 ? new Error('throttled') : undefined));
    expect(mixed.failed + mixed.verified).toBe(24);
    expect(await looks(() => new NotReady('later'))).toEqual({ failed: 24, verified: 0 });
  });
});

test('what is not due yet is neither swept nor overdue', async () => {
  const world = newWorld();
  const id = await world.live('dedicated', { duration: '10m' });
  await world.sweepFor(6);
  world.calls.length = 0;
  expect(await sweep(world.deps, never)).toEqual({ due: 0, done: 0, failed: 0, left: 0, oldestOverdueSeconds: 0 });
  expect(world.calls.filter((name) => name === 'store.readGrant')).toEqual([]);
  expect(await stateOf(world, id)).toBe('active');
});

test('of one grant, too, taking away comes first: what is over is not read back as live', async () => {
  const world = newWorld();
  const id = await world.live('dedicated');
  world.advance(60);
  await sweep(world.deps, never);
  expect(await stateOf(world, id)).toBe('ended');
  const types = world.events(id).map(({ body }) => body.type);
  expect(types).not.toContain('verified');
  expect(types).not.toContain('warned');
});

test('what says when to come back is put off until then', async () => {
  const world = newWorld();
  const id = await world.live('role', { duration: '2h' });
  for (const [key, ledger] of world.tables.ledgers) world.tables.ledgers.set(key, { ...ledger, deletedAt: at(0) });
  world.advance(3);
  await sweep(world.deps, never);
  expect(world.tables.grants.get(id)?.retries).toEqual({ verify: { attempts: 0, at: at(4) } });
});

describe('F40: two clocks', () => {
  const decided = async (): Promise<{ world: World; id: GrantId }> => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    world.advance(1);
    return { world, id: grant.id };
  };
  const scheduledAt = (world: World, off: number): Instant => plus(world.now(), seconds(off));

  test.each([60, -60])('%s seconds apart they agree: access is given', async (off) => {
    const { world, id } = await decided();
    await sweep(world.deps, never, scheduledAt(world, off));
    expect(await stateOf(world, id)).toBe('active');
    expect(world.alarms).toEqual([]);
  });

  test.each([61, -61])('%s seconds apart they do not: nothing is given, and it is an alarm', async (off) => {
    const { world, id } = await decided();
    await sweep(world.deps, never, scheduledAt(world, off));
    expect(await stateOf(world, id)).toBe('activating');
    expect(world.aws.created).toEqual([]);
    expect(world.lines.filter((line) => line.startsWith('alarm'))).toEqual([
      `alarm the sweeper's clock and its schedule's differ {"offSeconds":${-off}}`,
    ]);
  });

  test('access is taken away by the later of the two', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(10);
    await sweep(world.deps, never, at(60));
    expect(await stateOf(world, id), 'the schedule’s').toBe('ended');

    const other = newWorld();
    const late = await other.live('dedicated');
    other.advance(60);
    await sweep(other.deps, never, at(10));
    expect(await stateOf(other, late), 'its own').toBe('ended');
  });

  test('a moment before the end by both, nothing is taken away', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.advance(10);
    await sweep(world.deps, never, (at(60) - 1) as Instant);
    expect(await stateOf(world, id)).toBe('active');
  });
});

describe('what it says', () => {
  test('nothing due: zeros, and one short line', async () => {
    const world = newWorld();
    const swept = await sweep(world.deps, never);
    expect(swept).toEqual({ due: 0, done: 0, failed: 0, left: 0, oldestOverdueSeconds: 0 });
    expect(world.lines, 'in few words').toEqual(['info SweepCompleted {"oldestOverdueSeconds":0}']);
  });

  test('the oldest of what should be gone, whether or not its next try is due', async () => {
    const { world } = await ending('ada', 'cyd');
    const deps = withEks(world, () => ({
      deleteEntry: async () => {
        throw new Error('throttled');
      },
    }));
    await sweep(deps, never);
    world.advance(0.5);
    expect(await sweep(deps, never)).toMatchObject({ oldestOverdueSeconds: 30 });
  });

  test('what there was no time for is left', async () => {
    const { world } = await ending('ada', 'cyd');
    let calls = 0;
    const swept = await sweep(world.deps, () => ++calls > 6);
    expect(swept.due).toBe(2);
    expect(swept.done + swept.failed + swept.left).toBe(2);
  });
});

test('an order to end that cannot be worked on holds up nothing else', async () => {
  const { world, ids } = await ending('ada');
  const order = { id: 'o', scope: { kind: 'all' }, by: 'Fay', byId: 'fay', since: at(0) } as const;
  world.hub.stored = { ...world.hub.stored, state: { freezes: [], orders: [order] } };
  const openGrants = async (): Promise<never> => {
    throw new Error('no index');
  };
  const read = async (): Promise<never> => {
    throw new Error('no table');
  };
  await sweep({ ...world.deps, hub: { ...world.deps.hub, openGrants, read } }, never);
  expect(world.lines).toContain(
    'error an order to end could not be worked on and will be tried again {"error":"Error: no table"}',
  );
  expect(await stateOf(world, ids[0] as GrantId)).toBe('ended');
});
