/**
 * Catches I2, I3: a crash, a lost answer or a late write at any single call of a grant's life after which access stays,
 * begins undecided, is ended twice, or costs somebody else theirs. Every call is struck in every way, then the process
 * forgets everything and the sweeper alone goes on.
 */
import { describe, expect, test } from 'vitest';
import { endGrant } from '../../src/broker/endGrant.ts';
import { isArmed } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { countCases, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { foreignEntry } from './fake-aws.ts';
import { ENTITLEMENT_OF, type Fault, MODES, type Mode, newWorld, type World } from './fake-world.ts';

const OTHERS = 'arn:aws:iam::222222222222:role/TeamLead';
const FAULTS: readonly Fault[] = [
  'crashBefore',
  'crashAfter',
  'failBefore',
  'failAfter',
  'twice',
  { delayed: 1 },
  { delayed: 61 },
  { delayed: 299 },
];
const nameOf = (fault: Fault): string => (typeof fault === 'object' ? `delayed ${fault.delayed} s` : fault);

/** One life by the workflow, half an hour long. Whatever is struck, the next step comes all the same, as a retry would. */
async function life(world: World, mode: Mode, how: 'expires' | 'endedEarly'): Promise<void> {
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch(() => {});
    world.restart();
  };
  const id = (): GrantId | undefined => [...world.tables.grants.keys()][0] as GrantId | undefined;
  const onGrant = (work: (grantId: GrantId) => Promise<unknown>) =>
    attempt(async () => {
      const grantId = id();
      if (grantId) await work(grantId);
    });
  await attempt(() => world.request('ada', { entitlement: ENTITLEMENT_OF[mode], duration: '30m' }));
  if (!id()) await attempt(() => world.request('ada', { entitlement: ENTITLEMENT_OF[mode], duration: '30m' }));
  await onGrant(world.prepare);
  await onGrant((grantId) => world.approve('bob', grantId));
  await onGrant((grantId) => world.approve('bob', grantId));
  await onGrant(world.activate);
  await onGrant(world.activate);
  await world.sweepFor(3);
  world.restart();
  if (how === 'endedEarly') {
    await onGrant((grantId) =>
      endGrant(world.deps, { person: world.person('fay'), channel: 'cli', proof: 'x', id: grantId }),
    );
  } else await world.sweepFor(27);
  world.restart();
  await onGrant(world.revoke);
}

/** How many calls such a life makes when nothing is struck. */
async function callsOf(mode: Mode, how: 'expires' | 'endedEarly'): Promise<number> {
  const world = newWorld();
  await life(world, mode, how);
  return world.calls.length;
}

function undecided(world: World): boolean {
  const standing = [...world.prod.entries.keys()].some((principal) => principal !== OTHERS);
  return standing && ![...world.tables.grants.values()].some(({ grant }) => grant.approvals.length > 0);
}

const TERMINAL = ['ended', 'failed', 'denied', 'withdrawn', 'lapsed'];

describe.each(MODES)('mode %s', (mode) => {
  test.each(['expires', 'endedEarly'] as const)('I3-own-effect-is-never-foreign: a grant that %s', async (how) => {
    const calls = await callsOf(mode, how);
    expect(calls).toBeGreaterThan(20);
    const failures: string[] = [];
    let cases = 0;
    for (const fault of FAULTS) {
      for (let n = 1; n <= calls; n++) {
        cases++;
        const world = newWorld();
        const theirs = structuredClone(foreignEntry(world.aws, world.prod, OTHERS));
        world.strike(n, fault);
        await life(world, mode, how);
        const wrong: string[] = [];
        if (!world.wasStruck()) wrong.push('was never struck');
        if (undecided(world)) wrong.push('access without a decision');
        // The grant begins at 0 at the earliest, and at 3 at the latest; it lasts 30. Then the passes, and one sweep.
        await world.sweepFor(how === 'expires' ? 20 : 47);
        const [stored] = [...world.tables.grants.values()];
        if (!stored) wrong.push('no grant');
        else {
          const { grant } = stored;
          const terminal = world.events(grant.id).filter((event) => TERMINAL.includes(event.body.type));
          if (isArmed(grant)) wrong.push(`still ${grant.state}`);
          if (terminal.length !== 1) wrong.push(`${terminal.length} terminal events`);
          if (world.chainFaults(grant.id).length > 0) wrong.push('the chain is broken');
        }
        if (world.prod.entries.has(KUBERNETES_ADMIN) || world.prod.entries.size > 1) wrong.push('access stays');
        if (JSON.stringify(world.prod.entries.get(OTHERS)) !== JSON.stringify(theirs))
          wrong.push('somebody else’s entry was touched');
        if ((await world.deps.store.due(world.now(), 10)).length > 0) wrong.push('something is still due');
        if (world.aws.dedicated.size > 0) wrong.push('a role stays');
        if (Object.keys((await world.deps.store.readPerson('ada'))?.open ?? {}).length > 0)
          wrong.push('the person’s record stays open');
        if (wrong.length > 0) failures.push(`${nameOf(fault)} at ${n} (${world.calls[n - 1]}): ${wrong.join(', ')}`);
      }
    }
    countCases(`faults in a life that ${how}, mode ${mode}`, cases);
    expect(failures).toEqual([]);
  });
});

describe('I3: access is refused in time, whatever single call is struck', () => {
  test.each(MODES)('%s', async (mode) => {
    const calls = await callsOf(mode, 'expires');
    const failures: string[] = [];
    let cases = 0;
    for (const fault of ['crashBefore', 'crashAfter', 'failBefore', 'failAfter'] as const) {
      for (let n = 1; n <= calls; n++) {
        cases++;
        const world = newWorld();
        world.strike(n, fault);
        await life(world, mode, 'expires');
        if (!world.wasStruck()) failures.push(`${fault} at ${n} never came`);
        const grant = [...world.tables.grants.values()][0]?.grant;
        const end = grant && 'expiresAt' in grant ? grant.expiresAt : undefined;
        // Two sweeps after the end: one that was struck, and the one that makes good for it.
        while (end !== undefined && world.now() < end + 120_000) await world.sweepFor(1);
        if (world.prod.entries.size > 0) failures.push(`${fault} at ${n} (${world.calls[n - 1]})`);
      }
    }
    countCases(`timely ends, mode ${mode}`, cases);
    expect(failures).toEqual([]);
  });
});
