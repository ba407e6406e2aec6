/**
 * Which rules were in force when. Catches a change of the rules that nobody sees, one that is told over and over, one that
 * says the wrong thing about who gains, and one that is lost because something died in between.
 */
import { beforeEach, expect, test } from 'vitest';
import { announceConfiguration } from '../../src/broker/announceConfiguration.ts';
import { faultsOf } from '../../src/core/audit.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Actor } from '../../src/core/grant.ts';
import { HUB } from '../../src/core/hub.ts';
import { hours } from '../../src/core/time.ts';
import { group } from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const admin = WORLD_CONFIG.entitlements['admin'];
if (!admin) throw new Error('the fixtures have no such entitlement');
const with_ = (digest: string, change: object): Configuration => ({
  ...WORLD_CONFIG,
  digest,
  entitlements: { ...WORLD_CONFIG.entitlements, admin: { ...admin, ...change } },
});
const FIRST = with_('first', {});
const WIDER = with_('wider', { maxDuration: hours(12), eligible: [...admin.eligible, group('platform')] });

let world: World;
let kept: Map<string, Configuration>;
beforeEach(() => {
  world = newWorld();
  kept = new Map();
});
const announce = (config: Configuration, release = '1.0.0') =>
  announceConfiguration(
    {
      ...world.deps,
      deployed: () => config,
      release: async () => release,
      configurations: {
        read: async (digest) => kept.get(digest),
        keep: async (one) => void kept.set(one.digest, one),
      },
    },
    ACTOR,
  );
const told = () => world.hub.events.map(({ body }) => body);

test('the first, then nothing until something changes', async () => {
  expect([await announce(FIRST), await announce(FIRST)]).toEqual([true, false]);
  expect(told()).toMatchObject([{ type: 'configurationChanged', now: { digest: 'first', release: '1.0.0' } }]);
  expect(told()[0]).not.toHaveProperty('was');
  expect(world.hub.stored.state.configuration).toMatchObject({ digest: 'first' });
});

test('from what to what, and who gains by it; in the chain of the hub', async () => {
  await announce(FIRST);
  world.advance(60);
  await announce(WIDER);
  expect(told()[1]).toMatchObject({
    was: { digest: 'first' },
    now: { digest: 'wider', since: world.deps.now() },
    changes: {
      width: 'wider',
      entitlements: [
        { entitlement: 'admin', terms: expect.arrayContaining([expect.stringMatching(/maxDuration: 4h → 12h/)]) },
      ],
    },
  });
  expect(faultsOf(HUB, world.hub.events, world.deps.sha256)).toEqual([]);
});

test('back again, as after a deployment that failed: said, too', async () => {
  for (const config of [FIRST, WIDER, FIRST]) await announce(config);
  expect(
    told().map((body) => (body.type === 'configurationChanged' ? [body.now.digest, body.changes?.width] : [])),
  ).toEqual([
    ['first', undefined],
    ['wider', 'wider'],
    ['first', 'narrower'],
  ]);
});

test('another release with the same rules', async () => {
  await announce(FIRST);
  await announce(FIRST, '1.1.0');
  expect(told()[1]).toMatchObject({ was: { release: '1.0.0' }, now: { release: '1.1.0' }, changes: { width: 'same' } });
});

test('what was before cannot be read any more: said without who gains', async () => {
  await announce(FIRST);
  kept.clear();
  await announce(WIDER);
  expect(told()[1]).toMatchObject({ was: { digest: 'first' }, now: { digest: 'wider' } });
  expect(told()[1]).not.toHaveProperty('changes');
});

test('two sweeps at once: once', async () => {
  await announce(FIRST);
  await Promise.all([announce(WIDER), announce(WIDER)]);
  expect(told()).toHaveLength(2);
});

test('ten thousand people who gain fit into one event', async () => {
  const people = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, n) => [`p${n}`, { ...WORLD_CONFIG.directory.people['ada'], id: `p${n}` }]),
  ) as Configuration['directory']['people'];
  const all = {
    ...WIDER,
    directory: { ...WORLD_CONFIG.directory, people },
    entitlements: {
      admin: { ...admin, eligible: Object.keys(people).map((person) => ({ kind: 'person' as const, id: person })) },
    },
  } as unknown as Configuration;
  await announce(FIRST);
  const before = JSON.stringify(all).length;
  await announce(all);
  const [, body] = told();
  expect(before).toBeGreaterThan(500_000);
  expect(JSON.stringify(body).length).toBeLessThan(20_000);
});
