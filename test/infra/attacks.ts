/** What whoever holds a role's credentials may and may not do, written by hand (F13, F15, F16). */
import { OTHER_ACCOUNT } from './everything.ts';
import type { Recorded } from './recorded.ts';

const HUB = '111122223333';
const CLUSTER = `arn:aws:eks:eu-west-1:${HUB}:cluster/mycluster`;
export const entry = (principal: string): string =>
  `arn:aws:eks:eu-west-1:${HUB}:access-entry/mycluster/role/${HUB}/${principal}/1f0c2b4e-aaaa-bbbb-cccc-0123456789ab`;
const OWN_NAME = 'hallpass-laptop-01m86ch5jg4tp449an9gwm1yr0';
const OWN = `arn:aws:iam::${HUB}:role/hallpass/laptop/${OWN_NAME}`;
const ADMIN = `arn:aws:iam::${HUB}:role/KubernetesAdmin`;
const NODES = `arn:aws:iam::${HUB}:role/mycluster-nodes`;
const TABLE = `arn:aws:dynamodb:eu-west-1:${HUB}:table/hallpass`;
const eksPolicy = (name: string): string => `arn:aws:eks::aws:cluster-access-policy/${name}`;

export const EXECUTOR = `${HUB}/hallpass-executor`;
const API = `${HUB}/hallpass-api`;
const BREAKGLASS = `${HUB}/hallpass-laptop-breakglass`;
export const WORKER = `${HUB}/hallpass-laptop-worker`;
const REAPER = `${HUB}/hallpass-laptop-reaper`;
const EMERGENCY = `${HUB}/hallpass-laptop-emergency`;

const SEALED = {
  'eks:principalArn': ADMIN,
  'eks:accessEntryType': 'STANDARD',
  'aws:RequestTag/hallpass:hub': 'laptop',
  'aws:RequestTag/hallpass:grant': 'emergency-01kavy8w3v0000000000000000',
  'aws:RequestTag/hallpass:expires': '2026-11-24T10:00:00.000Z',
  'aws:RequestTag/hallpass:person': 'alice',
};

const CREATION = {
  'eks:principalArn': OWN,
  'eks:username': 'hallpass:01m86ch5jg4tp449an9gwm1yr0:alice',
  'eks:accessEntryType': 'STANDARD',
  'aws:RequestTag/hallpass:hub': 'laptop',
  'aws:RequestTag/hallpass:expires': '2026-11-24T10:00:00.000Z',
};
const GROUPS = { ...CREATION, 'eks:kubernetesGroups': ['debuggers'] };
const without = (keys: Record<string, string>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(keys).filter(([name]) => !names.includes(name)));
const VIEW = {
  'eks:principalArn': OWN,
  'eks:policyArn': eksPolicy('AmazonEKSViewPolicy'),
  'eks:accessScope': 'namespace',
  'eks:namespaces': ['dev'],
};
const CLUSTER_ADMIN = {
  'eks:principalArn': ADMIN,
  'eks:policyArn': eksPolicy('AmazonEKSClusterAdminPolicy'),
  'eks:accessScope': 'cluster',
};
const OURS = { 'eks:principalArn': OWN, 'eks:accessEntryType': 'STANDARD', 'aws:ResourceTag/hallpass:hub': 'laptop' };

const HERE = { 'aws:RequestedRegion': 'eu-west-1' };

export type Attempt = readonly [what: string, role: string, action: string, resource: string, keys?: Recorded['keys']];

/** Each beside an attack that differs from it in one thing: were these denied, the denials below would prove nothing. */
export const RIGHTFUL: readonly Attempt[] = [
  ['an entry as it is made', EXECUTOR, 'eks:CreateAccessEntry', CLUSTER, CREATION],
  ['events where the clusters are', EXECUTOR, 'cloudtrail:LookupEvents', '*', HERE],
  ['an entry with a group that an entitlement gives', EXECUTOR, 'eks:CreateAccessEntry', CLUSTER, GROUPS],
  ['view in dev', EXECUTOR, 'eks:AssociateAccessPolicy', entry(OWN_NAME), VIEW],
  [
    'cluster admin for the standing role',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry('KubernetesAdmin'),
    CLUSTER_ADMIN,
  ],
  ['ending', EXECUTOR, 'eks:DeleteAccessEntry', entry(OWN_NAME), OURS],
  ['ending what is gone', EXECUTOR, 'eks:DeleteAccessEntry', entry(OWN_NAME), {}],
  [
    'ending ours that was stripped of its tag (F13)',
    EXECUTOR,
    'eks:DeleteAccessEntry',
    entry(OWN_NAME),
    without(OURS, 'aws:ResourceTag/hallpass:hub'),
  ],
  [
    'ending for a role that left the configuration (F6)',
    EXECUTOR,
    'eks:DeleteAccessEntry',
    entry('Former'),
    { ...OURS, 'eks:principalArn': `arn:aws:iam::${HUB}:role/Former` },
  ],
  ['the reaper ending ours', REAPER, 'eks:DeleteAccessEntry', entry(OWN_NAME), OURS],
  ['a role of a grant', WORKER, 'iam:CreateRole', OWN],
  ['an entry with the hub down', EMERGENCY, 'eks:CreateAccessEntry', CLUSTER, SEALED],
  ['its policy', EMERGENCY, 'eks:AssociateAccessPolicy', entry('KubernetesAdmin'), CLUSTER_ADMIN],
  ['an executor, in an emergency', BREAKGLASS, 'sts:AssumeRole', `arn:aws:iam::${HUB}:role/hallpass-executor`],
  ['an executor', WORKER, 'sts:AssumeRole', `arn:aws:iam::${HUB}:role/hallpass-executor`],
];

