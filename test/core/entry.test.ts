/**
 * Catches I4 and F13: somebody else's access entry taken for ours (and deleted), or ours for somebody else's (and left
 * standing), because of a tag that anybody may write or remove.
 */
import { describe, expect, test } from 'vitest';
import {
  type Claim,
  claimOf,
  type DesiredEntry,
  desiredEntry,
  differences,
  isOurs,
  type Ledger,
  type ObservedEntry,
  type ObservedPolicy,
} from '../../src/core/entry.ts';
import { at, countCases, FACTS, ID, IN_STATE, KUBERNETES_ADMIN } from './fixtures.ts';

const OURS = 'arn:aws:eks:eu-west-1:222222222222:access-entry/prod/role/222222222222/KubernetesAdmin/uuid-1';
const THEIRS = `${OURS.slice(0, -1)}2`;
const observed = (more: Partial<ObservedEntry> = {}): ObservedEntry => ({
  entryArn: OURS,
  principalArn: KUBERNETES_ADMIN,
  type: 'STANDARD',
  username: 'x',
  kubernetesGroups: [],
  tags: { 'hallpass:hub': 'main', 'hallpass:grant': ID, 'hallpass:expires': '2026-11-24T04:10:00.000Z' },
  ...more,
});

type Recorded = Pick<Ledger, 'mode' | 'entryArn'>;
const DEDICATED: Recorded = { mode: 'dedicated' };
const ROLE: Recorded = { mode: 'role' };
const RECORDED: Recorded = { mode: 'role', entryArn: OURS };
const NODES = ['EC2_LINUX', 'EC2_WINDOWS', 'EC2', 'FARGATE_LINUX', 'HYBRID_LINUX', 'HYPERPOD_LINUX', ''];

const CASES: readonly (readonly [string, ObservedEntry, Recorded, boolean])[] = [
  ['under our own path', observed({ entryArn: THEIRS }), DEDICATED, true],
  ['under our own path, its tags stripped', observed({ tags: {} }), DEDICATED, true],
  ['under our own path, another hub’s tags', observed({ tags: { 'hallpass:hub': 'other' } }), DEDICATED, true],
  ...NODES.map((type) => [`F13: of type ${type}, under our own path`, observed({ type }), DEDICATED, false] as const),
  ['the recorded one', observed(), RECORDED, true],
  ['F13: the recorded one, its tags stripped', observed({ tags: {} }), RECORDED, true],
  [
    'F13: the recorded one, its tags changed',
    observed({ tags: { 'hallpass:hub': 'other', 'hallpass:grant': 'x' } }),
    RECORDED,
    true,
  ],
  [
    'F13: a later one of the same principal, by Terraform',
    observed({ entryArn: THEIRS, tags: { owner: 'terraform' } }),
    RECORDED,
    false,
  ],
  [
    'F4: a later one with this grant’s tags: a create of ours that came late',
    observed({ entryArn: THEIRS }),
    RECORDED,
    true,
  ],
  [
    'F13: a later one with another hub’s tags',
    observed({ entryArn: THEIRS, tags: { 'hallpass:hub': 'other', 'hallpass:grant': ID } }),
    RECORDED,
    false,
  ],
  ['not recorded yet, with this grant’s tags', observed(), ROLE, true],
  ['not recorded yet, without tags', observed({ tags: {} }), ROLE, false],
  [
    'not recorded yet, of another hub',
    observed({ tags: { 'hallpass:hub': 'other', 'hallpass:grant': ID } }),
    ROLE,
    false,
  ],
  [
    'not recorded yet, of another grant',
    observed({ tags: { 'hallpass:hub': 'main', 'hallpass:grant': '01khw0000000000000000000zz' } }),
    ROLE,
    false,
  ],
  ['not recorded yet, the hub’s tag alone', observed({ tags: { 'hallpass:hub': 'main' } }), ROLE, false],
  ['not recorded yet, the grant’s tag alone', observed({ tags: { 'hallpass:grant': ID } }), ROLE, false],
  ...NODES.map((type) => [`F13: a ${type} entry, tagged as ours`, observed({ type }), ROLE, false] as const),
  ...NODES.map((type) => [`F13: a ${type} entry, recorded as ours`, observed({ type }), RECORDED, false] as const),
];

describe('I4: is it ours?', () => {
  countCases('I4 entries', CASES.length);
  test.each(CASES)('%s', (_what, entry, recorded, ours) => expect(isOurs(entry, recorded, 'main', [ID])).toBe(ours));
  test('never by the tag of no grant', () => expect(isOurs(observed(), ROLE, 'main', [])).toBe(false));
});

const claim = claimOf(IN_STATE.active);

