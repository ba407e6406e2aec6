/**
 * Catches: a use case that does more, or less, than its step of the life of a grant: access before its start or after its
 * end, an outcome that says the wrong thing, a signal for what has not happened.
 */
import { describe, expect, test } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { performStep } from '../../src/broker/performStep.ts';
import { previewRequest, requestGrant } from '../../src/broker/requestGrant.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import { at, configWith, countCases, ENTITLEMENT, KUBERNETES_ADMIN, MINUTE } from '../core/fixtures.ts';
import { ENTITLEMENT_OF, MODES, newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const types = (world: World, id: Parameters<World['events']>[0]): string[] =>
  world.events(id).map((event) => event.body.type);

describe.each(MODES)('mode %s', (mode) => {
  test('asked for, approved, there, and gone', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { entitlement: ENTITLEMENT_OF[mode] });
    const { id } = grant;
    await world.prepare(id);
    expect(world.aws.created, 'I1-request-opens-nothing').toEqual([]);
    world.advance(5);
    const approved = await world.approve('bob', id);
    expect(approved.ok && approved.value.grant.state).toBe('activating');
    expect(world.aws.created).toEqual([]);

    expect(await world.activate(id)).toEqual({ kind: 'active', expiresAt: at(65) });
    const principal =
      mode === 'role' ? KUBERNETES_ADMIN : `arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-${id}`;
    expect(world.prod.entries.get(principal)).toMatchObject({
      entry: {
        type: 'STANDARD',
        kubernetesGroups: [],
        tags: { 'hallpass:hub': 'main', 'hallpass:grant': id, 'hallpass:expires': '2026-11-24T04:05:00.000Z' },
        ...(mode === 'dedicated' && { username: `hallpass:${id}:ada` }),
      },
      policies: [
        { policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy', accessScope: { type: 'cluster' } },
      ],
    });

    world.advance(59);
    expect(await world.revoke(id), 'not yet').toEqual({ kind: 'notYet', at: at(65) });
    world.advance(1);
    expect(await world.revoke(id)).toEqual({ kind: 'over' });
    expect(world.prod.entries.size).toBe(0);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
    expect(await world.revoke(id), 'again').toEqual({ kind: 'over' });
    expect(await world.activate(id), 'nothing brings it back').toEqual({ kind: 'over' });
    expect(types(world, id).slice(-2)).toEqual(['revoking', 'ended']);
    expect(world.chainFaults(id)).toEqual([]);
  });

  test('the sweeper alone does everything, with the workflow refusing', async () => {
    const world = newWorld();
    world.workflowIsDown = true;
    const { grant } = await world.request('ada', { entitlement: ENTITLEMENT_OF[mode] });
    await world.sweepFor(2);
    expect((await world.grant(grant.id)).preparation).toBeDefined();
    await world.approve('bob', grant.id);
    await world.sweepFor(4);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'active', verified: true, expiresAt: at(62) });
    expect(world.prod.entries.size).toBe(1);
    if (mode === 'dedicated') expect([...world.aws.dedicated.values()][0]?.until, 'I9-date-equals-expiry').toBe(at(62));
    await world.sweepFor(50);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'active', warned: true });
    await world.sweepFor(5);
    expect(world.now()).toBe(at(61));
    expect(world.prod.entries.size).toBe(1);
    await world.sweepFor(1);
    expect(world.prod.entries.size, 'at the minute').toBe(0);
    await world.sweepFor(12);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'ended', aftercare: { settlePasses: 2 } });
    expect(world.aws.dedicated.size).toBe(0);
    expect([...world.tables.ledgers.keys()]).toEqual([]);
    expect(await world.deps.store.due(at(1_000_000), 10), 'nothing is owed any more').toEqual([]);
    expect(world.alarms).toEqual([]);
  });

  test('ended early by a responder, who is named', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    expect((await endGrant(world.deps, { ...by(world, 'dan'), id })).ok, 'not by just anybody').toBe(false);
    expect((await endGrant(world.deps, { ...by(world, 'fay'), id, note: 'incident' })).ok).toBe(true);
    expect(await world.revoke(id)).toEqual({ kind: 'over' });
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Fay', note: 'incident' });
    expect(world.prod.entries.size).toBe(0);
  });

  test('I3-config-emptied-mid-grant: it ends with no configuration at all', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    Object.defineProperty(world, 'config', {
      get: () => {
        throw new Error('no configuration');
      },
    });
    await world.sweepFor(75);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired', aftercare: { settlePasses: 2 } });
    expect(world.prod.entries.size).toBe(0);
  });
});

