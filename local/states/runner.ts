/**
 * Does what executions wait for: keeps each step before acting on it, sets timers, calls functions. Signals to one
 * execution are taken one after another. After a restart `resume` does the same from what was kept: timers are set
 * again, and a function whose answer was not kept is called again (with the same token), as at-least-once.
 */
import type { Duration } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import { trackUntilStalled } from '../lambda/stalled.ts';
import type { Storage } from '../storage.ts';
import type { Machine } from './definition.ts';
import { type Answer, dueAt, type Execution, holdsToken, type Running, type Signal } from './execution.ts';
import type { World } from './functions.ts';
import { advance, beginning } from './interpreter.ts';
import { findExecution, listExecutions, saveExecution } from './records.ts';
import { shuttingDown, taskTimedOut } from './refusals.ts';
import { parseMachine } from './validation.ts';

/** Calls a function of local mode. A rejection is taken for the Lambda service being out of reach. */
type Invoke = (
  functionName: string,
  payload: unknown,
  context: { executionArn: string; taskToken?: string },
) => Promise<Answer>;

export type RunnerOptions = {
  storage: Storage;
  clock: Clock;
  /** A number from 0 up to but not including 1: for jitter and for `$random()`. */
  random: () => number;
  newId: () => string;
  invoke: Invoke;
  /** Real time after which a silent call no longer holds a virtual clock. */
  patience?: Duration;
};

export type Runner = {
  /** Keeps a new execution and lets it go. Answers before its first state is entered. */
  start(execution: Running): void;
  /** Settled when its effect is kept. Rejects with TaskTimedOut for a token that is not waited for any more. */
  signal(arn: string, signal: Signal): Promise<void>;
  resume(): void;
  /** Nothing is kept, called or waited for after this. */
  close(): void;
};

export function executionRunner(options: RunnerOptions): Runner {
  const { storage, clock, random, newId, invoke, patience } = options;
  let closed = false;
  const queues = new Map<string, Promise<unknown>>();
  const timers = new Map<string, () => void>();
  const calls = new Map<string, number>();
  const machines = new Map<string, Machine>();

  const machineOf = (definition: string): Machine => {
    const machine = machines.get(definition) ?? parseMachine(definition);
    machines.set(definition, machine);
    return machine;
  };

  const signal = (arn: string, said: Signal): Promise<void> => {
    const work = (queues.get(arn) ?? Promise.resolve()).then(() => take(arn, said));
    const settled = work.then(
      () => {},
      () => {},
    );
    queues.set(arn, settled);
    void settled.then(() => queues.get(arn) === settled && queues.delete(arn));
    return clock.track(work);
  };

  const take = async (arn: string, said: Signal): Promise<void> => {
    if (!closed) await apply(arn, said);
    // Whoever asked for it must not believe that it was kept.
    if (closed && ('token' in said || said.type === 'stopped')) throw shuttingDown();
  };

  const apply = async (arn: string, said: Signal): Promise<void> => {
    let execution = findExecution(storage, arn, clock.now());
    // A signal that comes after a deadline comes too late, even if the timer has not got round to saying so.
    if (execution && said.type !== 'stopped' && isOverdue(execution)) {
      execution = await step(execution, { type: 'due' });
    }
    if (closed) return;
    if ('token' in said && !(execution && holdsToken(execution, said.token))) throw taskTimedOut();
    if (execution?.status === 'RUNNING' && said.type !== 'due') await step(execution, said);
  };

  const isOverdue = (execution: Execution): execution is Running =>
    execution.status === 'RUNNING' && dueAt(execution.position) <= clock.now();

  const step = async (execution: Running, said: Signal): Promise<Execution> => {
    const now = clock.now();
    const world: World = { now: () => now, random, newId };
    const next = await advance(machineOf(execution.definition), execution, said, world);
    if (closed) return execution;
    saveExecution(storage, next.execution, next.events);
    pursue(next.execution);
    return next.execution;
  };

  /** Sets in motion what the execution waits for, if it is not yet. */
  const pursue = (execution: Execution): void => {
    const { arn } = execution;
    timers.get(arn)?.();
    timers.delete(arn);
    if (execution.status !== 'RUNNING') return void calls.delete(arn);
    const { position } = execution;
    const wake = (): Promise<void> => signal(arn, { type: 'due' });
    if (isOverdue(execution)) return void wake();
    timers.set(arn, clock.at(dueAt(position), wake));
    if (position.at !== 'task') return void calls.delete(arn);
    if (position.submitted || calls.get(arn) === position.attempt) return;
    calls.set(arn, position.attempt);
    // The call may itself wait for the clock (a hung function for its time-out): then it must not hold it.
    void trackUntilStalled(clock, call(arn, position), patience);
  };

  const call = async (arn: string, { attempt, call: { functionName, payload }, token }: TaskCall): Promise<void> => {
    const context = { executionArn: arn, ...(token === undefined ? {} : { taskToken: token }) };
    let answer: Answer;
    try {
      // A copy: what a function does to its payload must not change what is kept here.
      answer = await invoke(functionName, structuredClone(payload), context);
    } catch (error) {
      answer = { ok: false, errorType: 'Lambda.SdkClientException', errorMessage: String(error) };
    }
    await signal(arn, { type: 'answered', attempt, answer });
  };

  return {
    start(execution) {
      saveExecution(storage, execution, [beginning(execution)]);
      pursue(execution);
    },
    signal,
    resume() {
      for (const execution of listExecutions(storage, clock.now())) pursue(execution);
    },
    close() {
      closed = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

type TaskCall = Pick<Extract<Running['position'], { at: 'task' }>, 'attempt' | 'call' | 'token'>;
