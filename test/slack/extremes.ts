/** Grants, people and rules as large as a configuration and Slack's forms admit. */
import type { Configuration, Entitlement, Person } from '../../src/core/configuration.ts';
import type { AuditEvent, EventBody } from '../../src/core/event.ts';
import type { Grant } from '../../src/core/grant.ts';
import type { Duration } from '../../src/core/time.ts';
import {
  at,
  CONFIG,
  configFor,
  configWith,
  entitlement,
  FACTS,
  group,
  HOUR,
  IN_STATE,
  person,
} from '../core/fixtures.ts';

const LONG_ID = `e${'n'.repeat(62)}`;
const LONG_NAME = 'Ñ'.repeat(100);
const NAMESPACES = Array.from({ length: 100 }, (_, n) => `${'n'.repeat(59)}-${String(n).padStart(3, '0')}`);
const GROUPS = Array.from({ length: 50 }, (_, n) => `${'g'.repeat(60)}-${n}`);
const MANY_PEOPLE = Array.from({ length: 60 }, (_, n) => person(`p${n}`, { name: `${LONG_NAME.slice(0, 96)}${n}` }));

export const STATES = Object.keys(IN_STATE) as (keyof typeof IN_STATE)[];

/** An extreme of a grant, in every state: what is changed of the facts. */
const FACTS_LIKE: Readonly<Record<string, object>> = {
  ordinary: {},
  'a hundred namespaces': {
    access: {
      kind: 'policy',
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSSecretReaderPolicy',
      accessScope: { type: 'namespace', namespaces: NAMESPACES },
    },
    justification: 'j'.repeat(1_000),
    ticket: 't'.repeat(200),
  },
  'fifty groups': { access: { kind: 'groups', kubernetesGroups: GROUPS }, justification: '&'.repeat(1_000) },
  'the longest names': {
    requester: { ...FACTS.requester, name: LONG_NAME },
    entitlement: { id: LONG_ID, digest: 'd' },
    cluster: { ...FACTS.cluster, name: 'c'.repeat(100) },
    justification: '<'.repeat(1_000),
  },
  'a role that sixty people can assume': {
    principal: {
      mode: 'role',
      arn: `arn:aws:iam::222222222222:role/${'path/'.repeat(90)}${'r'.repeat(64)}`,
      assumableBy: ['arn:aws:iam::222222222222:role/sso'],
      opensTo: MANY_PEOPLE.map(({ name }) => name),
    },
  },
  'no justification': { justification: '' },
  'ten clusters at once': {
    batch: {
      id: FACTS.id,
      grants: Array.from({ length: 10 }, (_, n) => ({ id: n === 0 ? FACTS.id : `g${n}`, cluster: 'c'.repeat(99) + n })),
    },
  },
};

const BROKEN = {
  breakGlass: { incident: '<!channel>'.repeat(100), reviewBy: at(5_000) },
  review: { owedSince: at(0), dueBy: at(5_000), reminders: 2 },
};
const REVIEWED = { at: at(50), by: LONG_NAME, byId: 'bob', verdict: 'misuse', note: 'n'.repeat(4_000) } as const;

const EXTENSION = {
  requestedAt: at(30),
  expiresAt: at(130),
  justification: 'm'.repeat(1_000),
  approvals: [],
  autoApproved: false,
  granted: false,
};
const APPROVALS = Array.from({ length: 5 }, (_, n) => ({
  personId: `p${n}`,
  name: LONG_NAME,
  step: 1,
  channel: 'slack' as const,
  at: at(5),
}));

export function extremeGrants(): readonly (readonly [what: string, grant: Grant])[] {
  return Object.entries(FACTS_LIKE).flatMap(([what, facts]) =>
    STATES.flatMap((state): [string, Grant][] => {
      const grant = { ...IN_STATE[state], ...facts } as Grant;
      const all: [string, Grant][] = [
        [`${what}, ${state}`, grant],
        [`${what}, ${state}, many approvals`, { ...grant, approvals: APPROVALS } as Grant],
      ];
      all.push([`${what}, ${state}, break-glass`, { ...grant, ...BROKEN } as Grant]);
      all.push([
        `${what}, ${state}, reviewed`,
        { ...grant, ...BROKEN, review: { ...BROKEN.review, done: REVIEWED } } as Grant,
      ]);
      if (grant.state === 'active') all.push([`${what}, more time asked for`, { ...grant, extension: EXTENSION }]);
      if (grant.state === 'denied') all.push([`${what}, denied at length`, { ...grant, reason: '>'.repeat(1_000) }]);
      if (grant.state === 'ended')
        all.push([`${what}, a long note`, { ...grant, reason: 'endedEarly', by: LONG_NAME, note: 'o'.repeat(5_000) }]);
      return all;
    }),
  );
}