describe('what is wanted of EKS', () => {
  test('a dedicated entry names grant and person, whatever the session is called', () => {
    expect(desiredEntry([claim])).toEqual({
      principalArn: FACTS.principal.arn,
      username: `hallpass:${ID}:ada`,
      access: FACTS.access,
      tags: { 'hallpass:hub': 'main', 'hallpass:grant': ID, 'hallpass:expires': '2026-11-24T04:10:00.000Z' },
    });
  });

  test('a claim carries all that its end needs', () => {
    expect(claim).toEqual({
      clusterArn: FACTS.cluster.arn,
      principalArn: FACTS.principal.arn,
      grantId: ID,
      hub: 'main',
      tableId: 'table-1',
      cluster: FACTS.cluster,
      clusterCreatedAt: 1_700_000_000_000,
      mode: 'dedicated',
      principalId: 'AROADEDICATED0000001',
      access: FACTS.access,
      username: `hallpass:${ID}:ada`,
      expiresAt: at(70),
      entitlement: FACTS.entitlement,
      configuration: 'digest-of-configuration',
    });
  });

  test('two claims last until the later end, under the first one’s name', () => {
    const { username: _, ...role } = claim;
    const first: Claim = { ...role, mode: 'role', principalArn: KUBERNETES_ADMIN };
    const later: Claim = { ...first, grantId: '01khw0000000000000000000zz', expiresAt: at(130) };
    for (const claims of [
      [first, later],
      [
        { ...first, expiresAt: at(130) },
        { ...later, expiresAt: at(70) },
      ],
    ] as const) {
      const desired = desiredEntry(claims);
      expect(desired).not.toHaveProperty('username');
      expect(desired.tags).toEqual({
        'hallpass:hub': 'main',
        'hallpass:grant': ID,
        'hallpass:expires': '2026-11-24T05:10:00.000Z',
      });
    }
  });

  test('nothing is claimed before it is prepared', () => {
    const { preparation: _, ...unprepared } = IN_STATE.activating;
    expect(() => claimOf(unprepared)).toThrow('before it is prepared');
  });
});

describe('what differs between the entry as decided and as read back', () => {
  const desired = desiredEntry([claim]);
  const view = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
  const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
  const policy = (policyArn: string, type = 'cluster', namespaces: string[] = []): ObservedPolicy => ({
    policyArn,
    accessScope: { type, namespaces },
  });
  const as = (more: Partial<ObservedEntry> = {}): ObservedEntry =>
    observed({ username: `hallpass:${ID}:ada`, ...more });
  const inDev: DesiredEntry = {
    ...desired,
    access: { kind: 'policy', policyArn: view, accessScope: { type: 'namespace', namespaces: ['a', 'b'] } },
  };
  const groups: DesiredEntry = { ...desired, access: { kind: 'groups', kubernetesGroups: ['a', 'b'] } };
  const { username: _, ...unnamed } = desired;
  test.each<[string, DesiredEntry, ObservedEntry, ObservedPolicy[], string[]]>([
    ['nothing', desired, as(), [policy(view)], []],
    ['no policy yet', desired, as(), [], [`policy ${view} is missing`]],
    ['another policy', desired, as(), [policy(admin)], [`policy ${view} is missing`, `policy ${admin} was added`]],
    ['one more policy', desired, as(), [policy(view), policy(admin)], [`policy ${admin} was added`]],
    ['a narrower scope', desired, as(), [policy(view, 'namespace', ['a'])], [`scope of ${view}`]],
    ['a wider scope', inDev, as(), [policy(view)], [`scope of ${view}`]],
    ['namespaces in another order', inDev, as(), [policy(view, 'namespace', ['b', 'a'])], []],
    ['another namespace', inDev, as(), [policy(view, 'namespace', ['a', 'c'])], [`scope of ${view}`]],
    ['another user', desired, as({ username: 'somebody' }), [policy(view)], ['username somebody']],
    ['a user that EKS chose', unnamed, as({ username: 'arn:aws:sts::…' }), [policy(view)], []],
    ['a group that was added', desired, as({ kubernetesGroups: ['x'] }), [policy(view)], ['groups x']],
    ['groups in another order', groups, as({ kubernetesGroups: ['b', 'a'] }), [], []],
    ['a group missing', groups, as({ kubernetesGroups: ['b'] }), [], ['groups b']],
    [
      'a policy beside the groups',
      groups,
      as({ kubernetesGroups: ['a', 'b'] }),
      [policy(admin)],
      [`policy ${admin} was added`],
    ],
    ['another type', desired, as({ type: 'EC2_LINUX' }), [policy(view)], ['type EC2_LINUX']],
  ])('%s', (_what, wanted, entry, policies, found) => expect(differences(wanted, entry, policies)).toEqual(found));
});
