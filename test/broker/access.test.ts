/**
 * Catches I4 and I5 at the one place that moves an entry: one made that is not wanted, adopted that is somebody's own,
 * called active though EKS shows it otherwise, or called gone though it is there.
 */
import { describe, expect, it } from 'vitest';
import {
  CannotActivate,
  ensureAbsent,
  ensurePresent,
  type Making,
  type Removal,
  RemovedByOthers,
} from '../../src/broker/access.ts';
import { type Eks, NotReady } from '../../src/broker/ports.ts';
import { raiseTags } from '../../src/broker/raiseTags.ts';
import {
  type Claim,
  claimOf,
  desiredEntry,
  type Ledger,
  type ObservedEntry,
  type ObservedPolicy,
} from '../../src/core/entry.ts';
import { instant } from '../../src/core/time.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { type Aws, type Entry, fakeEks, foreignEntry, newAws } from './fake-aws.ts';

const { cluster } = IN_STATE.active;
const KEY = '222222222222/eu-west-1/prod';
const CREATED_AT = instant(1_700_000_000_000);
const ROLE: Claim = {
  ...claimOf(IN_STATE.active),
  mode: 'role',
  principalArn: KUBERNETES_ADMIN,
  clusterCreatedAt: CREATED_AT,
};
const GROUPS: Claim = { ...ROLE, access: { kind: 'groups', kubernetesGroups: ['b', 'a'] } };
const ledgerOf = (more: Partial<Ledger> = {}): Ledger => ({
  ...{ clusterArn: cluster.arn, principalArn: KUBERNETES_ADMIN, mode: 'role', makers: [ROLE.grantId], version: 1 },
  ...more,
});

type Calls = { readonly aws: Aws; readonly eks: Eks; readonly calls: string[] };
function world(strange: Partial<Eks> = {}): Calls {
  const aws = newAws();
  const real = { ...fakeEks(aws, cluster), ...strange };
  const calls: string[] = [];
  const eks = new Proxy(real, {
    get:
      (port, name: keyof Eks) =>
      (...given: never[]) => {
        calls.push(name);
        return (port[name] as (...args: never[]) => unknown)(...given);
      },
  });
  return { aws, eks, calls };
}
const entriesOf = ({ aws }: Calls): Map<string, Entry> => aws.clusters.get(KEY)?.entries ?? new Map();
const entryIn = (here: Calls): Entry => entriesOf(here).get(KUBERNETES_ADMIN) ?? never();
const present = (
  here: Calls,
  ledger: Ledger,
  more: Partial<Making> = {},
  claims: readonly [Claim, ...Claim[]] = [ROLE],
) => ensurePresent(here.eks, claims, ledger, { token: 't', ifMissing: 'make', made: () => {}, ...more });

