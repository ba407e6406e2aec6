/** Commands about rules that are not deployed yet: `lint`, `diff`, `test`. They need no server and no credentials. */
import { Option } from 'commander';
import { formatProblems } from '../../src/config/problem.ts';
import { type Difference, difference, widthOf } from '../../src/core/diff.ts';
import { LINT_RULES, type LintRule } from '../../src/core/lint-rule.ts';
import { Failure } from '../failure.ts';
import type { Linted } from '../rules/lint.ts';
import type { Tested } from '../rules/trials.ts';
import { type Commands, print, type Session, say } from '../session.ts';
import { table } from '../terminal/table.ts';
import { visible } from '../terminal/visible.ts';
import { differenceText } from '../views/difference.ts';

const RULES = Object.keys(LINT_RULES) as LintRule[];
const DEFAULT_FILE = 'hallpass.yaml';

export const addRuleCommands: Commands = (program, sessionOf) => {
  const name = program.name();
  program
    .command('lint')
    .description('warn of rules that are wider than they look, or that nobody could use')
    .argument('[file...]', `hallpass.yaml, or a folder of files (default: ${DEFAULT_FILE})`)
    .addOption(new Option('--allow <rule...>', 'rules that are of no interest here').choices(RULES))
    .option('--rules', 'say which rules there are')
    .addHelpText(
      'after',
      `\nAccept a warning where it is, in a comment on its line or above it:\n  # hallpass-lint: allow reads-secrets\n\nExamples:\n  ${name} lint hallpass.yaml\n  ${name} lint rules/ --output json`,
    )
    .action(async (files: string[], { allow = [], rules }: { allow?: LintRule[]; rules?: true }, command) => {
      const session = sessionOf(command);
      if (rules) return void print(session, both(LINT_RULES), rulesTable);
      const { lintAt } = await import('../rules/lint.ts');
      const linted = (files.length > 0 ? files : [DEFAULT_FILE]).map((file) => lintAt(file, allow));
      const warnings = linted.flatMap((one) => one.warnings);
      print(session, both({ warnings }), () => linted.map(lintText).join(''));
      const accepted = linted.reduce((sum, one) => sum + one.accepted, 0);
      say(session, `${count(warnings.length, 'warning')}${accepted > 0 ? `, ${accepted} accepted` : ''}.`);
      if (warnings.length > 0) throw new Failure('findings', `"${name} lint --rules" says what each rule is about.`);
    });

  program
    .command('diff')
    .description('who gains and loses what between two configurations')
    .argument('<old>', 'a file or a folder')
    .argument('<new>', 'a file or a folder')
    .addHelpText('after', `\nExample:\n  git show main:hallpass.yaml > old.yaml && ${name} diff old.yaml hallpass.yaml`)
    .action(async (before: string, after: string, _options, command) => {
      const session = sessionOf(command);
      const { rulesAt } = await import('../rules/read.ts');
      const found = difference(rulesAt(before).configuration, rulesAt(after).configuration);
      const width = widthOf(found);
      print(session, both({ width, people: byPerson(found), ...found }), () => differenceText(found));
      conclude(session, found, width);
    });

  program
    .command('test')
    .description('run files of expected verdicts: given rules, when somebody asks, expect')
    .argument('<file...>', 'files of tests')
    .addHelpText('after', `\nExample:\n  ${name} test rules.test.yaml`)
    .action(async (files: string[], _options, command) => {
      const session = sessionOf(command);
      const { runTrials } = await import('../rules/trials.ts');
      const tests = files.flatMap((file) => runTrials(file));
      const failed = tests.filter(({ ok }) => !ok).length;
      print(session, both({ passed: tests.length - failed, failed, tests }), () => tests.map(testText).join(''));
      say(
        session,
        `${count(tests.length, 'test')}, ${failed === 0 ? 'all as expected' : `${failed} otherwise than expected`}.`,
      );
      if (failed > 0) throw new Failure('findings', 'The rules do not say what these tests expect of them.');
    });
};

const both = <T>(value: T) => ({ value, json: value });
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const rulesTable = (): string => table(['RULE', 'WARNS OF'], Object.entries(LINT_RULES));

const lintText = ({ warnings, files }: Linted): string =>
  formatProblems(
    warnings.map((warning) => ({ ...warning, message: `${warning.message} [${warning.rule}]` })),
    files,
  );

function testText({ file, line, name, ok, misses }: Tested): string {
  const head = `${ok ? 'ok  ' : 'FAIL'} ${visible(file)}:${line}: ${visible(name)}\n`;
  const lines = misses.map(
    (miss) =>
      `       ${visible(file)}:${miss.line}:${miss.column}\n         expected: ${visible(miss.expected)}\n         but it is: ${visible(miss.actual)}\n`,
  );
  return head + lines.join('');
}

function conclude(session: Session, { entitlements }: Difference, width: ReturnType<typeof widthOf>): void {
  const gainers = new Set(entitlements.flatMap(({ gained }) => gained));
  const losers = new Set(entitlements.flatMap(({ lost }) => lost));
  if (width === 'same') {
    say(session, 'Nothing changes for anybody.');
    return;
  }
  const others = new Set(entitlements.flatMap(({ kept }) => kept));
  const sum = `${count(gainers.size, 'caller')} gain access, ${losers.size} lose some, ${others.size} get what they have on other terms.`;
  throw width === 'wider'
    ? new Failure('wider', `Wider: ${sum} Easier terms count as wider, and so does what cannot be told.`)
    : new Failure('changed', `Not wider: ${sum}`);
}

type Gain = { readonly entitlement: string; readonly cluster: string };
type Moves = { readonly gains: Gain[]; readonly loses: Gain[]; readonly changes: Gain[] };

/** The same by person, for machines that ask about one. */
function byPerson({ entitlements }: Difference): Record<string, Moves> {
  const moves: Record<string, Moves> = {};
  for (const { entitlement, cluster, gained, lost, kept } of entitlements) {
    const note = (ids: readonly string[], kind: keyof Moves): void => {
      for (const id of ids) {
        moves[id] ??= { gains: [], loses: [], changes: [] };
        moves[id][kind].push({ entitlement, cluster });
      }
    };
    note(gained, 'gains');
    note(lost, 'loses');
    note(kept, 'changes');
  }
  return moves;
}
