/** Catches F18: readers who take EKS's calls from a revocation, and a list that shows everybody who has access where. */
import { expect, test } from 'vitest';
import { seenCluster } from '../../src/broker/seenClusters.ts';
import type { ClusterList } from '../../src/http/cluster-schemas.ts';
import { answerClusters } from '../../src/http/clusters.ts';
import { newWorld, type World } from '../broker/fake-world.ts';
import { at } from '../core/fixtures.ts';

const PROD = 'arn:aws:eks:eu-west-1:222222222222:cluster/prod';
const OWN = 'arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-1';
const NODE = 'arn:aws:iam::222222222222:role/node';

const list = async (world: World, who: string): Promise<ClusterList['clusters']> => {
  const answer = await answerClusters(world.deps, { person: world.person(who), channel: 'cli', proof: `test:${who}` });
  if (!('body' in answer)) throw new Error('refused');
  return (answer.body as ClusterList).clusters;
};

test('10,000 lists cause no more EKS calls than 10', async () => {
  const world = newWorld();
  await world.deps.seenClusters.keep(seenCluster(PROD, at(0), [OWN, NODE], new Set([OWN])));
  const callsOf = async (n: number): Promise<number> => {
    const before = world.calls.filter((name) => name.startsWith('eks.')).length;
    for (let i = 0; i < n; i++) await list(world, 'ada');
    return world.calls.filter((name) => name.startsWith('eks.')).length - before;
  };
  expect([await callsOf(10), await callsOf(10_000)]).toEqual([0, 0]);
});

test('what one may request there, and how old it is what was seen', async () => {
  const world = newWorld();
  expect((await list(world, 'ada')).map(({ name, seen }) => [name, seen])).toEqual([['prod', undefined]]);
  await world.deps.seenClusters.keep(seenCluster(PROD, at(0), [OWN, NODE], new Set([OWN])));
  world.advance(42);
  expect(await list(world, 'ada')).toMatchObject([
    {
      name: 'prod',
      requestable: [
        { entitlement: 'prod-view', access: 'AmazonEKSViewPolicy, scope cluster' },
        { entitlement: 'admin' },
      ],
      seen: { at: '2026-11-24T03:00:00.000Z', ageSeconds: 2_520, entries: 2, own: 1 },
    },
  ]);
});

test('whose entries they are is for responders and auditors; those who may ask for nothing see nothing', async () => {
  const world = newWorld();
  await world.deps.seenClusters.keep(seenCluster(PROD, at(0), [OWN, NODE], new Set([OWN])));
  expect((await list(world, 'ada'))[0]?.seen?.principals).toBeUndefined();
  for (const who of ['eve', 'fay']) {
    const all = await list(world, who);
    expect(all.map(({ name }) => name)).toEqual(['prod', 'test']);
    expect(all[0]?.seen?.principals).toEqual({ own: [OWN], others: [NODE] });
  }
  expect(await list(world, 'dan')).toEqual([]);
});

test('of three thousand entries as many are kept as fit into an item', () => {
  const listed = Array.from({ length: 3_000 }, (_, n) => `arn:aws:iam::222222222222:role/${'x'.repeat(500)}${n}`);
  const seen = seenCluster(PROD, at(0), listed, new Set());
  expect(seen.entries).toBe(3_000);
  expect(JSON.stringify(seen).length).toBeLessThan(400_000);
});
