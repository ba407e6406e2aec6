/**
 * Many grants that end in the same second, in several accounts, each with its workflow waiting: one grant lives the
 * product's whole life until just before its end, and is copied. From there on everything is the product's again: the
 * state machine, the functions' sixty seconds, the sweep a minute, and EKS that takes so many calls a second.
 */
import type { RateLimit } from '../local/aws/rate-limit.ts';
import { decideGrant } from '../src/broker/decideGrant.ts';
import { requestGrant } from '../src/broker/requestGrant.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { type GrantId, grantId } from '../src/core/id.ts';
import { type Duration, type Instant, instant, minus, minutes, plus, seconds } from '../src/core/time.ts';
import { copier } from '../test/broker/copies.ts';
import { type FakeCluster, foreignEntry, newAws } from '../test/broker/fake-aws.ts';
import { COMPANY, clusterOf } from '../test/faults/company.ts';
import { personNamed } from '../test/faults/scenario.ts';
import { type Call, faultWorld, type World } from '../test/faults/world.ts';

export type Crowd = {
  readonly grants: number;
  /** Accounts that answer, among which the grants are shared out; `clusters` in each. */
  readonly accounts: number;
  readonly clusters: number;
  /** In an account more, whose executor may do nothing any more. */
  readonly grantsInDeadAccount: number;
  readonly eksAdmits: RateLimit;
  /** Entries of others in each cluster. */
  readonly standing: number;
  readonly workflow: boolean;
};

export type Drained = {
  /** Seconds from the end of the grants until each one's entry was gone, in order; of the accounts that answer. */
  readonly removed: readonly number[];
  /** The same until that was on record. */
  readonly recorded: readonly number[];
  readonly eks: { readonly ending: number; readonly settling: number; readonly refused: number };
  /** Grants that had not ended when the looks back were over; and entries left, of the accounts that answer. */
  readonly left: number;
  readonly sweepsOverdue: number;
};

const START: Instant = instant(Date.parse('2026-11-24T09:00:05.000Z'));
const HOME = '222222222222';
const DEAD = '999999999999';
/** What a call takes. AWS states single digits for DynamoDB and nothing for the others. */
const LATENCY_MS: Readonly<Record<Call['service'], number>> = { dynamodb: 8, eks: 120, iam: 100, states: 40 };
const BEFORE_THE_END = minutes(4);
const SETTLED_AFTER = minutes(14);

const accountOf = (n: number): string => String(300_000_000_000 + n);

/** The same seed gives the same run. */
export async function drainCrowd(crowd: Crowd, seed: number): Promise<Drained> {
  let last: Call = { service: 'dynamodb', operation: '', write: false, account: '', by: 'api' };
  let noise = seed;
  const random = (): number => {
    noise = (noise * 48_271) % 2_147_483_647;
    return noise / 2_147_483_647;
  };
  const config: Configuration = { ...COMPANY, warnBefore: minutes(10) };
  const world = faultWorld({
    config,
    aws: newAws(),
    start: START,
    random,
    past: false,
    workflow: crowd.workflow,
    eksAdmits: crowd.eksAdmits,
    strike: (call) => {
      last = call;
      return call.service === 'eks' && call.account === DEAD ? { kind: 'failBefore' } : undefined;
    },
    latency: () => Math.round(LATENCY_MS[last.service] * (0.7 + 0.6 * random())) as Duration,
  });
  try {
    const model = await liveUntilJustBefore(world);
    const copies = copyInto(world, model, crowd);
    for (const id of copies.ids) {
      void world.run('api', (deps) => deps.workflow.start(id, minutes(60))).catch(() => {});
      await world.time.runUntil(plus(world.time.now(), 30 as Duration));
    }
    return await watch(world, model, copies);
  } finally {
    world.close();
  }
}

type Model = { readonly id: GrantId; readonly expiresAt: Instant };

async function liveUntilJustBefore(world: World): Promise<Model> {
  const by = (who: string) => ({ person: personNamed(world, who), channel: 'cli', proof: 'iam:bench' }) as const;
  const pass = (length: Duration): Promise<void> => world.time.runUntil(plus(world.time.now(), length));
  const input = { entitlement: 'prod-view', duration: '1h', justification: 'INC-4211' };
  const asking = world.run('api', (deps) => requestGrant(deps, { ...by('ada'), input }));
  await pass(seconds(15));
  const asked = await asking;
  if (!asked.ok) throw new Error(`the request was refused: ${asked.error.reason}`);
  const { id } = asked.value.stored.grant;
  const approving = world.run('api', (deps) => decideGrant(deps, { ...by('bob'), id, decision: { kind: 'approve' } }));
  await pass(seconds(90));
  await approving;
  const grant = world.tables.grants.get(id)?.grant;
  if (grant?.state !== 'active') throw new Error(`the grant is ${grant?.state}`);
  await world.time.runUntil(minus(grant.expiresAt, BEFORE_THE_END));
  return { id, expiresAt: grant.expiresAt };
}

