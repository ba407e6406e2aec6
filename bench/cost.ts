/** What a grant costs, and a month without one: counted in local mode, times list prices. It writes docs/cost.md, too. */
import { writeFileSync } from 'node:fs';
import { configurationAt } from '../infra/settings.ts';
import { costPage } from './cost-page.ts';
import { type Counted, type Counts, countLife, DEDICATED, STANDING } from './life.ts';
import { ASSUMED_MS, grantLines, idleLines, type Line, sum, units } from './prices.ts';
import type { Bench, Cell } from './table.ts';

const PAGE = new URL('../docs/cost.md', import.meta.url).pathname;
const EXAMPLE = new URL('../hallpass.yaml', import.meta.url).pathname;

async function countAll(): Promise<Counted> {
  const config = configurationAt(EXAMPLE);
  const { grant: dedicated, idle } = await countLife(config, DEDICATED);
  const { grant: role } = await countLife(config, STANDING);
  return { dedicated, role, idle };
}

const rowOf = (what: string, lines: readonly Line[], times: number, counts?: Counts): Cell[] => {
  const of = (name: string): string => ((lines.find((line) => line.what === name)?.dollars ?? 0) * times).toFixed(4);
  const counted: Cell[] = counts
    ? [counts.transitions, units(counts.writeUnits), units(counts.readUnits)]
    : ['', '', ''];
  return [
    what,
    ...counted,
    of('Step Functions'),
    of('DynamoDB'),
    of('Lambda'),
    of('EventBridge'),
    of('API Gateway'),
    of('Logs'),
    (sum(lines) * times).toFixed(4),
  ];
};

export const cost: Bench = {
  name: 'cost',
  async run(say) {
    say('two grants and ten idle sweeps');
    const counted = await countAll();
    writeFileSync(PAGE, costPage(counted));
    const { dedicated, role, idle } = counted;
    return {
      title: 'Cost',
      note:
        'US dollars in list prices without any free tier, metrics and alarms left out. Transitions, write and read units are those of one ' +
        'grant of 30 minutes, from the request to the second look back, as the embedded engine meters them. Billed milliseconds ' +
        `are assumed (${Object.entries(ASSUMED_MS)
          .map(([name, ms]) => `${name} ${ms}`)
          .join(', ')}). Targets: at most 6 transitions and $0.22 for 1,000 grants; an idle month at most $0.02.`,
      columns: [
        'what',
        'transitions',
        'write units',
        'read units',
        'Step Functions $',
        'DynamoDB $',
        'Lambda $',
        'EventBridge $',
        'API Gateway $',
        'logs $',
        'together $',
      ],
      rows: [
        rowOf('1,000 grants, a role each', grantLines(dedicated), 1_000, dedicated),
        rowOf('1,000 grants of a standing role', grantLines(role), 1_000, role),
        rowOf('an idle month', idleLines(idle), 1),
      ],
      bars: { label: 0, value: 10, unit: '$' },
    };
  },
};
