/**
 * Catches: a workflow's step that waits too short or too long, that nobody wakes, that does the same twice, or that takes
 * its input for more than the name of a grant.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import {
  BadInput,
  Draining,
  NotDecided,
  NotYet,
  Over,
  performStep,
  type StepEvent,
} from '../../src/broker/performStep.ts';
import { isAwaited, wakeWorkflow } from '../../src/broker/wake.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import type { Extension, Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, configWith, ENTITLEMENT, HOUR, IN_STATE, MINUTE } from '../core/fixtures.ts';
import { MODES, newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const run = (world: World, step: 'Prepare' | 'Activate' | 'Revoke', grantId: string) =>
  performStep(world.deps, { step, grantId });
const park = (world: World, step: 'AwaitApproval' | 'AwaitStart' | 'Hold', grantId: string) =>
  performStep(world.deps, { step, grantId, token: `token of ${step}` });
const asked = async (world: World): Promise<GrantId> => (await world.request('ada')).grant.id;

async function decided(world: World, startAt?: number): Promise<GrantId> {
  const { grant } = await world.request('ada', startAt === undefined ? {} : { startAt: toIso(at(startAt)) });
  await world.prepare(grant.id);
  await world.approve('bob', grant.id);
  return grant.id;
}

describe('the input', () => {
  test.each([[undefined], [''], [7], [{}], ['01khw'], ['../secrets']])('%j names no grant', async (grantId) => {
    const world = newWorld();
    const trying = performStep(world.deps, { step: 'Revoke', grantId } as unknown as StepEvent);
    await expect(trying).rejects.toThrow(BadInput);
    await expect(trying).rejects.toMatchObject({ name: 'BadInput', message: 'the input has no grant id' });
    expect(world.calls).toEqual([]);
  });

  test('a grant that is not there: nothing to wait for, nothing to do', async () => {
    const world = newWorld();
    expect(await run(world, 'Prepare', NOBODYS)).toEqual({ seconds: 1 });
    expect(await park(world, 'Hold', NOBODYS)).toEqual({ seconds: 0 });
    expect(world.signals).toEqual([{ token: { step: 'Hold', value: 'token of Hold' }, startsInSeconds: 0 }]);
    await expect(run(world, 'Activate', NOBODYS)).rejects.toThrow(Over);
    expect(await run(world, 'Revoke', NOBODYS)).toEqual({ seconds: 0 });
  });
});

describe('Prepare answers how long the request may wait', () => {
  test('undecided: until its window is over, rounded up', async () => {
    const world = newWorld();
    const id = await asked(world);
    world.advance(479.99);
    expect(await run(world, 'Prepare', id)).toEqual({ seconds: 1 });
    const other = await (await world.request('cyd')).grant.id;
    expect(await run(world, 'Prepare', other)).toEqual({ seconds: 8 * 3_600 });
    expect(world.aws.dedicated.size).toBe(2);
  });

  test('undecided, and approvers are to be reminded meanwhile: until its window is over all the same', async () => {
    const world = newWorld();
    const [step] = ENTITLEMENT.approval.steps;
    const steps = step ? [{ ...step, remindEvery: (30 * MINUTE) as typeof MINUTE }] : [];
    world.config = configWith({ approval: { ...ENTITLEMENT.approval, steps } }, WORLD_CONFIG);
    expect(await run(world, 'Prepare', await asked(world))).toEqual({ seconds: 8 * 3_600 });
  });

  test('decided already: until what is due next', async () => {
    const world = newWorld();
    const id = await decided(world, 30);
    expect(await run(world, 'Prepare', id)).toEqual({ seconds: 30 * 60 });
  });

  test('over, and nothing owed: not at all', async () => {
    const world = newWorld();
    const id = await asked(world);
    const stored = world.tables.grants.get(id);
    if (!stored) throw new Error('not asked');
    const over = { ...IN_STATE.ended, id, aftercare: { settlePasses: 2, role: 'deleted' } } as Grant;
    world.tables.grants.set(id, { ...stored, grant: over });
    expect(await run(world, 'Prepare', id)).toEqual({ seconds: 1 });
  });
});

describe('while its decision is awaited', () => {
  test('what opens nothing is made ready, after the token is kept', async () => {
    const world = newWorld();
    const id = await asked(world);
    world.calls.length = 0;
    await park(world, 'AwaitApproval', id);
    expect(world.calls.indexOf('store.putToken')).toBe(0);
    expect((await world.grant(id)).preparation).toBeDefined();
    expect(world.aws.dedicated.size).toBe(1);
    await park(world, 'AwaitApproval', id);
    expect(world.events(id).map(({ body }) => body.type)).toEqual(['requested', 'prepared']);
    expect(world.signals).toEqual([]);
  });

  test('what cannot be made ready is awaited all the same, and made ready later', async () => {
    const world = newWorld();
    const id = await asked(world);
    // The token, the grant, and the first call to AWS.
    world.strike(3, 'failBefore');
    expect(await park(world, 'AwaitApproval', id)).toEqual({ seconds: 0 });
    expect(world.wasStruck()).toBe(true);
    expect(world.tables.grants.get(id)?.token?.step).toBe('AwaitApproval');
    expect((await world.grant(id)).preparation).toBeUndefined();
    await world.sweepFor(2);
    expect((await world.grant(id)).preparation).toBeDefined();
  });

  test('a cluster that it can never be had on: denied, and the workflow is woken', async () => {
    const world = newWorld();
    const id = await asked(world);
    world.aws.clusters.clear();
    await park(world, 'AwaitApproval', id);
    expect((await world.grant(id)).state).toBe('denied');
    expect(world.signals.map(({ token }) => token.value)).toContain('token of AwaitApproval');
  });
});

test('Revoke of what nobody has decided: back to waiting, where the definition knows the way', async () => {
  const world = newWorld();
  const id = await asked(world);
  const revoke = (more: object = {}) => performStep(world.deps, { step: 'Revoke', grantId: id, ...more });
  await expect(revoke({ knowsNotDecided: true })).rejects.toMatchObject({ name: 'NotDecided', message: '28800' });
  await expect(revoke()).rejects.toMatchObject({ name: 'NotYet', message: '28800' });
  await world.prepare(id);
  await world.approve('bob', id);
  await expect(revoke({ knowsNotDecided: true })).rejects.toMatchObject({ name: 'NotYet' });
});

test('errors go by the names that the state machine knows them by', () => {
  const definition = readFileSync(new URL('../../statemachines/grant.asl.json', import.meta.url), 'utf8');
  for (const { name } of [new NotYet('1'), new Over(), new NotDecided('1'), new Draining()])
    expect(definition, name).toContain(`"${name}"`);
});

test('AwaitApproval: what cannot be prepared now is said, and the decision is awaited all the same', async () => {
  const world = newWorld();
  const id = await asked(world);
  const describeCluster = async (): Promise<never> => {
    throw new Error('throttled');
  };
  const deps = { ...world.deps, eks: (target: Grant['cluster']) => ({ ...world.deps.eks(target), describeCluster }) };
  expect(await performStep(deps, { step: 'AwaitApproval', grantId: id, token: 'x' })).toEqual({ seconds: 0 });
  expect(world.lines.filter((line) => line.startsWith('warn'))).toEqual([
    `warn not prepared yet; the sweeper tries again {"grantId":"${id}","error":"Error: throttled"}`,
  ]);
  expect(world.tables.grants.get(id)?.token).toEqual({ step: 'AwaitApproval', value: 'x' });
  expect(world.signals).toEqual([]);
});

describe('a step that waits', () => {
  test.each([
    ['AwaitApproval', asked],
    ['AwaitStart', (world: World) => decided(world, 30)],
    ['Hold', (world: World) => world.live('dedicated')],
  ] as const)('%s keeps its token, and nobody is woken', async (step, begin) => {
    const world = newWorld();
    const id = await begin(world);
    world.signals.length = 0;
    expect(await park(world, step, id)).toEqual({ seconds: 0 });
    expect(world.tables.grants.get(id)?.token).toEqual({ step, value: `token of ${step}` });
    expect(world.signals).toEqual([]);
  });

  test('what was awaited has happened: woken at once, and told when it starts', async () => {
    const world = newWorld();
    const id = await decided(world, 30);
    world.advance(10);
    await park(world, 'AwaitApproval', id);
    const token = { step: 'AwaitApproval', value: 'token of AwaitApproval' };
    expect(world.signals).toEqual([{ token, startsInSeconds: 20 * 60 }]);
  });

  test('a start that has passed lies no time ahead', async () => {
    const world = newWorld();
    const id = await decided(world, 30);
    world.advance(40);
    await park(world, 'AwaitApproval', id);
    expect(world.signals.map((one) => one.startsInSeconds)).toEqual([0]);
  });

  const { pending, scheduled, activating, active, revoking, ended } = IN_STATE;
  const extension: Extension = {
    ...{ requestedAt: at(20), expiresAt: at(90), justification: 'INC-4211', approvals: [] },
    ...{ autoApproved: false, granted: false },
  };
  const AWAITED: readonly (readonly [string, Grant, string])[] = [
    ['pending', pending, 'AwaitApproval AwaitStart Hold'],
    ['scheduled', scheduled, 'AwaitStart Hold'],
    ['activating', activating, 'Hold'],
    ['active', active, 'Hold'],
    ['active, more time asked for', { ...active, extension }, 'Hold'],
    ['active, more time granted', { ...active, extension: { ...extension, granted: true } }, ''],
    ['revoking', revoking, ''],
    ['ended', ended, ''],
  ];
  test.each(AWAITED)('%s is awaited by: %s', (_what, grant, wanted) => {
    const stored = { grant, chain: { n: 0, hash: '' }, version: 1, retries: {} };
    const steps = (['AwaitApproval', 'AwaitStart', 'Hold'] as const).filter((step) =>
      isAwaited({ ...stored, token: { step, value: 'x' } }),
    );
    expect(steps.join(' ')).toBe(wanted);
    expect(isAwaited(stored), 'by nobody').toBe(false);
  });

  test('nobody waits, or waits for something else: no signal; and one that fails is no fault of whoever sends it', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const stored = world.tables.grants.get(id);
    if (!stored) throw new Error('not live');
    world.signals.length = 0;
    await wakeWorkflow(world.deps, stored);
    await wakeWorkflow(world.deps, { ...stored, token: { step: 'Hold', value: 'x' } });
    expect(world.signals).toEqual([]);
    await wakeWorkflow(world.deps, { ...stored, token: { step: 'AwaitStart', value: 'x' } });
    expect(world.signals).toEqual([{ token: { step: 'AwaitStart', value: 'x' }, startsInSeconds: 0 }]);
    world.workflowIsDown = true;
    await wakeWorkflow(world.deps, { ...stored, token: { step: 'AwaitStart', value: 'x' } });
    expect(world.lines.at(-1)).toBe(
      `warn the workflow was not woken; the sweeper goes on {"grantId":"${id}","error":"Error: Step Functions is down"}`,
    );
  });
});

describe('Activate', () => {
  test('answers how long the access lasts', async () => {
    const world = newWorld();
    const id = await decided(world);
    world.advance(1.999);
    expect(await run(world, 'Activate', id)).toEqual({ seconds: 59 * 60 - 59 });
    expect((await world.grant(id)).state).toBe('active');
  });

  test('not yet: says in how many seconds', async () => {
    const world = newWorld();
    const id = await decided(world, 30);
    const trying = run(world, 'Activate', id);
    await expect(trying).rejects.toThrow(NotYet);
    await expect(trying).rejects.toMatchObject({ name: 'NotYet', message: '1800' });
  });

  test('nothing to activate any more', async () => {
    const world = newWorld();
    const id = await asked(world);
    await withdrawGrant(world.deps, { ...by(world, 'ada'), id });
    const trying = run(world, 'Activate', id);
    await expect(trying).rejects.toThrow(Over);
    await expect(trying).rejects.toMatchObject({ name: 'Over', message: 'there is nothing to activate' });
  });
});

describe.each(MODES)('Revoke, mode %s', (mode) => {
  test('not yet, then gone, and the grant is read once', async () => {
    const world = newWorld();
    const id = await world.live(mode);
    world.advance(59.5);
    await expect(run(world, 'Revoke', id)).rejects.toMatchObject({ name: 'NotYet', message: '30' });
    world.advance(0.5);
    world.calls.length = 0;
    expect(await run(world, 'Revoke', id)).toEqual({ seconds: 0 });
    expect(world.calls.filter((name) => name === 'store.readGrant')).toHaveLength(1);
    expect(world.prod.entries.size).toBe(0);
    expect((await world.grant(id)).state).toBe('ended');
  });
});

test('Revoke: more time that was granted is carried out first', async () => {
  const world = newWorld();
  world.config = configWith({ extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false } }, WORLD_CONFIG);
  const id = await world.live('dedicated');
  world.advance(50);
  const input = { duration: '30m', justification: 'not done yet' };
  expect((await extendGrant(world.deps, { ...by(world, 'ada'), id, input })).ok).toBe(true);
  await world.approve('bob', id);
  await expect(run(world, 'Revoke', id)).rejects.toMatchObject({ name: 'NotYet', message: String(40 * 60) });
  expect(await world.grant(id)).toMatchObject({ state: 'active', expiresAt: at(90) });
});
