/** A small company, and grants in every state, written out by hand. */
import type { Configuration, Directory, Entitlement, Person } from '../../src/core/configuration.ts';
import type { Grant, GrantFacts } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Duration, type Instant, instant } from '../../src/core/time.ts';

/** 2026-11-24T03:00:00Z, in milliseconds, worked out with `date -ud`. */
export const T0 = instant(1_795_489_200_000);
export const MINUTE = 60_000 as Duration;
export const HOUR = 3_600_000 as Duration;
export const at = (minutes: number): Instant => instant(1_795_489_200_000 + minutes * 60_000);

export const HUB_ACCOUNT = '111111111111';
export const PROD_ACCOUNT = '222222222222';
export const SSO_ROLE =
  'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Hallpass_0123456789abcdef';
export const SSO_ROLE_ID = 'AROASSOHALLPASS000001';
export const KUBERNETES_ADMIN = 'arn:aws:iam::222222222222:role/KubernetesAdmin';

export const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: id[0]?.toUpperCase() + id.slice(1),
  email: `${id}@example.com`,
  iam: [{ role: SSO_ROLE, session: id }],
  disabled: false,
  ...more,
});

export const peopleOf = (...people: readonly Person[]): Directory['people'] =>
  Object.fromEntries(people.map((one) => [one.id, one]));

export const group = (name: string): { kind: 'group'; name: string } => ({ kind: 'group', name });
export const one = (id: string): { kind: 'person'; id: string } => ({ kind: 'person', id });

export const ENTITLEMENT: Entitlement = {
  id: 'prod-view',
  description: 'Read what runs in production',
  clusters: ['prod'],
  access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'cluster' },
  principal: { mode: 'dedicated' },
  eligible: [group('developers')],
  maxDuration: (4 * HOUR) as Duration,
  defaultDuration: HOUR,
  justification: { required: true, minLength: 5 },
  ticket: { required: false },
  approval: {
    autoApprove: false,
    steps: [{ approvers: [group('leads')], approvalsNeeded: 1, channels: [] }],
    window: (8 * HOUR) as Duration,
  },
  digest: 'digest-of-prod-view',
};

export const entitlement = (more: Partial<Entitlement> = {}): Entitlement => ({ ...ENTITLEMENT, ...more });

const cluster = (name: string, account: string): Configuration['clusters'][string] => ({
  name,
  arn: `arn:aws:eks:eu-west-1:${account}:cluster/${name}`,
  account,
  region: 'eu-west-1',
  executor: `arn:aws:iam::${account}:role/hallpass-executor`,
  tags: {},
});

export const CONFIG: Configuration = {
  hub: 'main',
  account: HUB_ACCOUNT,
  partition: 'aws',
  region: 'eu-west-1',
  clusters: { prod: cluster('prod', PROD_ACCOUNT), test: cluster('test', '333333333333') },
  directory: {
    people: peopleOf(person('ada'), person('bob'), person('cyd'), person('dan'), person('eve'), person('fay')),
    groups: { developers: ['ada', 'bob', 'cyd'], leads: ['bob', 'cyd'], security: ['dan', 'cyd'], empty: [] },
  },
  entitlements: { 'prod-view': ENTITLEMENT },
  responders: [one('fay')],
  auditors: [one('eve')],
  limits: { openGrantsPerPerson: 5, requestsPerPersonAndHour: 10, pendingPerEntitlement: 50, roles: 300 },
  warnBefore: (10 * MINUTE) as Duration,
  digest: 'digest-of-configuration',
};

/** The configuration with one entitlement changed. */
export const configWith = (more: Partial<Entitlement>, config: Configuration = CONFIG): Configuration => ({
  ...config,
  entitlements: { ...config.entitlements, 'prod-view': entitlement({ ...config.entitlements['prod-view'], ...more }) },
});

/** The configuration with other people or groups. */
export const configFor = (directory: Partial<Directory>, config: Configuration = CONFIG): Configuration => ({
  ...config,
  directory: { ...config.directory, ...directory },
});

export const ID = '01khw0000000000000000000aa' as GrantId;

export const FACTS: GrantFacts = {
  id: ID,
  hub: 'main',
  tableId: 'table-1',
  requester: {
    id: 'ada',
    name: 'Ada',
    identifiers: ['person:ada', 'email:ada@example.com', `iam:${SSO_ROLE}:ada`],
    channel: 'cli',
  },
  entitlement: { id: 'prod-view', digest: 'digest-of-prod-view' },
  configuration: 'digest-of-configuration',
  cluster: {
    name: 'prod',
    arn: 'arn:aws:eks:eu-west-1:222222222222:cluster/prod',
    account: PROD_ACCOUNT,
    region: 'eu-west-1',
    executor: 'arn:aws:iam::222222222222:role/hallpass-executor',
  },
  access: {
    kind: 'policy',
    policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
    accessScope: { type: 'cluster' },
  },
  principal: {
    mode: 'dedicated',
    arn: `arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-${ID}`,
    path: '/hallpass/main/',
    roleName: `hallpass-main-${ID}`,
    trusts: { role: SSO_ROLE, userId: `${SSO_ROLE_ID}:ada` },
  },
  duration: HOUR,
  requestedAt: at(0),
  decideBy: at(480),
  justification: 'INC-4211',
  warnBefore: (10 * MINUTE) as Duration,
};

const COMMON = { ...FACTS, approvals: [], autoApproved: false };
const PREPARATION = { clusterCreatedAt: instant(1_700_000_000_000), roleId: 'AROADEDICATED0000001' };
const PREPARED = { ...COMMON, preparation: PREPARATION };

/** One grant in each state. Armed at minute 10, active from 11, expiring at 70. */
export const IN_STATE = {
  pending: { ...COMMON, state: 'pending' },
  scheduled: { ...PREPARED, state: 'scheduled', startsAt: at(10), expiresAt: at(70) },
  activating: { ...PREPARED, state: 'activating', armedAt: at(10), expiresAt: at(70) },
  active: {
    ...PREPARED,
    state: 'active',
    armedAt: at(10),
    activatedAt: at(11),
    expiresAt: at(70),
    entryArn: 'arn:entry/1',
    verified: false,
    warned: false,
  },
  revoking: {
    ...PREPARED,
    state: 'revoking',
    since: at(70),
    armedAt: at(10),
    activatedAt: at(11),
    expiresAt: at(70),
    entryArn: 'arn:entry/1',
    outcome: { state: 'ended', reason: 'expired' },
  },
  ended: {
    ...PREPARED,
    state: 'ended',
    at: at(71),
    activatedAt: at(11),
    expiresAt: at(70),
    reason: 'expired',
    aftercare: { settlePasses: 0, role: 'owed' },
  },
  failed: {
    ...PREPARED,
    state: 'failed',
    at: at(71),
    expiresAt: at(70),
    reason: 'neverActive',
    aftercare: { settlePasses: 0, role: 'owed' },
  },
  denied: {
    ...COMMON,
    state: 'denied',
    at: at(5),
    reason: 'not today',
    by: 'Bob',
    aftercare: { settlePasses: 2, role: 'owed' },
  },
  withdrawn: { ...COMMON, state: 'withdrawn', at: at(5), aftercare: { settlePasses: 2, role: 'owed' } },
  lapsed: { ...COMMON, state: 'lapsed', at: at(480), aftercare: { settlePasses: 2, role: 'owed' } },
} as const satisfies { [S in Grant['state']]: Extract<Grant, { state: S }> };

/** Says how many cases a table had: the runner lets only these lines through. */
export const countCases = (what: string, n: number): void => console.log(`[cases] ${what}: ${n}`);
