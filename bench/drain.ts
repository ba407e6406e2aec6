/**
 * How fast a crowd's access is gone, measured against what EKS admits: a simulation in which only time is simulated. The
 * rate is a parameter, because EKS publishes none: `EKS_RATE` (calls a second) and `EKS_BURST` replace what is below.
 */
import type { RateLimit } from '../local/aws/rate-limit.ts';
import { type Crowd, type Drained, drainCrowd } from './crowd.ts';
import { type Bench, type Cell, median, quantile, spread } from './table.ts';

const { EKS_RATE, EKS_BURST } = process.env;
const given = EKS_RATE
  ? { callsPerSecond: Number(EKS_RATE), burst: Number(EKS_BURST ?? 4 * Number(EKS_RATE)) }
  : undefined;
/** A bucket of four seconds' worth, as Elastic Load Balancing publishes of its own (10 a second, 40 at once). */
const admits = (callsPerSecond: number): RateLimit => given ?? { callsPerSecond, burst: 4 * callsPerSecond };

const CROWD: Crowd = {
  grants: 1_000,
  accounts: 1,
  clusters: 1,
  grantsInDeadAccount: 0,
  eksAdmits: admits(10),
  standing: 20,
  workflow: true,
};
const CASES: readonly (readonly [what: string, crowd: Crowd])[] = [
  ['one cluster', CROWD],
  ['one cluster', { ...CROWD, grants: 3_000 }],
  ['one cluster, slower EKS', { ...CROWD, eksAdmits: admits(5) }],
  ['one cluster, faster EKS', { ...CROWD, eksAdmits: admits(20) }],
  [
    '4 accounts of 3 clusters, and 200 grants in a dead account',
    { ...CROWD, accounts: 4, clusters: 3, grantsInDeadAccount: 200 },
  ],
  ['one cluster with 3,000 entries of others', { ...CROWD, standing: 3_000 }],
  ['without Step Functions', { ...CROWD, workflow: false }],
];
const SEEDS = [1, 7, 23];

/** Seconds in which EKS admits one delete for each grant, if nobody wasted a call. */
const floorOf = ({ grants, accounts, eksAdmits: { callsPerSecond, burst } }: Crowd): number =>
  (Math.ceil(grants / accounts) - burst) / callsPerSecond;

const last = (times: readonly number[]): number => times.at(-1) ?? Number.NaN;

function row(what: string, crowd: Crowd, runs: readonly Drained[]): Cell[] {
  const { callsPerSecond, burst } = crowd.eksAdmits;
  const floor = floorOf(crowd);
  const late = runs.flatMap(({ removed }) => removed);
  const perGrant = (of: (run: Drained) => number): string =>
    spread(
      runs.map((run) => of(run) / crowd.grants),
      3,
    );
  return [
    what,
    crowd.grants,
    `${callsPerSecond}/s, ${burst} at once`,
    floor,
    spread(runs.map(({ removed }) => last(removed))),
    median(runs.map(({ removed }) => (100 * floor) / last(removed))),
    spread(runs.map(({ recorded }) => last(recorded))),
    `${quantile(late, 0.5).toFixed(0)} / ${quantile(late, 0.99).toFixed(0)}`,
    perGrant(({ eks }) => eks.ending - eks.refused),
    perGrant(({ eks }) => eks.refused),
    perGrant(({ eks }) => eks.settling),
    perGrant(({ eks }) => eks.ending + eks.settling),
    runs.reduce((sum, { left }) => sum + left, 0),
  ];
}

export const drain: Bench = {
  name: 'drain',
  async run(say) {
    const runs = CASES.map(([what, crowd]) => ({ what, crowd, of: [] as Drained[] }));
    for (const seed of SEEDS) {
      for (const { what, crowd, of } of runs) {
        say(`${what}, ${crowd.grants} grants, seed ${seed}`);
        of.push(await drainCrowd(crowd, seed));
      }
    }
    return {
      title: 'Drain',
      note:
        'Grants with roles of their own that end in the same second; seconds from that second. Simulated time: the use cases, the state machine, a sweep a minute and ' +
        `the functions' sixty seconds are the product's, EKS is a token bucket for each account. Median and middle half of ${SEEDS.length} seeds. The floor is one ` +
        'delete a grant at the rate that EKS admits. Calls are those sent to EKS for one grant, with the refused ones; looks back are the two passes ' +
        'after 2 and 10 minutes. Targets: 95 % of the rate, 1.05 calls. One by one it would be 3 calls, and 8 for the looks back.',
      columns: [
        'what',
        'grants',
        'EKS admits',
        'floor, s',
        'all removed, s',
        '% of the floor’s rate',
        'all on record, s',
        'late: median / 99th, s',
        'calls: ending',
        'refused',
        'looks back',
        'all',
        'left',
      ],
      rows: runs.map(({ what, crowd, of }) => row(what, crowd, of)),
      bars: { label: 2, value: 5, unit: '%' },
    };
  },
};
