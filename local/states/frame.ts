/**
 * What the states have in common: what their expressions see, and how a state is left.
 */
import { toIso } from '../../src/core/time.ts';
import type { Machine, Results } from './definition.ts';
import type { Ending, Position, Running } from './execution.ts';
import { EvaluationError, evaluate, type Scope } from './expression.ts';
import { StateFailure, withinLimit } from './failure.ts';
import { statesFunctions, type World } from './functions.ts';
import { type History, outputDetails } from './history.ts';

/** One signal's way through the machine. `execution.variables` is replaced as states assign. */
export type Visit = {
  machine: Machine;
  execution: Running;
  history: History;
  world: World;
  functions: Scope['bindings'];
};
export type Entered = Omit<Extract<Position, { at: 'wait' }>, 'at' | 'until'>;
/** What `$states` holds besides input and context: a task's result, a caught error, a task's token. */
export type Extras = { result?: unknown; errorOutput?: unknown; token?: string | undefined };

export const visit = (parts: Omit<Visit, 'functions'>): Visit => ({
  ...parts,
  functions: statesFunctions(parts.world),
});

/** The context object. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextOf({ execution }: Visit, entered: Entered, token: string | undefined): Record<string, unknown> {
  return {
    Execution: {
      Id: execution.arn,
      Input: JSON.parse(execution.input),
      Name: execution.name,
      RoleArn: execution.roleArn,
      StartTime: toIso(execution.startedAt),
      RedriveCount: 0,
    },
    State: {
      Name: entered.state,
      EnteredTime: toIso(entered.enteredAt),
      RetryCount: entered.retries.reduce((sum, n) => sum + n, 0),
    },
    StateMachine: { Id: execution.stateMachineArn, Name: execution.stateMachineArn.split(':').at(-1) },
    ...(token === undefined ? {} : { Task: { Token: token } }),
  };
}

function scopeOf(run: Visit, entered: Entered, { token, ...extras }: Extras): Scope {
  return {
    states: { input: entered.input, context: contextOf(run, entered, token), ...extras },
    bindings: { ...run.functions, ...run.execution.variables },
  };
}

/** Evaluates one field, recording a failure as AWS does. Throws States.QueryEvaluationError. */
export async function evaluateField(
  run: Visit,
  entered: Entered,
  field: string,
  value: unknown,
  type?: 'string' | 'number' | 'boolean',
  extras: Extras = {},
): Promise<unknown> {
  try {
    const result = await evaluate(value, field, scopeOf(run, entered, extras));
    if (type !== undefined && typeof result !== type) {
      const found = `was '${result === null ? 'null' : typeof result}' for value: ${JSON.stringify(result)}`;
      throw new EvaluationError(
        field,
        `The JSONata expression '${String(value)}' specified for the field '${field}' returned an unexpected result type. Expected '${type}', but ${found}`,
      );
    }
    return result;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw evaluationFailed(run, entered, error.location, error.message);
  }
}

/** Records that a field could not be evaluated, and answers the failure to throw. */
export function evaluationFailed(run: Visit, entered: Entered, location: string, problem: string): StateFailure {
  const error = 'States.QueryEvaluationError';
  const where = `An error occurred while executing the state '${entered.state}' (entered at the event id #${entered.enteredEvent}).`;
  const cause = `${where} ${problem}`;
  run.history.add('EvaluationFailed', 'evaluationFailedEventDetails', { error, cause, location, state: entered.state });
  return new StateFailure(error, cause);
}

export type Leaving = {
  name: string;
  entered: Entered;
  /** The output when there is no Output field. */
  fallback: unknown;
  /** Where Output and Assign stand, if not in the state itself: a Choice rule or a Catch. */
  rule?: { results: Results; prefix: string; next: string };
  extras?: Extras;
};

/** Evaluates Output and Assign, neither of which sees what the other makes, and goes on to the next state. */
export async function leave(run: Visit, leaving: Leaving): Promise<Position | Ending> {
  const { name, entered, fallback, rule, extras = {} } = leaving;
  const state = run.machine.States[name];
  if (!state) throw new Error(`a checked definition has no state '${name}'`);
  const results: Results = rule?.results ?? (state.Type === 'Fail' ? {} : state);
  const prefix = rule?.prefix ?? '';
  const field = (key: string, value: unknown) =>
    evaluateField(run, entered, `${prefix}${key}`, value, undefined, extras);
  const output = withinLimit(results.Output === undefined ? fallback : await field('Output', results.Output), name);
  const assigned = results.Assign && ((await field('Assign', results.Assign)) as Record<string, unknown>);
  run.history.add(`${state.Type}StateExited`, 'stateExitedEventDetails', {
    name,
    ...outputDetails(output),
    ...(assigned ? exitedVariables(withinLimit(assigned, name)) : {}),
  });
  if (assigned) run.execution.variables = { ...run.execution.variables, ...assigned };
  const next = rule?.next ?? ('Next' in state ? state.Next : undefined);
  if (next !== undefined) return { at: 'door', state: next, input: output };
  run.history.add('ExecutionSucceeded', 'executionSucceededEventDetails', outputDetails(output));
  return { status: 'SUCCEEDED', stoppedAt: run.world.now(), output: JSON.stringify(output) };
}

const exitedVariables = (assigned: Record<string, unknown>): Record<string, unknown> => ({
  assignedVariables: Object.fromEntries(Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)])),
  assignedVariablesDetails: { truncated: false },
});