export const ATTACKS: readonly Attempt[] = [
  // F15: no condition bounds what an update sets.
  ['F15 update an entry of ours', EXECUTOR, 'eks:UpdateAccessEntry', entry(OWN_NAME), OURS],
  [
    'F15 update a node role’s entry',
    EXECUTOR,
    'eks:UpdateAccessEntry',
    entry('mycluster-nodes'),
    { 'eks:principalArn': NODES },
  ],
  [
    'F15 create with a group that nobody offers',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:kubernetesGroups': ['admins'] },
  ],
  [
    'F15 create with an offered group and another',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:kubernetesGroups': ['debuggers', 'admins'] },
  ],
  [
    'F15 create for the standing role with a group',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...without(GROUPS as never, 'eks:username'), 'eks:principalArn': ADMIN, 'eks:kubernetesGroups': ['debuggers'] },
  ],
  [
    'create for somebody’s own role',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:principalArn': `arn:aws:iam::${HUB}:role/mallory` },
  ],
  [
    'create for a role under another hub’s path',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:principalArn': `arn:aws:iam::${HUB}:role/hallpass/other/x` },
  ],
  [
    'create for another account’s role of the same path',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:principalArn': 'arn:aws:iam::333333333333:role/hallpass/laptop/x' },
  ],
  [
    'create under somebody else’s user name',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:username': 'bob' },
  ],
  [
    'create a node’s entry',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...CREATION, 'eks:accessEntryType': 'EC2_LINUX' },
  ],
  ['create of no type', EXECUTOR, 'eks:CreateAccessEntry', CLUSTER, without(CREATION, 'eks:accessEntryType')],
  [
    'create that the reaper would not see',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    without(CREATION, 'aws:RequestTag/hallpass:hub'),
  ],
  [
    'create without an end',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER,
    without(CREATION, 'aws:RequestTag/hallpass:expires'),
  ],
  [
    'create on a cluster that is not configured',
    EXECUTOR,
    'eks:CreateAccessEntry',
    CLUSTER.replace('mycluster', 'theirs'),
    CREATION,
  ],
  // F16: whoever holds a function's or an executor's credentials.
  [
    'F16 cluster admin for a grant’s role',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...CLUSTER_ADMIN, 'eks:principalArn': OWN },
  ],
  [
    'F16 view on the whole cluster',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...without(VIEW as never, 'eks:namespaces'), 'eks:accessScope': 'cluster' },
  ],
  [
    'F16 view in another namespace',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...VIEW, 'eks:namespaces': ['kube-system'] },
  ],
  [
    'F16 view in dev and another namespace',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...VIEW, 'eks:namespaces': ['dev', 'kube-system'] },
  ],
  [
    'F16 view in every namespace',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...VIEW, 'eks:namespaces': ['*'] },
  ],
  [
    'F16 view in no namespace',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    without(VIEW as never, 'eks:namespaces'),
  ],
  [
    'F16 edit where only view is offered',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry(OWN_NAME),
    { ...VIEW, 'eks:policyArn': eksPolicy('AmazonEKSEditPolicy') },
  ],
  [
    'F16 a policy for a node’s role',
    EXECUTOR,
    'eks:AssociateAccessPolicy',
    entry('mycluster-nodes'),
    { ...CLUSTER_ADMIN, 'eks:principalArn': NODES },
  ],
  ['F16 the API becomes an executor', API, 'sts:AssumeRole', `arn:aws:iam::${HUB}:role/hallpass-executor`],
  ['F16 the API becomes the worker', API, 'sts:AssumeRole', `arn:aws:iam::${HUB}:role/hallpass-laptop-worker`],
  ['F16 the API makes an entry', API, 'eks:CreateAccessEntry', CLUSTER, CREATION],
  ['F16 the API makes a role', API, 'iam:CreateRole', OWN],
  ['F16 the API deletes from the record', API, 'dynamodb:DeleteItem', TABLE],
  ['F16 the API deletes the table', API, 'dynamodb:DeleteTable', TABLE],
  [
    'F16 the API invokes the workflow’s function',
    API,
    'lambda:InvokeFunction',
    `arn:aws:lambda:eu-west-1:${HUB}:function:hallpass-laptop-workflow`,
  ],
  [
    'F16 the API changes the workflow',
    API,
    'states:UpdateStateMachine',
    `arn:aws:states:eu-west-1:${HUB}:stateMachine:hallpass-grant`,
  ],
  [
    'F16 the API reads task tokens in a history',
    API,
    'states:GetExecutionHistory',
    `arn:aws:states:eu-west-1:${HUB}:execution:hallpass-grant:x`,
  ],
  [
    'F21 an emergency for a role that is not offered',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...SEALED, 'eks:principalArn': NODES },
  ],
  [
    'F21 an emergency that does not say that it is one',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...SEALED, 'aws:RequestTag/hallpass:grant': '01kavy8w3v0000000000000000' },
  ],
  [
    'F21 an emergency without an end',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    without(SEALED, 'aws:RequestTag/hallpass:expires'),
  ],
  [
    'F21 an emergency without a person',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    without(SEALED, 'aws:RequestTag/hallpass:person'),
  ],
  [
    'F21 an emergency with groups',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...SEALED, 'eks:kubernetesGroups': ['system:masters'] } as never,
  ],
  [
    'F21 an emergency of another hub',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...SEALED, 'aws:RequestTag/hallpass:hub': 'other' },
  ],
  [
    'F21 an emergency for nodes',
    EMERGENCY,
    'eks:CreateAccessEntry',
    CLUSTER,
    { ...SEALED, 'eks:accessEntryType': 'EC2_LINUX' },
  ],
  [
    'F21 another policy in an emergency',
    EMERGENCY,
    'eks:AssociateAccessPolicy',
    entry('KubernetesAdmin'),
    { ...CLUSTER_ADMIN, 'eks:policyArn': eksPolicy('AmazonEKSAdminPolicy') },
  ],
  ['F21 the emergency role deletes an entry', EMERGENCY, 'eks:DeleteAccessEntry', entry('KubernetesAdmin'), OURS],
  ['F21 the emergency role updates an entry', EMERGENCY, 'eks:UpdateAccessEntry', entry('KubernetesAdmin'), OURS],
  ['F21 the emergency role tags a node’s entry', EMERGENCY, 'eks:TagResource', entry('mycluster-nodes'), SEALED],
  [
    'F21 events of a region without clusters',
    EXECUTOR,
    'cloudtrail:LookupEvents',
    '*',
    { 'aws:RequestedRegion': 'us-east-1' },
  ],
  ['F21 the emergency role reads what is known of it', EMERGENCY, 'cloudtrail:LookupEvents', '*', HERE],
  ['F21 the worker reads events of the hub’s account', WORKER, 'cloudtrail:LookupEvents', '*', HERE],
  ['F21 the executor stops a trail', EXECUTOR, 'cloudtrail:StopLogging', '*', HERE],
  ['F16 break-glass makes a role', BREAKGLASS, 'iam:CreateRole', OWN],
  ['F16 break-glass asks IAM for anything', BREAKGLASS, 'iam:GetRole', ADMIN],
  [
    'F16 break-glass becomes the worker',
    BREAKGLASS,
    'sts:AssumeRole',
    `arn:aws:iam::${HUB}:role/hallpass-laptop-worker`,
  ],
  ['F16 break-glass calls EKS by itself', BREAKGLASS, 'eks:CreateAccessEntry', CLUSTER, CREATION],
  ['F16 break-glass deletes from the record', BREAKGLASS, 'dynamodb:DeleteItem', TABLE],
  ['F16 the worker deletes the table', WORKER, 'dynamodb:DeleteTable', TABLE],
  ['F16 the worker makes a role elsewhere', WORKER, 'iam:CreateRole', `arn:aws:iam::${HUB}:role/admin`],
  [
    'F16 the worker makes a role under another hub’s path',
    WORKER,
    'iam:CreateRole',
    `arn:aws:iam::${HUB}:role/hallpass/other/x`,
  ],
  ['F16 the worker gives a grant’s role a policy', WORKER, 'iam:PutRolePolicy', OWN],
  ['F16 the worker attaches a policy to a grant’s role', WORKER, 'iam:AttachRolePolicy', OWN],
  [
    'F16 the worker opens its own role',
    WORKER,
    'iam:UpdateAssumeRolePolicy',
    `arn:aws:iam::${HUB}:role/hallpass-laptop-worker`,
  ],
  ['F16 the worker opens the standing role', WORKER, 'iam:UpdateAssumeRolePolicy', ADMIN],
  [
    'F16 the worker deletes a role of the hub',
    WORKER,
    'iam:DeleteRole',
    `arn:aws:iam::${HUB}:role/hallpass-laptop-workflow-execution`,
  ],
  [
    'F16 the worker becomes another role',
    WORKER,
    'sts:AssumeRole',
    `arn:aws:iam::${OTHER_ACCOUNT}:role/OrganizationAccountAccessRole`,
  ],
  ['F16 the worker becomes a grant’s role', WORKER, 'sts:AssumeRole', OWN],
  ['F16 the worker calls EKS by itself', WORKER, 'eks:CreateAccessEntry', CLUSTER, CREATION],
  ['F16 the publisher reads the record', `${HUB}/hallpass-publisher`, 'dynamodb:Query', TABLE],
  ['F16 the guard writes the record', `${HUB}/hallpass-guard`, 'dynamodb:UpdateItem', TABLE],
  [
    'F16 the guard becomes an executor',
    `${HUB}/hallpass-guard`,
    'sts:AssumeRole',
    `arn:aws:iam::${HUB}:role/hallpass-executor`,
  ],
  // F13: entries and tags of others.
  [
    'F13 delete a node’s entry that was marked as ours',
    EXECUTOR,
    'eks:DeleteAccessEntry',
    entry('mycluster-nodes'),
    { ...OURS, 'eks:principalArn': NODES, 'eks:accessEntryType': 'EC2_LINUX' },
  ],
  [
    'F13 delete somebody’s entry',
    EXECUTOR,
    'eks:DeleteAccessEntry',
    entry('platform-pipeline'),
    { 'eks:principalArn': `arn:aws:iam::${HUB}:role/platform-pipeline`, 'eks:accessEntryType': 'STANDARD' },
  ],
  [
    'F13 delete another hub’s entry',
    EXECUTOR,
    'eks:DeleteAccessEntry',
    entry('hallpass-other-x'),
    {
      ...OURS,
      'eks:principalArn': `arn:aws:iam::${HUB}:role/hallpass/other/hallpass-other-x`,
      'aws:ResourceTag/hallpass:hub': 'other',
    },
  ],
  [
    'F13 mark a node’s entry as ours',
    EXECUTOR,
    'eks:TagResource',
    entry('mycluster-nodes'),
    { 'eks:principalArn': NODES, 'aws:RequestTag/hallpass:hub': 'laptop', 'aws:TagKeys': ['hallpass:hub'] },
  ],
  [
    'F13 mark ours as another hub’s',
    EXECUTOR,
    'eks:TagResource',
    entry(OWN_NAME),
    { 'eks:principalArn': OWN, 'aws:RequestTag/hallpass:hub': 'other', 'aws:TagKeys': ['hallpass:hub'] },
  ],
  [
    'F13 write somebody’s tag',
    EXECUTOR,
    'eks:TagResource',
    entry(OWN_NAME),
    { 'eks:principalArn': OWN, 'aws:RequestTag/team': 'x', 'aws:TagKeys': ['team'] },
  ],
  [
    'F13 strip ours of its tag',
    EXECUTOR,
    'eks:UntagResource',
    entry(OWN_NAME),
    { ...OURS, 'aws:TagKeys': ['hallpass:hub'] },
  ],
  [
    'F13 tag the cluster',
    EXECUTOR,
    'eks:TagResource',
    CLUSTER,
    { 'aws:RequestTag/hallpass:hub': 'laptop', 'aws:TagKeys': ['hallpass:hub'] },
  ],
  [
    'F13 the reaper deletes what bears no tag',
    REAPER,
    'eks:DeleteAccessEntry',
    entry(OWN_NAME),
    without(OURS, 'aws:ResourceTag/hallpass:hub'),
  ],
  [
    'F13 the reaper deletes another hub’s',
    REAPER,
    'eks:DeleteAccessEntry',
    entry(OWN_NAME),
    { ...OURS, 'aws:ResourceTag/hallpass:hub': 'other' },
  ],
  [
    'F13 the reaper deletes a node’s',
    REAPER,
    'eks:DeleteAccessEntry',
    entry('mycluster-nodes'),
    { ...OURS, 'eks:principalArn': NODES, 'eks:accessEntryType': 'EC2_LINUX' },
  ],
  ['the reaper makes an entry', REAPER, 'eks:CreateAccessEntry', CLUSTER, CREATION],
  ['the reaper puts an end off', REAPER, 'eks:TagResource', entry(OWN_NAME), { 'aws:TagKeys': ['hallpass:expires'] }],
  ['the cluster is deleted', EXECUTOR, 'eks:DeleteCluster', CLUSTER],
  ['the cluster’s authentication is changed', EXECUTOR, 'eks:UpdateClusterConfig', CLUSTER],
];
