/**
 * Catches: an end that is not on record at once, that anybody may make, that wakes nobody, that gives up or goes on for
 * ever in a race; a withdrawal of what has begun; a request that lapses early, late or twice.
 */
import { describe, expect, test } from 'vitest';
import { endGrant, endTogether, mayEnd } from '../../src/broker/endGrant.ts';
import { lapseGrant } from '../../src/broker/lapseGrant.ts';
import { type Commit, type Deps, NotReady } from '../../src/broker/ports.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, CONFIG, IN_STATE, person } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const by = (world: World, who: string) =>
  ({ person: world.person(who), channel: 'cli', proof: `test:${who}` }) as const;
const end = (world: World, who: string, id: GrantId, note?: string, deps: Deps = world.deps) =>
  endGrant(deps, { ...by(world, who), id, ...(note !== undefined && { note }) });
const typesOf = (world: World, id: GrantId): string[] => world.events(id).map(({ body }) => body.type);
const lastOf = (world: World, id: GrantId) => world.events(id).at(-1);

async function scheduled(world: World): Promise<GrantId> {
  const { grant } = await world.request('ada', { startAt: toIso(at(30)) });
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return grant.id;
}
async function activating(world: World): Promise<GrantId> {
  const { grant } = await world.request('ada');
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return grant.id;
}
async function withToken(world: World, id: GrantId, step: 'AwaitApproval' | 'AwaitStart' | 'Hold'): Promise<void> {
  await world.deps.store.putToken(id, { step, value: 'token' });
}

/** Every commit but the last so many is lost to somebody else. */
function overtaken(world: World, times: number): { readonly deps: Deps; readonly tries: () => number } {
  let tries = 0;
  const lost: Commit = { ok: false, conflict: 'grant' };
  const commit: Deps['store']['commit'] = (change) =>
    ++tries > times ? world.deps.store.commit(change) : Promise.resolve(lost);
  return { deps: { ...world.deps, store: { ...world.deps.store, commit } }, tries: () => tries };
}

describe('ended early', () => {
  test.each([
    ['active', (world: World) => world.live('dedicated')],
    ['activating', activating],
  ] as const)('what is %s: revoking at once, by whom and why, and the workflow is woken', async (_state, begin) => {
    const world = newWorld();
    const id = await begin(world);
    await withToken(world, id, 'Hold');
    world.signals.length = 0;
    const answer = await end(world, 'fay', id, 'INC-1');
    const outcome = { state: 'ended', reason: 'endedEarly', by: 'Fay', note: 'INC-1' };
    expect(answer).toMatchObject({ ok: true, value: { grant: { state: 'revoking', outcome } } });
    expect(lastOf(world, id)).toMatchObject({
      actor: { kind: 'person', id: 'fay', name: 'Fay', channel: 'cli', proof: 'test:fay' },
      body: { type: 'revoking', outcome },
    });
    expect(world.signals).toEqual([{ token: { step: 'Hold', value: 'token' }, startsInSeconds: 0 }]);
  });

  test('without a note there is none', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    await end(world, 'fay', id);
    expect(lastOf(world, id)?.body).toEqual({
      type: 'revoking',
      outcome: { state: 'ended', reason: 'endedEarly', by: 'Fay' },
    });
  });

  test('again is the same end: nothing more is written', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    await end(world, 'ada', id);
    const before = typesOf(world, id);
    expect(await end(world, 'fay', id, 'me too')).toMatchObject({
      ok: true,
      value: { grant: { outcome: { by: 'Ada' } } },
    });
    expect(typesOf(world, id)).toEqual(before);
  });

  test('what is to come: the requester takes it back, anybody else denies it, with a reason', async () => {
    const outcomes = [];
    for (const [who, note] of [
      ['ada', undefined],
      ['fay', undefined],
      ['fay', 'INC-1'],
    ] as const) {
      const world = newWorld();
      const id = await scheduled(world);
      await withToken(world, id, 'AwaitStart');
      expect(await end(world, who, id, note)).toMatchObject({ ok: true });
      expect(world.signals.at(-1)?.token.step).toBe('AwaitStart');
      outcomes.push(lastOf(world, id)?.body);
    }
    expect(outcomes).toEqual([
      { type: 'withdrawn' },
      { type: 'denied', reason: 'ended before it began', by: 'Fay' },
      { type: 'denied', reason: 'INC-1', by: 'Fay' },
    ]);
  });

  test.each(['pending', 'ended', 'failed', 'denied', 'withdrawn', 'lapsed'] as const)(
    'what is %s has no end to make, and says so',
    async (state) => {
      const world = newWorld();
      const { grant } = await world.request('ada');
      const stored = world.tables.grants.get(grant.id);
      if (!stored) throw new Error('not asked');
      world.tables.grants.set(grant.id, { ...stored, grant: { ...IN_STATE[state], id: grant.id } as Grant });
      const before = typesOf(world, grant.id);
      expect(await end(world, 'fay', grant.id)).toEqual({
        ok: false,
        error: {
          reason: 'notPending',
          state,
          wanted: expect.stringMatching(
            state === 'pending' ? /^only live .* withdraw it, and/ : /^only live or coming access can be ended$/,
          ),
        },
      });
      expect(typesOf(world, grant.id)).toEqual(before);
    },
  );

  test('of a grant that is not there: said', async () => {
    const world = newWorld();
    const wanted = { ok: false, error: { reason: 'unknownGrant', grantId: NOBODYS } };
    expect(await end(world, 'fay', NOBODYS)).toEqual(wanted);
    expect(await endTogether(world.deps, { ...by(world, 'fay'), id: NOBODYS })).toEqual(wanted);
  });

  test('overtaken four times it ends all the same; five times it says that it did not', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const always = overtaken(world, 99);
    const trying = end(world, 'fay', id, undefined, always.deps);
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(`changes of grant ${id} keep overtaking each other`);
    expect(always.tries()).toBe(5);
    expect((await world.grant(id)).state).toBe('active');
    expect(await end(world, 'fay', id, undefined, overtaken(world, 4).deps)).toMatchObject({ ok: true });
    expect((await world.grant(id)).state).toBe('revoking');
  });
});

