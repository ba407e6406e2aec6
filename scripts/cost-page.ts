/** docs/cost.md from counted calls: prices, assumptions and sums in one place. */

/** Of one grant's life, as counted. */
export type Counts = {
  /** To the API. */
  readonly requests: number;
  readonly transitions: number;
  /** Invocations of the workflow's function. */
  readonly steps: number;
  readonly published: number;
  readonly events: number;
  readonly puts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly queries: number;
  readonly indexQueries: number;
  readonly grantKb: number;
  /** The grant with all of its events, at the end. */
  readonly partitionKb: number;
  readonly eks: number;
  readonly iam: number;
};

/** US dollars, us-east-1, without any free tier. */
const PRICES = {
  transition: 0.025 / 1_000,
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.000_013_333_4,
  apiRequest: 1 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  event: 1 / 1e6,
  schedule: 1 / 1e6,
  logGb: 0.5,
} as const;

const SOURCES = [
  'https://aws.amazon.com/step-functions/pricing/',
  'https://aws.amazon.com/lambda/pricing/',
  'https://aws.amazon.com/api-gateway/pricing/',
  'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  'https://aws.amazon.com/eventbridge/pricing/',
  'https://aws.amazon.com/cloudwatch/pricing/',
];

/** Milliseconds billed. Not measured on AWS: mostly waiting for AWS's answers. */
const ASSUMED_MS = { api: 80, step: 150, publisher: 50, idleSweep: 20, idleReaper: 80, inventory: 500 } as const;
/** Bytes that an idle sweep writes to its log, Lambda's own START, END and REPORT included. */
const SWEEP_LOG_BYTES = 600;
const MINUTES = 30 * 24 * 60;
const GB = { functions: 0.5, small: 0.25 } as const;

type Line = readonly [what: string, how: string, dollars: number];

function grantLines(counts: Counts): Line[] {
  const { grantKb } = counts;
  // Every update is taken for one of the grant, which is the largest: an upper bound.
  // A transaction writes each item at two units a KB; the indexes byPerson and byTime copy the grant, and due moves.
  const perUpdate = 2 * grantKb + 2 * grantKb + 2;
  // The index undecided copies it when it is asked for and when it is prepared, and drops it when it is decided.
  const undecided = 3 * grantKb;
  const writes = counts.updates * perUpdate + undecided + 2 * (counts.puts + counts.deletes);
  // A grant is read with its events, strongly, at a unit for 4 KB; on average half of them are there already.
  const reads = counts.queries * Math.ceil(counts.partitionKb / 2 / 4) + counts.indexQueries;
  const lambda = (times: number, ms: number, gb: number): number =>
    times * (PRICES.lambdaRequest + (ms / 1_000) * gb * PRICES.lambdaGbSecond);
  return [
    ['Step Functions', `${counts.transitions} transitions`, counts.transitions * PRICES.transition],
    [
      'DynamoDB',
      `${counts.updates} updates of ${grantKb} KB, ${counts.puts} puts, ${counts.deletes} deletes: ${writes} write units; ${reads} read units`,
      writes * PRICES.writeUnit + reads * PRICES.readUnit,
    ],
    [
      'Lambda',
      `${counts.requests} × api, ${counts.steps} × workflow, ${counts.published} × publisher`,
      lambda(counts.requests, ASSUMED_MS.api, GB.functions) +
        lambda(counts.steps, ASSUMED_MS.step, GB.functions) +
        lambda(counts.published, ASSUMED_MS.publisher, GB.small),
    ],
    ['EventBridge', `${counts.events} events`, counts.events * PRICES.event],
    ['API Gateway', `${counts.requests} requests`, counts.requests * PRICES.apiRequest],
    ['EKS, IAM, STS', `${counts.eks} and ${counts.iam} calls`, 0],
  ];
}

