/**
 * A process for the tests to lose: local mode on the given folder, in which people lead a grant through its whole life,
 * under a clock of its own. At the named call's barrier, announced by the AWS endpoint, it is stopped by SIGKILL. What it
 * writes last is when that was; a life that never comes to the barrier ends with `survived`.
 *
 *   node test/life/victim.ts FOLDER ENTITLEMENT SERVICE OPERATION NTH before|after
 */
import { writeSync } from 'node:fs';
import { virtualClock } from '../../local/clock.ts';
import { type Call, type Fault, type Faults, faultPlan } from '../../local/faults.ts';
import { START, testWorld } from './harness.ts';
import { lead } from './led-life.ts';

const [dataDir = '', entitlement = '', service = '', operation = '', nth = '', when = ''] = process.argv.slice(2);
const clock = virtualClock(START);
const plan = faultPlan(
  [
    {
      fault: { kind: 'kill', when: when as 'before' | 'after' },
      on: { service: service as Call['service'], operation },
      after: Number(nth),
    },
  ],
  { record: true },
);
/** A process that is killed says nothing any more: written at once, before it is. */
const announced: Faults = {
  ...plan,
  strike(call): Fault | undefined {
    const fault = plan.strike(call);
    if (fault) writeSync(1, `killed ${clock.now()}\n`);
    return fault;
  },
};
const world = await testWorld({ dataDir, clock, faults: announced, schedule: ['sweeper', 'reaper'] });
await lead(world, entitlement);
writeSync(1, 'survived\n');
await world.close();