describe('who may end', () => {
  const { active } = IN_STATE;
  const may = (who: string, config: Configuration = CONFIG, grant: Grant = active): boolean =>
    mayEnd(person(who), grant, config, at(20));

  test.each([
    ['the requester', 'ada', true],
    ['an approver', 'bob', true],
    ['a responder', 'fay', true],
    ['somebody else', 'dan', false],
    ['an auditor', 'eve', false],
  ])('%s: %s', (_what, who, wanted) => {
    expect(may(who)).toBe(wanted);
  });

  test('with the entitlement gone its approvers may no more; requester and responders may', () => {
    const config = { ...CONFIG, entitlements: {} };
    expect(['ada', 'bob', 'fay'].map((who) => may(who, config))).toEqual([true, false, true]);
  });

  test('an entitlement by the name of what every object has is none', () => {
    const grant = { ...active, entitlement: { ...active.entitlement, id: 'toString' } };
    expect(['ada', 'bob', 'fay'].map((who) => may(who, CONFIG, grant))).toEqual([true, false, true]);
  });

  test('the requester under another identity may, too', () => {
    const people = { ...CONFIG.directory.people, dan: person('dan', { email: 'ada@example.com' }) };
    expect(may('dan', { ...CONFIG, directory: { ...CONFIG.directory, people } })).toBe(true);
  });

  test('an owner of a role that asked may', () => {
    const owned = {
      ...active,
      requester: { ...active.requester, id: 'role:ci', identifiers: ['role:ci'], owners: ['person:dan'] },
    } as Grant;
    expect(['dan', 'eve'].map((who) => may(who, CONFIG, owned))).toEqual([true, false]);
  });

  test('whoever may not is told whose it is, and nothing is written', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const before = typesOf(world, id);
    expect(await end(world, 'dan', id)).toEqual({ ok: false, error: { reason: 'notAllowedToEnd', requester: 'Ada' } });
    expect(typesOf(world, id)).toEqual(before);
  });

  test('delegations are asked for only where nothing else says yes', async () => {
    const asked: string[] = [];
    for (const who of ['ada', 'fay', 'dan']) {
      const world = newWorld();
      const id = await world.live('dedicated');
      world.calls.length = 0;
      await end(world, who, id);
      if (world.calls.includes('delegations.read')) asked.push(who);
    }
    expect(asked).toEqual(['dan']);
  });
});

describe('withdrawn', () => {
  const withdraw = (world: World, who: string, id: GrantId) => withdrawGrant(world.deps, { ...by(world, who), id });

  test('what is pending or scheduled, by the requester, on record', async () => {
    for (const begin of [async (world: World) => (await world.request('ada')).grant.id, scheduled]) {
      const world = newWorld();
      const id = await begin(world);
      expect(await withdraw(world, 'ada', id)).toMatchObject({ ok: true, value: { grant: { state: 'withdrawn' } } });
      expect(lastOf(world, id)).toMatchObject({
        actor: { kind: 'person', id: 'ada', name: 'Ada', channel: 'cli', proof: 'test:ada' },
        body: { type: 'withdrawn' },
      });
    }
  });

  test('by nobody else', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    for (const who of ['bob', 'fay'])
      expect(await withdraw(world, who, grant.id)).toEqual({
        ok: false,
        error: { reason: 'notRequester', requester: 'Ada' },
      });
    expect((await world.grant(grant.id)).state).toBe('pending');
  });

  test('not what has begun', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    expect(await withdraw(world, 'ada', id)).toEqual({
      ok: false,
      error: {
        reason: 'notPending',
        state: 'active',
        wanted: 'only what has not begun can be withdrawn; end live access instead',
      },
    });
    expect((await world.grant(id)).state).toBe('active');
  });
});

describe('lapsed', () => {
  test('at the end of its window and not a moment earlier, and the workflow is woken', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await withToken(world, grant.id, 'AwaitApproval');
    world.advance(480 - 1 / 60_000);
    await lapseGrant(world.deps, grant.id, WORKFLOW);
    expect((await world.grant(grant.id)).state).toBe('pending');
    world.advance(1 / 60_000);
    await lapseGrant(world.deps, grant.id, WORKFLOW);
    expect((await world.grant(grant.id)).state).toBe('lapsed');
    expect(lastOf(world, grant.id)).toMatchObject({ actor: WORKFLOW, body: { type: 'lapsed' } });
    expect(world.signals.map(({ token }) => token.step)).toEqual(['AwaitApproval']);
    await lapseGrant(world.deps, grant.id, WORKFLOW);
    expect(typesOf(world, grant.id).filter((type) => type === 'lapsed')).toHaveLength(1);
  });

  test('not what was decided, and not what is not there', async () => {
    const world = newWorld();
    const id = await scheduled(world);
    world.advance(480);
    await lapseGrant(world.deps, id, WORKFLOW);
    expect((await world.grant(id)).state).toBe('scheduled');
    await lapseGrant(world.deps, NOBODYS, WORKFLOW);
  });

  test('somebody else was first: nobody is woken for it', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await withToken(world, grant.id, 'AwaitApproval');
    world.advance(480);
    await lapseGrant(overtaken(world, 99).deps, grant.id, WORKFLOW);
    expect(world.signals).toEqual([]);
  });
});
