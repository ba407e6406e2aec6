/**
 * How CloudTrail is read. Catches a stretch of time that nobody reads, one that is read for ever, a mark that says more than
 * was read, one account that holds up the others, and an entry of somebody else's that is taken for the emergency's.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { searchTrail, type TrailMarks } from '../../src/broker/searchTrail.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Creation } from '../../src/core/emergency.ts';
import type { ObservedEntry } from '../../src/core/entry.ts';
import type { Actor } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { between, type Duration, days, hours, type Instant, minus, minutes, plus, toIso } from '../../src/core/time.ts';
import { entitlement, group, HOUR, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const roleIn = (account: string): string => `arn:aws:iam::${account}:role/hallpass-emergency`;
const [PROD, TEST] = ['222222222222 eu-west-1', '333333333333 eu-west-1'];
const CONFIG: Configuration = {
  ...WORLD_CONFIG,
  emergency: { assumableBy: ['arn:aws:iam::222222222222:role/Vault'] },
  entitlements: {
    admin: entitlement({
      id: 'admin',
      principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [] },
      breakGlass: {
        ...{ eligible: [group('developers')], maxDuration: (2 * HOUR) as Duration, minReason: 20 },
        ...{ perWeek: 3, reviewWithin: 3 },
      },
    }),
  },
};
const both = (): Configuration => {
  const admin = CONFIG.entitlements['admin'] ?? expect.fail('no such entitlement');
  return { ...CONFIG, entitlements: { admin: { ...admin, clusters: ['prod', 'test'] } } };
};

type Answer = readonly Creation[] | undefined | Error;
let world: World;
let marks: TrailMarks;
let written: TrailMarks[];
/** What was asked for, by account, as milliseconds before now. */
let asked: (readonly [string, number, number])[];
let answer: (account: string, nth: number) => Answer;
beforeEach(() => {
  world = newWorld();
  world.config = CONFIG;
  [marks, written, asked, answer] = [{}, [], [], () => []];
});
const search = (enough: () => boolean = () => false): Promise<readonly GrantId[]> =>
  searchTrail(
    {
      ...world.deps,
      trail: {
        creations: async ({ executor }, { from, to }) => {
          const account = executor.split(':')[4] ?? '';
          asked.push([account, between(from, world.now()), between(to, world.now())]);
          const found = answer(account, asked.length);
          if (found instanceof Error) throw found;
          return found;
        },
      },
      searched: {
        read: async () => marks,
        write: async (next) => {
          written.push(next);
          marks = next;
        },
      },
      emergencyRole: roleIn,
    },
    ACTOR,
    enough,
  );
const ago = (length: number): Instant => minus(world.now(), length as Duration);
const marked = (length: number, step: Duration = days(90), key = PROD): void => {
  marks = { ...marks, [key]: { until: ago(length), step } };
};
const made = (before: Duration, more: Partial<Creation> = {}, nth = 1): Creation => ({
  ...{ clusterName: 'prod', principalArn: KUBERNETES_ADMIN, entryArn: `arn:entry/${nth}`, madeAt: ago(before) },
  ...{ role: roleIn('222222222222'), tags: tagsOf(nth) },
  ...more,
});
const idOf = (nth: number): GrantId => grantId(0 as Instant, new Uint8Array(10).fill(nth));
const tagsOf = (nth: number): Readonly<Record<string, string>> => ({
  'hallpass:hub': CONFIG.hub,
  'hallpass:grant': `emergency-${idOf(nth)}`,
  'hallpass:person': 'ada',
});