describe('a window of its own', () => {
  const startAt = '2026-11-24T04:00:00Z';
  test('approved in time, it begins at its start', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt });
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'scheduled', startsAt: at(60), expiresAt: at(120) });
    expect(await world.activate(grant.id)).toEqual({ kind: 'notYet', at: at(60) });
    await world.sweepFor(59);
    expect(world.aws.created).toEqual([]);
    await world.sweepFor(2);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'active', expiresAt: at(120) });
  });

  test('approved late, it ends when it would have ended', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt });
    await world.prepare(grant.id);
    world.advance(100);
    await world.approve('bob', grant.id);
    expect(await world.activate(grant.id)).toEqual({ kind: 'active', expiresAt: at(120) });
  });

  test('approved after it would have ended, it is refused', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt });
    world.advance(120);
    expect(await world.approve('bob', grant.id)).toEqual({
      ok: false,
      error: { reason: 'windowOver', expiresAt: at(120) },
    });
  });

  test('never opened if its time is over before it is activated', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt });
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    world.advance(121);
    expect(await world.activate(grant.id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
  });
});

describe('asking', () => {
  const writes = (world: World): string[] => world.calls.filter((name) => !/\.(read|tableId|members)/.test(name));

  test('I7: a preview is what is then asked for, and writes nothing', async () => {
    const world = newWorld();
    const input = { entitlement: 'prod-view', justification: 'INC-4211', duration: '2h' };
    const preview = await previewRequest(world.deps, { ...by(world, 'ada'), input });
    expect(writes(world)).toEqual([]);
    const { grant } = await world.request('ada', { duration: '2h' });
    const { access, duration, decideBy } = grant;
    expect(preview).toMatchObject({ ok: true, value: { plan: { access, duration, decideBy } } });
    expect(await previewRequest(world.deps, { ...by(world, 'ada'), input })).toMatchObject({
      value: { openGrant: grant.id },
    });
  });

  test('I7: a preview refuses what a request would refuse, limits too', async () => {
    const world = newWorld();
    world.config = { ...WORLD_CONFIG, limits: { ...WORLD_CONFIG.limits, openGrantsPerPerson: 1 } };
    await world.request('ada');
    for (const input of [
      { entitlement: 'admin', justification: 'INC-4211' },
      { entitlement: 'nosuch' },
      { entitlement: 'prod-view', duration: '9h' },
    ]) {
      const request = { ...by(world, 'ada'), input };
      const preview = await previewRequest(world.deps, request);
      expect(preview.ok).toBe(false);
      expect(await requestGrant(world.deps, request)).toEqual(preview);
    }
    world.config = configWith(
      {},
      {
        ...WORLD_CONFIG,
        directory: {
          ...WORLD_CONFIG.directory,
          people: { ...WORLD_CONFIG.directory.people, cyd: { ...world.person('cyd'), iam: [] } },
        },
      },
    );
    const request = { ...by(world, 'cyd'), input: { entitlement: 'prod-view', justification: 'INC-4211' } };
    expect(await previewRequest(world.deps, request)).toEqual({
      ok: false,
      error: { reason: 'noIamIdentity', name: 'Cyd' },
    });
    expect(await requestGrant(world.deps, request)).toEqual({
      ok: false,
      error: { reason: 'noIamIdentity', name: 'Cyd' },
    });
  });

  test('a key that was answered with the open grant stays with it', async () => {
    const world = newWorld();
    const open = await world.request('ada');
    const ask = (justification: string) =>
      requestGrant(world.deps, {
        ...by(world, 'ada'),
        input: { entitlement: 'prod-view', justification },
        idempotencyKey: 'k',
      });
    expect(await ask('because')).toMatchObject({
      ok: true,
      value: { created: false, stored: { grant: { id: open.grant.id } } },
    });
    expect(await ask('otherwise')).toMatchObject({ ok: false, error: { reason: 'idempotencyKeyReused' } });
    await withdrawGrant(world.deps, { ...by(world, 'ada'), id: open.grant.id });
    expect(await ask('because')).toMatchObject({
      ok: true,
      value: { created: false, stored: { grant: { id: open.grant.id } } },
    });
  });

  test('again for the same is answered with the same grant, until it is over', async () => {
    const world = newWorld();
    const first = await world.request('ada');
    expect((await world.request('ada')).grant.id).toBe(first.grant.id);
    await withdrawGrant(world.deps, { ...by(world, 'ada'), id: first.grant.id });
    expect((await world.request('ada')).grant.id).not.toBe(first.grant.id);
  });

  test('twice at once is one grant', async () => {
    const world = newWorld();
    const both = await Promise.all([world.request('ada'), world.request('ada')]);
    expect(both[0]?.grant.id).toBe(both[1]?.grant.id);
    expect(world.tables.grants.size).toBe(1);
  });

  test('F18: the sixth open request is refused by name, even if all come at once', async () => {
    const world = newWorld();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    world.config = {
      ...WORLD_CONFIG,
      entitlements: Object.fromEntries(names.map((id) => [id, { ...ENTITLEMENT, id }])),
    };
    const answers = await Promise.all(
      names.map(async (id) => {
        for (;;) {
          try {
            return await requestGrant(world.deps, {
              ...by(world, 'ada'),
              input: { entitlement: id, justification: 'INC-4211' },
            });
          } catch {
            // Seven at once overtake each other more often than one call bears: asked again, as a person would.
          }
        }
      }),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(5);
    for (const answer of answers)
      if (!answer.ok) expect(answer.error).toEqual({ reason: 'tooManyOpenGrants', open: 5, limit: 5 });
  });

  test('F18: the eleventh request of an hour is refused, and told when to ask again', async () => {
    const world = newWorld();
    for (let n = 0; n < 10; n++) {
      const { grant } = await world.request('ada');
      await withdrawGrant(world.deps, { ...by(world, 'ada'), id: grant.id });
      world.advance(1);
    }
    await expect(world.request('ada')).rejects.toThrow(
      `"reason":"tooManyRequests","inLastHour":10,"limit":10,"again":${at(60)}`,
    );
    world.advance(50);
    await expect(world.request('ada')).resolves.toBeDefined();
  });

  test('one key, one answer; the same key with another body is refused; after a day it is free', async () => {
    const world = newWorld();
    const ask = (justification: string) =>
      requestGrant(world.deps, {
        ...by(world, 'ada'),
        input: { entitlement: 'prod-view', justification },
        idempotencyKey: 'k',
      });
    const first = await ask('because');
    const again = await ask('because');
    expect(first.ok && again.ok && again.value.stored.grant.id === first.value.stored.grant.id).toBe(true);
    expect(first.ok && first.value.created).toBe(true);
    expect(again.ok && again.value.created).toBe(false);
    expect(await ask('otherwise')).toEqual({ ok: false, error: { reason: 'idempotencyKeyReused', key: 'k' } });
    if (first.ok) await withdrawGrant(world.deps, { ...by(world, 'ada'), id: first.value.stored.grant.id });
    world.advance(24 * 60);
    const later = await ask('otherwise');
    expect(later.ok && later.value.created).toBe(true);
  });

  test('with the workflow down it is still on record', async () => {
    const world = newWorld();
    world.workflowIsDown = true;
    expect((await world.request('ada')).grant.state).toBe('pending');
  });

  test('auto-approval is a recorded decision', async () => {
    const world = newWorld();
    world.config = configWith({ approval: { ...ENTITLEMENT.approval, autoApprove: true, steps: [] } });
    const { grant } = await world.request('ada');
    expect(types(world, grant.id)).toEqual(['requested', 'autoApproved', 'scheduled']);
    expect((await world.activate(grant.id)).kind).toBe('active');
  });
});

describe('before access', () => {
  test.each([
    ['withdrawn', 'withdrawn'],
    ['denied', 'denied'],
    ['lapsed', 'lapsed'],
  ])('%s: the role goes, nothing was opened, and one may ask again', async (how, state) => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    expect(world.aws.dedicated.size).toBe(1);
    if (how === 'withdrawn') await withdrawGrant(world.deps, { ...by(world, 'ada'), id: grant.id });
    if (how === 'denied') await world.decide('bob', grant.id, { kind: 'deny', reason: 'no' });
    if (how === 'lapsed') world.advance(479);
    await world.sweepFor(how === 'lapsed' ? 2 : 1);
    expect((await world.grant(grant.id)).state).toBe(state);
    expect(world.aws.dedicated.size).toBe(0);
    expect(world.aws.created).toEqual([]);
    expect((await world.deps.store.readPerson('ada'))?.open).toEqual({});
    await world.sweepFor(15);
    expect(await world.deps.store.due(at(100_000), 10)).toEqual([]);
  });

  test('a withdrawal while the role is being made leaves no role behind', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    let withdrawn: Promise<unknown> | undefined;
    world.afterCall = (name) => {
      if (name !== 'store.readGrant' || withdrawn) return;
      withdrawn = withdrawGrant(world.deps, { ...by(world, 'ada'), id: grant.id });
    };
    await world.prepare(grant.id).catch(() => {});
    await withdrawn;
    world.afterCall = () => {};
    await world.sweepFor(15);
    expect((await world.grant(grant.id)).state).toBe('withdrawn');
    expect(world.aws.dedicated.size).toBe(0);
  });
});

