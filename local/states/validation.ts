/**
 * Reads a definition, or says everything that is wrong with it. Three passes: its shape, its graph, its expressions.
 */
import { parseInstant } from '../../src/core/time.ts';
import { INVOKE, type Machine, machineSchema, type State } from './definition.ts';
import { eachString, expressionProblems, isExpression } from './expression.ts';

/** `problems` reads `/States/Hold/Retry/0/Foo: …`, one line each. */
export class InvalidDefinition extends Error {
  override name = 'InvalidDefinition';
  constructor(problems: readonly string[]) {
    super(`Invalid State Machine Definition: '${problems.join('; ')}'`);
  }
}

/** Reads the text of a definition. Throws `InvalidDefinition`. */
export function parseMachine(text: string): Machine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidDefinition([`not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const read = machineSchema.safeParse(json);
  if (!read.success) throw new InvalidDefinition(read.error.issues.flatMap(shapeProblems));
  const problems = [...graphProblems(read.data), ...Object.entries(read.data.States).flatMap(stateProblems)];
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return read.data;
}

type Issue = { path: PropertyKey[]; message: string; keys?: string[]; issues?: Issue[]; errors?: Issue[][] };

/** Why a name or a choice of forms does not fit stands inside the issue. */
const reasonOf = ({ message, issues, errors }: Issue): string =>
  [...(issues ?? []), ...(errors ?? []).flat()].map(reasonOf).join(', or ') || message;

function shapeProblems(issue: Issue): string[] {
  const at = `/${issue.path.map(String).join('/')}`;
  if (issue.keys) {
    return issue.keys.map((key) => `${at === '/' ? '' : at}/${key}: local mode does not implement this field here`);
  }
  if (issue.path.at(-1) === 'QueryLanguage') return [`${at}: local mode runs JSONata only: "QueryLanguage": "JSONata"`];
  if (issue.path.at(-1) === 'Type') return [`${at}: local mode runs Task, Choice, Wait, Pass, Succeed and Fail only`];
  return [`${at}: ${reasonOf(issue)}`];
}

/** Where a state may go, with the field that says so. */
function transitions(state: State): { field: string; to: string }[] {
  const found: { field: string; to: string }[] = [];
  if ('Next' in state && state.Next !== undefined) found.push({ field: 'Next', to: state.Next });
  if (state.Type === 'Choice') {
    for (const [n, rule] of state.Choices.entries()) found.push({ field: `Choices[${n}]/Next`, to: rule.Next });
    if (state.Default !== undefined) found.push({ field: 'Default', to: state.Default });
  }
  if (state.Type === 'Task') {
    for (const [n, rule] of state.Catch.entries()) found.push({ field: `Catch[${n}]/Next`, to: rule.Next });
  }
  return found;
}

const endsHere = (state: State): boolean =>
  state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End === true);

function graphProblems(machine: Machine): string[] {
  const problems: string[] = [];
  const known = (name: string): boolean => Object.hasOwn(machine.States, name);
  if (!known(machine.StartAt)) problems.push(`/StartAt: there is no state '${machine.StartAt}'`);
  const reached = new Set([machine.StartAt]);
  // A Set visits what is added while it is walked.
  for (const name of reached) {
    const state = known(name) ? machine.States[name] : undefined;
    for (const { to } of state ? transitions(state) : []) reached.add(to);
  }
  for (const [name, state] of Object.entries(machine.States)) {
    if (!reached.has(name)) problems.push(`/States/${name}: nothing leads to this state`);
    for (const { field, to } of transitions(state)) {
      if (!known(to)) problems.push(`/States/${name}/${field}: there is no state '${to}'`);
    }
  }
  if (!Object.values(machine.States).some(endsHere)) problems.push('/States: no state ends the machine');
  return problems;
}

function stateProblems([name, state]: [string, State]): string[] {
  const problems: string[] = [];
  const report = (field: string, problem: string): void => void problems.push(`/States/${name}/${field}: ${problem}`);
  if ('Next' in state && state.Next !== undefined && state.End) report('End', 'a state has Next or End, not both');
  if (state.Type !== 'Choice' && !endsHere(state) && !('Next' in state && state.Next !== undefined)) {
    report('Next', 'is missing: a state needs Next or End');
  }
  if (state.Type === 'Wait') waitProblems(state, report);
  if (state.Type === 'Task') taskProblems(state, report);
  for (const field of Object.keys(state)) {
    if (field !== 'Comment') templateProblems((state as Record<string, unknown>)[field], field, report);
  }
  return problems;
}

type Report = (field: string, problem: string) => void;

function waitProblems(state: Extract<State, { Type: 'Wait' }>, report: Report): void {
  if ((state.Seconds === undefined) === (state.Timestamp === undefined)) {
    report('Seconds', 'a Wait has exactly one of Seconds and Timestamp');
  }
  const { Timestamp: at } = state;
  if (at !== undefined && !isExpression(at) && parseInstant(at) === undefined) {
    report('Timestamp', `'${at}' is not a date and time with its zone, such as 2026-11-24T03:00:00Z`);
  }
}

function taskProblems(state: Extract<State, { Type: 'Task' }>, report: Report): void {
  const { HeartbeatSeconds: beat, TimeoutSeconds: timeout } = state;
  if (beat !== undefined && state.Resource === INVOKE) {
    report('HeartbeatSeconds', 'local mode implements heartbeats with .waitForTaskToken only');
  }
  if (typeof beat === 'number' && typeof timeout === 'number' && beat >= timeout) {
    report('HeartbeatSeconds', 'must be smaller than TimeoutSeconds');
  }
  for (const field of ['Retry', 'Catch'] as const) {
    for (const [n, rule] of state[field].entries()) {
      if (!rule.ErrorEquals.includes('States.ALL')) continue;
      if (rule.ErrorEquals.length > 1) report(`${field}[${n}]/ErrorEquals`, 'States.ALL must stand alone');
      if (n < state[field].length - 1) report(`${field}[${n}]`, 'States.ALL must come last');
    }
  }
}

/** Where `$states.result` and `$states.errorOutput` have a value; elsewhere they are a mistake that AWS refuses too. */
const RESERVED: readonly { name: RegExp; says: string; allowed: RegExp }[] = [
  { name: /\$states\s*\.\s*errorOutput\b/, says: '$states.errorOutput', allowed: /^Catch\[\d+\]\/(Output|Assign)/ },
  { name: /\$states\s*\.\s*result\b/, says: '$states.result', allowed: /^(Output|Assign)/ },
];

function templateProblems(value: unknown, field: string, report: Report): void {
  eachString(value, field, (text, path) => {
    if (/^States\.[A-Za-z]+\(/.test(text))
      report(path, 'intrinsic functions belong to JSONPath: use a JSONata function');
    if (/\.\$(?=$|\/|\[)/.test(path)) report(path, 'a name that ends in .$ belongs to JSONPath');
    if (isExpression(text)) {
      for (const problem of expressionProblems(text)) report(path, problem);
      for (const { name, says, allowed } of RESERVED) {
        if (name.test(text) && !allowed.test(path)) report(path, `${says} has no value here`);
      }
    } else if (text.startsWith('{%') || text.endsWith('%}')) {
      report(path, "an expression must begin with '{%' and end with '%}', without blanks around them");
    }
  });
}