function idleLines(): Line[] {
  const gbSeconds =
    (MINUTES * ASSUMED_MS.idleSweep * GB.functions) / 1_000 +
    ((MINUTES / 5) * ASSUMED_MS.idleReaper * GB.small) / 1_000 +
    ((MINUTES / 60) * ASSUMED_MS.inventory * GB.functions) / 1_000;
  const runs = MINUTES + MINUTES / 5 + MINUTES / 60;
  return [
    [
      'Lambda',
      `${runs.toLocaleString('en')} runs, ${Math.round(gbSeconds)} GB-s`,
      runs * PRICES.lambdaRequest + gbSeconds * PRICES.lambdaGbSecond,
    ],
    ['EventBridge Scheduler', `${runs.toLocaleString('en')} invocations`, runs * PRICES.schedule],
    [
      'DynamoDB',
      `${MINUTES.toLocaleString('en')} queries that find nothing, half a read unit each`,
      MINUTES * 0.5 * PRICES.readUnit,
    ],
    ['Logs', `${Math.round((runs * SWEEP_LOG_BYTES) / 1e6)} MB`, ((runs * SWEEP_LOG_BYTES) / 1e9) * PRICES.logGb],
  ];
}

/** Twelve alarms at $0.10, seven metrics at $0.30: the price of being called. The first dashboards are free. */
const WATCHING: readonly Line[] = [
  // An alarm costs by the metrics that it looks at: FunctionsFail at ten, ReaperFails at two.
  ['Alarms', '8 in the hub (one over 10 metrics), 4 in an account with clusters (one over 2)', (7 + 10 + 3 + 2) * 0.1],
  ['Metrics of our own', '4 in the hub, 3 in an account with clusters', 7 * 0.3],
];

const sum = (lines: readonly Line[]): number => lines.reduce((total, [, , dollars]) => total + dollars, 0);
const dollars = (amount: number): string => `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;

const table = (lines: readonly Line[], times: number): string[] => [
  '| | counted | US dollars |',
  '|---|---|---|',
  ...lines.map(([what, how, each]) => `| ${what} | ${how} | ${dollars(each * times)} |`),
  `| **together** | | **${dollars(sum(lines) * times)}** |`,
];

/** Markdown. */
export function costPage(grants: { readonly dedicated: Counts; readonly role: Counts }): string {
  const idle = idleLines();
  const dedicated = grantLines(grants.dedicated);
  const role = grantLines(grants.role);
  const largest = [...dedicated].sort((a, b) => b[2] - a[2]);
  return `${[
    '# What it costs',
    '',
    '<!-- Generated by `node scripts/cost.ts`. -->',
    '',
    'The calls are counted: a grant of 30 minutes is played in local mode, asked for, approved by one person, ended by its',
    'time, looked at twice afterwards. The prices are list prices of us-east-1 as the project knew them in November 2026,',
    `without any free tier ([sources](#sources)). Durations are **assumed, not measured on AWS** (${Object.entries(
      ASSUMED_MS,
    )
      .map(([name, ms]) => `${name} ${ms} ms`)
      .join(', ')}).`,
    '',
    '## 1,000 grants, each with a role of its own',
    '',
    ...table(dedicated, 1_000),
    '',
    `${largest[0]?.[0]} dominates, then ${largest[1]?.[0]}.`,
    '',
    '## 1,000 grants of a standing role',
    '',
    ...table(role, 1_000),
    '',
    '## An idle month, one account with clusters',
    '',
    ...table(idle, 1),
    '',
    'With the free tier that does not end (Lambda: a million requests and 400,000 GB-s a month; Scheduler: 14 million',
    'invocations; 5 GB of logs) it is only the queries: ' +
      `${dollars(idle.find(([what]) => what === 'DynamoDB')?.[2] ?? 0)}.`,
    '',
    '## Being called, a month',
    '',
    ...table(WATCHING, 1),
    '',
    'Ten alarms and ten metrics are free for ever in each account. What is left out: what is stored (a grant with its events',
    `is ${grants.dedicated.partitionKb} KB, and $0.25 a GB and month), CloudTrail, and EKS’s own price.`,
    '',
    '## Sources',
    '',
    ...SOURCES.map((url) => `- ${url}`),
  ].join('\n')}\n`;
}
