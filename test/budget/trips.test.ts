/**
 * Catches a call to AWS that makes somebody wait: one more in the chain from the click to the access, or from the end
 * to its being seen. Nothing is timed; what is counted is which calls come one after another.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chain, type Chains, chainsOf } from '../../bench/trips.ts';

const operations = (chain: Chain): string[] =>
  Array.from({ length: chain.untilRecorded }, (_, n) =>
    chain.trips
      .filter((trip) => trip.depth === n + 1)
      .map((trip) => `${trip.by} ${trip.operation}`)
      .sort()
      .join(', '),
  );

describe('a role of the grant’s own', () => {
  let chains: Chains;
  beforeAll(async () => {
    chains = await chainsOf('prod-view');
  });

  it('from the click to the read-back: six calls in a row; to active: seven', () => {
    expect(operations(chains.opening)).toEqual([
      'api dynamodb:read, api dynamodb:read, api dynamodb:readGrant',
      'api dynamodb:commit, api states:signal',
      'api dynamodb:readGrant, workflow dynamodb:read, workflow dynamodb:readEntry, workflow dynamodb:readGrant, workflow eks:describeCluster',
      'workflow eks:createEntry, workflow iam:setAssumableUntil',
      'workflow eks:associatePolicy',
      'workflow eks:describeEntry, workflow eks:listPolicies',
      'workflow dynamodb:commit',
    ]);
    expect(chains.opening).toMatchObject({ untilReadBack: 6, untilRecorded: 7 });
  });

  it('revoking: four calls in a row until EKS has shown it gone', () => {
    expect(operations(chains.expiry)).toEqual([
      'workflow dynamodb:newestDue, workflow dynamodb:readEntry, workflow dynamodb:readGrant',
      'workflow dynamodb:commit',
      'workflow eks:deleteEntry',
      'workflow eks:describeCluster, workflow eks:describeEntry',
      'workflow dynamodb:commit',
    ]);
    expect(chains.expiry.untilReadBack).toBe(4);
  });

  it('ended early: three more for the click', () => {
    expect(chains.endedEarly).toMatchObject({ untilReadBack: 6, untilRecorded: 7 });
  });
});

describe('a standing role', () => {
  it('opens in at most ten', async () => {
    const { opening, expiry, endedEarly } = await chainsOf('admin');
    expect(opening).toMatchObject({ untilReadBack: 7, untilRecorded: 8 });
    expect(expiry.untilReadBack).toBe(6);
    expect(endedEarly.untilReadBack).toBe(8);
  });
});
