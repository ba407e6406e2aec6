/**
 * Catches: an entitlement wider than it looks that nobody is told of (F37), a warning about a rule that is as it should
 * be, and a table of powers that is not what the policies allow. Each row changes a configuration that is warned of
 * nowhere; what is expected is written by hand.
 */
import { describe, expect, test } from 'vitest';
import { rulesOfPolicy } from '../../local/cluster/access-policies.ts';
import { allows } from '../../local/cluster/rules.ts';
import { ACCESS_POLICIES, type AccessPolicyName } from '../../src/core/access.ts';
import type { Configuration, Entitlement } from '../../src/core/configuration.ts';
import { isAmong } from '../../src/core/identity.ts';
import { lint } from '../../src/core/lint.ts';
import { LINT_RULES } from '../../src/core/lint-rule.ts';
import { membersIn } from '../../src/core/members.ts';
import { editsAwsAuth, grantEditsAwsAuth, POWERS, type Power } from '../../src/core/policy-powers.ts';
import type { Duration } from '../../src/core/time.ts';
import {
  CONFIG,
  configWith,
  countCases,
  group,
  HOUR,
  KUBERNETES_ADMIN,
  one,
  peopleOf,
  person,
  SSO_ROLE,
} from './fixtures.ts';

const QUIET: Configuration = {
  ...configWith({
    clusters: ['prod', 'test'],
    eligible: [group('developers')],
    approval: {
      autoApprove: false,
      steps: [{ approvers: [group('leads'), group('security')], approvalsNeeded: 1, channels: [] }],
      window: (8 * HOUR) as Duration,
    },
  }),
  directory: {
    people: CONFIG.directory.people,
    groups: { developers: ['ada', 'bob', 'cyd'], leads: ['bob', 'cyd'], security: ['dan', 'cyd'] },
  },
  responders: [one('fay'), group('leads'), group('security')],
};

const quiet = (more: Partial<Entitlement>): Configuration => configWith(more, QUIET);
const policy = (name: AccessPolicyName): Partial<Entitlement> => ({
  access: { kind: 'policy', policy: name, scope: 'cluster' },
});
const inNamespaces = (name: AccessPolicyName, ...namespaces: string[]): Partial<Entitlement> => ({
  access: { kind: 'policy', policy: name, scope: 'namespace', namespaces },
});
const accepting = (config: Configuration): Configuration => ({
  ...config,
  clusters: { ...config.clusters, prod: { ...config.clusters['prod'], acceptsAwsAuthRisk: true } as never },
});
const steps = (...given: Entitlement['approval']['steps']): Partial<Entitlement> => ({
  approval: { autoApprove: false, steps: given, window: (8 * HOUR) as Duration },
});
const step = (approvers: Entitlement['eligible'], approvalsNeeded = 1) => ({
  approvers,
  approvalsNeeded,
  channels: [],
});

type Row = readonly [what: string, config: Configuration, ...expected: string[]];
const words = (line: string, from: number, to?: number): string => line.split(' ').slice(from, to).join(' ');

