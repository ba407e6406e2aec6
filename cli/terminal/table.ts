/** Columns as kubectl prints them: aligned by what a terminal shows, so that 日本 takes four places and not two. */
import stringWidth from 'string-width';
import { visible } from './visible.ts';

const GAP = '   ';

/** A cell, and how it is painted once its width is known. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return columns([head, ...rows]);
}

/** One fact a line: `State:   active`. Facts without a value are left out. */
export function facts(pairs: readonly (readonly [string, Cell | undefined])[]): string {
  return columns(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[`${name}:`, value]])));
}

function columns(rows: readonly (readonly Cell[])[]): string {
  const shown = rows.map((row) => row.map((cell) => visible(typeof cell === 'string' ? cell : cell.text)));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => stringWidth(row[column] ?? ''))));
  const lines = rows.map((row, r) =>
    row
      .map((cell, column) => {
        const text = shown[r]?.[column] ?? '';
        const padding = ' '.repeat((widths[column] ?? 0) - stringWidth(text));
        return (typeof cell === 'string' ? text : cell.paint(text)) + padding;
      })
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
