/** Problems as people read them: `hallpass.yaml:12:7: …`, the line, and a caret under the place. */
import { printable } from './printable.ts';

export type Problem = {
  readonly file: string;
  /** Lines and columns count from 1; columns count UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
  /** Where in the data: `entitlements.admin.maxDuration`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
};

/** A file's name, as messages show it, and what is in it. */
export type SourceFile = { readonly file: string; readonly text: string };

const WIDTH = 120;

/**
 * Plain text; each problem on its first line in the form that editors and terminals make a link of. `sources`: what was
 * read, or the one text that all problems are of.
 */
export function formatProblems(problems: readonly Problem[], sources: string | readonly SourceFile[]): string {
  const linesOf = (text: string): string[] => withoutMark(text).split('\n');
  const lines = new Map(
    typeof sources === 'string' ? [] : sources.map(({ file, text }) => [file, linesOf(text)] as const),
  );
  const only = typeof sources === 'string' ? linesOf(sources) : [];
  return problems
    .map((problem) => formatProblem(problem, (lines.get(problem.file) ?? only)[problem.line - 1] ?? ''))
    .join('\n');
}

/** A byte order mark is no part of the text: columns are counted without it. */
export const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/** Hundreds of places in one text are asked for one after another: where its lines begin is found out once. */
let indexed: { readonly text: string; readonly starts: readonly number[] } | undefined;

function lineStartsOf(text: string): readonly number[] {
  if (indexed?.text === text) return indexed.starts;
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  indexed = { text, starts };
  return starts;
}

export function positionAt(text: string, offset: number): { line: number; column: number } {
  const starts = lineStartsOf(text);
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: Math.min(offset, text.length) - (starts[low] ?? 0) + 1 };
}

/**
 * A secret or a password that somebody pasted is not shown again: those who read the log of a deployment are others than
 * those who read the file. As long as it was, so that the caret stays where it belongs.
 */
const withoutSecrets = (line: string): string =>
  line
    .replace(
      /(\bsecret["']?\s*:\s*)(?!["']?arn:)([^\s,}][^,}]*)/gi,
      (_, key: string, value: string) => key + starsFor(value),
    )
    .replace(/(:\/\/)([^/\s"'@]+)(?=@)/g, (_, before: string, user: string) => before + starsFor(user));
const starsFor = (text: string): string => '*'.repeat(text.length);

function formatProblem(problem: Problem, written: string): string {
  const line = withoutSecrets(written);
  const { file, path, message, column } = problem;
  const where = path === '' ? '' : `${printable(path)}: `;
  const head = `${printable(file)}:${problem.line}:${column}: ${where}${message}`;
  const number = String(problem.line).padStart(5);
  const cutAt = column > WIDTH ? column - WIDTH / 2 : 0;
  const shown = (from: number, to: number): string => printable(line.slice(from, to).replace(/[\t\r]/g, ' '));
  const margin = ' '.repeat(number.length);
  const source = `${number} | ${shown(cutAt, cutAt + WIDTH)}`.trimEnd();
  return `${head}\n${source}\n${margin} | ${' '.repeat(shown(cutAt, column - 1).length)}^\n`;
}
