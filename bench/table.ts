/** What every bench answers, and how it is shown: a table for people, JSON for whoever compares runs. */
export type Cell = string | number;

export type Result = {
  readonly title: string;
  /** What was measured, how, and what the ratios are of. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** A bar for each row: which column names it, and which gives its length. */
  readonly bars?: { readonly label: number; readonly value: number; readonly unit: string };
};

export type Bench = { readonly name: string; run(say: (text: string) => void): Promise<Result> };

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** `12.3 (11.9–13.4)`: the median, and the middle half. */
export const spread = (values: readonly number[], digits = 1): string =>
  `${median(values).toFixed(digits)} (${quantile(values, 0.25).toFixed(digits)}–${quantile(values, 0.75).toFixed(digits)})`;

const text = (cell: Cell): string => (typeof cell === 'number' ? String(Math.round(cell * 1_000) / 1_000) : cell);

export function show({ title, note, columns, rows }: Result): string {
  const lines = [columns, ...rows].map((row) => row.map(text));
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const shown = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  return `\n${title}\n${note}\n\n${shown.join('\n')}\n`;
}

export function markdown({ title, note, columns, rows }: Result): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    note,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map(text))),
  ].join('\n');
}
