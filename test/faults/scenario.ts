/** Lives of grants as people cause them, and one run of one of them under faults. */
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import type { Deps } from '../../src/broker/ports.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import type { Person } from '../../src/core/configuration.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { Result } from '../../src/core/result.ts';
import { type Duration, type Instant, instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { COMPANY, inhabited } from './company.ts';
import { type Findings, findingsOf, leftovers, recordFaults, theirsNow, touched, windowsOf } from './invariants.ts';
import { type Call, type Fault, faultWorld, type World } from './world.ts';

/** A sweep comes every full minute, and lives that are approved half a minute from here end just after one: the worst case. */
export const START: Instant = instant(Date.parse('2026-11-24T09:00:29.900Z'));

export type Doing = { readonly at: number; readonly who: string } & (
  | { readonly what: 'ask'; readonly as: string; readonly entitlement: string; readonly duration: string }
  | { readonly what: 'approve' | 'end' | 'extend'; readonly of: string }
);
/** `at` counts seconds from the start. */
export type Scenario = { readonly name: string; readonly doings: readonly Doing[] };

const ask = (at: number, who: string, as: string, entitlement: string, duration: string): Doing => ({
  ...{ at, who, what: 'ask', as, entitlement, duration },
});
const approve = (at: number, who: string, of: string): Doing => ({ at, who, what: 'approve', of });
const end = (at: number, who: string, of: string): Doing => ({ at, who, what: 'end', of });

const extend = (at: number, who: string, of: string): Doing => ({ at, who, what: 'extend', of });

export const SCENARIOS: readonly Scenario[] = [
  { name: 'dedicated', doings: [ask(1, 'ada', 'A', 'prod-view', '3m'), approve(30, 'bob', 'A')] },
  { name: 'role', doings: [ask(1, 'ada', 'A', 'admin', '3m'), approve(30, 'bob', 'A')] },
  ...(['dedicated', 'role'] as const).map((mode) => ({
    name: `${mode}, extended`,
    doings: [
      ...[ask(1, 'ada', 'A', mode === 'role' ? 'admin' : 'prod-view', '3m'), approve(30, 'bob', 'A')],
      ...[extend(80, 'ada', 'A'), approve(100, 'cyd', 'A')],
    ],
  })),
  {
    name: 'role, overlapping',
    doings: [
      ...[ask(1, 'ada', 'A', 'admin', '4m'), approve(30, 'bob', 'A')],
      ...[ask(60, 'bob', 'B', 'admin', '3m'), approve(150, 'cyd', 'B')],
    ],
  },
  {
    name: 'role, back to back',
    doings: [
      ...[ask(1, 'ada', 'A', 'admin', '2m'), approve(30, 'bob', 'A')],
      ...[ask(60, 'bob', 'B', 'admin', '8m'), approve(152, 'cyd', 'B')],
    ],
  },
  {
    name: 'dedicated, ended while it is made',
    doings: [ask(1, 'ada', 'A', 'prod-view', '5m'), approve(60, 'bob', 'A'), end(60.09, 'bob', 'A')],
  },
  {
    name: 'role, ended while it is made',
    doings: [ask(1, 'ada', 'A', 'admin', '5m'), approve(60, 'bob', 'A'), end(60.11, 'bob', 'A')],
  },
];

const SHORTEST = minutes(18);
const LONGEST = minutes(60);
const TRIES = 30;

export type Struck = ReadonlyMap<number, Fault>;
export type Ran = Findings & { readonly calls: readonly Call[]; readonly world: World };

/** Runs the scenario to its end, striking the calls with these numbers (from 0). */
export async function runScenario(
  { doings }: Scenario,
  struck: Struck,
  options: { readonly workflow: boolean; readonly sweeper?: boolean; readonly meddle?: (world: World) => void },
): Promise<Ran> {
  let n = 0;
  const world = faultWorld({
    config: COMPANY,
    aws: inhabited(),
    start: START,
    strike: () => struck.get(n++),
    ...options,
  });
  const theirs = theirsNow(world);
  const ids = new Map<string, GrantId>();
  for (const doing of doings)
    world.time.at(plus(START, seconds(doing.at)), () => persist(world, () => perform(world, doing, ids)));
  options.meddle?.(world);
  for (let until = SHORTEST; until <= LONGEST; until = (until + minutes(4)) as Duration) {
    await world.time.runUntil(plus(START, until));
    if (leftovers(world).length === 0) break;
  }
  world.close();
  const found = findingsOf(world, windowsOf(world.tables));
  const violations = [
    ...found.violations,
    ...recordFaults(world.tables),
    ...leftovers(world),
    ...touched(world, theirs, START),
  ];
  return { ...found, violations, calls: world.calls, world };
}

/** People try again when they see an error. */
function persist(world: World, work: () => Promise<unknown>, tries = TRIES): void {
  work().catch(() => {
    if (tries > 1) world.time.at(plus(world.time.now(), seconds(5)), () => persist(world, work, tries - 1));
  });
}

export function personNamed(world: Pick<World, 'state'>, id: string): Person {
  const found = world.state.config.directory.people[id];
  if (!found) throw new Error(`nobody is called ${id}`);
  return found;
}

async function perform(world: World, doing: Doing, ids: Map<string, GrantId>): Promise<void> {
  const person = personNamed(world, doing.who);
  const by = { person, channel: 'cli', proof: 'iam:test' } as const;
  if (doing.what === 'ask') {
    const { entitlement, duration } = doing;
    const asked = await world.run('api', (deps) =>
      requestGrant(deps, { ...by, input: { entitlement, duration, justification: 'INC-4211' } }),
    );
    if (asked.ok) ids.set(doing.as, asked.value.stored.grant.id);
    return;
  }
  const id = ids.get(doing.of);
  if (!id) throw new Error('not asked for yet');
  const act = (deps: Deps): Promise<Result<unknown, unknown>> => {
    switch (doing.what) {
      case 'end':
        return endGrant(deps, { ...by, id });
      case 'extend':
        return extendGrant(deps, { ...by, id, input: { duration: '2m', justification: 'INC-4211' } });
      default:
        return decideGrant(deps, { ...by, id, decision: { kind: 'approve' } });
    }
  };
  await world.run('api', act);
}
