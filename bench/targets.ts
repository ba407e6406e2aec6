/** What was aimed at, with what was measured beside it. A result that is not there says so. */
import type { Cell, Result } from './table.ts';

type Row = readonly Cell[];

const MISSING = 'not measured';

export function targets(results: readonly Result[]): Result {
  const of = (title: string): Result | undefined => results.find((one) => one.title === title);
  /** The cells of a column, of the rows that are meant. */
  const cells = (title: string, column: string, which: (row: Row) => boolean = () => true): number[] => {
    const result = of(title);
    const at = result?.columns.indexOf(column) ?? -1;
    return result && at >= 0 ? result.rows.filter(which).map((row) => Number.parseFloat(String(row[at]))) : [];
  };
  const range = (values: readonly number[], digits: number): string => {
    if (values.length === 0) return MISSING;
    const [least, most] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)];
    return least === most ? least : `${least} to ${most}`;
  };
  const trips = (mode: string, what: string): string =>
    ['to read back', 'to recorded']
      .map((column) =>
        range(
          cells('Round trips', column, (row) => row[0] === mode && row[1] === what),
          0,
        ),
      )
      .join(' and ');
  const crowd = (row: Row): boolean => row[0] === 'one cluster' && row[1] === 1_000;
  const cost = (what: string, column: string, digits: number): string =>
    range(
      cells('Cost', column, (row) => row[0] === what),
      digits,
    );
  return {
    title: 'Targets',
    note: 'What was aimed at before anything was built, and what was measured.',
    columns: ['what', 'aimed at', 'measured'],
    rows: [
      ['importing a function, of its AWS clients tuned', '≤ 1.15', range(cells('Cold start', 'of tuned'), 2)],
      [
        'importing a function, of its AWS clients as esbuild bundles them',
        '≤ 0.65',
        range(cells('Cold start', 'of plain'), 2),
      ],
      [
        'its first event with an AWS call, of importing its clients untuned',
        '≤ 1.0',
        range(cells('First event', 'of that'), 2),
      ],
      ['calls in a row from the click to read back, and to active', '6 and 7', trips('dedicated', 'from the click')],
      ['the same with a standing role', '10', trips('role', 'from the click')],
      [
        'calls in a row of revoking, to read back',
        '4',
        range(
          cells('Round trips', 'to read back', (row) => row[0] === 'dedicated' && row[1] === 'revoking'),
          0,
        ),
      ],
      [
        'sweeping 100 due of 100,000 stored, of 100 of 1,000: requests',
        '1',
        ratioOf(cells('Sweep', 'requests for each', (row) => row[1] === 100)),
      ],
      [
        'the same, processor time',
        '1',
        range(
          cells('Sweep', 'of 1,000 stored', (row) => row[0] === '100 of 100,000'),
          2,
        ),
      ],
      [
        '1,000 grants that end in one second: of the rate that EKS admits',
        '≥ 95 %',
        `${range(cells('Drain', '% of the floor’s rate', crowd), 1)} %`,
      ],
      [
        'the same: EKS calls a grant (ending; with looks back; with refused calls, too)',
        '≤ 1.05',
        `${range(cells('Drain', 'calls: ending', crowd), 3)}; ${sumOf(cells('Drain', 'calls: ending', crowd), cells('Drain', 'looks back', crowd))}; ${range(cells('Drain', 'all', crowd), 3)}`,
      ],
      ['state transitions of a grant', '≤ 6', cost('1,000 grants, a role each', 'transitions', 0)],
      ['1,000 grants, $', '≤ 0.22', cost('1,000 grants, a role each', 'together $', 3)],
      ['an idle month, $', '≤ 0.02', cost('an idle month', 'together $', 3)],
    ],
  };
}

const ratioOf = (values: readonly number[]): string => {
  const [first] = values;
  const last = values.at(-1);
  return first === undefined || last === undefined ? MISSING : (last / first).toFixed(2);
};

const sumOf = (...values: readonly (readonly number[])[]): string =>
  values.some(([first]) => first === undefined)
    ? MISSING
    : values.reduce((sum, [first = 0]) => sum + first, 0).toFixed(3);
