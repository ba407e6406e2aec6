/**
 * Task: one attempt after another to have a function do something, until it (or, with `.waitForTaskToken`, whoever
 * holds the token) succeeds, a Catch takes the failure, or the execution fails. Each attempt has a token of its own.
 */
import { plus, seconds } from '../../src/core/time.ts';
import { INVOKE_WITH_TOKEN, type TaskState } from './definition.ts';
import { type Answer, type Ending, mintToken, type Position, type Signal, type TaskPosition } from './execution.ts';
import { errorOutput, heartbeatMissed, retryDelay, ruleFor, StateFailure, timedOut, withinLimit } from './failure.ts';
import { type Entered, evaluateField, leave, type Visit } from './frame.ts';
import { outputDetails } from './history.ts';
import { wholeSeconds } from './wait.ts';

const KIND = 'lambda';

function taskState(run: Visit, name: string): TaskState {
  const state = run.machine.States[name];
  if (state?.Type !== 'Task') throw new Error(`a checked definition has no Task '${name}'`);
  return state;
}

/** `{ resourceType: 'lambda', resource: 'invoke' }`, as every event of a task says. */
const resourceOf = (state: TaskState) => ({
  resourceType: KIND,
  resource: state.Resource === INVOKE_WITH_TOKEN ? 'invoke.waitForTaskToken' : 'invoke',
});

/** Begins an attempt, the first or a retry. */
export async function scheduleTask(run: Visit, { state: name, ...before }: Entered): Promise<Position | Ending> {
  const state = taskState(run, name);
  const entered: Entered = {
    state: name,
    input: before.input,
    enteredAt: before.enteredAt,
    enteredEvent: before.enteredEvent,
    retries: before.retries,
  };
  return attemptOr(run, entered, async () => {
    const token = state.Resource === INVOKE_WITH_TOKEN ? mintToken(run.execution.arn, run.world.newId()) : undefined;
    const args = (await evaluateField(run, entered, 'Arguments', state.Arguments, undefined, { token })) as {
      FunctionName: unknown;
      Payload?: unknown;
    };
    const timeout = await wholeSeconds(run, entered, 'TimeoutSeconds', state.TimeoutSeconds, 1, token);
    const beat =
      state.HeartbeatSeconds === undefined
        ? undefined
        : await wholeSeconds(run, entered, 'HeartbeatSeconds', state.HeartbeatSeconds, 1, token);
    const attempt = run.history.add('TaskScheduled', 'taskScheduledEventDetails', {
      ...resourceOf(state),
      region: run.execution.arn.split(':')[3] ?? '',
      parameters: JSON.stringify(withinLimit(args, name)),
      timeoutInSeconds: timeout,
      ...(beat === undefined ? {} : { heartbeatInSeconds: beat }),
    });
    run.history.add('TaskStarted', 'taskStartedEventDetails', resourceOf(state));
    const now = run.world.now();
    return {
      ...entered,
      at: 'task',
      attempt,
      call: { functionName: String(args.FunctionName), payload: args.Payload ?? {} },
      ...(token === undefined ? {} : { token }),
      submitted: false,
      timeoutAt: plus(now, seconds(timeout)),
      ...(beat === undefined ? {} : { heartbeat: { seconds: beat, dueAt: plus(now, seconds(beat)) } }),
    };
  });
}

/** The function has answered: the end of a plain task, the submission of one with a token. */
export function answerTask(run: Visit, position: TaskPosition, answer: Answer): Promise<Position | Ending> {
  const state = taskState(run, position.state);
  return attemptOr(run, position, async () => {
    if (!answer.ok) throw taskFailed(run, state, answer.errorType, causeOf(answer));
    const requestId = run.world.newId();
    const result = {
      ExecutedVersion: '$LATEST',
      Payload: answer.payload ?? null,
      SdkHttpMetadata: { HttpStatusCode: 200 },
      SdkResponseMetadata: { RequestId: requestId },
      StatusCode: 200,
    };
    if (position.token !== undefined) {
      tooLargeFails(run, state, result);
      run.history.add('TaskSubmitted', 'taskSubmittedEventDetails', { ...resourceOf(state), ...outputDetails(result) });
      return { ...position, submitted: true };
    }
    return succeed(run, state, position, result);
  });
}

