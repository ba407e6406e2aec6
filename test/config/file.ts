/** A small valid file whose lines the tests below change one at a time, and how they read it. */
import { createHash } from 'node:crypto';
import type { Problem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration } from '../../src/core/configuration.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
export const read = (text: string) => readConfiguration(text, { file: 'hallpass.yaml', sha256 });

export const ROLE =
  'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hallpass_0123456789abcdef';

/** Line 1 is `hub`. Tests count lines by hand: keep the numbers beside them true. */
export const VALID = `hub: laptop
account: "111122223333"
region: eu-west-1
clusters:
  one:
    arn: arn:aws:eks:eu-west-1:111122223333:cluster/one
    executor: arn:aws:iam::111122223333:role/executor
  two:
    arn: arn:aws:eks:eu-west-1:444455556666:cluster/two
    executor: arn:aws:iam::444455556666:role/executor
identities:
  permissionSetRole: ${ROLE}
  people:
    alice: { name: Alice, email: alice@example.com }
    bob: { name: Bob, email: bob@example.com }
    carol: { name: Carol, email: carol@example.com }
  groups:
    platform: [bob, carol]
responders: []
entitlements:
  admin:
    description: Everything
    clusters: [one]
    access: { policy: AmazonEKSClusterAdminPolicy, scope: cluster }
    principal:
      mode: role
      role: arn:aws:iam::111122223333:role/KubernetesAdmin
      assumableBy: [arn:aws:iam::111122223333:user/operator]
    eligible: [alice]
    maxDuration: 4h
    approval: { steps: [{ approvers: [group:platform] }] }
  view:
    description: Looking
    clusters: [one, two]
    access: { policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }
    eligible: [alice, group:platform]
    maxDuration: 30m
    ticket: { required: true, pattern: "INC-[0-9]+" }
    approval: { steps: [{ approvers: [group:platform] }] }
`;

/** The valid file with one text in place of another, which must be there exactly once. */
export function changed(from: string, to: string, base = VALID): string {
  if (base.split(from).length !== 2) throw new Error(`not there exactly once: ${from}`);
  return base.replace(from, () => to);
}

export function problemsOf(text: string): readonly Problem[] {
  const result = read(text);
  return result.ok ? [] : result.error;
}

/** `line:column path: message` of each. */
export const shown = (text: string): string[] =>
  problemsOf(text).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

export function valid(text: string): Configuration {
  const result = read(text);
  if (!result.ok) throw new Error(shown(text).join('\n'));
  return result.value;
}