const EDIT = 'entitlements.prod-view.access.policy';
const ROWS: readonly Row[] = [
  ['nothing to warn of', QUIET],
  [
    'Edit, on the whole cluster',
    quiet(policy('AmazonEKSEditPolicy')),
    `reads-secrets ${EDIT} every Secret of the whole cluster`,
    `exec-and-impersonate ${EDIT} runs commands in pods`,
  ],
  [
    'Admin, in one namespace',
    quiet(inNamespaces('AmazonEKSAdminPolicy', 'team')),
    `reads-secrets ${EDIT} every Secret in team`,
    `exec-and-impersonate ${EDIT} any service account in team`,
  ],
  ['AdminView', quiet(policy('AmazonEKSAdminViewPolicy')), `reads-secrets ${EDIT} AmazonEKSViewPolicy reads the rest`],
  [
    'SecretReader',
    quiet(policy('AmazonEKSSecretReaderPolicy')),
    `reads-secrets ${EDIT} AmazonEKSSecretReaderPolicy reads every Secret`,
  ],
  [
    'SecretAdmin',
    quiet(policy('AmazonEKSSecretAdminPolicy')),
    `reads-secrets ${EDIT} every Secret`,
    `writes-secrets ${EDIT} a token of any service account`,
  ],
  ['cluster admin, on clusters that read no aws-auth', quiet(policy('AmazonEKSClusterAdminPolicy'))],
  [
    'cluster admin where aws-auth is read and that is accepted',
    accepting(quiet(policy('AmazonEKSClusterAdminPolicy'))),
    'edits-aws-auth entitlements.prod-view.access can write aws-auth on prod, where that is accepted',
  ],
  ['View reaches no aws-auth', accepting(quiet(policy('AmazonEKSViewPolicy')))],
  [
    'Edit within another namespace reaches no aws-auth',
    accepting(quiet(inNamespaces('AmazonEKSEditPolicy', 'team'))),
    `reads-secrets ${EDIT} in team`,
    `exec-and-impersonate ${EDIT} in team`,
  ],
  [
    'a pattern that matches kube-system',
    quiet(inNamespaces('AmazonEKSViewPolicy', 'team', 'kube-*')),
    'reaches-kube-system entitlements.prod-view.access.namespaces.1 "kube-*" matches kube-system',
  ],
  [
    'every namespace',
    quiet(inNamespaces('AmazonEKSViewPolicy', '*')),
    'reaches-kube-system entitlements.prod-view.access.namespaces.0 "*" matches',
  ],
  ['kube-system by its name is meant', quiet(inNamespaces('AmazonEKSViewPolicy', 'kube-system'))],
  [
    'Kubernetes groups',
    quiet({ access: { kind: 'groups', kubernetesGroups: ['auditors'] } }),
    'kubernetes-groups entitlements.prod-view.access.groups what auditors may do',
  ],
  [
    'a standing role that others can assume',
    quiet({ principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [SSO_ROLE] } }),
    'open-to-many entitlements.prod-view.principal.assumableBy Dan, Eve, Fay can use the access too',
  ],
  [
    'a standing role for those who may ask',
    quiet({
      eligible: [group('developers'), one('dan'), one('eve'), one('fay')],
      principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [SSO_ROLE] },
    }),
  ],
  [
    'reading for two days',
    quiet({ maxDuration: (48 * HOUR) as Duration }),
    'very-long entitlements.prod-view.maxDuration 2d is long',
  ],
  [
    'changing for thirteen hours',
    quiet({ ...policy('AmazonEKSClusterAdminPolicy'), maxDuration: (13 * HOUR) as Duration }),
    'very-long entitlements.prod-view.maxDuration 13h is long',
  ],
  [
    'changing for twelve hours',
    quiet({ ...policy('AmazonEKSClusterAdminPolicy'), maxDuration: (12 * HOUR) as Duration }),
  ],
  [
    'extended beyond a day',
    quiet({
      ...policy('AmazonEKSClusterAdminPolicy'),
      extension: { maxTotal: (30 * HOUR) as Duration, autoApprove: false },
    }),
    'very-long entitlements.prod-view.extension.maxTotal 1d6h is long',
  ],
  [
    'a window of eight days',
    quiet({ approval: { ...QUIET.entitlements['prod-view']?.approval, window: (192 * HOUR) as Duration } as never }),
    'long-window entitlements.prod-view.approval.window approved 8d later',
  ],
  [
    'warned when it begins',
    quiet({ defaultDuration: (HOUR / 6) as Duration }),
    'warned-at-once entitlements.prod-view.defaultDuration 10m before the end, and the access lasts 10m',
  ],
  [
    'admin without anybody deciding',
    quiet({ ...policy('AmazonEKSClusterAdminPolicy'), approval: { autoApprove: true, steps: [], window: HOUR } }),
    'admin-auto-approved entitlements.prod-view.approval.autoApprove nobody decides',
  ],
  ['reading without anybody deciding', quiet({ approval: { autoApprove: true, steps: [], window: HOUR } })],
  [
    'admin extended without anybody deciding',
    quiet({
      ...policy('AmazonEKSClusterAdminPolicy'),
      extension: { maxTotal: (6 * HOUR) as Duration, autoApprove: true },
    }),
    'admin-auto-approved entitlements.prod-view.extension.autoApprove nobody decides on more time',
  ],
  [
    'admin without a reason',
    quiet({ ...policy('AmazonEKSClusterAdminPolicy'), justification: { required: false, minLength: 1 } }),
    'no-reason-needed entitlements.prod-view.justification.required neither',
  ],
  [
    'admin with a ticket for a reason',
    quiet({
      ...policy('AmazonEKSClusterAdminPolicy'),
      justification: { required: false, minLength: 1 },
      ticket: { required: true },
    }),
  ],
  [
    'one approver',
    quiet({ ...steps(step([one('dan')])) }),
    'one-approver entitlements.prod-view.approval.steps.0.approvers only dan can approve this',
  ],
  [
    'one approver, who may ask',
    quiet({ ...steps(step([one('cyd')])) }),
    'one-approver entitlements.prod-view.approval.steps.0.approvers only cyd',
    'nobody-could-approve entitlements.prod-view.approval.steps nobody could approve what cyd asks for',
  ],
  [
    'two of two, who may ask',
    quiet({ ...steps(step([group('leads')], 2)) }),
    'nobody-could-approve entitlements.prod-view.approval.steps nobody could approve what bob, cyd ask for',
  ],
  [
    'two steps that share their people',
    quiet({ ...steps(step([group('leads')]), step([group('security')], 2)) }),
    'nobody-could-approve entitlements.prod-view.approval.steps nobody could approve what cyd, bob ask for',
  ],
  [
    'nobody who may ask is left',
    quiet({ eligible: [one('gil')] }),
    'nobody-eligible entitlements.prod-view.eligible nobody could ask',
    'unused-group identities.groups.developers no rule names',
  ],
  [
    'nobody may end it',
    { ...QUIET, responders: [] },
    'unused-person identities.people.fay "fay" is in no group',
    'no-responders responders nobody may end',
  ],
  [
    'a disabled member',
    {
      ...QUIET,
      directory: { ...QUIET.directory, people: { ...QUIET.directory.people, cyd: person('cyd', { disabled: true }) } },
    },
    'disabled-member identities.groups.developers.2 "cyd" is disabled',
    'disabled-member identities.groups.leads.1 "cyd"',
    'disabled-member identities.groups.security.1 "cyd"',
  ],
  [
    'a group for nothing',
    { ...QUIET, directory: { ...QUIET.directory, groups: { ...QUIET.directory.groups, spare: ['ada'] } } },
    'unused-group identities.groups.spare no rule names "group:spare"',
  ],
  [
    'somebody for nothing',
    { ...QUIET, directory: { ...QUIET.directory, people: { ...QUIET.directory.people, gil: person('gil') } } },
    'unused-person identities.people.gil "gil" is in no group',
  ],
  [
    'somebody who left',
    {
      ...QUIET,
      directory: { ...QUIET.directory, people: { ...QUIET.directory.people, gil: person('gil', { disabled: true }) } },
    },
  ],
  ['a cluster for nothing', quiet({ clusters: ['prod'] }), 'unused-cluster clusters.test no entitlement covers "test"'],
];

