/**
 * Emergencies that CloudTrail alone still knows of (F21). Catches one that nobody ever reviews because the reaper, or its
 * user, was faster than the hub; one that is taken twice; one that is lost because a write failed, an event came late, or
 * there was too much to read; and one whose user wrote tags that should hide it.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { importEmergencies } from '../../src/broker/importEmergencies.ts';
import { searchTrail, type TrailMarks } from '../../src/broker/searchTrail.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Creation } from '../../src/core/emergency.ts';
import type { Actor } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Duration, days, hours, type Instant, instant, minus, minutes, plus, toIso } from '../../src/core/time.ts';
import { group, HOUR, KUBERNETES_ADMIN, one } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const EMERGENCY = 'arn:aws:iam::222222222222:role/hallpass-emergency';
const admin = WORLD_CONFIG.entitlements['admin'];
if (!admin) throw new Error('the fixtures have no such entitlement');
const breakGlass = {
  eligible: [group('developers')],
  maxDuration: (2 * HOUR) as Duration,
  minReason: 20,
  perWeek: 3,
  reviewWithin: 3,
};
const CONFIG: Configuration = {
  ...WORLD_CONFIG,
  emergency: { assumableBy: ['arn:aws:iam::222222222222:role/Vault'] },
  reviewers: [one('eve')],
  entitlements: { ...WORLD_CONFIG.entitlements, admin: { ...admin, breakGlass } },
};
const prod = CONFIG.clusters[admin.clusters[0] ?? ''];
if (!prod) throw new Error('the fixtures have no such cluster');

let world: World;
let marks: TrailMarks;
let events: Creation[];
let asked: { from: Instant; to: Instant }[];
/** More than so many events in one question are too many to be read. */
let most: number;
beforeEach(() => {
  world = newWorld();
  world.config = CONFIG;
  [marks, events, asked, most] = [{}, [], [], Number.POSITIVE_INFINITY];
});

const trail = {
  creations: async (_target: object, window: { from: Instant; to: Instant }) => {
    asked.push(window);
    const found = events.filter(({ madeAt }) => madeAt >= window.from && madeAt <= window.to);
    return found.length > most ? undefined : found;
  },
};
const search = (more: Partial<World['deps']> = {}) =>
  searchTrail(
    {
      ...world.deps,
      ...more,
      trail,
      searched: {
        read: async () => marks,
        write: async (next) => {
          marks = next;
        },
      },
      emergencyRole: () => EMERGENCY,
    },
    ACTOR,
    () => false,
  );

const idAt = (at: Instant, nth = 1): GrantId => grantId(at, new Uint8Array(10).fill(nth));
const made = (minutesAgo: number, more: Partial<Creation> = {}, nth = 1): Creation => {
  const madeAt = minus(world.deps.now(), minutes(minutesAgo));
  return {
    clusterName: prod.name,
    principalArn: KUBERNETES_ADMIN,
    entryArn: `${prod.arn}/access-entry/emergency-${nth}`,
    madeAt,
    role: EMERGENCY,
    madeBy: `${EMERGENCY}/ada`,
    tags: {
      'hallpass:hub': CONFIG.hub,
      'hallpass:grant': `emergency-${idAt(madeAt, nth)}`,
      'hallpass:expires': toIso(plus(madeAt, minutes(30))),
      'hallpass:person': 'ada',
    },
    ...more,
  };
};
const grants = () => [...world.tables.grants.values()].map(({ grant }) => grant);
const stillThere = (creation: Creation): void => {
  world.prod.entries.set(KUBERNETES_ADMIN, {
    entry: {
      ...{ entryArn: creation.entryArn, principalArn: KUBERNETES_ADMIN, type: 'STANDARD', username: '' },
      ...{ kubernetesGroups: [], tags: creation.tags, createdAt: creation.madeAt },
    },
    policies: [],
  });
};

