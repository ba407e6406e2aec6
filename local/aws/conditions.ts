/**
 * Condition operators and keys of IAM policies, as data and as their evaluation. An operator or a key that is not in
 * these tables is refused when a policy is written and, should one get past that, when it is evaluated: a condition
 * that cannot be judged must not read as "does not apply", for under `Deny` that would open what it closes.
 *
 * Authority: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { parseInstant } from '../../src/core/time.ts';
import { matchesPattern, unquoteWildcards } from './pattern.ts';

/** What is known of a request, by lower-cased key name. A list is a key of several values. */
export type ConditionKeys = ReadonlyMap<string, string | readonly string[]>;

type Comparison = (actual: string, expected: string) => boolean;

type Operator = {
  compare: Comparison;
  negated: boolean;
  value: 'text' | 'pattern' | 'arn' | 'number' | 'date' | 'bool';
};

/** Epoch seconds or ISO 8601, in milliseconds. */
const toTime = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) * 1_000 : (parseInstant(dated(text)) ?? Number.NaN);
/** AWS reads a bare date as its first moment in UTC. */
const dated = (text: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);

/** ARNs match part by part: a wildcard in one of the first five does not reach over a colon. */
function arnLike(actual: string, pattern: string): boolean {
  const [a, p] = [splitArn(actual), splitArn(pattern)];
  return a !== undefined && (p?.every((part, i) => matchesPattern(a[i] ?? '', part)) ?? false);
}

