/**
 * Catches: a mistake in hallpass.yaml that is deployed and comes out as a refused request, as access for the wrong
 * person or as access that nobody wanted; and a message that sends the reader to the wrong line.
 * Each row changes the valid file in one place; line, column and words are written by hand.
 */
import { expect, it } from 'vitest';
import { changed, shown, VALID } from './file.ts';

type Row = readonly [name: string, from: string, to: string, ...expected: string[]];

const ADMIN_STEPS = 'approval: { steps: [{ approvers: [group:platform] }] }\n  view:';
const admin = (approval: string) => `approval: ${approval}\n  view:`;
const KUBERNETES_ADMIN = 'role: arn:aws:iam::111122223333:role/KubernetesAdmin';
const OPERATOR = 'arn:aws:iam::111122223333:user/operator';
const SEVEN =
  'AmazonEKSClusterAdminPolicy, AmazonEKSAdminPolicy, AmazonEKSEditPolicy, AmazonEKSViewPolicy, AmazonEKSAdminViewPolicy, AmazonEKSSecretReaderPolicy, AmazonEKSSecretAdminPolicy';

const ROWS: readonly Row[] = [
  // The shape
  [
    'unknown key at the top',
    'responders:',
    'responder:',
    '19:1 responder: unknown key "responder"; did you mean "responders"?',
  ],
  [
    'misspelt key, told once',
    'email: bob@',
    'emial: bob@',
    '15:23 identities.people.bob.emial: unknown key "emial"; did you mean "email"?',
  ],
  [
    'key like no other',
    'name: Bob',
    'name: Bob, phone: 1',
    '15:23 identities.people.bob.phone: unknown key "phone"; known here: name, email, iam, oidc, userId, disabled',
  ],
  [
    'number for text',
    '"111122223333"',
    '012345678901',
    '2:10 account: 012345678901 is read as a number, and text is needed; put it in quotes: "012345678901"',
  ],
  ['missing key', 'hub: laptop\n', '', '1:1 hub: missing: text is needed here'],
  [
    'missing key deeper',
    '    description: Looking\n',
    '',
    '32:3 entitlements.view.description: missing: text is needed here',
  ],
  [
    'empty value',
    'maxDuration: 4h',
    'maxDuration:',
    '30:5 entitlements.admin.maxDuration: text is needed here, not nothing',
  ],
  ['list for text', 'region: eu-west-1', 'region: [eu-west-1]', '3:9 region: text is needed here, not a list'],
  [
    'yes is not true',
    'required: true',
    'required: yes',
    '38:25 entitlements.view.ticket.required: true or false is needed here, not "yes"',
  ],
  [
    'empty list',
    'eligible: [alice]',
    'eligible: []',
    '29:15 entitlements.admin.eligible: this list has 0 entries; the least is 1',
  ],
  [
    'fraction',
    ADMIN_STEPS,
    admin('{ steps: [{ approvers: [bob], approvalsNeeded: 1.5 }] }'),
    '31:62 entitlements.admin.approval.steps[0].approvalsNeeded: 1.5 must be a whole number',
  ],
  [
    'capital in an id',
    '    carol: {',
    '    Carol: {',
    '16:5 identities.people.Carol: "Carol": an id has 1 to 63 lower-case letters, digits and hyphens, beginning with a letter',
    '18:21 identities.groups.platform[1]: there is no person "carol"; did you mean "Carol"?',
  ],
  [
    'hidden character in a name',
    'name: Alice',
    'name: "Al\\u202eice"',
    '14:20 identities.people.alice.name: "Al\\u{202e}ice" must be one line of text, without control characters',
  ],
  [
    'unknown policy',
    'AmazonEKSViewPolicy',
    'AmazonEKSViewPolcy',
    `35:23 entitlements.view.access.policy: "AmazonEKSViewPolcy" is none of ${SEVEN}; did you mean "AmazonEKSViewPolicy"?`,
  ],
  [
    'policy by its ARN',
    'AmazonEKSViewPolicy',
    'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
    `35:23 entitlements.view.access.policy: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy" is none of ${SEVEN}; did you mean "AmazonEKSViewPolicy"?`,
  ],
  [
    'unknown mode',
    'mode: role',
    'mode: roles',
    '26:13 entitlements.admin.principal.mode: "roles" is none of dedicated, role; did you mean "role"?',
  ],
  [
    'role mode without assumableBy',
    `\n      assumableBy: [${OPERATOR}]`,
    '',
    '25:5 entitlements.admin.principal.assumableBy: missing: a list is needed here',
  ],
  [
    'unknown channel',
    ADMIN_STEPS,
    admin('{ steps: [{ approvers: [bob], channels: [slak] }] }'),
    '31:56 entitlements.admin.approval.steps[0].channels[0]: "slak" is none of slack, console, cli, api; did you mean "slack"?',
  ],
  [
    'justification longer than is kept',
    'maxDuration: 4h',
    'maxDuration: 4h\n    justification: { minLength: 1001 }',
    '31:33 entitlements.admin.justification.minLength: this is 1001; the most is 1000',
  ],

  // The hub and its clusters
  [
    'hub too long for role names',
    'hub: laptop',
    'hub: abcdefghijklmnopqrstuvwxy',
    '1:6 hub: "abcdefghijklmnopqrstuvwxy" cannot be a hub\'s id; use 2 to 24 lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen',
  ],
  [
    'account too short',
    '"111122223333"',
    '"1111"',
    '2:10 account: "1111" is not an AWS account\'s id, which has 12 digits',
    `12:22 identities.permissionSetRole: this role is in account 111122223333; people come through a permission set in the hub's account, 1111`,
  ],
  [
    'no region',
    'region: eu-west-1',
    'region: europe',
    '3:9 region: "europe" is not an AWS region; write it like eu-west-1',
  ],
  [
    'no cluster ARN',
    'arn:aws:eks:eu-west-1:444455556666:cluster/two',
    'two',
    '9:10 clusters.two.arn: "two" is not an EKS cluster\'s ARN; write it like arn:aws:eks:eu-west-1:111122223333:cluster/NAME',
  ],
  [
    'F6: two names for one cluster',
    'arn:aws:eks:eu-west-1:444455556666:cluster/two\n    executor: arn:aws:iam::444455556666',
    'arn:aws:eks:eu-west-1:111122223333:cluster/one\n    executor: arn:aws:iam::111122223333',
    '9:10 clusters.two.arn: this is the cluster "one" again; one cluster has one name',
  ],
  [
    'executor elsewhere',
    'arn:aws:iam::444455556666:role/executor',
    'arn:aws:iam::111122223333:role/executor2',
    "10:15 clusters.two.executor: the executor is in account 111122223333, the cluster in 444455556666; it must be a role in the cluster's account",
  ],
  [
    'executor under our own path',
    '444455556666:role/executor',
    '444455556666:role/hallpass/laptop/executor',
    '10:15 clusters.two.executor: "arn:aws:iam::444455556666:role/hallpass/laptop/executor" lies under /hallpass/, where Hallpass makes and deletes roles; use a role elsewhere',
  ],
  [
    'cluster in another partition',
    'arn:aws:eks:eu-west-1:444455556666:cluster/two',
    'arn:aws-cn:eks:cn-north-1:444455556666:cluster/two',
    '9:10 clusters.two.arn: this ARN is of the partition "aws-cn", but the hub\'s region eu-west-1 is in "aws"',
  ],
  [
    'region outside its partition',
    'arn:aws:eks:eu-west-1:444455556666:cluster/two',
    'arn:aws:eks:cn-north-1:444455556666:cluster/two',
    '9:10 clusters.two.arn: the region cn-north-1 is not in the partition "aws"',
  ],

  [
    'aws-auth can be written, and the cluster says that it reads it',
    'executor: arn:aws:iam::111122223333:role/executor',
    'executor: arn:aws:iam::111122223333:role/executor\n    authenticationMode: API_AND_CONFIG_MAP',
    '25:13 entitlements.admin.access: with this access one can write aws-auth on one, in mode API_AND_CONFIG_MAP, and stay for good; move to mode API, or write acceptsAwsAuthRisk: true there',
  ],
  [
    'a mode in which there are no entries',
    'executor: arn:aws:iam::111122223333:role/executor',
    'executor: arn:aws:iam::111122223333:role/executor\n    authenticationMode: CONFIG_MAP',
    '8:25 clusters.one.authenticationMode: "CONFIG_MAP" is none of API, API_AND_CONFIG_MAP',
  ],

  // People
  [
    'F17: one address, two people',
    'email: bob@example.com',
    'email: Alice@Example.com',
    '15:30 identities.people.bob.email: "Alice@Example.com" is the address of "alice" too; one address is one person',
    '15:30 identities.people.bob.email: the session "Alice@Example.com" of this role is "alice" already; one session is one person',
  ],
  [
    'F17: one session, two people',
    'email: bob@example.com',
    'email: bob@example.com, iam: [{ session: ALICE@example.com }]',
    '15:64 identities.people.bob.iam[0].session: the session "ALICE@example.com" of this role is "alice" already; one session is one person',
  ],
  [
    'Cyrillic in the domain',
    'bob@example.com',
    'bob@ex\u0430mple.com',
    '15:30 identities.people.bob.email: the domain of "bob@ex\\u{430}mple.com" has characters beyond ASCII, which can look like others; write an international domain in its xn-- form',
  ],
  [
    'Cyrillic before the @',
    'email: bob@example.com',
    'email: b\u043eb@example.com, iam: []',
    '15:30 identities.people.bob.email: "b\\u{43e}b@example.com" mixes scripts or has characters that look like others; only Latin letters may stand before the @',
  ],
  [
    'no address',
    'email: bob@example.com',
    'email: bob',
    '15:30 identities.people.bob.email: "bob" is not an e-mail address; write it like alice@example.com',
  ],
  [
    'no session name',
    'email: bob@example.com',
    'email: bob@example.com, iam: [{ session: b }]',
    '15:64 identities.people.bob.iam[0].session: "b" cannot be the name of a session, which has 2 to 64 letters, digits and characters out of _+=,.@-',
  ],
  [
    'permission set of another account',
    'permissionSetRole: arn:aws:iam::111122223333',
    'permissionSetRole: arn:aws:iam::444455556666',
    "12:22 identities.permissionSetRole: this role is in account 444455556666; people come through a permission set in the hub's account, 111122223333",
  ],
  [
    'session in place of a role',
    'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hallpass_0123456789abcdef',
    'arn:aws:sts::111122223333:assumed-role/A/alice',
    '12:22 identities.permissionSetRole: "arn:aws:sts::111122223333:assumed-role/A/alice" is a session; name its role like arn:aws:iam::111122223333:role/NAME',
  ],
  [
    'no permission set for anyone',
    '  permissionSetRole: arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hallpass_0123456789abcdef\n',
    '',
    '11:1 identities.permissionSetRole: missing: people are listed without a role of their own, so the role of their permission set is needed here',
  ],
  [
    'stranger in a group',
    'platform: [bob, carol]',
    'platform: [bob, carl, carol]',
    '18:21 identities.groups.platform[1]: there is no person "carl"; did you mean "carol"?',
  ],
  [
    'twice in a group',
    'platform: [bob, carol]',
    'platform: [bob, carol, bob]',
    '18:28 identities.groups.platform[2]: "bob" is in this list twice',
  ],
  [
    'unknown group of responders',
    'responders: []',
    'responders: [group:plattform]',
    '19:14 responders[0]: there is no group "plattform"; did you mean "platform"?',
  ],
  [
    'group without its prefix',
    'responders: []',
    'responders: [platform]',
    '19:14 responders[0]: there is no person "platform"; did you mean "group:platform"?',
  ],
  [
    'name of something every object has',
    'responders: []',
    'responders: [constructor]',
    '19:14 responders[0]: there is no person "constructor" (there are: alice, bob, carol)',
  ],
  [
    'no reference at all',
    'responders: []',
    'responders: ["team:x"]',
    '19:14 responders[0]: "team:x" is neither a person\'s id nor group:NAME',
  ],
  [
    'warning far too early',
    'responders: []',
    'responders: []\nwarnBefore: 25h',
    '20:13 warnBefore: 25h is too long; the most is 1d',
  ],

  // What an entitlement gives
  [
    'unknown cluster',
    'clusters: [one, two]',
    'clusters: [one, tow]',
    '34:21 entitlements.view.clusters[1]: there is no cluster "tow"; did you mean "two"?',
  ],
  [
    'cluster twice',
    'clusters: [one, two]',
    'clusters: [one, one]',
    '34:21 entitlements.view.clusters[1]: "one" is in this list twice',
  ],
  [
    'namespaces with scope cluster',
    'scope: cluster }',
    'scope: cluster, namespaces: [dev] }',
    '24:80 entitlements.admin.access.namespaces: namespaces with scope cluster, which is all of them; leave them out, or use scope namespace',
  ],
  [
    'scope namespace without namespaces',
    ', namespaces: [dev]',
    '',
    '35:51 entitlements.view.access.scope: scope namespace without namespaces; list them, or patterns like team-*',
  ],
  [
    'no scope',
    ', scope: cluster }',
    ' }',
    '24:5 entitlements.admin.access.scope: missing: scope is cluster or namespace',
  ],
  [
    'neither policy nor groups',
    '{ policy: AmazonEKSClusterAdminPolicy, scope: cluster }',
    '{}',
    '24:13 entitlements.admin.access: no access policy and no Kubernetes groups; write policy and scope, or groups',
  ],
  [
    'policy and groups',
    'namespaces: [dev]',
    'namespaces: [dev], groups: [viewers]',
    '35:13 entitlements.view.access: both an access policy and Kubernetes groups; give one of them, or make two entitlements',
  ],
  [
    'cluster admin within a namespace',
    'AmazonEKSViewPolicy',
    'AmazonEKSClusterAdminPolicy',
    '35:23 entitlements.view.access.policy: AmazonEKSClusterAdminPolicy is for whole clusters; within namespaces use AmazonEKSAdminPolicy',
  ],
  [
    'F30: no namespace',
    'namespaces: [dev]',
    'namespaces: [dev, Prod]',
    '35:80 entitlements.view.access.namespaces[1]: "Prod" is neither a namespace nor a pattern: at most 63 lower-case letters, digits and hyphens, and * for any run of them',
  ],
  [
    'barred group',
    '{ policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }',
    '{ groups: [system:masters] }',
    '35:24 entitlements.view.access.groups[0]: EKS refuses groups that begin with system:, eks:, aws:, amazon: or iam:, such as "system:masters"; bind a group of your own',
  ],
  [
    'no group',
    '{ policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }',
    '{ groups: ["a b"] }',
    '35:24 entitlements.view.access.groups[0]: "a b" cannot be a Kubernetes group, which has 1 to 253 characters without spaces',
  ],
  [
    'F15: groups with a standing role',
    '{ policy: AmazonEKSClusterAdminPolicy, scope: cluster }',
    '{ groups: [viewers] }',
    '26:13 entitlements.admin.principal.mode: mode role with Kubernetes groups; groups are given through dedicated roles only',
  ],
  [
    'principal under our own path',
    KUBERNETES_ADMIN,
    'role: arn:aws:iam::111122223333:role/hallpass/laptop/x',
    '27:13 entitlements.admin.principal.role: "arn:aws:iam::111122223333:role/hallpass/laptop/x" lies under /hallpass/, where Hallpass makes and deletes roles; use a role elsewhere',
  ],
  [
    'service-linked principal',
    KUBERNETES_ADMIN,
    'role: arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/X',
    '27:13 entitlements.admin.principal.role: EKS refuses service-linked roles as principals; use a role of your own',
  ],
  [
    'principal of another partition',
    KUBERNETES_ADMIN,
    'role: arn:aws-cn:iam::111122223333:role/KubernetesAdmin',
    '27:13 entitlements.admin.principal.role: this ARN is of the partition "aws-cn", but the hub\'s region eu-west-1 is in "aws"',
  ],
  [
    'F5: a role open to a whole account',
    OPERATOR,
    'arn:aws:iam::111122223333:root',
    '28:21 entitlements.admin.principal.assumableBy[0]: "arn:aws:iam::111122223333:root" stands for more people than can be named; list roles and users, like arn:aws:iam::111122223333:role/NAME',
  ],
  [
    'F5: assumable by no principal',
    OPERATOR,
    'operator',
    '28:21 entitlements.admin.principal.assumableBy[0]: "operator" is not the ARN of a role or user; list roles and users, like arn:aws:iam::111122223333:role/NAME',
  ],

  // To whom and for how long
  [
    'unknown person',
    'eligible: [alice]',
    'eligible: [alcie]',
    '29:16 entitlements.admin.eligible[0]: there is no person "alcie"; did you mean "alice"?',
  ],
  [
    'unreadable duration',
    'maxDuration: 4h',
    'maxDuration: 4 hours',
    '30:18 entitlements.admin.maxDuration: "4 hours" is not a duration; write it like 45m, 4h or 1h30m',
  ],
  [
    'too short',
    'maxDuration: 4h',
    'maxDuration: 59s',
    '30:18 entitlements.admin.maxDuration: 59s is too short; the least is 1m',
  ],
  [
    'too long',
    'maxDuration: 4h',
    'maxDuration: 7d1s',
    '30:18 entitlements.admin.maxDuration: 7d1s is too long; the most is 7d',
  ],
  [
    'default over the maximum',
    'maxDuration: 30m',
    'maxDuration: 30m\n    defaultDuration: 31m',
    '38:22 entitlements.view.defaultDuration: 31m is longer than maxDuration, 30m; it can be that at most',
  ],
  [
    'window too short',
    ADMIN_STEPS,
    admin('{ window: 30s, steps: [{ approvers: [bob] }] }'),
    '31:25 entitlements.admin.approval.window: 30s is too short; the least is 1m',
  ],
  [
    'window too long',
    ADMIN_STEPS,
    admin('{ window: 31d, steps: [{ approvers: [bob] }] }'),
    '31:25 entitlements.admin.approval.window: 31d is too long; the most is 30d',
  ],
  [
    'no regular expression',
    '"INC-[0-9]+"',
    '"INC-(1"',
    '38:40 entitlements.view.ticket.pattern: "INC-(1" is not a regular expression: unterminated group',
  ],
  [
    'regular expression without end',
    '"INC-[0-9]+"',
    '"(a+)+"',
    '38:40 entitlements.view.ticket.pattern: "(a+)+" repeats a group that itself repeats or chooses, which can take for ever; write the parts out',
  ],

  // Whether anybody could say yes
  [
    'no steps',
    ADMIN_STEPS,
    admin('{}'),
    '31:15 entitlements.admin.approval: nobody could approve this: no steps; add one, or set autoApprove: true',
  ],
  [
    'autoApprove with steps',
    ADMIN_STEPS,
    admin('{ autoApprove: true, steps: [{ approvers: [bob] }] }'),
    '31:30 entitlements.admin.approval.autoApprove: autoApprove together with steps: nobody would be asked; keep one of them',
  ],
  [
    'too few approvers',
    ADMIN_STEPS,
    admin('{ steps: [{ approvers: [group:platform, bob], approvalsNeeded: 3 }] }'),
    '31:38 entitlements.admin.approval.steps[0].approvers: nobody could approve this: 3 needed, and only bob, carol can, disabled people left out; name more approvers',
  ],
  [
    'one person for two steps',
    ADMIN_STEPS,
    admin('{ steps: [{ approvers: [bob] }, { approvers: [bob] }] }'),
    '31:24 entitlements.admin.approval.steps: nobody could approve this: one person counts once in a grant, and the steps need more people than there are; name more approvers',
  ],
  [
    'only the requester could',
    ADMIN_STEPS,
    admin('{ steps: [{ approvers: [alice] }] }'),
    '31:24 entitlements.admin.approval.steps: nobody could approve this: requesters never count, and without them there are too few for anyone eligible; name more approvers',
  ],
];