describe('what is gone', () => {
  test('is on record as ended, under its id, with its review owed and who made it', async () => {
    events = [made(300)];
    const [id] = await search();
    expect(grants()).toMatchObject([
      {
        id: idAt(events[0]?.madeAt ?? instant(0)),
        state: 'ended',
        reason: 'expired',
        requester: { id: 'ada' },
        review: { reminders: 0 },
        breakGlass: { emergency: { person: 'ada', madeBy: `${EMERGENCY}/ada`, madeAt: events[0]?.madeAt } },
      },
    ]);
    expect(world.chainFaults(id as GrantId)).toEqual([]);
    expect(world.tables.people.get('ada')).toMatchObject({ open: {}, uses: [{ id }] });
    // It holds nothing, and what comes late is still looked for.
    expect(world.tables.claims.size).toBe(0);
    await world.sweepFor(15);
    expect(grants()).toMatchObject([{ aftercare: { settlePasses: 2 } }]);
  });

  test('before its end: somebody took it away', async () => {
    events = [made(10)];
    await search();
    expect(grants()).toMatchObject([{ state: 'ended', reason: 'removedExternally' }]);
  });

  test('told twice, searched for again, and by another run: once', async () => {
    const creation = made(90);
    events = [creation, creation];
    await search();
    world.advance(5);
    marks = {};
    await search();
    expect(grants()).toHaveLength(1);
    expect(world.tables.people.get('ada')?.uses).toHaveLength(1);
  });

  test('while others use the role now: their entry and their claim stay as they are', async () => {
    const live = await world.live('role');
    const before = structuredClone([...world.tables.ledgers.values()]);
    events = [made(600)];
    await search();
    expect(grants().find(({ id }) => id !== live)).toMatchObject({ state: 'ended' });
    expect([...world.tables.ledgers.values()]).toEqual(before);
    await world.sweepFor(3);
    expect(await world.grant(live)).toMatchObject({ state: 'active' });
  });
});

describe('what its user wrote does not hide it', () => {
  test.each([
    ['no tags at all', {}],
    ['an id that is none', { 'hallpass:grant': 'emergency-none-of-your-business', 'hallpass:hub': 'x' }],
    ['another hub', { 'hallpass:hub': 'other', 'hallpass:grant': `emergency-${idAt(instant(0))}` }],
    ['an end in years', { 'hallpass:expires': '2040-01-01T00:00:00.000Z' }],
  ] as const)('%s', async (_what, tags) => {
    events = [made(500, { tags })];
    await search();
    expect(grants()).toMatchObject([{ state: 'ended', reason: 'expired', review: {} }]);
    expect(grants()[0]?.duration).toBeLessThanOrEqual(hours(4));
    world.advance(5);
    await search();
    expect(grants()).toHaveLength(1);
  });

  test('the id of a grant that is on record', async () => {
    const other = await world.live('dedicated');
    events = [made(500, { tags: { ...made(500).tags, 'hallpass:grant': `emergency-${other}` } })];
    await search();
    expect(grants()).toHaveLength(2);
    expect(grants().find(({ id }) => id !== other)).toMatchObject({ breakGlass: { emergency: { person: 'ada' } } });
  });

  test('still there, its tags gone: ended by the record', async () => {
    const creation = made(500);
    events = [creation];
    stillThere({ ...creation, tags: {} });
    await search();
    expect(grants()).toMatchObject([{ state: 'active' }]);
    await world.sweepFor(3);
    expect([...world.prod.entries.keys()]).toEqual([]);
    expect(grants()).toMatchObject([{ state: 'ended' }]);
  });
});

test('seen by EKS first and by CloudTrail later, even if that does not tell the entry’s name: once', async () => {
  const creation = made(5);
  stillThere(creation);
  await importEmergencies(world.deps, ACTOR, () => false);
  events = [
    { ...creation, entryArn: 'cloudtrail:0001', madeAt: instant(Math.floor(creation.madeAt / 1_000) * 1_000) },
    creation,
  ];
  await search();
  expect(grants()).toMatchObject([{ state: 'active' }]);
});

