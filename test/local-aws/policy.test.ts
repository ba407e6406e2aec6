/**
 * Catches: a policy that allows more than it says: a deny that loses, a condition on an absent key that reads as met, a
 * negation or set operator turned round, a wildcard that reaches too far, or something unknown that is passed over.
 */
import { expect, test } from 'vitest';
import { conditionHolds } from '../../local/aws/conditions.ts';
import { matchesPattern } from '../../local/aws/pattern.ts';
import { evaluateIdentity, evaluateTrust } from '../../local/aws/policy.ts';
import { MalformedPolicy, parsePolicy, UnsupportedPolicy } from '../../local/aws/policy-document.ts';

const policy = (...statements: object[]) =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity');
/** `${name}`, which a linter takes for a template forgotten. */
const variable = (name: string): string => `\${${name}}`;
const keys = (of: Record<string, string | string[]> = {}) =>
  new Map(Object.entries(of).map(([key, value]) => [key.toLowerCase(), value]));
const ROLE = 'arn:aws:iam::111111111111:role/hallpass/hub/x';
const ask = (action: string, resource: string, known: Record<string, string | string[]> = {}) => ({
  action,
  resource,
  keys: keys(known),
});
const allow = (more: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more });

const verdicts: [string, object[], ReturnType<typeof ask>, string][] = [
  ['nothing said', [], ask('iam:GetRole', ROLE), 'none'],
  ['allowed', [allow({})], ask('iam:GetRole', ROLE), 'allow'],
  ['deny after allow', [allow({}), allow({ Effect: 'Deny' })], ask('iam:GetRole', ROLE), 'deny'],
  ['deny before allow', [allow({ Effect: 'Deny' }), allow({})], ask('iam:GetRole', ROLE), 'deny'],
  ['action in other capitals', [allow({ Action: 'IAM:getrole' })], ask('iam:GetRole', ROLE), 'allow'],
  ['action by wildcard', [allow({ Action: 'iam:Get*' })], ask('iam:GetRole', ROLE), 'allow'],
  ['action of another service', [allow({ Action: 'eks:*' })], ask('iam:GetRole', ROLE), 'none'],
  ['NotAction excludes', [allow({ Action: undefined, NotAction: 'iam:*' })], ask('iam:GetRole', ROLE), 'none'],
  ['NotAction leaves the rest', [allow({ Action: undefined, NotAction: 'iam:*' })], ask('eks:X', '*'), 'allow'],
  ['resource by path', [allow({ Resource: 'arn:aws:iam::*:role/hallpass/hub/*' })], ask('iam:GetRole', ROLE), 'allow'],
  [
    'resource in other capitals',
    [allow({ Resource: ROLE.toUpperCase().replace('ARN:AWS', 'arn:aws') })],
    ask('iam:GetRole', ROLE),
    'none',
  ],
  [
    'path that only begins alike',
    [allow({ Resource: 'arn:aws:iam::*:role/hallpass/hub' })],
    ask('iam:GetRole', ROLE),
    'none',
  ],
  ['NotResource excludes', [allow({ Resource: undefined, NotResource: ROLE })], ask('iam:GetRole', ROLE), 'none'],
  [
    'variable in a resource',
    [allow({ Resource: `arn:aws:iam::111111111111:role/${variable('aws:username')}` })],
    ask('a:b', 'arn:aws:iam::111111111111:role/u', { 'aws:username': 'u' }),
    'allow',
  ],
  [
    'variable without value',
    [allow({ Resource: `arn:aws:iam::111111111111:role/${variable('aws:username')}` })],
    ask('a:b', 'arn:aws:iam::111111111111:role/'),
    'none',
  ],
  [
    'variable filled with a wildcard',
    [allow({ Resource: `arn:x:role/${variable('aws:PrincipalTag/a')}` })],
    ask('a:b', 'arn:x:role/anything', { 'aws:PrincipalTag/a': '*' }),
    'none',
  ],
  [
    'condition unmet',
    [allow({ Condition: { StringEquals: { 'eks:accessScope': 'namespace' } } })],
    ask('a:b', '*', { 'eks:accessScope': 'cluster' }),
    'none',
  ],
  [
    'both conditions needed',
    [allow({ Condition: { StringEquals: { 'aws:userid': 'a', 'aws:username': 'b' } } })],
    ask('a:b', '*', { 'aws:userid': 'a', 'aws:username': 'c' }),
    'none',
  ],
];
test.each(verdicts)('identity policies: %s', (_name, statements, request, verdict) => {
  const policies = statements.map((statement) => policy(statement));
  expect(evaluateIdentity(policies, request)).toBe(verdict);
});

