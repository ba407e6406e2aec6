/**
 * F22: the configuration changes between asking and approving, or later. Each mutation meets a grant in each state, and
 * what comes of it is written here by hand. Catches access by rules that are no longer in force, and live access that is
 * cut off, or never ends, because somebody edited a file.
 */
import { describe, expect, test } from 'vitest';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import type { ApprovalStep, Configuration, Delegation, Entitlement } from '../../src/core/configuration.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Duration, toIso } from '../../src/core/time.ts';
import {
  at,
  countCases,
  ENTITLEMENT,
  entitlement,
  group,
  HOUR,
  KUBERNETES_ADMIN,
  MINUTE,
  one,
  person,
} from '../core/fixtures.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const AUTO_EXTENSION = { maxTotal: (4 * HOUR) as Duration, autoApprove: true };
const RULE: Entitlement = entitlement({
  access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces: ['team-*'] },
  extension: { maxTotal: (4 * HOUR) as Duration, autoApprove: false },
});
const steps = (...all: Partial<ApprovalStep>[]): readonly ApprovalStep[] =>
  all.map((step) => ({ approvers: [group('leads')], approvalsNeeded: 1, channels: [], ...step }));
const approval = (more: Partial<Entitlement['approval']>): Entitlement['approval'] => ({
  ...ENTITLEMENT.approval,
  ...more,
});

type Change = (config: Configuration, world: World) => Configuration;
const rule =
  (more: Partial<Entitlement> | ((before: Entitlement) => Partial<Entitlement>)): Change =>
  (config) => {
    const before = config.entitlements['prod-view'] ?? RULE;
    const changed = { ...before, ...(typeof more === 'function' ? more(before) : more) };
    return { ...config, entitlements: { ...config.entitlements, 'prod-view': changed } };
  };
const everyStep = (more: (step: ApprovalStep) => Partial<ApprovalStep>): Change =>
  rule((before) => ({
    approval: { ...before.approval, steps: before.approval.steps.map((step) => ({ ...step, ...more(step) })) },
  }));
const who =
  (id: string, more: Parameters<typeof person>[1]): Change =>
  (config) => ({
    ...config,
    directory: { ...config.directory, people: { ...config.directory.people, [id]: person(id, more) } },
  });
const groups =
  (more: Record<string, readonly string[]>): Change =>
  (config) => ({
    ...config,
    directory: { ...config.directory, groups: { ...config.directory.groups, ...more } },
  });
const cluster =
  (more: object): Change =>
  (config) => ({
    ...config,
    clusters: {
      ...config.clusters,
      prod: { ...config.clusters['prod'], ...more } as Configuration['clusters'][string],
    },
  });
const AWAY: Delegation = { id: 'away', from: 'bob', to: ['dan'], starts: at(0), ends: at(1_000) };

/** Where the grant stands when the rules change, and what is tried then. */
const STATES = {
  /** Nobody has decided: bob approves. */
  pending: async (world: World, by: string) => approved(world, await asked(world), by),
  /** One of two has approved: cyd does, too. */
  half: async (world: World) => approved(world, await asked(world), 'cyd'),
  /** Approved, to begin in half an hour: the start comes. */
  scheduled: async (world: World) => begun(world),
  /** Approved and armed: Activate comes. */
  activating: async (world: World) => begun(world),
  /** Access is there: five minutes pass. */
  active: async (world: World) => lives(world),
  /** More time was asked for: bob approves, and it is carried out. */
  extending: async (world: World, by: string) => extended(world, by),
  /** More time was approved: it is carried out. */
  extended: async (world: World) => extended(world),
  /** Access is being taken away: the sweeper goes on. */
  revoking: async (world: World) => gone(world),
} as const;
type State = keyof typeof STATES;
const STANDS: Record<State, string> = {
  pending: 'pending',
  half: 'pending',
  scheduled: 'scheduled',
  activating: 'activating',
  active: 'active',
  extending: 'active',
  extended: 'active',
  revoking: 'revoking',
};
const ORDER = Object.keys(STATES) as State[];

let id = '' as GrantId;
const asked = async (_world: World): Promise<GrantId> => id;
async function approved(world: World, grant: GrantId, by: string): Promise<string> {
  const answer = await world.approve(by, grant);
  if (!answer.ok) return answer.error.reason;
  return answer.value.grant.state === 'pending' ? 'waits' : begun(world);
}
async function begun(world: World): Promise<string> {
  await world.sweepFor(40);
  const { state } = await world.grant(id);
  return state === 'active' ? 'goes on' : state;
}
async function lives(world: World): Promise<string> {
  await world.sweepFor(5);
  return (await world.grant(id)).state === 'active' ? 'goes on' : (await world.grant(id)).state;
}
async function extended(world: World, by?: string): Promise<string> {
  const answer = by === undefined ? undefined : await world.approve(by, id);
  if (answer && !answer.ok) return answer.error.reason;
  await world.sweepFor(3);
  const grant = await world.grant(id);
  if (grant.state !== 'active') return grant.state;
  if (grant.extension) return 'waits';
  return grant.expiresAt > at(60) ? 'goes on' : 'old end';
}
async function gone(world: World): Promise<string> {
  await world.sweepFor(5);
  return (await world.grant(id)).state === 'ended' ? 'goes on' : (await world.grant(id)).state;
}

