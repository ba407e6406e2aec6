/**
 * The history of an execution, in the words of GetExecutionHistory. An execution has at most 25,000 events; the last
 * of them is its failure.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
import type { Instant } from '../../src/core/time.ts';

/** `details` stands under `detailsKey`, such as `taskFailedEventDetails`, on the wire. */
export type HistoryEvent = {
  id: number;
  previousEventId: number;
  timestamp: Instant;
  type: string;
  detailsKey?: string;
  details?: Record<string, unknown>;
};

export const MOST_EVENTS = 25_000;

export class HistoryFull extends Error {
  override name = 'HistoryFull';
}

export type History = {
  /** Adds an event and answers its id. Throws `HistoryFull` for all but an end when only the last place is left. */
  add(type: string, detailsKey?: string, details?: Record<string, unknown>): number;
  readonly events: readonly HistoryEvent[];
  readonly last: number;
};

/** Goes on after `count` events. Ends stand alone or after their cause; the first state follows nothing, as on AWS. */
export function historyAfter(count: number, now: () => Instant): History {
  const events: HistoryEvent[] = [];
  let last = count;
  return {
    events,
    get last() {
      return last;
    },
    add(type, detailsKey, details) {
      const previousEventId = last <= 1 || type === 'ExecutionAborted' ? 0 : last;
      if (last >= MOST_EVENTS - 1 && !type.startsWith('Execution')) throw new HistoryFull();
      last++;
      events.push({
        id: last,
        previousEventId,
        timestamp: now(),
        type,
        ...(detailsKey && details ? { detailsKey, details } : {}),
      });
      return last;
    },
  };
}

/** How text stands in a history event; `truncated` is always false: what would be too long has failed before. */
export const inputDetails = (input: unknown): Record<string, unknown> => ({
  input: JSON.stringify(input),
  inputDetails: { truncated: false },
});
export const outputDetails = (output: unknown): Record<string, unknown> => ({
  output: JSON.stringify(output),
  outputDetails: { truncated: false },
});
