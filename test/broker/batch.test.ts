/**
 * Catches F23 and I6 where one request is several grants: a decision that reaches one of them only, or one that was
 * withdrawn meanwhile; an approval that is on no chain; a cluster that fails and takes the others with it; limits that
 * count ten clusters as one.
 */
import { describe, expect, test } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { endGrant, endTogether } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { draft } from '../../src/broker/record.ts';
import { previewRequest, requestGrant } from '../../src/broker/requestGrant.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { State } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { RequestInput } from '../../src/core/request.ts';
import { CONFIG, countCases, ENTITLEMENT, entitlement, group, HOUR } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, WORLD_CONFIG, type World } from './fake-world.ts';

const edge = { ...CONFIG.clusters['test'], name: 'edge', account: '444444444444' } as Configuration['clusters'][string];
const NAMES = ['prod', 'test', 'edge'] as const;
const THREE: Configuration = {
  ...WORLD_CONFIG,
  clusters: {
    ...WORLD_CONFIG.clusters,
    edge: {
      ...edge,
      arn: 'arn:aws:eks:eu-west-1:444444444444:cluster/edge',
      executor: 'arn:aws:iam::444444444444:role/hallpass-executor',
    },
  },
  entitlements: { ...WORLD_CONFIG.entitlements, 'prod-view': entitlement({ clusters: NAMES }) },
};
const INPUT: RequestInput = { entitlement: 'prod-view', clusters: NAMES, justification: 'INC-4211' };

function worldOfThree(config: Configuration = THREE): World {
  const world = newWorld();
  world.config = config;
  const made = world.aws.clusters.get('333333333333/eu-west-1/test');
  if (made)
    world.aws.clusters.set('444444444444/eu-west-1/edge', {
      ...made,
      arn: 'arn:aws:eks:eu-west-1:444444444444:cluster/edge',
      entries: new Map(),
    });
  return world;
}

const as = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const ask = (world: World, input: Partial<RequestInput> = {}, idempotencyKey?: string) =>
  requestGrant(world.deps, {
    ...as(world, 'ada'),
    input: { ...INPUT, ...input },
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });

async function asked(config?: Configuration): Promise<{ world: World; ids: [GrantId, GrantId, GrantId] }> {
  const world = worldOfThree(config);
  const answer = await ask(world);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  const ids = answer.value.all.map((one) => one.stored.grant.id) as [GrantId, GrantId, GrantId];
  return { world, ids };
}
const prepared = async (config?: Configuration) => {
  const batch = await asked(config);
  for (const id of batch.ids) await batch.world.prepare(id);
  return batch;
};
const statesOf = async (world: World, ids: readonly GrantId[]): Promise<State[]> =>
  Promise.all(ids.map(async (id) => (await world.grant(id)).state));
const typesOf = (world: World, id: GrantId): string[] => world.events(id).map((event) => event.body.type);