describe('what is read', () => {
  test('at first ninety days, six hours of them, and twice as much each time', async () => {
    await search();
    const lengths = asked.map(([, from, to]) => (from - to) / HOUR);
    expect(lengths).toEqual([6, 12, 24, 48, 96, 192, 384, 768, 630]);
    expect([asked[0]?.[1], asked.at(-1)?.[2]]).toEqual([days(90), 0]);
    // Each begins where the one before it ended.
    expect(asked.slice(1).map(([, from]) => from)).toEqual(asked.slice(0, -1).map(([, , to]) => to));
    expect(written).toEqual([{ [PROD]: { until: ago(hours(1)), step: days(90) } }]);
  });

  test('then from its mark on, to this moment; never further back than CloudTrail goes', async () => {
    marked(hours(3));
    await search();
    expect(asked).toEqual([['222222222222', hours(3), 0]]);
    marked(days(200));
    asked = [];
    await search();
    expect(asked).toEqual([['222222222222', days(90), 0]]);
  });

  test.each([
    ['an hour further', hours(2), true],
    ['less than an hour further', hours(2) - 1, false],
    ['no further', hours(1), false],
    ['not even as far', minutes(20), false],
  ])('the mark moves %s', async (_what, before, moved) => {
    marked(before);
    await search();
    expect(written).toEqual(moved ? [{ [PROD]: { until: ago(hours(1)), step: days(90) } }] : []);
  });

  test('what lies less than an hour back keeps its mark: it is not moved back', async () => {
    marked(minutes(20), hours(6));
    await search();
    expect(marks[PROD]).toEqual({ until: ago(minutes(20)), step: hours(12) });
  });

  test.each([
    ['half of what was asked for', days(10), hours(6), hours(3)],
    ['half of what there was to be asked for', hours(4), hours(6), hours(2)],
    ['half, in whole milliseconds', 120_001 as Duration, hours(6), 60_000],
    ['a minute at least', days(1), minutes(1), minutes(1)],
  ])('too much at once: next time %s, from the same mark', async (_what, before, step, next) => {
    marked(before, step);
    answer = () => undefined;
    await search();
    expect(asked).toHaveLength(1);
    expect(marks[PROD]).toEqual({ until: ago(before), step: next });
  });

  test('time is up in the middle: what was read is marked', async () => {
    marked(days(3), hours(6));
    await search(() => asked.length >= 2);
    expect(asked).toHaveLength(2);
    expect(marks[PROD]).toEqual({ until: ago(days(3) - hours(18)), step: hours(24) });
  });
});

describe('accounts', () => {
  test('each by itself, the marks of the others kept', async () => {
    world.config = both();
    marked(hours(3), days(90), 'elsewhere');
    const kept = marks['elsewhere'];
    await search();
    expect(new Set(asked.map(([account]) => account))).toEqual(new Set(['222222222222', '333333333333']));
    const at = { until: ago(hours(1)), step: days(90) };
    expect(marks).toEqual({ elsewhere: kept, [PROD]: at, [TEST]: at });
  });

  test('time is up before the first, and after it', async () => {
    world.config = both();
    expect([await search(() => true), asked, written]).toEqual([[], [], []]);
    marked(hours(3));
    marked(hours(3), days(90), TEST);
    await search(() => asked.length > 0);
    expect(asked).toHaveLength(1);
  });

  test('nothing is read, not even the marks, where no emergency can be', async () => {
    const { emergency: _, ...without } = CONFIG;
    world.config = without;
    marks = new Proxy({}, { get: () => expect.fail('read') });
    await search();
    expect([asked, written]).toEqual([[], []]);
  });

  test.each([
    ['alarm', 'a day', days(1)],
    ['warn', 'a little less', (days(1) - 1) as Duration],
  ])('one that does not answer holds up no other: %s after %s', async (level, _long, before) => {
    world.config = both();
    marked(before);
    marked(hours(3), days(90), TEST);
    answer = (account) => (account === '222222222222' ? new Error('ThrottlingException') : []);
    await search();
    expect(asked.map(([account]) => account)).toContain('333333333333');
    expect(marks[PROD]?.until).toBe(ago(before));
    expect(world.lines).toEqual([
      `${level} CloudTrail could not be searched for emergencies ${JSON.stringify({
        ...{ account: '222222222222', region: 'eu-west-1', searchedUntil: toIso(ago(before)) },
        error: 'Error: ThrottlingException',
      })}`,
    ]);
  });

  test('what was read before it stopped answering is marked', async () => {
    marked(days(3), hours(6));
    answer = (_account, nth) => (nth === 1 ? [] : new Error('gone'));
    await search();
    expect(marks[PROD]).toEqual({ until: ago(days(3) - hours(6)), step: hours(12) });
  });
});

