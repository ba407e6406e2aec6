/**
 * The fault enumeration (`test/faults`) strikes ports in memory; here a sample of it (another with HALLPASS_SEED) strikes the real
 * protocols: the SDK's retries, the connection that is cut, the answer that never comes. Would catch an error of AWS's that
 * the adapters translate into something else than the use cases were tried with.
 */
import { expect, it } from 'vitest';
import { type Fault, type Faults, faultPlan } from '../../local/faults.ts';
import { type Duration, seconds } from '../../src/core/time.ts';
import { countCases } from '../core/fixtures.ts';
import { testWorld } from './harness.ts';
import { type Barrier, barriersOf, carryOn, nameOf } from './killing.ts';
import { LED, LIVES, lead } from './led-life.ts';

const SAMPLES = 6;
const ANY: readonly Fault[] = [{ kind: 'throttle' }, { kind: 'failBefore' }, { kind: 'hang' }];
const OF_WRITES: readonly Fault[] = [
  { kind: 'failAfter' },
  { kind: 'twice' },
  ...[1, 30, 61, 299].map((late) => ({ kind: 'delayed', by: seconds(late) }) as const),
];
const OF_READS: readonly Fault[] = [1, 30, 61, 299].map((old) => ({ kind: 'stale', by: seconds(old) }) as const);

type Case = { readonly barrier: Barrier; readonly fault: Fault };
const casesOf = (barriers: readonly Barrier[]): Case[] =>
  barriers
    // The definition of the workflow is put there by the test's own operator.
    .filter(({ operation, when }) => when === 'after' && !operation.endsWith('StateMachine'))
    .flatMap((barrier) => [...ANY, ...(barrier.write ? OF_WRITES : OF_READS)].map((fault) => ({ barrier, fault })))
    // The roles of people and the cluster are as old as this world: before it a no is right (I8).
    .filter(
      ({ barrier, fault }) => !(['GetRole', 'DescribeCluster'].includes(barrier.operation) && fault.kind === 'stale'),
    );

/** Often enough that the SDK's own three attempts do not hide it. */
const TIMES = 3;

async function struck(entitlement: string, { barrier, fault }: Case): Promise<string[]> {
  const { service, operation, nth } = barrier;
  const rule = { fault, on: { service, operation }, after: nth, times: fault.kind === 'twice' ? 1 : TIMES };
  const calls = { callTimeout: 150 as Duration };
  const plan = faultPlan([rule], { record: true });
  // What the administrator asks in the end is asked of AWS as it is.
  const faults: Faults = {
    ...plan,
    strike: (call) => (call.caller.endsWith('/operator') ? undefined : plan.strike(call)),
  };
  const world = await testWorld({ faults, schedule: ['sweeper', 'reaper'], calls });
  try {
    await lead(world, entitlement, LED);
    const violations = await carryOn(world, entitlement);
    return violations.map((violation) => `${nameOf(barrier)}, ${JSON.stringify(fault)}: ${violation}`);
  } finally {
    await world.close();
  }
}

it.each(LIVES)(
  '%s: any one fault at any call: decided once, ended on time, nothing left',
  { timeout: 120_000 },
  async (entitlement) => {
    const cases = casesOf(await barriersOf(entitlement));
    const every = Math.floor(cases.length / SAMPLES);
    const from = Number(process.env['HALLPASS_SEED'] ?? 0) % every;
    const sample = cases.filter((_, n) => n % every === from).slice(0, SAMPLES);
    const violations: string[] = [];
    for (const one of sample) violations.push(...(await struck(entitlement, one)));
    countCases(`of ${cases.length} faults over the wire in a life of ${entitlement}, from case ${from}`, sample.length);
    expect(violations).toEqual([]);
  },
);
