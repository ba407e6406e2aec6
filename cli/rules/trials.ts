/** Runs files of expected verdicts with the functions that decide on a hub. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesAt } from '../../src/aws/configuration-files.ts';
import type { Path } from '../../src/config/finding.ts';
import { overridden } from '../../src/config/override.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { lengthIn, readTrials, type TrialsRead, timeIn } from '../../src/config/trial-file.ts';
import type { FileTrial, FileTrials } from '../../src/config/trial-schema.ts';
import type { Configuration, Person } from '../../src/core/configuration.ts';
import { type Expectation, type Miss, missesOf } from '../../src/core/expectation.ts';
import type { RequestInput } from '../../src/core/request.ts';
import { callerNamed } from '../../src/core/role-identity.ts';
import { minutes, plus } from '../../src/core/time.ts';
import { courseOf, type TrialDecision } from '../../src/core/trial.ts';
import { Failure, textOf } from '../failure.ts';
import { circumstancesOf } from './circumstances.ts';
import { type Files, rulesIn } from './read.ts';

export type Tested = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  readonly ok: boolean;
  readonly misses: readonly {
    readonly line: number;
    readonly column: number;
    readonly expected: string;
    readonly actual: string;
  }[];
};

/** Throws `Failure` when the file or the rules it is about have mistakes. */
export function runTrials(path: string): Tested[] {
  const file = relative(process.cwd(), path) || path;
  const text = textAt(path);
  const read = readTrials(text, file);
  if (!read.ok) throw new Failure('mistakes', formatProblems(read.error, text).trimEnd());
  const { trials, placeOf } = read.value;
  const files = filesAt(join(dirname(path), trials.given.config));
  if (!files.ok) throw new Failure('mistakes', `${file}: given.config: ${files.error}`);
  const configurationOf = configurations(files.value, trials, file, placeOf);
  return trials.tests.map((test, index) => {
    const config = configurationOf(test, index);
    const found = misses(test, trials.given, config);
    const at = (about: Path) => placeOf(['tests', index, ...about]);
    return {
      file,
      ...at(['name']),
      name: test.name,
      ok: found.length === 0,
      misses: found.map(({ about, expected, actual }) => ({
        ...at(about === 'expect' ? ['expect'] : ['decisions', about]),
        ...{ expected, actual },
      })),
    };
  });
}

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure('mistakes', `${path} cannot be read: ${textOf(error)}`);
  }
}

type Override = Readonly<Record<string, unknown>> | undefined;

/** Each different set of overrides is read once. */
function configurations(files: Files, { given }: FileTrials, file: string, placeOf: TrialsRead['placeOf']) {
  const known = new Map<string, Configuration>();
  return (test: FileTrial, index: number): Configuration => {
    const key = JSON.stringify(test.override ?? null);
    const found =
      known.get(key) ??
      configurationWith(files, given.override, test.override, () => {
        const { line } = placeOf(test.override ? ['tests', index, 'override'] : ['given']);
        return `${file}:${line}: the rules, with what is overridden here`;
      });
    known.set(key, found);
    return found;
  };
}

function configurationWith(files: Files, given: Override, own: Override, where: () => string): Configuration {
  const changed = [given, own].reduce<Files>((so, override) => (override ? overridden(so, override) : so), files);
  try {
    return rulesIn(changed).configuration;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('mistakes', `${where()}:\n${error.message}`);
  }
}

function misses(test: FileTrial, given: FileTrials['given'], config: Configuration): Miss[] {
  const { person, via, at, breakGlass, ...input } = test.when;
  const asked = timeIn(at ?? given.at);
  const requester = callerNamed(person, config.directory);
  if (!requester)
    return [{ about: 'expect', expected: 'a person who asks', actual: `there is nobody called "${person}"` }];
  const decisions = test.decisions.map((decision, n): TrialDecision | Miss => {
    const id = decision.approve ?? decision.deny ?? '';
    const who: Person | undefined = callerNamed(id, config.directory);
    if (!who) return { about: n, expected: 'a person who decides', actual: `there is nobody called "${id}"` };
    const when = plus(asked, decision.after === undefined ? minutes(0) : lengthIn(decision.after));
    const common = { person: who, channel: decision.via, at: when };
    return decision.deny === undefined
      ? { ...common, kind: 'approve' }
      : { ...common, kind: 'deny', reason: decision.reason };
  });
  const strangers = decisions.filter((one): one is Miss => 'about' in one);
  if (strangers.length > 0) return strangers;
  const circumstances = circumstancesOf({ ...given, ...test.given }, requester, config, asked);
  if ('about' in circumstances) return [circumstances];
  const trial = {
    ...{ person: requester, channel: via, input: input as RequestInput, at: asked, circumstances },
    ...(breakGlass && { breakGlass: breakGlass === true ? {} : breakGlass }),
  };
  const course = courseOf({ ...trial, decisions: decisions as TrialDecision[] }, config);
  return missesOf(expectationOf(test), course);
}

function expectationOf({ expect, decisions }: FileTrial): Expectation {
  const refusals = decisions.map(({ refused }) => refused);
  const given = typeof expect === 'string' ? { verdict: expect } : expect;
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Omit<
      Expectation,
      'decisions'
    >),
    decisions: refusals,
  };
}
