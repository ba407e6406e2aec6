/**
 * Catches F23 and I6 in every pair of things that may befall a grant at the same moment: a decision that overtakes another
 * and is lost without a word, an end that an extension undoes, a start of what was taken back. Each pair in both orders,
 * and each within the other: between its reading and its writing, where the conditional write has to fail.
 */
import { describe, expect, test } from 'vitest';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { carryOutExtension } from '../../src/broker/carryOutExtension.ts';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { lapseGrant } from '../../src/broker/lapseGrant.ts';
import { escalateStep, remindApprovers } from '../../src/broker/nudge.ts';
import type { Deps } from '../../src/broker/ports.ts';
import { prepareGrant } from '../../src/broker/prepareGrant.ts';
import { revokeGrant } from '../../src/broker/revokeGrant.ts';
import { warnRequester } from '../../src/broker/tendGrant.ts';
import { withdrawGrant } from '../../src/broker/withdrawGrant.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { replay } from '../../src/core/evolve.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { between, toIso } from '../../src/core/time.ts';
import { at, countCases, ENTITLEMENT, entitlement, group, HOUR, MINUTE, one } from '../core/fixtures.ts';
import { newWorld, WORKFLOW, WORLD_CONFIG, type World } from './fake-world.ts';

const RULES: Configuration = {
  ...WORLD_CONFIG,
  entitlements: {
    'prod-view': entitlement({
      extension: { maxTotal: (4 * HOUR) as typeof HOUR, autoApprove: false },
      approval: {
        ...ENTITLEMENT.approval,
        steps: [
          {
            approvers: [group('leads')],
            approvalsNeeded: 1,
            channels: [],
            remindEvery: (30 * MINUTE) as typeof MINUTE,
            escalateAfter: (60 * MINUTE) as typeof MINUTE,
            escalateTo: [one('dan')],
          },
        ],
      },
    }),
  },
};

type Act = (deps: Deps, id: GrantId, world: World) => Promise<unknown>;
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const until = (world: World, minute: number): void => world.advance(Math.max(0, (at(minute) - world.now()) / MINUTE));
const stored = async (deps: Deps, id: GrantId) => {
  const found = await deps.store.readGrant(id);
  if (!found) throw new Error('gone');
  return found;
};

const ACTS = {
  approve: (deps, id, world) => decideGrant(deps, { ...by(world, 'bob'), id, decision: { kind: 'approve' } }),
  danApproves: (deps, id, world) => decideGrant(deps, { ...by(world, 'dan'), id, decision: { kind: 'approve' } }),
  deny: (deps, id, world) => decideGrant(deps, { ...by(world, 'cyd'), id, decision: { kind: 'deny', reason: 'no' } }),
  withdraw: (deps, id, world) => withdrawGrant(deps, { ...by(world, 'ada'), id }),
  prepare: (deps, id) => prepareGrant(deps, id, WORKFLOW),
  lapse: async (deps, id, world) => {
    until(world, 480);
    return lapseGrant(deps, id, WORKFLOW);
  },
  remind: async (deps, id) => remindApprovers(deps, await stored(deps, id), WORKFLOW),
  escalate: async (deps, id) => escalateStep(deps, await stored(deps, id), WORKFLOW),
  start: async (deps, id, world) => {
    until(world, 30);
    return activateGrant(deps, id, WORKFLOW);
  },
  end: (deps, id, world) => endGrant(deps, { ...by(world, 'ada'), id }),
  responderEnds: (deps, id, world) => endGrant(deps, { ...by(world, 'fay'), id }),
  extend: (deps, id, world) =>
    extendGrant(deps, { ...by(world, 'ada'), id, input: { duration: '30m', justification: 'not done yet' } }),
  carryOut: (deps, id) => carryOutExtension(deps, id, WORKFLOW),
  warn: async (deps, id) => {
    const found = await stored(deps, id);
    // The sweeper warns of what lives only.
    if (found.grant.state === 'active') await warnRequester(deps, found, WORKFLOW);
  },
  expire: async (deps, id, world) => {
    until(world, 60);
    return revokeGrant(deps, id, WORKFLOW);
  },
} as const satisfies Record<string, Act>;
type Name = keyof typeof ACTS;

