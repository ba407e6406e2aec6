/**
 * How many AWS calls follow one another between two moments of a grant's life. Each call takes one unit of a timeline on
 * which nothing else takes any: calls that go out together count once, and the time that has passed is the length of the
 * chain. The use cases and the state machine are the product's; each of their ports' calls is one call to AWS.
 */

import { decideGrant } from '../src/broker/decideGrant.ts';
import { endGrant } from '../src/broker/endGrant.ts';
import { requestGrant } from '../src/broker/requestGrant.ts';
import type { GrantId } from '../src/core/id.ts';
import { type Duration, type Instant, instant, minutes, plus, seconds } from '../src/core/time.ts';
import { COMPANY, inhabited } from '../test/faults/company.ts';
import { personNamed } from '../test/faults/scenario.ts';
import { type Call, faultWorld, type World } from '../test/faults/world.ts';

/** One call: which, by which function, and how many have to come one after another up to it, itself included. */
export type Trip = { readonly depth: number; readonly operation: string; readonly by: Call['by'] };

export type Chain = {
  readonly trips: readonly Trip[];
  /** Sequential calls until EKS had shown the access (or, at its end, that it is gone), that one included. */
  readonly untilReadBack: number;
  /** Sequential calls until that is on record, that one included. */
  readonly untilRecorded: number;
};

export type Chains = {
  /** From the click of the approver who completes the decision. */
  readonly opening: Chain;
  /** From the click of somebody who ends it. */
  readonly endedEarly: Chain;
  /** From the workflow's step at expiry. */
  readonly expiry: Chain;
};

const START: Instant = instant(Date.parse('2026-11-24T09:00:05.000Z'));
const UNIT = 100 as Duration;
const LONGER_THAN_ANY_CHAIN = seconds(15);

/** `entitlement`: `prod-view` has a role of its own, `admin` a standing one. `latency`: what each call takes, instead of a unit. */
export async function chainsOf(
  entitlement: 'prod-view' | 'admin',
  latency?: (call: Call) => Duration,
): Promise<Chains> {
  let seen: (Call & { readonly at: Instant })[] = [];
  let last: Call | undefined;
  const world = faultWorld({
    config: COMPANY,
    aws: inhabited(),
    start: START,
    strike: (call) => {
      last = call;
      seen.push({ ...call, at: world.time.now() });
      return undefined;
    },
    latency: () => (latency && last ? latency(last) : UNIT),
  });
  const begin = (): void => {
    seen = [];
  };
  try {
    const first = await active(world, entitlement);
    begin();
    const ending = end(world, first);
    await pass(world, LONGER_THAN_ANY_CHAIN);
    await ending;
    const endedEarly = chainOf(seen);
    // Late enough that nothing of the first grant lingers on a standing role.
    await pass(world, minutes(20));

    const second = await ask(world, entitlement);
    begin();
    const approving = approve(world, second);
    await pass(world, LONGER_THAN_ANY_CHAIN);
    await approving;
    const opening = chainOf(seen);

    begin();
    const expiresAt = expiryOf(world, second);
    await world.time.runUntil(plus(expiresAt, LONGER_THAN_ANY_CHAIN));
    return {
      opening,
      endedEarly,
      expiry: chainOf(seen.filter((call) => call.at >= expiresAt)),
    };
  } finally {
    world.close();
  }
}

/** From its first call on: what comes before it is waiting, and no call. */
function chainOf(seen: readonly (Call & { readonly at: Instant })[]): Chain {
  const from = seen[0]?.at ?? START;
  const trips = seen.map(
    ({ at, service, operation, by }): Trip => ({
      depth: Math.floor((at - from) / UNIT) + 1,
      operation: `${service}:${operation}`,
      by,
    }),
  );
  const readBack = trips.findLast((trip) => trip.operation === 'eks:describeEntry')?.depth ?? Number.NaN;
  const recorded = trips.find((trip) => trip.depth > readBack && trip.operation === 'dynamodb:commit')?.depth;
  const untilRecorded = recorded ?? Number.NaN;
  return { trips: trips.filter((trip) => trip.depth <= untilRecorded), untilReadBack: readBack, untilRecorded };
}

const by = (world: World, who: string) =>
  ({ person: personNamed(world, who), channel: 'cli', proof: 'iam:bench' }) as const;

async function active(world: World, entitlement: string): Promise<GrantId> {
  const id = await ask(world, entitlement);
  const approving = approve(world, id);
  await pass(world, LONGER_THAN_ANY_CHAIN);
  await approving;
  return id;
}

async function ask(world: World, entitlement: string): Promise<GrantId> {
  const asking = world.run('api', (deps) =>
    requestGrant(deps, { ...by(world, 'ada'), input: { entitlement, duration: '10m', justification: 'INC-4211' } }),
  );
  await pass(world, LONGER_THAN_ANY_CHAIN);
  const asked = await asking;
  if (!asked.ok) throw new Error(`the request was refused: ${asked.error.reason}`);
  return asked.value.stored.grant.id;
}

const approve = (world: World, id: GrantId): Promise<unknown> =>
  world.run('api', (deps) => decideGrant(deps, { ...by(world, 'bob'), id, decision: { kind: 'approve' } }));

const end = (world: World, id: GrantId): Promise<unknown> =>
  world.run('api', (deps) => endGrant(deps, { ...by(world, 'ada'), id }));

function expiryOf(world: World, id: GrantId): Instant {
  const grant = world.tables.grants.get(id)?.grant;
  if (grant?.state !== 'active') throw new Error(`grant ${id} is ${grant?.state}`);
  return grant.expiresAt;
}

const pass = (world: World, length: Duration): Promise<void> => world.time.runUntil(plus(world.time.now(), length));