describe('asking', () => {
  test('a grant for each cluster, each of which knows the others, in one transaction', async () => {
    const { world, ids } = await asked();
    expect(world.calls.filter((name) => name.startsWith('store.commit'))).toEqual(['store.commitAll']);
    const batch = { id: ids[0], grants: ids.map((id, n) => ({ id, cluster: NAMES[n] })) };
    for (const [n, id] of ids.entries())
      expect(await world.grant(id)).toMatchObject({ state: 'pending', cluster: { name: NAMES[n] }, batch });
    expect(world.started).toEqual(ids);
    expect(Object.keys(world.tables.people.get('ada')?.open ?? {})).toHaveLength(3);
  });

  test('one cluster by itself is no batch, and a cluster named twice is one', async () => {
    const world = worldOfThree();
    const answer = await ask(world, { clusters: ['test', 'test'] });
    expect(answer.ok && answer.value.all).toHaveLength(1);
    expect(answer.ok && 'batch' in answer.value.stored.grant).toBe(false);
  });

  test('one that is open already is answered, and the new ones are a batch without it', async () => {
    const world = worldOfThree();
    const { grant } = await world.request('ada', { cluster: 'test' });
    const answer = await ask(world);
    expect(answer.ok && answer.value.all.map((one) => one.created)).toEqual([true, false, true]);
    expect(answer.ok && answer.value.all[1]?.stored.grant.id).toBe(grant.id);
    expect(answer.ok && answer.value.stored.grant.batch?.grants.map((one) => one.cluster)).toEqual(['prod', 'edge']);
  });

  test('the same key answers all of them again; another body under it is refused', async () => {
    const world = worldOfThree();
    const [first, again] = [await ask(world, {}, 'key'), await ask(world, {}, 'key')];
    const ids = (answer: typeof first) => (answer.ok ? answer.value.all.map((one) => one.stored.grant.id) : []);
    expect(ids(again)).toEqual(ids(first));
    expect(ids(first)).toHaveLength(3);
    expect(again.ok && again.value.all.some((one) => one.created)).toBe(false);
    expect(world.tables.grants.size).toBe(3);
    expect(await ask(world, { clusters: ['prod'] }, 'key')).toMatchObject({
      error: { reason: 'idempotencyKeyReused' },
    });
  });

  test('if one is not offered, nothing is asked for', async () => {
    const world = worldOfThree();
    expect(await ask(world, { clusters: ['prod', 'nowhere'] })).toMatchObject({
      ok: false,
      error: { reason: 'clusterNotOffered', cluster: 'nowhere' },
    });
    expect(world.tables.grants.size).toBe(0);
  });

  test('F18: limits count each of them, and the dry run says the same', async () => {
    for (const [limits, error] of [
      [
        { openGrantsPerPerson: 2, requestsPerPersonAndHour: 10 },
        { reason: 'tooManyOpenGrants', open: 0, limit: 2, wanted: 3 },
      ],
      [
        { openGrantsPerPerson: 5, requestsPerPersonAndHour: 2 },
        { reason: 'tooManyRequests', inLastHour: 0, limit: 2, wanted: 3 },
      ],
    ] as const) {
      const world = worldOfThree({ ...THREE, limits: { ...THREE.limits, ...limits } });
      expect(await ask(world)).toMatchObject({ ok: false, error });
      expect(await previewRequest(world.deps, { ...as(world, 'ada'), input: INPUT })).toMatchObject({
        ok: false,
        error,
      });
      expect(world.tables.grants.size).toBe(0);
    }
  });

  test('the hour that has to pass is that of the request in the way', async () => {
    const world = worldOfThree({
      ...THREE,
      limits: { ...THREE.limits, openGrantsPerPerson: 50, requestsPerPersonAndHour: 4 },
    });
    await world.request('ada', { cluster: 'prod' });
    world.advance(10);
    await world.request('ada', { entitlement: 'admin' });
    world.advance(10);
    const answer = await ask(world, { clusters: ['test', 'edge'] });
    expect(answer.ok).toBe(true);
    world.advance(5);
    await withdrawGrant(world.deps, {
      ...as(world, 'ada'),
      id: answer.ok ? answer.value.stored.grant.id : ('' as GrantId),
    });
    expect(await ask(world, { clusters: ['test', 'edge'] })).toMatchObject({
      error: { reason: 'tooManyRequests', inLastHour: 4, again: world.deps.now() - 15 * 60_000 + 60 * 60_000 },
    });
  });

  test('the dry run lists all', async () => {
    const world = worldOfThree();
    const preview = await previewRequest(world.deps, { ...as(world, 'ada'), input: INPUT });
    expect(preview.ok && preview.value.all.map((one) => one.plan.cluster.name)).toEqual(NAMES);
    expect(world.tables.grants.size).toBe(0);
  });
});

