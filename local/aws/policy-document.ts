/**
 * IAM policy documents, from text to types. What AWS would refuse is `MalformedPolicy`; what AWS knows and local mode
 * does not is `UnsupportedPolicy`: a statement that cannot be evaluated is refused here, never ignored later.
 *
 * Authority: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { conditionProblem } from './conditions.ts';

type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Principals by kind (`AWS`, `Service`, `Federated`); `"*"` is `{ AWS: ['*'] }`. */
type Principals = Readonly<Record<string, readonly string[]>>;

export type Statement = {
  effect: 'Allow' | 'Deny';
  actions: readonly string[];
  notAction: boolean;
  resources: readonly string[];
  notResource: boolean;
  principals: Principals;
  conditions: ConditionBlock;
};

export type Policy = { statements: readonly Statement[] };

export class MalformedPolicy extends Error {
  override name = 'MalformedPolicy';
}

/** Local mode does not know this part of IAM. Message says which. */
export class UnsupportedPolicy extends Error {
  override name = 'UnsupportedPolicy';
}

export type PolicyKind = 'identity' | 'trust';

type Fields = Readonly<Record<string, unknown>>;

const STATEMENT_FIELDS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]);

/** Reads a policy's text. Throws `MalformedPolicy` or `UnsupportedPolicy`. */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new MalformedPolicy('This policy contains invalid Json');
  }
  const fields = fieldsOf(document, 'Syntax errors in policy.');
  for (const name of Object.keys(fields)) {
    if (!['Version', 'Id', 'Statement'].includes(name))
      throw new MalformedPolicy(`Syntax error: unknown element ${name}.`);
  }
  if (fields.Version !== '2012-10-17') {
    // The older language has no policy variables; nothing of today writes it.
    throw new UnsupportedPolicy(`policy Version ${JSON.stringify(fields.Version)}: write "2012-10-17"`);
  }
  const statements = Array.isArray(fields.Statement) ? fields.Statement : [fields.Statement];
  if (statements.length === 0) throw new MalformedPolicy('Syntax errors in policy.');
  return { statements: statements.map((statement: unknown) => parseStatement(statement, kind)) };
}

function parseStatement(statement: unknown, kind: PolicyKind): Statement {
  const fields = fieldsOf(statement, 'Syntax errors in policy.');
  for (const name of Object.keys(fields)) {
    if (!STATEMENT_FIELDS.has(name)) throw new MalformedPolicy(`Syntax error: unknown element ${name} in a statement.`);
  }
  if (fields.Effect !== 'Allow' && fields.Effect !== 'Deny')
    throw new MalformedPolicy(`Invalid effect: ${String(fields.Effect)}`);
  if (fields.NotPrincipal !== undefined) throw new UnsupportedPolicy('NotPrincipal');
  const [actions, notAction] = oneOf(fields, 'Action', 'NotAction');
  if (actions.length === 0) throw new MalformedPolicy('Policy statement must contain actions.');
  for (const action of actions) {
    if (action !== '*' && !/^[\w-]+:[\w*?]+$/.test(action)) {
      throw new MalformedPolicy(
        `Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. (${action})`,
      );
    }
  }
  const [resources, notResource] = oneOf(fields, 'Resource', 'NotResource');
  checkForm(kind, fields, actions, resources);
  return {
    effect: fields.Effect,
    actions,
    notAction,
    resources,
    notResource,
    principals: principalsOf(fields.Principal),
    conditions: conditionsOf(fields.Condition),
  };
}

function checkForm(kind: PolicyKind, fields: Fields, actions: readonly string[], resources: readonly string[]): void {
  if (kind === 'identity') {
    if (fields.Principal !== undefined) throw new MalformedPolicy('Policy document should not specify a principal.');
    if (resources.length === 0) throw new MalformedPolicy('Policy statement must contain resources.');
    for (const resource of resources) {
      if (resource !== '*' && !resource.startsWith('arn:') && !resource.startsWith('*')) {
        throw new MalformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
      }
    }
    return;
  }
  if (fields.Principal === undefined) throw new MalformedPolicy('Missing required field Principal');
  if (resources.length > 0) throw new MalformedPolicy('Has prohibited field Resource');
  if (fields.NotAction !== undefined || actions.some((action) => !/^sts:/i.test(action))) {
    throw new MalformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.');
  }
}

function principalsOf(value: unknown): Principals {
  if (value === undefined) return {};
  if (value === '*') return { AWS: ['*'] };
  const principals: Record<string, readonly string[]> = {};
  for (const [kind, named] of Object.entries(fieldsOf(value, 'Invalid principal in policy.'))) {
    if (!['AWS', 'Service', 'Federated'].includes(kind)) throw new UnsupportedPolicy(`Principal of kind ${kind}`);
    principals[kind] = texts(named, 'Principal');
  }
  if (Object.keys(principals).length === 0) throw new MalformedPolicy('Invalid principal in policy.');
  return principals;
}

function conditionsOf(value: unknown): ConditionBlock {
  if (value === undefined) return {};
  const block: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(fieldsOf(value, 'Invalid Condition block.'))) {
    const read: Record<string, readonly string[]> = {};
    for (const [key, values] of Object.entries(fieldsOf(keys, 'Invalid Condition block.'))) {
      read[key] = texts(values, 'Condition');
      const problem = conditionProblem(operator, key, read[key]);
      if (problem) throw problem.malformed ? new MalformedPolicy(problem.text) : new UnsupportedPolicy(problem.text);
    }
    block[operator] = read;
  }
  return block;
}

function oneOf(fields: Fields, name: string, negation: string): [readonly string[], boolean] {
  if (fields[name] !== undefined && fields[negation] !== undefined) {
    throw new MalformedPolicy(`A statement may have ${name} or ${negation}, not both.`);
  }
  const negated = fields[negation] !== undefined;
  const value = negated ? fields[negation] : fields[name];
  return [value === undefined ? [] : texts(value, negated ? negation : name), negated];
}

/** A text, number or truth value, or a list of them, as AWS allows wherever values stand. */
function texts(value: unknown, where: string): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw new MalformedPolicy(`${where} must not be empty.`);
  return values.map((each) => {
    if (typeof each === 'string') return each;
    if (typeof each === 'number' || typeof each === 'boolean') return String(each);
    throw new MalformedPolicy(`${where} must be text or a list of texts.`);
  });
}

function fieldsOf(value: unknown, message: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedPolicy(message);
  return value as Fields;
}