describe('what is taken', () => {
  test('in the order in which it was made', async () => {
    marked(hours(8));
    answer = () => [made(hours(5), {}, 1), made(hours(7), {}, 2), made(hours(6), {}, 3)];
    expect(await search()).toEqual([idOf(2), idOf(3), idOf(1)]);
    expect(marks[PROD]?.until).toBe(ago(hours(1)));
  });

  test.each<[string, Partial<Creation>, boolean]>([
    ['by the emergency role, without a tag', { tags: {} }, true],
    ['by another role, with the tags of it', { role: 'arn:other' }, true],
    ['by another role, another hub’s', { role: 'arn:other', tags: { ...tagsOf(1), 'hallpass:hub': 'x' } }, false],
    ['by another role, a grant’s', { role: 'arn:other', tags: { ...tagsOf(1), 'hallpass:grant': idOf(1) } }, false],
    ['by the emergency role of another account', { role: roleIn('333333333333'), tags: {} }, false],
  ])('%s: %s', async (_what, more, taken) => {
    marked(hours(8));
    answer = () => [made(hours(5), more)];
    expect(await search()).toHaveLength(taken ? 1 : 0);
    expect(world.alarms).toHaveLength(taken ? 1 : 0);
  });

  test('of a cluster of the same name elsewhere, or what is offered no more: alarmed, and the search goes on', async () => {
    world.config = both();
    marked(hours(8));
    marked(hours(8), days(90), TEST);
    const stray = made(hours(5), { clusterName: 'test' });
    answer = (account) => (account === '222222222222' ? [stray, made(hours(4), {}, 2)] : []);
    expect(await search()).toEqual([idOf(2)]);
    expect(world.lines[0]).toBe(
      'alarm an emergency was used for what no entitlement offers any more: it cannot be reviewed here ' +
        JSON.stringify(stray),
    );
  });

  test('of a role that nothing offers: alarmed', async () => {
    marked(hours(8));
    answer = () => [made(hours(5), { principalArn: `${KUBERNETES_ADMIN}2` })];
    expect([await search(), world.tables.grants.size, world.alarms.length]).toEqual([[], 0, 1]);
  });

  test('what is on record already does not keep the mark', async () => {
    answer = () => [made(hours(5))];
    for (const taken of [[idOf(1)], []]) {
      marked(hours(8));
      expect(await search()).toEqual(taken);
      expect(marks[PROD]?.until).toBe(ago(hours(1)));
    }
  });

  test('one that cannot be written keeps the mark, and those beside it are written', async () => {
    marked(hours(8), hours(6));
    answer = () => [made(hours(5)), made(hours(4), {}, 2)];
    const store = world.deps.store;
    let first = true;
    Object.assign(store, {
      commit: (
        (commit) =>
        async (...change: Parameters<typeof commit>) => {
          const lost = first;
          first = false;
          return lost ? ({ ok: false, conflict: 'person' } as const) : commit(...change);
        }
      )(store.commit),
    });
    expect(await search()).toEqual([idOf(2)]);
    expect([asked.length, written]).toEqual([1, []]);
    expect(await search()).toEqual([idOf(1)]);
  });
});

describe('is it what EKS shows now?', () => {
  const shown = (more: Partial<ObservedEntry>): void => {
    world.prod.entries.set(KUBERNETES_ADMIN, {
      entry: {
        ...{ entryArn: 'arn:entry/1', principalArn: KUBERNETES_ADMIN, type: 'STANDARD', username: '' },
        ...{ kubernetesGroups: [], tags: {}, ...more },
      },
      policies: [],
    });
  };
  test.each<[string, string, number | undefined, string]>([
    ['the same name', 'arn:entry/1', 500_000, 'active'],
    ['another name', 'arn:entry/2', 0, 'ended'],
    ['not named, a minute later', 'cloudtrail:1', 60_000, 'active'],
    ['not named, a minute earlier', 'cloudtrail:1', -60_000, 'active'],
    ['not named, more than that', 'cloudtrail:1', 60_001, 'ended'],
    ['not named, and EKS does not date it', 'cloudtrail:1', undefined, 'ended'],
  ])('%s', async (_what, entryArn, off, state) => {
    marked(hours(1));
    shown(off === undefined ? {} : { createdAt: plus(ago(minutes(5)), off as Duration) });
    answer = () => [made(minutes(5), { entryArn })];
    await search();
    // What is live is on record under the name that EKS has for it.
    const named = state === 'active' ? 'arn:entry/1' : entryArn;
    expect(await world.grant(idOf(1))).toMatchObject({ state, breakGlass: { emergency: { entryArn: named } } });
  });
});
