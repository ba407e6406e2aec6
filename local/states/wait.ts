/** Wait: for a number of seconds from its entry, or until an instant; one that is past ends it at once. */
import { type Instant, parseInstant, plus, seconds } from '../../src/core/time.ts';
import type { WaitState } from './definition.ts';
import { type Entered, evaluateField, evaluationFailed, type Visit } from './frame.ts';

const MOST_SECONDS = 99_999_999;

export async function waitUntil(run: Visit, state: WaitState, entered: Entered): Promise<Instant> {
  if (state.Timestamp !== undefined) {
    const text = String(await evaluateField(run, entered, 'Timestamp', state.Timestamp, 'string'));
    const at = parseInstant(text);
    if (at === undefined) {
      throw evaluationFailed(
        run,
        entered,
        'Timestamp',
        `The Timestamp '${text}' is not a date and time with its zone.`,
      );
    }
    return at;
  }
  const length = await wholeSeconds(run, entered, 'Seconds', state.Seconds, 0);
  return plus(entered.enteredAt, seconds(length));
}

/** Evaluates a field that says a whole number of seconds from `least` to 99,999,999. */
export async function wholeSeconds(
  run: Visit,
  entered: Entered,
  field: string,
  value: unknown,
  least: number,
  token?: string,
): Promise<number> {
  const found = Number(await evaluateField(run, entered, field, value, 'number', { token }));
  if (Number.isInteger(found) && found >= least && found <= MOST_SECONDS) return found;
  const problem = Number.isInteger(found)
    ? `${field} must be between ${least} and ${MOST_SECONDS} but was: ${found}`
    : `The ${field} field cannot be parsed as an integer: ${found}`;
  throw evaluationFailed(run, entered, field, problem);
}
