/**
 * The interpreter: a running execution and one signal give the execution as it is next, and the history in between.
 * It calls nothing, waits for nothing and stores nothing; the runner does what the new position asks for.
 */
import { plus, seconds } from '../../src/core/time.ts';
import { choose } from './choice.ts';
import type { Machine, State } from './definition.ts';
import type { Ending, Execution, Position, Running, Signal } from './execution.ts';
import { errorOutput, StateFailure } from './failure.ts';
import { type Entered, evaluateField, leave, type Visit, visit } from './frame.ts';
import type { World } from './functions.ts';
import { type HistoryEvent, HistoryFull, historyAfter, inputDetails, MOST_EVENTS } from './history.ts';
import { answerTask, expireTask, finishTask, scheduleTask } from './task.ts';
import { waitUntil } from './wait.ts';

export type Step = { execution: Execution; events: readonly HistoryEvent[] };

/** The first event of every execution. */
export function beginning(execution: Running): HistoryEvent {
  return {
    id: 1,
    previousEventId: 0,
    timestamp: execution.startedAt,
    type: 'ExecutionStarted',
    detailsKey: 'executionStartedEventDetails',
    details: { input: execution.input, inputDetails: { truncated: false }, roleArn: execution.roleArn },
  };
}

/** `world.now` must stand still for the length of the call. */
export async function advance(machine: Machine, execution: Running, signal: Signal, world: World): Promise<Step> {
  const history = historyAfter(execution.events, world.now);
  const run = visit({ machine, execution: { ...execution }, history, world });
  let next: Position | Ending;
  try {
    next = await react(run, signal);
    while ('at' in next && next.at === 'door') next = await enter(run, next.state, next.input);
  } catch (error) {
    next = failed(run, errorOutput(error instanceof HistoryFull ? historyLimit() : asFailure(error)));
  }
  const { position: _left, status: _running, ...rest } = run.execution;
  const ended = { ...rest, events: history.last };
  return {
    execution: 'at' in next ? { ...ended, status: 'RUNNING', position: next } : { ...ended, ...next },
    events: history.events,
  };
}

const historyLimit = (): StateFailure =>
  new StateFailure('States.Runtime', `The execution reached the maximum number of history events (${MOST_EVENTS}).`);

function asFailure(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  throw error;
}

function failed(run: Visit, { Error: error, Cause: cause }: { Error?: string; Cause?: string }): Ending {
  const said = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  run.history.add('ExecutionFailed', 'executionFailedEventDetails', said);
  return { status: 'FAILED', stoppedAt: run.world.now(), ...said };
}

/** What the signal makes of the position. A signal that has nothing to do with it any more changes nothing. */
async function react(run: Visit, signal: Signal): Promise<Position | Ending> {
  const { position } = run.execution;
  switch (signal.type) {
    case 'stopped': {
      const { type: _type, ...said } = signal;
      run.history.add('ExecutionAborted', 'executionAbortedEventDetails', said);
      return { status: 'ABORTED', stoppedAt: run.world.now(), ...said };
    }
    case 'due':
      return comeDue(run);
    case 'answered':
      return position.at === 'task' && position.attempt === signal.attempt && !position.submitted
        ? answerTask(run, position, signal.answer)
        : position;
    case 'heartbeat':
      return position.at === 'task' && position.token === signal.token && position.heartbeat
        ? {
            ...position,
            heartbeat: { ...position.heartbeat, dueAt: plus(run.world.now(), seconds(position.heartbeat.seconds)) },
          }
        : position;
    case 'succeeded':
    case 'failed':
      return position.at === 'task' && position.token === signal.token ? finishTask(run, position, signal) : position;
  }
}

async function comeDue(run: Visit): Promise<Position | Ending> {
  const { position } = run.execution;
  const now = run.world.now();
  switch (position.at) {
    case 'door':
      return position;
    case 'wait':
      if (now < position.until) return position;
      return leave(run, { name: position.state, entered: position, fallback: position.input });
    case 'retry':
      return now < position.until ? position : scheduleTask(run, position);
    case 'task':
      return expireTask(run, position);
  }
}

async function enter(run: Visit, name: string, input: unknown): Promise<Position | Ending> {
  const state = run.machine.States[name];
  if (!state) throw new Error(`a checked definition has no state '${name}'`);
  const enteredEvent = run.history.add(`${state.Type}StateEntered`, 'stateEnteredEventDetails', {
    name,
    ...inputDetails(input),
  });
  const entered = { state: name, input, enteredAt: run.world.now(), enteredEvent, retries: retryCounts(state) };
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return leave(run, { name, entered, fallback: input });
    case 'Choice':
      return choose(run, state, entered);
    case 'Wait':
      return { ...entered, at: 'wait', until: await waitUntil(run, state, entered) };
    case 'Task':
      return scheduleTask(run, entered);
    case 'Fail':
      return failed(run, {
        ...(state.Error === undefined ? {} : { Error: await text(run, entered, 'Error', state.Error) }),
        ...(state.Cause === undefined ? {} : { Cause: await text(run, entered, 'Cause', state.Cause) }),
      });
  }
}

const retryCounts = (state: State): number[] => (state.Type === 'Task' ? state.Retry.map(() => 0) : []);

const text = async (run: Visit, entered: Entered, field: string, value: string): Promise<string> =>
  String(await evaluateField(run, entered, field, value, 'string'));