describe('F23, I6: one decision', () => {
  test.each([0, 1, 2] as const)('an approval of number %i is on the chain of each, and each is armed', async (n) => {
    const { world, ids } = await prepared();
    const before = world.calls.length;
    const answer = await world.approve('bob', ids[n]);
    expect(answer).toMatchObject({ ok: true, value: { grant: { id: ids[n], state: 'activating' } } });
    expect(world.calls.slice(before).filter((name) => name.startsWith('store.commit'))).toEqual(['store.commitAll']);
    for (const id of ids) {
      expect(typesOf(world, id)).toEqual(['requested', 'prepared', 'approved', 'armed']);
      expect(world.chainFaults(id)).toEqual([]);
      expect((await world.activate(id)).kind).toBe('active');
    }
    expect([...world.aws.clusters.values()].map((cluster) => cluster.entries.size)).toEqual([1, 1, 1]);
  });

  test.each([0, 1, 2] as const)('a denial of number %i ends all, and all may be asked for again', async (n) => {
    const { world, ids } = await prepared();
    await world.decide('bob', ids[n], { kind: 'deny', reason: 'not today' });
    for (const id of ids)
      expect(await world.grant(id)).toMatchObject({ state: 'denied', reason: 'not today', by: 'Bob' });
    expect(world.tables.people.get('ada')?.open).toEqual({});
  });

  test('a withdrawal of one takes all of them back; nobody else can', async () => {
    const { world, ids } = await prepared();
    expect(await withdrawGrant(world.deps, { ...as(world, 'bob'), id: ids[1] })).toMatchObject({ ok: false });
    expect(await withdrawGrant(world.deps, { ...as(world, 'ada'), id: ids[1] })).toMatchObject({ ok: true });
    expect(await statesOf(world, ids)).toEqual(['withdrawn', 'withdrawn', 'withdrawn']);
  });

  test('two of two: half of it is recorded on each, and the other half arms each', async () => {
    const steps = [{ approvers: [group('leads')], approvalsNeeded: 2, channels: [] }];
    const two = {
      ...THREE,
      entitlements: { 'prod-view': entitlement({ clusters: NAMES, approval: { ...ENTITLEMENT.approval, steps } }) },
    };
    const { world, ids } = await prepared(two);
    await world.approve('bob', ids[0]);
    expect(await statesOf(world, ids)).toEqual(['pending', 'pending', 'pending']);
    expect(await world.approve('bob', ids[2])).toMatchObject({ ok: false, error: { reason: 'alreadyApproved' } });
    await world.approve('cyd', ids[2]);
    expect(await statesOf(world, ids)).toEqual(['activating', 'activating', 'activating']);
  });

  test('through the channels of the step: none of them in Slack, all of them in the console, each with where it was', async () => {
    const steps = [
      { approvers: [group('leads')], approvalsNeeded: 1, channels: [] },
      { approvers: [group('leads')], approvalsNeeded: 1, channels: ['console'] },
    ] as const;
    const config = {
      ...THREE,
      entitlements: { 'prod-view': entitlement({ clusters: NAMES, approval: { ...ENTITLEMENT.approval, steps } }) },
    };
    const { world, ids } = await prepared(config);
    const through = (who: string, channel: 'slack' | 'console', id: GrantId) =>
      decideGrant(world.deps, { ...as(world, who), channel, id, decision: { kind: 'approve' } });
    expect(await through('bob', 'slack', ids[0])).toMatchObject({ ok: true });
    for (const id of ids)
      expect(await through('cyd', 'slack', id)).toMatchObject({ error: { reason: 'channelNotAllowed' } });
    expect(await statesOf(world, ids)).toEqual(['pending', 'pending', 'pending']);
    expect(await through('cyd', 'console', ids[2])).toMatchObject({ ok: true });
    for (const id of ids) {
      expect((await world.grant(id)).approvals.map(({ personId, channel }) => [personId, channel])).toEqual([
        ['bob', 'slack'],
        ['cyd', 'console'],
      ]);
      expect((await world.activate(id)).kind).toBe('active');
    }
  });

  test('F17: the requester decides none of them through any other', async () => {
    const { world, ids } = await prepared();
    for (const id of ids) expect(await world.approve('ada', id)).toMatchObject({ error: { reason: 'selfApproval' } });
    expect(await statesOf(world, ids)).toEqual(['pending', 'pending', 'pending']);
  });

  test('what was withdrawn, denied or lapsed by itself stays so, and the rest is decided', async () => {
    const { world, ids } = await asked();
    world.aws.clusters.delete('333333333333/eu-west-1/test');
    for (const id of ids) await world.prepare(id);
    expect(await statesOf(world, ids), 'a cluster that is gone denies its own grant only').toEqual([
      'pending',
      'denied',
      'pending',
    ]);
    expect(await world.approve('bob', ids[0])).toMatchObject({ ok: true });
    expect(await statesOf(world, ids)).toEqual(['activating', 'denied', 'activating']);
  });

  test('deciding one that is over decides what is left', async () => {
    const { world, ids } = await asked();
    world.aws.clusters.delete('333333333333/eu-west-1/test');
    for (const id of ids) await world.prepare(id);
    expect(await world.approve('bob', ids[1])).toMatchObject({ ok: true, value: { grant: { state: 'denied' } } });
    expect(await statesOf(world, ids)).toEqual(['activating', 'denied', 'activating']);
    expect(await world.approve('bob', ids[1])).toMatchObject({ ok: false, error: { reason: 'notPending' } });
  });

  test('one that the rules no longer cover is left as it is; its activation would be refused', async () => {
    const { world, ids } = await prepared();
    world.config = { ...THREE, entitlements: { 'prod-view': entitlement({ clusters: ['prod', 'edge'] }) } };
    expect((await world.approve('bob', ids[1])).ok).toBe(true);
    expect(await statesOf(world, ids)).toEqual(['activating', 'pending', 'activating']);
  });

  test('one cluster that fails to activate leaves the others', async () => {
    const { world, ids } = await prepared();
    await world.approve('bob', ids[0]);
    world.aws.clusters.delete('333333333333/eu-west-1/test');
    for (const id of ids) await world.activate(id);
    expect(await statesOf(world, ids)).toEqual(['active', 'revoking', 'active']);
  });

  test('approved and denied by two people at once: all of them the one or all of them the other', async () => {
    let orders = 0;
    for (const first of [0, 1, 2] as const)
      for (const second of [0, 1, 2] as const) {
        const { world, ids } = await prepared();
        await Promise.all([
          world.approve('bob', ids[first]),
          world.decide('cyd', ids[second], { kind: 'deny', reason: 'no' }),
        ]);
        const states = new Set(await statesOf(world, ids));
        expect(states.size, [...states].join()).toBe(1);
        orders++;
      }
    countCases('two deciders of one batch', orders);
  });

  test('a member that changes under the decision loses nothing: it is decided again about what is left', async () => {
    const { world, ids } = await prepared();
    const { store } = world.deps;
    let overtaken = false;
    const commitAll: typeof store.commitAll = async (changes) => {
      const stored = await store.readGrant(ids[1]);
      if (!overtaken && stored)
        await store.commit(draft(world.deps, stored, WORKFLOW, [{ type: 'denied', reason: 'clusterGone' }]));
      overtaken = true;
      return store.commitAll(changes);
    };
    const deps = { ...world.deps, store: { ...store, commitAll } };
    const request = { ...as(world, 'bob'), id: ids[0], decision: { kind: 'approve' } } as const;
    expect(await decideGrant(deps, request)).toMatchObject({ ok: true });
    expect(await statesOf(world, ids)).toEqual(['activating', 'denied', 'activating']);
    for (const id of ids) expect(world.chainFaults(id)).toEqual([]);
  });

  test('an extension is the matter of one grant: what is still pending beside it stays so', async () => {
    const extension = { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false };
    const rule = (clusters: readonly string[]): Configuration => ({
      ...THREE,
      entitlements: { 'prod-view': entitlement({ clusters, extension }) },
    });
    const { world, ids } = await prepared(rule(NAMES));
    world.config = rule(['prod', 'edge']);
    await world.approve('bob', ids[0]);
    await world.activate(ids[0]);
    world.config = rule(NAMES);
    const input = { duration: '30m', justification: 'not done yet' };
    expect((await extendGrant(world.deps, { ...as(world, 'ada'), id: ids[0], input })).ok).toBe(true);
    expect((await world.approve('bob', ids[0])).ok).toBe(true);
    expect(await world.grant(ids[0])).toMatchObject({ extension: { granted: true } });
    expect(await statesOf(world, ids)).toEqual(['active', 'pending', 'activating']);
  });

  test('nor does deciding what is pending reach an extension beside it; nor what has begun keep anything pending', async () => {
    const extension = { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false };
    const rule = (clusters: readonly string[]): Configuration => ({
      ...THREE,
      entitlements: { 'prod-view': entitlement({ clusters, extension }) },
    });
    const { world, ids } = await prepared(rule(NAMES));
    world.config = rule(['prod']);
    await world.approve('bob', ids[0]);
    await world.activate(ids[0]);
    world.config = rule(NAMES);
    const input = { duration: '30m', justification: 'not done yet' };
    await extendGrant(world.deps, { ...as(world, 'ada'), id: ids[0], input });
    expect((await world.approve('bob', ids[1])).ok).toBe(true);
    expect(await world.grant(ids[0])).toMatchObject({ state: 'active', extension: { approvals: [] } });
    expect(await statesOf(world, ids)).toEqual(['active', 'activating', 'activating']);
  });

  test('through one that lives, what is left pending is decided', async () => {
    const { world, ids } = await prepared();
    world.config = { ...THREE, entitlements: { 'prod-view': entitlement({ clusters: ['prod'] }) } };
    await world.approve('bob', ids[0]);
    await world.activate(ids[0]);
    expect(await statesOf(world, ids)).toEqual(['active', 'pending', 'pending']);
    world.config = THREE;
    expect((await world.approve('bob', ids[0])).ok).toBe(true);
    expect(await statesOf(world, ids)).toEqual(['active', 'activating', 'activating']);
  });
});