describe('what is not taken', () => {
  test.each([
    [
      'an entry of the hub itself',
      {
        role: 'arn:aws:iam::222222222222:role/executor',
        tags: { 'hallpass:hub': CONFIG.hub, 'hallpass:grant': idAt(instant(0)) },
      },
    ],
    ['somebody’s own entry', { role: 'arn:aws:iam::222222222222:role/terraform', tags: {} }],
    ['another principal, which no entitlement offers', { principalArn: 'arn:aws:iam::222222222222:role/nodes' }],
    ['another cluster', { clusterName: 'elsewhere' }],
  ] as const)('%s', async (_what, more) => {
    events = [made(100, more)];
    await search();
    expect(grants()).toEqual([]);
  });

  test('nothing is asked where there is no emergency role', async () => {
    const { emergency: _, ...without } = CONFIG;
    world.config = without;
    events = [made(100)];
    await search();
    expect([asked, grants(), marks]).toEqual([[], [], {}]);
  });
});

describe('nothing is lost', () => {
  test('a write that fails: the mark stays, and the next run has it', async () => {
    events = [made(300), made(200, {}, 2)];
    world.strike(4, 'failBefore');
    await search();
    world.calm();
    const [mark] = Object.values(marks);
    expect(mark === undefined || mark.until <= (events[0]?.madeAt ?? 0)).toBe(true);
    await search();
    expect(grants()).toHaveLength(2);
  });

  test('an event that is told almost an hour late is found, after searches that did not see it', async () => {
    await search();
    world.advance(30);
    const late = made(0);
    for (let n = 0; n < 5; n++) {
      world.advance(11);
      await search();
    }
    events = [late];
    world.advance(1);
    await search();
    expect(grants()).toHaveLength(1);
  });

  test('somebody else was first to change what it hangs on: the mark stays, and the next run has it', async () => {
    events = [made(300), made(200, {}, 2)];
    let refused = 0;
    const busy = {
      ...world.deps.store,
      commit: async (change: Parameters<typeof world.deps.store.commit>[0]) =>
        refused++ === 0 ? ({ ok: false, conflict: 'person' } as const) : world.deps.store.commit(change),
    };
    await search({ store: busy });
    expect(grants()).toHaveLength(1);
    expect(Object.values(marks).every(({ until }) => until <= (events[0]?.madeAt ?? 0))).toBe(true);
    await search();
    expect(grants()).toHaveLength(2);
  });

  test('the first search goes back ninety days, later ones an hour or two', async () => {
    await search();
    expect(Math.min(...asked.map(({ from }) => from))).toBe(minus(world.deps.now(), days(90)));
    expect(asked.length).toBeLessThan(15);
    asked = [];
    world.advance(5);
    await search();
    expect(Math.min(...asked.map(({ from }) => from))).toBeGreaterThanOrEqual(minus(world.deps.now(), hours(2)));
  });

  test('more than can be read at once is read in smaller parts', async () => {
    events = Array.from({ length: 400 }, (_, n) =>
      made(2_000 + n, { role: 'arn:aws:iam::222222222222:role/executor', tags: {} }),
    );
    events.push(made(2_100, {}, 2));
    most = 40;
    for (let n = 0; n < 60 && grants().length === 0; n++) await search();
    expect(grants()).toHaveLength(1);
  });

  test('CloudTrail does not answer: said, loudly after a day, and no other account waits for it', async () => {
    const failing = { creations: () => Promise.reject(new Error('ThrottlingException')) };
    const deps = { ...world.deps, trail: failing, searched: { read: async () => marks, write: async () => {} } };
    const run = () => searchTrail({ ...deps, emergencyRole: () => EMERGENCY }, ACTOR, () => false);
    marks = { [`${prod.account} ${prod.region}`]: { until: minus(world.deps.now(), hours(2)), step: hours(6) } };
    await run();
    expect(world.alarms).toEqual([]);
    world.advance(60 * 24);
    await run();
    expect(world.alarms).toEqual(['CloudTrail could not be searched for emergencies']);
  });
});
