/** Reads a file of expected verdicts: text in, tests with their places, or every mistake with its place, out. */

import { no, ok, type Result } from '../core/result.ts';
import type { Duration, Instant } from '../core/time.ts';
import { parseDuration, parseInstant } from '../core/time.ts';
import type { Finding, Path } from './finding.ts';
import { pathText } from './finding.ts';
import { findingsOf } from './issue.ts';
import { offsetOf, sourceOf } from './place.ts';
import { quote } from './printable.ts';
import { type Problem, positionAt, withoutMark } from './problem.ts';
import { type FileTrials, TrialFileSchema, trialJsonSchema } from './trial-schema.ts';
import { readYaml } from './yaml-text.ts';

export type TrialsRead = {
  readonly trials: FileTrials;
  readonly placeOf: (path: Path) => { readonly line: number; readonly column: number };
};

export function readTrials(text: string, file: string): Result<TrialsRead, readonly Problem[]> {
  const source = withoutMark(text);
  const yaml = readYaml(source);
  const at = (offset: number) => ({ file, ...positionAt(source, offset) });
  if (!yaml.ok) return no(yaml.error.map(({ offset, message }) => ({ ...at(offset), path: '', message })));
  const { document, data, faults } = yaml.value;
  const shape = TrialFileSchema.safeParse(data);
  const findings = shape.success
    ? checkTrials(shape.data)
    : findingsOf(shape.error.issues, data, (path) => sourceOf(document, path), trialJsonSchema());
  const problems = [
    ...faults.map(({ offset, message }) => ({ offset, path: '', message })),
    ...findings.map((finding) => ({
      offset: offsetOf(document, finding),
      path: pathText(finding.path),
      message: finding.message,
    })),
  ].toSorted((a, b) => a.offset - b.offset);
  if (!shape.success || problems.length > 0)
    return no(problems.map(({ offset, ...problem }) => ({ ...at(offset), ...problem })));
  return ok({
    trials: shape.data,
    placeOf: (path) => positionAt(source, offsetOf(document, { path, message: '' })),
  });
}

/** What a schema cannot say. */
function checkTrials({ given, tests }: FileTrials): Finding[] {
  const findings: Finding[] = [];
  const time = (path: Path, text: string | undefined): void => {
    if (text !== undefined && parseInstant(text) === undefined)
      findings.push({
        path,
        message: `${quote(text)} is not a time with its zone; write it like 2026-11-24T18:00:00Z`,
      });
  };
  time(['given', 'at'], given.at);
  const circumstances = (path: Path, about: Circumstances): void => {
    for (const key of ['denied', 'used'] as const)
      for (const [n, one] of (about[key] ?? []).entries()) time([...path, key, n, 'at'], one.at);
    for (const [n, { all, cluster, entitlement, person }] of (about.frozen ?? []).entries())
      if ([all, cluster, entitlement, person].filter((one) => one !== undefined).length !== 1)
        findings.push({
          path: [...path, 'frozen', n],
          message: 'a freeze is of exactly one of all, cluster, entitlement and person',
        });
  };
  circumstances(['given'], given);
  for (const [index, test] of tests.entries()) {
    const path = ['tests', index];
    time([...path, 'when', 'at'], test.when.at);
    circumstances([...path, 'given'], test.given ?? {});
    findings.push(...checkGlass(test, path));
    for (const [n, { approve, deny, after }] of test.decisions.entries()) {
      if ((approve === undefined) === (deny === undefined))
        findings.push({
          path: [...path, 'decisions', n],
          message: 'a decision is either approve or deny, with who decides',
        });
      if (after !== undefined && parseDuration(after) === undefined)
        findings.push({
          path: [...path, 'decisions', n, 'after'],
          message: `${quote(after)} is not a duration; write it like 45m, 4h or 1h30m`,
        });
    }
    const { expect } = test;
    if (typeof expect !== 'string' && expect.refused !== undefined && Object.keys(expect).length > 1)
      findings.push({
        path: [...path, 'expect'],
        message: 'refused together with something else; a refused request has nothing else',
      });
  }
  return findings;
}

type Circumstances = NonNullable<FileTrials['tests'][number]['given']>;

/** Whoever breaks the glass waits for nobody and names no later start. */
function checkGlass({ when, decisions }: FileTrials['tests'][number], path: Path): Finding[] {
  if (!when.breakGlass) return [];
  const findings: Finding[] = [];
  if (decisions.length > 0)
    findings.push({
      path: [...path, 'decisions'],
      message: 'nobody decides when the glass is broken; leave decisions out',
    });
  for (const key of ['startAt', 'ticket'] as const)
    if (when[key] !== undefined)
      findings.push({
        path: [...path, 'when', key],
        message: `break-glass has no ${key === 'startAt' ? 'later start' : 'ticket; its incident is breakGlass.incident'}`,
      });
  return findings;
}

/** Of texts that `readTrials` has looked at. */
export const timeIn = (text: string): Instant => parseInstant(text) as Instant;
export const lengthIn = (text: string): Duration => parseDuration(text) as Duration;
