/** Warnings with their places, without those that the file accepts. */

import { pathText } from '../../src/config/finding.ts';
import type { SourceFile } from '../../src/config/problem.ts';
import { lint } from '../../src/core/lint.ts';
import type { LintRule } from '../../src/core/lint-rule.ts';
import { rulesAt } from './read.ts';

export type PlacedWarning = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly rule: LintRule;
  readonly message: string;
};

export type Linted = {
  readonly warnings: readonly PlacedWarning[];
  readonly accepted: number;
  readonly files: readonly SourceFile[];
};

const ACCEPTS = /#\s*hallpass-lint:\s*allow\s+(.+)$/;

/** In the order of the files and of their text. `allowed`: rules that are of no interest here. */
export function lintAt(path: string, allowed: readonly LintRule[]): Linted {
  const { configuration, placeOf, files } = rulesAt(path);
  const order = new Map(files.map(({ file }, index) => [file, index]));
  const all = lint(configuration).map(({ rule, path: where, message }) => ({
    ...placeOf(where),
    path: pathText(where),
    rule,
    message,
  }));
  const accepts = acceptedIn(files);
  const warnings = all.filter(({ file, line, rule }) => !allowed.includes(rule) && !accepts(file, line, rule));
  return {
    warnings: warnings.toSorted(
      (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
    ),
    accepted: all.length - warnings.length,
    files,
  };
}

/** `# hallpass-lint: allow RULE, RULE` on the line of the warning or on the one above it. */
function acceptedIn(files: readonly SourceFile[]): (file: string, line: number, rule: string) => boolean {
  const accepted = new Set(
    files.flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, index) => {
        const rules = ACCEPTS.exec(line)?.[1]?.split(/[\s,]+/) ?? [];
        const below = line.trimStart().startsWith('#') ? 1 : 0;
        return rules.map((rule) => `${file}\n${index + 1 + below}\n${rule}`);
      }),
    ),
  );
  return (file, line, rule) => accepted.has(`${file}\n${line}\n${rule}`);
}
