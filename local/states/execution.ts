/**
 * One execution, as it is stored between two signals. What it waits for is all in `position`: timers and calls follow
 * from it, so that going on after a restart is the same as going on.
 */
import { earliest, type Instant, instant } from '../../src/core/time.ts';

/** A state that was entered; `retries` counts per Retry rule; `enteredEvent` is the history event of its entry. */
type Entered = { state: string; input: unknown; enteredAt: Instant; enteredEvent: number; retries: number[] };

export type TaskPosition = Entered & {
  at: 'task';
  /** The id of the TaskScheduled event: no two attempts in an execution share it. */
  attempt: number;
  call: { functionName: string; payload: unknown };
  /** Only with `.waitForTaskToken`. */
  token?: string;
  /** The function has answered, and only the token's holder is waited for. */
  submitted: boolean;
  timeoutAt: Instant;
  heartbeat?: { seconds: number; dueAt: Instant };
};

export type Position =
  | { at: 'door'; state: string; input: unknown }
  | (Entered & { at: 'wait'; until: Instant })
  | (Entered & { at: 'retry'; until: Instant })
  | TaskPosition;

type Started = {
  arn: string;
  name: string;
  stateMachineArn: string;
  roleArn: string;
  /** The definition in force when it started: a later update does not touch it. */
  definition: string;
  /** JSON text, as it was given. */
  input: string;
  startedAt: Instant;
  variables: Record<string, unknown>;
  /** How many history events there are; their ids are 1 to this. */
  events: number;
};

export type Ending =
  | { status: 'SUCCEEDED'; stoppedAt: Instant; output: string }
  | { status: 'FAILED' | 'ABORTED'; stoppedAt: Instant; error?: string; cause?: string };

export type Running = Started & { status: 'RUNNING'; position: Position };
export type Execution = Running | (Started & Ending);

/** A function's answer. `errorType` beginning with `Lambda.` is the service's own refusal, such as throttling. */
export type Answer =
  | { ok: true; payload: unknown }
  | { ok: false; errorType: string; errorMessage: string; trace?: string[] };

/** All that can happen to a running execution. `due` may come too early or twice: it then changes nothing. */
export type Signal =
  | { type: 'due' }
  | { type: 'answered'; attempt: number; answer: Answer }
  | { type: 'succeeded'; token: string; output: unknown }
  | { type: 'failed'; token: string; error?: string; cause?: string }
  | { type: 'heartbeat'; token: string }
  | { type: 'stopped'; error?: string; cause?: string };

/** When the clock next matters to it. */
export function dueAt(position: Position): Instant {
  switch (position.at) {
    case 'door':
      return instant(0);
    case 'wait':
    case 'retry':
      return position.until;
    case 'task':
      return position.heartbeat ? earliest(position.timeoutAt, position.heartbeat.dueAt) : position.timeoutAt;
  }
}

export const holdsToken = (execution: Execution, token: string): boolean =>
  execution.status === 'RUNNING' && execution.position.at === 'task' && execution.position.token === token;

/** A task token names its execution and is not to be guessed. Opaque to whoever carries it. */
export const mintToken = (executionArn: string, id: string): string =>
  Buffer.from(JSON.stringify([executionArn, id])).toString('base64url');

/** The execution that a token names, or undefined if no Step Functions of local mode ever minted it. */
export function executionOfToken(token: string): string | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parts) && parts.length === 2 && typeof parts[0] === 'string' ? parts[0] : undefined;
  } catch {
    return undefined;
  }
}
