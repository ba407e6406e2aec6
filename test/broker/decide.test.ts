/**
 * Catches I1 and F16, F22, F23: two decisions where there is one, an approval lost in a race, access by a record that
 * somebody wrote, or by a decision that the rules of today would not take.
 */
import { describe, expect, test } from 'vitest';
import { entryKeyOf as keyOf } from '../../src/broker/arm.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import { chain, emptyChain, headOf } from '../../src/core/audit.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Ledger } from '../../src/core/entry.ts';
import type { AuditEvent, EventBody } from '../../src/core/event.ts';
import { replay } from '../../src/core/evolve.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { Duration } from '../../src/core/time.ts';
import { at, countCases, ENTITLEMENT, entitlement, group, HOUR, MINUTE, person } from '../core/fixtures.ts';
import { newWorld, sha256, WORLD_CONFIG, type World } from './fake-world.ts';

const withRule = (more: Parameters<typeof entitlement>[0], config: Configuration = WORLD_CONFIG): Configuration => ({
  ...config,
  entitlements: { ...config.entitlements, 'prod-view': entitlement(more) },
});
const quorum = (approvalsNeeded: number): Configuration =>
  withRule({
    approval: { ...ENTITLEMENT.approval, steps: [{ approvers: [group('leads')], approvalsNeeded, channels: [] }] },
  });
const outcomes = (world: World, id: GrantId): string[] =>
  world
    .events(id)
    .map((event) => event.body.type)
    .filter((type) => ['approved', 'denied', 'withdrawn', 'scheduled', 'armed', 'lapsed'].includes(type));

describe('F23: decisions that meet', () => {
  test('two approvers at once, two needed: both count, and the last one arms', async () => {
    const world = newWorld();
    world.config = quorum(2);
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    const answers = await Promise.all([world.approve('bob', grant.id), world.approve('cyd', grant.id)]);
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(outcomes(world, grant.id)).toEqual(['approved', 'approved', 'armed']);
    expect((await world.activate(grant.id)).kind).toBe('active');
  });

  test('two approvers at once, one needed: one decision, and the other is told', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    const answers = await Promise.all([world.approve('bob', grant.id), world.approve('cyd', grant.id)]);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    expect(answers.find((answer) => !answer.ok)).toMatchObject({
      error: { reason: 'notPending', state: 'activating' },
    });
    expect(outcomes(world, grant.id)).toEqual(['approved', 'armed']);
  });

  test('one person twice at once counts once', async () => {
    const world = newWorld();
    world.config = quorum(2);
    const { grant } = await world.request('ada');
    await Promise.all([world.approve('bob', grant.id), world.approve('bob', grant.id)]);
    expect(await world.approve('bob', grant.id)).toEqual({
      ok: false,
      error: { reason: 'alreadyApproved', by: 'Bob' },
    });
    expect(outcomes(world, grant.id)).toEqual(['approved']);
  });

  test('approve, deny and withdraw at once: one of them', async () => {
    let orders = 0;
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ] as const) {
      const world = newWorld();
      const { grant } = await world.request('ada');
      await world.prepare(grant.id);
      const acts = [
        () => world.approve('bob', grant.id),
        () => world.decide('cyd', grant.id, { kind: 'deny', reason: 'no' }),
        () => withdrawGrant(world.deps, { person: world.person('ada'), channel: 'cli', proof: 'x', id: grant.id }),
      ];
      const answers = await Promise.all(order.map((n) => acts[n]?.()));
      expect(answers.filter((answer) => answer?.ok)).toHaveLength(1);
      expect(['approved,armed', 'denied', 'withdrawn']).toContain(outcomes(world, grant.id).join());
      if ((await world.grant(grant.id)).state !== 'activating')
        expect(await world.activate(grant.id)).toEqual({ kind: 'over' });
      expect(world.aws.created.length).toBe(0);
      orders++;
    }
    countCases('orders of three decisions', orders);
  });

  test('a decision whose answer was lost is the same decision when it is made again', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    world.strike(3, 'failAfter');
    await world.approve('bob', grant.id).catch(() => {});
    await world.approve('bob', grant.id);
    expect(outcomes(world, grant.id)).toEqual(['approved', 'armed']);
  });

  test('too late is too late, and the request lapses', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    world.advance(480);
    expect(await world.approve('bob', grant.id)).toEqual({
      ok: false,
      error: { reason: 'requestLapsed', decideBy: at(480) },
    });
    expect((await world.grant(grant.id)).state).toBe('lapsed');
    expect(world.events(grant.id).at(-1)?.actor).toEqual({ kind: 'system', part: 'api' });
    expect(await world.approve('bob', grant.id), 'and again').toEqual({
      ok: false,
      error: { reason: 'requestLapsed', decideBy: at(480) },
    });
    expect(outcomes(world, grant.id)).toEqual(['lapsed']);
  });

  test('what is in the way of the entry is in the way of no decision: Activate says what it is', async () => {
    const world = newWorld();
    const first = await world.live('role');
    await world.deps.store.commitLedger(
      {
        ...((await world.deps.store.readEntry(keyOf(await world.grant(first)))).ledger as Ledger),
        removingSince: at(0),
      },
      2,
    );
    const { grant } = await world.request('cyd', { entitlement: 'admin' });
    await world.prepare(grant.id);
    expect(await world.approve('bob', grant.id)).toMatchObject({ ok: true, value: { grant: { state: 'scheduled' } } });
    expect(outcomes(world, grant.id)).toEqual(['approved', 'scheduled']);
    expect(await world.grant(grant.id)).toMatchObject({ startsAt: at(0), expiresAt: at(60) });
    expect(world.lines.join()).toContain('is being removed for an earlier grant');
  });

  test('what has begun cannot be decided, and it says what could', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    expect(await world.approve('cyd', id)).toEqual({
      ok: false,
      error: { reason: 'notPending', state: 'active', wanted: 'only a pending request can be decided' },
    });
  });

  test.each([
    ['ada', { reason: 'selfApproval', requester: 'Ada' }],
    ['dan', { reason: 'notApprover', entitlement: 'prod-view', step: 1, approvers: ['Bob', 'Cyd'] }],
  ])('%s may neither approve nor deny', async (who, error) => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    expect(await world.approve(who, grant.id)).toEqual({ ok: false, error });
    expect(await world.decide(who, grant.id, { kind: 'deny', reason: 'x' })).toEqual({ ok: false, error });
    expect(outcomes(world, grant.id)).toEqual([]);
  });

  test('a denial needs its reason', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    expect(await world.decide('bob', grant.id, { kind: 'deny', reason: '  ' })).toEqual({
      ok: false,
      error: { reason: 'denialReasonMissing' },
    });
  });
});

