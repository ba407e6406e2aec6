/**
 * Catches a standing role that nobody can be given any more: after a removal is over nothing may be left on record that
 * says it is under way, for whoever comes next, with break-glass too, waits for it.
 */
import { expect, test } from 'vitest';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import type { Deps } from '../../src/broker/ports.ts';
import { revokeGrant } from '../../src/broker/revokeGrant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const removing = (world: World): boolean =>
  [...world.tables.ledgers.values()].some(({ removingSince }) => removingSince !== undefined);

/** Ada's grant is ended and removed between EKS's answer to the create and the record of it; the entry comes back late. */
async function endedWhileBeingMade(world: World): Promise<GrantId> {
  const { grant } = await world.request('ada', { entitlement: 'admin' });
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  let met = false;
  const commit: Deps['store']['commit'] = async (change) => {
    if (!met && change.events.some(({ body }) => body.type === 'activated')) {
      met = true;
      const entries = new Map(world.prod.entries);
      await endGrant(world.deps, { ...by(world, 'ada'), id: grant.id });
      await revokeGrant(world.deps, grant.id, WORKFLOW);
      for (const [arn, entry] of entries) world.prod.entries.set(arn, entry);
    }
    return world.deps.store.commit(change);
  };
  await activateGrant({ ...world.deps, store: { ...world.deps.store, commit } }, grant.id, WORKFLOW);
  expect(met).toBe(true);
  return grant.id;
}

test('ended while it was being made, undone at once: the next one waits for nothing', async () => {
  const world = newWorld();
  await endedWhileBeingMade(world);
  expect(world.prod.entries.size).toBe(0);
  expect(removing(world)).toBe(false);
  // A delete of ours may still come: what it removes is made again.
  expect([...world.tables.ledgers.values()][0]?.deletedAt).toBe(world.now());
  const next = await world.live('role', {}, 'cyd');
  expect((await world.grant(next)).state).toBe('active');
});

/** What a late create left, to be found by the look back at two minutes. */
async function foundLate(): Promise<World> {
  const world = newWorld();
  const id = await world.live('role');
  const entry = world.prod.entries.get(KUBERNETES_ADMIN);
  if (!entry) throw new Error('no entry');
  await endGrant(world.deps, { ...by(world, 'ada'), id });
  await world.revoke(id);
  world.prod.entries.set(KUBERNETES_ADMIN, entry);
  world.advance(2);
  return world;
}

/** The how manieth call of the look back is its delete. */
async function deleteCall(): Promise<number> {
  const world = await foundLate();
  const before = world.calls.length;
  await world.sweep();
  return world.calls.slice(before).indexOf('eks.deleteEntry') + 1;
}

test.each(['failAfter', 'crashAfter'] as const)(
  'a look back that loses the answer to its delete (%s): nobody waits longer than until the next one',
  async (fault) => {
    const world = await foundLate();
    world.strike(await deleteCall(), fault);
    await world.sweep().catch(() => {});
    world.calm();
    expect([world.prod.entries.size, removing(world)]).toEqual([0, true]);
    await world.sweepFor(2);
    expect(removing(world)).toBe(false);
    const next = await world.live('role', {}, 'cyd');
    expect((await world.grant(next)).state).toBe('active');
  },
);

test('F7: a claim that came back with a restored table does not say how live access should be', async () => {
  const world = newWorld();
  const old = await world.live('role');
  await world.sweepFor(5);
  world.tableId = 'table-2';
  const rule = world.config.entitlements['admin'];
  if (!rule) throw new Error('the fixtures have no such entitlement');
  const access = { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'cluster' } as const;
  world.config = { ...world.config, entitlements: { ...world.config.entitlements, admin: { ...rule, access } } };
  const { id } = (await world.request('cyd', { entitlement: 'admin' })).grant;
  await world.prepare(id);
  await world.approve('bob', id);
  await world.sweepFor(15);
  expect((await world.grant(id)).state).toBe('active');
  expect((await world.grant(old)).state).not.toBe('failed');
  expect(world.prod.entries.get(KUBERNETES_ADMIN)?.policies.map(({ policyArn }) => policyArn)).toEqual([
    expect.stringMatching(/AmazonEKSEditPolicy$/),
  ]);
});
