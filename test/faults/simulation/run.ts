/**
 * One simulated world from its seed: the same seed gives the same run. After every step the invariants are checked
 * against what EKS holds at that moment; at the end, in a calm hour, everything has to be over.
 */
import { type Duration, hours, type Instant, instant, minus, minutes, plus } from '../../../src/core/time.ts';
import type { Entry } from '../../broker/fake-aws.ts';
import type { Tables } from '../../broker/fake-store.ts';
import { isTheirs } from '../company.ts';
import { faultsFor } from '../enumerate.ts';
import { leftovers, recordFaults, theirsNow, type Window, windowsOf } from '../invariants.ts';
import { randomFrom } from '../random.ts';
import { reapAll } from '../reaping.ts';
import { type Call, type Fault, faultWorld, type World } from '../world.ts';
import { adminRole, CLUSTERS, DEPLOYMENTS, newAws } from './company.ts';
import { perform } from './deeds.ts';
import { type Planned, planFrom } from './plan.ts';
import type { Simulated } from './simulated.ts';

export type Outcome = {
  readonly violations: readonly string[];
  readonly history: readonly string[];
  readonly grants: number;
  readonly activated: number;
  readonly faults: number;
  readonly hours: number;
  readonly plan: readonly Planned[];
  readonly struck: ReadonlyMap<number, Fault>;
};

/** Leaves out parts of a run to see whether it still goes wrong. */
export type Only = { readonly plan: readonly Planned[]; readonly struck: ReadonlyMap<number, Fault> };

const START = instant(Date.parse('2026-11-24T09:00:29.900Z'));
const BUSY = hours(6);
const CALM = hours(4);
const STEP = minutes(1);
/** Ten minutes until the second look back, a sweep, and a few faults on the way. */
const LATE = minutes(18);
/** What was out is tried again after the longest backoff; then the looks back. */
const AFTER_DISTURBANCE = minutes(36);
const STALE_AT_MOST = minutes(6);

export async function simulate(seed: number, only?: Only): Promise<Outcome> {
  const random = randomFrom(seed);
  const meddled = random.chance(0.5);
  const rate = random.pick([0, 0.002, 0.01, 0.03]);
  const plan = planFrom(random, BUSY, meddled);
  const workflow = random.chance(0.7);
  const faultRandom = randomFrom(random.below(2 ** 31));
  const latencyRandom = randomFrom(random.below(2 ** 31));
  const struck = new Map<number, Fault>();
  const out = new Map<string, Instant>();
  let n = 0;
  let calm = false;

  const draw = (call: Call): Fault | undefined => {
    if (calm || !faultRandom.chance(rate)) return undefined;
    const fault = faultRandom.pick(faultsFor(call));
    return meddled && hitsOthers(call, fault) ? undefined : fault;
  };
  const strike = (call: Call): Fault | undefined => {
    const nth = n++;
    const drawn = draw(call);
    if (call.service === 'eks' && (out.get(call.account) ?? START) > world.time.now()) return { kind: 'failBefore' };
    const fault = only ? only.struck.get(nth) : drawn;
    if (fault) struck.set(nth, fault);
    return fault;
  };
  const [config = DEPLOYMENTS[0]] = DEPLOYMENTS;
  if (!config) throw new Error('there is nothing to deploy');
  const world: World = faultWorld({
    ...{ config, aws: newAws(), start: START, strike, workflow },
    latency: () => (1 + latencyRandom.below(300)) as Duration,
    random: () => latencyRandom.next(),
  });

  const history: string[] = [];
  let violations: readonly string[] = [];
  const disturbances: { where: string; from: Instant; to: Instant }[] = [];
  let theirs = theirsNow(world);
  const simulated: Simulated = {
    world,
    out,
    restores: 0,
    disturb(where, length) {
      disturbances.push({ where, from: world.time.now(), to: plus(world.time.now(), length) });
    },
    look() {
      violations = watch();
    },
    theirsChanged() {
      theirs = new Map([...theirsNow(world)].filter(([, entry]) => entry.includes('"username":"theirs"')));
    },
  };
  simulated.theirsChanged();
  /** What the reapers ended although a grant wanted it: nobody but the hub may lower an end. */
  const reaped: string[] = [];
  const isWanted = (name: string): boolean =>
    simulated.restores === 0 &&
    windowsOf(world.tables).some(
      (one) => one.principal === name && one.activated !== undefined && world.time.now() < one.to,
    );
  const say = (line: string): void =>
    void history.push(`${new Date(world.time.now()).toISOString().slice(11, 19)} ${line}`);
  for (const planned of only?.plan ?? plan) {
    world.time.at(plus(START, planned.at as Duration), () => {
      perform(simulated, planned).then(
        (done) => done && say(done),
        (error: unknown) => say(`${planned.deed} failed: ${String(error)}`),
      );
    });
  }
  const reapWhereEksAnswers = async (): Promise<void> => {
    const targets = Object.values(config.clusters).filter(
      ({ account }) => (out.get(account) ?? START) <= world.time.now(),
    );
    const ended = await reapAll(world, {
      hubAccount: config.account,
      standingRoles: new Set(CLUSTERS.map(adminRole)),
      targets,
    });
    reaped.push(...ended.filter((name) => isWanted(name)));
  };
  const reaping = (): void => {
    if (world.time.now() < plus(START, (BUSY + CALM) as Duration))
      world.time.at(plus(world.time.now(), minutes(5)), reaping);
    void reapWhereEksAnswers();
  };
  world.time.at(plus(START, minutes(5)), reaping);

  const watch = watching(simulated, disturbances, () => theirs);
  const end = plus(START, (BUSY + CALM) as Duration);
  while (world.time.now() < end && violations.length === 0) {
    await world.time.runUntil(plus(world.time.now(), STEP));
    violations = [
      ...violations,
      ...watch(),
      ...reaped.splice(0).map((name) => `I5: the reaper ended access of ${name} that a grant wants`),
    ];
    world.forget(minus(world.time.now(), STALE_AT_MOST));
    if (world.time.now() < plus(START, BUSY)) continue;
    calm = true;
    world.state.sweeper = true;
    if (
      leftoversOf(simulated).length === 0 &&
      world.isIdle() &&
      world.time.now() > plus(START, (BUSY + minutes(30)) as Duration)
    )
      break;
  }
  world.close();
  const { grants, events } = world.tables;
  return {
    violations: violations.length > 0 ? violations : leftoversOf(simulated),
    history,
    grants: grants.size,
    activated: [...events.values()].filter((all) => all.some(({ body }) => body.type === 'activated')).length,
    faults: struck.size,
    hours: (world.time.now() - START) / 3_600_000,
    plan,
    struck,
  };
}