describe('I1, F22: activation decides again, under the configuration in force', () => {
  const CHANGES: readonly (readonly [string, (config: Configuration) => Configuration, boolean])[] = [
    ['nothing', (config) => config, true],
    ['another description', (config) => withRule({ description: 'x' }, config), true],
    ['a longer maximum', (config) => withRule({ maxDuration: (8 * HOUR) as Duration }, config), true],
    [
      'the approver leads no more',
      (config) => ({
        ...config,
        directory: { ...config.directory, groups: { ...config.directory.groups, leads: ['cyd'] } },
      }),
      false,
    ],
    [
      'the approver has left',
      (config) => ({
        ...config,
        directory: {
          ...config.directory,
          people: { ...config.directory.people, bob: person('bob', { disabled: true }) },
        },
      }),
      false,
    ],
    [
      'the approver turns out to be the requester',
      (config) => ({
        ...config,
        directory: {
          ...config.directory,
          people: { ...config.directory.people, bob: person('bob', { email: 'ada@example.com' }) },
        },
      }),
      false,
    ],
    [
      'the requester has left',
      (config) => ({
        ...config,
        directory: {
          ...config.directory,
          people: { ...config.directory.people, ada: person('ada', { disabled: true }) },
        },
      }),
      false,
    ],
    ['two approvals are needed', () => quorum(2), false],
    [
      'nobody can approve any more',
      (config) => withRule({ approval: { ...ENTITLEMENT.approval, steps: [] } }, config),
      false,
    ],
    [
      'only Slack decides',
      (config) =>
        withRule(
          {
            approval: {
              ...ENTITLEMENT.approval,
              steps: [{ approvers: [group('leads')], approvalsNeeded: 1, channels: ['slack'] }],
            },
          },
          config,
        ),
      false,
    ],
    ['the entitlement is gone', (config) => ({ ...config, entitlements: {} }), false],
    [
      'it gives more',
      (config) =>
        withRule({ access: { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' } }, config),
      false,
    ],
    ['it is shorter', (config) => withRule({ maxDuration: (30 * MINUTE) as Duration }, config), false],
    ['the cluster is not covered', (config) => withRule({ clusters: ['test'] }, config), false],
  ];
  countCases('F22 changes between approval and activation', CHANGES.length);
  test.each(CHANGES)('%s', async (_what, change, opens) => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    world.config = change(world.config);
    expect((await world.activate(grant.id)).kind).toBe(opens ? 'active' : 'over');
    expect(world.aws.created.length).toBe(opens ? 1 : 0);
    if (opens) return;
    await world.sweepFor(15);
    expect((await world.grant(grant.id)).state).toBe('denied');
    expect(world.prod.entries.size).toBe(0);
    expect(world.aws.dedicated.size).toBe(0);
  });

  test('a live grant runs out with what it was given, whatever the configuration says now', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    world.config = { ...world.config, entitlements: {} };
    await world.sweepFor(50);
    expect((await world.grant(id)).state).toBe('active');
    expect(world.prod.entries.size).toBe(1);
  });
});

describe('I1, F16: a record that somebody wrote opens nothing', () => {
  type Forgery = (world: World, id: GrantId) => void;
  const states = (world: World, id: GrantId, grant: object): void => {
    const stored = world.tables.grants.get(id);
    if (stored) world.tables.grants.set(id, { ...stored, grant: { ...stored.grant, ...grant } as Grant });
  };
  /** The events made anew, with whole hashes: whoever can write the table can do that. */
  const rewrite = (world: World, id: GrantId, ...bodies: EventBody[]): void => {
    let head = emptyChain(id);
    const events: AuditEvent[] = [];
    for (const body of [...world.events(id).map((event) => event.body), ...bodies]) {
      const event = chain(id, head, at(1), { kind: 'system', part: 'api' }, body, sha256);
      events.push(event);
      head = headOf(event);
    }
    world.tables.events.set(id, events);
    const stored = world.tables.grants.get(id);
    const grant = replay(events);
    if (stored && grant) world.tables.grants.set(id, { ...stored, grant, chain: head });
  };
  const scheduled = { state: 'scheduled', startsAt: at(0), expiresAt: at(60) };
  const byWhom = (personId: string): EventBody => ({
    type: 'approved',
    approval: { personId, name: personId, step: 1, channel: 'cli', at: at(1) },
  });

  const FORGED: readonly (readonly [string, Forgery, 'alarm' | 'refused'])[] = [
    ['the state alone', (world, id) => states(world, id, scheduled), 'alarm'],
    [
      'the state and an approval',
      (world, id) =>
        states(world, id, {
          ...scheduled,
          approvals: [{ personId: 'bob', name: 'Bob', step: 1, channel: 'cli', at: at(1) }],
        }),
      'alarm',
    ],
    ['the state and auto-approval', (world, id) => states(world, id, { ...scheduled, autoApproved: true }), 'alarm'],
    ['armed', (world, id) => states(world, id, { state: 'activating', armedAt: at(0), expiresAt: at(60) }), 'alarm'],
    [
      'no events at all',
      (world, id) => {
        states(world, id, scheduled);
        world.tables.events.set(id, []);
      },
      'alarm',
    ],
    [
      'an event that was changed',
      (world, id) => {
        const [first, ...rest] = world.events(id);
        if (first) world.tables.events.set(id, [{ ...first, at: at(-1) }, ...rest]);
        states(world, id, scheduled);
      },
      'alarm',
    ],
    [
      'whole events, by the requester',
      (world, id) => rewrite(world, id, byWhom('ada'), { type: 'scheduled', startsAt: at(0), expiresAt: at(60) }),
      'refused',
    ],
    [
      'whole events, by nobody',
      (world, id) => rewrite(world, id, { type: 'scheduled', startsAt: at(0), expiresAt: at(60) }),
      'refused',
    ],
    [
      'whole events, auto-approved',
      (world, id) =>
        rewrite(world, id, { type: 'autoApproved' }, { type: 'scheduled', startsAt: at(0), expiresAt: at(60) }),
      'refused',
    ],
  ];
  countCases('F16 forgeries', FORGED.length);
  test.each(FORGED)('%s', async (_what, forge, wanted) => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    forge(world, grant.id);
    expect(await world.activate(grant.id)).toEqual({ kind: 'over' });
    await world.sweepFor(80);
    expect(world.aws.created).toEqual([]);
    expect(['denied', 'failed']).toContain((await world.grant(grant.id)).state);
    expect(world.alarms.length > 0).toBe(wanted === 'alarm');
  });

  test('F7 restore-cannot-revive: what was made in another table can only be ended', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    const waiting = await world.request('cyd');
    world.tableId = 'restored';
    expect(await world.approve('bob', waiting.grant.id)).toEqual({
      ok: false,
      error: { reason: 'restored', madeIn: 'table-1' },
    });
    expect(await world.activate(grant.id)).toEqual({ kind: 'over' });
    await world.sweepFor(15);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'failed', reason: 'restored' });
    expect(world.aws.created).toEqual([]);
  });

  test('a signal, a token and a workflow’s input open nothing', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    expect(await world.activate(grant.id)).toEqual({ kind: 'notYet', at: at(480) });
    expect(world.aws.created).toEqual([]);
  });
});
