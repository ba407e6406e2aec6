/**
 * Catches F30: a requested namespace that is a pattern, and so all of them; and two accesses taken for the same that are
 * not (a shared role would give one person the other's).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Access,
  accessPolicyArn,
  accessPolicyName,
  describeAccess,
  isBarredName,
  isDnsLabel,
  isNamespacePattern,
  matchesPattern,
  sameAccess,
} from '../../src/core/access.ts';
import { countCases } from './fixtures.ts';

const label63 = 'a'.repeat(63);
const NAMESPACES: readonly [string, boolean][] = [
  ['dev', true],
  ['a', true],
  ['0', true],
  ['team-a', true],
  ['kube-system', true],
  [label63, true],
  [`${label63}a`, false],
  ['', false],
  ['*', false],
  ['team-a*', false],
  ['dev-*', false],
  ['-dev', false],
  ['dev-', false],
  ['Dev', false],
  ['dev.prod', false],
  ['dev_prod', false],
  ['dev prod', false],
  ['dev\n', false],
  ['dev,prod', false],
  ['dév', false],
  ['dеv', false],
  ['ｄｅｖ', false],
  ['..', false],
  ['?', false],
  ['[a-z]', false],
];

describe('F30: a namespace in a request is a DNS label', () => {
  countCases('F30 namespaces', NAMESPACES.length);
  test.each(NAMESPACES)('%j: %s', (namespace, valid) => expect(isDnsLabel(namespace)).toBe(valid));

  test.each(NAMESPACES.filter(([, valid]) => !valid))('%j matches no pattern, not even *', (namespace) => {
    expect(matchesPattern('*', namespace)).toBe(false);
    expect(matchesPattern(namespace, namespace)).toBe(false);
  });
});

test.each([
  ['*', true],
  ['team-*', true],
  ['*-dev', true],
  ['a*b', true],
  ['dev', true],
  ['-*', false],
  ['*-', false],
  ['', false],
  ['a'.repeat(64), false],
  ['TEAM-*', false],
  ['team?', false],
  ['.*', false],
])('as a pattern in the configuration %j: %s', (pattern, valid) => expect(isNamespacePattern(pattern)).toBe(valid));

test.each([
  ['*', 'dev', true],
  ['team-*', 'team-a', true],
  ['team-*', 'team-', false],
  ['team-*', 'team', false],
  ['team-*', 'my-team-a', false],
  ['*-dev', 'a-dev', true],
  ['*-dev', 'a-dev-b', false],
  ['a*c', 'abc', true],
  ['a*c', 'ac', true],
  ['a*c', 'abcd', false],
  ['dev', 'dev', true],
  ['dev', 'dev2', false],
])('%s covers %s: %s', (pattern, namespace, covered) => expect(matchesPattern(pattern, namespace)).toBe(covered));

const view: Access = {
  kind: 'policy',
  policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
  accessScope: { type: 'cluster' },
};
const inNamespaces = (...namespaces: string[]): Access => ({ ...view, accessScope: { type: 'namespace', namespaces } });
const groups = (...kubernetesGroups: string[]): Access => ({ kind: 'groups', kubernetesGroups });

test.each<[string, Access, Access, boolean]>([
  ['itself', view, { ...view }, true],
  ['another policy', view, { ...view, policyArn: `${view.policyArn}x` }, false],
  ['namespaces in another order', inNamespaces('a', 'b'), inNamespaces('b', 'a'), true],
  ['fewer namespaces', inNamespaces('a', 'b'), inNamespaces('a'), false],
  ['as many other namespaces', inNamespaces('a', 'b'), inNamespaces('a', 'c'), false],
  ['the whole cluster', inNamespaces('a'), view, false],
  ['no namespaces and the whole cluster', inNamespaces(), view, false],
  ['groups in another order', groups('a', 'b'), groups('b', 'a'), true],
  ['other groups', groups('a'), groups('b'), false],
  ['groups and a policy', groups('a'), view, false],
])('%s', (_what, a, b, same) => {
  expect(sameAccess(a, b)).toBe(same);
  expect(sameAccess(b, a)).toBe(same);
});

test('policies by name', () => {
  expect(accessPolicyArn('aws-cn', 'AmazonEKSViewPolicy')).toBe(
    'arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
  );
  expect(accessPolicyName('arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy')).toBe('AmazonEKSViewPolicy');
});

test.each(['system:masters', 'eks:x', 'aws:x', 'amazon:x', 'iam:x'])('%s is barred', (name) =>
  expect(isBarredName(name)).toBe(true),
);
test.each(['developers', 'my-system:x', 'hallpass:x'])('%s is not', (name) => expect(isBarredName(name)).toBe(false));

test.each<[Access, string]>([
  [view, 'AmazonEKSViewPolicy on the whole cluster'],
  [inNamespaces('dev'), 'AmazonEKSViewPolicy in namespace dev'],
  [inNamespaces('dev', 'test'), 'AmazonEKSViewPolicy in namespaces dev, test'],
  [groups('a', 'b'), 'Kubernetes groups a, b'],
])('for people: %j', (access, words) => expect(describeAccess(access)).toBe(words));

test.each(['(', '[a', 'a\\', '+', '?', '', 'team-*('])('%j is no pattern, and matches nothing', (pattern) => {
  expect(matchesPattern(pattern, 'kube-system')).toBe(false);
});

test('a pattern covers what the regular expression of it would, in time that does not depend on it', () => {
  const short = (letters: string, maxLength: number) =>
    fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength }).map((all) => all.join(''));
  fc.assert(
    fc.property(short('ab-*', 9), short('ab-', 12), (pattern, namespace) => {
      fc.pre(isNamespacePattern(pattern) && isDnsLabel(namespace));
      const same = new RegExp(`^${pattern.split('*').join('[-a-z0-9]*')}$`).test(namespace);
      expect([pattern, namespace, matchesPattern(pattern, namespace)]).toEqual([pattern, namespace, same]);
    }),
    { numRuns: 5_000 },
  );
  const began = process.cpuUsage();
  expect(matchesPattern(`${'*a'.repeat(31)}*`, `${'a'.repeat(30)}b`)).toBe(false);
  expect(process.cpuUsage(began).user).toBeLessThan(100_000);
});