describe('F37: lint', () => {
  test.each(ROWS.map(([what, config, ...expected]) => ({ what, config, expected })))(
    '$what',
    ({ config, expected }) => {
      const found = lint(config);
      expect(found.map(({ rule, path }) => `${rule} ${path.join('.')}`)).toEqual(
        expected.map((line) => words(line, 0, 2)),
      );
      for (const [index, line] of expected.entries()) expect(found[index]?.message).toContain(words(line, 2));
    },
  );

  test('a role whose owners are the only approvers', () => {
    const roles = { ci: { id: 'ci', role: SSO_ROLE, owners: [group('leads')], description: 'Pipeline' } };
    const config = {
      ...quiet({ ...steps(step([group('leads')])), eligible: [{ kind: 'role', id: 'ci' }] }),
      directory: { ...QUIET.directory, roles },
    } as Configuration;
    const found = lint(config).filter(({ rule }) => rule === 'nobody-could-approve');
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('what role:ci asks for')]);
    expect(
      lint({
        ...config,
        directory: { ...config.directory, roles: { ci: { ...roles.ci, owners: [one('bob')] } } },
      } as Configuration).map(({ rule }) => rule),
    ).not.toContain('nobody-could-approve');
  });

  test('every rule has a row that breaks it', () => {
    countCases('configurations that were looked at', ROWS.length);
    const broken = new Set(ROWS.flatMap(([, , ...expected]) => expected.map((line) => words(line, 0, 1))));
    expect(Object.keys(LINT_RULES).filter((rule) => !broken.has(rule))).toEqual([]);
  });
});