const rule: Partial<Entitlement> = {
  description: 'd'.repeat(500),
  ticket: { required: true, pattern: 'p'.repeat(3_000) },
  extension: { maxTotal: (8 * HOUR) as Duration, autoApprove: false },
  notify: { slack: { channel: 'C0GRANTS01', approvers: true, justification: 'channel' } },
  approval: {
    autoApprove: false,
    steps: [{ approvers: [group('everybody')], approvalsNeeded: 10, channels: [] }],
    window: HOUR,
  },
};

/** Sixty approvers, and everything typed is shown to the channel. */
export const EXTREME_CONFIG: Configuration = configFor(
  {
    people: Object.fromEntries([...Object.values(CONFIG.directory.people), ...MANY_PEOPLE].map((one) => [one.id, one])),
    groups: { ...CONFIG.directory.groups, everybody: MANY_PEOPLE.map(({ id }) => id) },
  },
  configWith(rule, {
    ...CONFIG,
    responders: [group('everybody')],
    reviewers: [group('everybody')],
    entitlements: { ...CONFIG.entitlements, [LONG_ID]: entitlement({ ...rule, id: LONG_ID }) },
  }),
);

export const ADA: Person = CONFIG.directory.people['ada'] ?? person('ada');

/** Two hundred entitlements that Ada may ask for: scoped to a hundred namespaces, to patterns, to clusters. */
export const MANY_ENTITLEMENTS: Configuration = {
  ...EXTREME_CONFIG,
  entitlements: Object.fromEntries(
    Array.from({ length: 200 }, (_, n): [string, Entitlement] => {
      const id = `${'e'.repeat(59)}-${String(n).padStart(3, '0')}`;
      const namespaces = n % 3 === 0 ? NAMESPACES : [`${'team-'.repeat(11)}*`, ...NAMESPACES.slice(1)];
      const access: Entitlement['access'] =
        n % 3 === 2
          ? { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'cluster' }
          : { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces };
      return [id, entitlement({ ...rule, id, access, clusters: Array.from({ length: 150 }, (_each, m) => `c${m}`) })];
    }),
  ),
};

const APPROVAL = { personId: 'bob', name: LONG_NAME, step: 2, channel: 'slack', at: at(1) } as const;
const BODIES: readonly EventBody[] = [
  { type: 'approved', approval: APPROVAL },
  { type: 'denied', reason: 'r'.repeat(5_000), by: LONG_NAME },
  { type: 'withdrawn' },
  { type: 'lapsed' },
  { type: 'activated', entryArn: 'arn' },
  { type: 'warned' },
  { type: 'extensionRequested', expiresAt: at(200), justification: 'x'.repeat(1_000) },
  { type: 'extensionApproved', approval: APPROVAL },
  { type: 'extensionDenied', reason: 'y'.repeat(1_000), by: LONG_NAME },
  { type: 'extended', expiresAt: at(200) },
  { type: 'revoking', outcome: { state: 'ended', reason: 'endedEarly', by: LONG_NAME } },
  { type: 'ended' },
  { type: 'failed' },
  { type: 'reminded', step: 1, approvers: ['p1', 'p2'] },
  { type: 'escalated', step: 1, to: ['p3'] },
  { type: 'brokeGlass', incident: 'i'.repeat(200) },
  { type: 'reviewOverdue' },
  { type: 'reviewed', by: LONG_NAME, byId: 'bob', verdict: 'misuse', note: 'n'.repeat(4_000) },
];

/** One of each event that anybody is told of. */
export const EVENTS: readonly AuditEvent[] = BODIES.map((body, index) => ({
  grantId: FACTS.id,
  n: index + 1,
  at: at(30),
  actor: { kind: 'person', id: 'ada', name: LONG_NAME, channel: 'slack', proof: 'slack:T:U' },
  body,
  previous: '',
  hash: '',
}));