type Copies = {
  readonly ids: readonly GrantId[];
  readonly dead: ReadonlySet<GrantId>;
  readonly clusters: readonly FakeCluster[];
};

/** What is in the tables and in EKS of the model, under another id in another cluster. */
function copyInto({ tables, aws }: World, { id }: Model, crowd: Crowd): Copies {
  const home = clusterOf(aws);
  const copyOf = copier(tables, home, id);
  const places = [
    ...Array.from({ length: crowd.accounts * crowd.clusters }, (_, n) => ({
      account: accountOf(n % crowd.accounts),
      name: `cluster-${Math.floor(n / crowd.accounts)}`,
    })),
    { account: DEAD, name: 'cluster-0' },
  ];
  const clusters = places.map(({ account, name }) => {
    const arn = `arn:aws:eks:eu-west-1:${account}:cluster/${name}`;
    const cluster: FakeCluster = { ...home, arn, entries: new Map() };
    aws.clusters.set(`${account}/eu-west-1/${name}`, cluster);
    for (let n = 0; n < crowd.standing; n++) foreignEntry(aws, cluster, `arn:aws:iam::${account}:role/standing-${n}`);
    return cluster;
  });
  const dead = new Set<GrantId>();
  const ids = Array.from({ length: crowd.grants + crowd.grantsInDeadAccount }, (_, n) => {
    // In no order, as ids and ends to the millisecond are.
    const copy = grantId(START, Uint8Array.of(7, (n * 97) % 256, n >> 8, 1, 0, 0, 0, 0, 0, 0));
    const isDead = n >= crowd.grants;
    const index = isDead ? places.length - 1 : n % (places.length - 1);
    const { account, name } = places[index] ?? { account: DEAD, name: 'cluster-0' };
    const rewrite = (json: string): string =>
      json
        .replaceAll(HOME, account)
        .replaceAll('cluster/prod', `cluster/${name}`)
        .replaceAll('"name":"prod"', `"name":"${name}"`);
    copyOf(copy, clusters[index], rewrite);
    if (isDead) dead.add(copy);
    return copy;
  });
  return { ids, dead, clusters: clusters.slice(0, -1) };
}

/** Looks every tenth of a second what is left, until all has ended, and then lets the looks back happen. */
async function watch(world: World, { expiresAt }: Model, { ids, dead, clusters }: Copies): Promise<Drained> {
  await world.time.runUntil(minus(expiresAt, 100 as Duration));
  const alive = ids.filter((id) => !dead.has(id));
  const ours = (): number =>
    clusters.reduce((sum, one) => sum + [...one.entries.keys()].filter((arn) => arn.includes('/hallpass/')).length, 0);
  const counted = ({ service, account }: Call): boolean => service === 'eks' && account !== DEAD && account !== HOME;
  const eksCalls = (): number => world.calls.filter(counted).length;
  const refusedCalls = (): number => world.refusedCalls.filter(counted).length;
  const before = { calls: eksCalls(), refused: refusedCalls() };
  const removed: number[] = [];
  let left = alive.length;
  for (let at: Instant = expiresAt; left > 0 && at < plus(expiresAt, minutes(60)); at = plus(at, 100 as Duration)) {
    await world.time.runUntil(at);
    const now = ours();
    for (; left > now; left--) removed.push((at - expiresAt) / 1_000);
  }
  // The last ones are not on record yet.
  await world.time.runUntil(plus(world.time.now(), seconds(45)));
  const ended = eksCalls();
  await world.time.runUntil(plus(world.time.now(), SETTLED_AFTER));
  const grants = alive.map((id) => world.tables.grants.get(id)?.grant);
  const recorded = grants.flatMap((grant) => (grant?.state === 'ended' ? [(grant.at - expiresAt) / 1_000] : []));
  return {
    removed,
    recorded: recorded.sort((a, b) => a - b),
    eks: { ending: ended - before.calls, settling: eksCalls() - ended, refused: refusedCalls() - before.refused },
    left: grants.filter((grant) => grant?.state !== 'ended').length + ours(),
    sweepsOverdue: Math.max(...world.sweeps.map((one) => one.oldestOverdueSeconds)),
  };
}
