/** Choice: the first rule whose condition is true decides; else Default; else States.NoChoiceMatched. */
import type { ChoiceState } from './definition.ts';
import type { Ending, Position } from './execution.ts';
import { StateFailure } from './failure.ts';
import { type Entered, evaluateField, leave, type Visit } from './frame.ts';

export async function choose(run: Visit, state: ChoiceState, entered: Entered): Promise<Position | Ending> {
  const leaving = { name: entered.state, entered, fallback: entered.input };
  for (const [n, rule] of state.Choices.entries()) {
    const prefix = `Choices[${n}]/`;
    if (await evaluateField(run, entered, `${prefix}Condition`, rule.Condition, 'boolean')) {
      return leave(run, { ...leaving, rule: { results: rule, prefix, next: rule.Next } });
    }
  }
  if (state.Default === undefined) {
    throw new StateFailure(
      'States.NoChoiceMatched',
      `No choice of the state '${entered.state}' matched, and it has no Default.`,
    );
  }
  return leave(run, { ...leaving, rule: { results: state, prefix: '', next: state.Default } });
}