describe('the workflow’s steps ask the table', () => {
  test('a step that nothing is waiting for is woken at once; a token proves nothing', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    const { id } = grant;
    expect(await performStep(world.deps, { step: 'Prepare', grantId: id })).toEqual({ seconds: 28_800 });
    await performStep(world.deps, { step: 'AwaitApproval', grantId: id, token: 't1' });
    expect(world.signals).toEqual([]);
    await expect(performStep(world.deps, { step: 'Activate', grantId: id })).rejects.toMatchObject({
      name: 'NotYet',
      message: '28800',
    });
    await expect(performStep(world.deps, { step: 'Revoke', grantId: id })).rejects.toMatchObject({
      name: 'NotYet',
      message: '28800',
    });
    await world.approve('bob', id);
    expect(world.signals).toEqual([{ token: { step: 'AwaitApproval', value: 't1' }, startsInSeconds: 0 }]);
    await performStep(world.deps, { step: 'AwaitApproval', grantId: id, token: 't2' });
    expect(world.signals).toHaveLength(2);
    expect(await performStep(world.deps, { step: 'Activate', grantId: id })).toEqual({ seconds: 3_600 });
    await performStep(world.deps, { step: 'Hold', grantId: id, token: 't3' });
    expect(world.signals).toHaveLength(2);
    await expect(performStep(world.deps, { step: 'Revoke', grantId: id })).rejects.toMatchObject({
      name: 'NotYet',
      message: '3600',
    });
    await endGrant(world.deps, { ...by(world, 'ada'), id });
    expect(world.signals.at(-1)).toEqual({ token: { step: 'Hold', value: 't3' }, startsInSeconds: 0 });
    expect(await performStep(world.deps, { step: 'Revoke', grantId: id })).toEqual({ seconds: 0 });
    await expect(performStep(world.deps, { step: 'Activate', grantId: id })).rejects.toMatchObject({ name: 'Over' });
  });

  test('a workflow that was woken before the decision was written waits again, and is woken again', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    const { id } = grant;
    await world.prepare(id);
    await performStep(world.deps, { step: 'AwaitApproval', grantId: id, token: 't1' });
    const { commit } = world.deps.store;
    const slow: typeof world.deps = {
      ...world.deps,
      store: {
        ...world.deps.store,
        commit: async (change) => {
          // What the woken execution does meanwhile: Activate finds nothing decided, and AwaitStart stores its token.
          await expect(performStep(world.deps, { step: 'Activate', grantId: id })).rejects.toMatchObject({
            name: 'NotYet',
          });
          await performStep(world.deps, { step: 'AwaitStart', grantId: id, token: 't2' });
          return commit(change);
        },
      },
    };
    const decided = await decideGrant(slow, { ...by(world, 'bob'), id, decision: { kind: 'approve' } });
    expect(decided.ok).toBe(true);
    expect(world.signals.map(({ token }) => token.value)).toEqual(['t1', 't2']);
  });

  test('a start that lies ahead is told with the decision', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt: '2026-11-24T04:00:00Z' });
    await world.prepare(grant.id);
    await performStep(world.deps, { step: 'AwaitApproval', grantId: grant.id, token: 't' });
    await world.approve('bob', grant.id);
    expect(world.signals).toEqual([
      { token: { step: 'AwaitApproval', value: 't' }, startsInSeconds: (60 * MINUTE) / 1_000 },
    ]);
  });

  const BAD = ['', 'x', '../..', '01KHW', '*', undefined, 7, {}];
  countCases('inputs that name no grant', BAD.length);
  test.each(BAD)('an input that names no grant: %j', async (grantId) => {
    const world = newWorld();
    const event = { step: 'Activate', grantId } as Parameters<typeof performStep>[1];
    await expect(performStep(world.deps, event)).rejects.toMatchObject({ name: 'BadInput' });
    expect(world.calls).toEqual([]);
  });
});