/** How far a grant has come before the two meet. */
const BEGINNINGS = {
  asked: async (world: World) => (await world.request('ada')).grant.id,
  pending: async (world: World) => prepared(world, (await world.request('ada')).grant.id),
  scheduled: async (world: World) => {
    const id = await prepared(world, (await world.request('ada', { startAt: toIso(at(30)) })).grant.id);
    await world.approve('bob', id);
    return id;
  },
  activating: async (world: World) => {
    const id = await BEGINNINGS.pending(world);
    await world.approve('bob', id);
    return id;
  },
  active: async (world: World) => world.live('dedicated'),
  extending: async (world: World) => {
    const id = await world.live('dedicated');
    await ACTS.extend(world.deps, id, world);
    return id;
  },
  extended: async (world: World) => {
    const id = await BEGINNINGS.extending(world);
    await world.approve('bob', id);
    return id;
  },
} as const;
async function prepared(world: World, id: GrantId): Promise<GrantId> {
  await world.prepare(id);
  return id;
}

/** `active+asked`: with an extension that waits; `active+granted`: decided and not carried out; `active+30`: carried out. */
function outcome(grant: Grant): string {
  if (grant.state === 'active') {
    if (grant.extension) return grant.extension.granted ? 'active+granted' : 'active+asked';
    return between(grant.armedAt, grant.expiresAt) > grant.duration ? 'active+30' : 'active';
  }
  return grant.state === 'ended' ? `ended ${grant.reason}` : grant.state;
}

/** In this order; and within each other, between reading and writing. */
const SCHEDULES = ['first, second', 'second, first', 'second within first', 'first within second'] as const;
type Outcomes = readonly [string, string, string, string];

async function meet(
  world: World,
  id: GrantId,
  first: Act,
  second: Act,
  schedule: (typeof SCHEDULES)[number],
): Promise<void> {
  const alone = (act: Act): Promise<unknown> => act(world.deps, id, world);
  const within = async (outer: Act, inner: Act): Promise<void> => {
    let met = false;
    const { store } = world.deps;
    const commit: typeof store.commit = async (change) => {
      if (!met) {
        met = true;
        await alone(inner);
      }
      return store.commit(change);
    };
    await outer({ ...world.deps, store: { ...store, commit } }, id, world);
    // Nothing was written: then nothing came between.
    if (!met) await alone(inner);
  };
  if (schedule === 'first, second') await alone(first).then(() => alone(second));
  else if (schedule === 'second, first') await alone(second).then(() => alone(first));
  else if (schedule === 'second within first') await within(first, second);
  else await within(second, first);
}

/**
 * Written by hand: whoever wrote first has won, unless the other may still happen to what is left. A request that was
 * touched while it lapsed is pending until the next sweep.
 */