const ABSENT = undefined;
type Row = [operator: string, expected: string | string[], actual: string | string[] | undefined, holds: boolean];
const conditions: Row[] = [
  ['StringEquals', 'AROA1:alice', 'AROA1:alice', true],
  ['StringEquals', 'AROA1:alice', 'AROA1:Alice', false],
  ['StringEquals', 'AROA1:*', 'AROA1:alice', false],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', 'a', ABSENT, false],
  ['StringEqualsIfExists', 'a', ABSENT, true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringEqualsIgnoreCase', 'A', 'a', true],
  ['StringNotEquals', 'a', 'b', true],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', 'a', ABSENT, true],
  ['StringLike', 'AROA1:*', 'AROA1:alice', true],
  ['StringLike', 'a?c', 'ac', false],
  ['StringNotLike', 'a*', 'abc', false],
  ['StringNotLike', 'a*', 'b', true],
  ['ArnEquals', 'arn:aws:iam::1:role/hub', 'arn:aws:iam::1:role/hub', true],
  ['ArnLike', 'arn:aws:iam::*:role/hub', 'arn:aws:iam::1:role/hub', true],
  ['ArnLike', 'arn:aws:iam:*:role/hub', 'arn:aws:iam::1:role/hub', false],
  ['ArnNotLike', 'arn:aws:iam::1:role/*', 'arn:aws:iam::1:role/a/b', false],
  ['ArnNotEquals', 'arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/b', true],
  ['DateLessThan', '2026-11-24T10:00:00Z', '2026-11-24T09:59:59.999Z', true],
  ['DateLessThan', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00.000Z', false],
  ['DateLessThan', '1795514400', '2026-11-24T09:59:59Z', true],
  ['DateGreaterThanEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', true],
  ['DateGreaterThan', '2026-11-24', '2026-11-24T00:00:01Z', true],
  ['DateNotEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00.000Z', false],
  ['NumericLessThanEquals', '10', '10', true],
  ['NumericLessThan', '10', '9', true],
  ['NumericEquals', '10', '10.0', true],
  ['NumericGreaterThan', '10', '9', false],
  ['Bool', 'true', 'TRUE', true],
  ['Bool', 'true', ABSENT, false],
  ['BoolIfExists', 'false', ABSENT, true],
  ['Null', 'true', ABSENT, true],
  ['Null', 'false', ABSENT, false],
  ['Null', 'false', 'x', true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', 'a', ABSENT, true],
  ['ForAllValues:StringLike', 'dev-*', ['dev-a', 'dev-b'], true],
  ['ForAnyValue:StringEquals', 'a', ['b', 'a'], true],
  ['ForAnyValue:StringEquals', 'a', ABSENT, false],
  ['ForAnyValue:StringNotEquals', 'a', ['a', 'b'], true],
  ['ForAllValues:StringNotEquals', 'a', ['a', 'b'], false],
];
test.each(conditions)('%s %j against %j: %s', (operator, expected, actual, holds) => {
  const known = keys(actual === undefined ? {} : { 'aws:username': actual });
  expect(conditionHolds(operator, 'aws:UserName', [expected].flat(), known, (text) => text)).toBe(holds);
});

test('an unknown operator or key is refused when it is read, and when it is evaluated', () => {
  const withCondition = (condition: object) => () => policy(allow({ Condition: condition }));
  expect(withCondition({ StringEqualz: { 'aws:userid': 'a' } })).toThrow(UnsupportedPolicy);
  expect(withCondition({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })).toThrow(UnsupportedPolicy);
  expect(withCondition({ StringEquals: { 'sts:DurationSeconds': '900' } })).toThrow(UnsupportedPolicy);
  expect(withCondition({ StringEquals: { 'aws:useridd': 'a' } })).toThrow(UnsupportedPolicy);
  expect(withCondition({ DateLessThan: { 'aws:CurrentTime': 'tomorrow' } })).toThrow(MalformedPolicy);
  expect(() =>
    conditionHolds('StringEqualz', 'aws:userid', ['a'], keys({ 'aws:userid': 'a' }), (text) => text),
  ).toThrow();
  expect(() => conditionHolds('StringEquals', 'no:such', ['a'], keys(), (text) => text)).toThrow();
});

test('documents that AWS refuses are refused', () => {
  const bad = [
    { Effect: 'allow' },
    { Effect: 'Permit' },
    { Extra: 1 },
    { Action: 'GetRole' },
    { Principal: '*' },
    { Resource: 'role/x' },
    { NotAction: 'a:b' },
  ];
  for (const statement of bad) expect(() => policy(allow(statement))).toThrow(MalformedPolicy);
  expect(() => parsePolicy('{"Statement":[]}', 'identity')).toThrow(UnsupportedPolicy);
  expect(() => parsePolicy('{"Version":"2012-10-17","Statement":[]}', 'identity')).toThrow(MalformedPolicy);
});

const trust = (principal: string, effect = 'Allow', condition?: object) => ({
  Effect: effect,
  Principal: { AWS: principal },
  Action: 'sts:AssumeRole',
  ...(condition && { Condition: condition }),
});
const CALLER = { account: '111111111111', principalId: 'AROAALICE', userId: 'AROAALICE:alice' };
const trustRows: [string, object[], object][] = [
  ['the account', [trust('111111111111')], { verdict: 'allow', through: 'account' }],
  ['another account', [trust('222222222222')], { verdict: 'none' }],
  ['the role', [trust('AROAALICE')], { verdict: 'allow', through: 'principal' }],
  ['the session', [trust('AROAALICE:alice')], { verdict: 'allow', through: 'principal' }],
  ['another session of the role', [trust('AROAALICE:bob')], { verdict: 'none' }],
  ['account and role', [trust('AROAALICE'), trust('111111111111')], { verdict: 'allow', through: 'principal' }],
  ['a deny of the account', [trust('AROAALICE'), trust('111111111111', 'Deny')], { verdict: 'deny' }],
  ['a service', [{ ...trust('*'), Principal: { Service: 'lambda.amazonaws.com' } }], { verdict: 'none' }],
  [
    'a deny whose condition is not met',
    [trust('*'), trust('*', 'Deny', { StringNotEquals: { 'aws:userid': 'AROAALICE:alice' } })],
    { verdict: 'allow', through: 'principal' },
  ],
];
test.each(trustRows)('trust in %s', (_name, statements, expected) => {
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'trust');
  expect(evaluateTrust(document, 'sts:AssumeRole', CALLER, keys({ 'aws:userid': 'AROAALICE:alice' }))).toEqual(
    expected,
  );
  expect(evaluateTrust(document, 'sts:SetSourceIdentity', CALLER, keys()).verdict).toBe('none');
});

test('a pattern of many stars ends quickly', () => {
  expect(matchesPattern('a'.repeat(2_000), `${'*a'.repeat(500)}b`)).toBe(false);
  expect(matchesPattern('', '*')).toBe(true);
  expect(matchesPattern('abc', 'a*c?')).toBe(false);
});