describe('lives of their own', () => {
  test('ending one leaves the others; with its siblings it ends all', async () => {
    const { world, ids } = await prepared();
    await world.approve('bob', ids[0]);
    for (const id of ids) await world.activate(id);
    await endGrant(world.deps, { ...as(world, 'fay'), id: ids[0] });
    expect(await statesOf(world, ids)).toEqual(['revoking', 'active', 'active']);
    expect(await endTogether(world.deps, { ...as(world, 'dan'), id: ids[1] })).toMatchObject({
      error: { reason: 'notAllowedToEnd' },
    });
    expect(await endTogether(world.deps, { ...as(world, 'fay'), id: ids[1] }), 'as it is then').toMatchObject({
      ok: true,
      value: { grant: { id: ids[1], state: 'revoking' } },
    });
    expect(await statesOf(world, ids)).toEqual(['revoking', 'revoking', 'revoking']);
    await world.sweepFor(20);
    expect(await statesOf(world, ids)).toEqual(['ended', 'ended', 'ended']);
    expect([...world.aws.clusters.values()].map((cluster) => cluster.entries.size)).toEqual([0, 0, 0]);
  });

  test('ending all: one that is past it keeps none of the others, and one that cannot be ended now says so when they are', async () => {
    const { world, ids } = await prepared();
    await world.approve('bob', ids[0]);
    for (const id of ids) await world.activate(id);
    await endGrant(world.deps, { ...as(world, 'fay'), id: ids[0] });
    await world.revoke(ids[0]);
    const together = (id: GrantId, deps = world.deps) => endTogether(deps, { ...as(world, 'fay'), id });
    const readGrant: typeof world.deps.store.readGrant = (id) =>
      id === ids[1] && broken ? Promise.reject(new Error('throttled')) : world.deps.store.readGrant(id);
    let broken = true;
    const deps = { ...world.deps, store: { ...world.deps.store, readGrant } };
    await expect(together(ids[0], deps)).rejects.toThrow('throttled');
    expect(await statesOf(world, ids)).toEqual(['ended', 'active', 'revoking']);
    broken = false;
    expect(await together(ids[0], deps)).toMatchObject({ ok: true, value: { grant: { id: ids[0], state: 'ended' } } });
    expect(await statesOf(world, ids)).toEqual(['ended', 'revoking', 'revoking']);
    await world.revoke(ids[1]);
    expect(await together(ids[0]), 'one of them is enough').toMatchObject({ ok: true });
    for (const id of ids) await world.revoke(id);
    expect(await together(ids[0])).toMatchObject({ ok: false, error: { reason: 'notPending', state: 'ended' } });
  });

  test('taken back before it begins, all of them are', async () => {
    const world = worldOfThree();
    const answer = await ask(world, { startAt: '2026-11-24T04:00:00Z' });
    const ids = answer.ok ? answer.value.all.map((one) => one.stored.grant.id) : [];
    for (const id of ids) await world.prepare(id);
    await world.approve('bob', ids[0] as GrantId);
    expect(await statesOf(world, ids)).toEqual(['scheduled', 'scheduled', 'scheduled']);
    expect((await withdrawGrant(world.deps, { ...as(world, 'ada'), id: ids[1] as GrantId })).ok).toBe(true);
    expect(await statesOf(world, ids)).toEqual(['withdrawn', 'withdrawn', 'withdrawn']);
  });

  test('undecided, each lapses', async () => {
    const { world, ids } = await prepared();
    await world.sweepFor(490);
    expect(await statesOf(world, ids)).toEqual(['lapsed', 'lapsed', 'lapsed']);
  });

  test('I3: whatever single call of the decision is struck, none of them is decided by halves for good', async () => {
    let cases = 0;
    for (const fault of ['crashBefore', 'crashAfter', 'failBefore', 'failAfter', 'twice'] as const)
      for (let n = 1; n <= 12; n++) {
        const { world, ids } = await prepared();
        world.strike(n, fault);
        await world.approve('bob', ids[1]).catch(() => {});
        world.calm();
        const answer = await world.approve('bob', ids[0]);
        if (!answer.ok) expect(answer.error).toMatchObject({ reason: 'notPending', state: 'activating' });
        expect(await statesOf(world, ids)).toEqual(['activating', 'activating', 'activating']);
        for (const id of ids) expect(typesOf(world, id).filter((type) => type === 'approved')).toHaveLength(1);
        cases++;
      }
    countCases('faults in the decision of a batch', cases);
  });
});
