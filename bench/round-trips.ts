/**
 * What a person waits for: the calls to AWS that come one after another, and what they add up to at latencies as they
 * are met in practice (assumed, and said so: they differ by region and day).
 */
import type { Call } from '../test/faults/world.ts';
import type { Bench, Cell } from './table.ts';
import { type Chain, chainsOf } from './trips.ts';

/**
 * Milliseconds, same region, connection open: DynamoDB's single digits as AWS states them
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html); EKS, IAM and Step Functions as
 * round figures of control planes, which publish none.
 */
const ASSUMED_MS: Readonly<Record<Call['service'], number>> = { dynamodb: 8, eks: 120, iam: 100, states: 40 };

const steps = ({ trips, untilRecorded }: Chain): string =>
  Array.from({ length: untilRecorded }, (_, n) =>
    [...new Set(trips.filter((trip) => trip.depth === n + 1).map((trip) => trip.operation.split(':')[1]))].join(' + '),
  ).join(' → ');

/** The slowest of what goes out together, step by step. */
function milliseconds({ trips, untilRecorded }: Chain): number {
  const slowest = Array.from({ length: untilRecorded }, (_, n) =>
    Math.max(
      ...trips
        .filter((trip) => trip.depth === n + 1)
        .map((trip) => ASSUMED_MS[trip.operation.split(':')[0] as Call['service']]),
    ),
  );
  return slowest.reduce((sum, one) => sum + one, 0);
}

export const roundTrips: Bench = {
  name: 'round-trips',
  async run() {
    const rows: Cell[][] = [];
    for (const [mode, entitlement] of [
      ['dedicated', 'prod-view'],
      ['role', 'admin'],
    ] as const) {
      const { opening, expiry, endedEarly } = await chainsOf(entitlement);
      for (const [what, chain] of [
        ['from the click', opening],
        ['revoking', expiry],
        ['ended early, from the click', endedEarly],
      ] as const)
        rows.push([mode, what, chain.untilReadBack, chain.untilRecorded, milliseconds(chain), steps(chain)]);
    }
    return {
      title: 'Round trips',
      note:
        'Calls to AWS one after another until EKS has shown the effect (read back), and until that is on record. The chain is counted in a simulation in ' +
        `which every call takes one unit of time. Milliseconds at assumed latencies of ${Object.entries(ASSUMED_MS)
          .map(([name, ms]) => `${name} ${ms}`)
          .join(', ')}, ` +
        '(DynamoDB as [AWS says](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html), the others are ours: they publish none), ' +
        'without starting a function or the way from Step Functions to it. Targets: 6 and 7 for dedicated, 10 for role, 4 for revoking.',
      columns: ['mode', 'what', 'to read back', 'to recorded', 'ms', 'calls'],
      rows,
      bars: { label: 1, value: 4, unit: 'ms' },
    };
  },
};