it('accepts the file that the rows change', () => {
  expect(shown(VALID)).toEqual([]);
});

it.each(ROWS)('%s', (_, from, to, ...expected) => {
  expect(shown(changed(from, to))).toEqual(expected);
});

it('an approver who is disabled cannot approve', () => {
  const disabled = changed('name: Bob', 'name: Bob, disabled: true', changed('[bob, carol]', '[bob]'));
  expect(shown(disabled)).toEqual([
    '31:38 entitlements.admin.approval.steps[0].approvers: nobody could approve this: 1 needed, and nobody here can, disabled people left out; name more approvers',
    '39:38 entitlements.view.approval.steps[0].approvers: nobody could approve this: 1 needed, and nobody here can, disabled people left out; name more approvers',
  ]);
});

it('config-same-role-different-access-is-refused (F5)', () => {
  const role =
    'principal: { mode: role, role: arn:aws:iam::111122223333:role/other/kubernetesadmin, assumableBy: [arn:aws:iam::111122223333:user/operator] }';
  const sharing = changed('    maxDuration: 30m', `    ${role}\n    maxDuration: 30m`);
  expect(shown(sharing)).toEqual([
    '35:13 entitlements.view.access: "admin" gives this role on cluster "one" other access (AmazonEKSClusterAdminPolicy cluster); entitlements that share a role must give the same',
  ]);
  expect(shown(changed('clusters: [one, two]', 'clusters: [two]', sharing))).toEqual([]);
  const same = changed(
    '{ policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }',
    '{ scope: cluster, policy: AmazonEKSClusterAdminPolicy }',
    sharing,
  );
  expect(shown(same)).toEqual([]);
});

it('mistakes that have nothing to do with each other are told all at once, in the order of the text', () => {
  let text = changed('region: eu-west-1', 'region: europe');
  text = changed('name: Bob', 'nam: Bob', text);
  text = changed('maxDuration: 4h', 'maxDuration: 8d', text);
  text = changed('[one, two]', '[one, tow]', text);
  text = changed(
    'AmazonEKSClusterAdminPolicy, scope: cluster',
    'AmazonEKSClusterAdminPolicy, scope: cluster, namespaces: [x]',
    text,
  );
  expect(shown(text).map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
    '3:9 region',
    '15:12 identities.people.bob.nam',
    '24:80 entitlements.admin.access.namespaces',
    '30:18 entitlements.admin.maxDuration',
    '34:21 entitlements.view.clusters[1]',
  ]);
});