describe('an entry that is to be there', () => {
  it('is made, told of, given its policy, and answered as EKS shows it', async () => {
    const here = world();
    const told: string[] = [];
    const { entryArn } = await present(here, ledgerOf(), { made: (arn) => told.push(arn) });
    expect(told).toEqual([entryArn]);
    expect(entriesOf(here).get(KUBERNETES_ADMIN)).toMatchObject({ entry: { entryArn }, policies: [{}] });
  });

  it('with groups gets no policy, and groups in any order are the same', async () => {
    const here = world();
    await present(here, ledgerOf(), {}, [GROUPS]);
    expect(here.calls).not.toContain('associatePolicy');
    const made = entryIn(here);
    made.entry = { ...made.entry, kubernetesGroups: ['a', 'b'] };
    await present(here, ledgerOf(), {}, [GROUPS]);
  });

  it('with groups: a policy that somebody added is taken off, and not yet read back as decided', async () => {
    const here = world();
    await present(here, ledgerOf(), {}, [GROUPS]);
    entryIn(here).policies = [{ policyArn: 'p', accessScope: { type: 'cluster', namespaces: [] } }];
    await expect(present(here, ledgerOf(), {}, [GROUPS])).rejects.toThrow(/policy p was added/);
    expect(entryIn(here).policies).toEqual([]);
    await present(here, ledgerOf(), {}, [GROUPS]);
  });

  it.each([
    ['wait', NotReady, /cannot be seen yet/],
    ['removed', RemovedByOthers, /removed by somebody else/],
  ] as const)('recorded and not there, %s: nothing is made', async (ifMissing, error, words) => {
    const here = world();
    const trying = present(here, ledgerOf({ entryArn: 'x' }), { ifMissing });
    await expect(trying).rejects.toThrow(error);
    await expect(trying).rejects.toThrow(words);
    expect(here.calls).not.toContain('createEntry');
  });

  it.each(['make', 'wait', 'removed'] as const)('recorded and there, %s: it is kept', async (ifMissing) => {
    const here = world();
    const { entryArn } = await present(here, ledgerOf());
    here.calls.length = 0;
    expect(await present(here, ledgerOf({ entryArn }), { ifMissing })).toEqual({ entryArn });
    expect(here.calls).not.toContain('createEntry');
  });

  it('recorded and not there, make: it is made again', async () => {
    const here = world();
    await present(here, ledgerOf({ entryArn: 'x' }), { ifMissing: 'make' });
    expect(entriesOf(here).size).toBe(1);
  });

  it('of another grant on the ledger is adopted by that grant’s tag; of none it is somebody’s own', async () => {
    const here = world();
    const other = { ...ROLE, grantId: 'other' };
    await present(here, ledgerOf({ makers: ['other'] }), {}, [other]);
    await present(here, ledgerOf({ makers: ['other'] }));
    await expect(present(here, ledgerOf({ makers: undefined as never }))).rejects.toMatchObject({
      why: 'principalHasStandingEntry',
      message: expect.stringContaining(KUBERNETES_ADMIN),
    });
    await expect(present(here, ledgerOf({ makers: [] }), {}, [ROLE, other])).resolves.toBeDefined();
  });

  it('that somebody made for the role is refused, and untouched', async () => {
    const here = world();
    const theirs = foreignEntry(here.aws, here.aws.clusters.get(KEY) ?? never(), KUBERNETES_ADMIN);
    const before = structuredClone(theirs);
    await expect(present(here, ledgerOf())).rejects.toThrow(CannotActivate);
    expect(entriesOf(here).get(KUBERNETES_ADMIN)).toEqual(before);
  });

  it('exists and cannot be seen: later', async () => {
    const here = world({ createEntry: async () => undefined });
    await expect(present(here, ledgerOf())).rejects.toThrow(/exists and cannot be seen yet/);
  });

  const SHOWN: readonly (readonly [string, Partial<Eks>, RegExp])[] = [
    ['no entry', { describeEntry: async () => undefined }, /cannot be read back yet/],
    ['no list of policies', { listPolicies: async () => undefined }, /cannot be read back yet/],
    ['no policy', { listPolicies: async () => [] }, /does not read back as decided: policy .* is missing/],
  ];
  it.each(SHOWN)('is not there while EKS shows %s', async (_what, strange, words) => {
    const trying = present(world(strange), ledgerOf());
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(words);
  });

  it('is not there while EKS shows another than the one made', async () => {
    const here = world();
    await present(here, ledgerOf());
    const shown = entryIn(here);
    const strange = world({
      createEntry: async () => ({ entryArn: 'made just now' }),
      describeEntry: async (): Promise<ObservedEntry> => shown.entry,
      listPolicies: async (): Promise<ObservedPolicy[]> => shown.policies,
      associatePolicy: async () => {},
    });
    await expect(present(strange, ledgerOf())).rejects.toThrow(/another entry than the one made or found/);
  });
});

describe('the tags that the reaper goes by', () => {
  const desired = desiredEntry([ROLE]);
  const wanted = desired.tags['hallpass:expires'] ?? '';
  const marked = (tags: Record<string, string>): ObservedEntry => ({
    ...{ entryArn: 'e', principalArn: KUBERNETES_ADMIN, type: 'STANDARD', username: 'x', kubernetesGroups: [], tags },
  });
  const EARLIER = new Date(at(1)).toISOString();
  const LATER = new Date(at(999)).toISOString();
  it.each([
    ['as they should be', { 'hallpass:hub': 'main', 'hallpass:expires': wanted }, undefined],
    ['at a later end', { 'hallpass:hub': 'main', 'hallpass:expires': LATER }, undefined],
    ['at an earlier end', { 'hallpass:hub': 'main', 'hallpass:expires': EARLIER }, wanted],
    ['without an end', { 'hallpass:hub': 'main' }, wanted],
    ['at an end that cannot be read', { 'hallpass:hub': 'main', 'hallpass:expires': 'never' }, wanted],
    ['stripped', {}, wanted],
    ['without the hub, at the end wanted', { 'hallpass:expires': wanted }, wanted],
    ['without the hub, at a later end', { 'hallpass:expires': LATER }, LATER],
    ['of another hub, at an earlier end', { 'hallpass:hub': 'other', 'hallpass:expires': EARLIER }, wanted],
  ])('%s', async (_how, tags, expected) => {
    const written: Record<string, string>[] = [];
    const eks = { tagEntry: async (_arn: string, given: Readonly<Record<string, string>>) => void written.push(given) };
    const raised = await raiseTags(eks, marked(tags), desired);
    expect(raised).toBe(expected !== undefined);
    expect(written).toEqual(expected === undefined ? [] : [{ 'hallpass:hub': 'main', 'hallpass:expires': expected }]);
  });

  it('of an emergency that a grant has come to hold: the mark by which it would end four hours after it was made goes', async () => {
    const written: Record<string, string>[] = [];
    const eks = { tagEntry: async (_arn: string, given: Readonly<Record<string, string>>) => void written.push(given) };
    const tags = { 'hallpass:hub': 'main', 'hallpass:expires': EARLIER, 'hallpass:grant': `emergency-${ROLE.grantId}` };
    expect(await raiseTags(eks, { ...marked(tags), createdAt: at(0) }, desired)).toBe(true);
    expect(written).toEqual([{ 'hallpass:hub': 'main', 'hallpass:expires': wanted, 'hallpass:grant': ROLE.grantId }]);
  });
});