function splitArn(text: string): string[] | undefined {
  const parts = text.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const positive = (value: Operator['value'], compare: Comparison): Operator => ({ compare, negated: false, value });
const negative = (value: Operator['value'], compare: Comparison): Operator => ({ compare, negated: true, value });

const equal: Comparison = (a, b) => a === b;
const equalIgnoringCase: Comparison = (a, b) => a.toLowerCase() === b.toLowerCase();
const numbers =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (a, b) =>
    compare(Number(a), Number(b));
const times =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (a, b) =>
    compare(toTime(a), toTime(b));

/** `negated`: true when *none* of the values matches, and when the key is absent. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: positive('text', equal),
  StringNotEquals: negative('text', equal),
  StringEqualsIgnoreCase: positive('text', equalIgnoringCase),
  StringNotEqualsIgnoreCase: negative('text', equalIgnoringCase),
  StringLike: positive('pattern', matchesPattern),
  StringNotLike: negative('pattern', matchesPattern),
  ArnEquals: positive('arn', arnLike),
  ArnLike: positive('arn', arnLike),
  ArnNotEquals: negative('arn', arnLike),
  ArnNotLike: negative('arn', arnLike),
  NumericEquals: positive(
    'number',
    numbers((a, b) => a === b),
  ),
  NumericNotEquals: negative(
    'number',
    numbers((a, b) => a === b),
  ),
  NumericLessThan: positive(
    'number',
    numbers((a, b) => a < b),
  ),
  NumericLessThanEquals: positive(
    'number',
    numbers((a, b) => a <= b),
  ),
  NumericGreaterThan: positive(
    'number',
    numbers((a, b) => a > b),
  ),
  NumericGreaterThanEquals: positive(
    'number',
    numbers((a, b) => a >= b),
  ),
  DateEquals: positive(
    'date',
    times((a, b) => a === b),
  ),
  DateNotEquals: negative(
    'date',
    times((a, b) => a === b),
  ),
  DateLessThan: positive(
    'date',
    times((a, b) => a < b),
  ),
  DateLessThanEquals: positive(
    'date',
    times((a, b) => a <= b),
  ),
  DateGreaterThan: positive(
    'date',
    times((a, b) => a > b),
  ),
  DateGreaterThanEquals: positive(
    'date',
    times((a, b) => a >= b),
  ),
  Bool: positive('bool', equalIgnoringCase),
};

const KNOWN_KEYS: ReadonlySet<string> = new Set(
  [
    'aws:CurrentTime',
    'aws:EpochTime',
    'aws:FederatedProvider',
    'aws:MultiFactorAuthAge',
    'aws:MultiFactorAuthPresent',
    'aws:PrincipalAccount',
    'aws:PrincipalArn',
    'aws:PrincipalIsAWSService',
    'aws:PrincipalOrgID',
    'aws:PrincipalType',
    'aws:RequestedRegion',
    'aws:ResourceAccount',
    'aws:ResourceOrgID',
    'aws:SecureTransport',
    'aws:SourceAccount',
    'aws:SourceArn',
    'aws:SourceIdentity',
    'aws:TagKeys',
    'aws:TokenIssueTime',
    'aws:userid',
    'aws:username',
    'aws:ViaAWSService',
    'dynamodb:LeadingKeys',
    'eks:accessEntryType',
    'eks:accessScope',
    'eks:clusterName',
    'eks:kubernetesGroups',
    'eks:namespaces',
    'eks:policyArn',
    'eks:principalArn',
    'eks:username',
    'events:detail-type',
    'events:source',
    'iam:PassedToService',
    'iam:PermissionsBoundary',
    'SAML:aud',
    'sts:ExternalId',
    'sts:RoleSessionName',
    'sts:SourceIdentity',
  ].map((key) => key.toLowerCase()),
);
const KNOWN_KEY_FAMILIES = ['aws:principaltag/', 'aws:requesttag/', 'aws:resourcetag/', 'iam:resourcetag/'];

const isKnownKey = (key: string): boolean =>
  KNOWN_KEYS.has(key.toLowerCase()) || KNOWN_KEY_FAMILIES.some((family) => key.toLowerCase().startsWith(family));

function operandOf(operator: Operator, expected: string): string {
  if (operator.value === 'arn' && expected === '*') return 'arn:*:*:*:*:*';
  return operator.value === 'arn' || operator.value === 'pattern' ? expected : unquoteWildcards(expected);
}

type Reading = { set: 'any' | 'all' | undefined; ifExists: boolean; name: string };

function readOperator(text: string): Reading {
  const found = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(text);
  const [, set, name = text, ifExists] = found ?? [];
  return { set: set === 'ForAnyValue' ? 'any' : set ? 'all' : undefined, name, ifExists: ifExists !== undefined };
}

/** Why this condition cannot stand in a policy: wrong in itself, or unknown to local mode. Undefined if it can. */
export function conditionProblem(
  operatorText: string,
  key: string,
  values: readonly string[],
): { malformed: boolean; text: string } | undefined {
  const { name, ifExists } = readOperator(operatorText);
  if (!isKnownKey(key)) return { malformed: false, text: `condition key ${key}` };
  if (name === 'Null') {
    const wellFormed = !ifExists && values.every((value) => /^(true|false)$/i.test(value));
    return wellFormed ? undefined : { malformed: true, text: 'Null takes true or false, and no IfExists.' };
  }
  const operator = OPERATORS[name];
  if (!operator) return { malformed: false, text: `condition operator ${operatorText}` };
  const bad = values.find((value) => !isWellFormed(operator, value));
  return bad === undefined
    ? undefined
    : { malformed: true, text: `${operatorText} cannot be compared with ${JSON.stringify(bad)}.` };
}

function isWellFormed(operator: Operator, value: string): boolean {
  if (value.includes('${'))
    return operator.value === 'text' || operator.value === 'pattern' || operator.value === 'arn';
  switch (operator.value) {
    case 'number':
      return value !== '' && !Number.isNaN(Number(value));
    case 'date':
      return !Number.isNaN(toTime(value));
    case 'bool':
      return /^(true|false)$/i.test(value);
    case 'arn':
      return splitArn(value) !== undefined || value === '*';
    case 'text':
    case 'pattern':
      return true;
  }
}

/**
 * Whether one condition holds. `expand` fills in policy variables. Throws for an operator or key that is not known.
 * A `ForAllValues:` condition holds when the key is absent, as on AWS.
 */
export function conditionHolds(
  operatorText: string,
  key: string,
  values: readonly string[],
  keys: ConditionKeys,
  expand: (text: string) => string | undefined,
): boolean {
  const { set, name, ifExists } = readOperator(operatorText);
  const actual = keys.get(key.toLowerCase());
  const given: readonly string[] = actual === undefined ? [] : typeof actual === 'string' ? [actual] : actual;
  if (name === 'Null') return values.some((value) => (value.toLowerCase() === 'true') === (given.length === 0));
  const operator = OPERATORS[name];
  if (!operator || !isKnownKey(key)) throw new Error(`cannot evaluate the condition ${operatorText} on ${key}`);

  if (given.length === 0) {
    if (ifExists || set === 'all') return true;
    return set === undefined && operator.negated;
  }
  const matchesOne = (one: string): boolean =>
    values.some((value) => {
      const expected = expand(value);
      return expected !== undefined && operator.compare(one, operandOf(operator, expected));
    });
  const holdsFor = (one: string): boolean => matchesOne(one) !== operator.negated;
  if (set === 'all') return given.every(holdsFor);
  if (set === 'any') return given.some(holdsFor);
  // Without a set operator a key of several values matches if any does, and its negation only if none does.
  return operator.negated ? given.every(holdsFor) : given.some(holdsFor);
}