type Base = { readonly config: Configuration; readonly by: string };
const base = (more: Partial<Entitlement> = {}, config: Partial<Configuration> = {}, by = 'bob'): Base => ({
  config: { ...WORLD_CONFIG, ...config, entitlements: { 'prod-view': { ...RULE, ...more } } },
  by,
});

/** Brings a grant into the state, under the rules as they were. */
async function bring(world: World, state: State, { by, config }: Base): Promise<void> {
  const inTurn = config.entitlements['prod-view']?.approval.steps.length === 2;
  const start = state === 'scheduled' ? { startAt: toIso(at(30)) } : {};
  const { grant } = await world.request('ada', { namespaces: ['team-a'], ...start });
  id = grant.id;
  await world.prepare(id);
  if (state === 'pending') return;
  await world.approve(by, id);
  if (state === 'half') return;
  if (inTurn) await world.approve('dan', id);
  if (state === 'scheduled' || state === 'activating') return;
  await world.activate(id);
  if (state === 'active') return;
  const more = {
    person: world.person('ada'),
    channel: 'cli',
    proof: 'x',
    id,
    input: { duration: '30m', justification: 'not done' },
  } as const;
  if (state === 'revoking') {
    await endGrant(world.deps, { person: world.person('ada'), channel: 'cli', proof: 'x', id });
    return;
  }
  await extendGrant(world.deps, more);
  if (state === 'extending') return;
  await world.approve(by, id);
  if (inTurn) await world.approve('dan', id);
}

const SAME = base();
const half = ({ config, by }: Base): Base => ({
  by,
  config: everyStep(({ approvalsNeeded }) => ({ approvalsNeeded: approvalsNeeded + 1 }))(config, newWorld()),
});
const IN_TURN = base({ approval: approval({ steps: steps({}, { approvers: [one('dan')] }) }) });
const DELEGATED = base({}, { delegations: [AWAY] }, 'dan');
const AUTO = base({ approval: approval({ autoApprove: true, steps: [] }), extension: AUTO_EXTENSION });

const CHANGED = [
  'entitlementChanged',
  'entitlementChanged',
  'denied',
  'denied',
  'goes on',
  'entitlementChanged',
  'old end',
  'goes on',
] as const;
const ON = 'goes on';
const ALL_ON = [ON, ON, ON, ON, ON, ON, ON, ON] as const;