/** One request that the power stands for; a policy has the power if its published rules allow that. */
const PROOFS: Readonly<Record<Power, { group: string; resource: string; subresource?: string; verb: string }>> = {
  everything: { group: 'any.example', resource: 'things', verb: 'delete' },
  readSecrets: { group: '', resource: 'secrets', verb: 'get' },
  writeSecrets: { group: '', resource: 'secrets', verb: 'create' },
  exec: { group: '', resource: 'pods', subresource: 'exec', verb: 'create' },
  impersonateServiceAccounts: { group: '', resource: 'serviceaccounts', verb: 'impersonate' },
  writeConfigMaps: { group: '', resource: 'configmaps', verb: 'update' },
  bind: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verb: 'create' },
};

test.each(ACCESS_POLICIES)('F37: the powers of %s are those of the rules that AWS publishes', (name) => {
  const allowed = (Object.keys(PROOFS) as Power[]).filter((power) =>
    rulesOfPolicy(name).some((rule) =>
      allows(rule, { user: 'x', resourceAttributes: { namespace: 'kube-system', ...PROOFS[power] } }),
    ),
  );
  expect(new Set(POWERS[name])).toEqual(new Set(allowed));
});

const ARN = 'arn:aws:eks::aws:cluster-access-policy/';

test.each<[AccessPolicyName, string[] | 'cluster', boolean]>([
  ['AmazonEKSClusterAdminPolicy', 'cluster', true],
  ['AmazonEKSAdminPolicy', 'cluster', true],
  ['AmazonEKSEditPolicy', 'cluster', true],
  ['AmazonEKSEditPolicy', ['dev', 'kube-system'], true],
  ['AmazonEKSEditPolicy', ['dev'], false],
  ['AmazonEKSSecretAdminPolicy', ['kube-system'], true],
  ['AmazonEKSSecretReaderPolicy', 'cluster', false],
  ['AmazonEKSAdminViewPolicy', 'cluster', false],
  ['AmazonEKSViewPolicy', 'cluster', false],
])('who can write aws-auth: %s, %s: %s', (name, where, expected) => {
  const namespaces = where === 'cluster' ? [] : where;
  const offered = where === 'cluster' ? ({ scope: 'cluster' } as const) : ({ scope: 'namespace', namespaces } as const);
  const accessScope =
    where === 'cluster' ? ({ type: 'cluster' } as const) : ({ type: 'namespace', namespaces } as const);
  expect(editsAwsAuth({ kind: 'policy', policy: name, ...offered })).toBe(expected);
  expect(grantEditsAwsAuth({ kind: 'policy', policyArn: ARN + name, accessScope })).toBe(expected);
});

test('members are exactly those whom the enforcing function knows, without the disabled', () => {
  const directory = {
    people: peopleOf(person('ada'), person('bob', { disabled: true }), person('cyd'), person('dan')),
    groups: { a: ['ada', 'bob'], b: ['cyd', 'bob', 'nobody'], empty: [] },
  };
  const lists = [
    [],
    [group('a')],
    [group('b'), one('dan')],
    [one('bob')],
    [group('none')],
    [group('a'), group('b'), one('ada')],
    [group('empty')],
  ];
  for (const subjects of lists)
    expect([...membersIn(directory)(subjects)].sort()).toEqual(
      Object.values(directory.people)
        .filter(({ id, disabled }) => !disabled && isAmong(id, subjects, directory))
        .map(({ id }) => id)
        .sort(),
    );
});

test('F39: of groups that Identity Center keeps nothing is said: who is in them is not in the file', () => {
  const center = {
    ...quiet({
      eligible: [group('oncall')],
      ...steps({ approvers: [one('bob'), group('oncall')], approvalsNeeded: 1, channels: [] }),
    }),
    identityCenter: { identityStoreId: 'd-1', region: 'eu-west-1', role: SSO_ROLE, groups: { oncall: 'On call' } },
  };
  const said = lint(center).map(({ rule }) => rule);
  for (const rule of ['nobody-eligible', 'one-approver', 'nobody-could-approve']) expect(said).not.toContain(rule);
  // The same without: there is such a group nowhere.
  const { identityCenter: _, ...without } = center;
  expect(lint(without as Configuration).map(({ rule }) => rule)).toContain('one-approver');
});