describe('an entry that is to be gone', () => {
  const removalOf = (more: Partial<Removal> = {}): Removal => ({
    ...{ principalArn: KUBERNETES_ADMIN, cluster, clusterCreatedAt: CREATED_AT, hub: 'main', mode: 'role' },
    grantIds: [ROLE.grantId],
    ...more,
  });

  it('of a role: deleted if it is ours, and told so', async () => {
    const here = world();
    await present(here, ledgerOf());
    expect(await ensureAbsent(here.eks, removalOf())).toEqual({ sent: true, clusterGone: false });
    expect(entriesOf(here).size).toBe(0);
  });
  it('of a role: nothing there, nothing sent', async () => {
    const here = world();
    expect(await ensureAbsent(here.eks, removalOf())).toEqual({ sent: false, clusterGone: false });
    expect(here.calls).not.toContain('deleteEntry');
  });
  it('of a grant’s own role: sent whatever is read', async () => {
    const here = world();
    expect(await ensureAbsent(here.eks, removalOf({ mode: 'dedicated' }))).toEqual({ sent: true, clusterGone: false });
    expect(here.calls).toContain('deleteEntry');
  });
  it.each(['role', 'dedicated'] as const)('mode %s: still there: not gone', async (mode) => {
    const here = world({ deleteEntry: async () => {} });
    await present(here, ledgerOf());
    await expect(ensureAbsent(here.eks, removalOf({ mode }))).rejects.toThrow(/is still there/);
  });
  it('of a cluster that is gone, by its own account: so is the entry', async () => {
    const here = world({ describeCluster: async () => undefined });
    expect(await ensureAbsent(here.eks, removalOf())).toEqual({ sent: false, clusterGone: true });
  });
  it('of a cluster that was made again: what is ours there is deleted, what is not stays', async () => {
    const here = world();
    await present(here, ledgerOf());
    const again = removalOf({ clusterCreatedAt: instant(1) });
    expect(await ensureAbsent(here.eks, again)).toEqual({ sent: true, clusterGone: true });
    foreignEntry(here.aws, here.aws.clusters.get(KEY) ?? never(), KUBERNETES_ADMIN);
    expect(await ensureAbsent(here.eks, again)).toEqual({ sent: false, clusterGone: true });
    expect(entriesOf(here).size).toBe(1);
  });
  it.each([
    ['another account’s executor', { executor: cluster.executor.replace('222222222222', '333333333333') }],
    ['another region', { region: 'us-east-1' }],
    ['an ARN that is none', { arn: 'nonsense' }],
    ['an executor that is none', { executor: 'nonsense' }],
  ])('"no such cluster" from %s says nothing', async (_who, more) => {
    const here = world({ describeCluster: async () => undefined });
    await expect(ensureAbsent(here.eks, removalOf({ cluster: { ...cluster, ...more } }))).rejects.toThrow(
      /cannot tell/,
    );
  });
  it('another cluster that answers to the name says nothing', async () => {
    const arn = cluster.arn.replace('222222222222', '999999999999');
    const here = world({ describeCluster: async () => ({ arn, createdAt: CREATED_AT, authenticationMode: 'API' }) });
    await expect(ensureAbsent(here.eks, removalOf())).rejects.toThrow(/another account or region/);
  });
});

function never(): never {
  throw new Error('there is no cluster');
}