/** The outcomes stand in the order of `STATES`: pending, half, scheduled, activating, active, extending, extended, revoking. */
const TABLE: readonly (readonly [string, Base, Change, readonly (string | null)[]])[] = [
  ['nothing changes', SAME, (config) => config, ALL_ON],
  ['another description', SAME, rule({ description: 'x' }), ALL_ON],
  ['a longer maximum duration', SAME, rule({ maxDuration: (8 * HOUR) as Duration }), ALL_ON],
  [
    'a shorter window: it counts from the request',
    SAME,
    rule(({ approval: before }) => ({ approval: { ...before, window: MINUTE } })),
    ALL_ON,
  ],
  ['the entitlement is removed', SAME, (config) => ({ ...config, entitlements: {} }), CHANGED],
  ['the requester is no longer eligible', SAME, rule({ eligible: [one('cyd')] }), CHANGED],
  ['the requester is disabled', SAME, who('ada', { disabled: true }), CHANGED],
  ['the maximum duration is less than was asked for', SAME, rule({ maxDuration: (30 * MINUTE) as Duration }), CHANGED],
  [
    'it gives another policy',
    SAME,
    rule({ access: { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'namespace', namespaces: ['team-*'] } }),
    CHANGED,
  ],
  [
    'it gives the whole cluster',
    SAME,
    rule({ access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'cluster' } }),
    CHANGED,
  ],
  [
    'its namespaces are fewer',
    SAME,
    rule({ access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces: ['team-b*'] } }),
    CHANGED,
  ],
  [
    'the cluster’s name is another cluster’s',
    SAME,
    cluster({ arn: 'arn:aws:eks:eu-west-1:222222222222:cluster/other' }),
    CHANGED,
  ],
  ['the cluster is no longer covered', SAME, rule({ clusters: ['test'] }), CHANGED],
  [
    'the principal is a standing role',
    SAME,
    rule({ principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [] } }),
    CHANGED,
  ],
  [
    'the approver leads no more',
    SAME,
    groups({ leads: ['cyd'] }),
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'the approver is disabled',
    SAME,
    who('bob', { disabled: true }),
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'the approver turns out to be the requester',
    SAME,
    who('bob', { email: 'ADA@example.com' }),
    ['selfApproval', 'waits', 'denied', 'denied', ON, 'selfApproval', 'old end', ON],
  ],
  [
    'both approvers turn out to be one person',
    SAME,
    who('cyd', { email: 'bob@example.com' }),
    [ON, 'alreadyApproved', ON, ON, ON, ON, ON, ON],
  ],
  [
    'one approval more is needed',
    SAME,
    everyStep(({ approvalsNeeded }) => ({ approvalsNeeded: approvalsNeeded + 1 })),
    ['waits', 'waits', 'denied', 'denied', ON, 'waits', 'old end', ON],
  ],
  ['one approval is enough', SAME, everyStep(() => ({ approvalsNeeded: 1 })), ALL_ON],
  [
    'a step is added',
    SAME,
    rule(({ approval: before }) => ({
      approval: { ...before, steps: [...before.steps, ...steps({ approvers: [one('dan')] })] },
    })),
    ['waits', 'waits', 'denied', 'denied', ON, 'waits', 'old end', ON],
  ],
  ['the second step is removed', IN_TURN, rule({ approval: approval({ steps: steps({}) }) }), ALL_ON],
  [
    'only Slack decides',
    SAME,
    everyStep(() => ({ channels: ['slack'] })),
    ['channelNotAllowed', 'channelNotAllowed', 'denied', 'denied', ON, 'channelNotAllowed', 'old end', ON],
  ],
  [
    'it is approved by rule now: nobody decides any more, and it has to be asked for again',
    SAME,
    rule({ approval: approval({ autoApprove: true, steps: [] }) }),
    ['notApprover', 'notApprover', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'nobody could approve it',
    SAME,
    rule({ approval: approval({ steps: [] }) }),
    ['notApprover', 'notApprover', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'it was approved by rule, and people decide now',
    AUTO,
    rule({ approval: approval({ steps: steps({}) }), extension: { ...AUTO_EXTENSION, autoApprove: false } }),
    [null, null, 'denied', 'denied', ON, null, 'old end', ON],
  ],
  [
    'it cannot be extended any more',
    SAME,
    rule(({ extension: _, ...before }) => ({ ...before, extension: undefined as never })),
    [ON, ON, ON, ON, ON, 'old end', 'old end', ON],
  ],
  [
    'its total is less than was asked for',
    SAME,
    rule({ extension: { maxTotal: HOUR, autoApprove: false } }),
    [ON, ON, ON, ON, ON, 'old end', 'old end', ON],
  ],
  [
    'the delegation is taken out of the rules',
    DELEGATED,
    ({ delegations: _, ...config }) => config,
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'the delegation ends now',
    DELEGATED,
    (config, world) => ({ ...config, delegations: [{ ...AWAY, ends: world.now() }] }),
    ['notApprover', ON, ON, ON, ON, 'notApprover', ON, ON],
  ],
  [
    'the delegation never was about this',
    DELEGATED,
    (config) => ({ ...config, delegations: [{ ...AWAY, entitlements: ['other'] }] }),
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'whoever delegated leads no more',
    DELEGATED,
    groups({ leads: ['cyd'] }),
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
  [
    'the delegate is disabled',
    DELEGATED,
    who('dan', { disabled: true }),
    ['notApprover', 'waits', 'denied', 'denied', ON, 'notApprover', 'old end', ON],
  ],
];

describe.each(TABLE)('F22: %s', (_what, from, change, outcomes) => {
  const cases = ORDER.flatMap((state, n) => {
    const wanted = outcomes[n];
    return typeof wanted === 'string' ? [[state, wanted] as const] : [];
  });
  test.each(cases)('%s: %s', async (state, wanted) => {
    const world = newWorld();
    const begins = state === 'half' && from !== IN_TURN ? half(from) : from;
    world.config = begins.config;
    await bring(world, state, begins);
    expect((await world.grant(id)).state).toBe(from === AUTO && state === 'activating' ? 'scheduled' : STANDS[state]);
    world.advance(1);
    world.config = change(world.config, world);
    expect(await STATES[state](world, begins.by)).toBe(wanted);
    expect(world.chainFaults(id)).toEqual([]);
    // Whatever the rules say by then: what was given ends, and nothing of it is left.
    world.config = { ...world.config, entitlements: {} };
    await world.sweepFor(600);
    expect(['ended', 'denied', 'lapsed', 'failed']).toContain((await world.grant(id)).state);
    expect([
      world.prod.entries.size,
      world.aws.dedicated.size,
      world.tables.claims.size === 0 || [...world.tables.claims.values()].every((held) => held.size === 0),
    ]).toEqual([0, 0, true]);
  });
});
countCases(
  'F22 mutations by states',
  TABLE.reduce((sum, [, , , outcomes]) => sum + outcomes.filter((outcome) => outcome !== null).length, 0),
);

test('F22: half of the approvals turn out to be enough: nobody’s click is needed for what was decided, but one is', async () => {
  const world = newWorld();
  const begins = half(SAME);
  world.config = begins.config;
  await bring(world, 'half', begins);
  world.config = SAME.config;
  await world.sweepFor(5);
  expect((await world.grant(id)).state, 'nothing is opened by a deployment').toBe('pending');
  expect(await world.approve('bob', id)).toMatchObject({ error: { reason: 'alreadyApproved' } });
  expect((await world.approve('cyd', id)).ok).toBe(true);
});
