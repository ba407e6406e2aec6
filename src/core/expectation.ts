/** Did a request go as the author of a test expected? */
import { explain } from './refusal.ts';
import { formatDuration } from './time.ts';
import type { Course } from './trial.ts';

export type Verdict = 'allowed' | 'waiting' | 'granted' | 'denied';

export type Expectation = {
  readonly verdict?: Verdict;
  readonly refused?: string;
  readonly step?: number;
  readonly approvers?: readonly string[];
  readonly duration?: string;
  /** For each decision the rule that should refuse it; undefined where it should count. */
  readonly decisions: readonly (string | undefined)[];
};

/** `about` leads to the part of the test that was not met: `expect`, or a decision by its place. */
export type Miss = { readonly about: 'expect' | number; readonly expected: string; readonly actual: string };

/** Empty when everything went as expected. */
export function missesOf(expected: Expectation, course: Course): Miss[] {
  return [...decisionMisses(expected, course), ...outcomeMisses(expected, course), ...termMisses(expected, course)];
}

function decisionMisses({ decisions }: Expectation, course: Course): Miss[] {
  // A request that was refused has nothing to decide: that is told once, below.
  if (course.outcome.kind === 'refused') return [];
  return decisions.flatMap((refused, index): Miss[] => {
    const answer = course.decisions[index];
    const actual = answer && !answer.ok ? answer.error : undefined;
    if (actual?.reason === refused) return [];
    return [
      {
        about: index,
        expected: refused === undefined ? 'it counts' : `refused: ${refused}`,
        actual: actual ? `refused: ${actual.reason} (${explain(actual).detail})` : 'it counts',
      },
    ];
  });
}

function outcomeMisses({ verdict, refused, step }: Expectation, { outcome }: Course): Miss[] {
  const actual = outcomeText(outcome);
  const miss = (expected: string): Miss[] => [{ about: 'expect', expected, actual }];
  if (refused !== undefined)
    return outcome.kind === 'refused' && outcome.why.reason === refused ? [] : miss(`refused: ${refused}`);
  const meets = verdict === undefined || verdict === 'allowed' ? outcome.kind !== 'refused' : outcome.kind === verdict;
  if (!meets) return miss(verdict ?? 'allowed');
  if (step === undefined || (outcome.kind === 'waiting' && outcome.step === step)) return [];
  return miss(`waiting for step ${step}`);
}

function outcomeText(outcome: Course['outcome']): string {
  switch (outcome.kind) {
    case 'refused':
      return `refused: ${outcome.why.reason} (${explain(outcome.why).detail})`;
    case 'waiting':
      return `waiting for step ${outcome.step}, which has ${outcome.have} of ${outcome.needed} approvals`;
    case 'denied':
      return `denied (${outcome.reason})`;
    case 'granted':
      return 'granted';
  }
}

function termMisses({ step = 1, approvers, duration }: Expectation, { plan, decision }: Course): Miss[] {
  const misses: Miss[] = [];
  if (duration !== undefined && plan && formatDuration(plan.duration) !== duration)
    misses.push({ about: 'expect', expected: `for ${duration}`, actual: `for ${formatDuration(plan.duration)}` });
  const could = decision?.steps[step - 1]?.approvers.map(({ id }) => id) ?? [];
  if (approvers && decision && could.toSorted().join() !== approvers.toSorted().join())
    misses.push({
      about: 'expect',
      expected: `step ${step} could be approved by ${approvers.join(', ') || 'nobody'}`,
      actual: `by ${could.join(', ') || 'nobody'}`,
    });
  return misses;
}