/** The holder of the token has spoken. */
export function finishTask(
  run: Visit,
  position: TaskPosition,
  signal: Extract<Signal, { type: 'succeeded' | 'failed' }>,
): Promise<Position | Ending> {
  const state = taskState(run, position.state);
  return attemptOr(run, position, async () => {
    if (signal.type === 'failed') throw taskFailed(run, state, signal.error ?? 'States.TaskFailed', signal.cause);
    return succeed(run, state, position, signal.output);
  });
}

/** Ends the attempt if its time or its heartbeat has run out. */
export function expireTask(run: Visit, position: TaskPosition): Promise<Position | Ending> {
  const now = run.world.now();
  const late = now >= position.timeoutAt;
  const silent = position.heartbeat !== undefined && now >= position.heartbeat.dueAt;
  if (!late && !silent) return Promise.resolve(position);
  const state = taskState(run, position.state);
  return attemptOr(run, position, async () => {
    run.history.add('TaskTimedOut', 'taskTimedOutEventDetails', { ...resourceOf(state), error: 'States.Timeout' });
    throw late ? timedOut() : heartbeatMissed();
  });
}

function succeed(run: Visit, state: TaskState, position: TaskPosition, result: unknown): Promise<Position | Ending> {
  tooLargeFails(run, state, result);
  run.history.add('TaskSucceeded', 'taskSucceededEventDetails', { ...resourceOf(state), ...outputDetails(result) });
  const extras = { result, token: position.token };
  return leave(run, { name: position.state, entered: position, fallback: result, extras });
}

function tooLargeFails(run: Visit, state: TaskState, result: unknown): void {
  try {
    withinLimit(result, state.Resource);
  } catch (error) {
    if (error instanceof StateFailure) throw taskFailed(run, state, error.error, error.detail);
    throw error;
  }
}

function taskFailed(run: Visit, state: TaskState, error: string, cause: string | undefined): StateFailure {
  const said = { error, ...(cause === undefined ? {} : { cause }) };
  run.history.add('TaskFailed', 'taskFailedEventDetails', { ...resourceOf(state), ...said });
  return new StateFailure(error, cause);
}

/** A function's own error is told as JSON, the service's refusal (`Lambda.…`) as a sentence. */
function causeOf({ errorType, errorMessage, trace }: Extract<Answer, { ok: false }>): string {
  if (errorType.startsWith('Lambda.')) return errorMessage;
  return JSON.stringify({ errorType, errorMessage, ...(trace ? { trace } : {}) });
}

/** Retry comes before Catch; a failure that neither takes fails the execution. */
async function attemptOr(
  run: Visit,
  entered: Entered,
  attempt: () => Promise<Position | Ending>,
): Promise<Position | Ending> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    return recover(run, entered, error);
  }
}

async function recover(run: Visit, entered: Entered, failure: StateFailure): Promise<Position | Ending> {
  const { state: name, input, enteredAt, enteredEvent, retries } = entered;
  const state = taskState(run, name);
  const nth = ruleFor(state.Retry, failure);
  const retrier = state.Retry[nth];
  const earlier = retries[nth] ?? 0;
  if (retrier && earlier < retrier.MaxAttempts) {
    return {
      at: 'retry',
      state: name,
      input,
      enteredAt,
      enteredEvent,
      retries: retries.with(nth, earlier + 1),
      until: plus(run.world.now(), retryDelay(retrier, earlier, run.world.random)),
    };
  }
  const which = ruleFor(state.Catch, failure);
  const catcher = state.Catch[which];
  if (!catcher) throw failure;
  const caught = errorOutput(failure);
  return leave(run, {
    name,
    entered,
    fallback: caught,
    rule: { results: catcher, prefix: `Catch[${which}]/`, next: catcher.Next },
    extras: { errorOutput: caught },
  });
}
