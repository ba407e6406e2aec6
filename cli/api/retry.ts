/** Whether asking again is safe and useful, and when. */
import { problemIn, type RawAnswer } from './answer.ts';

export const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** From API Gateway: throttled, or its function broke or timed out. */
const GATEWAY_TROUBLE: readonly number[] = [429, 500, 502, 503, 504];

/**
 * Hallpass's own 503 says that nothing is half-done: always. Trouble from API Gateway may come after the work was done:
 * only where doing it twice is the same as once. A 429 of Hallpass's is a rule, and waiting is not the answer to it.
 */
export function worthRepeating(answer: RawAnswer, repeatable: boolean): boolean {
  const problem = problemIn(answer);
  return problem ? problem.status === 503 : repeatable && GATEWAY_TROUBLE.includes(answer.status);
}

/** Milliseconds to wait after the n-th attempt (from 1). Retry-After in seconds is heeded, within reason. */
export function delayAfter(attempt: number, retryAfter: string | null): number {
  const asked = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
  return Math.min(asked ?? FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
}
