/**
 * JSONata as Step Functions offers it: values of a state's fields are JSON in which every string `{% … %}` is an
 * expression. Expressions are checked when a machine is loaded and evaluated when a state runs; there is no context
 * item (`$states.input` is the input), no `$eval`, and a result of nothing is an error, not a missing value.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
import jsonata from 'jsonata';

/** What an expression can see. `bindings` are the variables and functions by name, without the `$`. */
export type Scope = { states: Record<string, unknown>; bindings: Record<string, unknown> };

/** `location` is the field inside its state, such as `Arguments/Payload/grantId` or `Choices[1]/Condition`. */
export class EvaluationError extends Error {
  override name = 'EvaluationError';
  readonly location: string;
  constructor(location: string, message: string) {
    super(message);
    this.location = location;
  }
}

const EXPRESSION = /^\{%([\s\S]*)%\}$/;
/** As measured on AWS by others: an expression may nest 100 levels and run a few seconds. */
const LIMITS = { stack: 100, timeout: 5_000 };

export const isExpression = (value: unknown): boolean => typeof value === 'string' && EXPRESSION.test(value);
const sourceOf = (text: string): string => (EXPRESSION.exec(text)?.[1] ?? text).trim();

/** Compiling is slow beside evaluating; the machines of one process hold few expressions, which never change. */
const compiled = new Map<string, jsonata.Expression>();
function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known) return known;
  const expression = jsonata(source, LIMITS);
  compiled.set(source, expression);
  return expression;
}

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.flatMap(nodes) : isNode(value) ? [value] : []);

/** Parts of a node that are evaluated against an item found before them, so that a bare name means something there. */
const INNER = new Set(['stages', 'predicate', 'group', 'pattern', 'update', 'delete', 'terms']);
const NEEDS_ITEM = new Set(['name', 'wildcard', 'descendant', 'parent']);

function complain(node: Node, hasItem: boolean, report: (problem: string) => void): void {
  const { type, value } = node;
  if (NEEDS_ITEM.has(String(type)) && !hasItem) {
    report(`Reference to '${String(value ?? type)}' at the top level is not supported: write $states.input.… or $name`);
  }
  if (type === 'variable' && value === '$') report("Reference to '$$' is not supported");
  if (type === 'variable' && value === 'eval') report('$eval is not supported: use $parse');
  const steps = nodes(node['steps']);
  for (const [index, step] of steps.entries()) complain(step, hasItem || index > 0, report);
  for (const [key, part] of Object.entries(node)) {
    if (key !== 'steps') for (const child of nodes(part)) complain(child, hasItem || INNER.has(key), report);
  }
}

/** What is wrong with the expression before it ever runs; empty if nothing. */
export function expressionProblems(text: string): string[] {
  const problems: string[] = [];
  try {
    complain(compile(sourceOf(text)).ast() as unknown as Node, false, (problem) => problems.push(problem));
  } catch (error) {
    problems.push(`not a JSONata expression: ${messageOf(error)}`);
  }
  return problems;
}

/** Calls `visit` for every string in a JSON value, with where it stands: `Payload/ids[0]`. */
export function eachString(value: unknown, path: string, visit: (text: string, path: string) => void): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value)) value.forEach((item, index) => void eachString(item, `${path}[${index}]`, visit));
  else if (isNode(value)) for (const [key, item] of Object.entries(value)) eachString(item, `${path}/${key}`, visit);
}

/** The value with every expression in it evaluated. Throws `EvaluationError`. */
export async function evaluate(template: unknown, path: string, scope: Scope): Promise<unknown> {
  if (typeof template === 'string' && isExpression(template))
    return evaluateExpression(sourceOf(template), path, scope);
  if (Array.isArray(template)) {
    const items: unknown[] = [];
    for (const [index, item] of template.entries()) items.push(await evaluate(item, `${path}[${index}]`, scope));
    return items;
  }
  if (!isNode(template)) return template;
  const object: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(template)) object[key] = await evaluate(item, `${path}/${key}`, scope);
  return object;
}

async function evaluateExpression(source: string, path: string, scope: Scope): Promise<unknown> {
  const where = `The JSONata expression '${source}' specified for the field '${path}'`;
  let result: unknown;
  try {
    result = await compile(source).evaluate(undefined, { ...scope.bindings, states: scope.states });
  } catch (error) {
    throw new EvaluationError(path, `${where} threw an error during evaluation. ${messageOf(error)}`);
  }
  if (result === undefined) throw new EvaluationError(path, `${where} returned nothing (undefined).`);
  return plainJson(result, () => new EvaluationError(path, `${where} returned an unsupported result type.`));
}

/** JSONata's arrays and functions carry marks of its own; what leaves an expression is JSON and nothing else. */
function plainJson(value: unknown, unsupported: () => Error): unknown {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'function' || (isNode(item) && ('_jsonata_lambda' in item || '_jsonata_function' in item))) {
      throw unsupported();
    }
    // JSON has no Infinity; Step Functions writes the name that JavaScript gives it.
    return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
  });
  return JSON.parse(text);
}

/** JSONata throws plain objects with a code and a message. */
function messageOf(error: unknown): string {
  if (!isNode(error)) return String(error);
  return [error['code'], error['message']].filter((part) => typeof part === 'string').join(': ');
}
