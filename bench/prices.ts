/** What is counted, times list prices: one place for prices, assumptions and sums. */
import { FUNCTIONS, REAPER } from '../src/aws/deployment.ts';
import type { Counts, IdleCounts } from './life.ts';

/** US dollars, us-east-1, November 2026, without any free tier. */
const PRICES = {
  transition: 0.025 / 1_000,
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.000_013_333_4,
  apiRequest: 1 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  event: 1 / 1e6,
  logGb: 0.5,
} as const;

export const SOURCES = [
  'https://aws.amazon.com/step-functions/pricing/',
  'https://aws.amazon.com/lambda/pricing/',
  'https://aws.amazon.com/api-gateway/pricing/',
  'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  'https://aws.amazon.com/eventbridge/pricing/',
  'https://aws.amazon.com/cloudwatch/pricing/',
];

/**
 * Milliseconds billed. Not measured on AWS: mostly waiting for AWS's answers. A sweep that finds nothing takes 2.5 ms of one
 * core here, warm, with two calls over TLS; 512 MB are three tenths of a core, and DynamoDB answers in single digits.
 */
export const ASSUMED_MS = {
  api: 80,
  workflow: 150,
  publisher: 50,
  sweeper: 14,
  reaper: 80,
  inventory: 500,
} as const;
type Timed = keyof typeof ASSUMED_MS;

/** START, END and REPORT: about so many bytes, and CloudWatch's own for three events. What is run by the clock has none. */
const SYSTEM_LINES_BYTES = 300 + 3 * 26;
/** What a reaper and an inventory that find nothing write, as `test/reaper` sees it. */
const QUIET_LINE_BYTES = 250;

const MINUTES = 30 * 24 * 60;
/** How often what runs by the clock runs in a month. */
const RUNS = { sweeper: MINUTES, reaper: MINUTES / 5, inventory: MINUTES / 60 } as const;

/** `dollars`: for one. */
export type Line = { readonly what: string; readonly how: string; readonly dollars: number };

const gigabytes = (name: Timed): number => (name === 'reaper' ? REAPER.memoryMb : FUNCTIONS[name].memoryMb) / 1_024;
const gbSeconds = (name: Timed, times: number): number => (times * ASSUMED_MS[name] * gigabytes(name)) / 1_000;
const lambda = (ran: readonly (readonly [Timed, number])[]): number =>
  ran.reduce(
    (sum, [name, times]) => sum + times * PRICES.lambdaRequest + gbSeconds(name, times) * PRICES.lambdaGbSecond,
    0,
  );

const logs = (bytes: number): Line => ({
  what: 'Logs',
  how: bytes < 1e6 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`,
  dollars: (bytes / 1e9) * PRICES.logGb,
});

export const units = (amount: number): number => Math.round(amount * 10) / 10;

/** Of one grant. */
export function grantLines(counts: Counts): Line[] {
  const { transitions, writeUnits, readUnits, invocations, events, eks, iam } = counts;
  const ran = Object.entries(invocations).filter((one): one is [Timed, number] => one[0] in ASSUMED_MS);
  const runs = ran.reduce((sum, [, times]) => sum + times, 0);
  const requests = invocations['api'] ?? 0;
  return [
    { what: 'Step Functions', how: `${transitions} transitions`, dollars: transitions * PRICES.transition },
    {
      what: 'DynamoDB',
      how: `${units(writeUnits)} write units, ${units(readUnits)} read units`,
      dollars: writeUnits * PRICES.writeUnit + readUnits * PRICES.readUnit,
    },
    { what: 'Lambda', how: ran.map(([name, times]) => `${times} × ${name}`).join(', '), dollars: lambda(ran) },
    { what: 'EventBridge', how: `${events} events`, dollars: events * PRICES.event },
    { what: 'API Gateway', how: `${requests} requests`, dollars: requests * PRICES.apiRequest },
    logs(counts.logBytes + runs * SYSTEM_LINES_BYTES),
    { what: 'EKS, IAM, STS', how: `${eks} and ${iam} calls`, dollars: 0 },
  ];
}

/** Of a month in which nobody asks for anything, with one account of clusters. */
export function idleLines(idle: IdleCounts): Line[] {
  const ran = Object.entries(RUNS) as [Timed, number][];
  const runs = ran.reduce((sum, [, times]) => sum + times, 0);
  const used = ran.reduce((sum, [name, times]) => sum + gbSeconds(name, times), 0);
  const reads = RUNS.sweeper * idle.readUnits;
  const quiet = (RUNS.reaper + RUNS.inventory) * (QUIET_LINE_BYTES + 26);
  return [
    {
      what: 'Lambda',
      how: `${runs.toLocaleString('en')} runs, ${Math.round(used)} GB-s`,
      dollars: lambda(ran),
    },
    {
      what: 'DynamoDB',
      how: `${Math.round(reads).toLocaleString('en')} read units, ${units(idle.readUnits)} a sweep`,
      dollars: reads * PRICES.readUnit,
    },
    logs(RUNS.sweeper * idle.logBytes + quiet),
  ];
}

/** Twelve alarms at $0.10, seven metrics at $0.30: the price of being called. The first dashboards are free. */
export const WATCHING: readonly Line[] = [
  // An alarm costs by the metrics that it looks at: FunctionsFail at ten, ReaperFails at two.
  {
    what: 'Alarms',
    how: '8 in the hub (one over 10 metrics), 4 in an account with clusters (one over 2)',
    dollars: (7 + 10 + 3 + 2) * 0.1,
  },
  { what: 'Metrics of our own', how: '4 in the hub, 3 in an account with clusters', dollars: 7 * 0.3 },
];

export const sum = (lines: readonly Line[]): number => lines.reduce((total, { dollars }) => total + dollars, 0);