const PAIRS: readonly (readonly [keyof typeof BEGINNINGS, Name, Name, Outcomes])[] = [
  ['pending', 'approve', 'withdraw', ['activating', 'withdrawn', 'withdrawn', 'activating']],
  ['pending', 'approve', 'deny', ['activating', 'denied', 'denied', 'activating']],
  ['pending', 'approve', 'lapse', ['activating', 'lapsed', 'lapsed', 'lapsed']],
  ['pending', 'deny', 'withdraw', ['denied', 'withdrawn', 'withdrawn', 'denied']],
  ['pending', 'deny', 'lapse', ['denied', 'lapsed', 'lapsed', 'lapsed']],
  ['pending', 'withdraw', 'lapse', ['withdrawn', 'lapsed', 'lapsed', 'withdrawn']],
  ['asked', 'prepare', 'approve', ['activating', 'scheduled', 'scheduled', 'activating']],
  ['asked', 'prepare', 'withdraw', ['withdrawn', 'withdrawn', 'withdrawn', 'withdrawn']],
  ['asked', 'prepare', 'deny', ['denied', 'denied', 'denied', 'denied']],
  ['pending', 'remind', 'approve', ['activating', 'activating', 'activating', 'activating']],
  ['pending', 'remind', 'deny', ['denied', 'denied', 'denied', 'denied']],
  ['pending', 'remind', 'withdraw', ['withdrawn', 'withdrawn', 'withdrawn', 'withdrawn']],
  ['pending', 'remind', 'lapse', ['lapsed', 'lapsed', 'lapsed', 'pending']],
  ['pending', 'remind', 'escalate', ['pending', 'pending', 'pending', 'pending']],
  ['pending', 'escalate', 'approve', ['activating', 'activating', 'activating', 'activating']],
  ['pending', 'escalate', 'deny', ['denied', 'denied', 'denied', 'denied']],
  ['pending', 'escalate', 'withdraw', ['withdrawn', 'withdrawn', 'withdrawn', 'withdrawn']],
  ['pending', 'escalate', 'lapse', ['lapsed', 'lapsed', 'lapsed', 'pending']],
  ['pending', 'escalate', 'danApproves', ['activating', 'pending', 'pending', 'pending']],
  ['scheduled', 'withdraw', 'start', ['withdrawn', 'active', 'active', 'withdrawn']],
  ['scheduled', 'responderEnds', 'start', ['denied', 'revoking', 'revoking', 'denied']],
  ['scheduled', 'withdraw', 'responderEnds', ['withdrawn', 'denied', 'denied', 'withdrawn']],
  ['activating', 'end', 'start', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['activating', 'responderEnds', 'start', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['active', 'end', 'responderEnds', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['active', 'end', 'extend', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['active', 'end', 'expire', ['ended endedEarly', 'ended expired', 'ended expired', 'ended endedEarly']],
  ['active', 'extend', 'expire', ['ended expired', 'ended expired', 'ended expired', 'ended expired']],
  ['active', 'warn', 'extend', ['active+asked', 'active+asked', 'active+asked', 'active+asked']],
  ['active', 'warn', 'end', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['extending', 'approve', 'deny', ['active+granted', 'active', 'active', 'active+granted']],
  ['extending', 'approve', 'expire', ['ended expired', 'ended expired', 'ended expired', 'ended expired']],
  ['extending', 'approve', 'end', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['extending', 'deny', 'expire', ['ended expired', 'ended expired', 'ended expired', 'ended expired']],
  ['extending', 'remind', 'approve', ['active+granted', 'active+granted', 'active+granted', 'active+granted']],
  ['extending', 'remind', 'deny', ['active', 'active', 'active', 'active']],
  ['extending', 'escalate', 'end', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['extending', 'escalate', 'expire', ['ended expired', 'ended expired', 'ended expired', 'ended expired']],
  ['extended', 'carryOut', 'end', ['revoking', 'revoking', 'revoking', 'revoking']],
  ['extended', 'carryOut', 'expire', ['active+30', 'ended expired', 'ended expired', 'ended expired']],
  ['extended', 'carryOut', 'warn', ['active+30', 'active+30', 'active+30', 'active+30']],
];

const TERMINAL = ['ended', 'failed', 'denied', 'withdrawn', 'lapsed'];

describe.each(PAIRS)('F23, %s: %s and %s', (beginning, first, second, outcomes) => {
  test.each(SCHEDULES.map((schedule, n) => [schedule, outcomes[n] ?? ''] as const))(
    '%s: %s',
    async (schedule, wanted) => {
      const world = newWorld();
      world.config = RULES;
      const id = await BEGINNINGS[beginning](world);
      await meet(world, id, ACTS[first], ACTS[second], schedule);
      expect(outcome(await world.grant(id))).toBe(wanted);
      expect(world.chainFaults(id), 'I6').toEqual([]);
      expect(replay(world.events(id)), 'I6').toEqual(await world.grant(id));
      await world.sweepFor(490);
      expect(world.prod.entries.size, 'I3').toBe(0);
      const types = world.events(id).map((event) => event.body.type);
      expect(
        types.filter((type) => TERMINAL.includes(type)),
        'I6',
      ).toHaveLength(1);
      expect(world.aws.dedicated.size).toBe(0);
    },
  );
});
countCases('F23 pairs, each in four schedules', PAIRS.length * SCHEDULES.length);