/** EKS cannot be told "this entry only": what arrives late, or was decided by a stale read, may hit one made since. */
const hitsOthers = (call: Call, { kind }: Fault): boolean =>
  call.service === 'eks' &&
  (kind === 'stale' || (call.write && (kind === 'delayed' || kind === 'echo' || kind === 'twice')));

/** A restore forgets what was made since the backup: roles that nobody remembers open nothing, and are reported. */
const leftoversOf = ({ world, restores }: Simulated): string[] =>
  leftovers(world).filter((one) => restores === 0 || !one.startsWith('the role'));

/** What has to hold at every moment. */
function watching(
  simulated: Simulated,
  disturbances: readonly { where: string; from: Instant; to: Instant }[],
  theirs: () => ReadonlyMap<string, string>,
): () => string[] {
  const { world } = simulated;
  const windows = new Map<string, Window>();
  // What a restore forgot was ended early or not: its entry says only when it expires.
  const endOf = (one: Window): number => (simulated.restores > 0 ? one.expiresAt : one.to);
  const checked = new Map<string, number>();
  return () => {
    const now = world.time.now();
    const found: string[] = [];
    const changed: Tables = { ...world.tables, grants: new Map() };
    for (const [id, stored] of world.tables.grants)
      if (checked.get(id) !== stored.chain.n) changed.grants.set(id, stored);
    found.push(...recordFaults(changed));
    for (const [id, stored] of changed.grants) checked.set(id, stored.chain.n);
    for (const window of windowsOf(changed))
      windows.set(window.grantId, remembered(window, windows.get(window.grantId), simulated.restoredAt));
    // What was under way when the table was restored goes on with the old one for a moment.
    const { restoredAt = START } = simulated;
    for (const window of now < plus(restoredAt, STALE_AT_MOST) ? world.former.flatMap(windowsOf) : [])
      if (!world.tables.grants.has(window.grantId) || !windows.has(window.grantId))
        windows.set(window.grantId, remembered(window, windows.get(window.grantId), simulated.restoredAt));
    const entries = new Map<string, Entry>(
      [...world.aws.clusters].flatMap(([key, { entries: all }]) =>
        [...all].map(([arn, entry]) => [`${key} ${arn}`, entry] as const),
      ),
    );
    for (const [name, was] of theirs())
      if (JSON.stringify(entries.get(name)) !== was) found.push(`I4: ${name} was touched`);
    for (const [name, entry] of entries) {
      if (isTheirs(entry) || entry.policies.length === 0) continue;
      const wanted = [...windows.values()].filter((one) => one.principal === name);
      if (wanted.some((one) => one.from <= now && now <= endOf(one))) continue;
      const ended = Math.max(...wanted.map(endOf).filter((to) => to <= now));
      if (!Number.isFinite(ended)) found.push(`I1: access of ${name} without a decision`);
      else if (now - ended > allowed(disturbances, name, ended, now))
        found.push(`I3: access of ${name} ${Math.round((now - ended) / 1_000)} s after its end`);
    }
    return found;
  };
}

/**
 * What a restored table says of a grant, together with what was on record before. An early end that was on record stays
 * one, even if the table knows nothing of it. And what it was extended by meanwhile was decided: the access was meant to
 * be there until the restore, and only from then on is it known by nobody.
 */
function remembered(now: Window, before: Window | undefined, restoredAt: Instant | undefined): Window {
  if (!before) return now;
  const expiresAt = Math.max(now.expiresAt, Math.min(before.expiresAt, restoredAt ?? before.expiresAt));
  const endedEarly = before.to < before.expiresAt;
  return { ...now, expiresAt, to: endedEarly ? Math.min(now.to, before.to) : now.to };
}

function allowed(
  disturbances: readonly { where: string; from: Instant; to: Instant }[],
  name: string,
  ended: number,
  now: number,
): number {
  const there = disturbances.filter(
    ({ where, from, to }) =>
      (where === 'everywhere' || name.startsWith(where)) && from <= now && to + AFTER_DISTURBANCE >= ended,
  );
  return Math.max(LATE, ...there.map((one) => one.to + AFTER_DISTURBANCE - ended));
}
